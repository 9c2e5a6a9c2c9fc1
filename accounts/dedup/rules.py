"""Which evidence joins two companies without asking, and which is worth a question.

The table is what an administrator edits; these are the rules that a new installation starts with. A rule holds when all
its keys are there and none of its exceptions; certain rules count before probable ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from accounts.dedup import evidence

CERTAIN, PROBABLE = "certain", "probable"


@dataclass(frozen=True)
class Rule:
    keys: tuple[str, ...]
    verdict: str = CERTAIN
    but: tuple[str, ...] = ()

    @cached_property
    def needs(self) -> int:
        return evidence.mask(self.keys)

    @cached_property
    def excludes(self) -> int:
        return evidence.mask(self.but)


def _rules(verdict: str, names: str, beside: str, but: str = "") -> list[Rule]:
    """Each of the names with each of what may stand beside it; "phone+domain" asks for both."""
    return [
        Rule((name, *(b.split("+") if b != "-" else ())), verdict, tuple(but.split()))
        for name in names.split()
        for b in beside.split()
    ]


COMPANY: tuple[Rule, ...] = (
    Rule(("number",)),
    *_rules(CERTAIN, "name", "phone phone_shared domain domain_shared address mail person+city person+only mobile", "number_differs"),
    *_rules(CERTAIN, "name reading looks", "person", "number_differs form_differs domain_differs sister neighbour"),
    *_rules(CERTAIN, "name", "person", "number_differs form_differs prefecture_differs"),
    *_rules(CERTAIN, "name", "town", "number_differs form_differs common"),
    *_rules(CERTAIN, "name looks reading", "city only", "number_differs form_differs common domain_differs prefecture_differs many_of_the_name"),
    *_rules(CERTAIN, "former", "phone domain address mail person", "number_differs sister neighbour"),
    *_rules(CERTAIN, "looks reading", "phone phone_shared domain domain_shared address mail person+city mobile", "number_differs sister neighbour"),
    *_rules(CERTAIN, "looks reading", "town", "number_differs form_differs common"),
    *_rules(CERTAIN, "core similar", "domain mail", "number_differs form_differs sister neighbour domain_shared phone_shared"),
    *_rules(CERTAIN, "core", "phone", "number_differs form_differs sister neighbour domain_shared phone_shared"),
    *_rules(CERTAIN, "similar", "phone+person domain_shared+person mail", "number_differs form_differs sister neighbour longer"),
    *_rules(CERTAIN, "similar", "phone address", "number_differs form_differs sister neighbour"),
    *_rules(CERTAIN, "longer", "phone+domain mail+phone", "number_differs sister neighbour domain_shared phone_shared"),
    *_rules(CERTAIN, "unnamed", "mail phone+person", "number_differs family prefecture_differs"),
    *_rules(CERTAIN, "unnamed", "domain", "number_differs family"),
    *_rules(CERTAIN, "unnamed", "phone", "number_differs family domain_differs prefecture_differs phone_shared"),
    *_rules(CERTAIN, "unnamed", "domain_shared+person phone_shared+person", "number_differs"),
    *_rules(CERTAIN, "unnamed", "mail phone+domain", "number_differs"),
    *_rules(CERTAIN, "name looks reading", "only+prefecture", "number_differs form_differs domain_differs prefecture_differs many_of_the_name"),
    *_rules(CERTAIN, "name former looks reading core similar longer unnamed", "alone", "number_differs"),
    *_rules(CERTAIN, "unread name_differs", "phone+alone phone_shared+alone domain+alone domain_shared+alone address+alone", "number_differs"),
    *_rules(CERTAIN, "unread name_differs", "phone+person", "number_differs form_differs sister neighbour family phone_shared domain_differs"),
    *_rules(CERTAIN, "unread name_differs", "phone+domain mail+phone mail+person", "number_differs form_differs sister neighbour family"),
    *_rules(PROBABLE, "name former looks reading", "-", "number_differs"),
    *_rules(PROBABLE, "core similar longer", "phone domain phone_shared domain_shared address mail person city prefecture", "number_differs"),
    *_rules(PROBABLE, "unread name_differs unnamed", "phone domain mail person+mobile address+domain_shared phone_shared+domain_shared", "number_differs"),
    *_rules(PROBABLE, "neighbour", "phone domain mail", "number_differs"),
    *_rules(PROBABLE, "similar", "-", "number_differs prefecture_differs"),
)  # fmt: skip

POINTS = {
    "number": 100, "name": 50, "former": 45, "looks": 42, "reading": 42, "core": 32, "similar": 32, "longer": 22, "mail": 45, "person": 25, "surname": 10, "mobile": 30, "phone": 35,
    "phone_shared": 15, "domain": 30, "domain_shared": 12, "address": 30, "town": 5, "city": 10, "prefecture": 5, "form": 10, "no_domain": 5, "only": 20, "single": 15, "alone": 15, "unnamed": 10, "unread": 0,
    "number_differs": -100, "form_differs": -30, "form_turned": -10, "common": -10, "family": -15, "sister": -40, "neighbour": -30, "name_differs": -15, "domain_differs": -20, "free_mail": -10, "prefecture_differs": -25, "many_of_the_name": -15, "branch": 10,
}  # fmt: skip


class Table:
    """Rules ready to be asked, certain ones first."""

    def __init__(self, rows: tuple[Rule, ...] = COMPANY) -> None:
        ordered = sorted(rows, key=lambda rule: rule.verdict != CERTAIN)
        self._rows = [(rule.needs, rule.excludes, rule) for rule in ordered]
        self._known: dict[int, Rule | None] = {}

    def decide(self, bits: int) -> Rule | None:
        """The rule that holds, None when the evidence is not worth a question."""
        if bits in self._known:
            return self._known[bits]
        found = next(
            (rule for needs, excludes, rule in self._rows if bits & needs == needs and not bits & excludes),
            None,
        )
        self._known[bits] = found
        return found

    def says(self, bits: int) -> str | None:
        """The verdict of that rule."""
        rule = self.decide(bits)
        return rule.verdict if rule else None


DEFAULT = Table()


def score(bits: int, points: dict[str, int] = POINTS) -> int:
    """0 to 100: how sure the evidence makes, for people and for the order of the queue."""
    if bits & evidence.BIT["number"]:
        return 100
    return max(0, min(99, sum(points[key] for key in evidence.told(bits))))
