"""Geometry of the two line charts: numbers in, places on the drawing out. The templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.dates import MONTHS_3
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activities.models import ActivityKind
from crm.lib import money
from dashboards.figures.business import Course, Courses, LossRow
from dashboards.figures.kpis import MonthOfLeadTime
from dashboards.figures.outlook import Outlook
from dashboards.figures.periods import Period
from dashboards.figures.rolled import Band
from dashboards.figures.sales import Expected
from dashboards.figures.team import Member

# Labels closer than this to each other cannot be read.
LINE_HEIGHT = 15.0


@dataclass(frozen=True)
class Tick:
    at: str
    label: str


@dataclass
class Label:
    """Text beside the end of a line; `at` is where it stands, after making room for its neighbours."""

    at: float
    text: str
    kind: str

    @property
    def y(self) -> str:
        return _px(self.at + 4)


@dataclass(frozen=True)
class Frame:
    """The area of a chart, with what its edges stand for."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float

    def x(self, share: float) -> float:
        return self.left + (self.right - self.left) * share

    def y(self, value: float | Decimal) -> float:
        share = (float(value) - self.low) / ((self.high - self.low) or 1)
        return self.bottom - (self.bottom - self.top) * share


# The course of a quarter -----------------------------------------------------------------------------


@dataclass(frozen=True)
class CourseChart:
    """受注の累計: this quarter until today, last year's, the target, and where the expected sum lies at the end."""

    y_ticks: list[Tick]
    x_ticks: list[Tick]
    now: str
    before: str
    ahead: str
    # The 80 % range on the way to the end, as an area.
    band: str
    target_y: str
    target_label_y: str
    today_x: str
    dot: tuple[str, str]
    # The label of the dot stands where it is not on the line.
    dot_label_left: bool
    dot_label_dy: str
    end: tuple[str, str] | None
    labels: list[Label]
    rows: list[tuple[date, Decimal, Decimal]]
    ahead_rows: list[tuple[date, float, float, float]]


def course(
    courses: Courses,
    expected: Expected,
    period: Period,
    last_year: Period,
    today: date,
    outlook: Outlook | None = None,
) -> CourseChart:
    """`outlook` gives the end and the way there; without it the line leads to the weighted sum."""
    until = min(max(today, period.first), period.last)
    is_running = period.first <= today < period.last
    goal, high = (outlook.point, outlook.high80) if outlook else (expected.amount, expected.amount)
    top = max(courses.now.total, courses.before.total, high, expected.target or Decimal(0))
    steps = _steps(float(top))
    frame = Frame(62, 606, 14, 304, 0, steps[-1])
    now, before = (
        _path(courses.now, period, until, frame),
        _path(courses.before, last_year, last_year.last, frame),
    )
    dot = (_px(_x(until, period, frame)), _px(frame.y(courses.now.total)))
    end = (_px(frame.right), _px(frame.y(goal))) if today < period.last else None
    way = [step for step in outlook.course if step[0] > until] if outlook and is_running else []
    labels = _end_labels(courses, goal if end else None, outlook, frame)
    is_low = float(dot[1]) > frame.bottom - 20
    is_right = float(dot[0]) > frame.right - 120
    return CourseChart(
        y_ticks=[Tick(_px(frame.y(step)), _short(step)) for step in steps],
        x_ticks=[Tick(_px(_x(day, period, frame)), f"{day.month}/{day.day}") for day in _marked_days(period)],
        now=now,
        before=before if courses.before.days else "",
        ahead=_ahead(dot, end, way, period, frame),
        band=_band(dot, way, period, frame),
        target_y=_px(frame.y(expected.target)) if expected.target else "",
        target_label_y=_px(frame.y(expected.target) - 6) if expected.target else "",
        today_x=_px(_x(today, period, frame)) if is_running else "",
        dot=dot,
        dot_label_left=is_right,
        dot_label_dy="-10" if is_low or is_right else "16",
        end=end,
        labels=_apart(labels),
        rows=_rows(courses, period, last_year),
        ahead_rows=way,
    )


