"""What other apps' pages show of activities: `{% load activities %}`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from activities import drafting, subjects
from activities.forms import TodoForm, days_ahead
from activities.models import Activity
from activities.views.log import composer_context
from activities.views.todos import next_actions_context
from crm.templatetags import ui
from staff import access

register = template.Library()


@register.inclusion_tag("activities/_composer.html", takes_context=True)
def composer(context: Any, **about: Any) -> dict[str, Any]:
    """Where a memo, call or meeting is written down: `{% composer deal=deal %}`. `lead` and `company` work too."""
    found = _shared(context) | composer_context(_subject(about))
    return found | {"open_questions": context.get("open_questions", [])}


@register.simple_tag(takes_context=True)
def may_log(context: Any, record: Any) -> bool:
    """Whether the reader may add to the record's history: around a composer or a log button."""
    return access.allows(context["request"].user, "log activity", record)


@register.inclusion_tag("activities/_next_actions.html", takes_context=True)
def next_actions(context: Any, **about: Any) -> dict[str, Any]:
    """The panel of open todos with the form that adds one: `{% next_actions deal=deal %}`.

    With `?draft=` of an activity that was just kept, the form is filled with what its memo speaks of.
    """
    user, subject = context["request"].user, _subject(about)
    drafted = _drafted(context["request"], subject)
    form = None
    if drafted:
        form = TodoForm(initial={"title": drafted.title, "kind": drafted.kind, "due_on": drafted.on})
    found = next_actions_context(user, subject, form)
    return _shared(context) | found | {"drafted": drafted}


@register.simple_tag
def blank_todo() -> SafeString:
    """The fields of a todo before anybody has typed: the same on every page of the day."""
    return _blank_todo(timezone.localdate(), get_language() or "ja")


@lru_cache(maxsize=8)
def _blank_todo(today: date, _language: str) -> SafeString:
    form = TodoForm(initial={"due_on": days_ahead(today)[0]})
    return format_html_join("", "{}", ((ui.field(form[name]),) for name in ("title", "kind", "due_on")))


def _drafted(request: Any, subject: subjects.Subject) -> drafting.Draft | None:
    """From an activity of this very record; what else the address names counts for nothing."""
    pk = request.GET.get("draft", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    rows = Activity.objects.visible_to(request.user).filter(pk=int(pk), **{subject.kind: subject.record})
    memo = rows.values_list("body", flat=True).first()
    return drafting.draft(memo, timezone.localdate(), request.user.company.calendar()) if memo else None


def _subject(about: dict[str, Any]) -> subjects.Subject:
    [(kind, record)] = about.items()
    return subjects.Subject(kind, record)


def _shared(context: Any) -> dict[str, Any]:
    return {"request": context["request"], "csrf_token": context.get("csrf_token")}
