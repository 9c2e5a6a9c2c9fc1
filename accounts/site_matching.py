"""Is this place one that the company has already? Every door that names or makes a site asks here: form, import, merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.dedup import reading, sites
from accounts.dedup.rules import CERTAIN, Rule
from accounts.dedup.sites import Mention
from accounts.matching import Match
from accounts.matching_rules import live_sites
from accounts.models import Company, FormerSite, Site


@dataclass(frozen=True)
class SiteCandidate:
    """What is said of a site of a company, in any spelling."""

    name: str
    phone: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""

    def mention(self, company: Company) -> Mention:
        """As it is compared; 青嶺精工 松本工場 of 青嶺精工 is its 松本工場."""
        head = company.short_name
        name = self.name.removeprefix(head).strip(" 　・-") if head else self.name
        return _mention([name or self.name], self.phone, self)


def candidate_of(name: str, values: Mapping[str, Any]) -> SiteCandidate:
    """The candidate of a name and cleaned values."""
    said = {field: values.get(field) or "" for field in ("phone", "prefecture", "city", "street")}
    return SiteCandidate(name, **said)


def find_sites(company: Company, candidate: SiteCandidate) -> list[Match]:
    """Sites of the company that may be the candidate's, best first; at most one is certain."""
    found = list(company.sites.active().order_by("pk"))
    return find_among(company, candidate, mentions_of(found).items())


def find_among(
    company: Company, candidate: SiteCandidate, held: Iterable[tuple[Site, Mention]]
) -> list[Match]:
    """`find_sites` among sites of the company that the caller has read."""
    mine, table = candidate.mention(company), live_sites()
    matches = []
    for site, theirs in held:
        rule = sites.decide(mine, theirs, table)
        # The database has room for one site of a name.
        is_called_so = site.name == candidate.name
        if rule or is_called_so:
            verdict = CERTAIN if is_called_so or rule is None else rule.verdict
            reasons = reasons_of(mine, theirs)
            matches.append(Match(site, min(99, sum(r["points"] for r in reasons)), verdict, reasons))
    matches.sort(key=lambda m: (m.record.name != candidate.name, not m.is_certain, -m.score, m.record.pk))
    return matches


def mentions_of(held: Sequence[Site]) -> dict[Site, Mention]:
    """Each site as it is compared: under its name and place of today and those it had before."""
    found = {site: _mention([site.name], site.phone, site) for site in held}
    by_id = {site.pk: site for site in held}
    for past in FormerSite.objects.filter(site__in=by_id) if by_id else ():
        found[by_id[past.site_id]].learn(_mention([past.name], "", past))
    return found


def pairs_of(
    held: Iterable[Sequence[tuple[Site, Mention]]], table: Sequence[Rule]
) -> dict[tuple[int, int], bool]:
    """Of the sites of each company the pairs that the rules take for one, and whether they are certain of it."""
    found = {}
    for of_company in held:
        for n, (a, mine) in enumerate(of_company):
            for b, theirs in of_company[n + 1 :]:
                if rule := sites.decide(mine, theirs, table):
                    found[a.pk, b.pk] = rule.verdict == CERTAIN
    return found


def reasons_of(mine: Mention, theirs: Mention) -> list[dict[str, Any]]:
    """What two have in common, the strongest first."""
    shared = ((key, sorted(mine.held[key] & theirs.held[key])) for key in sites.POINTS)
    return [
        {"key": key, "points": sites.POINTS[key], "a": values[0], "b": values[0]}
        for key, values in shared
        if values
    ]


def _mention(names: Sequence[str], phone: str, where: Any) -> Mention:
    place = reading.place(where.prefecture, where.city, where.street)
    return Mention(names, [phone] if phone else [], place)
