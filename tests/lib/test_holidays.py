from datetime import date

import jpholiday
import pytest

from crm.lib import holidays


def names(year: int) -> dict[str, str]:
    return {f"{day:%m-%d}": name for day, name in holidays.of_year(year).items()}


@pytest.mark.parametrize("year", range(1949, 2100))
def test_every_year_has_the_days_that_the_table_of_others_has(year):
    # The table knows substitutes and days between before the laws of 1973 and 1985 that made them.
    known = {
        day
        for day, name in jpholiday.year_holidays(year)
        if not ("振替休日" in name and day < date(1973, 4, 12)) and not (name == "国民の休日" and year < 1986)
    }

    assert list(holidays.of_year(year)) == sorted(known)


def test_the_year_of_the_enthronement_had_ten_days_of_golden_week_and_no_birthday():
    of_2019 = names(2019)

    assert {day: of_2019[day] for day in ("04-30", "05-01", "05-02", "05-06", "10-22")} == {
        "04-30": "国民の休日",
        "05-01": "即位の日",
        "05-02": "国民の休日",
        "05-06": "振替休日",
        "10-22": "即位礼正殿の儀",
    }
    assert "天皇誕生日" not in of_2019.values()


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2020, {"07-23": "海の日", "07-24": "スポーツの日", "08-10": "山の日"}),
        (2021, {"07-22": "海の日", "07-23": "スポーツの日", "08-08": "山の日", "08-09": "振替休日"}),
    ],
)
def test_the_games_moved_three_holidays(year, days):
    of_year = names(year)

    assert {day: of_year[day] for day in days} == days
    assert not {"10-12", "10-11", "08-11"} & set(of_year)


def test_since_2007_a_substitute_comes_after_all_of_golden_week():
    # 5/3/2026 is a Sunday, the two days after it are holidays themselves.
    assert names(2026)["05-06"] == "振替休日"
    assert names(2009)["05-06"] == "振替休日"


def test_a_day_between_two_holidays_is_one_since_1986():
    assert names(2026)["09-22"] == "国民の休日"
    assert names(1988)["05-04"] == "国民の休日"
    assert "05-04" not in names(1985)
    # A Sunday between two was just a Sunday, a Monday after one a substitute.
    assert "05-04" not in names(1986)
    assert names(1987)["05-04"] == "振替休日"


def test_before_1973_a_holiday_on_a_sunday_was_lost():
    assert date(1972, 2, 11).weekday() == 4
    assert "振替休日" not in names(1972).values()
    assert names(1973)["04-30"] == "振替休日"


def test_before_the_law_there_was_none():
    assert holidays.of_year(1948) == {}


def test_a_year_beyond_the_known_ones_still_answers():
    assert names(2150)["01-01"] == "元日"
    assert {day: name for day, name in names(2100).items() if name.endswith("分の日")} == {
        "03-20": "春分の日",
        "09-23": "秋分の日",
    }
