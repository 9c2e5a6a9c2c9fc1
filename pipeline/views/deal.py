"""What is missing to go on? The deal's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Contact
from crm.lib.kept import kept
from pipeline import board, exit_criteria, measuring, own_values, people, rivals
from pipeline.exit_criteria import Status
from pipeline.forms import can_be_filled, contacts_of
from pipeline.models import Deal, DealFile, ExitCriterion, Stage
from pipeline.wording import in_words
from staff import access, events, readers
from staff.custom import values
from staff.http import Request
from staff.readers import Reader


@dataclass(frozen=True)
class Passed:
    """One move on the deal's way, by ids of stages."""

    from_stage: int | None
    to_stage: int
    at: datetime


@dataclass(frozen=True)
class Step:
    """A stage on the way of the deal: passed (with the days it took), current, or ahead."""

    stage: Stage
    state: str
    days: int | None


@dataclass(frozen=True)
class Line:
    """A criterion as the page shows it: met by what, or how it is filled."""

    status: Status
    shown: str
    can_be_filled: bool


@dataclass(frozen=True)
class StageInput:
    """The fields of one stage: open when the deal stands there."""

    stage: Stage
    lines: list[Line]
    state: str

    @property
    def met(self) -> int:
        return sum(line.status.is_met for line in self.lines)


@access.signed_in
@require_GET
def deal_page(request: Request, pk: int) -> HttpResponse:
    """Key facts, stages, the gate, what comes next, what happened, and what is still to be filled in."""
    deal = readers.get_for(request.user, _page, pk)
    if request.htmx and "events" in request.GET:
        page = events.page_of_deal(deal.pk, deal.lead_ids, request.GET)  # type: ignore[attr-defined]
        return render(request, "components/_timeline_page.html", {"events": page})
    return render(request, "pipeline/deal.html", deal_context(request, deal, timezone.localdate()))


@access.signed_in
@require_GET
def deal_rivals(request: Request, pk: int) -> HttpResponse:
    """How we did against the deal's competitors; its page asks for it once it stands."""
    deal = access.get_for(request.user, Deal.objects.for_page(), pk, to="see")
    today = timezone.localdate()
    context = {
        "deal": deal,
        "rivals": rivals.beside(deal, today, reader=request.user),
        "since": (today - timedelta(days=rivals.DAYS)).isoformat(),
        "heading": _("Competitors"),
        "fragment": "pipeline/_rivals.html",
    }
    return render(request, "pipeline/_rivals.html" if request.htmx else "pipeline/dialog_page.html", context)


@kept
def _page(reader: Reader, *, pk: int) -> QuerySet[Deal]:
    """With its way, and the ids of the leads it came from."""
    leads = events.leads_of(reader.user, OuterRef("pk")).values("pk")
    rows = Deal.objects.for_page().with_way().annotate(lead_ids=ArraySubquery(leads))
    return rows.visible_to(reader.user).filter(pk=pk)


@kept
def _files(*, deal: int) -> QuerySet[DealFile]:
    return DealFile.objects.filter(deal=deal, deleted_at=None).select_related("added_by")


@kept
def _contacts(*, company: int) -> QuerySet[Contact]:
    return contacts_of(company)[:8]


def deal_context(request: Request, deal: Deal, today: date) -> dict[str, Any]:
    """All that the page shows."""
    user = request.user
    standing = exit_criteria.Standing(deal)
    stages = standing.way.stages
    moves = [Passed(m["from_stage"], m["to_stage"], datetime.fromisoformat(m["at"])) for m in deal.way]  # type: ignore[attr-defined]
    stood = _stood_in(deal, stages, moves)
    opened = [stage for stage in stages if stage.is_open]
    kept_files = _files(deal=deal.pk)
    standing.files = {file.kind: file.name for file in reversed(kept_files)}
    statuses = {stage.pk: standing.statuses([stage]) for stage in opened}
    own = own_values.asked_by(s.criterion for of_stage in statuses.values() for s in of_stage)
    lines = {
        pk: [_line(s, can_be_filled(s.criterion, own, deal, user)) for s in of_stage]
        for pk, of_stage in statuses.items()
    }
    here = lines.get(deal.stage_id, [])
    unmet = [
        line.status.criterion for line in here if not line.status.is_met and line.status.criterion.is_required
    ]
    previous, following = board.neighbours(deal, user)
    refused = access.refusal(user, "edit deal", deal)
    return {
        "deal": deal,
        "steps": _steps(deal, stages, moves, stood, today),
        "next_stage": _next(deal, stages),
        "lines": here,
        "unmet": unmet,
        "met": sum(line.status.is_met for line in here),
        "inputs": [StageInput(stage, lines[stage.pk], _state(stage, stood)) for stage in opened],
        "days": (timezone.localdate(deal.closed_at) if deal.closed_at else today).toordinal()
        - timezone.localdate(deal.created_at).toordinal() + 1,
        "is_stalled": bool(deal.is_open and deal.stalls_on and deal.stalls_on <= today),
        "open_questions": [
            line.status.criterion
            for line in here
            if line.status.criterion.kind == ExitCriterion.Kind.QUESTION and not line.status.value
        ],
        "own_fields": _own_fields(deal, stages),
        "measured": measuring.of(deal.stage),
        "contacts": _contacts(company=deal.company_id),
        "files": kept_files,
        "previous": previous,
        "following": following,
        "may_edit": not refused,
        "refused": refused,
        "may_log": access.allows(user, "log on deal", deal),
        "gap": people.gap(deal, today),
        "timeline_events": events.page_of_deal(deal.pk, deal.lead_ids, request.GET),  # type: ignore[attr-defined]
    }  # fmt: skip


