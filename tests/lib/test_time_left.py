from datetime import datetime, timedelta

import pytest
from django.utils import translation

from crm.lib import time_left
from crm.lib.workdays import TOKYO, Unit


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


THURSDAY = at("2026-07-09T15:00")


@pytest.mark.parametrize(
    ("left", "unit", "due", "ja", "en"),
    [
        (5 * 60, Unit.WORKING_HOURS, "2026-07-10T17:00", "あと5営業時間（金 17:00 まで）", "5 working hours left (until Fri 17:00)"),
        (312, Unit.WORKING_HOURS, "2026-07-09T20:12", "あと5営業時間12分（20:12 まで）", "5 working hours 12 min left (until 20:12)"),
        (45, Unit.WORKING_HOURS, "2026-07-09T15:45", "あと45営業分（15:45 まで）", "45 working min left (until 15:45)"),
        (51 * 60, Unit.BUSINESS_DAYS, "2026-07-13T18:00", "あと2営業日3時間（月 18:00 まで）", "2 business days 3 h left (until Mon 18:00)"),
        (24 * 60, Unit.BUSINESS_DAYS, "2026-07-10T15:00", "あと1営業日（金 15:00 まで）", "1 business day left (until Fri 15:00)"),
        (312, Unit.BUSINESS_DAYS, "2026-07-09T20:12", "あと5時間12分（20:12 まで）", "5 h 12 min left (until 20:12)"),
        (300 * 60, Unit.CALENDAR, "2026-07-22T03:00", "あと300時間00分（7/22(水) 03:00 まで）", "300 h 00 min left (until Wed, Jul 22 03:00)"),
        (-60, Unit.WORKING_HOURS, "2026-07-08T17:00", "1営業時間 超過（昨日 17:00 まで）", "1 working hour over (until Yesterday 17:00)"),
        (-25, Unit.CALENDAR, "2026-07-09T14:35", "25分 超過（14:35 まで）", "25 min over (until 14:35)"),
    ],
)  # fmt: skip
def test_what_is_left_reads_as_people_say_it(left, unit, due, ja, en):
    with translation.override("ja"):
        assert time_left.in_words(timedelta(minutes=left), unit, at(due), THURSDAY) == ja
    with translation.override("en"):
        assert time_left.in_words(timedelta(minutes=left), unit, at(due), THURSDAY) == en
