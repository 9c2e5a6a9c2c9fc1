"""The way back: what an import made goes into the bin, what it filled in gets what it held before, at any later time.

The row history knows both, since every row that the import wrote carries its name there (`tracing`). What somebody has
worked with since stays, and is named with the reason (`ImportKept`). Records that were joined with others meanwhile are
followed to where they live on. Done by a worker in slices, leaves first: who still has children stays for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from accounts import undoing as of_accounts
from accounts.models import Company, CompanyName, Contact, Division, FurtherValue, Position, Site
from activities.models import Activity, Todo
from integrations.imports import outcome, tracing
from integrations.imports.import_events import ImportEvent
from integrations.models import Import, ImportKept, ImportRow
from leads import undoing as of_leads
from leads.models import Lead
from pipeline import undoing as of_deals
from pipeline.models import CriterionAnswer, Deal, DealFile
from staff import events, row_history, versions
from staff.models import User

AT_ONCE = 500
Values = dict[str, Any]

# Computed from others, or kept by other people's doings: no one's edit of the record.
_DERIVED = {
    "id", "version", "created_at", "deleted_at", "merged_into_id", "search_text", "search_grams", "name_key", "sort_key",
    "person_key", "struck_at", "last_activity_at", "score", "score_reasons", "breach_alerted_at", "clock_rule_id", "team_id",
    "first_contact_due_at", "probability", "weighted_amount", "stalls_on", "stall_alerted_for", "criteria_met",
    "criteria_total", "met_ids", "lacking_ids", "bare_ids", "activity_kinds", "next_action_on", "next_action_kind", "stage_entered_at",
}  # fmt: skip
_LINKS = {"company_id": Company, "contact_id": Contact}


class NotUndoable(Exception):
    """The import has not come in, is being undone already, or came in before imports left their trace."""


@dataclass(frozen=True)
class Part:
    """One table that imports write: how its rows go, how they are given back, and who else may need them."""

    model: type[Model]
    remove: Callable[..., None]
    restore: Callable[..., None] | None = None
    # Rows that hang on the record: model, the link's name, further conditions.
    needed_by: tuple[tuple[Any, str, Values], ...] = ()

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
)  # fmt: skip


@dataclass
class Touched:
    """A row that the import wrote: whether it made it, and each field as it was before and as the import left it."""

    pk: int
    is_made: bool = False
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


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
    batch.undone = {"phase": 0, "after": 0, "removed": {}, "restored": 0, "kept": 0}
    batch.version += 1
    batch.save()
    if for_workers:
        events.record(ImportEvent.UNDO_ASKED, batch, by=by, name=batch.name)
    return batch


def undo_slice(batch: Import) -> None:
    """Takes back the next some hundred rows of one table; after the last table the import is undone."""
    assert batch.undone_by is not None
    with tracing.under(f"{batch.trace}-undo", batch.undone_by.pk):
        while batch.undone["phase"] < len(PARTS):
            part = PARTS[batch.undone["phase"]]
            touched = _touched(part.model, batch.trace, batch.undone["after"])
            if touched:
                _take_back(batch, part, touched)
                batch.undone["after"] = touched[-1].pk
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
    of_leads.remove_touches(touches)
    if batch.started_at:
        until = (batch.finished_at or timezone.now()) + timedelta(seconds=1)
        of_accounts.forget_questions(batch.name[:80], batch.started_at, until)


def _take_back(batch: Import, part: Part, touched: Sequence[Touched]) -> None:
    rows: dict[int, Any] = {
        row.pk: row
        for row in part.model._default_manager.select_for_update(of=("self",))
        .filter(pk__in=[t.pk for t in touched])
        .order_by("pk")
    }
    here = [t for t in touched if t.pk in rows and getattr(rows[t.pk], "deleted_at", None) is None]
    made = [t for t in here if t.is_made]
    kept = _kept_for_a_reason(part, made, rows, batch.trace)
    going = [rows[t.pk] for t in made if t.pk not in kept]
    if part.model in (CompanyName, FurtherValue):
        going = _of_others(going, batch.trace)
    if going:
        part.remove(going, by=batch.undone_by, source=batch.name[:80])
    restored = _give_back(batch, part, [t for t in here if not t.is_made], rows, kept)
    _keep(batch, part, rows, kept)
    removed = batch.undone["removed"]
    if going:
        removed[part.label] = removed.get(part.label, 0) + len(going)
    batch.undone |= {"removed": removed, "restored": batch.undone["restored"] + restored}


# What was made ---------------------------------------------------------------------------------


def _of_others(rows: Sequence[Any], trace: str) -> list[Any]:
    """Names and values of companies that were there before: those of a company that the import made stay with it.

    So do those that a person struck out: the list may come again.
    """
    made = {t.pk for t in _touched(Company, trace, only=[row.company_id for row in rows]) if t.is_made}
    return [row for row in rows if row.company_id not in made and row.struck_at is None]


def _kept_for_a_reason(
    part: Part, made: Sequence[Touched], rows: dict[int, Any], trace: str
) -> dict[int, tuple[str, Values]]:
    """Of the rows that the import made those that somebody works with: pk → reason and what belongs to it."""
    kept: dict[int, tuple[str, Values]] = {}
    resolve = _resolver(made, rows)
    for t in made:
        differing = [
            name for name in t.after
            if name not in _DERIVED and _now(rows[t.pk], name) != t.after[name]
            and not (name in _LINKS and resolve(name, t.after[name]) == _now(rows[t.pk], name))
        ]  # fmt: skip
        if differing and hasattr(rows[t.pk], "merged_into_id"):
            differing = _not_from_a_merge(part, t, rows[t.pk], differing, trace)
        if differing:
            kept[t.pk] = ("edited", {"fields": differing, **_last_hand(part.model, t.pk, trace)})
        elif (into := getattr(rows[t.pk], "merged_into_id", None)) and not _was_made_by(
            part.model, into, trace
        ):
            kept[t.pk] = ("merged", {"into": into, **_last_hand(part.model, t.pk, trace)})
    free = [t.pk for t in made if t.pk not in kept]
    for model, link, conditions in part.needed_by:
        needing = model._default_manager.filter(**{f"{link}__in": free}, **conditions).order_by()
        for pk in needing.values_list(f"{link}_id", flat=True).distinct():
            kept.setdefault(pk, ("in_use", {"of": model._meta.model_name}))
    return kept


def _not_from_a_merge(part: Part, t: Touched, row: Any, differing: list[str], trace: str) -> list[str]:
    """Without fields whose value came from a record of the same import that was joined with this one."""
    absorbed = part.model._default_manager.filter(merged_into=row).values_list("pk", flat=True)
    brought = [other.after for other in _touched(part.model, trace, only=list(absorbed)) if other.is_made]
    return [
        name for name in differing if all(_now(row, name) != values.get(name) for values in brought)
    ]  # fmt: skip


def _was_made_by(model: type[Model], pk: int, trace: str) -> bool:
    final = outcome.surviving(model, [pk]).get(pk, pk)
    return any(t.is_made for t in _touched(model, trace, only=[final]))


def _resolver(made: Sequence[Touched], rows: dict[int, Any]) -> Callable[[str, int | None], int | None]:
    """Where the linked record lives on, of links that are not what they were."""
    moved: dict[str, dict[int | None, int]] = {}
    for name, model in _LINKS.items():
        changed = [t.after[name] for t in made if name in t.after and _now(rows[t.pk], name) != t.after[name]]
        moved[name] = outcome.surviving(model, changed)
    return lambda name, pk: moved[name].get(pk, pk)  # type: ignore[return-value]


# What was filled in ------------------------------------------------------------------------------


def _give_back(
    batch: Import,
    part: Part,
    filled: Sequence[Touched],
    rows: dict[int, Any],
    kept: dict[int, tuple[str, Values]],
) -> int:
    """Fields that still hold what the import gave them get what they held before. Returns of how many records."""
    if part.restore is None:
        return 0
    changes: list[tuple[Any, Values]] = []
    for t in filled:
        ours = [name for name in t.after if name not in _DERIVED]
        same = {name: t.before[name] for name in ours if _now(rows[t.pk], name) == t.after[name]}
        other = [name for name in ours if name not in same]
        if same:
            changes.append((rows[t.pk], same))
        if other:
            kept[t.pk] = ("edited", {"fields": other, **_last_hand(part.model, t.pk, batch.trace)})
        if getattr(rows[t.pk], "merged_into_id", None) and same:
            changes += _on_the_winner(part, t, same)
    if changes:
        part.restore(changes, by=batch.undone_by, source=batch.name[:80])
    return len(changes)


def _on_the_winner(part: Part, t: Touched, same: Values) -> list[tuple[Any, Values]]:
    """The record lives on in another one: what that took over from it with the import's values goes there, too."""
    final = outcome.surviving(part.model, [t.pk]).get(t.pk)
    winner: Any = part.model._default_manager.select_for_update(of=("self",)).filter(pk=final).first()
    if winner is None:
        return []
    held = _before_taking(part.model, winner.pk, list(same), t.after)
    values = {
        name: held[name]
        for name in same
        if name in held and _now(winner, name) == t.after[name] != held[name]
    }
    return [(winner, values)] if values else []


