"""Pieces of leads, here and on other apps' pages: `{% load leads %}`."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.lib import time_left
from crm.lib.text import dot
from crm.templatetags.ui import badge, sla
from leads.first_contact import Timer
from leads.models import Lead
from pipeline.models import Deal

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=200)
def scorebar(score: int) -> SafeString:
    """The score with its bar: deeper where it is higher."""
    depth = 6 if score >= 80 else 4 if score >= 50 else 2
    return format_html(
        '<span class="scorebar"><b class="num">{}</b><svg class="hbar" viewBox="0 -2 56 10" width="56" height="10" '
        'aria-hidden="true"><rect class="track" width="56" height="6" rx="2"/>'
        '<rect class="f-{}" width="{}" height="6" rx="2"/></svg></span>',
        score, depth, f"{score * 0.56:.1f}",
    )  # fmt: skip


@register.simple_tag
def pointbar(points: int, of: int, colour: str) -> SafeString:
    return format_html(
        '<svg class="hbar" viewBox="0 -2 110 12" width="110" height="12" aria-hidden="true">'
        '<rect class="track" width="110" height="8" rx="2"/><rect class="f-{}" width="{}" height="8" rx="2"/></svg>',
        colour, f"{110 * min(points, of) / of:.0f}",
    )  # fmt: skip


@register.simple_tag
def clock(timer: Timer | None, name: str, until: bool = False) -> SafeString | str:
    """あと5営業時間 with its bar (and 金 17:00 まで with `until`), 1時間 超過 in red, or how long the first contact took."""
    if timer is None:
        return ""
    if timer.done_in is not None:
        return badge(_contacted_in(timer.done_in), "ok", "check")
    if until and timer.due_at:
        words = time_left.in_words(timer.left, timer.unit, timer.due_at, timezone.now())
    else:
        words = time_left.short(timer.left, timer.unit)
    return sla(timer.left, timer.hours, name, words)


@register.simple_tag
def lead_facts(lead: Lead) -> str:
    """成田 翔 様・物流企画課長・従業員 210 名"""
    facts = []
    if lead.person_name:
        facts.append(pgettext("addressed politely", "%(name)s") % {"name": lead.person_name})
    facts += [text for text in (lead.department, lead.title, lead.industry) if text]
    if lead.employees:
        facts.append(_("%(count)s employees") % {"count": f"{lead.employees:,}"})
    facts += [lead.prefecture + lead.city] if lead.prefecture else []
    return dot().join(facts)


@register.inclusion_tag("leads/_touches.html", takes_context=True)
def touches_of(context: Any, deal: Deal) -> dict[str, Any]:
    """How the deal's customer came to us: the touches of the lead it was made of; nothing without one."""
    lead = Lead.objects.filter(deal=deal).first()
    touches = list(lead.touches.select_related("channel")[:20]) if lead else []
    return {"lead": lead, "touches": touches, "request": context["request"]}


def _contacted_in(used: timedelta) -> str:
    minutes = int(used.total_seconds() // 60)
    if minutes < 60:
        return _("contacted in %(minutes)s min") % {"minutes": minutes}
    return _("contacted in %(hours)s h") % {"hours": minutes // 60}
