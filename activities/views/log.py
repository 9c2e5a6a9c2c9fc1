from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from activities import drafting, minutes, subjects
from activities import log as logging
from activities.forms import LONGEST, RESULTS, ComposeForm, LogForm, days_ahead
from activities.models import Activity, ActivityKind, TextTemplate
from activities.rows import ICONS
from activities.texts import offering
from crm.lib import htmx, workdays
from crm.lib.text import clean_text, comma
from staff import access
from staff.http import Request
from staff.once import once

NEXT_KINDS = (
    ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.VISIT, ActivityKind.MEETING, ActivityKind.PROPOSAL,
)  # fmt: skip


@access.requires("sell")
@require_http_methods(["GET", "POST"])
@once
def log(request: Request) -> HttpResponse:
    """The quick log: a page for the phone, a dialog on the desk. Without a subject it proposes the likeliest."""
    given = request.POST if request.method == "POST" else request.GET
    subject = subjects.find(request.user, given)
    choices = [] if subject else subjects.likely(request.user)
    if subject is None and choices and "pick" not in request.GET and request.method == "GET":
        subject = choices[0]
    if subject is None:
        # What was typed is never logged on a guess.
        status = 422 if request.method == "POST" else 200
        return render(request, "activities/log_subjects.html", {"subjects": choices}, status=status)
    form = LogForm(request.POST or None, initial=_proposed(subject, request.GET.get("kind", "")))
    if request.method == "POST" and form.is_valid():
        logging.log_activity(by=request.user, **subject.as_arguments(), **form.as_arguments())
        return htmx.redirect(request, _page_behind(request, subject), toast=_("Saved"))
    return _log_form(request, subject, form, guessed=bool(choices))


@access.requires("sell")
@require_POST
@once
def compose(request: Request) -> HttpResponse:
    """Keeps what was written beside the timeline of a deal, lead or company."""
    subject = subjects.find(request.user, request.POST)
    form = ComposeForm(request.POST)
    if subject is None or not form.is_valid():
        context = composer_context(subject, form)
        return htmx.answer(request, "activities/_composer.html", context, status=422)
    kept = logging.log_activity(by=request.user, **subject.as_arguments(), **form.cleaned_data)
    drafted = not subject.is_settled and drafting.draft(kept.body, *_today_of(request))
    page = f"{subject.url}?draft={kept.pk}#next-actions" if drafted else subject.url
    return htmx.redirect(request, page, toast=_given_back(kept))


@access.requires("sell")
@require_POST
def draft(request: Request) -> HttpResponse:
    """The next action that the memo speaks of, while it is being written. Nothing is kept."""
    found = drafting.draft(request.POST.get("body", "")[:LONGEST], *_today_of(request))
    return render(
        request, "activities/_log_draft.html", {"draft": found, "kinds": dict(ActivityKind.choices)}
    )


