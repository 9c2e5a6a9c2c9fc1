"""The gate: what must be known or done before a deal leaves a stage forwards, and what is still missing.

Every door asks here, through `pipeline.moves`; pips, gate, board and dashboards show the same answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib.kept import kept
from crm.lib.text import clean_text
from pipeline import batches, own_values
from pipeline.deal_events import DealEvent
from pipeline.models import CriterionAnswer, Deal, DealFile, ExitCriterion, Stage
from pipeline.way import Way
from staff import access, events
from staff.models import CustomField, Event, User

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


def field_labels() -> dict[str, Any]:
    """What a criterion of the kind FIELD may ask for: the deal's own fields, and those that the company has added."""
    return FIELDS | own_values.labels()


def has_condition(name: str, *, is_length: bool) -> bool:
    """Whether the field can be asked for a length, or for a number of at least or at most."""
    if not CustomField.pk_of(name):
        return name in (TEXTS if is_length else NUMBERS)
    kinds = {field.key: field.kind for field in own_values.fields()}
    return kinds.get(name) in (("text",) if is_length else ("number", "money"))


# Kinds of activity by their labels; the app of activities registers its own when it is ready.
ACTIVITY_KINDS: dict[str, Any] = {}
# Conditions that a field can have besides being filled in.
NUMBERS = {"amount", "budget"}
TEXTS = {"competitor"}
# What stands for an approval in the value of its answer.
APPROVED = "approved"


# Kinds whose answer is a row of its own.
ANSWERED = (ExitCriterion.Kind.QUESTION, ExitCriterion.Kind.APPROVAL)


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

    @property
    def is_bare(self) -> bool:
        """Whether it was answered without the words it was heard in. All else stands by itself: a file, a talk, a field."""
        return self.criterion.kind == ExitCriterion.Kind.QUESTION and not self.evidence


@kept
def _given(*, deal: int) -> QuerySet[CriterionAnswer]:
    return CriterionAnswer.objects.filter(deal=deal).select_related("answered_by")


class Standing:
    """Where one deal stands: its way, its answers and its files, each read at most once.

    Whoever changes the deal, and then asks the gate, keeps what has changed here, too.
    """

    def __init__(self, deal: Deal, way: Way | None = None) -> None:
        self.deal, self.way = deal, way or Way.of_deal(deal)
        deal.stage = self.way.stage(deal.stage_id)

    @classmethod
    def of_new(cls, deal: Deal, way: Way) -> Standing:
        """Of a deal that is not stored yet: nothing was answered, nothing attached."""
        standing = cls(deal, way)
        standing.answers, standing.files = {}, {}
        return standing

    @cached_property
    def answers(self) -> dict[int, CriterionAnswer]:
        """By criterion."""
        return {answer.criterion_id: answer for answer in _given(deal=self.deal.pk)}

    @cached_property
    def custom(self) -> dict[int, Any]:
        """What stands in the company's own fields, by field."""
        asked = {pk for c in self.way.criteria if (pk := CustomField.pk_of(c.field))}
        return own_values.read([self.deal], asked).get(self.deal.pk, {})

    @cached_property
    def files(self) -> dict[str, str]:
        """Kind of file → the name of the newest one."""
        kept = DealFile.objects.filter(deal=self.deal, deleted_at=None)
        return {file.kind: file.name for file in reversed(kept)}

    def statuses(self, stages: Iterable[Stage]) -> list[Status]:
        """The criteria of these stages, each met or not."""
        return [
            self.status(bound)
            for stage in stages
            for criterion in self.way.criteria_of(stage)
            if (bound := criterion.for_deal(self.deal))
        ]

    def on_the_way(self, to: Stage) -> list[Status]:
        """All criteria between the deal and `to`. A closed deal starts from where it had come to."""
        return self.statuses(self.way.left_between(self._last_open_stage(), to))

    def unmet_on_the_way(self, to: Stage) -> list[ExitCriterion]:
        return [s.criterion for s in self.on_the_way(to) if s.criterion.is_required and not s.is_met]

    def count(self, closed_from: Stage | None = None) -> None:
        """Sets on the deal how many criteria of its stage it meets, and which; of one that is just closed, of all its stages.

        What a closed deal had met stays as it was on that day.
        """
        if self.deal.stage.is_open:
            mark(self.deal, self.statuses([self.deal.stage]))
        elif closed_from and closed_from.is_open:
            mark(self.deal, self.statuses(self.way.open_until(closed_from)))

    def _last_open_stage(self) -> Stage:
        """The deal's stage, or the one it stood in before it was closed: opening it again jumps over nothing."""
        if self.deal.stage.is_open:
            return self.deal.stage
        closing = self.deal.moves.filter(from_stage__kind=Stage.Kind.OPEN).order_by("-pk").first()
        return self.way.stage(closing.from_stage_id) if closing and closing.from_stage_id else self.way.first

    def status(self, criterion: ExitCriterion) -> Status:
        """Of a criterion as it binds the deal. Answers and files are read when it asks for them."""
        answer = self.answers.get(criterion.pk) if criterion.kind in ANSWERED else None
        own = self.custom if CustomField.pk_of(criterion.field) else {}
        return _status(self.deal, criterion, answer, self.files if criterion.file_kind else {}, own)


