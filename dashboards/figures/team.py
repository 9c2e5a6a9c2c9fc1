"""チーム: where a manager acts this week. Everything is about the rows that the manager may see: their subtree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from activities.models import Activity, ActivityKind
from crm.lib import branches, prepared
from crm.lib.questions import Question, Row, sql_of
from dashboards import missing
from dashboards.figures import links, periods
from dashboards.figures.asking import Rolled, Tallies
from dashboards.figures.kpis import ComparedRate, Rate, StageRates
from dashboards.figures.periods import Period
from dashboards.figures.sales import Deals
from dashboards.figures.today import IS_FIRST_CONTACT
from dashboards.models import WeeklyKpis
from pipeline.models import Deal, ExitCriterion, Figure, Stage
from pipeline.rollups import FIRST, Tally, Want
from staff import access, roles
from staff.models import User
from staff.readers import Reader

MOST_ROWS = 6
MOST_MEMBERS = 25
NEW_DAYS = 7
CLOCK_DAYS = 28
# From so many deals on a rate is worth a sentence.
ENOUGH = 5


@dataclass(frozen=True)
class Stalled(Deals):
    """停滞案件, with those that became so within the last seven days."""

    new_count: int
    by_stage: dict[int, int]


def stalled(today: date) -> Rolled[Stalled]:
    """停滞案件: open deals whose stored day has come (`Deal.objects.stalled`)."""

    def make(late: Tallies, new: Tallies) -> Stalled:
        return Stalled(
            count=sum(tally.n1 for tally in late),
            amount=Decimal(sum(tally.n2 for tally in late)),
            url=links.deals(stalled=1),
            new_count=sum(tally.n1 for tally in new),
            by_stage={tally.key: tally.n1 for tally in late},
        )

    return Rolled(
        make,
        {
            "late": Want(Figure.STALLS, FIRST, today),
            "new": Want(Figure.STALLS, today - timedelta(days=NEW_DAYS - 1), today),
        },
    )


def without_next_action() -> Rolled[Deals]:
    """次アクションなし: open deals without any open todo (`Deal.objects.without_next_action`)."""

    def make(idle: Tallies) -> Deals:
        count, amount = sum(tally.n1 for tally in idle), Decimal(sum(tally.n2 for tally in idle))
        return Deals(count, amount, links.deals(next="none"))

    return Rolled(make, {"idle": Want(Figure.IDLE)})


@dataclass(frozen=True)
class DealsToDecide:
    """The most valuable stalled deals and those without a next action, read once for both tables."""

    stalled: list[Deal]
    without_next_action: list[Deal]

    @property
    def all(self) -> list[Deal]:
        return list({deal.pk: deal for deal in self.stalled + self.without_next_action}.values())


def deals_to_decide(user: User, today: date) -> DealsToDecide:
    """For both lists the first rows by amount: which they are, and then these."""
    text, values = _to_decide(Reader.of(user), today)
    first = Deal.objects.filter(pk__in={pk for _branch, _place, pk in prepared.rows(text, values)})
    found = list(missing.rows(first).order_by(F("amount").desc(nulls_last=True), "-pk"))
    return DealsToDecide(
        [deal for deal in found if deal.stalls_on is not None and deal.stalls_on <= today][:MOST_ROWS],
        [deal for deal in found if deal.next_action_on is None][:MOST_ROWS],
    )


@lru_cache(maxsize=200)
def _to_decide(reader: Reader, today: date) -> tuple[str, list[Any]]:
    """The statement of their ids, put together once for a reader and a day."""
    visible = Deal.objects.visible_to(reader.user)
    wanted = [
        rows.filter(amount__isnull=unpriced).order_by("-amount", "-pk")[:MOST_ROWS]
        for rows in (visible.stalled(today), visible.without_next_action())
        for unpriced in (False, True)
    ]
    return branches.parts(wanted)


def clocks(today: date) -> Rolled[ComparedRate]:
    """期限内の初回接触: of the leads whose deadline lay in the 28 days until yesterday, the share spoken with by then."""
    yesterday = today - timedelta(days=1)
    period = periods.last_days(yesterday, CLOCK_DAYS)
    before = periods.last_days(period.first - timedelta(days=1), CLOCK_DAYS)

    def make(now: Tallies, then: Tallies) -> ComparedRate:
        return ComparedRate(_in_time(now), _in_time(then), links.clocked_leads(period, "clocked"))

    return Rolled(
        make,
        {
            name: Want(Figure.CLOCKS, span.first, span.last)
            for name, span in (("now", period), ("then", before))
        },
    )


def _in_time(clocks: Tallies) -> Rate:
    return Rate(sum(tally.n2 for tally in clocks), sum(tally.n1 for tally in clocks))


@dataclass(frozen=True)
class MostMissing:
    """What most of the stalled deals of a stage lack: so many of so many."""

    criterion: ExitCriterion
    count: int
    of: int


# More stalled deals of one stage say nothing else.
MOST_STALLED = 500


def most_missing(user: User, stage: Stage, today: date) -> MostMissing | None:
    """Why a stage holds its deals up: the criterion that most of those lack that stall in it. None when all is met."""
    for pk, name_ja, name_en, count, of in prepared.rows(_lacking(Reader.of(user), stage.pk, today)):
        return MostMissing(ExitCriterion(pk=pk, name_ja=name_ja, name_en=name_en), count, of)
    return None


@lru_cache(maxsize=500)
def _lacking(reader: Reader, stage: int, today: date) -> str:
    """The statement of `most_missing`, put together and planned once for a reader, a stage and a day."""
    rows = Deal.objects.visible_to(reader.user).stalled(today).filter(stage=stage)
    text, params = sql_of(rows.order_by("-stalls_on").values("id", "lacking_ids")[:MOST_STALLED])
    return _MOST_MISSING.format(rows=prepared.with_values(text, params))


_MOST_MISSING = """
    WITH deals AS MATERIALIZED ({rows})
    SELECT c.id, c.name_ja, c.name_en, count(*), (SELECT count(*) FROM deals)
    FROM deals CROSS JOIN LATERAL unnest(lacking_ids) AS lacking (id) JOIN pipeline_exitcriterion AS c ON c.id = lacking.id
    GROUP BY c.id ORDER BY count(*) DESC, c.position, c.id LIMIT 1