@access.public
def offline_worker(request: Request) -> HttpResponse:
    """The script that opens the quick log without a connection; at the root, since it may only serve what lies below it."""
    return HttpResponse(
        _worker_script(), content_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@cache
def _worker_script() -> bytes:
    return (settings.BASE_DIR / "static/js/sw.js").read_bytes()


def _today_of(request: Request) -> tuple[date, workdays.Calendar]:
    return timezone.localdate(), request.user.company.calendar()


def _given_back(kept: Activity) -> str:
    """What writing it down has brought at once: the questions that are answered now."""
    if not kept.answered:
        return _("Saved")
    return _("Saved. Answered now: %(names)s") % {"names": comma().join(map(str, kept.answered))}


@access.requires("sell")
@require_GET
def offered_texts(request: Request) -> HttpResponse:
    """The templates to begin from, in the composer."""
    subject = subjects.find(request.user, request.GET)
    if subject is None:
        raise Http404
    context = composer_context(subject) | {"texts": offering.offered(subject)}
    if request.htmx:
        return render(request, "activities/_composer_texts.html", context)
    return render(request, "activities/compose.html", context)


@access.requires("sell")
@require_POST
def compose_from(request: Request) -> HttpResponse:
    """The composer again, with the words of the chosen template behind what was typed."""
    subject = subjects.find(request.user, request.POST)
    version = offering.newest().filter(pk=_number(request.POST.get("begin", ""))).first()
    if subject is None or version is None:
        raise Http404
    title, body = offering.filled(version, subject.record, request.user, timezone.localdate())
    typed = clean_text(request.POST.get("body", ""))[:LONGEST].strip()
    initial = {
        "kind": offering.ACTIVITY_OF[TextTemplate.Kind(version.template.kind)],
        "body": "\n\n".join(filter(None, [typed, body])),
        "text": version.pk,
    }
    context = composer_context(subject, ComposeForm(initial=initial)) | {"begun_with": version}
    if version.template.kind == TextTemplate.Kind.MAIL:
        context["mail_url"] = _mail_url(subject, title, str(initial["body"]))
    if request.htmx:
        return render(request, "activities/_composer.html", context)
    return render(request, "activities/compose.html", context)


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 18 else 0


def _mail_url(subject: subjects.Subject, title: str, body: str) -> str:
    """Opens the person's own mail program with all of it; "" without an address, or when it is too long for that."""
    record = subject.record
    address = getattr(getattr(record, "contact", None) or record, "email", "")
    words = urlencode({"subject": title, "body": body.replace("\n", "\r\n")}, quote_via=quote)
    return f"mailto:{quote(address, safe='@+')}?{words}" if address and len(words) < 6000 else ""


def composer_context(subject: subjects.Subject | None, form: ComposeForm | None = None) -> dict[str, Any]:
    """What the composer places; without a form it is as nobody has typed yet."""
    chosen = form["kind"].value() if form else ActivityKind.MEMO
    kinds = [
        {"value": kind.value, "label": kind.label, "icon": icon, "checked": chosen == kind.value}
        for kind, icon in ComposeForm.KINDS
    ]
    return {"subject": subject, "form": form, "kinds": kinds, "mark": minutes.MARK}


def _log_form(request: Request, subject: subjects.Subject, form: LogForm, guessed: bool) -> HttpResponse:
    days = days_ahead(timezone.localdate())
    chosen_day = str(form["next_day"].value() or "")
    context = {
        "subject": subject,
        "form": form,
        "guessed": guessed,
        "results": [
            {"value": value, "label": label, "icon": icon, "checked": form["result"].value() == value}
            for value, label, icon in RESULTS
        ],
        "next_kinds": [
            {
                "value": kind.value,
                "label": kind.label,
                "icon": ICONS[kind],
                "checked": form["next_kind"].value() == kind,
            }
            for kind in NEXT_KINDS
        ],
        "no_next": not form["next_kind"].value(),
        "example_day": days[-1] + timedelta(days=7),
        "days": [
            {"value": day.isoformat(), "day": day, "checked": chosen_day == day.isoformat()} for day in days
        ],
    }
    status = 422 if form.errors else 200
    if request.htmx:
        fragment = "activities/_log_form.html" if form.is_bound else "activities/_log_dialog.html"
        return render(request, fragment, context, status=status)
    return render(request, "activities/log.html", context, status=status)


def _proposed(subject: subjects.Subject, kind: str) -> dict[str, Any]:
    """A call in three business days, unless something is planned already."""
    today = timezone.localdate()
    planned = (
        subject.kind == "deal" and subject.record.next_action_on and subject.record.next_action_on > today
    )
    return {
        "kind": kind if kind in ActivityKind.values else ActivityKind.CALL,
        "next_kind": "" if planned else ActivityKind.CALL,
        "next_day": days_ahead(today)[1].isoformat(),
    }


def _page_behind(request: Request, subject: subjects.Subject) -> str:
    """The dialog stays on the page it was opened over; from the quick log as a page of its own one goes to the record."""
    behind = htmx.page_of(request, subject.url) if request.htmx else subject.url
    return subject.url if urlsplit(behind).path == reverse("activities:log") else behind
