"""How likely two groups are one: all that is known of them taken together, and who else may be meant."""

from __future__ import annotations

from math import exp, log

from accounts.dedup import evidence, names_read
from accounts.dedup.evidence import BIT, Group

Pair = tuple[int, int]

# So likely a pair is joined without asking.
SURE = 0.95

# What each piece of evidence turned out to mean among pairs that the rules leave open, as logarithms of odds; found for
# all groups of a list at once, with who else may be meant. Places weigh little here: where they prove something, a rule
# has joined.
_WEIGHTS = {
    "number": 6, "person": 2.2, "branch": 1.3, "form": 1.3, "name": 1, "reading": 1, "no_domain": 1, "surname": 1, "looks": 0.9, "only": 0.9, "phone": 0.8, "town": 0.7, "single": 0.6,
    "domain": 0.5, "unnamed": 0.4, "mail": 0.4, "mobile": 0.4, "phone_shared": 0.3, "former": 0.2, "prefecture": 0.1, "unread": -0.1, "common": -0.2, "similar": -0.2, "domain_shared": -0.2,
    "address": -0.4, "core": -0.4, "family": -0.5, "longer": -0.5, "many_of_the_name": -0.9, "city": -0.9, "name_differs": -1, "prefecture_differs": -1.4, "form_turned": -1.6, "free_mail": -2.5,
    "neighbour": -2.5, "form_differs": -2.8, "sister": -4, "domain_differs": -4, "number_differs": -9,
}  # fmt: skip
# Of two names on one domain, or where one person is reached in the same way, it is rather one firm that was renamed;
# on one phone alone as well a tenant.
_DOMAIN_STAYED, _SOMEBODY_STAYED, _PHONE_OF_HOUSE = 1.2, 1.5, -0.8
_REACH = evidence.mask(["mail", "mobile", "phone", "phone_shared", "domain"])
_BASE, _PLACED, _SPREAD, _PHONES_APART, _PEOPLE_APART, _SHORT = 2.4, 0.3, 0.4, -0.9, -0.4, -0.6
_SMALLER, _LARGER = -0.6, -0.1


def of_evidence(bits: int) -> float:
    """The odds by the evidence alone."""
    weight = _BASE + sum(_WEIGHTS.get(key, 0) for key in evidence.told(bits))
    if bits & BIT["name_differs"]:
        weight += _DOMAIN_STAYED * bool(bits & BIT["domain"]) + _PHONE_OF_HOUSE * bool(bits & BIT["phone"])
        weight += _SOMEBODY_STAYED * bool(bits & BIT["person"] and bits & _REACH)
    return exp(weight)


def odds(one: Group, two: Group, bits: int) -> float:
    """The odds that the two are one, also by what is known of them beside what they have in common."""
    small, large = sorted((one.size, two.size))
    told = _SMALLER * log(max(1, small)) + _LARGER * log(max(1, large))
    if one.places and two.places:
        told += _PLACED
    if len(one.places) > 1 or len(two.places) > 1:  # who is in several prefectures may well be in one more
        told += _SPREAD
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
