"""Who gets a new lead: the first rule that fits; of its people the one with the fewest open leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Channel
from leads.lead_events import LeadEvent
from leads.models import AssignmentRule, Lead
from staff import events, roles, working_time
from staff.models import User
from staff.models.people import UserQuerySet

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
# Any number will do as long as nobody else takes it.
_LOCK = 73_001


class NobodySells(Exception):
    """There is nobody who could take a lead."""


@dataclass(frozen=True)
class Assignment:
    """The owner and why: `rule` is None when none fitted; `open_leads` is what the owner had before this one."""

    owner: User
    rule: AssignmentRule | None
    open_leads: int

    @property
    def because(self) -> dict[str, Any]:
        """As the lead stores it; `reason_text` words it."""
        if self.rule is None:
            return {"key": "fallback", "open_leads": self.open_leads}
        return {"key": "rule", "rule": self.rule.name, "open_leads": self.open_leads}


def choose_owner(values: Mapping[str, Any], channel: Channel | None = None) -> Assignment:
    """Who gets a lead with these values now. Holds back other assignments until the transaction ends."""
    return Desk.open().choose(values, channel)


def takers() -> UserQuerySet:
    """Who may be given a lead."""
    return User.objects.people().filter(role__in=(User.Role.REP, User.Role.MANAGER, User.Role.ADMIN))


@transaction.atomic
def save_rule(rule: AssignmentRule, people: Iterable[User], *, by: User) -> AssignmentRule:
    """Stores a new or changed rule with its people. Leads that were given out stay where they are."""
    before = _as_data(AssignmentRule.objects.get(pk=rule.pk)) if rule.pk else {}
    rule.save()
    rule.people.set(people)
    after = _as_data(rule)
    if after != before:
        events.record(LeadEvent.ASSIGNMENT_CHANGED, rule, by=by, before=before, after=after)
    return rule


def _as_data(rule: AssignmentRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "position": rule.position,
        "prefectures": rule.prefectures,
        "industries": rule.industries,
        "channel": rule.channel_id,
        "people": sorted(rule.people.values_list("pk", flat=True)),
        "is_active": rule.is_active,
    }


def reason_text(because: Mapping[str, Any]) -> str:
    """Why the owner is the owner, for the reader."""
    match because.get("key"):
        case "rule":
            count = because.get("open_leads", 0)
            fewest = ngettext("fewest open leads (%(count)s)", "fewest open leads (%(count)s)", count) % {
                "count": count
            }
            return _("%(rule)s · %(fewest)s") % {"rule": because.get("rule", ""), "fewest": fewest}
        case "fallback":
            return _("no rule fitted")
        case "own":
            return _("entered by the owner")
        case "by_hand":
            return _("chosen by hand")
    return ""


@dataclass
class Desk:
    """The state of assignment at one moment: rules, people, and how much each has in hand.

    Leads given out by one desk are counted as they go, so that a list of a thousand is spread like a thousand single ones.
    """

    rules: list[tuple[AssignmentRule, list[User]]]
    fallback: list[User]
    open_leads: dict[int, int] = field(default_factory=dict)
    last_given: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def open(cls) -> Desk:
        """Reads everything once. Two leads arriving at once are assigned one after the other: the second is counted
        with the first. One lock for all rules, since one person may stand in several."""
        _one_after_the_other()
        away = working_time.away_on(timezone.localdate())
        rules = [
            (rule, _present(_who_sell(rule.people.all()), away))
            for rule in AssignmentRule.objects.filter(is_active=True).prefetch_related("people")
        ]
        desk = cls(rules, _fallback())
        desk._count({p.pk for _, people in rules for p in people} | {p.pk for p in desk.fallback})
        return desk

    def choose(self, values: Mapping[str, Any], channel: Channel | None = None) -> Assignment:
        """The owner of one lead, who from now on has one more."""
        for rule, people in self.rules:
            if people and _fits(rule, values, channel):
                return self._give(people, rule)
        if not self.fallback:
            raise NobodySells
        return self._give(self.fallback, None)

    def _give(self, people: list[User], rule: AssignmentRule | None) -> Assignment:
        # Of equals the one who has waited longest, then the one who has been here longest.
        owner = min(
            people,
            key=lambda p: (self.open_leads.get(p.pk, 0), self.last_given.get(p.pk, _NEVER), p.pk),
        )
        before = self.open_leads.get(owner.pk, 0)
        self.open_leads[owner.pk] = before + 1
        self.last_given[owner.pk] = timezone.now()
        return Assignment(owner, rule, before)

    def _count(self, people: Iterable[int]) -> None:
        mine = Lead.objects.filter(owner=OuterRef("pk"))
        count = mine.open().order_by().values("owner").annotate(n=Count("pk")).values("n")
        last_given = mine.filter(assigned_at__isnull=False).order_by("-assigned_at").values("assigned_at")[:1]
        rows = (
            User.objects.filter(pk__in=list(people))
            .annotate(open_count=Coalesce(Subquery(count), 0), last_given=Subquery(last_given))
            .values_list("pk", "open_count", "last_given")
        )
        for pk, count, last in rows:
            self.open_leads[pk] = count
            if last:
                self.last_given[pk] = last


def _one_after_the_other() -> None:
    """Waits until every other assignment has committed, and holds the next ones back until we have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _fits(rule: AssignmentRule, values: Mapping[str, Any], channel: Channel | None) -> bool:
    if rule.channel_id and (channel is None or channel.pk != rule.channel_id):
        return False
    if rule.prefectures and values.get("prefecture", "") not in rule.prefectures:
        return False
    industry = values.get("industry", "")
    return not rule.industries or any(word in industry for word in rule.industries)


def _present(people: list[User], away: set[int]) -> list[User]:
    """Those who are here today; everybody when all are away."""
    return [p for p in people if p.pk not in away] or people


def _who_sell(people: Iterable[User]) -> list[User]:
    return [p for p in people if not p.is_system and roles.can(p, "sell")]


def _fallback() -> list[User]:
    """Where no rule fits: the manager nearest to the top, who may pass it on; without managers anyone who sells."""
    people = list(User.objects.people().select_related("team").order_by("pk"))
    managers = [p for p in people if p.role == User.Role.MANAGER]
    if managers:
        return [min(managers, key=lambda p: (p.team.path.count("/"), p.pk))]
    return _who_sell([p for p in people if p.role == User.Role.REP]) or _who_sell(people)
