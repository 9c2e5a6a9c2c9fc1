"""Handing accounts over: the company, its open deals, leads and todos go to a colleague in one piece, and both are told.

The page that comes of it is read from what is there (`sheet`), so that it stays true, and shows each reader what they see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import companies as company_changes
from accounts import touches
from accounts.models import Company, CompanyFile, Contact
from activities.activity_events import HandoverEvent
from activities.models import Activity, HandedCompany, Handover, Todo
from crm.lib.text import clean_text
from leads import editing
from leads.models import Lead
from pipeline import deals as deal_changes
from pipeline import exit_criteria
from pipeline.models import Deal, DealFile
from staff import access, events, notices, search
from staff.models import User

TALKS = 5
# So many accounts go while a page waits, there and back; more are passed on by workers, so many in one transaction.
AT_ONCE = 50


@transaction.atomic
def hand_over(
    companies: Sequence[Company], taker: User, *, by: User, note: str = "", at: datetime | None = None
) -> list[Handover]:
    """Gives the companies to `taker`, with what their owner has open there. One handover for each person who gives.

    Deals, leads and todos of others at these companies stay with them. Raises PermissionDenied for a company that `by`
    may not change.
    """
    rows = Company.objects.select_for_update().filter(pk__in=[c.pk for c in companies]).order_by("pk")
    given: dict[User | None, list[Company]] = defaultdict(list)
    owners = User.objects.select_related("team").in_bulk([row.owner_id for row in rows if row.owner_id])
    for company in rows:
        access.require(by, "edit company", company)
        if company.owner_id != taker.pk:
            given[owners.get(company.owner_id or 0)].append(company)
    made = []
    for giver, theirs in given.items():
        handover = Handover.objects.create(
            giver=giver, taker=taker, by=by, note=clean_text(note).strip(), at=at or timezone.now()
        )
        for company in theirs:
            pass_on(company, handover)
        tell(handover, len(theirs))
        made.append(handover)
    return made


def pass_on(company: Company, handover: Handover) -> None:
    """One of its accounts, which the caller has locked and checked."""
    giver, by, taker, at = handover.giver, handover.by, handover.taker, handover.at
    HandedCompany.objects.create(handover=handover, company=company)
    # The company first: whoever gets a restricted one sees it as its owner, and its deals with it.
    company_changes.edit_company(company, {"owner": taker}, {}, by=by, at=at)
    moved: dict[str, list[int]] = {}
    if giver is not None:
        mine = Todo.objects.open().filter(company=company, owner=giver)
        moved["todos"] = list(mine.order_by().values_list("pk", flat=True))
        for deal in Deal.objects.open().filter(company=company, owner=giver).order_by("pk"):
            deal_changes.hand_over(deal, taker, by=by, seen=deal.version)
            moved.setdefault("deals", []).append(deal.pk)
        for lead in Lead.objects.kept().open().filter(company=company, owner=giver).order_by("pk"):
            editing.assign(lead, taker, by=by, at=at)
            moved.setdefault("leads", []).append(lead.pk)
        mine.filter(deal=None).update(owner=taker, team=taker.team_id)
        mine.filter(deal__owner=taker).update(owner=taker, team=taker.team_id)
    events.record(
        HandoverEvent.DONE, company, by=by, at=at, handover=handover.pk, moved=moved,
        before={"owner": giver.pk if giver else None}, after={"owner": taker.pk},
        giver=giver.full_name if giver else "", taker=taker.full_name,
    )  # fmt: skip


def tell(handover: Handover, count: int) -> None:
    both = [person for person in (handover.giver, handover.taker) if person]
    notices.tell(
        both, topic=f"handover {handover.pk}", kind="handover",
        text=gettext_noop("Accounts handed over from %(giver)s to %(taker)s: %(n)s"),
        url=handover.get_absolute_url(), n=count, taker=handover.taker.full_name,
        giver=handover.giver.full_name if handover.giver else "—",
    )  # fmt: skip


def handable(user: User, owner: User, query: str = "") -> QuerySet[Company]:
    """Companies of the owner that the person may hand over, those whose names have the words of the query."""
    rows = Company.objects.active().visible_to(user).filter(owner=owner)
    # The rule asks for nothing but the owner: it is the same for all of them.
    if not access.may_edit_owned(user, owner.pk, owner.team_id):
        return rows.none()
    return search.matching(rows, query)


def givers(user: User) -> list[User]:
    """Whose accounts can be asked for: everybody, also who has left and still has some."""
    left = User.objects.filter(is_active=False, is_system=False)
    have = Company.objects.active().visible_to(user).filter(owner__in=left).values("owner")
    return list(User.objects.filter(Q(is_active=True, is_system=False) | Q(pk__in=have)))


# The page -----------------------------------------------------------------------------------------


@dataclass
class OpenDeal:
    """A deal in work, and what its stage still asks for."""

    deal: Deal
    missing: list[str]


@dataclass
class Sheet:
    """What the new owner has to know of one company."""

    company: Company
    promises: list[Todo] = field(default_factory=list)
    deals: list[OpenDeal] = field(default_factory=list)
    strengths: list[touches.Strength] = field(default_factory=list)
    talks: list[Activity] = field(default_factory=list)
    files: list[Any] = field(default_factory=list)


def handed(handover: Handover, user: User) -> QuerySet[Company]:
    """Its companies that the reader may see, with what a sheet shows of them."""
    rows = Company.objects.active().visible_to(user).filter(handovers__handover=handover)
    return rows.select_related("owner").defer("search_grams", "search_text").order_by("sort_key", "pk")


def sheets(found: Iterable[Company], user: User, now: datetime) -> list[Sheet]:
    """One sheet for each of these companies, which the reader sees; a fixed number of statements for any number of them."""
    by_id = {company.pk: Sheet(company) for company in found}
    ids = list(by_id)
    for todo in Todo.objects.visible_to(user).open().filter(company__in=ids).for_rows():
        by_id[todo.company_id or 0].promises.append(todo)
    deals = list(
        Deal.objects.visible_to(user).open().filter(company__in=ids).for_cards().order_by("close_on", "pk")
    )
    standing = exit_criteria.statuses_of_many(deals)
    for deal in deals:
        missing = [str(s.criterion) for s in standing[deal.pk] if not s.is_met and s.criterion.is_required]
        by_id[deal.company_id].deals.append(OpenDeal(deal, missing))
    _add_people(by_id, user, now)
    for activity in _last_talks(user, ids):
        by_id[activity.company_id or 0].talks.append(activity)
    for file in CompanyFile.objects.visible_to(user).filter(company__in=ids, deleted_at=None):
        by_id[file.company_id].files.append(file)
    for file in DealFile.objects.visible_to(user).kept().filter(deal__company__in=ids).select_related("deal"):
        by_id[file.deal.company_id].files.append(file)
    return list(by_id.values())


def _add_people(by_id: dict[int, Sheet], user: User, now: datetime) -> None:
    people: dict[int, list[Contact]] = defaultdict(list)
    contacts = Contact.objects.active().filter(company__in=list(by_id)).order_by("family_kana", "pk")
    for person in contacts.defer("search_text", "search_grams", "notes"):
        people[person.company_id].append(person)
    known = touches.of_companies(user, list(by_id), now)
    for pk, sheet in by_id.items():
        sheet.strengths = touches.strengths(people[pk], known, now)


def _last_talks(user: User, ids: list[int]) -> Iterable[Activity]:
    rank = Window(RowNumber(), partition_by="company", order_by=[F("at").desc(), F("pk").desc()])
    rows = (
        Activity.objects.visible_to(user).filter(company__in=ids).annotate(rank=rank).filter(rank__lte=TALKS)
    )
    return rows.select_related("by", "contact").defer("search_text", "search_grams").order_by("-at", "-pk")
