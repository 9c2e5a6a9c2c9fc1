"""What is left of a deadline in words, in the unit it is counted in: あと5営業時間（金 17:00 まで）."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.lib import dates
from crm.lib.workdays import TOKYO, Unit

_DAY = timedelta(days=1)


def in_words(left: timedelta, unit: Unit, due_at: datetime, now: datetime) -> str:
    """How much is left, or how much it is over, and until when: あと2営業日3時間（火 16:42 まで）."""
    return _("%(left)s (until %(until)s)") % {"left": short(left, unit), "until": until(due_at, now)}


def short(left: timedelta, unit: Unit) -> str:
    """あと5営業時間12分, あと2営業日3時間, 1営業時間 超過; hours that run day and night are just hours."""
    minutes = int(abs(left).total_seconds() // 60)
    over = left < timedelta(0)
    if unit == Unit.WORKING_HOURS:
        return _over_or_left(_working_hours(minutes), over)
    if unit == Unit.BUSINESS_DAYS and minutes >= 24 * 60:
        return _over_or_left(_business_days(minutes), over)
    return _over_or_left(_hours(minutes), over)


def until(due_at: datetime, now: datetime) -> str:
    """17:00 today, 金 17:00 within a week, else 7/14(火) 17:00."""
    there, here = due_at.astimezone(TOKYO), now.astimezone(TOKYO)
    away = there.date() - here.date()
    if away == timedelta(0):
        return f"{there:%H:%M}"
    if timedelta(0) < away < 7 * _DAY:
        return f"{WEEKDAYS_ABBR[there.weekday()]} {there:%H:%M}"
    return f"{dates.near(there.date(), here.date(), get_language() or 'ja')} {there:%H:%M}"


def _over_or_left(amount: str, over: bool) -> str:
    return (_("%(amount)s over") if over else _("%(amount)s left")) % {"amount": amount}


def _working_hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s working min") % {"minutes": rest}
    amount = ngettext("%(hours)s working hour", "%(hours)s working hours", hours) % {"hours": hours}
    return _("%(amount)s %(minutes)s min") % {"amount": amount, "minutes": rest} if rest else amount


def _business_days(minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    amount = ngettext("%(days)s business day", "%(days)s business days", days) % {"days": days}
    return _("%(amount)s %(hours)s h") % {"amount": amount, "hours": rest // 60} if rest >= 60 else amount


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{rest:02}"}
