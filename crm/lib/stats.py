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


def difference(now: tuple[int, int], before: tuple[int, int], z: float = 1.96) -> tuple[float, float] | None:
    """Between which values the difference of two shares (part, whole) lies, now minus before, by Newcombe from their
    Wilson ranges; None when one of them was never tried."""
    if not now[1] or not before[1]:
        return None
    (low1, high1), (low0, high0) = wilson(*now, z), wilson(*before, z)
    one, zero = now[0] / now[1], before[0] / before[1]
    down = math.sqrt((one - low1) ** 2 + (high0 - zero) ** 2)
    up = math.sqrt((high1 - one) ** 2 + (zero - low0) ** 2)
    return one - zero - down, one - zero + up