def _before_taking(model: type[Model], pk: int, names: list[str], taken: Values) -> Values:
    """What the record held before it took each of the values, as its history tells."""
    held: Values = {}
    past = None
    for past_row in _history(model, pk):
        for name in names:
            if past is not None and past_row.get(name) == taken[name] != past.get(name):
                held[name] = past.get(name)
        past = past_row
    return held


# The row history ---------------------------------------------------------------------------------


def _table_of(model: type[Model]) -> str:
    return connection.ops.quote_name(
        next(table for tracked, table in row_history.histories() if tracked is model)
    )


def _touched(model: type[Model], trace: str, after: int = 0, only: list[int] | None = None) -> list[Touched]:
    """The next rows of the table that the trace wrote, by their ids, with what it changed."""
    if only == []:
        return []
    table = _table_of(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH wanted AS (
                SELECT DISTINCT pgh_obj_id FROM {table} WHERE pgh_context->>'request' = %s AND pgh_obj_id > %s
                AND (%s::bigint[] IS NULL OR pgh_obj_id = ANY(%s)) ORDER BY pgh_obj_id LIMIT %s
            )
            SELECT h.pgh_obj_id, h.pgh_label, to_jsonb(h), (
                SELECT to_jsonb(p) FROM {table} p WHERE p.pgh_obj_id = h.pgh_obj_id AND p.pgh_id < h.pgh_id
                ORDER BY p.pgh_id DESC LIMIT 1
            ) FROM wanted JOIN {table} h USING (pgh_obj_id) WHERE h.pgh_context->>'request' = %s
            ORDER BY h.pgh_obj_id, h.pgh_id""",  # noqa: S608 (tables of ours)
            [trace, after, only, only, AT_ONCE, trace],
        )
        found: dict[int, Touched] = {}
        for pk, label, now, past in cursor.fetchall():
            t = found.setdefault(pk, Touched(pk))
            now, past = row_history._loaded(now), row_history._loaded(past)
            t.is_made = t.is_made or label == "insert"
            for name, value in now.items():
                if not name.startswith("pgh_") and (label == "insert" or value != past.get(name)):
                    t.before.setdefault(name, past.get(name))
                    t.after[name] = value
    return list(found.values())


def _history(model: type[Model], pk: int) -> list[Values]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(h) FROM {_table_of(model)} h WHERE pgh_obj_id = %s ORDER BY pgh_id",  # noqa: S608
            [pk],
        )
        return [row_history._loaded(row) for (row,) in cursor.fetchall()]


def _last_hand(model: type[Model], pk: int, trace: str) -> Values:
    """Who changed the record last besides the import, and when."""
    for row in reversed(_history(model, pk)):
        context = row.get("pgh_context") or {}
        if context.get("request") not in (trace, f"{trace}-undo"):
            return {"by": context.get("user"), "at": row["pgh_created_at"]}
    return {}


def _now(row: Any, name: str) -> Any:
    """The field as the history writes it."""
    value = getattr(row, name)
    if value is None or isinstance(value, str | bool | int | list | dict):
        return value
    if hasattr(value, "isoformat"):
        return _Moment(value)
    return int(value) if value == value.to_integral_value() else float(value)


class _Moment(str):
    """A day or a moment as text, equal to the same one written in another zone."""

    def __new__(cls, value: Any) -> _Moment:
        return super().__new__(cls, value.isoformat())

    def __eq__(self, other: object) -> bool:
        return str(self) == other or (isinstance(other, str) and _parsed(str(self)) == _parsed(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def _parsed(text: str) -> Any:
    from django.utils.dateparse import parse_date, parse_datetime

    moment = parse_datetime(text)
    return (moment if moment.tzinfo else timezone.make_aware(moment)) if moment else parse_date(text)


# What stays --------------------------------------------------------------------------------------


def _keep(batch: Import, part: Part, rows: dict[int, Any], kept: dict[int, tuple[str, Values]]) -> None:
    """Writes down what stays, with the line that brought it."""
    shown = {pk: why for pk, why in kept.items() if part.label not in ("companyname", "furthervalue")}
    if not shown:
        return
    lines: dict[int, int] = {}
    if hasattr(ImportRow, part.label):
        links = batch.rows.filter(**{f"{part.label}__in": list(shown)}).order_by("-line")
        lines = dict(links.values_list(f"{part.label}_id", "line"))
    ImportKept.objects.bulk_create(
        ImportKept(
            batch=batch, subject_type=part.label, subject_id=pk, line=lines.get(pk),
            name=str(rows[pk])[:200], reason=reason, params=params,
        )
        for pk, (reason, params) in shown.items()
    )  # fmt: skip
    batch.undone["kept"] += len(shown)
