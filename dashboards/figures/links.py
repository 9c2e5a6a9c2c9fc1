"""Where a figure's records are: the lists of the other apps with the keys that they declare for filtering."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboards.figures.periods import Period


def deals(**keys: Any) -> str:
    """The list of deals: stalled=1, next="none", close="none", owner, stage, reason, channel, closed="won", and days."""
    return _list("pipeline:list", keys)


def closed_deals(outcome: str, period: Period, **keys: Any) -> str:
    """Deals won or lost in the period."""
    return deals(closed=outcome, **{"from": period.first, "to": period.last}, **keys)


def reached(stage: int, period: Period, fate: str) -> str:
    """Deals that reached the stage, or one beyond it, in the period for the first time: those "gone" on or lost, or "closed"."""
    return deals(cohort=f"{stage}:{period.first}:{period.last}:{fate}")


def leads(period: Period, **keys: Any) -> str:
    """Leads received in the period: state="decided", owner, channel."""
    return _list("leads:leads", {"from": period.first, "to": period.last} | keys)


def clocked_leads(period: Period, state: str) -> str:
    """Leads whose first-contact deadline lies in the period: state="clocked" all of them, "late" those not spoken with in time."""
    return leads(period, days="due", state=state)


def person_week(week: Period, who: int, kind: str = "") -> str:
    """What somebody logged in the week: kind="load", "calls", "first_contacts", "proposals"."""
    keys = {"who": who, "week": week.first} | ({"kind": kind} if kind else {})
    return _list("dashboards:person-week", keys)


def waiting_leads(**keys: Any) -> str:
    """Leads nobody has spoken with yet."""
    return _list("leads:leads", {"state": "new", "sort": "due"} | keys)


def _list(view: str, keys: dict[str, Any]) -> str:
    query = {key: value.isoformat() if isinstance(value, date) else value for key, value in keys.items()}
    return f"{_address(view)}?{urlencode(query)}" if query else _address(view)


@cache
def _address(view: str) -> str:
    return reverse(view)
