"""Divisions and sites that lines name: found among those of the company by the one matcher, else made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from accounts import companies, site_matching
from accounts.dedup.sites import Mention
from accounts.models import Company, Division, Site
from integrations.imports.results import Group, Result
from integrations.imports.understanding import site_values
from integrations.models import Import, ImportRow

Outcome = ImportRow.Outcome


def make(
    batch: Import, groups: Sequence[Group], company_of: dict[int, Company], now: datetime, result: Result
) -> dict[int, dict[str, Any]]:
    """Line → division and site that it names, made where the company does not have them yet."""
    named = [
        (row, company_of[group.leader.line])
        for group in groups
        if group.leader.line in company_of
        for row in group.wanted
        if row.values.get("division") or row.values.get("site")
    ]
    known = _Known({company.pk for _row, company in named})
    places: dict[int, dict[str, Any]] = {}
    for row, company in named:
        division = site = None
        if name := row.values.get("division"):
            division = known.divisions.get((company.pk, name))
            if division is None:
                division = companies.add_division(company, name, by=batch.by, at=now)
                known.divisions[company.pk, name] = division
                adds(row)
        if values := site_values(row):
            name = values.pop("name")
            site = known.site(company, name, values)
            if site is None:
                site = companies.add_site(company, name, by=batch.by, at=now, division=division, **values)
                known.learn([site])
                result.count("sites", 1)
                adds(row)
            row.site_id = site.pk
        places[row.line] = {"division": division, "site": site}
    return places


def adds(row: ImportRow) -> None:
    """The line brought something, if not its company."""
    if row.outcome == Outcome.UNCHANGED:
        row.outcome = Outcome.APPENDED


class _Known:
    """Divisions and sites of some companies: those there were, and those that the lines made since."""

    def __init__(self, pks: set[int]) -> None:
        divisions = Division.objects.active().filter(company__in=pks) if pks else ()
        self.divisions = {(division.company_id, division.name): division for division in divisions}
        self._by_name: dict[tuple[int, str], Site] = {}
        self._sites: dict[int, dict[Site, Mention]] = {}
        if pks:
            self.learn(Site.objects.active().filter(company__in=pks).order_by("pk"))

    def learn(self, sites: Iterable[Site]) -> None:
        for site, mention in site_matching.mentions_of(list(sites)).items():
            self._by_name[site.company_id, site.name] = site
            self._sites.setdefault(site.company_id, {})[site] = mention

    def site(self, company: Company, name: str, values: dict[str, Any]) -> Site | None:
        """The company's site that the rules are sure of."""
        if there := self._by_name.get((company.pk, name)):
            return there
        candidate = site_matching.candidate_of(name, values)
        found = site_matching.find_among(company, candidate, self._sites.get(company.pk, {}).items())
        return found[0].record if found and found[0].is_certain else None
