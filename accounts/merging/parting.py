"""Taking a merge back: both records with their values and children, whatever was edited since.

Three states are compared for each value: before the merge, as the merge left it, and now. What nobody touched since
goes back; what was edited since stays, and is asked about where the value had come from the loser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model, Q
from django.utils import timezone

from accounts.company_events import MergeEvent
from accounts.merging import company_rules, joining, kinds, locking, placing, relations
from accounts.merging.journal import field_of, model_of, plain, real, restored
from accounts.merging.refusals import Absorbed, AlreadyUndone, NeedsAnswers, Question
from accounts.merging.relations import Relation, Treatment
from accounts.models import Merge, MergeChange
from staff import events
from staff.models import User

Answers = dict[str, str]
Action = MergeChange.Action


@transaction.atomic
def unmerge(merge: Merge, *, by: User, answers: Answers | None = None, at: datetime | None = None) -> Merge:
    """Both records are there again. Raises NeedsAnswers when a person has to decide, and AlreadyUndone.

    Later merges that rest on this one are taken back first and made again afterwards; two children that were merged
    because they stood in one company stay two when the companies part.
    """
    at = at or timezone.now()
    _lock_all([merge])
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        raise AlreadyUndone
    later = resting_on(merge)
    _lock_all([merge, *later])
    redo = [(one, Parting(one, by=by, at=at).take_back(asking=False)) for one in later]
    Parting(merge, by=by, at=at).take_back(answers)
    for one, edited in reversed(redo):
        _make_again(one, edited, by=by, at=at)
    merge.refresh_from_db()
    return merge


def resting_on(merge: Merge) -> list[Merge]:
    """Standing merges made later that touch a record of this one, or of one that rests on it; the newest first."""
    touched = set(merge.records)
    found: dict[int, Merge] = {}
    later = Merge.objects.standing().filter(pk__gt=merge.pk)
    while True:
        new = later.filter(records__overlap=sorted(touched)).exclude(pk__in=found)
        rows = list(new)
        if not rows:
            return [found[pk] for pk in sorted(found, reverse=True)]
        for row in rows:
            found[row.pk] = row
            touched.update(row.records)


def _lock_all(merges: Iterable[Merge]) -> None:
    companies, others = set(), set()
    for merge in merges:
        companies |= {merge.company_id, merge.other_company_id}
        companies |= {int(n.split(":")[1]) for n in merge.records if n.startswith("company:")}
        if merge.kind == "lead":
            others |= {merge.winner_id, merge.loser_id}
    locking.lock_companies(companies)
    if others:
        leads = kinds.named("lead").model._default_manager.select_for_update()
        list(leads.filter(pk__in=sorted(others)).order_by("pk").values_list("pk"))


def _make_again(merge: Merge, edited: set[str], *, by: User, at: datetime) -> None:
    """The merge as it was picked. What was edited on the winner since is the winner's."""
    kind = kinds.named("company" if merge.kind == "placing" else merge.kind)
    rows: Any = kind.model._default_manager
    winner, loser = rows.get(pk=merge.winner_id), rows.get(pk=merge.loser_id)
    if kind.name not in ("company", "lead") and winner.company_id != loser.company_id:
        return
    picks = {name: pick for name, pick in merge.picks.items() if name not in edited}
    picks |= dict.fromkeys(edited, "winner")
    if merge.kind == "placing":
        made = placing.make_site(loser, winner, by=by, name=merge.picks["site"]["value"], at=at)
    else:
        made = joining.merge(winner, loser, by=by, picks=picks, pair=merge.pair, at=at)
    Merge.objects.filter(pk=merge.pk).update(made_again_as=made)