def _end_labels(courses: Courses, goal: Decimal | None, outlook: Outlook | None, frame: Frame) -> list[Label]:
    """Beside the right edge: last year's sum, where this year's line leads, and its range."""
    labels = []
    if courses.before.days:
        labels.append(Label(frame.y(courses.before.total), _with_year(courses.before.total), ""))
    if goal is not None:
        labels.append(Label(frame.y(goal), _short(goal), "strong"))
    if goal is not None and outlook:
        high, low = {"amount": _short(outlook.high80)}, {"amount": _short(outlook.low80)}
        labels.append(Label(frame.y(outlook.high80), _("high %(amount)s") % high, "2"))
        labels.append(Label(frame.y(outlook.low80), _("low %(amount)s") % low, "2"))
    return labels


Way = list[tuple[date, float, float, float]]


def _ahead(dot: tuple[str, str], end: tuple[str, str] | None, way: Way, period: Period, frame: Frame) -> str:
    """From today to the end, over the weeks of the way where they are known."""
    if end is None:
        return ""
    places = [f"{_px(_x(day, period, frame))} {_px(frame.y(point))}" for day, point, _low, _high in way]
    return " L".join([f"M{dot[0]} {dot[1]}", *(places or [f"{end[0]} {end[1]}"])])


def _band(dot: tuple[str, str], way: Way, period: Period, frame: Frame) -> str:
    """Along the upper edge to the end and back along the lower one."""
    if not way:
        return ""
    upper = [f"{_px(_x(day, period, frame))} {_px(frame.y(high))}" for day, _point, _low, high in way]
    lower = [f"{_px(_x(day, period, frame))} {_px(frame.y(low))}" for day, _point, low, _high in way]
    return " L".join([f"M{dot[0]} {dot[1]}", *upper, *reversed(lower)]) + " Z"


def _path(course: Course, period: Period, until: date, frame: Frame) -> str:
    """A staircase: the sum rises on the day of an order and stays until the next."""
    height = frame.y(0)
    steps = [f"M{_px(frame.left)} {_px(height)}"]
    for day, amount in course.days:
        x = _px(_x(day, period, frame))
        steps += [f"L{x} {_px(height)}", f"L{x} {_px(frame.y(amount))}"]
        height = frame.y(amount)
    steps.append(f"L{_px(_x(until, period, frame))} {_px(height)}")
    return " ".join(steps)


def _x(day: date, period: Period, frame: Frame) -> float:
    return frame.x((day - period.first).days / (period.last - period.first).days)


def _marked_days(period: Period) -> list[date]:
    """The first days of its months and its last day."""
    firsts = [period.first + timedelta(days=n) for n in range((period.last - period.first).days - 7)]
    return [day for day in firsts if day.day == 1] + [period.last]


def _rows(courses: Courses, period: Period, last_year: Period) -> list[tuple[date, Decimal, Decimal]]:
    """Month by month: the sum at its end, and last year's on the same day of the quarter."""
    ends = [day - timedelta(days=1) for day in _marked_days(period)[1:-1]] + [period.last]
    return [
        (day, courses.now.on(day), courses.before.on(last_year.first + (day - period.first))) for day in ends
    ]


def _with_year(amount: Decimal) -> str:
    return _("last year %(amount)s") % {"amount": _short(amount)}


# Lead time -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeadTimeChart:
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    line: str
    end: tuple[str, str]
    end_label_y: str
    last: MonthOfLeadTime


def lead_times(months: Sequence[MonthOfLeadTime], today: date) -> LeadTimeChart | None:
    """The average lead time of each month of a year as a line; None with fewer than two months."""
    points = [(month, month.days.average) for month in months if month.days.average is not None]
    if len(points) < 2:
        return None
    steps = _steps(float(max(days for _month, days in points)))
    frame = Frame(30, 292, 12, 128, 0, steps[-1])

    def x(month: date) -> float:
        back = (today.year - month.year) * 12 + today.month - month.month
        return frame.x(1 - back / 11)

    places = [(_px(x(month.month)), _px(frame.y(days))) for month, days in points]
    last = points[-1][0]
    return LeadTimeChart(
        y_ticks=[Tick(_px(frame.y(step)), f"{step:.0f}") for step in steps],
        x_ticks=[Tick(_px(x(m)), _month(m)) for m in _every_other_month(today)],
        line="M" + " L".join(f"{left} {up}" for left, up in places),
        end=places[-1],
        end_label_y=_px(float(places[-1][1]) + 4),
        last=last,
    )


