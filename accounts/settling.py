"""One more source about a company that is there already: what is filled, what is newer, what becomes a question."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts import further
from accounts.company_values import ADDRESS_FIELDS, NAME_FIELDS, Cleaned
from accounts.models import Company, CompanyName, FactsQuestion, FurtherValue
from crm.lib import names

Changes = dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Said:
    """What became of one source's word: whether it was news, and the fields that it may not write."""

    is_news: bool
    left: tuple[str, ...] = ()


class Settling:
    """Collects what sources change about companies; sets it on the objects and writes nothing.

    Fields of companies in `closed` stay as they are. What they are known by grows all the same: the same input finds
    the same record, whoever brings it.
    """

    def __init__(
        self, companies: Iterable[Company], source: str = "", closed: Container[int] = frozenset()
    ) -> None:
        self.source, self._closed = source, closed
        self.changed: dict[int, Changes] = {}
        self.former: list[CompanyName] = []
        self.further: list[FurtherValue] = []
        self.questions: list[FactsQuestion] = []
        # What is remembered, was struck out, or was asked, already is no news.
        pks = [company.pk for company in companies]
        known = CompanyName.objects.filter(company__in=pks).values_list("company_id", "name")
        asked = FactsQuestion.objects.filter(company__in=pks).values_list("company_id", "about", "values")
        self._known: set[tuple[int, str]] = set(known)
        self._told: dict[int, set[further.Told]] = {}
        self._struck: dict[int, set[further.Told]] = {}
        for pk, kind, value, struck_at in FurtherValue.objects.filter(company__in=pks).values_list(
            "company_id", "kind", "value", "struck_at"
        ):
            self._told.setdefault(pk, set()).add((kind, value))
            if struck_at:
                self._struck.setdefault(pk, set()).add((kind, value))
        self._asked = {(pk, about, _as_key(values)) for pk, about, values in asked}
        self._news = 0
        self._left: list[str] = []

    def add(self, company: Company, values: Cleaned) -> Said:
        """Fills what is empty. Of name and address the later day wins; on the same day a person is asked."""
        before, self._left = self._news, []
        day, ours = values.get("changed_on"), company.changed_on
        name_stays = self._name(company, values, day, ours)
        address_stays = self._address(company, values, day, ours)
        if day and (name_stays and address_stays if ours is None else day > ours):
            self._set(company, {"changed_on": day})
        rest = values.keys() - {*NAME_FIELDS, *ADDRESS_FIELDS, "changed_on"}
        self._fill(company, {field: values[field] for field in rest})
        self._beside(company, values)
        return Said(self._news > before, tuple(self._left))

    @property
    def concerned(self) -> set[int]:
        """Companies of which anything is to be written, be it only a name they are known by."""
        known_by = [row.company_id for row in self.former] + [row.company_id for row in self.further]
        return {pk for pk, changes in self.changed.items() if changes} | set(known_by)

    def _name(self, company: Company, values: Cleaned, day: date | None, ours: date | None) -> bool:
        """Whether the source agrees with the name that the company has."""
        theirs = {field: values.get(field) or "" for field in NAME_FIELDS}
        name, key = theirs["name"], names.company_key(theirs["name"]) if theirs["name"] else ""
        dated = bool(day and ours)
        is_newer = dated and day > ours  # type: ignore[operator]
        if not name or name == company.name or (key == company.name_key and not dated):
            self._fill(company, theirs)
            return True
        if is_newer and company.pk not in self._closed:
            self._remember(company, company.name, until=day)
            self._set(company, theirs)
            company.name_key = key[:200]
        elif day == ours and dated:
            self._ask(company, FactsQuestion.About.NAME, theirs, day)
            self._remember(company, name, until=None)
        elif key != company.name_key:
            self._remember(company, name, until=ours if dated and not is_newer else None)
        if is_newer and company.pk in self._closed:
            self._left.append("name")
        return False

    def _address(self, company: Company, values: Cleaned, day: date | None, ours: date | None) -> bool:
        """Whether the source agrees with the address that the company has. Half of each would be no address."""
        theirs = {field: values.get(field) or "" for field in ADDRESS_FIELDS}
        if all(not text or getattr(company, field) in ("", text) for field, text in theirs.items()):
            self._fill(company, theirs)
            return True
        if day and ours and day > ours:
            self._set(company, theirs)
        elif day and day == ours:
            self._ask(company, FactsQuestion.About.ADDRESS, theirs, day)
        return False

    def _fill(self, company: Company, values: dict[str, Any]) -> None:
        empty = {f: v for f, v in values.items() if v not in (None, "") and getattr(company, f) in (None, "")}
        if empty and (struck := self._struck.get(company.pk)):
            empty = further.without(empty, struck)
        self._set(company, empty)

    def _set(self, company: Company, values: dict[str, Any]) -> None:
        if company.pk in self._closed:
            self._left += [field for field, value in values.items() if getattr(company, field) != value]
            return
        changed = self.changed.setdefault(company.pk, {})
        for field, value in values.items():
            there = getattr(company, field)
            if there != value:
                self._news += 1
                changed[field] = (changed[field][0] if field in changed else there, value)
                setattr(company, field, value)

    def _remember(self, company: Company, name: str, until: date | None) -> None:
        if (company.pk, name) in self._known:
            return
        self._known.add((company.pk, name))
        self._news += 1
        self.former.append(former_name(company, name, until))

    def _beside(self, company: Company, values: Cleaned) -> None:
        """What the fields have no room for is kept all the same: the company is known by it."""
        told = self._told.setdefault(company.pk, set())
        for row in further.rows(company, further.beside(company, values), told):
            told.add((row.kind, row.value))
            self._news += 1
            self.further.append(row)

    def _ask(self, company: Company, about: str, theirs: dict[str, str], day: date | None) -> None:
        assert day is not None  # only rows of a known and equal day contradict each other
        key = (company.pk, str(about), _as_key(theirs))
        if key in self._asked:
            return
        self._asked.add(key)
        self._news += 1
        self.questions.append(
            FactsQuestion(company=company, about=about, values=theirs, changed_on=day, source=self.source)
        )


def _as_key(values: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(values.items()))


def former_name(company: Company, name: str, until: date | None) -> CompanyName:
    """The unsaved row by which search and matching know the name."""
    return CompanyName(company=company, name=name, name_key=names.company_key(name)[:200], until=until)