class Parting:
    """One merge being taken back."""

    def __init__(self, merge: Merge, *, by: User, at: datetime) -> None:
        self.merge, self.by, self.at = merge, by, at
        self.kind = kinds.named("company" if merge.kind == "placing" else merge.kind)
        self.winner: Any = self.kind.model._default_manager.get(pk=merge.winner_id)
        self.loser: Any = self.kind.model._default_manager.get(pk=merge.loser_id)
        self.changes = list(merge.changes.order_by("-pk"))
        # Each record that took in another, with that one: the two of the merge, and children that were the same.
        self.pairs = {
            (change.table, change.fields["merged_into_id"][1]): change.rows[0]
            for change in self.changes
            if change.action == Action.MOVED and "merged_into_id" in change.fields
        }
        self.questions: list[Question] = []
        self.answers: Answers = {}

    def take_back(self, answers: Answers | None = None, *, asking: bool = True) -> set[str]:
        """Writes everything back; which fields of the winner keep what was edited since."""
        if self.winner.deleted_at or self.winner.merged_into_id:
            raise Absorbed(self.winner)
        self.answers = dict(answers or {})
        self._ask_about_values()
        self._ask_about_the_number()
        news = NewRows(self)
        news.find()
        open_ones = [q for q in self.questions if self.answers.get(q.key) not in q.answers]
        if open_ones and asking:
            raise NeedsAnswers(self.questions)
        for question in open_ones:
            self.answers[question.key] = question.answers[0] if question.column else "loser"
        self._give_up_the_number()
        for change in self.changes:
            self._reverse(change)
        news.send()
        self._finish()
        return self._edited()

    def _edited(self) -> set[str]:
        table = self.kind.model._meta.label_lower
        return {
            field_of(self.kind.model, q.column).name
            for q in self.questions
            if q.is_value and (q.table, q.pk) == (table, self.winner.pk) and self.answers[q.key] == "winner"
        }

    def _ask_about_values(self) -> None:
        for change in self.changes:
            if change.action != Action.CHANGED:
                continue
            model, pk = model_of(change.table), change.rows[0]
            row = model._default_manager.filter(pk=pk).first()
            for column, (before, merged) in change.fields.items():
                now = plain(model, column, getattr(row, column)) if row else before
                if now not in (before, merged):
                    key = f"{change.table}:{pk}:{column}"
                    self.questions.append(Question(key, change.table, pk, column, before, merged, now))

    def _ask_about_the_number(self) -> None:
        """The loser's corporate number may be another company's by now."""
        number = getattr(self.loser, "corporate_number", "")
        if self.kind.name != "company" or not number or self._lent(number):
            return
        if company_rules.number_is_taken(self.loser):
            key = f"accounts.company:{self.loser.pk}:corporate_number"
            self.questions.append(
                Question(
                    key, "accounts.company", self.loser.pk, "corporate_number", number, answers=("without",)
                )
            )

    def _lent(self, number: str) -> bool:
        """Whether the winner has the number from the loser, and will give it back."""
        return self.winner.corporate_number == number and any(
            change.action == Action.CHANGED
            and (change.table, change.rows) == ("accounts.company", [self.winner.pk])
            and change.fields.get("corporate_number", [0, 0])[1] == number
            for change in self.changes
        )

    def _give_up_the_number(self) -> None:
        """Before the loser is in use again: of two that have one number only one may be."""
        key = f"accounts.company:{self.loser.pk}:corporate_number"
        if self.answers.get(key) == "without":
            self.kind.model._default_manager.filter(pk=self.loser.pk).update(corporate_number="")

    # Writing -----------------------------------------------------------------------------------------

    def _reverse(self, change: MergeChange) -> None:
        model = model_of(change.table)
        if change.action == Action.MOVED:
            _move_back(model, change)
        elif change.action == Action.CHANGED:
            self._change_back(model, change)
        elif change.action == Action.REMOVED:
            row = restored(model, change.fields)
            if not model._default_manager.filter(pk=row.pk).exists():
                _unless_it_clashes(lambda: model._default_manager.bulk_create([row]))
        elif not _is_referred_to(model, change.rows[0]):
            model._default_manager.filter(pk__in=change.rows).delete()

    def _change_back(self, model: type[Model], change: MergeChange) -> None:
        """Values that nobody edited since go back; an edited one goes where a person said."""
        pk = change.rows[0]
        row = model._default_manager.filter(pk=pk).first()
        if row is None:
            return
        back, given = {}, {}
        for column, (before, merged) in change.fields.items():
            now = getattr(row, column)
            answer = self.answers.get(f"{change.table}:{pk}:{column}")
            if plain(model, column, now) == merged or answer == "loser":
                back[column] = real(model, column, before)
            if answer == "loser":
                given[column] = now
        model._default_manager.filter(pk=pk).update(**back)
        other = self.pairs.get((change.table, pk))
        if given and other:
            model._default_manager.filter(pk=other).update(**given)

    def _finish(self) -> None:
        merge, rows = self.merge, self.kind.model._default_manager
        for one in (self.winner, self.loser):
            rows.filter(pk=one.pk).update(version=one.version + 1)
        merge.undone_by, merge.undone_at = self.by, self.at
        merge.save(update_fields=["undone_by", "undone_at"])
        joining.recompute(merge.records)
        for one, other in ((self.winner, self.loser), (self.loser, self.winner)):
            one.refresh_from_db()
            events.record(
                MergeEvent.UNDONE, one, by=self.by, at=self.at, merge=merge.pk, of=merge.kind,
                name=merge.loser_name if one is self.winner else merge.winner_name, other=other.pk,
            )  # fmt: skip


