from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.dates import NotADate, near, parse

TODAY = date(2026, 7, 14)


@pytest.mark.parametrize(
    "typed",
    [
        "2026/7/9",
        "2026-07-09",
        "2026.7.9",
        "2026年7月9日",
        "2026年7月9日（木）",
        "２０２６／７／９",
        "2026/ 7/ 9",
        "20260709",
        "令和8年7月9日",
        "令和８年７月９日",
        "㋿8年7月9日",
        "R8.7.9",
        "r08/07/09",
        "令8.7.9",
        "7/9",
        "7月9日",
        "2026/7/9 10:30",
        "2026-07-09T10:30:00",
        "2026-07-09T10:30:00+09:00",
        46212.0,
        46212.75,
        20260709,
        date(2026, 7, 9),
        datetime(2026, 7, 9, 23, 59),
        datetime(2026, 7, 8, 20, tzinfo=UTC),
    ],
)
def test_spellings_of_one_day(typed):
    assert parse(typed, TODAY) == date(2026, 7, 9)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("令和7年3月1日", date(2025, 3, 1)),
        ("R7.3.1", date(2025, 3, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("平成31/4/30", date(2019, 4, 30)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("S50.1.1", date(1975, 1, 1)),
        ("大正15年12月24日", date(1926, 12, 24)),
        ("明治45年7月29日", date(1912, 7, 29)),
        ("2024/2/29", date(2024, 2, 29)),
        (61, date(1900, 3, 1)),
    ],
)
def test_other_days(typed, day):
    assert parse(typed, TODAY) == day


@pytest.mark.parametrize(
    ("typed", "today", "day"),
    [
        ("7/9", date(2026, 7, 14), date(2026, 7, 9)),
        ("12/1", date(2026, 7, 14), date(2026, 12, 1)),
        ("4/15", date(2026, 7, 14), date(2026, 4, 15)),  # 90 days ago
        ("4/14", date(2026, 7, 14), date(2027, 4, 14)),
        ("1/15", date(2026, 11, 22), date(2027, 1, 15)),
        ("2/29", date(2027, 11, 22), date(2028, 2, 29)),
    ],
)
def test_a_day_without_a_year_is_the_one_people_mean(typed, today, day):
    assert parse(typed, today) == day


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("未定", "not_a_date"),
        ("10:30", "not_a_date"),
        ("46212", "not_a_date"),
        (3.0, "not_a_date"),
        (float("nan"), "not_a_date"),
        (float("inf"), "not_a_date"),
        (1e300, "not_a_date"),
        (True, "not_a_date"),
        ("2026/2/30", "no_such_day"),
        ("13/40", "no_such_day"),
        ("2/29", "no_such_day"),
        ("令和0年1月1日", "no_such_day"),
        ("2026/7", "no_day"),
        ("2026年7月", "no_day"),
        ("令和8年", "no_day"),
        ("26/7/9", "short_year"),
        ("7/9/2026", "year_last"),
        ("平成31/5/1", "outside_era"),
        ("平成32年1月1日", "outside_era"),
        ("令和元年4月30日", "before_era"),
        ("昭和64年1月8日", "outside_era"),
        ("9999/12/31", "far_year"),
        ("2200-01-01", "far_year"),
        ("1799/12/31", "far_year"),
        (date(1, 1, 1), "far_year"),
        ("令和999年1月1日", "not_a_date"),
    ],
)
def test_what_is_no_day_says_why(typed, code):
    with pytest.raises(NotADate) as refusal:
        parse(typed, TODAY)

    assert refusal.value.code == code
    assert refusal.value.message


def test_a_day_outside_its_era_names_the_era():
    with pytest.raises(NotADate) as refusal:
        parse("平成32年1月1日", TODAY)

    assert refusal.value.params == {"era": "平成", "first": "1989/1/8", "last": "2019/4/30"}
    assert "平成" in refusal.value.message


@given(st.text() | st.floats() | st.integers())
def test_any_value_is_a_day_or_refused(value):
    try:
        assert isinstance(parse(value, TODAY), date)
    except NotADate as refusal:
        str(refusal)


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)))
def test_written_days_read_back(day):
    for text in (
        f"{day:%Y-%m-%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    ):
        assert parse(text, TODAY) == day


@pytest.mark.parametrize(
    ("day", "japanese", "english"),
    [
        (date(2026, 7, 13), "昨日", "Yesterday"),
        (date(2026, 7, 14), "今日", "Today"),
        (date(2026, 7, 15), "明日", "Tomorrow"),
        (date(2026, 7, 16), "7/16(木)", "Thu, Jul 16"),
        (date(2026, 9, 30), "9/30(水)", "Wed, Sep 30"),
        (date(2026, 11, 30), "2026/11/30(月)", "Mon, Nov 30, 2026"),
        (date(2025, 7, 14), "2025/7/14(月)", "Mon, Jul 14, 2025"),
    ],
)
def test_days_as_lists_show_them(day, japanese, english):
    assert near(day, TODAY, "ja") == japanese
    assert near(day, TODAY, "en") == english
