"""The queue of duplicates after a merge: the question is answered, questions about the loser are the winner's."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.merging.journal import Journal
from accounts.models import Company, DuplicatePair
from staff.models import User

_State = DuplicatePair.State


def repoint(journal: Journal, winner: Any, loser: Any, by: User) -> None:
    """Pairs of the loser with others become the winner's; the pair of the two is answered."""
    side = "company" if isinstance(winner, Company) else "contact"
    a, b = f"{side}_a_id", f"{side}_b_id"
    rows = DuplicatePair.objects.filter(Q(**{a: loser.pk}) | Q(**{b: loser.pk}))
    rows = rows.exclude(state=_State.MERGED).select_for_update().order_by("pk")
    for pair in rows:
        if side == "company" and pair.contact_a_id:
            _take_along(journal, pair, winner, loser)
            continue
        other = getattr(pair, b) if getattr(pair, a) == loser.pk else getattr(pair, a)
        if other == winner.pk:
            now = {"state": _State.MERGED.value, "decided_by_id": by.pk, "decided_at": timezone.now()}
            journal.change(pair, now, moved=True)
        else:
            _replace(journal, pair, side, other, winner, loser)


def _take_along(journal: Journal, pair: DuplicatePair, winner: Company, loser: Company) -> None:
    """A pair of people: only the companies they are in are others now."""
    sides = {column: getattr(pair, column) for column in ("company_a_id", "company_b_id")}
    now = {column: winner.pk for column, pk in sides.items() if pk == loser.pk}
    journal.change(pair, now, moved=True)
    # So that a later merge of one of the people is known to rest on this one: it may turn the pair round.
    journal.records |= {f"contact:{pair.contact_a_id}", f"contact:{pair.contact_b_id}"}


def _replace(journal: Journal, pair: DuplicatePair, side: str, other: int, winner: Any, loser: Any) -> None:
    """The winner in the loser's place, in the order of ids. Where that was asked already, one question is enough."""
    journal.records.add(f"{side}:{other}")
    first, second = sorted((other, winner.pk))
    a, b = f"{side}_a_id", f"{side}_b_id"
    asked = DuplicatePair.objects.filter(**{a: first, b: second})
    twin = (asked.filter(contact_a=None) if side == "company" else asked).exclude(pk=pair.pk).first()
    if twin:
        # Who is another than the loser is another than the winner.
        if pair.state == _State.DIFFERENT and twin.state in (_State.OPEN, _State.LATER):
            decided = {name: getattr(pair, name) for name in ("state", "decided_by_id", "decided_at")}
            journal.change(twin, decided, moved=True)
        journal.remove(pair)
        return
    now: dict[str, Any] = {a: first, b: second}
    if (getattr(pair, a) == loser.pk) != (first == winner.pk):
        now["reasons"] = [{**r, "a": r.get("b"), "b": r.get("a")} for r in pair.reasons]
    if side == "contact":
        model = type(winner)
        companies = dict(model.objects.filter(pk__in=[first, second]).values_list("pk", "company_id"))
        now |= {"company_a_id": companies[first], "company_b_id": companies[second]}
    journal.change(pair, now, moved=True)
