"""Ranks, and the correlation between them: what does not care how far apart values are."""

from math import nan

import numpy as np
from numpy.typing import NDArray

__all__ = ["average_ranks", "rank_correlation"]

Floats = NDArray[np.float64]


def average_ranks(values: Floats) -> Floats:
    """Return the rank of each value from 0, equal ones the mean of theirs; NaN stays NaN, infinities have ranks."""
    ranks = np.full(len(values), nan)
    known = ~np.isnan(values)
    _, codes, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks[known] = (ends - (counts + 1) / 2)[codes]
    return ranks


def rank_correlation(some: Floats, others: Floats) -> tuple[float, int]:
    """Return Spearman's rho over the pairs of which neither is NaN, and their number; NaN where it has no meaning."""
    both = ~(np.isnan(some) | np.isnan(others))
    count = int(both.sum())
    if count < 2:
        return nan, count
    x, y = average_ranks(some[both]), average_ranks(others[both])
    x -= x.mean()
    y -= y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return (max(-1.0, min(1.0, float(x @ y) / norm)) if norm else nan), count
