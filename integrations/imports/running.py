"""The last step: the lines become records, through the same functions as every other door, some hundred at a time.

A slice takes leading lines with all that follow them, and writes what became of each line in the transaction that makes
it so. A line that the rules refuse is told apart by halving the slice, and refused alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import companies
from integrations.imports import checking, run_companies, run_deals, run_leads, run_touches, tracing
from integrations.imports import rows as staged
from integrations.imports.import_events import ImportEvent
from integrations.imports.results import Group, Result
from integrations.models import Import, ImportRow
from leads import assignment, intake
from staff import events

GROUPS_AT_ONCE = 2000

Decision, Outcome, Standing = ImportRow.Decision, ImportRow.Outcome, ImportRow.Standing
_REFUSALS = (
    ValidationError,
    companies.NumberTaken,
    intake.NobodyNamed,
    assignment.NobodySells,
    IntegrityError,
    DataError,
)
# What it was matched with and what was decided stays as it was, but for lines that are looked at again.
_WRITTEN = ("outcome", "reason", "company_id", "site_id", "contact_id", "lead_id", "deal_id", "made")
_READ = (
    "line",
    "sender_id",
    "values",
    "matches",
    "keys",
    "same_as",
    "standing",
    "score",
    "decision",
    *_WRITTEN,
)
_RUN: dict[str, Callable[[Import, Sequence[Group]], Result]] = {
    Import.Kind.LEADS: run_leads.run,
    Import.Kind.COMPANIES: run_companies.run,
    Import.Kind.CONTACTS: run_companies.run,
    Import.Kind.DEALS: run_deals.run,
    Import.Kind.HISTORY: run_deals.run_history,
    Import.Kind.TOUCHES: run_touches.run,
}


def run_slice(batch: Import) -> None:
    """Brings in the next lines; when none is left, the import is done."""
    groups = _next_groups(batch)
    if not groups:
        _finish(batch)
        return
    last = groups[-1].leader
    if last.same_as is None:
        batch.counts = batch.counts | {"leader": last.line}
    with translation.override(batch.language):
        result = Result(batch.counts.get("made", {}))
        wanted = [group for group in groups if group.leader.decision != Decision.SKIP]
        for group in groups:
            _leave_out(group)
        _look_again(batch, wanted)
        with tracing.under(batch.trace, batch.by_id):
            _run(batch, wanted, result)
    rows = [row for group in groups for row in group.rows]
    for row in rows:
        result.add(row)
    staged.save(rows, *_WRITTEN)
    batch.done_count += len(rows)
    batch.counts = batch.counts | {"made": result.made}


def _next_groups(batch: Import) -> list[Group]:
    waiting = batch.rows.filter(outcome="").order_by("line")
    # Leading lines run in their order, so those before the last one need not be looked through again.
    after = batch.counts.get("leader", 0)
    leaders = staged.load(batch, waiting.filter(same_as=None, line__gt=after)[:GROUPS_AT_ONCE], *_READ)
    if not leaders:  # whose leader ran before them
        return [Group(row, []) for row in staged.load(batch, waiting[:GROUPS_AT_ONCE], *_READ)]
    groups = {leader.line: Group(leader, []) for leader in leaders}
    for row in staged.load(batch, waiting.filter(same_as__in=list(groups)), *_READ):
        groups[row.same_as or 0].followers.append(row)
    return list(groups.values())


def _leave_out(group: Group) -> None:
    """Lines that nobody wants, or that nobody corrected; what belongs to such a line stays out with it."""
    for row in group.rows:
        if row.decision == Decision.SKIP:
            is_bad = row.standing == Standing.BAD
            group.leave_out(row, Outcome.REFUSED if is_bad else Outcome.SKIPPED, row.reason)
    if group.leader.line in group.left_out:
        reason = _("belongs to line %(line)s") % {"line": group.leader.line}
        for row in group.wanted:
            group.leave_out(row, Outcome.SKIPPED, reason)


def _look_again(batch: Import, groups: Sequence[Group]) -> None:
    """Companies that came in by another door since the check are recognised now: two lists at once double nothing."""
    if batch.kind not in (Import.Kind.COMPANIES, Import.Kind.CONTACTS):
        return
    highest = batch.counts.get("highest_company", 0)
    made_here = batch.counts.get("made", {}).get("companies", 0)
    if not checking.others_came(highest, made_here):
        return
    fresh = [
        group.leader
        for group in groups
        if group.leader.decision == Decision.CREATE and not group.leader.matches
    ]
    checking.compare(batch, fresh)
    for row in fresh:
        row.matches = [match for match in row.matches if match.get("id", 0) > highest]
        if not row.matches:
            row.decision = Decision.CREATE
    staged.save([row for row in fresh if row.matches], "decision", "matches")


def _run(batch: Import, groups: Sequence[Group], result: Result) -> None:
    """All groups at once; if that is refused, each half; a group alone is refused with its reason."""
    if not groups:
        return
    try:
        with transaction.atomic():
            made = _RUN[batch.kind](batch, groups)
            made.tell_not_filled()
    except _REFUSALS as refusal:
        if len(groups) == 1:
            groups[0].forget()
            for row in groups[0].wanted:
                row.outcome, row.reason = Outcome.REFUSED, _reason(refusal)[:200]
            return
        for group in groups:
            group.forget()
        middle = len(groups) // 2
        _run(batch, groups[:middle], result)
        _run(batch, groups[middle:], result)
        return
    result.merge(made)


def _reason(refusal: Exception) -> str:
    if isinstance(refusal, ValidationError):
        return " ".join(refusal.messages)
    if isinstance(refusal, IntegrityError | DataError):
        return _("The line does not fit with what is there.")
    if isinstance(refusal, intake.NobodyNamed):
        return _("The line names neither a company nor a person nor an address.")
    if isinstance(refusal, assignment.NobodySells):
        return _("There is nobody who could take the lead.")
    return str(refusal)


def _finish(batch: Import) -> None:
    batch.state, batch.finished_at = Import.State.DONE, timezone.now()
    batch.done_count = batch.row_count
    events.record(ImportEvent.DONE, batch, by=batch.by, **batch.counts.get("made", {}))