"""


def fallen(rates: list[StageRates]) -> StageRates | None:
    """The stage whose pass rate fell most against the period before; None when none fell.

    Stages that fewer than five deals have left, now or before, say nothing either way.
    """
    telling = [rate for rate in rates if min(rate.passed.now.whole, rate.passed.before.whole) >= ENOUGH]
    fell = [rate for rate in telling if rate.passed.change is not None and rate.passed.change < 0]
    return min(fell, key=lambda rate: rate.passed.change or 0, default=None)


# People --------------------------------------------------------------------------------------------


LOAD_KINDS = (ActivityKind.CALL, ActivityKind.MEETING, ActivityKind.MAIL, ActivityKind.VISIT)
# Somebody with this many times the usual number of open deals is named.
MUCH = Decimal("1.5")


@dataclass(frozen=True)
class Member:
    """What a person of the team did this week, and how much they carry: load, not rank."""

    user: User
    kinds: dict[str, int]
    # Of the same kinds, on the same days of the week before.
    before: int
    first_contacts: int
    proposals: int
    open_deals: int
    # Of what the exit criteria ask of these deals, so much is met.
    coverage: Rate
    week: Period

    @property
    def count(self) -> int:
        return sum(self.kinds.values())

    @property
    def url(self) -> str:
        return links.deals(owner=self.user.pk)

    @property
    def week_url(self) -> str:
        return links.person_week(self.week, self.user.pk, "load")


@dataclass(frozen=True)
class Load:
    """メンバーの動き of a week, and who carries far more open deals than usual."""

    members: list[Member]
    week: Period
    # Of all open deals that the reader sees; and of the same teams when the last week was frozen.
    coverage: ComparedRate

    def shown(self, most: int) -> list[Member]:
        """Of a large team those who carry the most open deals; in the order of the team all the same."""
        if len(self.members) <= most:
            return self.members
        first = sorted(self.members, key=lambda member: -member.open_deals)[:most]
        chosen = {member.user.pk for member in first}
        return [member for member in self.members if member.user.pk in chosen]

    @property
    def count(self) -> int:
        return sum(member.count for member in self.members)

    @property
    def before(self) -> int:
        """Activities on the same days of the week before."""
        return sum(member.before for member in self.members)

    @property
    def most(self) -> int:
        return max((member.count for member in self.members), default=0)

    @property
    def usual_deals(self) -> int:
        """Open deals a person, on average."""
        return round(sum(m.open_deals for m in self.members) / len(self.members)) if self.members else 0

    @property
    def overloaded(self) -> Member | None:
        heaviest = max(self.members, key=lambda member: member.open_deals, default=None)
        if heaviest is None or len(self.members) < 2 or heaviest.open_deals < MUCH * max(self.usual_deals, 1):
            return None
        return heaviest


def load(user: User, today: date) -> Rolled[Load]:
    """メンバーの動き: what each person who sells in the teams below logged this week, and their open deals.

    On a Monday the week has hardly begun: the one before is looked at.
    """
    week = periods.week_of(today - timedelta(days=1))

    def make(
        people: list[User], done: dict[int, Row], firsts: dict[int, int], then: Rate, in_hand: Tallies
    ) -> Load:
        carried = {tally.key: tally for tally in in_hand}
        now = Rate(sum(tally.n2 for tally in in_hand), sum(tally.n3 for tally in in_hand))
        return Load(
            [
                _member(
                    person, week, done.get(person.pk, {}), firsts.get(person.pk, 0), carried.get(person.pk)
                )
                for person in people
            ],
            week,
            ComparedRate(now, then, reverse("pipeline:coverage")),
        )

    return Rolled(
        make,
        {"in_hand": Want(Figure.IN_HAND)},
        {
            "people": _people(user),
            "done": _done(user, week, today),
            "firsts": _first_contacts(user, week),
            "then": _covered_before(user),
        },
    )


def _covered_before(user: User) -> Question[Rate]:
    """The coverage when the last week ended, of the reader's teams; of the company for who reads everything."""
    team = None if roles.can(user, "read everything") else user.team_id
    rows = WeeklyKpis.objects.visible_to(user).filter(team_id=team, is_frozen=True)
    newest = rows.exclude(criteria_asked=None).order_by("-week").values("criteria_met", "criteria_asked")[:1]
    return Question(
        newest, lambda rows: Rate(rows[0]["criteria_met"], rows[0]["criteria_asked"]) if rows else Rate()
    )


