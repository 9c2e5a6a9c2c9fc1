"""名寄せ: are these two one, and which of two statements is the current one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import comparing, lists
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
        "company_a__owner__team",
        "company_b__owner__team",
        "contact_a__company",
        "contact_b__company",
        "decided_by",
    )


def _questions() -> QuerySet[FactsQuestion]:
    return FactsQuestion.objects.select_related("company__owner__team")


def _one(request: Request, asked: Any) -> HttpResponse:
    template = "accounts/_duplicate.html" if request.htmx else "accounts/duplicates.html"
    return render(request, template, _queue(request, asked))


def _queue(request: Request, asked: Any = None) -> dict[str, Any]:
    """The questions that wait, or with ?later=1 those that were put off, and one of them open.

    Who reviews nothing sees only the one.
    """
    pairs = questions = None
    remaining = certain_count = 0
    later = bool(request.GET.get("later"))
    if roles.can(request.user, "review duplicates"):
        of_two, of_facts = (_waiting(rows, request, later) for rows in (_pairs(), _questions()))
        pairs = list(of_two.order_by("-worth", "pk")[:QUEUE_LENGTH])
        questions = list(of_facts.order_by("pk")[:QUEUE_LENGTH])
        pair_count, certain_count = _count_pairs(pairs, of_two)
        remaining = pair_count + _count(questions, of_facts)
        asked = asked or next(iter([*pairs, *questions]), None)
    return {
        "pairs": pairs,
        "questions": questions,
        "remaining": remaining,
        "asked": asked,
        "may_edit_rules": roles.can(request.user, "administer"),
        "later": later,
        # Behind the addresses of the list that one is in.
        "held": "?later=1" if later else "",
        # Those put off wait for a look, however sure the rules are.
        "certain_count": 0 if later else certain_count,
        "is_pair": isinstance(asked, DuplicatePair),
        "comparison": comparing.of(asked) if asked else None,
        **(_merging(request, asked) if isinstance(asked, DuplicatePair) else {}),
    }


def _merging(request: Request, pair: DuplicatePair) -> dict[str, Any]:
    """The choice field by field, for whoever may merge the two; for others just the two."""
    a: Any = pair.contact_a or pair.company_a
    b: Any = pair.contact_b or pair.company_b
    if pair.state == DuplicatePair.State.MERGED or not access.allows(request.user, "merge", [a, b]):
        return {"sides": side_by_side.sides(kinds.of(a), a, b, request.user)}
    choice = side_by_side.choice(kinds.of(a), a, b, {})
    return {**side_by_side.context(choice, request.user), "queue": "1"}


def _waiting(rows: Any, request: Request, later: bool) -> Any:
    """Those to decide, or those that were put off."""
    return rows.filter(state="later").visible_to(request.user) if later else rows.to_decide(request.user)


def _count_pairs(shown: list[DuplicatePair], rows: QuerySet[DuplicatePair]) -> tuple[int, int]:
    """How many wait and how many of these are certain; the first thousand are counted."""
    if len(shown) < QUEUE_LENGTH:
        return len(shown), sum(pair.verdict == "certain" for pair in shown)
    first = rows.order_by("-worth", "pk").values("pk", "verdict")[: lists.COUNTED + 1]
    counted = first.aggregate(n=Count("pk"), certain=Count("pk", filter=Q(verdict="certain")))
    return counted["n"], counted["certain"]


def _count(shown: list[Any], rows: QuerySet[Any]) -> int:
    return len(shown) if len(shown) < QUEUE_LENGTH else keyset.count_up_to(rows)


def _next(request: Request, toast: str, undo: str) -> HttpResponse:
    """Back to where the person decides: the queue, or the company's page that showed the hint."""
    if roles.can(request.user, "review duplicates") and not request.POST.get("back"):
        if request.htmx:
            return htmx.answer(request, "accounts/_duplicate.html", _queue(request), toast=toast, undo=undo)
        held = "?later=1" if request.GET.get("later") else ""
        return htmx.redirect(request, reverse("accounts:duplicates") + held, toast=toast, undo=undo)
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
