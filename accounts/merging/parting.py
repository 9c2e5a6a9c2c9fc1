"""Taking a merge back: both records with their values and children, whatever was edited since.

Three states are compared for each value: before the merge, as the merge left it, and now. What nobody touched since
goes back; what was edited since stays, and is asked about where the value had come from the loser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.company_events import MergeEvent
from accounts.merging import company_rules, joining, kinds, locking, own_columns, placing, relations
from accounts.merging.absorbed import survivor
from accounts.merging.journal import field_of, model_of, name_of, plain, real, restored
from accounts.merging.newcomers import NewRows, absorbed_pairs
from accounts.merging.refusals import Absorbed, AlreadyUndone, NeedsAnswers, Question
from accounts.models import Division, Merge, MergeChange, Site
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


def questions(merge: Merge, *, by: User) -> list[Question]:
    """What a person would be asked, found by trying; nothing is written."""
    try:
        with transaction.atomic():
            unmerge(merge, by=by)
            transaction.set_rollback(True)
    except NeedsAnswers as needed:
        return needed.questions
    return []


def resting_on(merge: Merge) -> list[Merge]:
    """Standing merges made later that touch a record of this one, or of one that rests on it; the newest first.

    Or that brought another one into the place to which a record of this one has to return.
    """
    touched = {*merge.records, *_in_their_places(merge)}
    found: dict[int, Merge] = {}
    later = Merge.objects.standing().filter(pk__gt=merge.pk)
    while True:
        new = later.filter(records__overlap=sorted(touched)).exclude(pk__in=found)
        rows = list(new)
        if not rows:
            return [found[pk] for pk in sorted(found, reverse=True)]
        for row in rows:
            found[row.pk] = row
            touched.update(row.records, _in_their_places(row))


def _in_their_places(merge: Merge) -> set[str]:
    """Divisions and sites that bear the name, at the same company, of one that would return."""
    found = set()
    for change in merge.changes.filter(action=Action.MOVED, fields__has_key="merged_into_id"):
        model = model_of(change.table)
        if model not in (Division, Site):
            continue
        for row in model._default_manager.filter(pk__in=change.rows):
            company = change.fields.get("company_id", [row.company_id])[0]
            there = model._default_manager.filter(
                company=company, name=row.name, merged_into=None, deleted_at=None
            )
            found |= {name_of(other) for other in there}
    return found


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
    winner, loser = (survivor(rows.get(pk=pk)) for pk in (merge.winner_id, merge.loser_id))
    if winner == loser:
        return  # one that was made again before it joined the two, since they bear one name
    if kind.name not in ("company", "lead") and winner.company_id != loser.company_id:
        return
    picks = {name: pick for name, pick in merge.picks.items() if name not in edited}
    picks |= dict.fromkeys(edited, "winner")
    if merge.kind == "placing":
        name = merge.picks["site"]["value"]
        made = placing.make_site(loser, winner, by=by, name=name, pair=merge.pair, at=at)
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
        self.pairs = absorbed_pairs(self.changes)
        self.questions: list[Question] = []
        self.answers: Answers = {}

    def take_back(self, answers: Answers | None = None, *, asking: bool = True) -> set[str]:
        """Writes everything back; which fields of the winner keep what was edited since."""
        if self.winner.deleted_at or self.winner.merged_into_id:
            raise Absorbed(self.winner)
        self.answers = dict(answers or {})
        self._ask_about_values()
        self._ask_about_the_number()
        news = NewRows(self.merge, self.changes, self.answers)
        news.find()
        self.questions += news.questions
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
            q.column if own_columns.is_own(q.column) else field_of(self.kind.model, q.column).name
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
                now = _now(model, row, column) if row else before
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
        if change.action in (Action.MOVED, Action.REMOVED):
            put_back(change)
        elif change.action == Action.CHANGED:
            self._change_back(model, change)
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
            now = _now(model, row, column)
            answer = self.answers.get(f"{change.table}:{pk}:{column}")
            if now == merged or answer == "loser":
                back[column] = before
            if answer == "loser":
                given[column] = now
        _write(model, pk, back)
        other = self.pairs.get((change.table, pk))
        if given and other:
            _write(model, other, given)

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


def _now(model: type[Model], row: Model, column: str) -> Any:
    """What the column holds, as the journal keeps it."""
    if own_columns.is_own(column):
        return own_columns.held(model._meta.label_lower, row.pk, column)
    return plain(model, column, getattr(row, column))


def _write(model: type[Model], pk: int, values: dict[str, Any]) -> None:
    """Sets columns to what the journal keeps."""
    ours = {column: value for column, value in values.items() if own_columns.is_own(column)}
    rest = {column: real(model, column, value) for column, value in values.items() if column not in ours}
    model._default_manager.filter(pk=pk).update(**rest)
    for column, value in ours.items():
        own_columns.put(pk, column, value)


def put_back(change: MergeChange) -> None:
    """One change of a journal taken back, as far as nobody has changed the rows since."""
    model = model_of(change.table)
    if change.action == Action.MOVED:
        _move_back(model, change)
    elif change.action == Action.REMOVED:
        row = restored(model, change.fields)
        if not model._default_manager.filter(pk=row.pk).exists():
            _unless_it_clashes(lambda: model._default_manager.bulk_create([row]))


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
