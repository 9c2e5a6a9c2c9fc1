"""How events read on a timeline and in the operation log. Each app registers its kinds when it is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from staff.models import Event, User

Wording = Callable[[Event], str]


@dataclass(frozen=True)
class Line:
    """One entry of a timeline: who, what in words, when; `body` is longer text shown below."""

    icon: str
    actor: str
    text: str
    at: datetime
    body: str = ""
    kind: str = ""
    event: Event | None = None
    tone: str = ""

    @property
    def about(self) -> tuple[str, str]:
        """The deal of the event with the place it belongs to, where the timeline is about more than that deal."""
        name, site = (getattr(self.event, key, None) or "" for key in ("deal_name", "deal_site"))
        return name, site

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)


_WORDINGS: dict[str, tuple[str | Wording, Wording, Wording | None, str]] = {}
_CONTACTS: set[str] = set()


def register(
    kind: str,
    icon: str | Wording,
    text: Wording,
    body: Wording | None = None,
    tone: str = "",
    *,
    is_contact: bool = False,
) -> None:
    """`text` gives the line in the current language, `body` what stands below it; `tone` is stage, ok or bad.

    `icon` is a name, or says the name for the event. `is_contact`: people spoke or wrote to each other; all else is
    what changed in the records.
    """
    _WORDINGS[kind] = (icon, text, body, tone)
    if is_contact:
        _CONTACTS.add(kind)


Label = str | Promise | Callable[[str], str]
ANY = "*"
_VALUES: dict[tuple[str, str], tuple[Label, Callable[[Any], object]]] = {}


def register_value(
    kind: str, name: str, label: Label = "", say: Callable[[Any], object] = lambda value: value
) -> None:
    """How the log shows what an event carries under a name that is no field of its record, or no field that says itself.

    `say` makes words of the value, which is never empty. `ANY` stands for all other names; `label` may then be made of
    the name. Without a label it is not shown: the line says it already.
    """
    _VALUES[kind, name] = (label, say)


def value_of(kind: str, name: str) -> tuple[str, Callable[[Any], object]] | None:
    """The label and the words registered for what events of the kind carry under the name; None: the field says them."""
    registered = _VALUES.get((kind, name)) or _VALUES.get((kind, ANY))
    if registered is None:
        return None
    label, say = registered
    return label(name) if callable(label) else str(label), say


def place_of(kind: str, name: str) -> int:
    """In which place a value is told: as registered, the others after them."""
    return list(_VALUES).index((kind, name)) if (kind, name) in _VALUES else len(_VALUES)


def lines(events: Iterable[Event]) -> list[Line]:
    """Events as lines. Those of a timeline bring the names of their actors; for others one query asks for all."""
    events = list(events)
    unnamed = {event.actor_id for event in events if not hasattr(event, "actor_name")}
    names = dict(User.objects.filter(pk__in=unnamed).values_list("pk", "family_name")) if unnamed else {}
    return [_line(event, names.get(event.actor_id) or getattr(event, "actor_name", "")) for event in events]


def _line(event: Event, actor: str | None) -> Line:
    icon, text, body, tone = _WORDINGS.get(event.kind, ("dot", lambda e: e.kind, None, ""))
    return Line(
        icon(event) if callable(icon) else icon,
        actor or "",
        text(event),
        event.happened_at,
        body(event) if body else "",
        event.kind,
        event,
        tone,
    )


def text_of(event: Event) -> str:
    """The line of one event in the current language, without who did it."""
    text = _WORDINGS[event.kind][1](event) if event.kind in _WORDINGS else event.kind
    # On a timeline the particle follows the name (高橋が電話); alone, the line begins without it.
    return text.removeprefix("が")


def contact_kinds() -> list[str]:
    """The kinds of event in which people spoke or wrote to each other."""
    return sorted(_CONTACTS)


def kinds() -> list[str]:
    """Every kind of event that has words."""
    return [str(kind) for kind in _WORDINGS]
