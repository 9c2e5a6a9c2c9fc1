"""How leads are given out, timed and scored: what administrators set."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import htmx
from leads import assignment, first_contact
from leads.forms import AssignmentRuleForm, ClockForm, clock_words
from leads.models import AssignmentRule, FirstContactRule, ScoreRule
from staff import access
from staff.http import Request


@access.requires("administer")
@require_GET
def rules(request: Request) -> HttpResponse:
    clocks = FirstContactRule.objects.select_related("channel")
    context = {
        "clocks": [(rule, clock_words(rule), ClockForm(initial=_values(rule))) for rule in clocks],
        "assignment_rules": AssignmentRule.objects.select_related("channel").prefetch_related("people"),
        "score_rules": ScoreRule.objects.filter(is_active=True),
    }
    return render(request, "leads/rules.html", context)


@access.requires("administer")
@require_POST
def clock(request: Request, pk: int) -> HttpResponse:
    """Another number of hours, for all leads that wait."""
    rule = get_object_or_404(FirstContactRule.objects.select_related("channel"), pk=pk)
    form = ClockForm(request.POST)
    if form.is_valid():
        rule = first_contact.change_rule(rule, by=request.user, **form.cleaned_data)
    context = {"rule": rule, "words": clock_words(rule), "form": form}
    toast = "" if form.errors else _("Saved. All waiting leads have their new deadline.")
    return htmx.answer(request, "leads/_clock.html", context, page="leads:rules", toast=toast)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def assignment_rule(request: Request, pk: int) -> HttpResponse:
    return _assignment_rule(request, get_object_or_404(AssignmentRule, pk=pk))


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def assignment_rule_new(request: Request) -> HttpResponse:
    return _assignment_rule(request, AssignmentRule())


def _assignment_rule(request: Request, rule: AssignmentRule) -> HttpResponse:
    form = AssignmentRuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        saved = form.save(commit=False)
        assignment.save_rule(saved, form.cleaned_data["people"], by=request.user)
        return htmx.redirect(request, "leads:rules", toast=_("Saved"))
    status = 422 if form.errors else 200
    return render(request, "leads/assignment_rule.html", {"form": form, "rule": rule}, status=status)


def _values(rule: FirstContactRule) -> dict[str, object]:
    return {"hours": rule.hours, "unit": rule.unit}
