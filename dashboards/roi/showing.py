"""The statement in words and yen, for the page and for paper."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.lib import money
from crm.lib.stats import wilson
from dashboards.roi import gathering
from dashboards.roi.gathering import Gathered
from dashboards.roi.statement import Factor, Side, Statement, Verdict


@dataclass(frozen=True)
class FactorRow:
    """One factor in words: before, after, by how much with its interval, and its part of the gain."""

    label: str
    before: str
    after: str
    change: str
    times: str
    interval: str
    is_proven: bool
    part: Decimal | None
    about: str


@dataclass(frozen=True)
class Shown:
    statement: Statement
    verdict: Verdict
    rows: list[FactorRow]
    gain: Decimal | None
    low: Decimal | None
    high: Decimal | None
    net: Decimal | None
    returns_percent: int | None
    left_out: list[str]
    before: Side
    after: Side

    @property
    def is_negative(self) -> bool:
        return self.net is not None and self.net < 0


def shown(found: Statement, gathered: Gathered) -> Shown:
    gains = found.gains if found.total else (None, None, None)
    return Shown(
        statement=found, verdict=found.verdict, rows=_rows(found),
        gain=_yen(gains[0]), low=_yen(gains[1]), high=_yen(gains[2]),
        net=_yen(gains[0] - found.cost) if gains[0] is not None else None,
        returns_percent=round(100 * found.returns) if found.returns is not None else None,
        left_out=[_reason(reason, count) for reason, count in gathered.left_out.items()],
        before=found.before, after=found.after,
    )  # fmt: skip


def _yen(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(round(amount))


def _rows(found: Statement) -> list[FactorRow]:
    written = {"win_rate": _percent, "amount": _amount, "lead_time": _days}
    labels = {
        "win_rate": (_("Win rate"), _shares(found)),
        "amount": (_("Amount of an order"), _counts(found.before.amount.count, found.after.amount.count)),
        "lead_time": (_("Lead time"), _counts(found.before.days.count, found.after.days.count)),
    }
    rows = [
        _row(
            factor,
            *labels[factor.name],
            written[factor.name](factor.before),
            written[factor.name](factor.after),
            found,
        )
        for factor in found.factors
    ]
    if found.total:
        rows.append(_row(found.total, _("All three together"), "", "", "", found))
    return rows


def _row(factor: Factor, label: str, about: str, before: str, after: str, found: Statement) -> FactorRow:
    part = _yen(found.part_of(factor) if factor.name != "total" else found.gains[0])
    interval = f"{_signed(factor.low)} – {_signed(factor.high)}"
    times = f"×{factor.ratio:.2f}"
    return FactorRow(
        label, before, after, _signed(factor.ratio), times, interval, factor.is_proven, part, about
    )


def _signed(ratio: float) -> str:
    """+12%: what the factor adds or takes; near nothing with a digit more, since its sign decides what is proven."""
    percent = 100 * (ratio - 1)
    return f"{'−' if percent < 0 else '+'}{abs(percent):.{0 if abs(percent) >= 1 else 1}f}%"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _amount(yen: float) -> str:
    return money.short(Decimal(round(yen)), get_language() or "ja")


def _days(days: float) -> str:
    return ngettext("%(n)s day", "%(n)s days", round(days)) % {"n": round(days)}


def _shares(found: Statement) -> str:
    """4/10 (17–69%) → 8/12 (39–86%)"""
    told = []
    for side in (found.before, found.after):
        low, high = wilson(side.won, side.decided)
        told.append(f"{side.won}/{side.decided} ({100 * low:.0f}–{100 * high:.0f}%)")
    return " → ".join(told)


def _counts(before: int, after: int) -> str:
    return f"n = {before} → {after}"


def _reason(reason: str, count: int) -> str:
    words = {
        gathering.NO_AMOUNT: ngettext(
            "%(n)s order without an amount: not in the amount", "%(n)s orders without an amount: not in the amount", count
        ),
        gathering.NO_CONTACT: ngettext(
            "%(n)s order without a first contact: not in the lead time",
            "%(n)s orders without a first contact: not in the lead time", count,
        ),
        gathering.BACKWARDS: ngettext(
            "%(n)s order whose first contact came after it: not in the lead time",
            "%(n)s orders whose first contact came after them: not in the lead time", count,
        ),
        gathering.LARGEST: ngettext(
            "%(n)s order, the largest of its side, left out altogether",
            "%(n)s orders, the largest of each side, left out altogether", count,
        ),
    }  # fmt: skip
    return words[reason] % {"n": count}
