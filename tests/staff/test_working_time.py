from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from crm.lib import workdays
from crm.lib.workdays import TOKYO
from leads import assignment
from leads.models import AssignmentRule, FirstContactRule
from staff import relay, versions, working_time
from staff.models import Absence, CompanyProfile, Event
from tests.factories import make_deal, make_lead

MONDAY = date(2026, 7, 13)


def test_hours_that_an_administrator_sets_are_those_that_count(ito):
    working_time.change_hours(
        {
            "opens_at": time(8, 30), "closes_at": time(17, 30), "lunch_from": time(12), "lunch_to": time(13),
            "working_saturdays": [2], "saturday_closes_at": time(12), "closed_at_year_end": False,
        },
        seen=1, by=ito,
    )  # fmt: skip

    calendar = working_time.of_company()
    assert calendar.hours(MONDAY) == [(time(8, 30), time(12)), (time(13), time(17, 30))]
    assert calendar.hours(date(2026, 7, 11)) == [(time(8, 30), time(12))]
    assert calendar.hours(date(2026, 7, 18)) == []
    assert workdays.is_workday(date(2026, 12, 30), calendar)
    event = Event.objects.get(kind="calendar.changed")
    assert (event.before["opens_at"], event.after["opens_at"]) == ("09:00:00", "08:30:00")


def test_two_who_change_the_calendar_at_once_do_not_overwrite_each_other(ito):
    working_time.change_hours({"opens_at": time(8)}, seen=1, by=ito)

    with pytest.raises(versions.Stale):
        working_time.change_hours({"opens_at": time(10)}, seen=1, by=ito)

    assert CompanyProfile.load().opens_at == time(8)


def test_a_day_is_closed_or_worked_or_half_and_the_last_word_counts(ito):
    for kind in ("closed", "worked", "half"):
        working_time.add_day(MONDAY, kind, by=ito, name="夏季休業", closes=time(12))
    profile = CompanyProfile.load()

    assert (profile.closures, profile.extra_workdays) == ([], [])
    assert profile.half_days == {"2026-07-13": ["09:00", "12:00"]}
    assert profile.calendar().hours(MONDAY) == [(time(9), time(12))]
    working_time.remove_day(MONDAY, by=ito)
    assert (CompanyProfile.load().half_days, CompanyProfile.load().day_names) == ({}, {})
    assert Event.objects.filter(kind="calendar.changed").count() == 4


def test_the_days_ahead_are_public_holidays_and_the_companys_own(ito):
    working_time.add_day(date(2026, 8, 13), "closed", by=ito, name="夏季休業")

    days = working_time.days_ahead(CompanyProfile.load(), date(2026, 8, 1), 45)

    assert [(f"{row['day']:%m-%d}", row["kind"], row["name"]) for row in days] == [
        ("08-11", "holiday", "山の日"),
        ("08-13", "closed", "夏季休業"),
    ]


def test_a_changed_calendar_moves_the_deadlines_that_rest_on_it(ito, sato):
    rule = FirstContactRule.objects.get()
    received = timezone.now() + timedelta(days=1)
    lead = make_lead(sato, received_at=received, clock_rule=rule)
    lead.first_contact_due_at = workdays.due(received, rule.hours, workdays.Unit(rule.unit))
    lead.save()
    contacted = make_lead(
        sato, "港南工業", received_at=received, clock_rule=rule, first_contacted_at=received
    )
    deal = make_deal(sato, "Discovery", at=received)
    stalls_before = workdays.add(timezone.localdate(received) + timedelta(days=14), 0)
    deal.stalls_on = stalls_before
    deal.save()

    first = workdays.add(timezone.localdate(received), 1)
    for n in range(30):
        working_time.add_day(first + timedelta(days=n), "closed", by=ito)
    relay.drain()

    calendar = working_time.of_company()
    lead.refresh_from_db()
    deal.refresh_from_db()
    contacted.refresh_from_db()
    assert lead.first_contact_due_at == workdays.due(received, rule.hours, workdays.Unit(rule.unit), calendar)
    assert timezone.localdate(lead.first_contact_due_at) > first + timedelta(days=29)
    assert deal.stalls_on == workdays.add(timezone.localdate(received) + timedelta(days=14), 0, calendar)
    assert deal.stalls_on > stalls_before
    assert contacted.first_contact_due_at is None


