"""The lists that can be taken out: the rows of each for a person and an address, and its columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import bin
from accounts.company_list import COMPANIES
from accounts.contact_list import CONTACTS
from accounts.dedup import wording
from accounts.models import Company, Contact, DuplicatePair, Merge
from activities.models import Activity, Todo
from crm.lib import phones
from integrations.models import Import
from leads import listing as lead_lists
from leads.models import Lead
from pipeline import deal_list
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal
from staff import log
from staff.models import CustomField, User

Column = tuple[str | Promise, Callable[[Any], Any]]


@dataclass(frozen=True)
class Export:
    """A list that can be taken out: its rows for a person and an address, in the order of the list, and its columns.

    `subject` says whose fields of the company's own stand behind them. `shown` gives the columns as the list shows them,
    where these can be chosen.
    """

    label: str | Promise
    rows: Callable[[User, QueryDict], QuerySet[Any]]
    columns: tuple[Column, ...]
    capability: str = "export"
    subject: str = ""
    shown: Callable[[User, QueryDict], list[Column | CustomField]] | None = None


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


def _chance(name: str) -> Callable[[Any], float | None]:
    """What the latest forecast thinks of an open deal, in percent; nothing of one that it does not know yet."""

    def read(deal: Any) -> float | None:
        known = getattr(deal, "win_chance", None) if deal.closed_at is None else None
        return None if known is None else round(100 * getattr(known, name), 1)

    return read


def _made(outcome: str) -> Callable[[Any], int]:
    return lambda batch: batch.counts.get("made", {}).get(outcome, 0)


def _people_of_companies(user: User, params: QueryDict) -> QuerySet[Contact]:
    """Those who work at the companies of the list of companies."""
    companies = COMPANIES.listing(user, params).rows.order_by().values("pk")
    rows = Contact.objects.active().visible_to(user).filter(company__in=companies)
    return rows.select_related("company", "division", "site").order_by(
        "company__sort_key", "company_id", "pk"
    )


def _people(user: User, params: QueryDict) -> QuerySet[Contact]:
    listing = CONTACTS.listing(user, params)
    return listing.whole(listing.rows.select_related("company", "division", "site"), params)


def _companies(user: User, params: QueryDict) -> QuerySet[Company]:
    listing = COMPANIES.listing(user, params)
    return listing.whole(listing.rows.select_related("owner"), params)


def _deals(user: User, params: QueryDict) -> QuerySet[Deal]:
    narrowing = Narrowing.of(user, params, timezone.localdate())
    rows = narrowing.apply(Deal.objects.visible_to(user).filter(deleted_at=None))
    rows = rows.for_page().select_related("win_chance")
    return deal_list.whole(rows, params, closed="closed" in narrowing.values)


def _leads(user: User, params: QueryDict) -> QuerySet[Lead]:
    rows = lead_lists.whole(user, params, timezone.now())
    return rows.select_related("owner", "channel", "company")


def _activities(user: User, params: QueryDict) -> QuerySet[Activity]:
    """All that the person may see, or those with the companies of a list that is narrowed."""
    rows = Activity.objects.visible_to(user)
    companies = COMPANIES.listing(user, params)
    if companies.is_narrowed:
        pks = companies.rows.order_by().values("pk")
        rows = rows.filter(Q(company__in=pks) | Q(deal__company__in=pks) | Q(lead__company__in=pks))
    return rows.select_related("by", "deal", "lead", "company", "contact").order_by("pk")


def _todos(user: User, params: QueryDict) -> QuerySet[Todo]:
    """All open ones that the person may see, or those of the deals of a list that is narrowed."""
    rows = Todo.objects.visible_to(user).open().select_related("deal", "lead", "company", "owner")
    if Narrowing.of(user, params, timezone.localdate()).values:
        rows = rows.filter(deal__in=_deals(user, params).order_by().values("pk"))
    return rows.order_by("due_on", "pk")


def _pairs(user: User, params: QueryDict) -> QuerySet[DuplicatePair]:
    rows = DuplicatePair.objects.to_decide(user).select_related(
        "company_a", "company_b", "contact_a", "contact_b"
    )
    return rows.order_by("-worth", "pk")


def _reasons(pair: Any) -> str:
    return wording.in_words(pair.reasons, wording.OF_PEOPLE if pair.contact_a_id else wording.REASONS)


def _days_in_stage(deal: Deal) -> int:
    return max(0, (timezone.localdate() - timezone.localdate(deal.stage_entered_at)).days)


def _criteria(deal: Deal) -> str:
    return gettext("%(met)s of %(total)s") % {"met": deal.criteria_met, "total": deal.criteria_total}


_OF_OPEN_DEALS: tuple[Column, ...] = (
    (_("days of stay in the stage"), _days_in_stage), (_("exit criteria"), _criteria), (_("next action on"), _of("next_action_on")),
    (_("amount"), _money("amount")), (_("weighted amount"), _money("weighted_amount")),
)  # fmt: skip
_OF_CLOSED_DEALS: tuple[Column, ...] = (
    (_("day it was closed"), lambda r: timezone.localdate(r.closed_at) if r.closed_at else None), (_("reason of the loss"), _of("loss_reason")),
    (_("amount"), _money("amount")),
)  # fmt: skip
# What a person can add to the list of deals.
_ADDED_TO_DEALS: dict[str, Callable[[Any], Any]] = {
    "probability": _of("probability"), "category": lambda r: str(r.get_forecast_category_display()), "channel": _of("channel"),
    "contact": _of("contact"), "competitor": _of("competitor"), "made": lambda r: timezone.localdate(r.created_at),
}  # fmt: skip


def _deals_as_shown(user: User, params: QueryDict) -> list[Column | CustomField]:
    """The columns of the list with those that were added to it, values as a spreadsheet takes them."""
    narrowing = Narrowing.of(user, params, timezone.localdate())
    here = _OF_CLOSED_DEALS if "closed" in narrowing.values else _OF_OPEN_DEALS
    added = [column.field or (column.label, _ADDED_TO_DEALS[column.key]) for column in narrowing.columns]
    return [
        (_("deal name"), _of("name")), (_("company name"), _of("company.name")), (_("stage"), _of("stage")), *here,
        (_("expected close"), _of("close_on")), *added, (_("owner"), _of("owner")),
    ]  # fmt: skip


_PERSON: tuple[Column, ...] = (
    (_("person ID"), _of("pk")),
    (_("company ID"), _of("company_id")),
    (_("company name"), _of("company.name")),
    (_("division"), _of("division")),
    (_("site"), _of("site")),
    (_("family name"), _of("family_name")),
    (_("given name"), _of("given_name")),
    (_("family name (kana)"), _of("family_kana")),
    (_("given name (kana)"), _of("given_kana")),
    (_("department"), _of("department")),
    (_("title"), _of("title")),
    (_("role in decisions"), lambda c: str(c.get_decision_role_display())),
    (_("e-mail"), _of("email")),
    (_("phone"), _phone("phone")),
    (_("mobile"), _phone("mobile")),
    (_("notes"), _of("notes")),
)

EXPORTS: dict[str, Export] = {
    "companies": Export(
        _("companies"),
        _companies,
        (
            (_("company ID"), _of("pk")), (_("company name"), _of("name")), (_("kana"), _of("kana")), (_("name in Latin letters"), _of("latin_name")),
            (_("corporate number"), _of("corporate_number")), (_("phone"), _phone("phone")), (_("web site"), _of("domain")),
            (_("industry"), _of("industry")), (_("employees"), _of("employees")), (_("postal code"), _of("postal_code")),
            (_("prefecture"), _of("prefecture")), (_("city"), _of("city")), (_("street"), _of("street")), (_("owner"), _of("owner")),
            (_("notes"), _of("notes")),
        ),
        subject="company",
    ),
    "contacts": Export(_("people"), _people_of_companies, _PERSON, subject="contact"),
    "people": Export(_("people"), _people, _PERSON, subject="contact"),
    "leads": Export(
        _("leads"), _leads,
        (
            (_("lead ID"), _of("pk")), (_("company name"), _of("company_name")), (_("family name"), _of("family_name")), (_("given name"), _of("given_name")),
            (_("family name (kana)"), _of("family_kana")), (_("given name (kana)"), _of("given_kana")), (_("department"), _of("department")),
            (_("title"), _of("title")), (_("e-mail"), _of("email")), (_("phone"), _phone("phone")), (_("state"), lambda r: str(r.get_state_display())),
            (_("channel"), _of("channel")), (_("campaign"), _of("campaign")), (_("score"), _of("score")), (_("owner"), _of("owner")),
            (_("day it came in"), _of("received_at")), (_("what they ask"), _of("interest")),
        ),
        subject="lead",
    ),
    "deals": Export(
        _("deals"), _deals,
        (
            (_("deal ID"), _of("pk")), (_("deal name"), _of("name")), (_("company ID"), _of("company_id")), (_("company name"), _of("company.name")),
            (_("person"), _of("contact")), (_("stage"), _of("stage")), (_("amount"), _money("amount")), (_("probability"), _of("probability")),
            (_("chance to be won this quarter, %"), _chance("this_quarter")), (_("chance to be won by the end of the next quarter, %"), _chance("next_quarter")),
            (_("reason for the own probability"), _of("own_probability_reason")), (_("forecast category"), lambda r: str(r.get_forecast_category_display())),
            (_("weighted amount"), _money("weighted_amount")), (_("expected close"), _of("close_on")), (_("day the deal was made"), _of("created_at")),
            (_("in the stage since"), _of("stage_entered_at")), (_("day it was closed"), _of("closed_at")), (_("reason of the loss"), _of("loss_reason")), (_("reason of winning"), _of("win_reason")),
            (_("competitor"), _of("competitor")), (_("channel"), _of("channel")), (_("owner"), _of("owner")), (_("note"), _of("outcome_note")),
        ),
        subject="deal",
        shown=_deals_as_shown,
    ),
    "activities": Export(
        _("activities"), _activities,
        (
            (_("day"), _of("at")), (_("kind"), lambda r: str(r.get_kind_display())), (_("company name"), _of("company.name")), (_("deal"), _of("deal.name")),
            (_("lead"), _of("lead")), (_("person"), _of("contact")), (_("reached"), lambda r: "○" if r.reached else "×"), (pgettext_lazy("length", "minutes"), _of("minutes")),
            (_("memo"), _of("body")), (_("who"), _of("by")),
        ),
    ),
    "todos": Export(
        _("todos"), _todos,
        (
            (_("due"), _of("due_on")), (_("time"), _of("due_time")), (_("what to do"), _of("title")), (_("kind"), lambda r: str(r.get_kind_display())),
            (_("deal"), _of("deal.name")), (_("lead"), _of("lead")), (_("company name"), _of("company.name")), (_("owner"), _of("owner")),
        ),
    ),
    "duplicates": Export(
        _("duplicates to decide"), _pairs,
        (
            (_("kind"), lambda r: "contact" if r.contact_a_id else "company"), ("id a", lambda r: r.contact_a_id or r.company_a_id),
            ("id b", lambda r: r.contact_b_id or r.company_b_id), (_("score"), _of("score")), (_("name a"), lambda r: str(r.contact_a or r.company_a)),
            (_("name b"), lambda r: str(r.contact_b or r.company_b)), (_("reasons"), _reasons),
        ),
        capability="review duplicates",
    ),
    "merges": Export(
        _("merges"), lambda user, params: Merge.objects.visible_to(user).filter(made_again_as=None).select_related("by", "undone_by").order_by("-pk"),
        (
            (_("kind"), _of("kind")), (_("id that stayed"), _of("winner_id")), (_("name that stayed"), _of("winner_name")), (_("id that was taken in"), _of("loser_id")),
            (_("name that was taken in"), _of("loser_name")), (_("who"), _of("by")), (_("day"), _of("at")), (_("taken back on"), _of("undone_at")), (_("taken back by"), _of("undone_by")),
        ),
    ),
    "bin": Export(
        _("bin"), lambda user, params: bin.listing(user, params).rows,
        ((_("kind"), _of("kind")), ("id", _of("record_id")), (_("name"), _of("name")), (_("who"), _of("by")), (_("day"), _of("at"))),
        capability="sell",
    ),
    "imports": Export(
        _("imports"), lambda user, params: Import.objects.visible_to(user).select_related("by", "channel").order_by("-pk"),
        (
            ("id", _of("pk")), (_("file"), _of("name")), (_("kind"), lambda r: str(r.get_kind_display())), (_("state"), lambda r: str(r.get_state_display())), (_("lines"), _of("row_count")),
            *((label, _made(key)) for key, label in (("created", _("created")), ("appended", _("added to")), ("unchanged", _("unchanged")), ("skipped", _("left out")), ("refused", _("refused")))),
            (_("channel"), _of("channel")), (_("campaign"), _of("campaign")), (_("who"), _of("by")), (_("day"), _of("created_at")), (_("taken back on"), _of("undone_at")),
        ),
        capability="import",
    ),
    "members": Export(
        _("people of the house"), lambda user, params: User.objects.visible_to(user).filter(is_system=False).select_related("team").order_by("team__path", "family_kana", "pk"),
        (
            ("id", _of("pk")), (_("family name"), _of("family_name")), (_("given name"), _of("given_name")), (_("e-mail"), _of("email")), (_("title"), _of("title")),
            (_("role"), lambda r: str(r.get_role_display())), (_("team"), _of("team")), (_("may sign in"), lambda r: "○" if r.is_active else "×"), (_("last sign-in"), _of("last_login")),
        ),
        capability="administer",
    ),
    "log": Export(
        _("operation log"), lambda user, params: log.narrowed(params)[0].order_by("-happened_at", "-pk"), (), capability="read the log",
    ),
}  # fmt: skip
