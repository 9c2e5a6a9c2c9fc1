"""What is said about a forecast."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crm.lib.fiscal import Quarter
from pipeline.forecasting.forecast import FEWEST_CLOSED


def code(quarter: Quarter) -> str:
    """2026Q2: the fiscal year by the year in which it begins, and the quarter in it."""
    return f"{quarter.year}Q{quarter.number}"


def note(method: str, closed: int) -> str:
    """The honest sentence where there is too little to learn from; else nothing."""
    if method == "history":
        return ""
    if closed < FEWEST_CLOSED:
        return _(
            "Only %(count)s deals are closed so far. Until %(fewest)s are, this is amount × stage probability, not a forecast from your own history."
        ) % {"count": closed, "fewest": FEWEST_CLOSED}
    return _("Too few past quarters to learn from: this is amount × stage probability.")
