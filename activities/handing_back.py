"""Taking a handover back: one step for all of its accounts. What somebody changed since stays, and is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import companies as company_changes
from accounts.models import Company
from activities.activity_events import HandoverEvent
from activities.models import Handover, Todo
from leads import editing
from leads.models import Lead
from pipeline import deals as deal_changes
from pipeline.models import Deal
from staff import access, events, notices
from staff.models import Event, User

# So long whoever did it takes it back like any other slip, though the accounts are not theirs any more.
SLIP = timedelta(hours=24)


class NotUndoable(Exception):
    """It was taken back already, or nobody is there to get it back; in words."""


@access.rule("take back handover")
def may_take_back(user: User, handover: Handover) -> str:
    """Who has the accounts now, and the managers above; on the first day also whoever handed them over."""
    if user.pk == handover.by_id and user.is_active and timezone.now() < handover.at + SLIP:
        return ""
    taker = handover.taker
    return "" if access.may_edit_owned(user, taker.pk, taker.team_id) else access.not_yours()


def why_not(handover: Handover) -> str:
    """Why nobody can take it back (any more); "" when it can be."""
    if _taken_back(handover).exists():
        return _("This handover was taken back already.")
    if handover.giver is not None and not handover.giver.is_active:
        return _("%(person)s does not work here any more.") % {"person": handover.giver.full_name}
    return ""


def _taken_back(handover: Handover) -> Any:
    """What happened when it was taken back: one event for each account, and one more where workers did it."""
    kinds = [HandoverEvent.UNDONE, HandoverEvent.UNDO_ASKED]
    of_all = Q(subject_type="handover", subject_id=handover.pk)
    return Event.objects.filter(of_all | Q(data__handover=handover.pk), kind__in=kinds)


def locked(pk: int) -> Handover:
    """The handover with its people, locked: slices of it are done one after the other."""
    rows = Handover.objects.select_for_update(of=("self",)).select_related(
        "giver__team", "taker__team", "by__team"
    )
    return rows.get(pk=pk)


def require_possible(handover: Handover, *, by: User) -> None:
    """Raises PermissionDenied or NotUndoable."""
    access.require(by, "take back handover", handover)
    if reason := why_not(handover):
        raise NotUndoable(reason)


@transaction.atomic
def take_back(handover: Handover, *, by: User, at: datetime | None = None) -> int:
    """Accounts, deals, leads and todos go back to who gave them, each as far as it is still as the handover left it.

    Returns how many stay where they are now. What came since stays with the taker.
    """
    handover = locked(handover.pk)
    require_possible(handover, by=by)
    stay = give_back(handover, handover.companies.values_list("company", flat=True), by=by, at=at)
    tell(handover)
    return stay


def give_back(handover: Handover, ids: Iterable[int], *, by: User, at: datetime | None = None) -> int:
    """These of its accounts. Returns how many records stay."""
    told = Event.objects.filter(kind=HandoverEvent.DONE, data__handover=handover.pk, company_id__in=list(ids))
    moved_of = {event.company_id: event.data.get("moved", {}) for event in told}
    rows = Company.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
    return sum(_give_back(company, handover, moved_of.get(company.pk, {}), by=by, at=at) for company in rows)


def tell(handover: Handover) -> None:
    """Both hear that it was taken back."""
    both = [person for person in (handover.giver, handover.taker) if person]
    notices.tell(
        both, topic=f"handover {handover.pk} back", kind="handover", url=handover.get_absolute_url(),
        text=gettext_noop("The handover from %(giver)s to %(taker)s was taken back"),
        taker=handover.taker.full_name, giver=handover.giver.full_name if handover.giver else "—",
    )  # fmt: skip


def _give_back(
    company: Company, handover: Handover, moved: dict[str, list[int]], *, by: User, at: datetime | None
) -> int:
    giver, taker = handover.giver, handover.taker
    kept: dict[str, list[int]] = {}
    if company.owner_id == taker.pk and not company.merged_into_id and not company.deleted_at:
        company_changes.edit_company(company, {"owner": giver}, {}, by=by, at=at)
    elif company.owner_id != handover.giver_id:
        kept["company"] = [company.pk]
    if giver is not None:
        kept |= {"deals": _deals(moved, giver, taker, by), "leads": _leads(moved, giver, taker, by, at)}
        todos = Todo.objects.open().filter(pk__in=moved.get("todos", []), owner=taker)
        # A todo goes with its deal, and stays with one that stays.
        todos.exclude(deal__in=kept["deals"]).update(owner=giver, team=giver.team_id)
    events.record(
        HandoverEvent.UNDONE, company, by=by, at=at, handover=handover.pk,
        kept={kind: pks for kind, pks in kept.items() if pks},
        before={"owner": taker.pk}, after={"owner": handover.giver_id},
        giver=giver.full_name if giver else "—", taker=taker.full_name,
    )  # fmt: skip
    return sum(len(pks) for pks in kept.values())


def _deals(moved: dict[str, list[int]], giver: User, taker: User, by: User) -> list[int]:
    """Gives back the open ones that are still the taker's; returns the others, unless the giver has them again."""
    kept = []
    for deal in Deal.objects.select_for_update().filter(pk__in=moved.get("deals", [])).order_by("pk"):
        is_left = deal.owner_id == taker.pk and deal.closed_at is None and deal.deleted_at is None
        if not (is_left and _may_get(lambda deal=deal: deal_changes.give(deal, giver, by=by, todos=False))):
            kept += [deal.pk] if deal.owner_id != giver.pk else []
    return kept


def _leads(moved: dict[str, list[int]], giver: User, taker: User, by: User, at: datetime | None) -> list[int]:
    kept = []
    for lead in Lead.objects.filter(pk__in=moved.get("leads", [])).order_by("pk"):
        is_left = lead.owner_id == taker.pk and lead.deleted_at is None and lead.state in Lead.OPEN
        if not (is_left and _may_get(lambda lead=lead: editing.assign(lead, giver, by=by, at=at))):
            kept += [lead.pk] if lead.owner_id != giver.pk else []
    return kept


def _may_get(give: Any) -> bool:
    """False for what belongs to a company that the giver may not see any more: it would vanish before them."""
    try:
        with transaction.atomic():
            give()
    except PermissionDenied:
        return False
    return True


@dataclass(frozen=True)
class Kept:
    """Something that was changed after the handover and stayed: it, and with whom it is now."""

    record: Any
    owner: User | None


def kept(handover: Handover, user: User) -> list[Kept] | None:
    """What stayed when the handover was taken back, as far as the reader may see it; None when it was not taken back."""
    told = list(_taken_back(handover))
    if not told:
        return None
    pks: dict[str, list[int]] = defaultdict(list)
    for event in told:
        for kind, some in event.data.get("kept", {}).items():
            pks[kind] += some
    rows: Iterable[Any] = (
        *Company.objects.visible_to(user).filter(pk__in=pks["company"]).select_related("owner"),
        *Deal.objects.visible_to(user).filter(pk__in=pks["deals"]).select_related("owner", "company"),
        *Lead.objects.visible_to(user).filter(pk__in=pks["leads"]).select_related("owner", "company"),
    )
    return [Kept(row, row.owner) for row in rows]