class NewRows:
    """Rows added since that hang on something of the loser.

    What was noted about it goes with it. A deal, a lead or a person is asked about: it stays with the winner, without
    what it hung on, or goes with the loser.
    """

    def __init__(self, parting: Parting) -> None:
        self.parting = parting
        self.made = self._rows_of(Action.CREATED)
        self.back = self._going_back()
        self.along: list[tuple[Relation, int]] = []
        self.stay: list[tuple[Relation, int]] = []

    def find(self) -> None:
        """Adds to the questions of the parting. What is asked about comes first: notes about it go where it goes."""
        for treatment in (Treatment.MOVE_ASKED, Treatment.MOVE):
            seen: set[tuple[str, int]] = set()
            while new := [
                (relation, row)
                for relation in relations.of(self.parting.kind.model)
                if relation.treatment is treatment
                for row in self._hanging(relation)
                if (relation.key, row.pk) not in seen
            ]:
                for relation, row in new:
                    seen.add((relation.key, row.pk))
                    self._take(relation, row)

    def _take(self, relation: Relation, row: Model) -> None:
        table, model = relation.model._meta.label_lower, relation.model
        if relation.treatment is Treatment.MOVE_ASKED:
            key = f"{table}:{row.pk}"
            self.parting.questions.append(Question(key, table, row.pk, about=str(row)))
            if self.parting.answers.get(key) == "winner":
                self.stay.append((relation, row.pk))
                return
        self.along.append((relation, row.pk))
        self.back.setdefault(model, set()).add(row.pk)

    def send(self) -> None:
        """Points what goes along at the loser; nothing points from one company into the other."""
        for relation, pk in self.along:
            rows = relation.model._default_manager.filter(pk=pk)
            rows.update(**{relation.column: self.parting.loser.pk})
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
        rows = relation.model._default_manager.filter(**{relation.column: self.parting.winner.pk})
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
        losers = {(table, pk) for (table, _winner), pk in self.parting.pairs.items()}
        found: dict[type[Model], set[int]] = {model: set(pks) for model, pks in self.made.items()}
        for change in self.parting.changes:
            if change.action != Action.MOVED:
                continue
            model = model_of(change.table)
            if any((change.table, pk) in losers for pk in change.rows) or self._from_a_loser(
                model, change, losers
            ):
                found.setdefault(model, set()).update(change.rows)
        for one in (self.parting.winner, self.parting.loser):
            found.get(self.parting.kind.model, set()).discard(one.pk)
        return {model: pks for model, pks in found.items() if pks}

    def _from_a_loser(self, model: type[Model], change: MergeChange, losers: set[tuple[str, int]]) -> bool:
        return any(
            field.attname in change.fields
            and (field.related_model._meta.label_lower, change.fields[field.attname][0]) in losers  # type: ignore[union-attr]
            for field in _foreign_keys(model)
        )

    def _rows_of(self, action: str) -> dict[type[Model], set[int]]:
        rows: dict[type[Model], set[int]] = {}
        for change in self.parting.changes:
            if change.action == action:
                rows.setdefault(model_of(change.table), set()).update(change.rows)
        return rows


def _move_back(model: type[Model], change: MergeChange) -> None:
    """Rows that still point where the merge pointed them; those that somebody has moved on since stay there."""
    rows = model._default_manager
    before = {column: real(model, column, pair[0]) for column, pair in change.fields.items()}
    after = {column: real(model, column, pair[1]) for column, pair in change.fields.items()}
    as_left = rows.filter(pk__in=change.rows)
    for column, value in after.items():
        as_left = as_left.filter(**_is(column, value))
    pks = list(as_left.select_for_update().order_by("pk").values_list("pk", flat=True))
    if not _unless_it_clashes(lambda: rows.filter(pk__in=pks).update(**before)):
        for pk in pks:
            _unless_it_clashes(lambda pk=pk: rows.filter(pk=pk).update(**before))  # type: ignore[misc]
    if len(change.fields) > 1:
        for pk in set(change.rows) - set(pks):
            for column, value in before.items():
                row = rows.filter(pk=pk, **_is(column, after[column]))
                _unless_it_clashes(lambda row=row, c=column, v=value: row.update(**{c: v}))  # type: ignore[misc]


def _is(column: str, value: Any) -> dict[str, Any]:
    return {f"{column}__isnull": True} if value is None else {column: value}


def _unless_it_clashes(write: Callable[[], Any]) -> bool:
    """False when a constraint refuses it: something else has taken the place since, and stays."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return False
    return True


def _is_referred_to(model: type[Model], pk: int) -> bool:
    return any(
        relation.model._default_manager.filter(**{relation.column: pk}).exists()
        for relation in relations.of(model)
    )


def _foreign_keys(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [field for field in model._meta.local_fields if isinstance(field, ForeignKey)]
