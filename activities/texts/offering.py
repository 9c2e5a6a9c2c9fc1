"""Which templates are offered where something is written down, and their words with the names filled in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activities import minutes
from activities.models import ActivityKind
from activities.subjects import Subject
from activities.substitution import fill
from activities.texts.models import TextTemplate, TextVersion
from crm.lib import dates, money
from leads.models import Lead
from pipeline.models import Deal
from staff.models import User

# What may stand in a template, each with the words that say what is filled in.
PLACES = (
    "deal", "company", "contact", "owner", "team", "stage", "amount", "close", "today", "questions",
)  # fmt: skip
# What kind of activity is written with it.
ACTIVITY_OF = {
    TextTemplate.Kind.MINUTES: ActivityKind.MEETING,
    TextTemplate.Kind.PROPOSAL: ActivityKind.PROPOSAL,
    TextTemplate.Kind.MAIL: ActivityKind.MAIL,
}


def newest() -> QuerySet[TextVersion]:
    """The version in use of each template that is offered."""
    rows = TextVersion.objects.filter(template__is_active=True).select_related("template")
    return rows.order_by("template_id", "-number").distinct("template_id")


def offered(subject: Subject) -> list[TextVersion]:
    """Those of the deal's stage first, then those for everywhere."""
    everywhere, here = Q(template__stage_ids=[]), Q()
    if subject.kind == "deal":
        here = Q(template__stage_ids__contains=[subject.record.stage_id])
    rows = newest().filter(everywhere | here if here else everywhere)
    return sorted(rows, key=lambda v: (not v.template.stage_ids, v.template.kind, v.template.name))


def filled(version: TextVersion, record: Any, owner: User, today: date) -> tuple[str, str]:
    """Subject and text as the reader gets them; a name that nobody knows stays empty."""
    values = _values(record, owner, today)
    return fill(version.subject, values), fill(version.body, values)


def _values(record: Any, owner: User, today: date) -> dict[str, str]:
    company = record if not isinstance(record, Deal | Lead) else record.company
    values = {
        "company": company.name if company else getattr(record, "company_name", ""),
        "contact": _honorific(record),
        "owner": owner.full_name,
        "team": owner.team.name,
        "today": _day(today),
    } | dict.fromkeys(("deal", "stage", "amount", "close", "questions"), "")
    if isinstance(record, Deal):
        values |= {
            "deal": record.name,
            "stage": str(record.stage),
            "amount": money.full(record.amount) if record.amount is not None else "",
            "close": _day(record.close_on) if record.close_on else "",
            "questions": "\n".join(f"{minutes.MARK}{c}：" for c in minutes.open_questions(record)),
        }
    return values


def _day(day: date) -> str:
    """With its year: whoever reads it does not know when it was written."""
    return dates.near(day, day - timedelta(days=2 * dates.NEAR_DAYS), get_language() or "ja")


def _honorific(record: Any) -> str:
    """田所様; ご担当者様 as long as nobody knows whom."""
    if isinstance(record, Lead):
        name = record.family_name
    else:
        contact = getattr(record, "contact", None)
        name = contact.family_name if contact else ""
    return _("%(name)s-sama") % {"name": name} if name else _("To whom it may concern")
