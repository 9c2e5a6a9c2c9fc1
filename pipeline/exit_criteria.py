"""The gate: what must be known or done before a deal leaves a stage forwards, and what is still missing.

Every door asks here, through `pipeline.moves`; pips, gate, board and dashboards show the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib.text import clean_text
from pipeline import batches
from pipeline.deal_events import DealEvent
from pipeline.models import CriterionAnswer, Deal, DealFile, ExitCriterion, Stage
from staff import access, events
from staff.models import User

# What a criterion of the kind FIELD may ask for: the field of the deal and its label.
FIELDS = {
    "contact": _("Main contact"),
    "amount": _("Amount"),
    "close_on": _("Expected close"),
    "budget": _("Budget"),
    "wanted_on": _("Wanted by"),
    "competitor": _("Competitor"),
    "channel": _("Channel"),
    "division": _("division"),
    "site": _("site"),
    "next_action_on": _("Next action"),
}
# Kinds of activity by their labels; the app of activities registers its own when it is ready.
ACTIVITY_KINDS: dict[str, Any] = {}
# Conditions that a field can have besides being filled in.
NUMBERS = {"amount", "budget"}
TEXTS = {"competitor"}
# What stands for an approval in the value of its answer.
APPROVED = "approved"


class NotMet(Exception):
    """The deal may not leave its stage yet. `criteria` are the ones still missing, in the order of the stages."""

    def __init__(self, criteria: Sequence[ExitCriterion]) -> None:
        super().__init__("、".join(str(criterion) for criterion in criteria))
        self.criteria = list(criteria)


@dataclass(frozen=True)
class Status:
    """One criterion for one deal: whether it is met, by what, and in which words that was heard."""

    criterion: ExitCriterion
    is_met: bool
    value: Any = ""
    evidence: str = ""
    answer: CriterionAnswer | None = None


def statuses(deal: Deal, stage: Stage | None = None) -> list[Status]:
    """The criteria of the stage (the deal's own if none is named), each met or not."""
    return statuses_of_many([deal], {deal.pk: [stage]} if stage else None)[deal.pk]


def unmet_on_the_way(deal: Deal, to: Stage) -> list[ExitCriterion]:
    """Required criteria of every open stage from the deal's own up to `to`; none when it goes back or is lost."""
    return [s.criterion for s in statuses_on_the_way(deal, to) if s.criterion.is_required and not s.is_met]


def statuses_on_the_way(deal: Deal, to: Stage) -> list[Status]:
    """All criteria between the deal and `to`, each met or not. A closed deal starts from where it had come to."""
    stages = stages_left(last_open_stage(deal), to)
    return statuses_of_many([deal], {deal.pk: stages})[deal.pk] if stages else []


def last_open_stage(deal: Deal) -> Stage:
    """The deal's stage, or the one it stood in before it was closed: opening it again jumps over nothing."""
    if deal.stage.is_open:
        return deal.stage
    closing = (
        deal.moves.filter(from_stage__kind=Stage.Kind.OPEN)
        .select_related("from_stage")
        .order_by("-pk")
        .first()
    )
    if closing and closing.from_stage:
        return closing.from_stage
    return Stage.objects.filter(pipeline=deal.stage.pipeline_id, kind=Stage.Kind.OPEN).order_by("position")[0]


def stages_left(from_stage: Stage, to: Stage) -> list[Stage]:
    """The open stages that a deal leaves on the way forwards; empty for a loss and for going back."""
    if to.kind == Stage.Kind.LOST or to.pipeline_id != from_stage.pipeline_id:
        return []
    return list(
        Stage.objects.filter(
            pipeline=from_stage.pipeline_id,
            kind=Stage.Kind.OPEN,
            position__gte=from_stage.position,
            position__lt=to.position,
        ).order_by("position")
    )


def statuses_of_many(
    deals: Iterable[Deal],
    stages: dict[int, list[Stage]] | None = None,
    *,
    criteria: Iterable[ExitCriterion] | None = None,
    kept_files: Iterable[DealFile] | None = None,
) -> dict[int, list[Status]]:
    """Deal id → statuses of its own stage (or of the stages given for it), in three statements for any number of deals.

    A page that has read the criteria of those stages, or the deals' files, hands them in and saves the statement.
    """
    deals = list(deals)
    asked = {
        deal.pk: [stage.pk for stage in stages[deal.pk]] if stages else [deal.stage_id] for deal in deals
    }
    stage_ids = {stage for of_deal in asked.values() for stage in of_deal}
    by_stage: dict[int, list[ExitCriterion]] = defaultdict(list)
    if criteria is None:
        criteria = ExitCriterion.objects.filter(stage__in=stage_ids).order_by("position", "pk")
    for criterion in criteria:
        by_stage[criterion.stage_id].append(criterion)
    return _statuses(deals, asked, by_stage, kept_files)


def statuses_under(deals: Iterable[Deal], criteria: Iterable[ExitCriterion]) -> dict[int, list[Status]]:
    """Deal id → statuses of these criteria, whatever its stage; they may be of a draft and not saved yet."""
    deals, criteria = list(deals), list(criteria)
    return _statuses(deals, {deal.pk: [0] for deal in deals}, {0: criteria}, None)


def _statuses(
    deals: list[Deal],
    asked: dict[int, list[int]],
    by_stage: dict[int, list[ExitCriterion]],
    kept_files: Iterable[DealFile] | None,
) -> dict[int, list[Status]]:
    answers = _answers(deals, by_stage)
    files = _file_kinds(deals, by_stage, kept_files)
    return {
        deal.pk: [
            _status(deal, bound, answers.get((deal.pk, bound.pk)), files[deal.pk])
            for stage in asked[deal.pk]
            for criterion in by_stage[stage]
            if (bound := criterion.for_deal(deal))
        ]
        for deal in deals
    }


def _answers(
    deals: list[Deal], by_stage: dict[int, list[ExitCriterion]]
) -> dict[tuple[int, int], CriterionAnswer]:
    # Every rule that a criterion has or had: a deal in flight may still be bound by an earlier one.
    questions = [
        c.pk
        for of_stage in by_stage.values()
        for c in of_stage
        if c.pk and (c.earlier or c.kind in (ExitCriterion.Kind.QUESTION, ExitCriterion.Kind.APPROVAL))
    ]
    if not questions:
        return {}
    found = CriterionAnswer.objects.filter(deal__in=deals, criterion__in=questions).select_related(
        "answered_by"
    )
    return {(answer.deal_id, answer.criterion_id): answer for answer in found}


def _file_kinds(
    deals: list[Deal], by_stage: dict[int, list[ExitCriterion]], kept: Iterable[DealFile] | None
) -> dict[int, dict[str, str]]:
    kinds: dict[int, dict[str, str]] = defaultdict(dict)
    if kept is None:
        asked = any(c.file_kind or c.earlier for of_stage in by_stage.values() for c in of_stage)
        kept = DealFile.objects.filter(deal__in=deals, deleted_at=None) if asked else []
    for file in kept:
        kinds[file.deal_id].setdefault(file.kind, file.name)
    return kinds


def _status(
    deal: Deal, criterion: ExitCriterion, answer: CriterionAnswer | None, files: dict[str, str]
) -> Status:
    kind = ExitCriterion.Kind
    if criterion.kind == kind.QUESTION:
        if answer is None:
            return Status(criterion, False)
        heard = bool(answer.evidence) or not criterion.needs_evidence
        return Status(criterion, heard, answer.value, answer.evidence, answer)
    if criterion.kind == kind.APPROVAL:
        return _approval(deal, criterion, answer)
    found, value = _found(deal, criterion, files)
    if criterion.kind == kind.ABSENCE:
        return Status(criterion, not found, value)
    return Status(criterion, found, value)


def _found(deal: Deal, criterion: ExitCriterion, files: dict[str, str]) -> tuple[bool, Any]:
    """Whether the field is filled, the activity done, the file there; and by what."""
    if criterion.field:
        value = getattr(deal, criterion.field)
        return _holds(criterion, value), value
    if criterion.activity_kinds:
        done = [k for k in criterion.activity_kinds if k in deal.activity_kinds]
        return bool(done), done[0] if done else ""
    return criterion.file_kind in files, files.get(criterion.file_kind, "")


def _holds(criterion: ExitCriterion, value: Any) -> bool:
    """Whether a field holds something, and what the condition asks of it."""
    if value in (None, ""):
        return False
    condition, threshold = criterion.condition, criterion.threshold or 0
    if condition == ExitCriterion.Condition.AT_LEAST:
        return bool(value >= threshold)
    if condition == ExitCriterion.Condition.AT_MOST:
        return bool(value <= threshold)
    if condition == ExitCriterion.Condition.LENGTH:
        return len(str(value)) >= threshold
    return True


def _approval(deal: Deal, criterion: ExitCriterion, answer: CriterionAnswer | None) -> Status:
    """An approval holds for the amount it was given for, and for less."""
    if answer is None or answer.value != APPROVED:
        return Status(criterion, False)
    holds = answer.amount is None or (deal.amount or 0) <= answer.amount
    return Status(criterion, holds, answer.answered_by, answer.evidence, answer)


@transaction.atomic
def answer(
    deal: Deal,
    criterion: ExitCriterion,
    value: str,
    *,
    by: User,
    evidence: str = "",
    at: datetime | None = None,
) -> CriterionAnswer:
    """Writes down what was heard for a question; answering again replaces it, and the history keeps both."""
    if not _may_be(criterion, ExitCriterion.Kind.QUESTION):
        raise ValueError(f"{criterion.code} is no question")
    value = clean_text(value).strip()
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "log on deal", deal)
    before = CriterionAnswer.objects.filter(deal=deal, criterion=criterion).first()
    saved, _created = CriterionAnswer.objects.update_or_create(
        deal=deal,
        criterion=criterion,
        defaults={
            "value": value,
            "evidence": clean_text(evidence).strip(),
            "answered_by": by,
            "answered_at": at or timezone.now(),
            "version": before.version + 1 if before else 1,
        },
    )
    refresh(deal)
    events.record(
        DealEvent.ANSWERED,
        deal,
        by=by,
        at=at,
        before={"value": before.value if before else ""},
        after={"value": value},
        criterion=criterion.pk,
        label_ja=criterion.name_ja,
        label_en=criterion.name_en,
    )
    return saved


