"""The rules of matching as an administrator edits them: what holds now, a draft, and what the draft would change."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.company_events import MatchEvent
from accounts.dedup import evidence, people, rules, sites
from accounts.models import Company, Contact, MatchRule, MatchRules, Site
from staff import events
from staff.models import User

Unit, Verdict = MatchRule.Unit, MatchRule.Verdict
# Another process has published other rules: they are seen so many seconds later at most.
_SECONDS = 10
_Rules = tuple[rules.Rule, ...]
_held: tuple[float, rules.Table, _Rules, _Rules] | None = None


class Unusable(ValueError):
    """A rule without evidence, with evidence that there is none, or one that is there already."""


def live_table() -> rules.Table:
    """What `accounts.dedup` decides about companies by."""
    return _read()[1]


def live_people() -> tuple[rules.Rule, ...]:
    """What `accounts.dedup` decides about people by."""
    return _read()[2]


def live_sites() -> tuple[rules.Rule, ...]:
    """What `accounts.dedup` decides about sites of a company by."""
    return _read()[3]


def _read() -> tuple[float, rules.Table, _Rules, _Rules]:
    global _held
    now = time.monotonic()
    if _held is None or now - _held[0] > _SECONDS:
        version = live()
        _held = (now, table_of(version), people_of(version), sites_of(version))
    return _held


def forget() -> None:
    """The next question reads the rules again."""
    global _held
    _held = None


def live() -> MatchRules | None:
    """The version that holds; None while it is the one that comes with the product."""
    return MatchRules.objects.filter(published_at__isnull=False).order_by("-version").first()


def draft() -> MatchRules | None:
    return MatchRules.objects.filter(published_at=None).first()


def shown(version: MatchRules | None) -> list[MatchRule]:
    """The rows of a version; those that come with the product, unsaved, for None."""
    if version is None:
        return _of_the_product()
    rows = list(version.rows.all())
    # A version from before people, or sites, had rules.
    for unit, of_the_product in ((Unit.PERSON, people.RULES), (Unit.SITE, sites.RULES)):
        if not any(row.unit == unit for row in rows):
            rows += _of(unit, of_the_product, rows[-1].position + 1)
    return rows


@transaction.atomic
def change_draft(
    verdicts: Mapping[int, str], added: Sequence[str] = (), added_verdict: str = "", *, by: User
) -> MatchRules:
    """The draft with these verdicts by position, and perhaps one rule more. The first change makes the draft."""
    version = MatchRules.objects.select_for_update().filter(published_at=None).first() or _new_draft(by)
    rows = _complete(version)
    for row in rows:
        if verdicts.get(row.position, row.verdict) != row.verdict:
            if not may_have(row, verdicts[row.position]):
                raise Unusable
            row.verdict = Verdict(verdicts[row.position])
            row.save(update_fields=["verdict"])
    if added:
        _add(version, rows, added, added_verdict)
    return version


def _complete(version: MatchRules) -> list[MatchRule]:
    """The rows of a draft, with those about people or sites that a draft of before did not have."""
    rows = shown(version)
    for row in rows:
        if row._state.adding:
            row.rules = version
            row.save()
    return rows


def may_have(row: MatchRule, verdict: str) -> bool:
    """Who seems to have changed employer is never joined without asking; where a line belongs that says no place, nobody can be asked."""
    if verdict == Verdict.CERTAIN:
        return "company_differs" not in row.keys
    is_finding = row.unit == Unit.SITE and not set(row.keys) <= set(sites.COMPARING)
    return not (is_finding and verdict == Verdict.PROBABLE)


def _add(version: MatchRules, rows: list[MatchRule], keys: Sequence[str], verdict: str) -> None:
    known = dict.fromkeys(keys)
    if not set(known) <= set(evidence.KEYS) or verdict not in Verdict.values:
        raise Unusable
    if any(row.unit == Unit.COMPANY and set(row.keys) == set(known) and not row.but for row in rows):
        raise Unusable
    last = max((row.position for row in rows), default=0)
    # Two valid corporate numbers that differ are never one: that holds for every rule.
    but = [] if "number" in known else ["number_differs"]
    MatchRule.objects.create(rules=version, position=last + 1, keys=list(known), but=but, verdict=verdict)


@transaction.atomic
def publish(version: MatchRules, *, by: User) -> MatchRules:
    """From now on these rules hold; a scan of all companies follows in the background."""
    version = MatchRules.objects.select_for_update().get(pk=version.pk)
    if version.published_at:
        return version
    before, after = verdicts_of(live()), verdicts_of(version)
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    version.published_at, version.published_by = timezone.now(), by
    version.save(update_fields=["published_at", "published_by"])
    told = {_named(key): after.get(key) for key in changed}
    was = {_named(key): before.get(key) for key in changed}
    events.record(MatchEvent.RULES_PUBLISHED, version, by=by, before=was, after=told, version=version.version)
    transaction.on_commit(forget)
    forget()
    return version


def _named(key: tuple[str, tuple[str, ...], tuple[str, ...]]) -> str:
    """The rule as the log keeps it: "name + phone", and "site: address" of sites, whose words are others."""
    unit, keys, _but = key
    return ("site: " if unit == Unit.SITE else "") + " + ".join(keys)


@transaction.atomic
def drop(version: MatchRules, *, by: User) -> None:
    """The draft as if it had never been."""
    MatchRules.objects.filter(pk=version.pk, published_at=None).delete()


@dataclass(frozen=True)
class Told:
    """Two companies, people or sites that the draft answers for in another way, and what they have in common, in words."""

    a: Company | Contact | Site
    b: Company | Contact | Site
    reasons: str


@dataclass(frozen=True)
class Difference:
    """What the draft changes among the companies looked at. The pairs are the first ones of so many."""

    looked_at: int
    compared: int
    joined: list[Told]
    joined_count: int
    parted: list[Told]
    parted_count: int
    asked: int
    asked_now: int


def table_of(version: MatchRules | None) -> rules.Table:
    """Of companies."""
    if version is None:
        return rules.DEFAULT
    rows = (
        rules.Rule(tuple(row.keys), row.verdict, tuple(row.but))
        for row in version.rows.all()
        if row.unit == Unit.COMPANY
        and row.verdict != Verdict.NOTHING
        and set(row.keys) | set(row.but) <= set(evidence.KEYS)
    )
    return rules.Table(tuple(rows))


def people_of(version: MatchRules | None) -> tuple[rules.Rule, ...]:
    """Of people."""
    rows = (row for row in shown(version) if row.unit == Unit.PERSON and row.verdict != Verdict.NOTHING)
    return tuple(rules.Rule(tuple(row.keys), row.verdict) for row in rows)


def sites_of(version: MatchRules | None) -> tuple[rules.Rule, ...]:
    """Of sites of one company."""
    rows = (row for row in shown(version) if row.unit == Unit.SITE and row.verdict != Verdict.NOTHING)
    return tuple(rules.Rule(tuple(row.keys), row.verdict, tuple(row.but)) for row in rows)


def verdicts_of(version: MatchRules | None) -> dict[tuple[str, tuple[str, ...], tuple[str, ...]], str]:
    """Unit, keys and exceptions of each row → what it says."""
    return {(row.unit, tuple(row.keys), tuple(row.but)): row.verdict for row in shown(version)}


def _new_draft(by: User) -> MatchRules:
    last = MatchRules.objects.order_by("-version").first()
    rows = shown(live())
    version = MatchRules.objects.create(version=last.version + 1 if last else 1, created_by=by)
    MatchRule.objects.bulk_create(
        MatchRule(
            rules=version,
            position=row.position,
            unit=row.unit,
            keys=row.keys,
            but=row.but,
            verdict=row.verdict,
        )
        for row in rows
    )
    return version


def _of_the_product() -> list[MatchRule]:
    rows = _of(Unit.COMPANY, rules.COMPANY, 1)
    rows += _of(Unit.PERSON, people.RULES, len(rows) + 1)
    return rows + _of(Unit.SITE, sites.RULES, len(rows) + 1)


def _of(unit: MatchRule.Unit, made: Sequence[rules.Rule], first: int) -> list[MatchRule]:
    return [
        MatchRule(unit=unit, position=place, keys=list(rule.keys), but=list(rule.but), verdict=rule.verdict)
        for place, rule in enumerate(made, start=first)
    ]
