"""The company's two lists of reasons, why deals are won and why they are lost: rows that administrators keep.

A reason that a deal names is never deleted: it is renamed (everywhere at once) or retired (offered no longer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Func, IntegerField, Max, OuterRef, ProtectedError

from crm.lib.text import clean_text
from pipeline.deal_events import StageEvent
from pipeline.models import Deal, LossReason, WinReason
from staff import events, versions
from staff.models import User

Reason = WinReason | LossReason
LISTS: dict[str, type[Any]] = {"won": WinReason, "lost": LossReason}


COUNT_LIMIT = 1000


class Cardinality(Func):
    """How many elements an array has."""

    function = "CARDINALITY"
    output_field = IntegerField()


class InUse(Exception):
    """Deals name this reason, so it can only be retired."""


@dataclass(frozen=True)
class Line:
    """A reason as the settings page shows it."""

    reason: Any
    used: int

    @property
    def is_beyond(self) -> bool:
        return self.used > COUNT_LIMIT


def lines(outcome: str) -> list[Line]:
    """The list with how many deals name each (up to 1,001), those in use first; one statement."""
    field = "win_reason" if outcome == "won" else "loss_reason"
    named = Deal.objects.filter(**{field: OuterRef("pk")}).order_by().values("pk")[: COUNT_LIMIT + 1]
    used = Cardinality(ArraySubquery(named))
    rows = LISTS[outcome].objects.annotate(used=used).order_by("-is_active", "position", "pk")
    return [Line(row, row.used) for row in rows]


@transaction.atomic
def add(outcome: str, name_ja: str, name_en: str, *, by: User) -> Any:
    """A further reason, at the end of its list."""
    model = LISTS[outcome]
    last = model.objects.aggregate(last=Max("position"))["last"] or 0
    reason = model(
        name_ja=clean_text(name_ja).strip(), name_en=clean_text(name_en).strip(), position=last + 1
    )
    reason.code = _free_code(model)
    reason.save()
    _tell(StageEvent.REASON_ADDED, reason, outcome, by)
    return reason


@transaction.atomic
def rename(outcome: str, reason: Any, name_ja: str, name_en: str, *, by: User, seen: int) -> Any:
    """Another name for the same reason, also on deals that were closed with it. Raises Stale."""
    reason = LISTS[outcome].objects.select_for_update().get(pk=reason.pk)
    versions.require(reason, seen)
    before = {"name_ja": reason.name_ja, "name_en": reason.name_en}
    after = {"name_ja": clean_text(name_ja).strip(), "name_en": clean_text(name_en).strip()}
    if before == after:
        return reason
    reason.name_ja, reason.name_en = after["name_ja"], after["name_en"]
    reason.version += 1
    reason.save(update_fields=["name_ja", "name_en", "version"])
    _tell(StageEvent.REASON_RENAMED, reason, outcome, by, before=before, after=after)
    return reason


@transaction.atomic
def set_active(outcome: str, reason: Any, is_active: bool, *, by: User) -> Any:
    """Retires a reason, or offers it again. Deals that name it keep it."""
    reason = LISTS[outcome].objects.select_for_update().get(pk=reason.pk)
    if reason.is_active == is_active:
        return reason
    reason.is_active = is_active
    reason.version += 1
    reason.save(update_fields=["is_active", "version"])
    kind = StageEvent.REASON_OFFERED if is_active else StageEvent.REASON_RETIRED
    _tell(kind, reason, outcome, by)
    return reason


@transaction.atomic
def place(outcome: str, reason: Any, step: int, *, by: User) -> None:
    """Up (-1) or down (1) among those in use."""
    rows = list(LISTS[outcome].objects.select_for_update().filter(is_active=True).order_by("position", "pk"))
    here = next((n for n, row in enumerate(rows) if row.pk == reason.pk), None)
    if here is None or not 0 <= here + step < len(rows):
        return
    rows[here], rows[here + step] = rows[here + step], rows[here]
    for position, row in enumerate(rows, 1):
        row.position = position
    LISTS[outcome].objects.bulk_update(rows, ["position"])
    _tell(StageEvent.REASONS_ORDERED, reason, outcome, by)


@transaction.atomic
def delete(outcome: str, reason: Any, *, by: User) -> None:
    """Takes a reason out for good, as long as no deal ever named it. Raises InUse."""
    reason = LISTS[outcome].objects.select_for_update().get(pk=reason.pk)
    if reason.deals.exists():
        raise InUse
    _tell(StageEvent.REASON_DELETED, reason, outcome, by)
    try:
        reason.delete()
    except ProtectedError as problem:
        raise InUse from problem


def _free_code(model: type[Any]) -> str:
    """A short name for addresses and lists, made once and never changed."""
    last = model.objects.aggregate(last=Max("pk"))["last"] or 0
    return f"reason-{last + 1}"


def _tell(kind: StageEvent, reason: Any, outcome: str, by: User, **changes: Any) -> None:
    events.record(
        kind, reason, by=by, outcome=outcome, name_ja=reason.name_ja, name_en=reason.name_en, **changes
    )
