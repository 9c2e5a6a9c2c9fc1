"""What the screens of an import show: columns with their fields, lines to correct, likenesses to decide, what was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.dedup import wording
from accounts.models import Company, Contact, Site
from crm.lib.text import comma
from integrations.imports import cleaning, deciding, fields, own_fields
from integrations.models import Import, ImportKept, ImportRow
from leads.models import Lead
from pipeline.models import Deal
from staff import kinds
from staff.models import CustomField, User

ROWS_SHOWN = 50
# A worker that lives does something for an import at least this often.
QUIET = timedelta(seconds=20)

# As the duplicates say it, and what only a list knows.
REASONS: dict[str, str | Promise] = {**wording.REASONS, "before": gettext_lazy("came in before")}
DECISIONS: dict[str, dict[str, str | Promise]] = {
    Import.Kind.LEADS: {
        "ask": gettext_lazy("New, decide later"),
        "append": gettext_lazy("Same one: add"),
        "create": gettext_lazy("Another one: new"),
        "skip": gettext_lazy("Leave out"),
    },
    Import.Kind.COMPANIES: {
        "ask": gettext_lazy("New, ask later"),
        "append": gettext_lazy("Same one: add"),
        "create": gettext_lazy("Another one: new"),
        "skip": gettext_lazy("Leave out"),
    },
}
DECISIONS[Import.Kind.CONTACTS] = DECISIONS[Import.Kind.COMPANIES]
for _kind in (Import.Kind.DEALS, Import.Kind.TOUCHES, Import.Kind.HISTORY):
    DECISIONS[_kind] = DECISIONS[Import.Kind.LEADS]


@dataclass
class Line:
    """A staged row as the check page shows it."""

    row: ImportRow
    title: str
    person: str
    problems: list[dict[str, Any]] = field(default_factory=list)
    there: str = ""
    there_sub: str = ""
    there_url: str = ""
    is_hidden: bool = False
    reasons: list[str] = field(default_factory=list)
    choices: list[tuple[str, str | Promise]] = field(default_factory=list)


def column_rows(batch: Import, chosen: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """For each column its samples, its field, how that is cleaned, and how many lines fill it."""
    known = {one.key: one for one in own_fields.of_kind(batch.kind)}
    keys = list(chosen) if chosen is not None else [column["field"] for column in batch.columns]
    return [
        {
            "name": column["name"],
            "samples": [*column["samples"][:3]],
            "field": key,
            "how": known[key].how if key in known else "",
            "filled": column["filled"],
            "is_ours": column["name"] in fields.REPORT_COLUMNS,
            "is_twice": bool(key) and keys.count(key) > 1,
        }
        for column, key in zip(batch.columns, keys, strict=True)
    ]


def bad_lines(batch: Import) -> list[Line]:
    """The first lines that cannot come in, each problem with its words and the proposed value."""
    names = {column["field"]: column["name"] for column in batch.columns if column["field"]}
    rows = batch.rows.filter(standing=ImportRow.Standing.BAD).order_by("line")[:ROWS_SHOWN]
    return [
        Line(
            row,
            *_who(row),
            problems=[
                {
                    "field": problem["field"],
                    "column": names.get(problem["field"]) or own_fields.label(problem["field"]),
                    "value": problem["value"],
                    "repair": problem.get(
                        "repair", problem["value"] if problem["code"] == "too_long" else ""
                    ),
                    "is_clear": bool(problem.get("repair")),
                    "text": cleaning.message(problem),
                }
                for problem in row.problems
            ],
        )
        for row in rows
    ]


def similar_lines(batch: Import, user: User, after: int = 0) -> list[Line]:
    """Lines that may be known, best likeness first, from the given place on; what the person may not see stays unnamed."""
    rows = batch.rows.filter(standing=ImportRow.Standing.SIMILAR).order_by("-score", "line")
    shown = list(rows[after : after + ROWS_SHOWN])
    best = [row.matches[0] for row in shown]
    companies = _seen(Company, user, (m["id"] for m in best if m["of"] == "company"))
    contacts = _seen(Contact, user, (m["contact"] for m in best if m.get("contact")))
    leads = _seen(Lead, user, (m["id"] for m in best if m["of"] == "lead"))
    return [_similar(batch, row, companies, contacts, leads) for row in shown]


def _similar(
    batch: Import, row: ImportRow, companies: dict[int, Any], contacts: dict[int, Any], leads: dict[int, Any]
) -> Line:
    match = row.matches[0]
    words = DECISIONS[batch.kind]
    line = Line(row, *_who(row), choices=[(choice, words[choice]) for choice in deciding.choices(row)])
    record = {"company": companies, "lead": leads}.get(match["of"], {}).get(match.get("id"))
    if match["of"] == "line":
        line.there = _("line %(line)s of this list") % {"line": match["line"]}
    elif record is None or match.get("hidden"):
        line.is_hidden = True
        return line
    else:
        line.there, line.there_url = str(record), record.get_absolute_url()
        person = contacts.get(match.get("contact", 0))
        line.there_sub = (
            str(person) if person else getattr(record, "address", "") or _("no such person there")
        )
    line.reasons = [str(REASONS.get(reason["key"], reason["key"])) for reason in match["reasons"][:3]]
    return line


def _who(row: ImportRow) -> tuple[str, str]:
    values = row.values
    person = f"{values.get('family_name', '')} {values.get('given_name', '')}".strip()
    return values.get("company_name", "") or values.get("email", "") or person, person


def _seen(model: Any, user: User, ids: Iterable[int]) -> dict[int, Any]:
    return {record.pk: record for record in model.objects.visible_to(user).filter(pk__in=set(ids))}


@dataclass(frozen=True)
class Progress:
    """How far the workers are, of the lines or, undoing, of the records that the import wrote.

    `total` and `percent` are None until it is known how much there is, `seconds_left` until it can be told; `waits`
    when no worker has come lately.
    """

    done: int
    total: int | None
    percent: int | None
    seconds_left: int | None
    waits: bool


def progress(batch: Import, now: datetime) -> Progress:
    state, done, began = Import.State, batch.done_count, batch.started_at
    total: int | None = batch.row_count
    paused = batch.counts.get("paused", 0)
    if batch.state == state.UNDOING:
        done, total = batch.undone.get("done", 0), batch.undone.get("total")
        began, paused = parse_datetime(batch.undone.get("began", "")), 0
    elif batch.state == state.READING:
        done, total = batch.row_count, None
    seconds_left = None
    if batch.state in (state.RUNNING, state.UNDOING) and began and batch.moved_at and done and total:
        spent = max(0.1, (batch.moved_at - began).total_seconds() - paused)
        seconds_left = round((total - done) * spent / done)
    waits = batch.is_working and (batch.moved_at is None or now - batch.moved_at > QUIET)
    return Progress(done, total, done * 100 // total if total else None, seconds_left, waits)


def made(batch: Import) -> dict[str, int]:
    """What came of it so far; `asked` are questions in the duplicates, `left_out` lines that did not come in."""
    counts = batch.counts.get("made", {})
    return counts | {
        "asked": counts.get("queued", 0) + counts.get("ambiguous", 0),
        "left_out": counts.get("skipped", 0) + counts.get("refused", 0),
    }


@dataclass(frozen=True)
class Kept:
    """What undoing left as it is, in words; the link only for those who may see it."""

    name: str
    kind: str
    line: int | None
    why: str
    url: str = ""


def kept(batch: Import, user: User) -> list[Kept]:
    """The first records that stayed."""
    rows = list(batch.kept.all()[:ROWS_SHOWN])
    seen: dict[str, dict[int, Any]] = {}
    for label, model in _KEPT_MODELS.items():
        seen[label] = _seen(model, user, (row.subject_id for row in rows if row.subject_type == label))
    people = User.objects.in_bulk([row.params["by"] for row in rows if row.params.get("by")])
    shown = []
    for row in rows:
        record = seen.get(row.subject_type, {}).get(row.subject_id)
        url = record.get_absolute_url() if record and hasattr(record, "get_absolute_url") else ""
        model = _KEPT_MODELS.get(row.subject_type)
        kind = kinds.name_of(model) if model else ""
        name = row.name if record is not None else _("Waiting for confirmation")
        shown.append(Kept(name, kind, row.line, _why_kept(row, people), url))
    return shown


_KEPT_MODELS: dict[str, Any] = {
    "company": Company,
    "contact": Contact,
    "lead": Lead,
    "deal": Deal,
    "site": Site,
}


def _why_kept(row: ImportKept, people: dict[int, User]) -> str:
    model = _KEPT_MODELS.get(row.subject_type)
    if row.reason == "edited":
        labels = [_field_label(model, name) for name in row.params.get("fields", [])[:4]]
        by = people.get(row.params.get("by") or 0)
        told = {"fields": comma().join(labels), "name": by}
        return (_("%(name)s has changed %(fields)s since") if by else _("changed since: %(fields)s")) % told
    if row.reason == "merged":
        return _("was joined with another record since")
    of = apps.get_model(_NEEDED.get(row.params.get("of", ""), "accounts.Company"))
    return _("is needed by: %(what)s") % {"what": kinds.name_of(of)}


_NEEDED = {
    "activity": "activities.Activity", "todo": "activities.Todo", "deal": "pipeline.Deal", "lead": "leads.Lead",
    "contact": "accounts.Contact", "site": "accounts.Site", "division": "accounts.Division",
    "dealfile": "pipeline.DealFile", "criterionanswer": "pipeline.CriterionAnswer",
}  # fmt: skip


def _field_label(model: Any, name: str) -> str:
    if CustomField.pk_of(name):
        return str(own_fields.label(name))
    try:
        return str(model._meta.get_field(name.removesuffix("_id")).verbose_name)
    except FieldDoesNotExist:
        return name


def removed(batch: Import) -> list[tuple[str, int]]:
    """How many records of each kind were taken back."""
    counted = batch.undone.get("removed", {})
    return [(str(word), counted[label]) for label, word in _REMOVED.items() if counted.get(label)]


_REMOVED: dict[str, str | Promise] = {
    "company": gettext_lazy("Companies, taken back"),
    "division": gettext_lazy("Divisions, taken back"),
    "site": gettext_lazy("Sites, taken back"),
    "contact": gettext_lazy("People, taken back"),
    "lead": gettext_lazy("Leads, taken back"),
    "deal": gettext_lazy("Deals, taken back"),
    "touch": gettext_lazy("Touches, taken back"),
}


def owners(batch: Import) -> list[tuple[str, int]]:
    """Who got how many of the new leads."""
    if batch.kind != Import.Kind.LEADS:
        return []
    made = batch.rows.filter(outcome=ImportRow.Outcome.CREATED, lead__isnull=False)
    counted = made.order_by().values_list("lead__owner__family_name").annotate(n=Count("pk")).order_by("-n")
    return [(name, number) for name, number in counted]


def first_deadline(batch: Import) -> datetime | None:
    """By when the first of the new leads has to be called."""
    if batch.kind != Import.Kind.LEADS:
        return None
    made = batch.rows.filter(lead__first_contact_due_at__isnull=False, outcome=ImportRow.Outcome.CREATED)
    return (
        made.order_by("lead__first_contact_due_at")
        .values_list("lead__first_contact_due_at", flat=True)
        .first()
    )