@dataclass(frozen=True)
class BandBar:
    """How many orders took so long, as a bar and in words."""

    label: str
    count: int
    percent: int
    width: str


BAND_WIDTH = 120


def bands(found: Sequence[Band]) -> list[BandBar]:
    """The longest bar fills the width; nothing without an order."""
    whole, most = sum(band.count for band in found), max((band.count for band in found), default=0)
    if not whole:
        return []
    return [
        BandBar(
            _("up to %(n)s days") % {"n": band.last} if not band.first
            else _("%(first)s–%(last)s days") % {"first": band.first, "last": band.last} if band.last
            else _("longer"),
            band.count, round(100 * band.count / whole), _px(BAND_WIDTH * band.count / most),
        )
        for band in found
    ]  # fmt: skip


def _every_other_month(today: date) -> list[date]:
    index = today.year * 12 + today.month - 1
    return [date((index - n) // 12, (index - n) % 12 + 1, 1) for n in range(11, 0, -2)]


def _month(month: date) -> str:
    return str(MONTHS_3[month.month]).title()


# Bars in tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    kind: str
    x: str
    width: str


@dataclass(frozen=True)
class LoadRow:
    """A person's activities as one bar in pieces, and in words."""

    member: Member
    pieces: tuple[Piece, ...]
    words: str
    # As text: sixty people have hundreds of numbers, and each would be asked how the language writes it.
    count: str
    before: str
    first_contacts: str
    proposals: str
    open_deals: str
    coverage: str


# Kind of activity → fill of its piece, and the dot of the legend.
KIND_FILLS = {"call": ("f-6", "6"), "meeting": ("f-4", "4"), "mail": ("f-2", "2"), "visit": ("f-ok", "won")}
LOAD_WIDTH = 110


def loads(members: Sequence[Member], most: int) -> list[LoadRow]:
    """The bars share one scale: that of whoever did the most fills the width."""
    labels = {kind: str(ActivityKind(kind).label) for kind in KIND_FILLS}
    return [
        LoadRow(
            m, _pieces(m, most), ", ".join(f"{label} {m.kinds[kind]}" for kind, label in labels.items()),
            str(m.count), str(m.before), str(m.first_contacts), str(m.proposals), str(m.open_deals),
            "—" if m.coverage.percent is None else f"{m.coverage.percent}%",
        )
        for m in members
    ]  # fmt: skip


def _pieces(member: Member, most: int) -> tuple[Piece, ...]:
    pieces, x = list[Piece](), 0.0
    for kind, (fill, _dot) in KIND_FILLS.items():
        width = LOAD_WIDTH * member.kinds[kind] / (most or 1)
        if width:
            pieces.append(Piece(fill, _px(x), _px(max(width - 1, 0.5))))
        x += width
    return tuple(pieces)


def load_legend() -> list[tuple[str, str]]:
    """Dot and name of each kind."""
    return [(dot, str(ActivityKind(kind).label)) for kind, (_fill, dot) in KIND_FILLS.items()]


@dataclass(frozen=True)
class ReasonRow:
    loss: LossRow
    now_width: str
    before_width: str


def reasons(losses: Sequence[LossRow]) -> list[ReasonRow]:
    """Loss reasons as bars, this quarter's over that of the quarter before."""
    most = max((max(row.now, row.before) for row in losses), default=1)
    return [ReasonRow(row, _px(124 * row.now / most), _px(124 * row.before / most)) for row in losses]


# Both ------------------------------------------------------------------------------------------------


def _steps(top: float) -> list[float]:
    """Round numbers from 0 to just above the top, at most five of them."""
    size = 1.0
    while True:
        for factor in (1, 2, 5):
            if size * factor * 4 >= top:
                count = max(1, -int(-top // (size * factor)))
                return [n * size * factor for n in range(count + 1)]
        size *= 10


def _apart(labels: list[Label]) -> list[Label]:
    """Moves labels down that would lie on the one above."""
    labels = sorted(labels, key=lambda label: label.at)
    for above, below in zip(labels, labels[1:], strict=False):
        below.at = max(below.at, above.at + LINE_HEIGHT)
    return labels


def _short(amount: float | Decimal) -> str:
    return money.short(Decimal(amount), get_language() or "ja").removeprefix("¥")


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
