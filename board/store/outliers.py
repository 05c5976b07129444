"""The range of values that TensorBoard shows when it ignores outliers, exact however many values there are."""

from math import ceil, floor, sqrt

import numpy as np

from board.store.drawn import joined
from board.store.loops import LOOPS, Floats

__all__ = ["outlier_range"]

SAMPLE = 4096
FEW = 1 << 16  # below that, ranking all values is quick


def outlier_range(values: list[Floats], finite_count: int) -> tuple[float, float] | None:
    """Return the 5th and 95th percentile as TensorBoard takes them; the extremes where there are no more than two.

    Source: tensorboard/webapp/widgets/line_chart_v2/line_chart_internal_utils.ts, ``computeDataSeriesExtent``.

    Args:
        values: in chunks; those that are not finite are left out.
        finite_count: how many are finite.
    """
    if finite_count == 0:
        return None
    last = finite_count - 1
    low, high = (ceil(last * 0.05), floor(last * 0.95)) if finite_count > 2 else (0, last)
    found = _ranked_by_sample(values, finite_count, low, high) if finite_count >= FEW else None
    return found or _ranked(values, finite_count, low, high)


def _ranked(values: list[Floats], finite_count: int, low: int, high: int) -> tuple[float, float]:
    whole = joined(values)
    ranked = np.partition(whole if len(whole) == finite_count else whole[np.isfinite(whole)], (low, high))
    return float(ranked[low]), float(ranked[high])


def _ranked_by_sample(values: list[Floats], finite_count: int, low: int, high: int) -> tuple[float, float] | None:
    """Rank only the values near to where a sample has the two; None where the sample misled."""
    total = sum(map(len, values))
    sample = np.concatenate([chunk[:: max(total // SAMPLE, 1)] for chunk in values])
    sample = np.sort(sample[np.isfinite(sample)])
    if len(sample) < SAMPLE // 4:
        return None
    brackets = []
    for rank in (low, high):
        share = rank / finite_count
        at = share * len(sample)
        slack = 5.0 * sqrt(len(sample) * share * (1.0 - share)) + 2.0
        brackets += [sample[max(int(at - slack), 0)], sample[min(int(at + slack), len(sample) - 1)]]
    near_low, near_high = np.empty(finite_count // 8), np.empty(finite_count // 8)
    state = (0, 0, 0, 0)
    for chunk in values:
        state = LOOPS.near(chunk, tuple(brackets), near_low, near_high, state)
    below_low, count_low, below_high, count_high = state
    at_low, at_high = low - below_low, high - below_high
    if not (0 <= at_low < count_low <= len(near_low) and 0 <= at_high < count_high <= len(near_high)):
        return None
    return (
        float(np.partition(near_low[:count_low], at_low)[at_low]),
        float(np.partition(near_high[:count_high], at_high)[at_high]),
    )
