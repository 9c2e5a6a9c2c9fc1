"""All companies compared with one another: what the rules of today say of the data of today."""

from __future__ import annotations

from itertools import combinations

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import matching, matching_rules
from accounts.company_events import MatchEvent
from accounts.dedup.grouping import Companies
from accounts.matching_rules import Difference
from accounts.models import Company, DuplicatePair, MatchRules, MatchScan
from staff import events
from staff.models import Event, User

SLICE = 300
# A preview answers while the person waits, so it looks at the newest companies only.
LOOKED_AT = 3000
_TOLD = 60


@transaction.atomic
def start(*, by: User) -> MatchScan:
    """A scan in the background; the one that runs already, if there is one."""
    running = MatchScan.objects.filter(finished_at=None).first()
    if running:
        return running
    try:
        with transaction.atomic():
            scan = MatchScan.objects.create(started_by=by, company_count=Company.objects.active().count())
    except IntegrityError:  # somebody else has started one at this moment
        return MatchScan.objects.get(finished_at=None)
    events.record(MatchEvent.SCAN_ASKED, scan, by=by, companies=scan.company_count)
    return scan


def follow_rules(event: Event) -> None:
    """New rules: all companies are looked at again."""
    start(by=User.objects.filter(pk=event.actor_id).first() or User.objects.system())


def carry_on(event: Event) -> None:
    """The next slice of the running scan, and word that it goes on."""
    scan = MatchScan.objects.select_for_update().filter(finished_at=None).first()
    if scan is None:
        return
    companies = list(Company.objects.active().filter(pk__gt=scan.last_company_id).order_by("pk")[:SLICE])
    if companies:
        scan.found_count += renew(companies)
        scan.done_count += len(companies)
        scan.last_company_id = companies[-1].pk
    if len(companies) < SLICE:
        scan.finished_at = timezone.now()
    scan.save()
    if scan.finished_at is None:
        events.record(MatchEvent.SCAN_WENT_ON, scan, by=User.objects.system(), done=scan.done_count)


def renew(companies: list[Company]) -> int:
    """Puts new pairs into the queue, corrects open ones, and takes out those that no rule asks about any more.

    Pairs that a person has decided stay as they are. Returns how many are new.
    """
    matching.renew_company_keys(companies)
    found = matching.find_like_many(companies)
    wanted: dict[tuple[int, int], matching.Match] = {}
    for company, matches in zip(companies, found, strict=True):
        for match in matches:
            a, b = sorted((company.pk, match.record.pk))
            wanted[a, b] = match
    pks = [company.pk for company in companies]
    known = DuplicatePair.objects.filter(contact_a=None, company_a__in=pks) | DuplicatePair.objects.filter(
        contact_a=None, company_b__in=pks
    )
    there = {(pair.company_a_id, pair.company_b_id): pair for pair in known}
    gone = [pair.pk for key, pair in there.items() if pair.state == "open" and key not in wanted]
    DuplicatePair.objects.filter(pk__in=gone).delete()
    changed = []
    for key, pair in there.items():
        now = wanted.get(key)
        if now and pair.state == "open" and (pair.score, pair.verdict) != (now.score, now.verdict):
            pair.score, pair.verdict, pair.worth = now.score, now.verdict, now.worth
            changed.append(pair)
    DuplicatePair.objects.bulk_update(changed, ["score", "verdict", "worth"], batch_size=500)
    by_pk = {company.pk: company for company in companies}
    new = []
    for company, matches in zip(companies, found, strict=True):
        for match in matches:
            key = (min(company.pk, match.record.pk), max(company.pk, match.record.pk))
            if key not in there and wanted.get(key) is match:
                new.append((by_pk[company.pk], match.record, match))
    matching.propose_pairs(new, source="scan")
    return len(new)


def difference(version: MatchRules) -> Difference:
    """What the draft would join, and what it would not join any more, on the newest companies."""
    companies = list(Company.objects.active().order_by("-pk")[:LOOKED_AT])
    records = matching.records_of(companies)
    now = Companies(records, matching_rules.table_of(matching_rules.live()))
    then = Companies(records, matching_rules.table_of(version))
    joined = _pairs(then, companies) - _pairs(now, companies)
    parted = _pairs(now, companies) - _pairs(then, companies)
    names = {company.pk: company.name for company in companies}
    return Difference(
        len(companies),
        [(names[a], names[b]) for a, b in sorted(joined)[:_TOLD]],
        [(names[a], names[b]) for a, b in sorted(parted)[:_TOLD]],
        len(then.questions()),
        len(now.questions()),
    )


def _pairs(grouped: Companies, companies: list[Company]) -> set[tuple[int, int]]:
    held: dict[int, list[int]] = {}
    for n, group in enumerate(grouped.group_of):
        held.setdefault(group, []).append(companies[n].pk)
    return {(min(a, b), max(a, b)) for pks in held.values() for a, b in combinations(pks[:50], 2)}
