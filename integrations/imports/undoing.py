"""The way back: what an import made goes into the bin, what it filled in gets what it held before, at any later time.

The row history knows both, since every row that the import wrote carries its name there (`tracing`). What somebody has
worked with since stays, and is named with the reason (`ImportKept`). Records that were joined with others meanwhile are
followed to where they live on. Done by a worker in slices, leaves first: who still has children stays for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts import undoing as of_accounts
from accounts.models import Company, CompanyName, Contact, Division, FurtherValue, Position, Site
from activities.models import Activity, Todo
from integrations.imports import outcome, staying, tracing, trail, undoing_own
from integrations.imports.import_events import ImportEvent
from integrations.models import Import
from leads import undoing as of_leads
from leads.models import Lead
from pipeline import undoing as of_deals
from pipeline.models import CriterionAnswer, Deal, DealFile
from staff import events, versions
from staff.models import CustomValue, User

Values = dict[str, Any]

_LINKS = {"company_id": Company, "contact_id": Contact}


class NotUndoable(Exception):
    """The import has not come in, is being undone already, or came in before imports left their trace."""


@dataclass(frozen=True)
class Part:
    """One table that imports write: how its rows go, how they are given back, and who else may need them."""

    model: type[Model]
    remove: Callable[..., None] | None = None
    restore: Callable[..., None] | None = None
    # Rows that hang on the record: model, the link's name, further conditions.
    needed_by: tuple[tuple[Any, str, Values], ...] = ()
    # Instead of all that.
    take_back: Callable[[Import, Sequence[trail.Touched]], None] | None = None

    @property
    def label(self) -> str:
        return str(self.model._meta.model_name)


_LIVES: Values = {"deleted_at": None}
# Somebody worked there once; where people work now, their own record says.
_WORKS: Values = {"contact__deleted_at": None, "until_on__isnull": False}
PARTS = (
    Part(
        Deal, of_deals.remove_deals, of_deals.restore_deals,
        ((Activity, "deal", {}), (DealFile, "deal", _LIVES), (CriterionAnswer, "deal", {}), (Todo, "deal", {}), (Lead, "deal", _LIVES)),
    ),
    Part(
        Lead, of_leads.remove_leads, of_leads.restore_leads,
        ((Activity, "lead", {}), (Todo, "lead", {"done_at__isnull": False}), (Todo, "lead", {"origin": None})),
    ),
    Part(
        Contact, of_accounts.remove_contacts, of_accounts.restore_contacts,
        ((Deal, "contact", _LIVES), (Lead, "contact", _LIVES), (Activity, "contact", {})),
    ),
    Part(CompanyName, lambda rows, *, by, source: of_accounts.remove_names([row.pk for row in rows])),
    Part(FurtherValue, lambda rows, *, by, source: of_accounts.forget_values([row.pk for row in rows])),
    Part(Site, of_accounts.remove_places, None, ((Contact, "site", _LIVES), (Deal, "site", _LIVES), (Position, "site", _WORKS))),
    Part(
        Division, of_accounts.remove_places, None,
        ((Contact, "division", _LIVES), (Deal, "division", _LIVES), (Site, "division", _LIVES), (Position, "division", _WORKS)),
    ),
    Part(
        Company, of_accounts.remove_companies, of_accounts.restore_companies,
        ((Contact, "company", _LIVES), (Deal, "company", _LIVES), (Lead, "company", _LIVES), (Activity, "company", {}),
         (Todo, "company", {}), (Site, "company", _LIVES), (Division, "company", _LIVES)),
    ),
    Part(CustomValue, take_back=undoing_own.take_back),
)  # fmt: skip


@transaction.atomic
def begin(batch: Import, *, by: User, seen: int, for_workers: bool = True) -> Import:
    """The person's word that the import is to be undone; workers do it. The same word twice is said once."""
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state in (Import.State.UNDOING, Import.State.UNDONE):
        return batch
    if not batch.can_be_undone:
        raise NotUndoable
    versions.require(batch, seen)
    batch.state, batch.undone_by = Import.State.UNDOING, by
    batch.moved_at = timezone.now()
    batch.undone = {
        "phase": 0, "after": 0, "removed": {}, "restored": 0, "kept": 0, "done": 0, "began": batch.moved_at.isoformat(),
    }  # fmt: skip
    batch.version += 1
    batch.save()
    if for_workers:
        events.record(ImportEvent.UNDO_ASKED, batch, by=by, name=batch.name)
    return batch