@transaction.atomic
def take_back_answer(deal: Deal, criterion: ExitCriterion, *, by: User) -> None:
    """Removes an answer that turned out wrong; the event keeps what it said."""
    if not _may_be(criterion, ExitCriterion.Kind.QUESTION):
        raise ValueError(f"{criterion.code} is no question")
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "log on deal", deal)
    before = CriterionAnswer.objects.filter(deal=deal, criterion=criterion).first()
    if before is None:
        return
    before.delete()
    refresh(deal)
    events.record(
        DealEvent.ANSWERED,
        deal,
        by=by,
        before={"value": before.value},
        after={"value": ""},
        criterion=criterion.pk,
        label_ja=criterion.name_ja,
        label_en=criterion.name_en,
    )


def _may_be(criterion: ExitCriterion, kind: str) -> bool:
    """Whether the criterion is of the kind, now or for deals that keep an earlier rule."""
    return criterion.kind == kind or any(
        past["rule"] and past["rule"]["kind"] == kind for past in criterion.earlier
    )


def refresh(deal: Deal) -> None:
    """Stores how many criteria of its stage the deal meets. Whoever changes a fact of the deal calls this after."""
    found = statuses(deal)
    met, total = sum(s.is_met for s in found), len(found)
    if (deal.criteria_met, deal.criteria_total) != (met, total):
        deal.criteria_met, deal.criteria_total = met, total
        Deal.objects.filter(pk=deal.pk).update(criteria_met=met, criteria_total=total)


def recompute(stage: Stage) -> int:
    """After an admin changed the stage's criteria: how many each open deal meets is counted anew. Returns how many changed."""
    return sum(_recompute(batch) for batch in batches.of_open_deals(stage))


def _recompute(deals: list[Deal]) -> int:
    changed, found = [], statuses_of_many(deals)
    for deal in deals:
        before = deal.criteria_met, deal.criteria_total
        deal.criteria_met = sum(s.is_met for s in found[deal.pk])
        deal.criteria_total = len(found[deal.pk])
        if before != (deal.criteria_met, deal.criteria_total):
            changed.append(deal)
    return Deal.objects.bulk_update(changed, ["criteria_met", "criteria_total"]) if changed else 0
