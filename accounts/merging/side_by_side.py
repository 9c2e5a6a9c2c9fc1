"""Two records field by field, before they become one: what each says, which is picked, what comes out, what goes along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Value
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import facts
from accounts.forms import COMPANY_FACTS, CONTACT_FACTS
from accounts.merging import joining, kinds, own_columns, placing, relations
from accounts.merging.kinds import Kind
from accounts.merging.refusals import Refused
from accounts.merging.relations import Treatment
from crm.lib import phones
from staff import access
from staff.models import User

_FACTS = {"company": COMPANY_FACTS, "contact": CONTACT_FACTS}
# What goes along, as people call it.
_WORDS: dict[str, str | Promise] = {
    "pipeline.deal": _("Deals"),
    "accounts.contact": _("People"),
    "activities.activity": _("Activities"),
    "activities.todo": _("To-dos"),
    "leads.lead": _("Leads"),
    "leads.touch": _("Touches"),
    "accounts.division": _("Divisions"),
    "accounts.site": _("Sites"),
}

# Of these, what stands beside the name in the head of its column.
_HEADS = {
    "company": ("pipeline.deal", "activities.activity"),
    "contact": ("pipeline.deal", "activities.activity"),
    "division": ("pipeline.deal", "accounts.contact"),
    "site": ("pipeline.deal", "accounts.contact"),
    "lead": ("activities.activity", "leads.touch"),
}


@dataclass
class Row:
    """One fact of both; `pick` is "a", "b" or "both"."""

    key: str
    label: Any
    a: str
    b: str
    pick: str
    may_join: bool

    @property
    def same(self) -> bool:
        return self.a == self.b

    @property
    def result(self) -> str:
        if self.pick == "both":
            return "\n\n".join(text for text in (self.a, self.b) if text)
        return {"a": self.a, "b": self.b}.get(self.pick, "")


@dataclass
class Choice:
    """What a person has chosen so far. `stays` is the record that lives on: "a" or "b"; as a site: "site-a", "site-b"."""

    kind: Kind
    a: Any
    b: Any
    stays: str
    rows: list[Row]

    @property
    def winner(self) -> Any:
        return self.b if self.stays in ("b", "site-a") else self.a

    @property
    def loser(self) -> Any:
        return self.a if self.winner is self.b else self.b

    @property
    def as_site(self) -> bool:
        return self.stays.startswith("site")

    @property
    def picks(self) -> dict[str, str]:
        """As `merging.merge` takes them: every field in which the two differ."""
        groups = _groups(self.kind)
        side = "a" if self.winner is self.a else "b"
        found: dict[str, str] = {}
        for row in self.rows:
            if not row.same and row.pick:
                pick = "both" if row.pick == "both" else "winner" if row.pick == side else "loser"
                found |= {
                    name: pick if pick != "both" or name in self.kind.joined else "winner"
                    for name in groups.get(row.key, (row.key,))
                }
        return found


@dataclass
class Side:
    """One of the two and what hangs on it: label of the model → how many."""

    letter: str
    record: Any
    held: dict[str, int]

    @property
    def of_company(self) -> str:
        """Where a person works: the two may be of two companies."""
        return self.record.company.short_name if kinds.of(self.record).name == "contact" else ""

    @property
    def weight(self) -> list[tuple[str | Promise, int]]:
        """What tells the two apart at a glance; nothing for what nothing can hang on."""
        told = _HEADS.get(kinds.of(self.record).name, ())
        return [(_WORDS[label], self.held.get(label, 0)) for label in told]

    @property
    def along(self) -> list[tuple[str | Promise, int]]:
        return [(word, self.held[label]) for label, word in _WORDS.items() if label in self.held]


def choice(kind: Kind, a: Any, b: Any, sent: Mapping[str, str]) -> Choice:
    """From what was sent: `stays`, and `pick-…` for each fact. What was not picked is what the rule would fill.

    With `stayed`, which one was to stay until now, picks that were the rule's for that one are made anew.
    """
    allowed = ("a", "b", "site-a", "site-b") if kind.name == "company" else ("a", "b")
    stays = sent.get("stays", "")
    made = Choice(kind, a, b, stays if stays in allowed else _proposed(kind, a, b), [])
    first = "a" if made.winner is a else "b"
    turned = not made.as_site and sent.get("stayed", first) in {"a", "b"} - {first}
    for key, label, ours, theirs in [*_values(kind, a, b), *own_columns.lines(kind, a, b)]:
        may_join = key in kind.joined and bool(ours and theirs)
        # The company of a branch stays as it is, but for an owner that it lacks; phone and address are the site's.
        pick = first if made.as_site and key != "owner" else sent.get(f"pick-{key}", "")
        if turned and pick == _by_rule(sent["stayed"], ours, theirs, may_join):
            pick = ""
        if pick not in ("a", "b") and not (pick == "both" and may_join):
            pick = _by_rule(first, ours, theirs, may_join)
            # Two legal entities: nothing is proposed, somebody has to say which one it is today.
            if key == "corporate_number" and ours and theirs and ours != theirs:
                pick = ""
        if ours or theirs:
            made.rows.append(Row(key, label, ours, theirs, pick, may_join and ours != theirs))
    return made


def _proposed(kind: Kind, a: Any, b: Any) -> str:
    """Which one stays before anybody has said so: the first, or the company of which the other is a branch."""
    if kind.name == "company" and placing.is_branch(a, b):
        return "site-a"
    return "site-b" if kind.name == "company" and placing.is_branch(b, a) else "a"


def _by_rule(first: str, ours: str, theirs: str, may_join: bool) -> str:
    if may_join and ours != theirs:
        return "both"
    mine, other = (ours, theirs) if first == "a" else (theirs, ours)
    return first if mine or not other else ("b" if first == "a" else "a")


def _values(kind: Kind, a: Any, b: Any) -> list[tuple[str, Any, str, str]]:
    if kind.name in _FACTS:
        sides = zip(facts.of(a, can_edit=False), facts.of(b, can_edit=False), strict=True)
        return [(one.key, one.label, one.value, two.value) for one, two in sides if one.key in _groups(kind)]
    return [
        (key, _label(kind, key), _text(a, names), _text(b, names)) for key, names in _groups(kind).items()
    ]


def _label(kind: Kind, key: str) -> str:
    """Of several fields in one what they are together."""
    together = {"postal_code": _("Address"), "family_name": _("Name")}
    label = together.get(key) or kind.model._meta.get_field(key).verbose_name  # type: ignore[union-attr]
    return capfirst(str(label))


def _text(record: Any, names: tuple[str, ...]) -> str:
    if names[0] == "postal_code":
        return facts.address(record)
    said = (_said(name, getattr(record, name)) for name in names)
    return " ".join(filter(None, said))


def _said(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    return phones.national(value) if name in ("phone", "mobile") else str(value)


def _groups(kind: Kind) -> dict[str, tuple[str, ...]]:
    """What is picked together, by the name of the fact."""
    if kind.name in _FACTS:
        return _FACTS[kind.name]
    groups = {group[0]: group for group in kind.groups}
    grouped = {name for group in kind.groups for name in group}
    return {name: groups.get(name, (name,)) for name in kind.fields if name not in grouped or name in groups}


def sides(kind: Kind, a: Any, b: Any, user: User) -> list[Side]:
    """Both, each with what points at it and would go along, as far as the person may see it; one statement."""
    counts = []
    for relation in relations.of(kind.model):
        label = relation.model._meta.label_lower
        if label not in _WORDS or relation.treatment in (Treatment.STAY, Treatment.COMPUTED, Treatment.OWN):
            continue
        rows: Any = relation.model._default_manager
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows.all()
        rows = rows.filter(**{f"{relation.column}__in": [a.pk, b.pk]}).order_by()
        rows = rows.values(of=F(relation.column), what=Value(label))
        counts.append(rows.annotate(n=Count("pk")).values_list("of", "what", "n"))
    both = [Side("a", a, {}), Side("b", b, {})]
    if counts:
        found = counts[0].union(*counts[1:], all=True) if len(counts) > 1 else counts[0]
        for pk, label, n in found:
            both[0 if pk == a.pk else 1].held[label] = n
    return both


def refusal(made: Choice, user: User) -> str:
    """Why these two cannot become one, by this person or at all; "" when they can."""
    if reason := access.refusal(user, "merge", [made.winner, made.loser]):
        return reason
    try:
        if not made.as_site:
            made.kind.check(made.winner, made.loser, made.picks)
        joining.require_two_in_use(made.winner, made.loser, None)
    except Refused as reason_given:
        return str(reason_given)
    return ""


def context(made: Choice, user: User) -> dict[str, Any]:
    """What the fragment shows."""
    both = sides(made.kind, made.a, made.b, user)
    return {
        "choice": made,
        "sides": both,
        "along": both[0 if made.loser is made.a else 1].along,
        "site_name": placing.proposed_name(made.loser, made.winner) if made.as_site else "",
    }
