"""What a company is known by beside its fields, for people: seen with where it came from, added by hand, struck out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import companies, further, origins, scanning
from accounts.access import require_in_use
from accounts.company_events import CompanyEvent
from accounts.models import Company, CompanyName, FurtherValue, Merge, MergeChange
from accounts.origins import Origin
from accounts.settling import former_name
from crm.lib import phones
from staff import events
from staff.models import User

Row = CompanyName | FurtherValue
MODELS: dict[str, type[Row]] = {"names": CompanyName, "values": FurtherValue}
# More are not shown; nobody reads them.
MOST = 200

FORMER, NAME = "former", "name"
_kinds = FurtherValue.Kind
# What people add by hand, and the field by whose rules it is cleaned.
ADDED = {
    FORMER: gettext_lazy("Former name"),
    NAME: gettext_lazy("Another name, abbreviation"),
    str(_kinds.KANA): gettext_lazy("Reading in kana"),
    str(_kinds.LATIN): gettext_lazy("Name in Latin letters"),
    str(_kinds.PHONE): gettext_lazy("Phone number"),
    str(_kinds.DOMAIN): gettext_lazy("Domain"),
    str(_kinds.ADDRESS): gettext_lazy("Address"),
}
_FIELD = {FORMER: "name", NAME: "name", str(_kinds.KANA): "kana"}


@dataclass(frozen=True)
class Known:
    """One name or value: what it is, since when it is known, and from where."""

    of: str  # which of `MODELS`
    pk: int
    label: str
    text: str
    since: datetime | None
    origin: Origin | None
    is_struck: bool


class KnownAlready(ValidationError):
    """The company is known by this value, or has it in its fields."""


def with_count(rows: QuerySet[Company]) -> QuerySet[Any]:
    """Adds `known_count`: by how many names and values each company is known beside its fields."""

    def count(known: QuerySet[Any]) -> Any:
        held = known.filter(company=OuterRef("pk"), struck_at=None).order_by().values("company")
        return Coalesce(Subquery(held.annotate(n=Count("pk")).values("n")), 0)

    same = CompanyName.objects.filter(company=OuterRef("company"), name=OuterRef("value"))
    values = FurtherValue.objects.exclude(Q(kind=_kinds.NAME) & Exists(same))
    return rows.annotate(known_count=count(CompanyName.objects.all()) + count(values))


def shown(company: Company, user: User) -> list[Known]:
    """All of it, names first, with those struck out; where each came from as far as the person may be told."""
    names = list(company.former_names.order_by("until", "pk")[:MOST])
    values = list(company.further_values.order_by("kind", "pk")[:MOST])
    # What a merge gave up is kept as a former name and as a spelling: it is told once.
    told = {name.name for name in names}
    values = [row for row in values if not (row.kind == _kinds.NAME and row.value in told)]
    return _told("names", names, company, user) + _told("values", values, company, user)


def _told(of: str, rows: Sequence[Any], company: Company, user: User) -> list[Known]:
    if not rows:
        return []
    written = origins.contexts_of(rows)
    merged = _brought_by_merges(rows, company, user)
    known = [written.get(row.pk, (None, {})) for row in rows]
    told = origins.of([context for _at, context in known], user)
    return [
        Known(
            of, row.pk, _label(row), text_of(row), at, merged.get(row.pk, origin), row.struck_at is not None
        )
        for row, (at, _context), origin in zip(rows, known, told, strict=True)
    ]


def _brought_by_merges(rows: Sequence[Row], company: Company, user: User) -> dict[int, Origin]:
    merges = Merge.objects.standing().visible_to(user).filter(kind="company", winner_id=company.pk)
    changes = MergeChange.objects.filter(
        merge__in=merges,
        table=rows[0]._meta.label_lower,
        action__in=(MergeChange.Action.CREATED, MergeChange.Action.MOVED),
        rows__overlap=[row.pk for row in rows],
    )
    return {
        pk: Origin(_("merge with %(name)s") % {"name": change.merge.loser_name}, change.merge.get_absolute_url())
        for change in changes.select_related("merge")
        for pk in change.rows
    }  # fmt: skip


def text_of(row: Row) -> str:
    """The name or value as people write it."""
    if isinstance(row, CompanyName):
        return row.name
    return phones.national(row.value) if row.kind == _kinds.PHONE else row.value


def _label(row: Row) -> str:
    if isinstance(row, FurtherValue):
        return str(ADDED.get(row.kind) or row.get_kind_display())
    if row.until is None:
        return str(ADDED[NAME])
    return _("Former name, until %(day)s") % {"day": f"{row.until:%Y/%-m/%-d}"}


@transaction.atomic
def add(company: Company, kind: str, typed: str, *, by: User, today: date) -> Row:
    """The company is known by this, too, from now on; one that was struck out counts again.

    `kind` is one of `ADDED`. Raises ValidationError for what cannot be one, KnownAlready for what is no news.
    """
    company = Company.objects.select_for_update().get(pk=company.pk)
    require_in_use(company)
    row = _row_of(company, kind, typed, today)
    there = _there_already(row)
    if there is None:
        row.save()
    elif there.struck_at is None:
        raise KnownAlready(_("The company is known by this already."))
    else:
        type(there).objects.filter(pk=there.pk).update(struck_at=None)
        row = there
    _renew(company)
    events.record(CompanyEvent.KNOWN_BY_MORE, company, by=by, name=text_of(row), of=kind)
    return row


def _row_of(company: Company, kind: str, typed: str, today: date) -> Row:
    field = _FIELD.get(kind, kind)
    try:
        values = companies.clean({field: typed})
    except ValidationError as problem:
        raise ValidationError(next(iter(problem.message_dict.values()))) from problem
    if kind in (FORMER, NAME):
        if values["name"] == company.name:
            raise KnownAlready(_("The company is known by this already."))
        return former_name(company, values["name"], today if kind == FORMER else None)
    if not any(values.values()):
        raise ValidationError(_("This says nothing about one company: many share it, or a part is missing."))
    told = [said for said in further.beside(company, values) if said[0] == kind]
    if not told:
        raise KnownAlready(_("The company is known by this already."))
    return further.rows(company, told)[0]


def _there_already(row: Row) -> Row | None:
    if isinstance(row, CompanyName):
        return CompanyName.objects.filter(company=row.company_id, name=row.name).first()
    return FurtherValue.objects.filter(company=row.company_id, kind=row.kind, value=row.value).first()


@transaction.atomic
def strike(row: Row, *, by: User) -> None:
    """The value is not the company's: nothing finds the company by it, and no list brings it again."""
    _set_struck(row, timezone.now(), by)


@transaction.atomic
def put_back(row: Row, *, by: User) -> None:
    """Undoes `strike`."""
    _set_struck(row, None, by)


def _set_struck(row: Row, at: datetime | None, by: User) -> None:
    company = Company.objects.select_for_update().get(pk=row.company_id)
    require_in_use(company)
    if not type(row).objects.filter(pk=row.pk, struck_at__isnull=at is not None).update(struck_at=at):
        return  # somebody was first
    if isinstance(row, CompanyName):
        company.further_values.filter(kind=_kinds.NAME, value=row.name).update(struck_at=at)
    _renew(company)
    if at:
        events.record(CompanyEvent.STRUCK, company, by=by, name=text_of(row))
    else:
        events.record(CompanyEvent.KNOWN_BY_MORE, company, by=by, name=text_of(row), undo=True)


def _renew(company: Company) -> None:
    """Search, keys and open questions by what the company is known by now."""
    companies.recompute([company])
    scanning.compare([company])
