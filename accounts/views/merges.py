"""統合: two records field by field, the list of merges, and taking one back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import merging
from accounts.merging import absorbed, kinds, side_by_side
from accounts.merging.asking import in_words
from accounts.models import DuplicatePair, Merge
from crm.lib import htmx, keyset
from crm.lib.text import clean_text
from staff import access, roles, search, versions
from staff.access import get_for
from staff.http import Request
from staff.once import once


@access.signed_in
@require_GET
def merges(request: Request) -> HttpResponse:
    """What was merged, the newest first; each can be taken back at any time."""
    rows = Merge.objects.visible_to(request.user).select_related("by", "undone_by")
    page = keyset.page(rows.filter(made_again_as=None), ("-pk",), request.GET)
    return render(request, "accounts/merges.html", {"page": page})


@access.signed_in
@require_GET
def merge_partner(request: Request, kind: str, pk: int) -> HttpResponse:
    """With which other record this one shall become one."""
    about = _kind(kind)
    record = get_for(request.user, _rows(about), pk, to="see")
    query = clean_text(request.GET.get("q", "")).strip()[:80]
    found = _partners(request, about, record, query)
    context = {"kind": about, "record": record, "found": found, "q": query}
    return render(request, "accounts/merge_partner.html", context)


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def merge_new(request: Request, kind: str, a: int, b: int) -> HttpResponse:
    """The two field by field: GET shows what would come out, POST does it."""
    about = _kind(kind)
    first, second = (_living(request, about, pk) for pk in (a, b))
    if a == b:
        raise Http404
    if (first.pk, second.pk) != (a, b):
        return _merged_meanwhile(request, about, first, second)
    access.require(request.user, "merge", [first, second])
    sent = (request.POST if request.method == "POST" else request.GET).dict()
    if request.method == "POST":
        # What the person saw and sent counts as it is.
        sent.pop("stayed", None)
    choice = side_by_side.choice(about, first, second, sent)
    if request.method == "GET":
        return _merge_page(request, choice, side_by_side.refusal(choice, request.user))
    try:
        made = _do(request, choice)
    except merging.Refused as refusal:
        return _merge_page(request, choice, str(refusal), 422)
    except versions.Stale:
        fresh = side_by_side.choice(about, _rows(about).get(pk=a), _rows(about).get(pk=b), sent)
        reason = _("Somebody has changed this meanwhile. Look at it once more, then save again.")
        return _merge_page(request, fresh, reason, 409)
    done = _("%(name)s is a site now") if choice.as_site else _("Merged %(name)s")
    toast = done % {"name": made.loser_name}
    undo = reverse("accounts:merge-undoing", args=[made.pk])
    if request.POST.get("queue") and roles.can(request.user, "review duplicates"):
        return htmx.redirect(request, "accounts:duplicates", toast=toast, undo=f"{undo}?queue=1")
    to = choice.winner.get_absolute_url() if hasattr(choice.winner, "get_absolute_url") else made
    return htmx.redirect(request, to, toast=toast, undo=undo)


def _living(request: Request, about: kinds.Kind, pk: int) -> Any:
    """The record, or the one that it lives on in since somebody merged it."""
    gone = about.model._default_manager.filter(pk=pk).exclude(merged_into=None).first()
    return get_for(request.user, _rows(about), absorbed.survivor(gone).pk if gone else pk, to="see")


def _merged_meanwhile(request: Request, about: kinds.Kind, first: Any, second: Any) -> HttpResponse:
    """Somebody was faster: on to what became of the two, which is one by now or another pair."""
    if first != second:
        toast = _("One of them has been merged meanwhile. These are the two that live on.")
        return htmx.redirect(
            request, reverse("accounts:merge-new", args=[about.name, first.pk, second.pk]), toast=toast
        )
    toast = _("Somebody has merged these two already.")
    if request.POST.get("queue") and roles.can(request.user, "review duplicates"):
        return htmx.redirect(request, "accounts:duplicates", toast=toast)
    return htmx.redirect(request, first if hasattr(first, "get_absolute_url") else first.company, toast=toast)


def _do(request: Request, choice: side_by_side.Choice) -> Merge:
    seen = None
    versions_seen = [request.POST.get(f"seen-{side}", "") for side in "ab"]
    if all(text.isdecimal() and len(text) < 10 for text in versions_seen):
        of_a, of_b = (int(text) for text in versions_seen)
        seen = (of_a, of_b) if choice.winner is choice.a else (of_b, of_a)
    if choice.as_site:
        name = clean_text(request.POST.get("site_name", "")).strip()[:120]
        return merging.make_site(
            choice.loser, choice.winner, by=request.user, name=name, pair=_pair(choice), seen=seen
        )
    return merging.merge(
        choice.winner, choice.loser, by=request.user, picks=choice.picks, pair=_pair(choice), seen=seen
    )


def _pair(choice: side_by_side.Choice) -> DuplicatePair | None:
    """The question in the queue that this answers."""
    low, high = sorted((choice.a.pk, choice.b.pk))
    if choice.kind.name == "company":
        return DuplicatePair.objects.filter(company_a=low, company_b=high, contact_a=None).first()
    if choice.kind.name == "contact":
        return DuplicatePair.objects.filter(contact_a=low, contact_b=high).first()
    return None


def _merge_page(
    request: Request, choice: side_by_side.Choice, reason: str, status: int = 200
) -> HttpResponse:
    context = {**side_by_side.context(choice, request.user), "refusal": reason}
    if (queue := request.GET.get("queue") or request.POST.get("queue")) and choice.kind.name in (
        "company",
        "contact",
    ):
        context |= {"queue": queue, "asked": _pair(choice)}
    template = "accounts/_merge.html" if request.htmx else "accounts/merge_new.html"
    return render(request, template, context, status=status)


# Taking back -------------------------------------------------------------------------------------


@access.signed_in
@require_GET
def merge(request: Request, pk: int) -> HttpResponse:
    """What was merged, and what a person has to decide to take it back."""
    made = get_for(request.user, _merges(), pk, to="see")
    return _one(request, made)


@access.signed_in
@once
@require_POST
def merge_undoing(request: Request, pk: int) -> HttpResponse:
    """Takes it back; where something has to be decided first, its page asks."""
    made = get_for(request.user, _merges(), pk, to="unmerge")
    answers = {
        key.removeprefix("answer-"): str(value)
        for key, value in request.POST.items()
        if key.startswith("answer-")
    }
    try:
        with transaction.atomic():
            merging.unmerge(made, by=request.user, answers=answers)
    except merging.NeedsAnswers:
        if answers:
            return _one(request, made, 422, _("Choose an answer to each question."))
        return htmx.redirect(request, made)
    except merging.Refused as refusal:
        return _one(request, made, 409, str(refusal))
    toast = _("%(a)s and %(b)s are two again") % {"a": made.winner_name, "b": made.loser_name}
    if request.GET.get("queue") and made.pair and access.allows(request.user, "decide duplicates", made.pair):
        # Whoever works off the queue goes on there, with the question that is open again.
        return htmx.redirect(request, reverse("accounts:duplicate", args=[made.pair.pk]), toast=toast)
    return htmx.redirect(request, made, toast=toast)


def _merges() -> Any:
    return Merge.objects.select_related("by", "undone_by", "made_again_as")


def _one(request: Request, made: Merge, status: int = 200, reason: str = "") -> HttpResponse:
    questions: list[Any] = []
    may = "" if made.is_undone else access.refusal(request.user, "unmerge", made)
    later: list[Merge] = []
    if not made.is_undone and not may:
        later = merging.resting_on(made)
        try:
            questions = in_words(made, merging.questions(made, by=request.user), request.user)
        except merging.Refused as refusal:
            reason = reason or str(refusal)
    kind = kinds.named("company" if made.kind == "placing" else made.kind)
    rows: Any = kind.model._default_manager
    both = rows.filter(pk__in=[made.winner_id, made.loser_id]).in_bulk()
    context = {
        "merge": made,
        "winner": both.get(made.winner_id),
        "loser": both.get(made.loser_id),
        "questions": questions,
        "later": [one for one in later if Merge.objects.visible_to(request.user).filter(pk=one.pk).exists()],
        "may_not": may,
        "refusal": reason,
        "given": request.POST,
    }
    return render(request, "accounts/merge.html", context, status=status)


# Records -----------------------------------------------------------------------------------------


def _kind(name: str) -> kinds.Kind:
    try:
        return kinds.named(name)
    except LookupError as unknown:
        raise Http404 from unknown


def _rows(kind: kinds.Kind) -> Any:
    rows: Any = kind.model._default_manager.all()
    if kind.name == "lead":
        return rows.filter(deleted_at=None).select_related("owner", "company")
    if kind.name == "company":
        return rows.active().select_related("owner__team")
    return rows.active().select_related("company__owner__team")


def _partners(request: Request, kind: kinds.Kind, record: Any, query: str) -> list[Any]:
    """Others of the kind: those that the queue asks about, or what was searched for."""
    rows = _rows(kind).visible_to(request.user).exclude(pk=record.pk)
    if kind.name in ("division", "site"):
        return list(rows.filter(company=record.company).order_by("pk")[:50])
    if query:
        return list(search.matching(rows, query).order_by("-pk")[:20])
    if kind.name == "contact":
        return list(rows.filter(company=record.company).order_by("family_kana", "pk")[:50])
    if kind.name == "lead":
        alike = (
            rows.filter(email=record.email) if record.email else rows.filter(company_name=record.company_name)
        )
        return list(alike.order_by("-pk")[:20])
    pairs = DuplicatePair.objects.filter(contact_a=None)
    others = [*pairs.filter(company_a=record).values_list("company_b", flat=True)]
    others += pairs.filter(company_b=record).values_list("company_a", flat=True)
    return list(rows.filter(pk__in=others).order_by("pk")[:20])
