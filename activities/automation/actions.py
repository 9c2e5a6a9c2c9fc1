"""What an automation can do: each by the domain function that people use, with the same rules and the same gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from activities import todos
from activities.automation import setting
from activities.automation.names import Names
from activities.models import ActivityKind
from activities.substitution import fill
from activities.texts import offering, sending
from crm.lib import workdays
from leads import editing
from leads.models import Lead
from pipeline import deals, moves
from pipeline.models import Deal, Stage
from staff import access, mails, notices, teams, working_time
from staff.models import User

TOLD = "automation.told"


@dataclass(frozen=True)
class Occurrence:
    """What the automation runs for: the record as it stands now, and a name that is the same on every retry."""

    name: str
    record: Any
    by: User

    @property
    def deal(self) -> Deal | None:
        return self.record if isinstance(self.record, Deal) else None

    @property
    def lead(self) -> Lead | None:
        return self.record if isinstance(self.record, Lead) else None

    @property
    def title(self) -> str:
        return self.record.name if self.deal else self.record.search_title


def whom(action: dict[str, Any], occurrence: Occurrence) -> list[User]:
    """Owner, the managers above, or a named person."""
    who = action.get("whom") or "owner"
    if who == "owner":
        return [occurrence.record.owner]
    if who == "managers":
        return teams.managers_of(occurrence.record.team)
    return list(User.objects.people().filter(pk=who))


def _who_may_know(action: dict[str, Any], occurrence: Occurrence) -> list[User]:
    """Of them those who see the record: a mail is not hidden afterwards as a notice is."""
    kind = "deal" if occurrence.deal else "lead"
    return [
        person
        for person in whom(action, occurrence)
        if access.visible(kind, person).filter(pk=occurrence.record.pk).exists()
    ]


def do(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    """Runs one action; `origin` makes a second run do nothing."""
    _DO[action["kind"]](action, occurrence, origin)


def _todo(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    for person in whom(action, occurrence)[:1]:
        if person not in _who_may_know(action, occurrence):
            raise ValueError(_("%(name)s may not see this record.") % {"name": person.full_name})
        today = timezone.localdate()
        todos.add_todo(
            _filled(action["text"], occurrence),
            owner=person,
            by=occurrence.by,
            due_on=workdays.add(today, int(action.get("days") or 0), working_time.of_person(person)),
            kind=action.get("activity") or ActivityKind.CALL,
            deal=occurrence.deal,
            lead=occurrence.lead,
            origin=origin,
        )


def _notify(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    people, text = _who_may_know(action, occurrence), _filled(action["text"], occurrence)
    _tell(people, occurrence, origin, text)
    if action.get("by_mail"):
        for person in people:
            mails.queue(
                to=person.email, topic=f"{origin} to {person.pk}", subject=f"{occurrence.title}: {text}"[:120],
                body=text, url=occurrence.record.get_absolute_url(),
            )  # fmt: skip


def _assign(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    person = User.objects.people().filter(pk=action["whom"]).first()
    if person is None:
        raise ValueError(_("This colleague is not there any more."))
    if occurrence.deal:
        deals.hand_over(occurrence.deal, person, by=occurrence.by, seen=occurrence.deal.version)
    elif occurrence.lead:
        editing.assign(occurrence.lead, person, by=occurrence.by)


def _set(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    setting.put(occurrence.record, action["field"], action["text"], by=occurrence.by)


def _move(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    """Through the gate: what it misses is not done, and the run says what was missing."""
    if occurrence.deal:
        to = Stage.objects.filter(pk=action["stage"]).exclude(kind=Stage.Kind.GONE).first()
        if to is None:
            raise ValueError(_("The stage is not in use."))
        if to.pipeline_id != occurrence.deal.stage.pipeline_id:
            raise ValueError(_("The stage belongs to another pipeline than the deal."))
        moves.move_deal(occurrence.deal, to, by=occurrence.by, seen=occurrence.deal.version)


def _mail(action: dict[str, Any], occurrence: Occurrence, origin: str) -> None:
    """The template as it stands today, to the customer; a template out of use is not sent."""
    version = offering.newest().filter(template=action["template"]).first()
    if version is None:
        raise ValueError(_("The template is not in use."))
    sending.send(version, occurrence.record, by=occurrence.by, origin=origin)


_DO: dict[str, Callable[[dict[str, Any], Occurrence, str], None]] = {
    "todo": _todo, "notify": _notify, "assign": _assign, "set": _set, "move": _move, "mail": _mail,
}  # fmt: skip
KINDS: dict[str, str | Promise] = {
    "todo": gettext_lazy("make a todo"),
    "notify": gettext_lazy("tell"),
    "mail": gettext_lazy("send the customer a mail"),
    "assign": gettext_lazy("give it to"),
    "set": gettext_lazy("set a field"),
    "move": gettext_lazy("move to a stage"),
}


def _filled(text: str, occurrence: Occurrence) -> str:
    """`{{ deal }}`, `{{ company }}` and `{{ owner }}` in the text; anything else stays as it was typed."""
    company = occurrence.record.company
    name = company.short_name if company else getattr(occurrence.record, "company_name", "")
    return fill(text, {"deal": occurrence.title, "company": name, "owner": occurrence.record.owner.full_name})


def _tell(people: list[User], occurrence: Occurrence, origin: str, text: str) -> None:
    notices.tell(
        people,
        topic=origin,
        kind=TOLD,
        text=gettext_noop("%(title)s: %(message)s"),
        url=occurrence.record.get_absolute_url(),
        about=occurrence.record,
        title=occurrence.title,
        message=text,
    )


def in_words(action: dict[str, Any], names: Names) -> str:
    """担当者に「提案書を送る」を2営業日後までに発行"""
    kind, who = action["kind"], _who_in_words(action.get("whom") or "owner", names)
    if kind == "todo":
        days = action.get("days") or 0
        if not days:
            text = _("give %(who)s the todo “%(text)s”, due the same day")
            return text % {"who": who, "text": _with_places(action["text"])}
        text = ngettext(
            "give %(who)s the todo “%(text)s”, due in %(days)s business day",
            "give %(who)s the todo “%(text)s”, due in %(days)s business days",
            days,
        )
        return text % {"who": who, "text": _with_places(action["text"]), "days": days}
    if kind == "notify":
        text = (
            _("tell %(who)s “%(text)s”, by mail too")
            if action.get("by_mail")
            else _("tell %(who)s “%(text)s”")
        )
        return text % {"who": who, "text": _with_places(action["text"])}
    if kind == "assign":
        return _("give it to %(who)s") % {"who": who}
    if kind == "mail":
        return _("send the customer the mail “%(name)s”") % {"name": names.of("text", action["template"])}
    if kind == "set":
        return setting.in_words(action["field"], action["text"], names)
    return _("move it to %(stage)s, if the exit criteria are met") % {
        "stage": names.of("stage", action["stage"])
    }


def _with_places(text: str) -> str:
    """What will be filled in, by its name: {{ company }} reads as ［会社名］."""
    return fill(text, {"deal": _("[deal]"), "company": _("[company]"), "owner": _("[owner]")})


def _who_in_words(who: str, names: Names) -> str:
    if who == "owner":
        return _("the owner")
    return _("the managers") if who == "managers" else names.of("person", who)
