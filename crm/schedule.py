"""When things run by themselves: one line a job. Times are local; a missed slot runs late, once."""

from datetime import time, timedelta

from django.utils import timezone

from accounts import moving, renewing
from activities import reminders
from activities.automation import engine
from dashboards.weekly import freezing
from leads import first_contact
from pipeline import counting, measuring, publishing, rollup_watch, rollups, stall_alerts, stalls
from pipeline.forecasting import storing
from staff import deliveries, mails, once, scheduling, seals
from staff.models import User
from staff.scheduling import Job


def _raise_stall_alerts() -> int:
    return stall_alerts.raise_alerts(timezone.localdate(), by=User.objects.system())


def _raise_stall_escalations() -> int:
    return stall_alerts.raise_escalations(timezone.localdate(), by=User.objects.system())


def _tell_weekly_of_stalls() -> int:
    return stall_alerts.tell_weekly(timezone.localdate())


def _remind_of_todos() -> int:
    return reminders.remind(timezone.localdate())


def _run_automations_of_dates() -> int:
    return engine.run_dates(timezone.localdate())


def _warn_of_first_contacts() -> int:
    return first_contact.warn(timezone.now(), by=User.objects.system())


def _raise_first_contact_alerts() -> int:
    return first_contact.raise_alerts(timezone.now(), by=User.objects.system())


def _put_methods_in_force() -> int:
    return publishing.put_due_in_force(timezone.localdate(), by=User.objects.system())


def _let_moves_take_effect() -> int:
    return moving.take_effect(timezone.localdate(), by=User.objects.system())


def _forecast_anew() -> int:
    return storing.refresh(timezone.now())


def _freeze_the_week() -> int:
    return freezing.freeze(timezone.now())


def _compare_figures() -> int:
    return rollup_watch.compare(timezone.localdate())


JOBS: list[Job] = [
    Job("fold the figures", rollups.fold, every=timedelta(minutes=1)),
    Job("count criteria", counting.count_uncounted, every=timedelta(minutes=10), is_long=True),
    Job("keys after an update", renewing.follow_update, every=timedelta(minutes=10)),
    Job("win rates of stages", measuring.measure_stages, every=timedelta(hours=1)),
    Job("methods into force", _put_methods_in_force, every=timedelta(minutes=10)),
    Job("stall alerts", _raise_stall_alerts, every=timedelta(minutes=10)),
    Job("stall alerts to managers", _raise_stall_escalations, at=time(8, 30)),
    Job("stalls of the week", _tell_weekly_of_stalls, at=time(8)),
    Job("stall days anew", stalls.look_over, at=time(3, 30), is_long=True),
    Job("freeze the week", _freeze_the_week, every=timedelta(hours=1), is_long=True),
    Job("compare the figures", _compare_figures, at=time(4, 30), is_long=True),
    Job("automations of dates", _run_automations_of_dates, at=time(7)),
    Job("what is due, by mail", _remind_of_todos, at=time(8)),
    Job("send mails", mails.send_queued, every=timedelta(minutes=1)),
    Job("first contact near", _warn_of_first_contacts, every=timedelta(minutes=10)),
    Job("first contact alerts", _raise_first_contact_alerts, every=timedelta(minutes=5)),
    Job("planned moves of people", _let_moves_take_effect, every=timedelta(hours=1)),
    Job("seal the log", seals.seal_new, every=timedelta(minutes=5)),
    Job("forget old form keys", once.forget_old, every=timedelta(hours=6)),
    Job("forget done deliveries", deliveries.forget_done, every=timedelta(hours=6)),
    Job("forget sent mails", mails.forget_sent, every=timedelta(hours=24)),
    Job("forget old slots", scheduling.forget_old, every=timedelta(hours=24)),
    # The longest, so the others go first.
    Job("forecast", _forecast_anew, every=timedelta(minutes=15), is_long=True),
]
