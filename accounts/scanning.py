"""All companies compared with one another: what the rules of today say of the data of today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, combinations, groupby

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import IntegrityError, transaction
from django.db.models import Count, F
from django.utils import timezone

from accounts import answered, known, matching, matching_rules, renewing, site_matching
from accounts.company_events import MatchEvent
from accounts.dedup import wording
from accounts.dedup.grouping import MOST_PER_KEY, Companies, surroundings_of
from accounts.dedup.people import People
from accounts.matching_keys import MAKER
from accounts.matching_rules import Difference, Told
from accounts.models import Company, Contact, DuplicatePair, MatchKey, MatchRules, MatchScan, Site
from staff import events
from staff.models import Event, User

SLICE = 300
# A preview answers while the person waits: of so many companies, the newest, those that have something in common.
LOOKED_AT, COMPARED = 20_000, 4000
PEOPLE = SITES = 10_000
_TOLD = 60


@transaction.atomic
def start(*, by: User) -> MatchScan:
    """A scan in the background; the one that runs already, if there is one."""
    running = MatchScan.objects.filter(finished_at=None).first()
    if running:
        return running
    try:
        with transaction.atomic():
            count = Company.objects.active().count()
            scan = MatchScan.objects.create(started_by=by, company_count=count, maker=MAKER)
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


def follow_merge(event: Event) -> None:
    """What two companies became is known by more than each was, and two that parted by less again."""
    if event.data.get("of", "company") == "company":
        found = Company.objects.active().filter(pk__in=[event.subject_id, event.data.get("loser", 0)])
        compare(list(found.order_by("pk")))


def follow_answer(event: Event) -> None:
    """Who is not one with the other may rather be one with a third."""
    if event.company_id and not any(event.data.get("contacts", ())):
        compare(list(Company.objects.active().filter(pk=event.company_id)))


def renew(companies: list[Company]) -> int:
    """`compare`, by the keys of today."""
    renewing.renew(companies)
    return compare(companies)


def compare(companies: list[Company]) -> int:
    """Puts new pairs into the queue, corrects open ones, and takes out those that no rule asks about any more.

    Pairs that a person has decided stay as they are. Returns how many are new.
    """
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
        told = (now.score, now.verdict, now.worth) if now else None
        if now and pair.state == "open" and (pair.score, pair.verdict, pair.worth) != told:
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
    return len(new) + _renew_people(pks)


def _renew_people(company_pks: list[int]) -> int:
    """The same for the people of these companies, who are compared inside their company."""
    contacts = (
        Contact.objects.active().filter(company__in=company_pks).select_related("company").order_by("pk")
    )
    found = matching.people_like(list(contacts.defer("search_text", "search_grams", "notes")))
    wanted = {tuple(sorted((a.pk, b.pk))): (a, b, match) for a, b, match in found}
    known = DuplicatePair.objects.filter(
        contact_a__company__in=company_pks, contact_b__company=F("contact_a__company")
    )
    there = {(pair.contact_a_id, pair.contact_b_id): pair for pair in known}
    gone = [pair.pk for key, pair in there.items() if pair.state == "open" and key not in wanted]
    DuplicatePair.objects.filter(pk__in=gone).delete()
    new = [told for key, told in wanted.items() if key not in there]
    matching.propose_pairs(new, source="scan")
    return len(new)


def difference(version: MatchRules) -> Difference:
    """What the draft would join, and what it would not join any more, among the newest companies.

    Compared are those of which another one shares a name, sound, phone, domain or number: no rule joins the others.
    """
    newest = Company.objects.active().order_by("-pk")[:LOOKED_AT]
    names = dict(newest.values_list("pk", "name_key"))
    companies = list(Company.objects.filter(pk__in=_sharing(list(names))).order_by("pk"))
    held, around = known.records_of(companies), surroundings_of(names.values())
    records = [record for records in held for record in records]
    firsts = [0, *accumulate(map(len, held))]
    company_of = [n for n, records in enumerate(held) for _record in records]
    one = [firsts[n] for n in company_of]
    apart = answered.of_companies(
        {company.pk: first for company, first in zip(companies, firsts[:-1], strict=True)}
    )
    now = Companies(records, matching_rules.table_of(matching_rules.live()), around, one, apart)
    then = Companies(records, matching_rules.table_of(version), around, one, apart)
    before, after = set(_pairs(now, company_of)), set(_pairs(then, company_of))

    def told(grouped: Companies, pairs: set[tuple[int, int]]) -> list[Told]:
        return [
            Told(
                companies[a],
                companies[b],
                wording.in_words(grouped.reasons_of_two(firsts[a], firsts[b])),
            )
            for a, b in sorted(pairs)[:_TOLD]
        ]

    return Difference(
        looked_at=len(names),
        compared=len(companies),
        joined=told(then, after - before),
        joined_count=len(after - before),
        parted=told(now, before - after),
        parted_count=len(before - after),
        asked=len(then.questions()),
        asked_now=len(now.questions()),
    )


def difference_of_people(version: MatchRules) -> Difference | None:
    """`difference` for the people of the newest companies; None where the draft says nothing else about people."""
    rules_now, rules_then = matching_rules.people_of(matching_rules.live()), matching_rules.people_of(version)
    if set(rules_now) == set(rules_then):
        return None
    newest = Contact.objects.active().select_related("company").order_by("-pk")[:PEOPLE]
    contacts = list(newest.defer("search_text", "search_grams", "notes"))[::-1]
    records, employers = matching.people_of(contacts), [contact.company_id for contact in contacts]
    apart = answered.of_contacts({contact.pk: at for at, contact in enumerate(contacts)})
    now, then = (People(records, employers, table, apart) for table in (rules_now, rules_then))
    before, after = set(_pairs(now)), set(_pairs(then))

    def told(pairs: set[tuple[int, int]]) -> list[Told]:
        return [
            Told(
                contacts[a],
                contacts[b],
                wording.in_words(matching.match_person(records[a], contacts[b], records[b]).reasons),
            )
            for a, b in sorted(pairs)[:_TOLD]
        ]

    return Difference(
        looked_at=len(contacts),
        compared=len(contacts),
        joined=told(after - before),
        joined_count=len(after - before),
        parted=told(before - after),
        parted_count=len(before - after),
        asked=len(then.questions()),
        asked_now=len(now.questions()),
    )


def difference_of_sites(version: MatchRules) -> Difference | None:
    """`difference` for the sites of the newest companies, inside each; None where the draft says nothing else about sites."""
    rules_now, rules_then = matching_rules.sites_of(matching_rules.live()), matching_rules.sites_of(version)
    if set(rules_now) == set(rules_then):
        return None
    held = list(Site.objects.active().order_by("-company_id", "pk")[:SITES])
    said = site_matching.mentions_of(held)
    of_company = [list(two) for _company, two in groupby(said.items(), key=lambda item: item[0].company_id)]
    now, then = (site_matching.pairs_of(of_company, table) for table in (rules_now, rules_then))
    before, after = ({pair for pair, certain in pairs.items() if certain} for pairs in (now, then))
    by_id = {site.pk: (site, mention) for site, mention in said.items()}

    def told(pairs: set[tuple[int, int]]) -> list[Told]:
        two = [(by_id[a], by_id[b]) for a, b in sorted(pairs)[:_TOLD]]
        return [
            Told(a, b, wording.in_words(site_matching.reasons_of(of_a, of_b), wording.OF_SITES))
            for (a, of_a), (b, of_b) in two
        ]

    return Difference(
        looked_at=len(held),
        compared=len(held),
        joined=told(after - before),
        joined_count=len(after - before),
        parted=told(before - after),
        parted_count=len(before - after),
        asked=len(then) - len(after),
        asked_now=len(now) - len(before),
    )


def _sharing(pks: list[int]) -> list[int]:
    """Those of the companies by one of whose keys another one of them is found, too; the newest, where there are very many."""
    keys = MatchKey.objects.filter(company__in=pks, contact=None).values("kind", "value")
    shared = keys.annotate(
        count=Count("company_id", distinct=True), held=ArrayAgg("company_id", distinct=True)
    )
    groups = shared.filter(count__gt=1, count__lte=MOST_PER_KEY).values_list("held", flat=True)
    return sorted({pk for held in groups for pk in held}, reverse=True)[:COMPARED]


def _pairs(grouped: Companies | People, owner_of: Sequence[int] | None = None) -> Iterator[tuple[int, int]]:
    """Each two that are in one group. `owner_of`: whose each record is, where several are one's."""
    held: dict[int, dict[int, None]] = {}
    for n, group in enumerate(grouped.group_of):
        held.setdefault(group, {})[owner_of[n] if owner_of else n] = None
    for members in held.values():
        yield from combinations(list(members)[:50], 2)
