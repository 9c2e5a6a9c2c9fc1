"""The board as it is read: its columns, with totals of everything filtered and the cards that come first."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import Company
from crm.lib import fiscal, prepared
from crm.lib.questions import sql_of
from pipeline import rollups
from pipeline.cards import Card
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, DealQuerySet, Figure, Stage
from pipeline.rollups import FIRST, UNDATED, Want
from pipeline.way import of_team, pipeline_of_team
from staff.models import User
from staff.readers import Reader

CARDS = 20


@dataclass
class Column:
    """A stage with what stands in it. `count`, `total` and `weighted` describe all of it, not the cards alone."""

    stage: Stage
    number: int
    count: int = 0
    total: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    cards: list[Drawn] = field(default_factory=list)
    # What a deal must know or have done to come here: shown when the column is empty.
    entry: list[str] = field(default_factory=list)

    @property
    def rest(self) -> int:
        return self.count - len(self.cards)


@dataclass
class Board:
    columns: list[Column]
    won: Column
    lost: Column
    quarter: fiscal.Quarter
    stalled: int = 0
    without_next: int = 0

    @property
    def count(self) -> int:
        return sum(column.count for column in self.columns)

    @property
    def total(self) -> Decimal:
        return sum((column.total for column in self.columns), Decimal(0))

    @property
    def weighted(self) -> Decimal:
        return sum((column.weighted for column in self.columns), Decimal(0))


def read(narrowing: Narrowing, only: set[int] | None = None) -> Board:
    """The board of what the person may see and asked for; three statements whatever its size.

    `only`: the stages whose cards are read; figures are of all of them.
    """
    places = _places(narrowing)
    columns = [Column(place.stage, n) for n, place in enumerate(places, 1)]
    quarter = fiscal.quarter_of(narrowing.today, narrowing.user.company.fiscal_start_month)
    by_stage = {column.stage.pk: column for column in columns}
    board = Board(
        [c for c in columns if c.stage.is_open],
        next(c for c in columns if c.stage.kind == Stage.Kind.WON),
        next(c for c in columns if c.stage.kind == Stage.Kind.LOST),
        quarter,
    )
    criteria = {place.stage.pk: place.criteria for place in places}
    for before, column in zip(board.columns, board.columns[1:], strict=False):
        column.entry = criteria[before.stage.pk]
    visible = Deal.objects.visible_to(narrowing.user)
    if places[0].has_others:
        visible = visible.filter(stage__in=list(by_stage))
    rows = narrowing.only_open_ones().apply(visible)
    is_usual = set(narrowing.values) <= {"pipeline"} and not narrowing.own
    if is_usual:
        totals = totals_of_all(narrowing.user, narrowing.today, quarter)
    else:
        totals = totals_of(rows, _closed(narrowing, visible, quarter), narrowing.today)
    for stage, count, total, weighted, stalled, without in totals:
        if stage not in by_stage:  # of another pipeline
            continue
        column = by_stage[stage]
        column.count, column.total, column.weighted = count, total or Decimal(0), weighted or Decimal(0)
        board.stalled += stalled
        board.without_next += without
    shown = tuple(c.stage.pk for c in board.columns if c.count and (only is None or c.stage.pk in only))
    user, today = narrowing.user, narrowing.today
    found = usual_cards(user, shown, today) if is_usual else first_cards(rows, shown, today, user)
    for card in found:
        by_stage[card.row[_STAGE]].cards.append(card)
    return board


def by_urgency(deal: Deal, today: date) -> tuple[int, date, int]:
    """The order of a column: overdue and today, without next action, planned."""
    return _urgency(deal.next_action_on, deal.pk, today)


def _urgency(day: date | None, pk: int, today: date) -> tuple[int, date, int]:
    if day is None:
        return 1, date.min, pk
    return (0 if day <= today else 2), day, pk


def first_cards(rows: QuerySet[Deal], stages: tuple[int, ...], today: date, user: User) -> list[Drawn]:
    """The cards that come first in each stage, most urgent first, in one statement."""
    if not stages:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*_first(rows, stages, today))
        return _in_order(cursor.fetchall(), today, user)


def usual_cards(user: User, stages: tuple[int, ...], today: date) -> list[Drawn]:
    """`first_cards` of all open deals that the person sees: by a statement that is put together and planned once a day."""
    if not stages:
        return []
    return _in_order(prepared.rows(_usual(Reader.of(user), stages, today)), today, user)


@lru_cache(maxsize=500)
def _usual(reader: Reader, stages: tuple[int, ...], today: date) -> str:
    rows = Deal.objects.visible_to(reader.user).open()
    return prepared.with_values(*_first(rows, stages, today))


def _first(rows: QuerySet[Deal], stages: tuple[int, ...], today: date) -> tuple[str, list[Any]]:
    """Of each part of each stage the index is read no further than a column is long.

    Written by hand around the rows, which are compiled once: to build and plan a branch for each part and stage took longer
    than to run it.
    """
    column, values = sql_of(rows.order_by().values("id", "stage_id", "next_action_on"))
    branches = " UNION ALL ".join(
        f"(SELECT {n} AS part, d.id, d.next_action_on FROM ({column}) AS d WHERE d.stage_id = s.id AND {where}"  # noqa: S608
        f" ORDER BY d.next_action_on, d.id LIMIT {CARDS})"
        for n, where in enumerate(_PARTS)
    )
    text = (
        f"SELECT {_SHOWN}, c.name, u.family_name, u.given_name "  # noqa: S608
        "FROM unnest(%s::bigint[]) AS s (id) CROSS JOIN LATERAL "
        f"(SELECT p.id FROM ({branches}) AS p ORDER BY p.part, p.next_action_on, p.id LIMIT {CARDS}) AS f "
        "JOIN pipeline_deal AS k ON k.id = f.id JOIN accounts_company AS c ON c.id = k.company_id "
        "JOIN staff_user AS u ON u.id = k.owner_id"
    )
    return text, [list(stages), *(value for _part in _PARTS for value in (*values, today))]


def _in_order(rows: list[tuple[Any, ...]], today: date, user: User) -> list[Drawn]:
    language, zone = get_language() or "ja", timezone.get_current_timezone()
    cards = [_drawn(row, today, language, row[_OWNER] == user.pk, zone) for row in rows]
    return sorted(cards, key=lambda card: _urgency(card.row[_DAY], card.row[0], today))


class Drawn(NamedTuple):
    """A card as it stands on the page, with what the database said of its deal."""

    row: tuple[Any, ...]
    key: str
    html: SafeString

    @property
    def deal(self) -> Deal:
        return _with_its_face(self.row)


@lru_cache(maxsize=3000)
def _drawn(row: tuple[Any, ...], today: date, language: str, is_own: bool, zone: tzinfo) -> Drawn:
    """The same row has the same card, whoever asks (it may be their own): nothing else goes into it."""
    deal = _with_its_face(row)
    card = Card(deal, today, language, deal.owner if is_own else User(), zone)
    return Drawn(row, card.key, card.html)


# What `DealQuerySet.only_cards` reads of the deal itself; `from_db` takes values in the order of the model.
_READ = {
    "id", "name", "company_id", "owner_id", "amount", "weighted_amount", "close_on", "next_action_on", "next_action_kind",
    "stalls_on", "stage_id", "stage_entered_at", "closed_at", "criteria_met", "criteria_total", "version", "loss_reason_id",
}  # fmt: skip
_FACE = tuple(field.attname for field in Deal._meta.concrete_fields if field.attname in _READ)
_SHOWN = ", ".join(f"k.{name}" for name in _FACE)
_OWNER, _STAGE, _DAY = map(_FACE.index, ("owner_id", "stage_id", "next_action_on"))


def _with_its_face(row: tuple[Any, ...]) -> Deal:
    """A deal as a card needs it; anything else asked of it is one more statement."""
    *own, company, family_name, given_name = row
    deal = Deal.from_db(DEFAULT_DB_ALIAS, _FACE, own)
    deal.company = Company.from_db(DEFAULT_DB_ALIAS, ("id", "name"), (deal.company_id, company))
    names = (deal.owner_id, family_name, given_name)
    deal.owner = User.from_db(DEFAULT_DB_ALIAS, ("id", "family_name", "given_name"), names)
    return deal


# The order of a column in parts that an index serves: overdue and today, without next action, planned.
_PARTS = (
    "d.next_action_on <= %s",
    "d.next_action_on IS NULL AND %s::date IS NOT NULL",
    "d.next_action_on > %s",
)


def neighbours(deal: Deal, user: User) -> tuple[int | None, int | None]:
    """Ids of the deals before and after this one in its column, in the order of the board."""
    if not deal.is_open:
        return None, None
    reader = Reader.of(user)
    own, day, pk = by_urgency(deal, reader.day)
    place = [pk] if deal.next_action_on is None else [day, pk]
    [found] = prepared.rows(_beside(reader, deal.stage_id, own), place * 2)
    return found[0], found[1]


@lru_cache(maxsize=500)
def _beside(reader: Reader, stage: int, own: int) -> str:
    """The statement of `neighbours` for deals of the `own` part of a column.

    Reader and stage stand in its text, and who is closed out is found once: apart, and in each branch, the database
    planned for each deal again, eight times as long as to run it.
    """
    near = Deal.objects.visible_to(reader.user).open().filter(stage=stage).order_by()
    closed_ids = Company.objects.closed_ids(reader.user)
    closed = prepared.with_values(closed_ids.sql, closed_ids.params)
    column = prepared.with_values(*sql_of(near.values("id", "next_action_on")))
    rows = column.replace(closed, "SELECT id FROM closed")
    ways = [_first_beyond(rows.replace("%", "%%"), own, reader.day, backwards=way) for way in (True, False)]
    return f"WITH closed AS MATERIALIZED ({closed.replace('%', '%%')}) SELECT {', '.join(ways)}"  # noqa: S608


def _first_beyond(column: str, own: int, today: date, *, backwards: bool) -> str:
    """The first row beyond the deal: of its own part, else of the parts that come after it on this way."""
    turn, sign = ("DESC", "<") if backwards else ("ASC", ">")
    found: list[str] = []
    for part in range(own, -1, -1) if backwards else range(own, len(_PARTS)):
        where = _PARTS[part].replace("%s", f"'{today:%Y-%m-%d}'")
        if part == own:
            # Asked for by a SELECT of their own, values do not tempt the database to plan for each of them anew.
            day, pk = "(SELECT %s::date)", "(SELECT %s::bigint)"
            where += (
                f" AND d.id {sign} {pk}"
                if part == 1
                else f" AND (d.next_action_on, d.id) {sign} ({day}, {pk})"
            )
        order = f"d.id {turn}" if part == 1 else f"d.next_action_on {turn}, d.id {turn}"
        found.append(f"(SELECT d.id FROM ({column}) AS d WHERE {where} ORDER BY {order} LIMIT 1)")  # noqa: S608
    return f"COALESCE({', '.join(found)})"


@dataclass(frozen=True)
class Place:
    """A stage as the board reads it: with the names of its criteria, and whether there are other pipelines."""

    stage: Stage
    criteria: list[str]
    has_others: bool


def _places(narrowing: Narrowing) -> list[Place]:
    """Of the pipeline that is asked for, else of the reader's team's; by hand and planned once, as `Way` is."""
    asked = _asked_pipeline(narrowing)
    which, params = ("SELECT %s::bigint", [asked]) if asked else pipeline_of_team(narrowing.user.team)
    name = "name_en" if (get_language() or "ja").startswith("en") else "name_ja"
    rows = prepared.rows(_PLACES.format(which=which, name=name), params)
    return [Place(Stage(**json.loads(stage)), json.loads(names), others) for stage, names, others in rows]


_PLACES = """
    SELECT to_json(s)::text,
           (SELECT coalesce(json_agg(c.{name} ORDER BY c.position, c.id), '[]')::text
            FROM pipeline_exitcriterion c WHERE c.stage_id = s.id AND c.retired_at IS NULL),
           EXISTS (SELECT 1 FROM pipeline_pipeline p WHERE p.id <> s.pipeline_id)
    FROM pipeline_stage s WHERE s.pipeline_id = ({which}) AND s.kind <> 'gone' ORDER BY s.position
