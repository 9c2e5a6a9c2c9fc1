"""What does Enishi do by itself? Automations and playbooks, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities import reminders
from activities.automation import editing, engine
from activities.automation.forms import AutomationForm
from activities.automation.names import Names
from activities.models import Automation, AutomationRun, PlaybookStep
from activities.playbooks import issuing
from activities.playbooks.forms import StepForm
from crm.lib import htmx
from pipeline.stage_field import in_use
from staff import access, versions
from staff.http import Request
from staff.once import once


@access.requires("administer")
@require_safe
def automations(request: Request) -> HttpResponse:
    """Each as a sentence, with its switch and how often it ran this month."""
    month = _month_began()
    this_month = Q(runs__at__gte=month)
    rows = Automation.objects.select_related("stage").annotate(
        done=Count("runs", filter=this_month & Q(runs__state="done")),
        refused=Count("runs", filter=this_month & Q(runs__state="refused")),
    )
    names = Names()
    context = {
        "rows": [(a, editing.sentence(a, names)) for a in rows[:200]],
        "nudges": request.user.company.nudges_without_memo,
    }
    return render(request, "activities/automations.html", context)


@access.requires("administer")
@require_POST
def nudge_switch(request: Request) -> HttpResponse:
    """Whether a deal without a memo is nudged about once, or reminded of as all others."""
    profile = reminders.switch_nudges(request.POST.get("on") == "1", by=request.user)
    toast = (
        _("Deals without a memo are nudged about once")
        if profile.nudges_without_memo
        else _("All deals are reminded of")
    )
    return htmx.redirect(request, "activities:automations", toast=toast)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def automation_new(request: Request) -> HttpResponse:
    form = AutomationForm(request.POST or None, initial={"do0_days": 1, **_asked_for(request)})
    if request.method == "POST" and form.is_valid():
        made = editing.save(form.cleaned_data, by=request.user)
        return htmx.redirect(request, reverse("activities:automation", args=[made.pk]), toast=_("Saved"))
    return render(request, "activities/automation.html", {"form": form}, status=422 if form.errors else 200)


def _asked_for(request: Request) -> dict[str, str]:
    """Which fields are asked of and set: the editor asks for their ways of taking a value as soon as one is chosen."""
    names = [name for name in request.GET if name.startswith(("if", "do")) and name.endswith("_field")]
    return {name: request.GET.get(name, "") for name in names}


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def automation(request: Request, pk: int) -> HttpResponse:
    """The sentence, its editor, what it would have done lately, and what it did."""
    shown = get_object_or_404(Automation.objects.select_related("stage"), pk=pk)
    if request.method == "GET":
        return _show(request, shown, AutomationForm.of(shown))
    form = AutomationForm(request.POST)
    if not form.is_valid():
        return _show(request, shown, form, 422)
    try:
        seen = form.cleaned_data["seen"] or 0
        editing.save(form.cleaned_data, by=request.user, automation=shown, seen=seen)
    except versions.Stale:
        form.add_error(None, _("Somebody changed this meanwhile. Look at it once more and save."))
        return _show(request, shown, form, 409)
    return htmx.redirect(request, reverse("activities:automation", args=[pk]), toast=_("Saved"))


def _show(request: Request, shown: Automation, form: AutomationForm, status: int = 200) -> HttpResponse:
    rehearsed, looked_at = engine.rehearse(shown, timezone.now())
    runs = AutomationRun.objects.filter(automation=shown).select_related("deal", "lead")[:50]
    context: dict[str, Any] = {
        "automation": shown,
        "sentence": editing.sentence(shown),
        "form": form,
        "rehearsed": rehearsed,
        "looked_at": looked_at,
        "days": engine.REHEARSED_DAYS,
        "runs": runs,
    }
    return render(request, "activities/automation.html", context, status=status)


@access.requires("administer")
@require_POST
def automation_switch(request: Request, pk: int) -> HttpResponse:
    """In use (`on=1`), or at rest."""
    found = get_object_or_404(Automation, pk=pk)
    editing.switch(found, request.POST.get("on") == "1", by=request.user)
    return htmx.redirect(request, "activities:automations", toast=_("Saved"))


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def playbook(request: Request) -> HttpResponse:
    """The todos that each stage brings."""
    form = StepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        issuing.save_step(by=request.user, **form.cleaned_data)
        return htmx.redirect(request, "activities:playbook", toast=_("Added"))
    steps = list(PlaybookStep.objects.select_related("stage"))
    stages = [(stage, [step for step in steps if step.stage_id == stage.pk]) for stage in in_use()]
    context = {"form": form, "stages": stages}
    return render(request, "activities/playbook.html", context, status=422 if form.errors else 200)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def playbook_step(request: Request, pk: int) -> HttpResponse:
    """Other words for a step; `on` switches it."""
    step = get_object_or_404(PlaybookStep.objects.select_related("stage"), pk=pk)
    if request.method == "POST" and "on" in request.POST:
        issuing.switch(step, request.POST["on"] == "1", by=request.user)
        return htmx.redirect(request, "activities:playbook", toast=_("Saved"))
    form = StepForm(request.POST) if request.method == "POST" else StepForm.of(step)
    status = 422 if form.errors else 200
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        try:
            issuing.save_step(
                step.stage, values["title"], values["kind"], values["due_days"], by=request.user, step=step,
                seen=values["seen"] or 0,
            )  # fmt: skip
            return htmx.redirect(request, "activities:playbook", toast=_("Saved"))
        except versions.Stale as stale:
            now = stale.record
            form.add_error(
                None,
                _(
                    "Somebody changed this todo meanwhile: %(title)s, %(days)s days. Save again if yours is right."
                )
                % {"title": now.title, "days": now.due_days},
            )
            form.data, status = {**request.POST.dict(), "seen": str(now.version)}, 409
    return render(request, "activities/playbook_step.html", {"form": form, "step": step}, status=status)


def _month_began() -> datetime:
    return timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