# What `mark` sets.
COUNTED = ("criteria_met", "criteria_total", "met_ids", "lacking_ids", "bare_ids")


def mark(deal: Deal, found: Sequence[Status]) -> None:
    """Keeps on the deal which criteria it meets; the numbers are those of an open stage, so that a closed deal has none."""
    met = [s.criterion.pk for s in found if s.is_met]
    deal.met_ids = met
    deal.lacking_ids = [s.criterion.pk for s in found if not s.is_met]
    deal.bare_ids = [s.criterion.pk for s in found if s.is_met and s.is_bare]
    is_open = deal.stage.is_open
    deal.criteria_met = len(met) if is_open else 0
    deal.criteria_total = len(found) if is_open else 0


def unmet_on_the_way(deal: Deal, to: Stage) -> list[ExitCriterion]:
    """Required criteria of every open stage from the deal's own up to `to`; none when it goes back or is lost."""
    return Standing(deal).unmet_on_the_way(to)


def statuses(deal: Deal) -> list[Status]:
    """The criteria of the deal's stage, each met or not."""
    return statuses_of_many([deal])[deal.pk]


def statuses_of_many(deals: Iterable[Deal]) -> dict[int, list[Status]]:
    """Deal id → statuses of its own stage, in three statements for any number of deals."""
    deals = list(deals)
    by_stage: dict[int, list[ExitCriterion]] = defaultdict(list)
    criteria = ExitCriterion.objects.filter(stage__in={deal.stage_id for deal in deals})
    for criterion in criteria.order_by("position", "pk"):
        by_stage[criterion.stage_id].append(criterion)
    return statuses_where(deals, by_stage, lambda deal: by_stage[deal.stage_id])


def statuses_under(deals: Iterable[Deal], criteria: Iterable[ExitCriterion]) -> dict[int, list[Status]]:
    """Deal id → statuses of these criteria, whatever its stage; they may be of a draft and not saved yet."""
    asked = list(criteria)
    return statuses_where(list(deals), {0: asked}, lambda deal: asked)


def statuses_where(
    deals: list[Deal],
    by_stage: dict[int, list[ExitCriterion]],
    asked: Callable[[Deal], list[ExitCriterion]],
) -> dict[int, list[Status]]:
    """Deal id → statuses of the criteria that `asked` gives for it, all of which stand in `by_stage`."""
    answers, files = _answers(deals, by_stage), _file_kinds(deals, by_stage)
    own = _custom(deals, by_stage)
    return {
        deal.pk: [
            _status(deal, bound, answers.get((deal.pk, bound.pk)), files[deal.pk], own.get(deal.pk, {}))
            for criterion in asked(deal)
            if (bound := criterion.for_deal(deal))
        ]
        for deal in deals
    }


