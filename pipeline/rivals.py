"""Against whom we win, and what made the difference: the competitors of closed deals, for the page of an open one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from crm.lib import names
from pipeline.deal_filters import midnight
from pipeline.models import Deal, LossReason, Stage, WinReason
from staff.models import User

DAYS = 365
# Written where there is nobody to win against.
NOBODY = {
    names.company_key(word) for word in ("なし", "無し", "特になし", "競合なし", "いない", "none", "nobody")
}
# Closed deals that name a competitor, the newest ones; and how many competitors are shown.
MOST = 1000
ROWS = 4


@dataclass(frozen=True)
class Rival:
    """One competitor, in whatever way deals write it: won against it, lost to it, and the reasons named most."""

    name: str
    is_named: bool
    won: int = 0
    lost: int = 0
    helped: str = ""
    failed: str = ""


def beside(deal: Deal, today: date, *, reader: User) -> list[Rival]:
    """The competitor that the deal names, then those met most often within a year, in deals that the reader may see."""
    rows = (
        Deal.objects.visible_to(reader)
        .filter(closed_at__gte=midnight(today - timedelta(days=DAYS)), deleted_at=None)
        .exclude(competitor="")
        .order_by("-closed_at")
        .values_list("competitor", "stage__kind", "win_reason", "loss_reason")[:MOST]
    )
    met: dict[str, list[tuple[str, bool, int | None]]] = defaultdict(list)
    for name, kind, win, loss in rows:
        if names.company_key(name) in NOBODY:
            continue
        is_won = kind == Stage.Kind.WON
        met[names.company_key(name)].append((name, is_won, win if is_won else loss))
    named = names.company_key(deal.competitor) if deal.competitor else ""
    keys = sorted(met, key=lambda key: (key != named, -len(met[key]), key))[:ROWS]
    wins = {reason.pk: str(reason) for reason in WinReason.objects.all()} if met else {}
    losses = {reason.pk: str(reason) for reason in LossReason.objects.all()} if met else {}
    found = [_rival(met[key], key == named, wins, losses) for key in keys]
    return found if not named or named in met else [Rival(deal.competitor, True), *found][:ROWS]


def _rival(
    rows: list[tuple[str, bool, int | None]], is_named: bool, wins: dict[int, str], losses: dict[int, str]
) -> Rival:
    name = Counter(name for name, _won, _reason in rows).most_common(1)[0][0]
    won = [reason for _name, is_won, reason in rows if is_won]
    lost = [reason for _name, is_won, reason in rows if not is_won]
    return Rival(name, is_named, len(won), len(lost), _most_named(won, wins), _most_named(lost, losses))


def _most_named(reasons: list[int | None], labels: dict[int, str]) -> str:
    named = Counter(reason for reason in reasons if reason)
    return labels.get(named.most_common(1)[0][0], "") if named else ""