"""


def _asked_pipeline(narrowing: Narrowing) -> int | None:
    asked: Any = narrowing.values.get("pipeline")
    return asked.pk if asked else getattr(narrowing.values.get("stage"), "pipeline_id", None)


def pipeline_of(narrowing: Narrowing) -> Q:
    """Stages of the pipeline that is asked for, else of the one in which the reader's team begins its deals."""
    asked = _asked_pipeline(narrowing)
    return Q(pipeline=asked) if asked else of_team(narrowing.user.team)


def totals_of(open_rows: QuerySet[Deal], closed: QuerySet[Deal], today: date) -> list[tuple[Any, ...]]:
    """(stage, count, total, weighted, stalled, without next action) of open and of closed deals, in one statement."""

    def grouped(rows: QuerySet[Deal]) -> QuerySet[Any]:
        return rows.order_by().values("stage").annotate(
            n=Count("pk"), total=Sum("amount"), weighted=Sum("weighted_amount"),
            stalled=Count("pk", filter=Q(stalls_on__lte=today)),
            without=Count("pk", filter=Q(next_action_on=None, closed_at=None)),
        ).values_list("stage", "n", "total", "weighted", "stalled", "without")  # fmt: skip

    return list(grouped(open_rows).union(grouped(closed), all=True))


