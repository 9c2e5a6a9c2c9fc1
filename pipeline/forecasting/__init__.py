"""What the current and the next quarters will bring, from the company's own history. `docs/forecast.md` tells how.

`history` to `backtest` are plain Python and know no database; `reading` fills them from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def win_probabilities(deals: Iterable[int], until: date, as_of: date) -> dict[int, float]:
    """Deal id → the chance that it is won by the end of the day `until`, as known in the morning of `as_of`.

    Deals that were closed, or not there yet, are left out.
    """
    # Those who only compute need no database, and no Django.
    from pipeline.forecasting.forecast import Engine
    from pipeline.forecasting.reading import read_ledger

    wanted = set(deals)
    found = Engine(read_ledger(as_of)).chances(until, as_of)
    return {deal: chance for deal, chance in found.items() if deal in wanted}
