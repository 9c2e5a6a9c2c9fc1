"""The operation log: who changed what and when, in words, and what it can be narrowed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import pgettext_lazy as _

from crm.lib import dates
from staff import wording
from staff.models import Event, User

# Values that say nothing.
NOTHING: tuple[Any, ...] = (None, "", [], {})
APPS = ("staff", "accounts", "pipeline", "leads", "activities", "integrations")


@dataclass(frozen=True)
class Action:
    """What kind of thing was done, in one word; `needs_attention` is what an administrator should look at."""

    key: str
    label: str | Promise
    kinds: tuple[str, ...]
    tone: str = ""
    icon: str = ""
    needs_attention: bool = False


# The first whose beginning or ending fits an event's kind. The last fits everything.
ACTIONS = (
    Action("failed", _("log", "Failed"), ("user.sign_in_failed",), "bad", "alert", True),
    Action("sign-in", _("log", "Sign-in"), ("user.signed_in",)),
    Action(
        "settings",
        _("log", "Settings"),
        ("user.", "team.", "stage.", "criterion.", "clock_rule.", "assignment_rule."),
        "warn",
        needs_attention=True,
    ),
    Action("export", _("log", "Export"), (".exported", ".reported"), "warn", needs_attention=True),
    Action("import", _("log", "Import"), ("import.",)),
    Action("notice", _("log", "Alert"), (".stalled", ".breached")),
    Action("move", _("log", "Move"), (".moved", ".won", ".lost", ".reopened", ".converted")),
    Action(
        "new",
        _("log", "New"),
        (".created", ".received", ".added", ".logged", ".touched", "_added", ".file_attached"),
    ),
    Action("change", _("log", "Change"), ("",)),
)


def action_of(kind: str) -> Action:
    return next(a for a in ACTIONS if any(kind.startswith(k) or kind.endswith(k) for k in a.kinds))


def kinds_of(wanted: Callable[[Action], bool]) -> list[str]:
    """Kinds of events whose action fits."""
    return [kind for kind in wording.kinds() if wanted(action_of(kind))]


# Filters ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """One public key: the text becomes a value (ValueError: it is ignored), the value leaves rows."""

    read: Callable[[str], Any]
    narrow: Callable[[QuerySet[Event], Any], QuerySet[Event]]


def _person(text: str) -> int:
    if text == "auto":
        return User.objects.system().pk
    if not text.isdecimal() or len(text) > 18:
        raise ValueError(text)
    return int(text)


def _action(text: str) -> list[str]:
    if text not in {action.key for action in ACTIONS}:
        raise ValueError(text)
    return kinds_of(lambda action: action.key == text)


def _day(text: str) -> date:
    return dates.parse(text, timezone.localdate())


def _attention(text: str) -> list[str]:
    if text != "1":
        raise ValueError(text)
    return kinds_of(lambda action: action.needs_attention)


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


FILTERS: dict[str, Filter] = {
    "person": Filter(_person, lambda rows, pk: rows.filter(actor_id=pk)),
    "action": Filter(_action, lambda rows, kinds: rows.filter(kind__in=kinds)),
    "from": Filter(_day, lambda rows, day: rows.filter(happened_at__gte=_begin(day))),
    "to": Filter(_day, lambda rows, day: rows.filter(happened_at__lt=_begin(day + timedelta(days=1)))),
    "attention": Filter(_attention, lambda rows, kinds: rows.filter(kind__in=kinds)),
}


def narrowed(params: QueryDict) -> tuple[QuerySet[Event], dict[str, str]]:
    """The events that the parameters leave, and the parameters that counted."""
    rows, used = Event.objects.order_by(), {}
    for key, one in FILTERS.items():
        text = params.get(key, "").strip()
        if not text:
            continue
        try:
            rows = one.narrow(rows, one.read(text))
        except (ValueError, OverflowError):
            continue
        used[key] = text
    return rows, used


# Entries ----------------------------------------------------------------------------------------


@dataclass
class Entry:
    """One line of the log. `subject` is what it was done to, `url` leads there where it still is and may be seen."""

    event: Event
    action: Action
    actor: User | None
    text: str
    subject: str = ""
    url: str = ""
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)

    @property
    def is_automatic(self) -> bool:
        return self.actor is not None and self.actor.is_system


def entries(reader: User, events: Iterable[Event]) -> list[Entry]:
    """Events as lines of the log: one query for the people, one for each type of record."""
    events = list(events)
    actors = User.objects.in_bulk({event.actor_id for event in events})
    subjects = _subjects(reader, events)
    found = []
    for event in events:
        text = wording.text_of(event)
        subject, url = subjects.get((event.subject_type, event.subject_id), ("", ""))
        # Where the words already say from what to what, the values are not said again.
        changes = [] if "→" in text else _changes(event)
        actor = actors.get(event.actor_id)
        found.append(Entry(event, action_of(event.kind), actor, text, subject, url, changes))
    return found


def model_of(subject_type: str) -> type[Model] | None:
    """The model by the name that events carry; None for one that the product no longer has."""
    for app in APPS:
        try:
            return apps.get_model(app, subject_type)
        except LookupError:
            continue
    return None


def _subjects(reader: User, events: list[Event]) -> dict[tuple[str, int], tuple[str, str]]:
    """(type, id) → what it is called and where it is; only what the reader may see."""
    wanted: dict[str, set[int]] = {}
    for event in events:
        wanted.setdefault(event.subject_type, set()).add(event.subject_id)
    found = {}
    for subject_type, ids in wanted.items():
        model = model_of(subject_type)
        if model is None:
            continue
        rows = model._default_manager.all()
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(reader)
        for row in rows.filter(pk__in=ids):
            url = row.get_absolute_url() if hasattr(row, "get_absolute_url") else ""
            found[subject_type, row.pk] = (str(row), url)
    return found


def _changes(event: Event) -> list[tuple[str, Any, Any]]:
    """(field in words, before, after) of what the event carries."""
    model = model_of(event.subject_type)
    found = []
    # As the kind tells its values; the database keeps them in an order of its own.
    for name in sorted({**event.before, **event.after}, key=partial(wording.place_of, event.kind)):
        before, after = event.before.get(name), event.after.get(name)
        if before == after or (before in NOTHING and after in NOTHING):
            continue
        label, say = _said(event.kind, model, name)
        was, became = ("" if value in NOTHING else say(value) for value in (before, after))
        if label and was != became:
            found.append((label, was, became))
    return found


def _said(kind: str, model: type[Model] | None, name: str) -> tuple[str, Callable[[Any], Any]]:
    """What a value is called, and what makes words of it: as registered for the kind, else as the field tells."""
    registered = wording.value_of(kind, name)
    if registered:
        label, words = registered
        return label, lambda value: _in_words(_as_it_was(words, value), {})
    label, choices = _field(model, name)
    return label, lambda value: _in_words(value, choices)


def _as_it_was(words: Callable[[Any], object], value: Any) -> object:
    """In words; as it was written when it is older than the words of today."""
    try:
        return words(value)
    except (LookupError, TypeError, ValueError, AttributeError):
        return value


def _in_words(value: Any, choices: dict[str, Any]) -> Any:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return "、".join(map(str, value))
    return choices.get(str(value), value)


def _field(model: type[Model] | None, name: str) -> tuple[str, dict[str, Any]]:
    """The words for a field and for its choices."""
    try:
        known: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        known = None
    if known is None or known.is_relation:
        return (str(known.verbose_name) if known is not None and known.concrete else name), {}
    return str(known.verbose_name), {str(value): words for value, words in known.flatchoices}
