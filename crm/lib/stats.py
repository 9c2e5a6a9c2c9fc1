"""Small statistics that say when they know nothing."""

import math
import statistics
from collections.abc import Iterable


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The range in which the true share lies, with 95 % confidence by default; (0, 1) when nothing was tried."""
    if not 0 <= successes <= n:
        raise ValueError("Successes lie between none and all.")
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    spread = 1 + z * z / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else (middle - half) / spread
    high = 1.0 if successes == n else (middle + half) / spread
    return low, high


def share(part: int, whole: int) -> float | None:
    """The part of the whole; None when there is no whole."""
    return part / whole if whole else None


def median(values: Iterable[float]) -> float | None:
    """The middle value; None of none."""
    known = list(values)
    return statistics.median(known) if known else None