def test_somebody_who_is_away_has_other_business_days(sato, takahashi):
    working_time.add_absence(sato, MONDAY, date(2026, 7, 14), "day", by=sato)
    working_time.add_absence(sato, date(2026, 7, 15), date(2026, 7, 15), "morning", by=sato)

    calendars = working_time.of_people([sato, takahashi])

    assert workdays.add(date(2026, 7, 10), 1, calendars[sato.pk]) == date(2026, 7, 15)
    assert workdays.add(date(2026, 7, 10), 1, calendars[takahashi.pk]) == MONDAY
    half = workdays.due(
        datetime(2026, 7, 10, 17, tzinfo=TOKYO), 2, workdays.Unit.WORKING_HOURS, calendars[sato.pk]
    )
    assert half == datetime(2026, 7, 15, 14, 30, tzinfo=TOKYO)


def test_an_absence_is_entered_once_and_by_whom_it_concerns(sato, takahashi, watanabe, tanaka):
    first = working_time.add_absence(sato, MONDAY, MONDAY, "day", by=sato)

    assert working_time.add_absence(sato, MONDAY, MONDAY, "day", by=watanabe) == first
    with pytest.raises(PermissionDenied):
        working_time.add_absence(sato, MONDAY, MONDAY, "morning", by=tanaka)
    with pytest.raises(PermissionDenied):
        working_time.remove_absence(first, by=takahashi)
    assert Absence.objects.count() == 1
    assert Event.objects.filter(kind="absence.added").count() == 1


def test_a_new_lead_goes_to_somebody_who_is_here(sato, takahashi):
    today = timezone.localdate()
    rule = AssignmentRule.objects.create(name="関東")
    rule.people.set([sato, takahashi])
    make_lead(takahashi)  # sato has fewer
    assert assignment.choose_owner({}).owner == sato

    working_time.add_absence(sato, today, today, "day", by=sato)
    assert assignment.choose_owner({}).owner == takahashi
    working_time.add_absence(takahashi, today, today, "day", by=takahashi)
    assert assignment.choose_owner({}).owner == sato


def test_the_calendar_page_takes_hours_and_days_and_says_what_is_wrong(client, ito):
    client.force_login(ito)
    url = reverse("staff:calendar")
    hours = {"opens_at": "08:30", "closes_at": "17:30", "working_saturdays": ["2", "4"], "seen": 1}

    assert client.post(url, hours | {"lunch_from": "12:00"}).status_code == 422
    assert client.post(url, hours).status_code == 302
    assert client.post(url, hours).status_code == 409
    assert (CompanyProfile.load().opens_at, CompanyProfile.load().working_saturdays) == (time(8, 30), [2, 4])

    days = reverse("staff:calendar-days")
    assert client.post(days, {"day": "8/13", "kind": "half"}).status_code == 422
    assert (
        client.post(
            days, {"day": "2027/8/12", "last": "2027/8/14", "kind": "closed", "name": "夏"}
        ).status_code
        == 302
    )
    assert CompanyProfile.load().closures == ["2027-08-12", "2027-08-13", "2027-08-14"]
    client.post(reverse("staff:calendar-day-removal"), {"day": "2027-08-13"})
    assert CompanyProfile.load().closures == ["2027-08-12", "2027-08-14"]
    assert client.post(reverse("staff:calendar-day-removal"), {"day": "2027-13-45"}).status_code == 404


def test_the_page_of_absences_takes_ones_own(client, sato, takahashi):
    client.force_login(sato)
    url = reverse("staff:absences")
    tomorrow = timezone.localdate() + timedelta(days=1)

    typed = {"user": sato.pk, "first_on": tomorrow.isoformat(), "part": "morning"}
    assert client.post(url, typed).status_code == 302
    assert client.post(url, typed | {"user": takahashi.pk}).status_code == 422
    assert "佐藤" in client.get(url).content.decode()
    absence = Absence.objects.get()
    assert (absence.user, absence.first_on, absence.last_on) == (sato, tomorrow, tomorrow)
    client.post(reverse("staff:absence-removal", args=[absence.pk]))
    assert not Absence.objects.exists()
