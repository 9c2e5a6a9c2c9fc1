"""Two records become one: values by choice, and everything that pointed to the loser points to the winner."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, TextField
from django.utils import timezone

from accounts.company_events import MergeEvent
from accounts.merging import kinds, locking, newcomers, own_columns, relations
from accounts.merging.journal import Journal, field_of, plain
from accounts.merging.kinds import Kind
from accounts.merging.refusals import Absorbed
from accounts.merging.relations import Relation, Treatment
from accounts.models import DuplicatePair, Merge
from staff import events, versions
from staff.models import User

Picks = dict[str, Any]


@transaction.atomic
def merge(
    winner: Any,
    loser: Any,
    *,
    by: User,
    picks: Picks | None = None,
    pair: DuplicatePair | None = None,
    seen: tuple[int, int] | None = None,
    at: datetime | None = None,
) -> Merge:
    """The loser lives on in the winner, until `unmerge`. Raises Refused, and Stale when one of them was edited since.

    `picks`: field → "winner", "loser", "both" (of notes) or a value; what is not picked fills empty fields only.
    `seen` are the versions, of winner and loser, that the person decided on.
    """
    kind = kinds.of(winner)
    winner, loser = locking.lock(kind, [winner, loser])
    require_two_in_use(winner, loser, seen)
    picks = picks or {}
    kind.check(winner, loser, picks)
    journal = Journal()
    join(kind, winner, loser, journal, picks, by)
    return record(kind.name, winner, loser, journal, by=by, picks=picks, pair=pair, at=at)


def join(kind: Kind, winner: Any, loser: Any, journal: Journal, picks: Picks, by: User) -> None:
    """Writes it all into the journal. Also called for children that become one because their parents do."""
    journal.touch(winner)
    journal.touch(loser)
    values = chosen(kind, winner, loser, picks)
    # First out of the way: of two that have one corporate number only one may be in use.
    gone = {"merged_into_id": winner.pk, **kind.absorbed(loser)}
    if kind.is_below_company:
        gone["company_id"] = winner.company_id
    journal.change(loser, gone, moved=True)
    journal.change(winner, values)
    _join_own_columns(kind, winner, loser, journal, picks)
    latest = _latest(winner, loser)
    if latest:
        journal.change(winner, {"last_activity_at": latest}, moved=True)
    for relation in relations.of(kind.model):
        follow(relation, winner, loser, journal, by)
    kind.settle(journal, winner, loser, by)


def chosen(kind: Kind, winner: Any, loser: Any, picks: Picks) -> dict[str, Any]:
    """column → value, for the columns that change on the winner."""
    values: dict[str, Any] = {}
    for name in kind.fields:
        group = next((g for g in kind.groups if name in g), (name,))
        by_rule = not any(other in picks for other in group)
        if by_rule and not _fills(group, winner, loser):
            continue
        column, value = _picked(kind, name, winner, loser, "fill" if by_rule else picks.get(name, "winner"))
        if getattr(winner, column) != value:
            values[column] = value
    return values


def _join_own_columns(kind: Kind, winner: Any, loser: Any, journal: Journal, picks: Picks) -> None:
    pairs = own_columns.chosen(kind, winner, loser, picks)
    for column, (_ours, theirs) in pairs.items():
        own_columns.put(winner.pk, column, theirs)
    if pairs:
        journal.note_changed(type(winner), winner.pk, pairs)


def _fills(group: Iterable[str], winner: Any, loser: Any) -> bool:
    """Half of one address and half of another would be none: a group is filled when nothing in it differs."""
    pairs = [(getattr(winner, name), getattr(loser, name)) for name in group]
    return len(pairs) == 1 or all(
        _is_empty(ours) or _is_empty(theirs) or ours == theirs for ours, theirs in pairs
    )


def _picked(kind: Kind, name: str, winner: Any, loser: Any, pick: Any) -> tuple[str, Any]:
    field = kind.model._meta.get_field(name)
    column = field.attname  # type: ignore[union-attr]
    ours, theirs = getattr(winner, column), getattr(loser, column)
    if pick == "fill":
        if name in kind.joined and not _is_empty(ours) and not _is_empty(theirs) and ours != theirs:
            pick = "both"
        else:
            return column, theirs if _is_empty(ours) else ours
    if pick == "both" and isinstance(field, TextField):
        return column, "\n\n".join(text for text in (ours, theirs) if text)
    if pick in ("winner", "loser"):
        return column, ours if pick == "winner" else theirs
    given = pick["value"] if isinstance(pick, dict) else pick
    value = kind.clean({name: given})[name]
    return column, value.pk if isinstance(value, Model) else value


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _latest(winner: Any, loser: Any) -> datetime | None:
    """The last contact of the two, where the kind knows one."""
    moments = [getattr(record, "last_activity_at", None) for record in (winner, loser)]
    return max((moment for moment in moments if moment), default=None)


def follow(relation: Relation, winner: Any, loser: Any, journal: Journal, by: User) -> None:
    """What pointed to the loser by this relation is treated as declared."""
    treatment = relation.treatment
    if treatment in (Treatment.STAY, Treatment.COMPUTED, Treatment.OWN):
        return
    rows = relation.model._default_manager.filter(**{relation.column: loser.pk})
    pks = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    if not pks:
        return
    if treatment is Treatment.COMBINE:
        pks = _combine(relation, pks, winner, journal, by)
    if relation.model is relation.target and winner.pk in pks:
        # The winner hung below the loser; it cannot hang below itself.
        pks.remove(winner.pk)
        journal.change(winner, {relation.column: None}, moved=True)
    if treatment is Treatment.MOVE_OR_DROP:
        pks = journal.move_or_drop(relation.model, relation.column, pks, loser.pk, winner.pk)
    else:
        journal.move(relation.model, relation.column, pks, loser.pk, winner.pk)
    journal.count(relation.model, len(pks))
    if relation.model in {kind.model for kind in kinds.everything()}:
        journal.records |= {f"{relation.model._meta.model_name}:{pk}" for pk in pks}


def _combine(relation: Relation, pks: list[int], winner: Any, journal: Journal, by: User) -> list[int]:
    """Merges those whose name the winner's have, too; the others are to be moved."""
    kind = kinds.of(relation.model)
    rows: Any = relation.model._default_manager
    theirs = {row.name: row for row in rows.active().filter(**{relation.column: winner.pk})}
    single = []
    for row in rows.filter(pk__in=pks).order_by("pk"):
        twin = theirs.get(row.name)
        if twin and row.merged_into_id is None and row.deleted_at is None:
            join(kind, twin, row, journal, {}, by)
            journal.count(relation.model, 1)
        else:
            single.append(row.pk)
    return single


