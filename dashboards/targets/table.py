"""The targets of a fiscal year as a table: company, teams, people by quarter, beside what was won a year before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import get_language

from crm.lib import money
from crm.lib.fiscal import Quarter, quarter_of
from dashboards.figures.kpis import IS_WON
from dashboards.figures.periods import Period
from dashboards.models import Target
from pipeline.models import Deal
from staff import access, roles
from staff.models import Team, User


@dataclass(frozen=True)
class Cell:
    """A quarter of somebody: the target, what was won in the same quarter a year before, and what those below want."""

    quarter: Quarter
    target: Decimal | None
    won_before: Decimal
    below: Decimal | None = None

    @property
    def name(self) -> str:
        return f"q{self.quarter.number}"

    @property
    def typed(self) -> str:
        """The amount as somebody would type it: short where that says it exactly."""
        if self.target is None:
            return ""
        short = money.short(self.target, get_language() or "ja")
        return short if money.parse(short) == self.target else f"{self.target:,}"

    @property
    def is_short(self) -> bool:
        """Those below together want less than is wanted of them."""
        return self.below is not None and self.target is not None and self.below < self.target


@dataclass(frozen=True)
class Row:
    key: str
    subject: Team | User | None
    depth: int
    cells: list[Cell]
    may_set: bool

    @property
    def kind(self) -> str:
        return self.key.partition("-")[0]

    @property
    def total(self) -> Decimal | None:
        return _total(cell.target for cell in self.cells)

    @property
    def won_before(self) -> Decimal:
        return sum((cell.won_before for cell in self.cells), Decimal(0))


Amounts = dict[tuple[str, int, int], Decimal]


def rows(user: User, year: int) -> list[Row]:
    """Everybody whose targets the person may see, in the order of the teams."""
    start = user.company.fiscal_start_month
    quarters = [Quarter(year, number, start) for number in (1, 2, 3, 4)]
    teams, people = _who(user)
    targets, won = _targets(user, quarters), _won(user, quarters, teams)
    found = (
        [_row("company", None, 0, quarters, targets, won, user)] if roles.can(user, "read everything") else []
    )
    tops = min((team.path.count("/") for team in teams), default=0)
    for team in teams:
        depth = team.path.count("/") - tops + 1
        found.append(_row(f"team-{team.pk}", team, depth, quarters, targets, won, user))
        found += [
            _row(f"user-{person.pk}", person, depth + 1, quarters, targets, won, user)
            for person in people.get(team.pk, [])
        ]
    return _with_below(found, teams)


def _who(user: User) -> tuple[list[Team], dict[int, list[User]]]:
    """The teams below the person, and those who sell in them."""
    teams = Team.objects.order_by("path")
    if not roles.can(user, "read everything"):
        teams = teams.filter(pk__in=access.team_ids(user))
    people: dict[int, list[User]] = defaultdict(list)
    for person in User.objects.people().filter(role__in=[User.Role.REP, User.Role.MANAGER]):
        people[person.team_id].append(person)
    # The team at the top is the company itself.
    return [team for team in teams if team.parent_id is not None], people


def _targets(user: User, quarters: list[Quarter]) -> Amounts:
    months = [month for quarter in quarters for month in quarter.months]
    found: Amounts = defaultdict(Decimal)
    rows = Target.objects.visible_to(user).filter(month__in=months)
    for month, team, person, amount in rows.values_list("month", "team", "user", "amount"):
        key = ("team", team) if team else ("user", person) if person else ("company", 0)
        found[*key, quarter_of(month, quarters[0].start_month).number] += amount
    return dict(found)


def _won(user: User, quarters: list[Quarter], teams: list[Team]) -> Amounts:
    """What was won a year before, by owner, by team with those below it, and in all."""
    before = [quarter.plus(-4) for quarter in quarters]
    span = Period(before[0].first, before[-1].last)
    deals = Deal.objects.visible_to(user).filter(IS_WON, span.has_moment("closed_at"))
    rows = (
        deals.order_by().values("owner", "team", month=TruncMonth("closed_at")).annotate(amount=Sum("amount"))
    )
    above = {team.pk: [int(pk) for pk in team.path.strip("/").split("/")] for team in teams}
    found: Amounts = defaultdict(Decimal)
    for row in rows:
        number, amount = quarter_of(row["month"].date(), before[0].start_month).number, row["amount"] or 0
        found["company", 0, number] += amount
        found["user", row["owner"], number] += amount
        for team in above.get(row["team"], []):
            found["team", team, number] += amount
    return dict(found)


def _row(
    key: str, subject: Any, depth: int, quarters: list[Quarter], targets: Amounts, won: Amounts, user: User
) -> Row:
    kind, pk = key.partition("-")[0], subject.pk if subject else 0
    cells = [
        Cell(
            quarter, targets.get((kind, pk, quarter.number)), won.get((kind, pk, quarter.number), Decimal(0))
        )
        for quarter in quarters
    ]
    return Row(key, subject, depth, cells, access.allows(user, "set target", subject))


def _with_below(found: list[Row], teams: list[Team]) -> list[Row]:
    """With what the people of a team, or the teams below it, want together: a team's promise rests on theirs."""
    by_key = {row.key: row for row in found}
    below: dict[str, list[Row]] = defaultdict(list)
    known = {team.pk for team in teams}
    for row in found:
        if isinstance(row.subject, User):
            below[f"team-{row.subject.team_id}"].append(row)
        elif isinstance(row.subject, Team):
            parent = row.subject.parent_id
            below[f"team-{parent}" if parent in known else "company"].append(row)
    return [_summed(by_key[row.key], below[row.key]) for row in found]


def _summed(row: Row, parts: list[Row]) -> Row:
    if not parts:
        return row
    cells = [
        Cell(cell.quarter, cell.target, cell.won_before, _total(part.cells[n].target for part in parts))
        for n, cell in enumerate(row.cells)
    ]
    return Row(row.key, row.subject, row.depth, cells, row.may_set)


def _total(amounts: Any) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None