def _member(person: User, week: Period, done: Row, first_contacts: int, in_hand: Tally | None) -> Member:
    return Member(
        user=person,
        kinds={kind: done.get(kind, 0) for kind in LOAD_KINDS},
        before=done.get("before", 0),
        first_contacts=first_contacts,
        proposals=done.get("proposals", 0),
        open_deals=in_hand.n1 if in_hand else 0,
        coverage=Rate(in_hand.n2, in_hand.n3) if in_hand else Rate(),
        week=week,
    )


def _people(user: User) -> Question[list[User]]:
    people = User.objects.people().filter(role__in=[User.Role.REP, User.Role.MANAGER])
    if not roles.can(user, "read everything"):
        people = people.filter(team__in=access.team_ids(user))
    names = people.values("id", "family_name", "given_name")
    return Question(names, lambda rows: [User(**row) for row in rows])


def _done(user: User, week: Period, today: date) -> Question[dict[int, Row]]:
    """Person → counts of the week, of the activities that the reader may see; `before`: on its days so far, a week earlier."""
    now, back = week.has_moment("at"), timedelta(weeks=1)
    then = Period(week.first - back, week.until(today).last - back).has_moment("at")
    # One stretch of days and not two apart: only so is the index alone read.
    rows = _logged(user, Period(week.first - back, week.last).has_moment("at")).annotate(
        **{kind: Count("by", filter=now & Q(kind=kind)) for kind in LOAD_KINDS},
        before=Count("by", filter=then & Q(kind__in=LOAD_KINDS)),
        proposals=Count("by", filter=now & Q(kind=ActivityKind.PROPOSAL)),
    )
    return Question(rows, lambda rows: {row["by_id"]: row for row in rows})


def _first_contacts(user: User, week: Period) -> Question[dict[int, int]]:
    """Apart: their lead or deal is looked at, and all else that was logged need not be joined with it."""
    rows = _logged(user, week.has_moment("at") & IS_FIRST_CONTACT).annotate(n=Count("by"))
    return Question(rows, lambda rows: {row["by_id"]: row["n"] for row in rows})


def _logged(user: User, which: Q) -> QuerySet[Activity, Any]:
    """By person: such activities of the reader's people, of those that the reader may see."""
    rows = Activity.objects.visible_to(user).filter(which)
    if not roles.can(user, "read everything"):
        rows = rows.filter(by__team__in=access.team_ids(user))
    return rows.order_by().values("by_id")
