"""Any list as a file: exactly the rows that the person sees with the filters of the list, and no more.

One registry for all lists. Files are streamed; no cell of them becomes a formula; taking data out is itself an event.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import lists as company_lists
from accounts.models import Contact, DuplicatePair
from activities.models import Activity
from crm.lib import phones, sheets
from leads import listing as lead_lists
from leads.models import Lead
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal
from staff import events, log, roles
from staff.models import Event, User

EXPORTED = "list.exported"
FORMATS = {"xlsx": "xlsx", "csv": "csv", "cp932": "csv"}
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv", "cp932": "text/csv",
}  # fmt: skip
_AT_ONCE = 1000

Column = tuple[str | Promise, Callable[[Any], Any]]


@dataclass(frozen=True)
class Export:
    """A list that can be taken out: its rows for a person and an address, and its columns."""

    label: str | Promise
    rows: Callable[[User, QueryDict], QuerySet[Any]]
    columns: tuple[Column, ...]
    capability: str = "export"


def _phone(name: str) -> Callable[[Any], str]:
    return lambda row: phones.national(getattr(row, name))


def _of(name: str) -> Callable[[Any], Any]:
    """The attribute, also of a linked row: `owner`, `company.name`; nothing where a link is empty."""
    path = name.split(".")

    def read(row: Any) -> Any:
        for part in path:
            row = getattr(row, part) if row is not None else None
        return (
            row
            if row is None or isinstance(row, str | int | float) or hasattr(row, "isoformat")
            else str(row)
        )

    return read


def _money(name: str) -> Callable[[Any], Any]:
    return lambda row: None if getattr(row, name) is None else int(getattr(row, name))


def _contacts(user: User, params: QueryDict) -> QuerySet[Contact]:
    companies = company_lists.listing(user, params).rows
    rows = Contact.objects.active().visible_to(user).select_related("company", "division", "site")
    return rows.filter(company__in=companies.order_by().values("pk")).order_by(
        "company__sort_key", "company_id", "pk"
    )


def _deals(user: User, params: QueryDict) -> QuerySet[Deal]:
    narrowing = Narrowing.of(user, params, timezone.localdate())
    return narrowing.apply(Deal.objects.visible_to(user).filter(deleted_at=None)).for_page().order_by("pk")


def _leads(user: User, params: QueryDict) -> QuerySet[Lead]:
    return (
        lead_lists.matching(user, params, timezone.now())
        .select_related("owner", "channel", "company")
        .order_by("pk")
    )


def _activities(user: User, params: QueryDict) -> QuerySet[Activity]:
    rows = Activity.objects.visible_to(user)
    return rows.select_related("by", "deal", "lead", "company", "contact").order_by("pk")


def _pairs(user: User, params: QueryDict) -> QuerySet[DuplicatePair]:
    rows = DuplicatePair.objects.to_decide(user).select_related(
        "company_a", "company_b", "contact_a", "contact_b"
    )
    return rows.order_by("-score", "pk")


def _reasons(pair: Any) -> str:
    return " ".join(f"{reason['key']}:{reason.get('a', '')}" for reason in pair.reasons)


EXPORTS: dict[str, Export] = {
    "companies": Export(
        _("companies"),
        lambda user, params: company_lists.listing(user, params).rows.select_related("owner").order_by("sort_key", "pk"),
        (
            (_("company ID"), _of("pk")), (_("company name"), _of("name")), (_("kana"), _of("kana")), (_("name in Latin letters"), _of("latin_name")),
            (_("corporate number"), _of("corporate_number")), (_("phone"), _phone("phone")), (_("web site"), _of("domain")),
            (_("industry"), _of("industry")), (_("employees"), _of("employees")), (_("postal code"), _of("postal_code")),
            (_("prefecture"), _of("prefecture")), (_("city"), _of("city")), (_("street"), _of("street")), (_("owner"), _of("owner")),
            (_("notes"), _of("notes")),
        ),
    ),
    "contacts": Export(
        _("people"), _contacts,
        (
            (_("person ID"), _of("pk")), (_("company ID"), _of("company_id")), (_("company name"), _of("company.name")), (_("division"), _of("division")),
            (_("site"), _of("site")), (_("family name"), _of("family_name")), (_("given name"), _of("given_name")),
            (_("family name (kana)"), _of("family_kana")), (_("given name (kana)"), _of("given_kana")), (_("department"), _of("department")),
            (_("title"), _of("title")), (_("e-mail"), _of("email")), (_("phone"), _phone("phone")), (_("mobile"), _phone("mobile")),
            (_("notes"), _of("notes")),
        ),
    ),
    "leads": Export(
        _("leads"), _leads,
        (
            (_("lead ID"), _of("pk")), (_("company name"), _of("company_name")), (_("family name"), _of("family_name")), (_("given name"), _of("given_name")),
            (_("family name (kana)"), _of("family_kana")), (_("given name (kana)"), _of("given_kana")), (_("department"), _of("department")),
            (_("title"), _of("title")), (_("e-mail"), _of("email")), (_("phone"), _phone("phone")), (_("state"), lambda r: str(r.get_state_display())),
            (_("channel"), _of("channel")), (_("campaign"), _of("campaign")), (_("score"), _of("score")), (_("owner"), _of("owner")),
            (_("day it came in"), _of("received_at")), (_("what they ask"), _of("interest")),
        ),
    ),
    "deals": Export(
        _("deals"), _deals,
        (
            (_("deal ID"), _of("pk")), (_("deal name"), _of("name")), (_("company ID"), _of("company_id")), (_("company name"), _of("company.name")),
            (_("person"), _of("contact")), (_("stage"), _of("stage")), (_("amount"), _money("amount")), (_("probability"), _of("probability")),
            (_("reason for the own probability"), _of("own_probability_reason")), (_("forecast category"), lambda r: str(r.get_forecast_category_display())),
            (_("weighted amount"), _money("weighted_amount")), (_("expected close"), _of("close_on")), (_("day the deal was made"), _of("created_at")),
            (_("in the stage since"), _of("stage_entered_at")), (_("day it was closed"), _of("closed_at")), (_("reason of the loss"), _of("loss_reason")), (_("reason of winning"), _of("win_reason")),
            (_("competitor"), _of("competitor")), (_("channel"), _of("channel")), (_("owner"), _of("owner")), (_("note"), _of("outcome_note")),
        ),
    ),
    "activities": Export(
        _("activities"), _activities,
        (
            (_("day"), _of("at")), (_("kind"), lambda r: str(r.get_kind_display())), (_("company name"), _of("company.name")), (_("deal"), _of("deal.name")),
            (_("lead"), _of("lead")), (_("person"), _of("contact")), (_("reached"), lambda r: "○" if r.reached else "×"), (pgettext_lazy("length", "minutes"), _of("minutes")),
            (_("memo"), _of("body")), (_("who"), _of("by")),
        ),
    ),
    "duplicates": Export(
        _("duplicates to decide"), _pairs,
        (
            (_("kind"), lambda r: "contact" if r.contact_a_id else "company"), ("id a", lambda r: r.contact_a_id or r.company_a_id),
            ("id b", lambda r: r.contact_b_id or r.company_b_id), (_("score"), _of("score")), (_("name a"), lambda r: str(r.contact_a or r.company_a)),
            (_("name b"), lambda r: str(r.contact_b or r.company_b)), (_("reasons"), _reasons),
        ),
    ),
    "log": Export(
        _("operation log"), lambda user, params: log.narrowed(params)[0].order_by("-happened_at", "-pk"), (), capability="read the log",
    ),
}  # fmt: skip


def may(user: User, name: str) -> bool:
    """Whether the person may take the list out: a capability decides, and for some lists another one besides."""
    return roles.can(user, "export") and roles.can(user, EXPORTS[name].capability)


@transaction.atomic
def note(name: str, params: QueryDict, form: str, *, by: User) -> Event:
    """Taking data out is written down: who, which list, narrowed how, how many rows."""
    used = {key: value for key, value in params.items() if key != "format" and value}
    count = EXPORTS[name].rows(by, params).order_by().count()
    return events.record(EXPORTED, by, by=by, list=name, format=form, narrowed=used, rows=count)


def table(name: str, user: User, params: QueryDict) -> Iterator[list[Any]]:
    """The header and the rows, read as they are sent."""
    export = EXPORTS[name]
    rows = export.rows(user, params)
    if name == "log":
        yield from _log(user, rows)
        return
    yield [str(label) for label, _read in export.columns]
    for row in rows.iterator(chunk_size=_AT_ONCE):
        yield [read(row) for _label, read in export.columns]


def _log(user: User, rows: QuerySet[Event]) -> Iterator[list[Any]]:
    labels = (_("day"), _("who"), _("what"), _("record"), _("before"), _("after"), _("address"), _("event"))
    yield [str(label) for label in labels]
    for chunk in _chunks(rows.iterator(chunk_size=_AT_ONCE)):
        for entry in log.entries(user, chunk):
            e = entry.event
            who = str(entry.actor) if entry.actor else ""
            before = " / ".join(f"{label}: {was}" for label, was, _now in entry.changes)
            after = " / ".join(f"{label}: {now}" for label, _was, now in entry.changes)
            yield [e.happened_at, who, entry.text, entry.subject, before, after, str(e.address or ""), e.kind]


def _chunks(rows: Iterable[Event]) -> Iterator[list[Event]]:
    chunk: list[Event] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def pieces(rows: Iterator[list[Any]], form: str) -> Iterator[bytes]:
    """The table as pieces of a file: CSV while it is read, a workbook by way of the disk."""
    if form != "xlsx":
        yield from sheets.write_csv(rows, sheets.CP932 if form == "cp932" else sheets.UTF_8)
        return
    with tempfile.TemporaryFile() as file:
        sheets.write_xlsx(rows, file)
        file.seek(0)
        while piece := file.read(1 << 16):
            yield piece
