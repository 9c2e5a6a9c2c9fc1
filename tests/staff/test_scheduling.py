from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from staff import scheduling
from staff.models import ScheduleSlot
from staff.scheduling import LEASE, Job, run_due

TOKYO = ZoneInfo("Asia/Tokyo")
pytestmark = pytest.mark.django_db


@pytest.fixture
def runs():
    return []


def at(hour, minute=0, day=14):
    return datetime(2026, 7, day, hour, minute, tzinfo=TOKYO)


def test_a_slot_is_run_once_however_many_schedulers_there_are(runs):
    job = Job("j", lambda: runs.append(1), every=timedelta(minutes=10))

    assert run_due([job], at(9, 3)) == ["j"]
    assert run_due([job], at(9, 4)) == []
    assert run_due([job], at(9, 10)) == ["j"]
    assert len(runs) == 2


def test_a_missed_daily_slot_runs_late(runs):
    job = Job("j", lambda: runs.append(1), at=time(7))

    assert job.latest_slot(at(6, 59)) == at(7, day=13)
    assert run_due([job], at(11, 30)) == ["j"]
    assert ScheduleSlot.objects.get().due_at == at(7)


def test_a_run_that_died_is_taken_over_after_its_lease(runs):
    job = Job("j", lambda: runs.append(1), at=time(7))
    ScheduleSlot.objects.create(job="j", due_at=at(7), leased_until=at(7) + LEASE)

    assert run_due([job], at(7, 5)) == []
    assert run_due([job], at(7, 11)) == ["j"]


def test_a_failing_job_says_why_and_does_not_stop_the_others(runs):
    def fail():
        raise ValueError("no")

    jobs = [Job("bad", fail, at=time(7)), Job("good", lambda: runs.append(1), at=time(7))]

    assert run_due(jobs, at(8)) == ["good"]
    assert ScheduleSlot.objects.get(job="bad").error == "ValueError: no"
    assert ScheduleSlot.objects.get(job="bad").finished_at is None


def test_one_long_job_runs_at_a_time_and_short_ones_meanwhile(runs):
    def long_one():
        runs.append(run_due(jobs, at(9, 1)))  # what another worker finds to do while this one is at it

    jobs = [
        Job("first", long_one, at=time(9), is_long=True),
        Job("second", lambda: runs.append("second"), at=time(9), is_long=True),
        Job("short", lambda: runs.append("short"), at=time(9)),
    ]

    assert run_due(jobs, at(9)) == ["short", "first", "second"]
    assert runs == ["short", [], "second"]


def test_after_a_long_job_that_took_its_time_the_next_has_a_round_of_its_own(runs, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(scheduling, "monotonic", lambda: clock[0])
    jobs = [
        Job("first", lambda: clock.__setitem__(0, scheduling.YOUNG + 1), at=time(9), is_long=True),
        Job("second", lambda: runs.append("second"), at=time(9), is_long=True),
    ]

    assert run_due(jobs, at(9)) == ["first"]
    assert run_due(jobs, at(9, 2)) == ["second"]


def test_a_long_job_that_failed_holds_no_other_up(runs):
    def fail():
        raise ValueError("no")

    jobs = [Job("bad", fail, at=time(9), is_long=True), Job("good", lambda: 0, at=time(9), is_long=True)]

    assert run_due(jobs, at(9)) == ["good"]
