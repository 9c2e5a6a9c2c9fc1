"""Recording what happened, inside the transaction that makes it happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from crm.lib import keyset
from crm.lib.kept import kept
from staff import access, bulk, deliveries, wording
from staff.current import current
from staff.models import Event, User

_plain = DjangoJSONEncoder()


class OutsideTransaction(RuntimeError):
    """An event belongs to its change; without a transaction one could exist without the other."""


def record(
    kind: str,
    subject: models.Model,
    *,
    by: User,
    at: datetime | None = None,
    company: int | None = None,
    deal: int | None = None,
    lead: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **data: Any,
) -> Event:
    """Writes the event and one delivery per subscriber. `company`, `deal`, `lead` are ids: whose timelines show it.

    What the subject itself tells (`company_id`, `deal_id`, `lead_id`, its own id) need not be given.
    """
    event = build(
        kind, subject, by=by, at=at, company=company, deal=deal, lead=lead, before=before, after=after, **data
    )
    return record_all([event])[0]


def build(
    kind: str,
    subject: models.Model,
    *,
    by: User,
    at: datetime | None = None,
    company: int | None = None,
    deal: int | None = None,
    lead: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **data: Any,
) -> Event:
    """The unsaved event, for callers that record many at once with `record_all`."""
    label = subject._meta.model_name or ""
    about = {"company": company, "deal": deal, "lead": lead}
    for name, given in about.items():
        if given is None:
            about[name] = subject.pk if label == name else getattr(subject, f"{name}_id", None)
    now = current.get()
    return bulk.new(
        Event,
        kind=kind,
        actor_id=by.pk,
        happened_at=at or timezone.now(),
        subject_type=label,
        subject_id=subject.pk,
        company_id=about["company"],
        deal_id=about["deal"],
        lead_id=about["lead"],
        before=_jsonable(before) if before else {},
        after=_jsonable(after) if after else {},
        data=_jsonable(data),
        request_id=now.request_id,
        address=now.address,
    )


def record_all(events: Iterable[Event]) -> list[Event]:
    """Writes many events of one change set-wise, with their deliveries."""
    if not connection.in_atomic_block:
        raise OutsideTransaction
    saved = bulk.create(events)
    deliveries.queue(saved)
    return saved


def timeline(
    user: User,
    *,
    company: int | Sequence[int] | None = None,
    deal: int | None = None,
    lead: int | Sequence[int] | None = None,
) -> QuerySet[Event]:
    """Events of one record, newest first; those of deals and leads that the person may not see are left out.

    A record that has absorbed others is named by its own id and theirs. Each event carries the name of who did it
    (`actor_name`), so that a timeline needs one statement.
    """
    if deal is not None:
        return _of_deal(deal, list(leads_of(user, deal).values_list("pk", flat=True)))
    if lead is not None:
        return _of_lead(lead)
    return _with_actors().filter(
        _is_seen("deal", user), _is_seen("lead", user), **_is_one_of("company_id", company)
    )


def _with_actors() -> QuerySet[Event]:
    actor = User.objects.filter(pk=OuterRef("actor_id")).values("family_name")
    return Event.objects.annotate(actor_name=Subquery(actor)).order_by("-happened_at", "-id")


def _of_lead(leads: int | Sequence[int]) -> QuerySet[Event]:
    return _with_actors().filter(**_is_one_of("lead_id", leads))


def _of_deal(deal: int, leads: Sequence[int]) -> QuerySet[Event]:
    """What was done for the leads that became the deal belongs to its story.

    They are asked for first: with their ids at hand, each half of the condition has its index; as a subquery the newest of
    all events were walked through.
    """
    mine = Q(deal_id=deal)
    return _with_actors().filter(mine | Q(lead_id__in=leads) if leads else mine)


def _is_seen(kind: str, user: User) -> Q:
    """Asked of each event by the key of its record: the person may see a hundred thousand others."""
    record = access.visible(kind, user).filter(pk=OuterRef(f"{kind}_id")).order_by()
    return Q(**{f"{kind}_id__isnull": True}) | Q(Exists(record))


def _is_one_of(column: str, pks: int | Sequence[int] | None) -> dict[str, Any]:
    """One id is asked for alone: only so does the index give the order, too."""
    if pks is None or isinstance(pks, int):
        return {column: pks}
    return {column: pks[0]} if len(pks) == 1 else {f"{column}__in": pks}


PAGE = 30
_NEWEST = ("-happened_at", "-pk")


def page_of(rows: QuerySet[Event], params: Mapping[str, str], size: int = PAGE) -> keyset.Page:
    """One page of a timeline, from where `?events=` says; `?show=` leaves only what was said, or what changed."""
    spoke = Q(kind__in=wording.contact_kinds())
    match params.get("show"):
        case "activities":
            rows = rows.filter(spoke)
        case "changes":
            rows = rows.exclude(spoke)
    return keyset.page(rows, _NEWEST, {"after": params.get("events", "")}, size)


def page_of_deal(deal: int, leads: Sequence[int], params: Mapping[str, str]) -> keyset.Page:
    """`page_of` a deal's timeline, with what was done for the `leads_of` it. Its beginning, which every look at the deal
    asks for, by a statement that is kept.
    """
    if is_beginning(params) and not leads:
        return opened(_newest_of(deal=deal))
    return page_of(_of_deal(deal, leads), params)


def newest_of_lead(leads: Sequence[int]) -> list[Event]:
    """The first page of what was done with a lead, and with those it absorbed, newest first."""
    if len(leads) == 1:
        return _newest_of_lead(lead=leads[0])
    return list(_of_lead(leads)[:PAGE])


@kept
def _newest_of_lead(*, lead: int) -> QuerySet[Event]:
    return _of_lead(lead)[:PAGE]


def is_beginning(params: Mapping[str, str]) -> bool:
    """Whether the page asked for is the first one, of everything."""
    return not params.get("events") and not params.get("show")


@kept
def _newest_of(*, deal: int) -> QuerySet[Event]:
    return opening(_of_deal(deal, []))


def opening(rows: QuerySet[Event]) -> QuerySet[Event]:
    """What the first page of a timeline reads, for a statement that is kept; `opened` makes the page of it."""
    return keyset.opening(rows, _NEWEST, PAGE)


def opened(found: Sequence[Event]) -> keyset.Page:
    return keyset.opened(found, _NEWEST, PAGE)


def leads_of(user: User, deal: Any) -> QuerySet[Any]:
    """The leads that became the deal, as far as the person sees them."""
    return access.visible("lead", user).filter(deal=deal).order_by()


def _jsonable(values: dict[str, Any]) -> dict[str, Any]:
    """Dates, decimals, lazy texts and model instances (as ids) in a form that JSON takes."""
    return {key: _plain_value(value) for key, value in values.items()}


def _plain_value(value: Any) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dict):
        return _jsonable(value)
    if isinstance(value, list | tuple | set):
        return [_plain_value(v) for v in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return _plain.default(value)