def _answers(
    deals: list[Deal], by_stage: dict[int, list[ExitCriterion]]
) -> dict[tuple[int, int], CriterionAnswer]:
    # With an earlier rule a deal in flight may still be asked a question that the criterion is no longer.
    questions = [
        c.pk for of_stage in by_stage.values() for c in of_stage if c.pk and (c.earlier or c.kind in ANSWERED)
    ]
    if not questions:
        return {}
    found = CriterionAnswer.objects.filter(deal__in=deals, criterion__in=questions).select_related(
        "answered_by"
    )
    return {(answer.deal_id, answer.criterion_id): answer for answer in found}


def _file_kinds(deals: list[Deal], by_stage: dict[int, list[ExitCriterion]]) -> dict[int, dict[str, str]]:
    kinds: dict[int, dict[str, str]] = defaultdict(dict)
    if any(c.earlier or c.file_kind for of_stage in by_stage.values() for c in of_stage):
        for file in DealFile.objects.filter(deal__in=deals, deleted_at=None):
            kinds[file.deal_id].setdefault(file.kind, file.name)
    return kinds


def _custom(deals: list[Deal], by_stage: dict[int, list[ExitCriterion]]) -> Mapping[int, dict[int, Any]]:
    """Deal → field → value, of the company's own fields that are asked for; no statement when none is."""
    names = {c.field for of_stage in by_stage.values() for c in of_stage}
    names |= {
        past["rule"]["field"] for of_stage in by_stage.values() for c in of_stage for past in c.earlier if past["rule"]
    }  # fmt: skip
    return own_values.read(deals, {pk for name in names if (pk := CustomField.pk_of(name))})


def _status(
    deal: Deal,
    criterion: ExitCriterion,
    answer: CriterionAnswer | None,
    files: dict[str, str],
    own: Mapping[int, Any],
) -> Status:
    kind = ExitCriterion.Kind
    if criterion.kind == kind.QUESTION:
        if answer is None:
            return Status(criterion, False)
        heard = bool(answer.evidence) or not criterion.needs_evidence
        return Status(criterion, heard, answer.value, answer.evidence, answer)
    if criterion.kind == kind.APPROVAL:
        return _approval(deal, criterion, answer)
    found, value = _found(deal, criterion, files, own)
    if criterion.kind == kind.ABSENCE:
        return Status(criterion, not found, value)
    return Status(criterion, found, value)


def _found(
    deal: Deal, criterion: ExitCriterion, files: dict[str, str], own: Mapping[int, Any]
) -> tuple[bool, Any]:
    """Whether the field is filled, the activity done, the file there; and by what."""
    if criterion.field:
        pk = CustomField.pk_of(criterion.field)
        value = own.get(pk) if pk else getattr(deal, criterion.field)
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
    """An approval holds for the amount it was given for, and for less; without one, until there is one."""
    if answer is None or answer.value != APPROVED:
        return Status(criterion, False)
    holds = (deal.amount or 0) <= (answer.amount or 0)
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
    return answer_all(deal, {criterion: value}, by=by, evidence=evidence, at=at)[criterion.pk]


@transaction.atomic
def answer_all(
    deal: Deal,
    found: Mapping[ExitCriterion, str],
    *,
    by: User,
    evidence: str = "",
    at: datetime | None = None,
) -> dict[int, CriterionAnswer]:
    """The same for several questions at once. Returns all answers of the deal by criterion."""
    standing = Standing(Deal.objects.select_for_update().get(pk=deal.pk))
    happened = write_answers(standing, found, by=by, evidence=evidence, at=at)
    store_count(standing)
    events.record_all(happened)
    return standing.answers


def write_answers(
    standing: Standing,
    found: Mapping[ExitCriterion, str],
    *,
    by: User,
    evidence: str | Mapping[ExitCriterion, str] = "",
    at: datetime | None = None,
) -> list[Event]:
    """Stores what was heard for the questions of a locked deal in one statement; what happened is returned to be recorded."""
    access.require(by, "log on deal", standing.deal)
    written, happened = [], []
    for criterion, value in found.items():
        _require_question(criterion)
        words = evidence if isinstance(evidence, str) else evidence.get(criterion, "")
        before = standing.answers.get(criterion.pk)
        written.append(
            CriterionAnswer(
                deal=standing.deal,
                criterion=criterion,
                value=clean_text(value).strip(),
                evidence=clean_text(words).strip(),
                answered_by=by,
                answered_at=at or timezone.now(),
                version=before.version + 1 if before else 1,
            )
        )
        happened.append(_answered(standing.deal, criterion, before, written[-1], by=by, at=at))
    CriterionAnswer.objects.bulk_create(
        written,
        update_conflicts=True,
        unique_fields=["deal", "criterion"],
        update_fields=["value", "evidence", "answered_by", "answered_at", "version"],
    )
    standing.answers |= {answer.criterion_id: answer for answer in written}
    return happened


