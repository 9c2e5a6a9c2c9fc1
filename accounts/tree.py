"""The tree of a company: division → site → person, with deals, amounts and touches rolled up at every level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Count, DateField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from accounts.models import Company, Contact, Division, Position, Site
from accounts.touches import Touch
from crm.lib.kept import kept
from staff import access
from staff.models import User
from staff.readers import Reader

MOST_PEOPLE = 300


@dataclass
class Node:
    """A division or a site with what hangs below it; the root stands for the company. `key` is its name in addresses."""

    label: str
    kind: str
    pk: int = 0
    children: list[Node] = field(default_factory=list)
    people: list[Contact] = field(default_factory=list)
    closed_on: date | None = None
    version: int = 0
    # Who works here besides another position: (contact id, name, title).
    besides: list[tuple[int, str, str]] = field(default_factory=list)
    amount: Decimal = Decimal(0)
    deals: int = 0
    won_amount: Decimal = Decimal(0)
    won: int = 0
    touches: int = 0
    is_chosen: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.pk}"

    @property
    def headcount(self) -> int:
        return len(self.people) + sum(child.headcount for child in self.children)

    @property
    def is_open(self) -> bool:
        """Whether it is shown unfolded."""
        return self.kind == "division" or bool(self.amount) or self.is_chosen

    def roll_up(self) -> None:
        """Adds to each node what its children have."""
        for child in self.children:
            child.roll_up()
            self.amount += child.amount
            self.deals += child.deals
            self.won_amount += child.won_amount
            self.won += child.won
            self.touches += child.touches

    def all(self) -> Iterable[Node]:
        yield self
        for child in self.children:
            yield from child.all()


@dataclass
class Tree:
    """The root with all below it, the node that is looked at, and who worked here before: (contact id, name, until)."""

    root: Node
    chosen: Node
    former: list[tuple[int, str, date | None]]
    people: list[Contact]

    def narrowed(self, deals: Any) -> Any:
        """The deals (a QuerySet) of the node that is looked at."""
        places = [node.pk for node in self.chosen.all() if node.kind == "site"]
        if self.chosen.kind == "site":
            return deals.filter(site=self.chosen.pk)
        if self.chosen.kind == "division":
            return deals.filter(Q(site__in=places) | Q(site=None, division=self.chosen.pk))
        return deals


def of_company(
    company: Company, user: User, today: date, touches: Iterable[Touch] = (), at: str = ""
) -> Tree:
    """The tree in three statements; `at` names the node that is looked at ("site-12").

    Deals and touches that the person may not see are in no figure.
    """
    root = Node(company.name, "company", company.pk)
    divisions: dict[int, Node] = {}
    sites: dict[int, Node] = {}
    former = []
    besides = []
    for kind, pk, name, division, day, version, title in _places(company, user):
        if kind == "was":
            former.append((pk, name, day))
            continue
        if kind == "besides":
            besides.append((division, version, (pk, name, title)))
            continue
        node = Node(name, kind, pk, closed_on=day, version=version or 0)
        if kind == "division":
            divisions[pk] = node
            root.children.append(node)
        else:
            sites[pk] = node
            divisions.get(division or 0, root).children.append(node)

    def place(division: int | None, site: int | None) -> Node:
        return sites.get(site or 0) or divisions.get(division or 0) or root

    for division, site, told in besides:
        place(division, site).besides.append(told)
    people = _people(company=company.pk)
    for person in people:
        if person.has_left(today):
            former.append((person.pk, person.full_name, person.left_on))
        else:
            place(person.division_id, person.site_id).people.append(person)
    for row in _deals(Reader.of(user), company=company.pk):
        node = place(row["division"], row["site"])
        node.amount += row["open_amount"] or 0
        node.deals += row["open"]
        node.won_amount += row["won_amount"] or 0
        node.won += row["won"]
    for touch in touches:
        place(touch.division, touch.site).touches += touch.n
    root.roll_up()
    chosen = next((node for node in root.all() if node.key == at), root)
    chosen.is_chosen = True
    return Tree(root, chosen, former, people)


def _places(
    company: Company, user: User
) -> list[tuple[str, int, str, int | None, date | None, int | None, str]]:
    """Divisions, then sites, each in the order in which they were added, then who worked here; one statement.

    Last who works here besides another position: with division and, where places have their version, site.
    """
    rows = _place_rows(Reader.of(user), company=company.pk)
    order = ("division", "site", "was", "besides")
    return sorted(rows, key=lambda row: (row[4] is not None, order.index(row[0]), row[1]))  # type: ignore[index]


@kept
def _place_rows(reader: Reader, *, company: int) -> QuerySet[Any]:
    user, nothing = reader.user, Value(None, output_field=BigIntegerField())
    divisions = Division.objects.active().filter(company=company).order_by()
    sites = Site.objects.active().filter(company=company).order_by()
    # People of other companies now. Those whom the person may not see there are not named here.
    gone = Contact.objects.active().visible_to(user).exclude(company=company).values("pk")
    was = Position.objects.filter(company=company, until_on__isnull=False, contact__in=gone).order_by()
    here = Contact.objects.active().visible_to(user).values("pk")
    besides = Position.objects.filter(company=company, is_additional=True, until_on=None, contact__in=here)
    name = Concat("contact__family_name", Value(" "), "contact__given_name")
    none, empty = Value(None, output_field=DateField()), Value("")
    return divisions.values_list(
        Value("division"), "pk", "name", nothing, "closed_on", "version", empty
    ).union(
        sites.values_list(Value("site"), "pk", "name", "division", "closed_on", "version", empty),
        was.values_list(Value("was"), "contact", name, nothing, F("until_on"), nothing, empty),
        besides.order_by().values_list(Value("besides"), "contact", name, "division", none, "site", "title"),
        all=True,
    )


@kept
def _people(*, company: int) -> QuerySet[Contact]:
    rows = Contact.objects.active().filter(company=company).order_by("family_kana", "pk")
    return rows.defer("search_text", "search_grams", "notes")[:MOST_PEOPLE]


@kept
def _deals(reader: Reader, *, company: int) -> QuerySet[Any]:
    deals = access.visible("deal", reader.user).filter(company=company, deleted_at=None)
    is_open, is_won = Q(closed_at=None), Q(stage__kind="won")
    return (
        deals.order_by()
        .values("division", "site")
        .annotate(
            open=Count("pk", filter=is_open),
            open_amount=Sum("amount", filter=is_open),
            won=Count("pk", filter=is_won),
            won_amount=Sum("amount", filter=is_won),
        )
    )
