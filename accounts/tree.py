"""The tree of a company: division → site → person, with the open deals of each rolled up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Count, Sum, Value

from accounts.models import Company, Contact, Division, Site
from staff import access
from staff.models import User

MOST_PEOPLE = 300


@dataclass
class Node:
    """A division or a site with what hangs below it; the root stands for the company."""

    label: str
    kind: str
    children: list[Node] = field(default_factory=list)
    people: list[Contact] = field(default_factory=list)
    amount: Decimal = Decimal(0)
    deals: int = 0

    @property
    def headcount(self) -> int:
        return len(self.people) + sum(child.headcount for child in self.children)

    def roll_up(self) -> tuple[Decimal, int]:
        """Adds to each node what its children have."""
        for child in self.children:
            amount, deals = child.roll_up()
            self.amount += amount
            self.deals += deals
        return self.amount, self.deals


def of_company(company: Company, user: User) -> Node:
    """The tree in three statements. Deals that the person may not see are in no figure."""
    root = Node(company.name, "company")
    divisions: dict[int, Node] = {}
    sites: dict[int, Node] = {}
    for kind, pk, name, division in _places(company):
        node = Node(name, kind)
        if kind == "division":
            divisions[pk] = node
            root.children.append(node)
        else:
            sites[pk] = node
            divisions.get(division or 0, root).children.append(node)
    for person in _people(company):
        _place(root, divisions, sites, person.division_id, person.site_id).people.append(person)
    for row in _open_deals(company, user):
        node = _place(root, divisions, sites, row["division"], row["site"])
        node.amount += row["amount"] or 0
        node.deals += row["n"]
    root.roll_up()
    return root


def _place(
    root: Node, divisions: dict[int, Node], sites: dict[int, Node], division: int | None, site: int | None
) -> Node:
    return sites.get(site or 0) or divisions.get(division or 0) or root


def _places(company: Company) -> list[tuple[str, int, str, int | None]]:
    """Divisions, then sites, each in the order in which they were added; one statement for both."""
    nothing = Value(None, output_field=BigIntegerField())
    divisions = Division.objects.active().filter(company=company).order_by()
    sites = Site.objects.active().filter(company=company).order_by()
    rows = divisions.values_list(Value("division"), "pk", "name", nothing).union(
        sites.values_list(Value("site"), "pk", "name", "division"), all=True
    )
    return sorted(rows, key=lambda row: row[:2])


def _people(company: Company) -> Iterable[Contact]:
    rows = Contact.objects.active().filter(company=company).order_by("family_kana", "pk")
    return rows.defer("search_text", "search_grams", "notes")[:MOST_PEOPLE]


def _open_deals(company: Company, user: User) -> Iterable[dict[str, Any]]:
    deals = access.visible("deal", user).filter(company=company, closed_at=None, deleted_at=None)
    return deals.order_by().values("division", "site").annotate(n=Count("pk"), amount=Sum("amount"))
