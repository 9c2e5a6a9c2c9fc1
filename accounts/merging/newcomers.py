"""What was added after a merge, and where it goes when the two part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import ForeignKey, Model, Q

from accounts.merging import kinds, relations
from accounts.merging.journal import model_of
from accounts.merging.refusals import Question
from accounts.merging.relations import Relation, Treatment
from accounts.models import Merge, MergeChange

Action = MergeChange.Action


class NewRows:
    """Rows added since that hang on something of the loser.

    What was noted about it goes with it. A deal, a lead or a person is asked about: it stays with the winner, without
    what it hung on, or goes with the loser.
    """

    def __init__(self, merge: Merge, changes: Sequence[MergeChange], answers: dict[str, str]) -> None:
        self.merge, self.changes, self.answers = merge, changes, answers
        self.kind = kinds.named("company" if merge.kind == "placing" else merge.kind)
        self.questions: list[Question] = []
        self.made = self._rows_of(Action.CREATED)
        self.back = self._going_back()
        # Those that crossed from one to the other before: nothing about them is new.
        self.known = set(merge.crossing)
        self.along: list[tuple[Relation, int]] = []
        self.stay: list[tuple[Relation, int]] = []

    def find(self) -> None:
        """Fills `questions`, `along` and `stay`. What is asked about comes first: notes about it go where it goes."""
        for treatment in (Treatment.MOVE_ASKED, Treatment.MOVE):
            seen: set[tuple[str, int]] = set()
            while new := [
                (relation, row)
                for relation in relations.of(self.kind.model)
                if relation.treatment is treatment
                for row in self._hanging(relation)
                if (relation.key, row.pk) not in seen and f"{relation.key}:{row.pk}" not in self.known
            ]:
                for relation, row in new:
                    seen.add((relation.key, row.pk))
                    self._take(relation, row)

    def _take(self, relation: Relation, row: Model) -> None:
        table, model = relation.model._meta.label_lower, relation.model
        if relation.treatment is Treatment.MOVE_ASKED:
            key = f"{table}:{row.pk}"
            self.questions.append(Question(key, table, row.pk, about=str(row)))
            if self.answers.get(key) == "winner":
                self.stay.append((relation, row.pk))
                return
        self.along.append((relation, row.pk))
        self.back.setdefault(model, set()).add(row.pk)

    def send(self) -> None:
        """Points what goes along at the loser; nothing points from one company into the other."""
        for relation, pk in self.along:
            rows = relation.model._default_manager.filter(pk=pk)
            rows.update(**{relation.column: self.merge.loser_id})
            self._loosen(relation.model, pk, self.made)
        for relation, pk in self.stay:
            self._loosen(relation.model, pk, self.back, keep=self.made)

    def _loosen(
        self,
        model: type[Model],
        pk: int,
        gone: dict[type[Model], set[int]],
        keep: dict[type[Model], set[int]] | None = None,
    ) -> None:
        for field in _foreign_keys(model):
            if field.null and field.related_model in gone:
                pks = gone[field.related_model] - (keep or {}).get(field.related_model, set())
                model._default_manager.filter(pk=pk, **{f"{field.attname}__in": pks}).update(
                    **{field.attname: None}
                )

    def _hanging(self, relation: Relation) -> Iterable[Model]:
        """Rows of the winner that were not moved by the merge, and point at something that goes back."""
        rows = relation.model._default_manager.filter(**{relation.column: self.merge.winner_id})
        rows = rows.exclude(pk__in=self.back.get(relation.model, set()))
        staying: dict[type[Model], set[int]] = {}
        for other, pk in self.stay:
            staying.setdefault(other.model, set()).add(pk)
        hanging, held = Q(), Q()
        for field in _foreign_keys(relation.model):
            if field is not relation.field and self.back.get(field.related_model):  # type: ignore[arg-type]
                hanging |= Q(**{f"{field.attname}__in": self.back[field.related_model]})  # type: ignore[index]
            if staying.get(field.related_model):  # type: ignore[arg-type]
                held |= Q(**{f"{field.attname}__in": staying[field.related_model]})  # type: ignore[index]
        if not hanging:
            return ()
        # A null is in no list: such a row is held by nothing.
        rows = rows.filter(hanging)
        return (
            rows.exclude(pk__in=rows.filter(held).values("pk")).order_by("pk")
            if held
            else rows.order_by("pk")
        )

    def _going_back(self) -> dict[type[Model], set[int]]:
        """model → ids of what the merge had moved from the loser, or from a child of it that was merged, too."""
        losers = {(table, pk) for (table, _winner), pk in absorbed_pairs(self.changes).items()}
        found: dict[type[Model], set[int]] = {model: set(pks) for model, pks in self.made.items()}
        for change in self.changes:
            if change.action != Action.MOVED:
                continue
            model = model_of(change.table)
            if any((change.table, pk) in losers for pk in change.rows) or self._from_a_loser(
                model, change, losers
            ):
                found.setdefault(model, set()).update(change.rows)
        for pk in (self.merge.winner_id, self.merge.loser_id):
            found.get(self.kind.model, set()).discard(pk)
        return {model: pks for model, pks in found.items() if pks}

    def _from_a_loser(self, model: type[Model], change: MergeChange, losers: set[tuple[str, int]]) -> bool:
        return any(
            field.attname in change.fields
            and (field.related_model._meta.label_lower, change.fields[field.attname][0]) in losers  # type: ignore[union-attr]
            for field in _foreign_keys(model)
        )

    def _rows_of(self, action: str) -> dict[type[Model], set[int]]:
        rows: dict[type[Model], set[int]] = {}
        for change in self.changes:
            if change.action == action:
                rows.setdefault(model_of(change.table), set()).update(change.rows)
        return rows


def absorbed_pairs(changes: Iterable[MergeChange]) -> dict[tuple[str, int], int]:
    """(table, id) of each record that took in another → the other's: the two, and children that were the same."""
    return {
        (change.table, change.fields["merged_into_id"][1]): change.rows[0]
        for change in changes
        if change.action == Action.MOVED and "merged_into_id" in change.fields
    }


def crossing(merge: Merge, changes: Sequence[MergeChange]) -> list[str]:
    """Rows of the winner that hang on something of the loser at the time of the merge."""
    rows = NewRows(merge, changes, {})
    rows.find()
    return [f"{relation.key}:{pk}" for relation, pk in rows.along]


def _foreign_keys(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [field for field in model._meta.local_fields if isinstance(field, ForeignKey)]