def record(
    kind: str,
    winner: Any,
    loser: Any,
    journal: Journal,
    *,
    by: User,
    picks: Picks,
    pair: DuplicatePair | None = None,
    at: datetime | None = None,
) -> Merge:
    """The row of the merge with all that was written, the answers computed anew, and the event."""
    about = kinds.of(winner)
    at = at or timezone.now()
    made = Merge.objects.create(
        kind=kind,
        winner_id=winner.pk,
        loser_id=loser.pk,
        winner_name=str(winner)[:200],
        loser_name=str(loser)[:200],
        company_id=about.company_of(winner),
        other_company_id=about.company_of(loser)
        if about.name == "company"
        else _company_before(journal, loser),
        picks=_plain_picks(about, picks),
        moved=journal.moved,
        records=sorted(journal.records),
        pair=pair,
        by=by,
        at=at,
    )
    journal.write(made)
    if found := newcomers.crossing(made, journal.changes[::-1]):
        made.crossing = found
        made.save(update_fields=["crossing"])
    recompute(journal.records)
    for one in (winner, loser):
        one.version += 1
        type(one)._default_manager.filter(pk=one.pk).update(version=one.version)
    events.record(
        MergeEvent.MERGED,
        winner,
        by=by,
        at=at,
        merge=made.pk,
        of=kind,
        loser=loser.pk,
        name=made.loser_name,
        moved=journal.moved,
        **_what_changed(journal, winner),
    )
    return made


def recompute(records: Iterable[str]) -> None:
    """Everything that is computed from the records named, kind by kind: companies after the people in them."""
    for kind in reversed(kinds.everything()):
        pks = sorted(int(name.split(":")[1]) for name in records if name.startswith(f"{kind.name}:"))
        if pks:
            kind.recompute(pks)


def _company_before(journal: Journal, loser: Any) -> int | None:
    """The company that the loser was of before."""
    table = loser._meta.label_lower
    for change in journal.changes:
        if change.table == table and change.rows == [loser.pk] and "company_id" in change.fields:
            before: int | None = change.fields["company_id"][0]
            return before
    return getattr(loser, "company_id", None)


def require_two_in_use(winner: Any, loser: Any, seen: tuple[int, int] | None) -> None:
    for one in (winner, loser):
        if one.merged_into_id or one.deleted_at:
            raise Absorbed(one)
    for one, version in zip((winner, loser), seen or (), strict=False):
        versions.require(one, version)


def _plain_picks(kind: Kind, picks: Picks) -> dict[str, Any]:
    kept = {}
    for name, pick in picks.items():
        if pick in ("winner", "loser", "both") or isinstance(pick, dict):
            kept[name] = pick
        else:
            field = kind.model._meta.get_field(name)
            kept[name] = {"value": plain(kind.model, field.attname, pick)}  # type: ignore[union-attr]
    return kept


def _what_changed(journal: Journal, winner: Any) -> dict[str, Any]:
    """before and after of the winner's own fields, for the log."""
    before, after = {}, {}
    for change in journal.changes:
        if change.action == "changed" and change.rows == [winner.pk]:
            if change.table != winner._meta.label_lower:
                continue
            for column, (was, now) in change.fields.items():
                name = column if own_columns.is_own(column) else field_of(type(winner), column).name
                before[name], after[name] = was, now
    return {"before": before, "after": after}
