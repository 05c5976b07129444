"""How far two groups of seeds are apart, and within which interval: Welch's t, which takes unequal spreads."""

from collections.abc import Sequence
from math import fsum, isfinite, sqrt
from typing import NamedTuple

from board.comparison.student import quantile, two_sided_p

__all__ = ["LEVEL", "Difference", "difference_of", "mean_of", "spread_of"]

LEVEL = 0.95


class Difference(NamedTuple):
    """Of the mean of some values from that of the baseline's."""

    delta: float
    low: float | None = None  # ends of the interval; None where there is none
    high: float | None = None
    p: float | None = None  # two-sided, of no difference at all
    why: str = ""  # there is no interval: "seeds" (one side has a single one), "spread" (none has any)

    @property
    def is_sure(self) -> bool | None:
        """Whether the interval leaves out zero; None where there is no interval."""
        return None if self.low is None or self.high is None else not self.low <= 0 <= self.high


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of one or more finite values; infinite where it is too large for a float."""
    scale = 2.0**-40
    return fsum(value * scale for value in values) / len(values) / scale


def spread_of(values: Sequence[float]) -> float | None:
    """Return the standard deviation of a sample (n - 1); None of fewer than two values."""
    if len(values) < 2:
        return None
    mean = mean_of(values)
    greatest = max(abs(value - mean) for value in values)
    if greatest == 0 or not isfinite(greatest):
        return greatest
    return greatest * sqrt(fsum(((value - mean) / greatest) ** 2 for value in values) / (len(values) - 1))


def difference_of(values: Sequence[float], baseline: Sequence[float], level: float = LEVEL) -> Difference:
    """Return how far the mean of ``values`` lies above the baseline's, all finite, one or more on each side.

    The interval is Welch's (The generalization of "Student's" problem, Biometrika 34, 1947), its degrees of freedom by
    Welch and Satterthwaite. It takes seeds for independent, also where both sides have the same ones.
    """
    delta = mean_of(values) - mean_of(baseline)
    spreads = spread_of(values), spread_of(baseline)
    if spreads[0] is None or spreads[1] is None:
        return Difference(delta, why="seeds")
    shares = [spread * spread / len(own) for spread, own in zip(spreads, (values, baseline), strict=True) if spread]
    error = sqrt(sum(shares))
    if not error or not isfinite(error) or not isfinite(delta):
        return Difference(delta, why="spread")
    weights = [
        (spread / error) ** 4 / (len(own) ** 2 * (len(own) - 1))
        for spread, own in zip(spreads, (values, baseline), strict=True)
        if spread
    ]
    dof = 1 / sum(weights)
    reach = quantile(level, dof) * error
    return Difference(delta, delta - reach, delta + reach, two_sided_p(delta / error, dof))
