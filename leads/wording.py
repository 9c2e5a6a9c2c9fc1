"""How what happens to leads reads on timelines and in the operation log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Channel
from crm.lib.text import comma
from leads import assignment
from leads.lead_events import LeadEvent
from leads.models import Lead, Touch
from staff.models import Event, User
from staff.wording import register, register_value


def register_all() -> None:
    """Called once, when the app is ready."""
    register(LeadEvent.RECEIVED, "lead", _received, lambda e: str(e.data.get("detail", "")))
    register(LeadEvent.TOUCHED, "web", _touch, lambda e: str(e.data.get("detail", "")))
    register(LeadEvent.ASSIGNED, "user", _assigned, tone="stage")
    register(LeadEvent.CONTACTED, "check", lambda e: _("made the first contact"), tone="ok")
    register(LeadEvent.CLOCK_NEAR, "clock", lambda e: _("the first-contact deadline is near"))
    register(LeadEvent.BREACHED, "alert", lambda e: _("The first-contact deadline has passed"), tone="bad")
    register(LeadEvent.EDITED, "edit", _edited)
    register(LeadEvent.NURTURED, "clock", lambda e: _("put the lead into nurturing"))
    register(LeadEvent.DISQUALIFIED, "x", lambda e: _("marked the lead as not a fit"), _reason)
    register(LeadEvent.REOPENED, "undo", lambda e: _("took the lead back"))
    register(LeadEvent.CONVERTED, "stage", lambda e: _("made the lead a deal"), tone="stage")
    register(LeadEvent.REMOVED, "undo", lambda e: _("took back the lead, which an import had made"))
    register(LeadEvent.RESTORED, "undo", lambda e: _("took back what an import had filled in"))
    register(LeadEvent.CLOCK_CHANGED, "clock", lambda e: _("changed the clock of the first contact"))
    register(LeadEvent.ASSIGNMENT_CHANGED, "users", lambda e: _("changed an assignment rule"))
    for kind in (LeadEvent.NURTURED, LeadEvent.DISQUALIFIED, LeadEvent.REOPENED):
        register_value(kind, "state")
    for name, (label, say) in _OF_A_RULE.items():
        register_value(LeadEvent.ASSIGNMENT_CHANGED, name, label, say)


_OF_A_RULE: dict[str, tuple[str | Promise, Callable[[Any], object]]] = {
    "channel": (gettext_lazy("Channel"), lambda pk: Channel.objects.filter(pk=pk).first() or "—"),
    "prefectures": (gettext_lazy("Prefectures"), list),
    "industries": (gettext_lazy("Words in the industry"), list),
    "people": (
        gettext_lazy("People"),
        lambda pks: [user.full_name for user in User.objects.filter(pk__in=pks).order_by("pk")],
    ),
    "position": (gettext_lazy("place in the order"), lambda place: place + 1),
    "is_active": (gettext_lazy("in use"), bool),
}


def _received(event: Event) -> str:
    because = assignment.reason_text(event.data.get("because", {}))
    return _("%(touch)s → %(owner)s (%(because)s)") % {
        "touch": _touch(event),
        "owner": event.data.get("owner_name", ""),
        "because": because,
    }


def _touch(event: Event) -> str:
    return str(dict(Touch.Kind.choices).get(event.data.get("touch", ""), Touch.Kind.OTHER.label))


def _assigned(event: Event) -> str:
    return _("gave the lead to %(owner)s") % {"owner": event.data.get("owner_name", "")}


def _edited(event: Event) -> str:
    labels = [_label(name) for name in event.after]
    return _("corrected %(fields)s") % {"fields": comma().join(labels)}


def _label(name: str) -> str:
    """The field in the reader's language; the company is a link, which forms name otherwise."""
    return _("Known company") if name == "company" else str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _reason(event: Event) -> str:
    return str(event.data.get("reason", ""))
