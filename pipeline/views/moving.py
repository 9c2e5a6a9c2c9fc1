"""Putting a deal into another stage: by drag, menu, button or form, all through the same gate."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.lib import htmx, workdays
from pipeline import exit_criteria, gate, moves
from pipeline.exit_criteria import NotMet
from pipeline.forms import FillForm, MoveForm, WinForm
from pipeline.models import Deal, Stage
from pipeline.views import closing, dialogs
from pipeline.views.board import narrowing_of_page
from staff import access, versions
from staff.access import get_for
from staff.http import Request
from staff.once import once

ASK_AGAIN = timedelta(days=3)
_OF_CRITERION = re.compile(r"c\d+$")


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def deal_stage(request: Request, pk: int) -> HttpResponse:
    """Asks where to and what is missing; a POST moves, or comes back with exactly what is missing."""
    # No more than the rule and the words of the answer ask: a move costs what it changes. The dialog reads it anew.
    deal = get_for(request.user, Deal.objects.defer("search_text", "search_grams"), pk, to="see")
    refused = access.refusal(request.user, "move deal", deal)
    if refused:
        context = {"deal": deal, "reason": refused, "heading": deal.name}
        return dialogs.show(request, "pipeline/_refused.html", context, 403)
    sent, standing = request.POST if request.method == "POST" else request.GET, exit_criteria.Standing(deal)
    move = MoveForm(standing.way, {**sent.dict(), "seen": sent.get("seen") or deal.version})
    if "menu" in sent or not move.is_valid():
        return _show(request, deal, None)
    to, seen = move.cleaned_data["to"], move.cleaned_data["seen"]
    if to.kind == Stage.Kind.LOST:
        return closing.show_loss(request, deal)
    if request.method == "GET":
        return _show(request, deal, to)
    is_filled = _is_filled(request)
    fill = FillForm(
        deal, _asked(standing, to) if is_filled else [], request.user, request.POST, request.FILES
    )
    shown = fill if is_filled else None
    if not fill.is_valid():
        return _show(request, deal, to, fill=shown, status=422)
    win = WinForm(request.POST)
    if to.kind == Stage.Kind.WON and not ("confirmed" in request.POST and win.is_valid()):
        return _show(request, deal, to, status=422)
    try:
        moved = gate.fill_and_move(
            deal, to, by=request.user, seen=seen, found=fill.found, evidence=fill.evidence,
            waiver=move.cleaned_data["waiver"], reason=move.cleaned_data["reason"],
            won=_won(win, to), way=standing.way,
        )  # fmt: skip
    except NotMet:
        return _show(request, deal, to, fill=shown, status=422)
    except moves.ReasonMissing:
        return _show(request, deal, to, fill=shown, status=422)
    except versions.Stale as stale:
        return _show(request, stale.record, to, fill=shown, status=409)
    return dialogs.moved(request, deal, moved)


def _won(win: WinForm, to: Stage) -> moves.Won | None:
    if to.kind != Stage.Kind.WON:
        return None
    return moves.Won(win.cleaned_data["win_reason"], win.cleaned_data["note"])


def _is_filled(request: Request) -> bool:
    """Whether the form of what is missing was sent, or only the place to go to, as by a drag."""
    return bool(request.FILES) or any(_OF_CRITERION.match(name) for name in request.POST)


def _asked(standing: exit_criteria.Standing, to: Stage) -> list[Any]:
    return [s.criterion for s in standing.on_the_way(to) if not s.is_met]


def _show(
    request: Request, deal: Deal, to: Stage | None, *, fill: FillForm | None = None, status: int = 200
) -> HttpResponse:
    """The gate dialog, or first the choice of the stage."""
    deal = Deal.objects.for_page().get(pk=deal.pk)
    context: dict[str, Any] = {"deal": deal, "heading": _("Move %(deal)s") % {"deal": deal.name}}
    if to is None or to.pk == deal.stage_id:
        context["stages"] = (
            Stage.objects.filter(pipeline=deal.stage.pipeline_id)
            .exclude(kind=Stage.Kind.GONE)
            .order_by("position")
        )
        context["is_moved_already"] = to is not None and status == 409
        return dialogs.show(request, "pipeline/_stage_choice.html", context, status)
    statuses = exit_criteria.Standing(deal).on_the_way(to)
    typed = {name: request.POST.get(name, "").strip()[:200] for name in ("reason", "waiver")}
    missing = [s.criterion for s in statuses if not s.is_met and s.criterion.is_required]
    form = fill or FillForm(deal, [s.criterion for s in statuses if not s.is_met], request.user)
    context.update(
        to=to,
        statuses=statuses,
        met=sum(s.is_met for s in statuses),
        missing=missing,
        form=form,
        elsewhere=[c for c in missing if c not in form.criteria.values()],
        asks_reason=moves.asks_reason(deal, to),
        may_approve=access.allows(request.user, "approve deal", deal),
        may_waive=bool(missing) and access.allows(request.user, "waive criteria", deal),
        is_stale=status == 409,
        on_board=narrowing_of_page(request) is not None,
        lacks_reason=status == 422 and "reason" in request.POST and not typed["reason"],
        reason=typed["reason"],
        waiver=typed["waiver"],
        win=WinForm(request.POST or None) if to.kind == Stage.Kind.WON else None,
        ask_on=workdays.add(timezone.localdate() + ASK_AGAIN, 0),
    )
    return dialogs.show(request, "pipeline/_gate.html", context, status)


@access.signed_in
@require_POST
def stage_undo(request: Request, pk: int, seen: int) -> HttpResponse:
    """Takes the last move back, if nothing has changed since."""
    deal = get_for(request.user, Deal.objects.all(), pk, to="move deal")
    try:
        deal = moves.take_back(deal, by=request.user, seen=seen)
        toast = _("%(deal)s: back in %(stage)s") % {"deal": deal.name, "stage": deal.stage}
    except NotMet as refusal:
        toast = _("%(deal)s stays: %(names)s is missing now.") % {"deal": deal.name, "names": refusal}
    except versions.Stale:
        toast = _("%(deal)s was changed meanwhile, so the move stays.") % {"deal": deal.name}
    return htmx.redirect(request, dialogs.page_of(request, deal), toast=toast)
