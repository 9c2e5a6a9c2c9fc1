from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboards import charts
from dashboards.figures.business import Course, Courses, StageToPull, way_to_target
from dashboards.figures.kpis import ComparedRate, Days, MonthOfLeadTime, Rate, StageRates
from dashboards.figures.periods import Period, last_months, month_of, week_of
from dashboards.figures.sales import Deals, Expected
from dashboards.figures.team import fallen
from pipeline.models import Stage

QUARTER = Period(date(2026, 7, 1), date(2026, 9, 30))
LAST_YEAR = Period(date(2025, 7, 1), date(2025, 9, 30))
TODAY = date(2026, 7, 14)
MAN = 10_000


def expected(won=2340 * MAN, target=15_000 * MAN):
    return Expected(Deals(3, Decimal(won), ""), [], Deals(0, Decimal(0), ""), Decimal(target), "")


def draw(now=(), before=(), today=TODAY, **fields):
    courses = Courses(Course(list(now)), Course(list(before)))
    return charts.course(courses, expected(**fields), QUARTER, LAST_YEAR, today)


def test_the_course_rises_on_the_day_of_an_order_and_ends_today():
    chart = draw(now=[(date(2026, 7, 1), Decimal(100 * MAN)), (date(2026, 7, 10), Decimal(2340 * MAN))])

    steps = chart.now.split(" L")
    assert len(steps) == 6  # the start, two risings of two points, today
    assert steps[-1].split()[0] == chart.today_x == chart.dot[0]


def test_a_past_quarter_has_no_today_and_nothing_ahead():
    chart = draw(today=date(2026, 11, 1))

    assert (chart.today_x, chart.ahead, chart.end) == ("", "", None)


def test_without_orders_last_year_there_is_no_line_of_it():
    assert draw().before == ""
    assert draw(before=[(date(2025, 7, 9), Decimal(MAN))]).before != ""


def test_labels_at_the_end_never_lie_on_each_other():
    chart = draw(before=[(date(2025, 7, 9), Decimal(2340 * MAN))])

    upper, lower = chart.labels
    assert lower.at - upper.at >= charts.LINE_HEIGHT


def test_the_table_compares_the_same_day_of_both_quarters():
    chart = draw(
        now=[(date(2026, 7, 10), Decimal(5))],
        before=[(date(2025, 7, 9), Decimal(3)), (date(2025, 9, 1), Decimal(9))],
    )

    assert chart.rows == [
        (date(2026, 7, 31), Decimal(5), Decimal(3)),
        (date(2026, 8, 31), Decimal(5), Decimal(3)),
        (date(2026, 9, 30), Decimal(5), Decimal(9)),
    ]


@pytest.mark.parametrize("top", [0, 1, 7, 53, 99, 150_000_000, 999_999_999_999])
def test_an_axis_has_two_to_six_round_steps_and_reaches_the_top(top):
    steps = charts._steps(float(top))

    assert steps[0] == 0
    assert steps[-1] >= top
    assert 2 <= len(steps) <= 6


def test_a_line_needs_two_months():
    month = MonthOfLeadTime(date(2026, 6, 1), Days(2, 42, 40))

    assert charts.lead_times([month], TODAY) is None
    chart = charts.lead_times([month, MonthOfLeadTime(date(2026, 7, 1), Days(1, 38, 38))], TODAY)
    assert chart.last.days.average == 38
    assert chart.line.count("L") == 1


def test_the_way_to_the_target_is_the_latest_stage_that_is_enough():
    talks = StageToPull(Stage(pk=6), 2, [Decimal(5), Decimal(2)], "")
    quotes = StageToPull(Stage(pk=5), 5, [Decimal(7), Decimal(6), Decimal(1)], "")

    assert way_to_target(Decimal(7), [talks, quotes]).deals == 2
    way = way_to_target(Decimal(10), [talks, quotes])
    assert (way.stage.pk, way.deals, way.count) == (5, 2, 5)
    assert way_to_target(Decimal(100), [talks, quotes]) is None
    assert way_to_target(Decimal(0), [talks]) is None
    assert way_to_target(None, [talks]) is None


@pytest.mark.parametrize(
    ("part", "whole", "percent"), [(0, 0, None), (0, 3, 0), (1, 3, 33), (1, 200, 1), (2, 3, 67)]
)
def test_a_rate_is_rounded_and_empty_without_a_whole(part, whole, percent):
    assert Rate(part, whole).percent == percent


def test_periods_are_whole_and_begin_where_they_say():
    assert week_of(TODAY) == Period(date(2026, 7, 13), date(2026, 7, 19))
    assert month_of(date(2026, 2, 10)) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert last_months(TODAY, 12) == Period(date(2025, 8, 1), TODAY)
    assert week_of(TODAY).ends - week_of(TODAY).begins == timedelta(days=7)


def rates(now, before):
    compared = ComparedRate(Rate(*now), Rate(*before), "")
    return StageRates(Stage(), None, compared, compared)


def test_the_stage_that_fell_most_is_named_unless_too_few_deals_say_so():
    little, much, by_one_deal = rates((5, 10), (6, 10)), rates((3, 10), (6, 10)), rates((0, 1), (9, 10))

    assert fallen([little, much, by_one_deal]) is much
    assert fallen([rates((6, 10), (5, 10)), by_one_deal]) is None