def undo_slice(batch: Import) -> None:
    """Takes back the next some hundred rows of one table; after the last table the import is undone."""
    assert batch.undone_by is not None
    if "total" not in batch.undone:
        # Apart from the first rows, so that a page can tell how far it is from the beginning on.
        batch.undone["total"] = sum(trail.count(part.model, batch.trace) for part in PARTS)
        return
    with tracing.under(f"{batch.trace}-undo", batch.undone_by.pk):
        while batch.undone["phase"] < len(PARTS):
            part = PARTS[batch.undone["phase"]]
            touched = trail.touched(part.model, batch.trace, batch.undone["after"])
            if touched:
                if part.take_back:
                    part.take_back(batch, touched)
                else:
                    _take_back(batch, part, touched)
                batch.undone |= {"after": touched[-1].pk, "done": batch.undone.get("done", 0) + len(touched)}
                return
            batch.undone |= {"phase": batch.undone["phase"] + 1, "after": 0}
        _take_back_the_rest(batch)
    batch.state, batch.undone_at = Import.State.UNDONE, timezone.now()
    told = {name: batch.undone[name] for name in ("removed", "restored", "kept")}
    events.record(ImportEvent.UNDONE, batch, by=batch.undone_by, name=batch.name, **told)


def _take_back_the_rest(batch: Import) -> None:
    """Touches of leads that stay, and questions that nobody has answered."""
    made = batch.rows.exclude(made=[]).values_list("made", flat=True)
    touches = [pk for row in made for kind, pk in row if kind == "touch"]
    if gone := of_leads.remove_touches(touches):
        batch.undone["removed"] |= {"touch": gone}
    if batch.started_at:
        until = (batch.finished_at or timezone.now()) + timedelta(seconds=1)
        of_accounts.forget_questions(batch.name[:80], batch.started_at, until)


def _take_back(batch: Import, part: Part, touched: Sequence[trail.Touched]) -> None:
    rows: dict[int, Any] = {
        row.pk: row
        for row in part.model._default_manager.select_for_update(of=("self",))
        .filter(pk__in=[t.pk for t in touched])
        .order_by("pk")
    }
    here = [t for t in touched if t.pk in rows and getattr(rows[t.pk], "deleted_at", None) is None]
    made = [t for t in here if t.is_made]
    kept = _kept_for_a_reason(batch, part, made, rows)
    going = [rows[t.pk] for t in made if t.pk not in kept]
    if part.model in (CompanyName, FurtherValue):
        going = _of_others(going, batch.trace)
    if going and part.remove:
        part.remove(going, by=batch.undone_by, source=batch.name[:80])
    restored = _give_back(batch, part, [t for t in here if not t.is_made], rows, kept)
    if part.model not in (CompanyName, FurtherValue):
        staying.write_down(batch, part.label, rows, kept)
    removed = batch.undone["removed"]
    if going:
        removed[part.label] = removed.get(part.label, 0) + len(going)
    batch.undone |= {"removed": removed, "restored": batch.undone["restored"] + restored}


# What was made ---------------------------------------------------------------------------------


def _of_others(rows: Sequence[Any], trace: str) -> list[Any]:
    """Names and values of companies that were there before: those of a company that the import made stay with it.

    So do those that a person struck out: the list may come again.
    """
    made = {t.pk for t in trail.touched(Company, trace, only=[row.company_id for row in rows]) if t.is_made}
    return [row for row in rows if row.company_id not in made and row.struck_at is None]


