"""名寄せ: are these two one, and which of two statements is the current one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import comparing
from accounts import duplicates as domain
from accounts.merging import kinds, side_by_side
from accounts.models import DuplicatePair, FactsQuestion
from crm.lib import htmx, keyset
from staff import access, roles
from staff.access import get_for
from staff.http import Request

QUEUE_LENGTH = 20
# For merges in one request, well below what a request may take; the button is there for the rest.
SECONDS = 6


@access.requires("review duplicates")
@require_GET
def duplicates(request: Request) -> HttpResponse:
    """The queue, best first, with its first question open."""
    return render(request, "accounts/duplicates.html", _queue(request))


@access.requires("review duplicates")
@require_POST
def duplicates_certain(request: Request) -> HttpResponse:
    """Joins those that the rules are sure of, all at once."""
    made = domain.accept_certain(by=request.user, seconds=SECONDS)
    toast = ngettext("%(n)d pair merged", "%(n)d pairs merged", len(made)) % {"n": len(made)}
    if left := keyset.count_up_to(DuplicatePair.objects.to_decide(request.user).filter(verdict="certain")):
        toast += _(", %(n)s certain ones are left") % {"n": left}
    return htmx.redirect(request, "accounts:duplicates", toast=toast)


@access.signed_in
@require_GET
def duplicate(request: Request, pk: int) -> HttpResponse:
    """One pair, side by side."""
    pair = get_for(request.user, _pairs(), pk, to="decide duplicates")
    return _one(request, pair)


@access.signed_in
@require_GET
def question(request: Request, pk: int) -> HttpResponse:
    """Two statements about one company, side by side."""
    return _one(request, get_for(request.user, _questions(), pk, to="decide duplicates"))


@access.signed_in
@require_POST
def duplicate_decision(request: Request, pk: int) -> HttpResponse:
    """Different, later, or open again."""
    pair = get_for(request.user, _pairs(), pk, to="decide duplicates")
    state = request.POST.get("state", "")
    if state not in ("different", "later", "open"):
        return _refused(request, pair, _("Choose one of the answers."), 422)
    try:
        domain.decide(pair, state, by=request.user)
    except domain.AlreadyDecided:
        return _refused(request, pair, _("Somebody has decided this already."), 409)
    toast = {
        "different": _("Remembered as different companies"),
        "later": _("Put off"),
        "open": _("Asked again"),
    }
    undo = "" if state == "open" else reverse("accounts:duplicate-reopening", args=[pair.pk])
    return _next(request, toast[state], undo)


@access.signed_in
@require_POST
def duplicate_reopening(request: Request, pk: int) -> HttpResponse:
    """Takes a decision back."""
    pair = get_for(request.user, _pairs(), pk, to="decide duplicates")
    try:
        domain.decide(pair, "open", by=request.user)
    except domain.AlreadyDecided:
        return _refused(request, pair, _("Somebody has decided this already."), 409)
    return htmx.redirect(request, reverse("accounts:duplicate", args=[pair.pk]), toast=_("Asked again"))


@access.signed_in
@require_POST
def question_decision(request: Request, pk: int) -> HttpResponse:
    """Ours stays, the other is taken, or later."""
    asked = get_for(request.user, _questions(), pk, to="decide duplicates")
    state = request.POST.get("state", "")
    if state not in ("kept", "taken", "later"):
        return _refused(request, asked, _("Choose one of the answers."), 422)
    try:
        domain.decide_facts(asked, state, by=request.user)
    except domain.AlreadyDecided:
        return _refused(request, asked, _("Somebody has decided this already."), 409)
    return _next(request, _("Put off") if state == "later" else _("Decided"), "")


def _pairs() -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.select_related(
        "company_a__owner__team", "company_b__owner__team", "contact_a", "contact_b"
    )


def _questions() -> QuerySet[FactsQuestion]:
    return FactsQuestion.objects.select_related("company__owner__team")


def _one(request: Request, asked: Any) -> HttpResponse:
    template = "accounts/_duplicate.html" if request.htmx else "accounts/duplicates.html"
    return render(request, template, _queue(request, asked))


def _queue(request: Request, asked: Any = None) -> dict[str, Any]:
    """The questions that wait, and one of them open. Who reviews nothing sees only the one."""
    pairs = questions = pair_count = question_count = None
    if roles.can(request.user, "review duplicates"):
        waiting = _waiting(request)
        pairs = list(waiting.order_by("-worth", "pk")[:QUEUE_LENGTH])
        questions = list(_questions().to_decide(request.user).order_by("pk")[:QUEUE_LENGTH])  # type: ignore[attr-defined]
        pair_count = _count(pairs, waiting)
        question_count = _count(questions, FactsQuestion.objects.to_decide(request.user))  # type: ignore[attr-defined]
        asked = asked or next(iter([*pairs, *questions]), None)
    return {
        "pairs": pairs,
        "questions": questions,
        "pair_count": pair_count,
        "question_count": question_count,
        "remaining": (pair_count or 0) + (question_count or 0),
        "asked": asked,
        "may_edit_rules": roles.can(request.user, "administer"),
        "later": bool(request.GET.get("later")),
        "certain_count": sum(pair.verdict == "certain" for pair in pairs or ()),
        "is_pair": isinstance(asked, DuplicatePair),
        "comparison": comparing.of(asked) if asked else None,
        **(_merging(request, asked) if isinstance(asked, DuplicatePair) else {}),
    }


def _merging(request: Request, pair: DuplicatePair) -> dict[str, Any]:
    """The choice field by field, for whoever may merge the two; nothing for others."""
    a: Any = pair.contact_a or pair.company_a
    b: Any = pair.contact_b or pair.company_b
    if pair.state == DuplicatePair.State.MERGED or not access.allows(request.user, "merge", [a, b]):
        return {}
    choice = side_by_side.choice(kinds.of(a), a, b, {})
    return {**side_by_side.context(choice, request.user), "queue": "1"}


def _waiting(request: Request) -> Any:
    """The pairs to decide, or with ?later=1 those that were put off."""
    if request.GET.get("later"):
        return _pairs().filter(state=DuplicatePair.State.LATER).visible_to(request.user)  # type: ignore[attr-defined]
    return _pairs().to_decide(request.user)  # type: ignore[attr-defined]


def _count(shown: list[Any], rows: QuerySet[Any]) -> int:
    return len(shown) if len(shown) < QUEUE_LENGTH else keyset.count_up_to(rows)


def _next(request: Request, toast: str, undo: str) -> HttpResponse:
    """Back to where the person decides: the queue, or the company's page that showed the hint."""
    if roles.can(request.user, "review duplicates") and not request.POST.get("back"):
        if request.htmx:
            return htmx.answer(request, "accounts/_duplicate.html", _queue(request), toast=toast, undo=undo)
        return htmx.redirect(request, "accounts:duplicates", toast=toast, undo=undo)
    back = request.POST.get("back", "")
    to = (
        reverse("accounts:company", args=[int(back)])
        if back.isdecimal() and len(back) < 19
        else "accounts:companies"
    )
    return htmx.redirect(request, to, toast=toast, undo=undo)


def _refused(request: Request, asked: Any, reason: str, status: int) -> HttpResponse:
    context = {**_queue(request, asked), "refusal": reason}
    return htmx.answer(
        request, "accounts/_duplicate.html", context, full="accounts/duplicates.html", status=status
    )