@transaction.atomic
def take_back_answer(deal: Deal, criterion: ExitCriterion, *, by: User) -> None:
    """Removes an answer that turned out wrong; the event keeps what it said."""
    _require_question(criterion)
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "log on deal", deal)
    before = CriterionAnswer.objects.filter(deal=deal, criterion=criterion).first()
    if before is None:
        return
    before.delete()
    refresh(deal)
    events.record_all([_answered(deal, criterion, before, None, by=by)])


def _require_question(criterion: ExitCriterion) -> None:
    """An approval is given elsewhere, by those who may. A deal in flight may be asked what is no question any more."""
    earlier = (past["rule"] for past in criterion.earlier if past["rule"])
    if ExitCriterion.Kind.QUESTION not in (criterion.kind, *(rule["kind"] for rule in earlier)):
        raise ValueError(f"{criterion.code} is no question")


def _answered(
    deal: Deal,
    criterion: ExitCriterion,
    before: CriterionAnswer | None,
    after: CriterionAnswer | None,
    *,
    by: User,
    at: datetime | None = None,
) -> Event:
    return events.build(
        DealEvent.ANSWERED, deal, by=by, at=at,
        before={"value": before.value if before else ""},
        after={"value": after.value if after else ""},
        criterion=criterion.pk, label_ja=criterion.name_ja, label_en=criterion.name_en,
    )  # fmt: skip


def refresh(deal: Deal) -> None:
    """Stores how many criteria of its stage the deal meets. Whoever changes a fact of the deal calls this after."""
    store_count(Standing(deal))


def store_count(standing: Standing) -> None:
    """The same for a deal whose standing is at hand; nothing is written when nothing has changed."""
    deal = standing.deal
    before = _counted(deal)
    standing.count()
    if before != _counted(deal):
        Deal.objects.filter(pk=deal.pk).update(**{name: getattr(deal, name) for name in COUNTED})


def _counted(deal: Deal) -> list[Any]:
    return [getattr(deal, name) for name in COUNTED]


def refresh_many(deals: Sequence[Deal]) -> None:
    """`refresh` for many deals, which are read again with their stages."""
    store_counts(list(Deal.objects.select_related("stage").filter(pk__in=[deal.pk for deal in deals])))


def store_counts(deals: Iterable[Deal]) -> None:
    """`refresh` for many deals at hand."""
    _recompute([deal for deal in deals if deal.stage.is_open])


def follow_own_value(event: Event) -> None:
    """A field of a company or of a person has changed, or two of them became one: what their open deals meet is counted anew."""
    if event.subject_type not in own_values.BESIDES:
        return
    fields = ExitCriterion.objects.exclude(field="").values_list("field", flat=True)
    if any(CustomField.pk_of(name) for name in fields):
        rows = Deal.objects.open().filter(**{event.subject_type: event.subject_id})
        store_counts(rows.select_related("stage").order_by("pk").select_for_update(of=("self",)))


def recompute(stage: Stage) -> int:
    """After an admin changed the stage's criteria: how many each open deal meets is counted anew. Returns how many changed."""
    return sum(_recompute(batch) for batch in batches.of_open_deals(stage))


def _recompute(deals: list[Deal]) -> int:
    changed, found = [], statuses_of_many(deals)
    for deal in deals:
        before = _counted(deal)
        mark(deal, found[deal.pk])
        if before != _counted(deal):
            changed.append(deal)
    return Deal.objects.bulk_update(changed, COUNTED) if changed else 0