def _kept_for_a_reason(
    batch: Import, part: Part, made: Sequence[trail.Touched], rows: dict[int, Any]
) -> dict[int, tuple[str, Values]]:
    """Of the rows that the import made those that somebody works with: pk → reason and what belongs to it."""
    kept: dict[int, tuple[str, Values]] = {}
    trace, resolve = batch.trace, _resolver(made, rows)
    own = undoing_own.edited(batch, part.label, {t.pk: rows[t.pk] for t in made})
    for t in made:
        differing = [
            name for name in t.after
            if name not in trail.DERIVED and trail.now(rows[t.pk], name) != t.after[name]
            and not (name in _LINKS and resolve(name, t.after[name]) == trail.now(rows[t.pk], name))
        ]  # fmt: skip
        if differing and hasattr(rows[t.pk], "merged_into_id"):
            differing = _not_from_a_merge(part, t, rows[t.pk], differing, trace)
        if differing:
            kept[t.pk] = ("edited", {"fields": differing, **trail.last_hand(part.model, t.pk, trace)})
        elif t.pk in own:
            kept[t.pk] = ("edited", own[t.pk])
        elif (into := getattr(rows[t.pk], "merged_into_id", None)) and not _was_made_by(
            part.model, into, trace
        ):
            kept[t.pk] = ("merged", {"into": into, **trail.last_hand(part.model, t.pk, trace)})
    free = [t.pk for t in made if t.pk not in kept]
    for model, link, conditions in part.needed_by:
        needing = model._default_manager.filter(**{f"{link}__in": free}, **conditions).order_by()
        for pk in needing.values_list(f"{link}_id", flat=True).distinct():
            kept.setdefault(pk, ("in_use", {"of": model._meta.model_name}))
    return kept


def _not_from_a_merge(part: Part, t: trail.Touched, row: Any, differing: list[str], trace: str) -> list[str]:
    """Without fields whose value came from a record of the same import that was joined with this one."""
    absorbed = part.model._default_manager.filter(merged_into=row).values_list("pk", flat=True)
    brought = [
        other.after for other in trail.touched(part.model, trace, only=list(absorbed)) if other.is_made
    ]
    return [
        name for name in differing if all(trail.now(row, name) != values.get(name) for values in brought)
    ]  # fmt: skip


def _was_made_by(model: type[Model], pk: int, trace: str) -> bool:
    final = outcome.surviving(model, [pk]).get(pk, pk)
    return any(t.is_made for t in trail.touched(model, trace, only=[final]))


def _resolver(made: Sequence[trail.Touched], rows: dict[int, Any]) -> Callable[[str, int | None], int | None]:
    """Where the linked record lives on, of links that are not what they were."""
    moved: dict[str, dict[int | None, int]] = {}
    for name, model in _LINKS.items():
        changed = [
            t.after[name] for t in made if name in t.after and trail.now(rows[t.pk], name) != t.after[name]
        ]
        moved[name] = outcome.surviving(model, changed)
    return lambda name, pk: moved[name].get(pk, pk)  # type: ignore[return-value]


# What was filled in ------------------------------------------------------------------------------


def _give_back(
    batch: Import,
    part: Part,
    filled: Sequence[trail.Touched],
    rows: dict[int, Any],
    kept: dict[int, tuple[str, Values]],
) -> int:
    """Fields that still hold what the import gave them get what they held before. Returns of how many records."""
    if part.restore is None:
        return 0
    changes: list[tuple[Any, Values]] = []
    for t in filled:
        ours = [name for name in t.after if name not in trail.DERIVED]
        same = {name: t.before[name] for name in ours if trail.now(rows[t.pk], name) == t.after[name]}
        other = [name for name in ours if name not in same]
        if same:
            changes.append((rows[t.pk], same))
        if other:
            kept[t.pk] = ("edited", {"fields": other, **trail.last_hand(part.model, t.pk, batch.trace)})
        if getattr(rows[t.pk], "merged_into_id", None) and same:
            changes += _on_the_winner(part, t, same)
    if changes:
        part.restore(changes, by=batch.undone_by, source=batch.name[:80])
    return len(changes)


def _on_the_winner(part: Part, t: trail.Touched, same: Values) -> list[tuple[Any, Values]]:
    """The record lives on in another one: what that took over from it with the import's values goes there, too."""
    final = outcome.surviving(part.model, [t.pk]).get(t.pk)
    winner: Any = part.model._default_manager.select_for_update(of=("self",)).filter(pk=final).first()
    if winner is None:
        return []
    held = _before_taking(part.model, winner.pk, list(same), t.after)
    values = {
        name: held[name]
        for name in same
        if name in held and trail.now(winner, name) == t.after[name] != held[name]
    }
    return [(winner, values)] if values else []


def _before_taking(model: type[Model], pk: int, names: list[str], taken: Values) -> Values:
    """What the record held before it took each of the values, as its history tells."""
    held: Values = {}
    past = None
    for past_row in trail.history(model, pk):
        for name in names:
            if past is not None and past_row.get(name) == taken[name] != past.get(name):
                held[name] = past.get(name)
        past = past_row
    return held
