"""Companies: created, changed, filled from other sources, restricted. Every door comes through here.

`values` are the editable fields by name, in any spelling; `company_values.clean` normalises them and nothing else does.
What cannot be normalised is refused (`ValidationError` by field), so that an import can name the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Q, QuerySet, prefetch_related_objects
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import matching
from accounts.access import require_in_use
from accounts.company_events import CompanyEvent
from accounts.company_values import FIELDS, MATCHED_FIELDS, Cleaned, clean, one_line
from accounts.models import Company, CompanyAccess, CompanyName, Division, FactsQuestion, Site
from accounts.settling import Changes, Settling, former_name
from crm.lib import kana, names
from staff import access, bulk, events, versions
from staff.models import Team, User

__all__ = ["FIELDS", "NumberTaken", "clean"]


class NumberTaken(Exception):
    """Another company has this corporate number. `company` is that one (None: another row of the same batch)."""

    def __init__(self, number: str, company: Company | None) -> None:
        super().__init__(_("Another company has this corporate number."))
        self.number, self.company = number, company


@transaction.atomic
def create_company(
    values: dict[str, Any], *, by: User, at: datetime | None = None, source: str = "form"
) -> Company:
    """The new company; others that may be the same go into the queue. Raises NumberTaken."""
    [company] = create_many([values], by=by, at=at)
    queue_similar(company, source=source)
    return company


@transaction.atomic
def create_many(
    rows: Sequence[dict[str, Any]],
    *,
    by: User,
    at: datetime | None = None,
    keys: Sequence[Iterable[tuple[str, str]] | None] | None = None,
) -> list[Company]:
    """New companies in the order of the rows, set-wise. Whoever calls has matched the rows before.

    `keys`: what `matching.stored_keys` says of each row, where the caller knows it. Raises NumberTaken,
    and creates none, when a corporate number is taken, be it by another row or a moment ago.
    """
    at = at or timezone.now()
    companies = [_build(clean(row), at) for row in rows]
    with _numbers_are_free(companies):
        bulk.create(companies)
    matching.store_company_keys(companies, keys=keys)
    events.record_all(
        events.build(CompanyEvent.CREATED, company, by=by, at=at, name=company.name) for company in companies
    )
    return companies


@transaction.atomic
def edit_company(
    company: Company,
    changes: dict[str, Any],
    base: dict[str, Any],
    *,
    by: User,
    at: datetime | None = None,
    source: str = "form",
) -> Company:
    """Sets what the person changed against the `base` they saw. Raises versions.Conflict and NumberTaken.

    A name that is given up stays known as a former one.
    """
    changes, base = clean(changes), clean(base)
    company = Company.objects.select_for_update().get(pk=company.pk)
    require_in_use(company)
    changed = versions.merge(company, changes, base)
    if not changed:
        return company
    if "name" in changed:
        until = timezone.localdate(at or timezone.now())
        # Who struck the name out did not know yet that it would be the company's own.
        company.former_names.exclude(struck_at=None).filter(name=changed["name"][0]).delete()
        _keep_former([former_name(company, changed["name"][0], until)], [company])
    _derive(company)
    with _numbers_are_free([company]):
        company.save(update_fields=_WRITTEN)
    if changed.keys() & MATCHED_FIELDS:
        matching.renew_company_keys([company])
        queue_similar(company, source=source)
    kind = CompanyEvent.RENAMED if "name" in changed else CompanyEvent.EDITED
    events.record(kind, company, by=by, at=at, **_before_after(changed))
    return company


@transaction.atomic
def append(
    company: Company, values: dict[str, Any], *, by: User, at: datetime | None = None, source: str = ""
) -> Company:
    """Fills the empty fields of a company that is there already, from one more source (see `append_many`)."""
    return append_many([(company, values)], by=by, at=at, source=source)[0]


@transaction.atomic
def append_many(
    rows: Sequence[tuple[Company, dict[str, Any]]], *, by: User, at: datetime | None = None, source: str = ""
) -> list[Company]:
    """Fills empty fields only, set-wise; another name is remembered, so that search and matching know it.

    Fields of a company that the person may not edit stay as they are; what the source says of it is what it is known
    by beside them. With `changed_on` (the day from which the source's name and address hold) the later day wins: its name and address
    take the place of ours, and our name becomes a former one. For the same day nobody can say which is current: a
    question goes into the queue. Rows about one company are taken in their order. Raises NumberTaken.
    """
    return [told.company for told in append_each(rows, by=by, at=at, source=source)]


@dataclass(frozen=True)
class Appended:
    """What became of one source's word: whether it was news; fields that it might not write, and why not."""

    company: Company
    is_news: bool
    left: tuple[str, ...] = ()
    refusal: str = ""


@transaction.atomic
def append_each(
    rows: Sequence[tuple[Company, dict[str, Any]]], *, by: User, at: datetime | None = None, source: str = ""
) -> list[Appended]:
    """`append_many`, and for each row what became of it."""
    pks = sorted({company.pk for company, _values in rows})
    locked = {c.pk: c for c in Company.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
    prefetch_related_objects(list(locked.values()), "owner")
    refusals = {pk: access.refusal(by, "edit company", company) for pk, company in locked.items()}
    settling = Settling(locked.values(), source, {pk for pk, refusal in refusals.items() if refusal})
    said = [settling.add(locked[company.pk], clean(values)) for company, values in rows]
    touched = [locked[pk] for pk in pks if settling.changed.get(pk)]
    for company in touched:
        company.version += 1
    _keep_former(settling.former, touched)
    bulk.create(settling.further)
    FactsQuestion.objects.bulk_create(settling.questions, ignore_conflicts=True)
    _write_all([locked[pk] for pk in sorted(settling.concerned)])
    events.record_all(
        events.build(
            CompanyEvent.APPENDED, c, by=by, at=at, source=source, **_before_after(settling.changed[c.pk])
        )
        for c in touched
    )
    return [
        Appended(
            locked[company.pk], one.is_news, tuple(f for f in FIELDS if f in one.left), refusals[company.pk]
        )
        for (company, _values), one in zip(rows, said, strict=True)
    ]


@transaction.atomic
def record_name(company: Company, name: str, changed_on: date | None, *, by: User, source: str = "") -> str:
    """What a source calls the company since `changed_on`: "same", "current", "former" or "ambiguous".

    "current": it is the newer name, and the one we had became a former one. "former": it is remembered as one.
    "ambiguous": both are stated for the same day; the question is in the queue (`duplicates.decide_facts`).
    """
    wanted = clean({"name": name, "changed_on": changed_on})
    was = Company.objects.get(pk=company.pk).name
    now = append(company, wanted, by=by, source=source)
    if wanted["name"] == was:
        return "same"
    if wanted["name"] == now.name:
        return "current"
    asked = FactsQuestion.objects.filter(company=now, about="name", values__name=wanted["name"])
    return "ambiguous" if asked.waiting().exists() else "former"


@transaction.atomic
def restrict(
    company: Company, people: Iterable[User], teams: Iterable[Team], *, by: User, seen: int | None = None
) -> Company:
    """From now only the owner, these people, these teams with all below them, executives and administrators see it.

    Raises versions.Stale when the person has `seen` another version than the one that is there.
    """
    company = Company.objects.select_for_update().get(pk=company.pk)
    if seen is not None:
        versions.require(company, seen)
    before = _access_of(company)
    company.access_list.all().delete()
    given = [CompanyAccess(company=company, user=person) for person in people]
    given += [CompanyAccess(company=company, team=team) for team in teams]
    CompanyAccess.objects.bulk_create(given)
    company.is_restricted = True
    company.version += 1
    company.save(update_fields=["is_restricted", "version"])
    events.record(CompanyEvent.RESTRICTED, company, by=by, before=before, after=_access_of(company))
    return company


@transaction.atomic
def open_to_all(company: Company, *, by: User, seen: int | None = None) -> Company:
    """Everyone sees it again. Raises versions.Stale as `restrict` does."""
    company = Company.objects.select_for_update().get(pk=company.pk)
    if seen is not None:
        versions.require(company, seen)
    before = _access_of(company)
    company.access_list.all().delete()
    company.is_restricted = False
    company.version += 1
    company.save(update_fields=["is_restricted", "version"])
    events.record(CompanyEvent.OPENED, company, by=by, before=before, after=_access_of(company))
    return company


@transaction.atomic
def add_division(company: Company, name: str, *, by: User, at: datetime | None = None) -> Division:
    """事業部 below the company; the one of that name when it is there already."""
    name = one_line(name, 120)
    division, is_new = Division.objects.active().get_or_create(company=company, name=name)
    if is_new:
        events.record(CompanyEvent.DIVISION_ADDED, company, by=by, at=at, name=name, division=division.pk)
    return division


@transaction.atomic
def add_site(
    company: Company,
    name: str,
    *,
    by: User,
    division: Division | None = None,
    at: datetime | None = None,
    **values: Any,
) -> Site:
    """拠点 in the division or directly below the company; the one of that name when it is there already.

    `values`: phone, postal_code, prefecture, city, street, or `address` in one piece.
    """
    if division and division.company_id != company.pk:
        raise ValidationError({"division": _("This belongs to another company.")})
    name = one_line(name, 120)
    site, is_new = Site.objects.active().get_or_create(
        company=company, name=name, defaults={"division": division, **clean(values)}
    )
    if is_new:
        events.record(CompanyEvent.SITE_ADDED, company, by=by, at=at, name=name, site=site.pk)
    return site


def queue_similar(company: Company, *, source: str) -> list[matching.Match]:
    """Puts every other company that may be this one into the queue, and returns them."""
    found = matching.find_like(company)
    matching.propose_pairs([(company, match.record, match) for match in found], source=source)
    return found


def recompute(companies: Sequence[Company]) -> None:
    """Stores what is computed from the fields, after somebody else wrote these: sort keys, search, match keys."""
    _write_all(companies)


def _write_all(companies: Sequence[Company]) -> None:
    """Saves changed companies set-wise, with all that is computed from their fields and their former names."""
    prefetch_related_objects(companies, "former_names")
    for company in companies:
        _derive(company)
    with _numbers_are_free(companies):
        bulk.change(companies, _WRITTEN)
    matching.renew_company_keys(companies)


_WRITTEN = [*FIELDS, "name_key", "sort_key", "search_text", "search_grams", "version"]


def _build(values: Cleaned, at: datetime) -> Company:
    if "name" not in values:
        raise ValidationError({"name": _("Enter the company's name.")})
    company = bulk.new(Company, created_at=at, **values)
    _derive(company)
    return company


def _derive(company: Company) -> None:
    """What is computed from the fields: keys for comparing and sorting, grams for searching."""
    company.name_key = names.company_key(company.name)[:200]
    reading = kana.kana_key(company.kana) if company.kana else kana.to_katakana(company.name_key)
    company.sort_key = reading[:200]
    company.prepare_search()


@contextmanager
def _numbers_are_free(companies: Sequence[Company]) -> Any:
    """Around the write: a corporate number that another company has becomes NumberTaken.

    Looking first names the other one; the constraint decides when two write at once.
    """
    _require_free_numbers(companies)
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        if "corporate_number_names_one_company" not in str(clash):
            raise
        _require_free_numbers(companies)
        raise


def _require_free_numbers(companies: Sequence[Company]) -> None:
    numbers: dict[str, Company] = {}
    for company in companies:
        if company.corporate_number and numbers.setdefault(company.corporate_number, company) is not company:
            raise NumberTaken(company.corporate_number, None)
    if not numbers:
        return
    # All of them, few as they are: for the first one of an order it would go through the companies in that order.
    others = _having(numbers).exclude(pk__in=[c.pk for c in companies if c.pk])
    for other in sorted(others, key=lambda other: other.pk):
        raise NumberTaken(other.corporate_number, other)


def _having(numbers: Iterable[str]) -> QuerySet[Company]:
    """Companies in use with one of the numbers.

    That they are not empty is said besides: of a long list the planner does not see it, and would read all companies.
    """
    held = RawSQL(  # noqa: S611 - a constant, values apart
        "accounts_company.corporate_number = ANY (%s::text[])", [bulk.array(list(numbers))], BooleanField()
    )
    return Company.objects.active().filter(held).exclude(corporate_number="")


def _keep_former(rows: Sequence[CompanyName], renamed: Sequence[Company]) -> None:
    """Remembers the names; one that is the current name again is no former one."""
    CompanyName.objects.bulk_create(rows, ignore_conflicts=True)
    again = [Q(company=company, name=company.name) for company in renamed]
    if again:
        CompanyName.objects.filter(reduce(or_, again)).delete()


def _before_after(changed: Changes) -> dict[str, Any]:
    return {
        "before": {name: before for name, (before, _after) in changed.items()},
        "after": {name: after for name, (_before, after) in changed.items()},
    }


def _access_of(company: Company) -> dict[str, Any]:
    rows = CompanyAccess.objects.filter(company=company).select_related("user", "team").order_by("pk")
    return {
        "is_restricted": company.is_restricted,
        # By name: the log is read long after a person or a team may be gone.
        "given": [str(row.user or row.team) for row in rows],
    }