def totals_of_all(user: User, today: date, quarter: fiscal.Quarter) -> list[tuple[Any, ...]]:
    """The same of all that the person may see and of the closed ones of the quarter, from what is added up ahead."""
    found = rollups.read(
        user,
        {
            "open": Want(Figure.DUE, UNDATED, date.max),
            "stalled": Want(Figure.STALLS, FIRST, today),
            "without": Want(Figure.IDLE),
            "closed": Want(Figure.CLOSED, quarter.first, date.max),
        },
    )
    stalled, without = ({t.key: t.n1 for t in found[name]} for name in ("stalled", "without"))
    return [
        (t.key, t.n1, Decimal(t.n2), Decimal(t.n3), stalled.get(t.key, 0), without.get(t.key, 0))
        for t in found["open"]
    ] + [(t.key, t.n1, Decimal(t.n2), Decimal(t.n3), 0, 0) for t in found["closed"]]


def _closed(narrowing: Narrowing, visible: DealQuerySet, quarter: fiscal.Quarter) -> QuerySet[Deal]:
    """Won and lost ones of the quarter, by who and where from; the day of an expected close says nothing here."""
    start = timezone.make_aware(datetime.combine(quarter.first, time.min))
    gone = {"stalled", "next", "close_from", "close_to", "stage", "closed", "from", "to", "reason", "cohort"}
    keep = {key: value for key, value in narrowing.values.items() if key not in gone}
    closed = visible.filter(closed_at__gte=start, deleted_at=None)
    return Narrowing(narrowing.user, narrowing.today, keep, {}, narrowing.own).narrow(closed)