@dataclass(frozen=True)
class OwnFields:
    """Fields of the company's own that are due from one stage; those without a stage stand by themselves."""

    stage: Stage | None
    lines: list[values.Line]
    is_due: bool

    @property
    def filled(self) -> int:
        return sum(line.is_filled for line in self.lines)


def _own_fields(deal: Deal, stages: list[Stage]) -> list[OwnFields]:
    """By the stage from which they are due, in the order of the stages; what is not due yet stays folded."""
    lines, known = values.lines("deal", deal.pk), {stage.pk: stage for stage in stages}
    if not lines:
        return []
    here = deal.stage.position
    parts: dict[int | None, list[values.Line]] = {}
    for line in lines:
        parts.setdefault(line.field.stage if line.field.stage in known else None, []).append(line)
    found = [
        OwnFields(known.get(pk or 0), of, pk is None or known[pk].position <= here)
        for pk, of in parts.items()
    ]
    return sorted(found, key=lambda part: part.stage.position if part.stage else 0)


def _stood_in(deal: Deal, stages: list[Stage], moves: list[Passed]) -> Stage:
    """The open stage the deal is in, or was in before it was closed."""
    by_id = {stage.pk: stage for stage in stages}
    if deal.is_open:
        return by_id[deal.stage_id]
    for move in reversed(moves):
        if move.from_stage and by_id[move.from_stage].is_open:
            return by_id[move.from_stage]
    return stages[0]


def _steps(deal: Deal, stages: list[Stage], moves: list[Passed], stood: Stage, today: date) -> list[Step]:
    spent: dict[int, int] = {}
    for move, after in zip(moves, [*moves[1:], None], strict=True):
        end = timezone.localdate(after.at) if after else today
        spent[move.to_stage] = spent.get(move.to_stage, 0) + (end - timezone.localdate(move.at)).days
    steps = []
    for stage in stages:
        if stage.kind == Stage.Kind.GONE or stage.kind == Stage.Kind.LOST and deal.stage_id != stage.pk:
            continue
        if stage.kind == Stage.Kind.WON and deal.stage.kind == Stage.Kind.LOST:
            continue
        state = (
            "current"
            if stage.pk == deal.stage_id
            else "done"
            if stage.pk in spent and stage.position <= stood.position
            else "ahead"
        )
        steps.append(Step(stage, state, spent.get(stage.pk)))
    return steps


def _next(deal: Deal, stages: list[Stage]) -> Stage | None:
    """Where the button leads: the next open stage, and from the last one to won."""
    if not deal.is_open:
        return None
    ahead = [
        s
        for s in stages
        if s.position > deal.stage.position and s.kind not in (Stage.Kind.LOST, Stage.Kind.GONE)
    ]
    return ahead[0] if ahead else None


def _state(stage: Stage, stood: Stage) -> str:
    if stage.pk == stood.pk:
        return "now"
    return "before" if stage.position < stood.position else "later"


def _line(status: Status, can_be_filled: bool) -> Line:
    criterion, value = status.criterion, status.value
    if criterion.kind == criterion.Kind.FIELD and status.is_met:
        shown = in_words(criterion.field, value)
    elif criterion.kind in (criterion.Kind.ACTIVITY, criterion.Kind.ABSENCE):
        shown = ""
    else:
        shown = str(value or "")
    return Line(status, shown, can_be_filled)
