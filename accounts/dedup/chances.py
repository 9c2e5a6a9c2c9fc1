"""How likely two groups are one: all that is known of them taken together, and who else may be meant."""

from __future__ import annotations

from math import exp, log

from accounts.dedup import evidence, names_read
from accounts.dedup.evidence import Group

Pair = tuple[int, int]

# So likely a pair is joined without asking.
SURE = 0.935

# What each piece of evidence turned out to mean among pairs that the rules leave open, as logarithms of odds. Places
# weigh little here: where they prove something, a rule has joined.
_WEIGHTS = {
    "number": 6, "person": 4.7, "domain": 2.9, "only": 2.4, "form": 2, "single": 2, "mail": 1.9, "name": 1.7, "surname": 1.6, "phone": 1.5, "reading": 1.5, "no_domain": 1.5,
    "branch": 1.3, "town": 1.2, "looks": 1, "mobile": 0.5, "unnamed": 0.5, "similar": 0.4, "domain_shared": 0.3, "phone_shared": 0.1, "prefecture": 0.1,
    "unread": -0.2, "common": -0.3, "longer": -0.6, "address": -0.6, "family": -0.9, "core": -1, "city": -1.2, "prefecture_differs": -1.3, "many_of_the_name": -1.5,
    "name_differs": -1.8, "form_turned": -1.8, "free_mail": -2.4, "neighbour": -2.6, "domain_differs": -3.2, "form_differs": -3.2, "sister": -4, "number_differs": -9,
}  # fmt: skip
_BASE, _PLACED, _UNPLACED, _PHONES_APART, _PEOPLE_APART, _SHORT = -0.1, 0.9, -0.5, -0.4, -0.3, -0.6
_SMALLER, _LARGER = -0.7, -0.2


def of_evidence(bits: int) -> float:
    """The odds by the evidence alone."""
    return exp(_BASE + sum(_WEIGHTS.get(key, 0) for key in evidence.told(bits)))


def odds(one: Group, two: Group, bits: int) -> float:
    """The odds that the two are one, also by what is known of them beside what they have in common."""
    small, large = sorted((one.size, two.size))
    told = _SMALLER * log(max(1, small)) + _LARGER * log(max(1, large))
    if one.places and two.places:
        told += _PLACED
    elif not one.places and not two.places:
        told += _UNPLACED
    if evidence.apart(one.phones, two.phones):
        told += _PHONES_APART
    if evidence.apart(one.people, two.people):
        told += _PEOPLE_APART
    if any(map(names_read.is_short, one.names | two.names)):
        told += _SHORT
    return of_evidence(bits) * exp(told)


class Chances:
    """Groups that may be one, with their odds: `near[a][b]` is `near[b][a]`."""

    def __init__(self) -> None:
        self.near: dict[int, dict[int, float]] = {}

    def put(self, pair: Pair, odds: float) -> None:
        a, b = pair
        self.near.setdefault(a, {})[b] = self.near.setdefault(b, {})[a] = odds

    def drop(self, pair: Pair) -> None:
        a, b = pair
        del self.near[a][b], self.near[b][a]

    def of(self, pair: Pair) -> float:
        """How likely the two are one: who may belong to several belongs to one of them."""
        a, b = pair
        here = self.near[a][b]
        return here / (1 + here + max(self._others(a, b), self._others(b, a)))

    def _others(self, a: int, b: int) -> float:
        """The odds that `a` is one with a third group, as far as that is not one with `b`."""
        mine, theirs = self.near[a], self.near[b]
        return sum(odds / (1 + theirs.get(other, 0.0)) for other, odds in mine.items() if other != b)
