"""照合ルール: which evidence joins two companies by itself, with a preview on the company's own data."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import matching_rules as domain
from accounts import scanning
from accounts.dedup import evidence, wording
from accounts.models import MatchRule, MatchScan
from crm.lib import htmx
from staff import access
from staff.http import Request

# What may stand beside a name, or alone, in a rule of one's own.
_CHOICES = (
    "name", "former", "looks", "reading", "core", "similar", "longer", "unnamed", "mail", "person", "mobile", "phone", "phone_shared", "domain", "domain_shared",
    "address", "town", "city", "prefecture", "only", "single",
)  # fmt: skip
_WORDS: dict[str, Any] = {MatchRule.Unit.PERSON: wording.OF_PEOPLE, MatchRule.Unit.SITE: wording.OF_SITES}


@access.requires("administer")
@require_GET
def matching_rules(request: Request) -> HttpResponse:
    """The rules of the draft, or those that hold."""
    return render(request, "accounts/matching_rules.html", _context())


@access.requires("administer")
@require_POST
def matching_draft(request: Request) -> HttpResponse:
    """Verdicts, and perhaps one rule more, into the draft. Nothing is joined by it yet."""
    verdicts = {
        int(name.removeprefix("verdict-")): str(value)
        for name, value in request.POST.items()
        if name.startswith("verdict-") and name.removeprefix("verdict-").isdecimal() and len(name) < 16
    }
    added = [key for key in request.POST.getlist("key") if key]
    if any(value not in MatchRule.Verdict.values for value in verdicts.values()):
        return _refused(request, _("Choose one of the answers."))
    try:
        domain.change_draft(verdicts, added, request.POST.get("added", ""), by=request.user)
    except domain.Unusable:
        return _refused(request, _("This rule is there already, or it cannot be."))
    return htmx.redirect(request, "accounts:matching-rules", toast=_("Saved as a draft"))


@access.requires("administer")
@require_GET
def matching_preview(request: Request) -> HttpResponse:
    """What the draft would change on the newest companies."""
    version = domain.draft()
    if version is None:
        return htmx.redirect(request, "accounts:matching-rules")
    context = {
        "difference": scanning.difference(version),
        "of_people": scanning.difference_of_people(version),
        "of_sites": scanning.difference_of_sites(version),
        "draft": version,
    }
    return render(request, "accounts/matching_preview.html", context)


@access.requires("administer")
@require_POST
def matching_publication(request: Request) -> HttpResponse:
    """The draft holds from now on."""
    if version := domain.draft():
        domain.publish(version, by=request.user)
    return htmx.redirect(
        request,
        "accounts:matching-rules",
        toast=_("These rules hold now. All companies are looked at again."),
    )


@access.requires("administer")
@require_POST
def matching_draft_removal(request: Request) -> HttpResponse:
    if version := domain.draft():
        domain.drop(version, by=request.user)
    return htmx.redirect(request, "accounts:matching-rules", toast=_("The draft is gone"))


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def match_scan(request: Request) -> HttpResponse:
    """POST: all companies against one another, in the background. GET, asked every two seconds: how far that is."""
    if request.method == "POST":
        scanning.start(by=request.user)
        toast = _("All companies are compared in the background")
        if not request.htmx:
            return htmx.redirect(request, "accounts:matching-rules", toast=toast)
        return htmx.answer(request, "accounts/_match_scan.html", _scan(), toast=toast)
    if not request.htmx:
        return htmx.redirect(request, "accounts:matching-rules")
    return render(request, "accounts/_match_scan.html", _scan())


def _scan() -> dict[str, Any]:
    scan = MatchScan.objects.order_by("-pk").first()
    before = MatchScan.objects.exclude(finished_at=None)
    after_update = (
        scan and not scan.finished_at and before.exists() and not before.filter(maker=scan.maker).exists()
    )
    return {"scan": scan, "after_update": after_update}


def _context(refusal: str = "") -> dict[str, Any]:
    draft, live = domain.draft(), domain.live()
    known = domain.verdicts_of(live) if draft else {}
    rows = domain.shown(draft or live)
    told = [_told(row, known) for row in rows if row.unit == MatchRule.Unit.COMPANY]
    order = {key: place for place, key in enumerate(evidence.KEYS)}
    told.sort(key=lambda row: (order.get(row["first"], 99), row["position"]))
    groups = [
        (wording.REASONS[first], list(held)) for first, held in groupby(told, key=lambda row: row["first"])
    ]
    return {
        "draft": draft,
        "live": live,
        "people": [_told(row, known) for row in rows if row.unit == MatchRule.Unit.PERSON],
        "sites": [_told(row, known) for row in rows if row.unit == MatchRule.Unit.SITE],
        "groups": [(label, held, any(row["is_changed"] for row in held)) for label, held in groups],
        "verdicts": MatchRule.Verdict.choices,
        "choices": [(key, wording.REASONS[key]) for key in _CHOICES],
        **_scan(),
        "refusal": refusal,
    }


def _told(row: MatchRule, known: dict[Any, str]) -> dict[str, Any]:
    words = _WORDS.get(row.unit, wording.REASONS)
    verdicts = MatchRule.Verdict.choices
    return {
        "position": row.position,
        "first": row.keys[0],
        "all": [str(words[key]) for key in row.keys],
        "keys": [str(words[key]) for key in row.keys[1:]],
        "but": [str(words[key]) for key in row.but if key in words],
        "verdict": row.verdict,
        "verdicts": [choice for choice in verdicts if domain.may_have(row, choice[0])],
        "is_changed": bool(known) and known.get((row.unit, tuple(row.keys), tuple(row.but))) != row.verdict,
    }


def _refused(request: Request, reason: str) -> HttpResponse:
    return render(request, "accounts/matching_rules.html", _context(reason), status=422)
