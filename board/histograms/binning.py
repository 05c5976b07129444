"""Spreads the buckets of a histogram over other bins, and finds the values below which a part of it lies.

Inside a bucket values are taken as evenly spread, as TensorBoard's pages do (histogram_util.ts and
plugins/distribution/compressor.py); a bucket without width is one value.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["PERCENTILES", "bins_between", "placed", "quantiles", "rebinned"]

Floats = NDArray[np.float64]

# Those of TensorBoard's distributions: the median, and one, two and three standard deviations of a normal distribution.
PERCENTILES = (0.0, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 1.0)


def placed(buckets: Floats) -> Floats:
    """Return the buckets that hold something and have a place, by rising value.

    Args:
        buckets: (k, 3): left, right, count, in any order. One infinite edge becomes the other one.

    Returns:
        (n, 3), finite, right >= left, count > 0; without what has no finite edge at all.
    """
    left, right, count = buckets[:, 0].copy(), buckets[:, 1].copy(), buckets[:, 2]
    left = np.where(np.isfinite(left), left, right)
    right = np.where(np.isfinite(right), right, left)
    keep = np.isfinite(left) & np.isfinite(count) & (count > 0)
    made = np.stack((np.minimum(left, right), np.maximum(left, right), count), axis=1)[keep]
    return made[np.argsort(made[:, 0], kind="stable")]


def bins_between(least: float, greatest: float, count: int) -> Floats:
    """Return the edges (count + 1) of equal bins; around a single value they are one wide, or as its size asks."""
    if not greatest > least:
        half = max(0.5, abs(least) * 1e-6)
        least, greatest = least - half, greatest + half
    return np.linspace(least, greatest, count + 1)


def rebinned(buckets: Floats, edges: Floats) -> Floats:
    """Spread buckets over bins.

    Args:
        buckets: (n, 3), as ``placed`` returns them.
        edges: (m + 1), rising. What lies outside is left out.

    Returns:
        (m): counts; their sum is that of the buckets where the edges span them.
    """
    left, right, count = buckets.T
    with np.errstate(over="ignore"):  # a bucket over all numbers: nobody can say where in it its values lie
        width = right - left
    below = np.zeros((len(edges), len(buckets)))  # the part of each bucket that lies below each edge
    is_wide = width > 0
    with np.errstate(over="ignore", invalid="ignore"):
        spread = (edges[:, None] - left[is_wide]) / width[is_wide]
    below[:, is_wide] = np.clip(np.nan_to_num(spread), 0.0, 1.0)
    single = left[~is_wide]
    below[:, ~is_wide] = edges[:, None] > single  # a value on an edge belongs to the bin on its right,
    below[-1, ~is_wide] = edges[-1] >= single  # but on the last edge to the last bin
    counts: Floats = np.diff(below @ count)
    return counts


def quantiles(buckets: Floats, parts: tuple[float, ...] = PERCENTILES) -> Floats:
    """Return the values below which parts (0 to 1) of a histogram lie; NaN where it is empty.

    Args:
        buckets: (n, 3), as ``placed`` returns them.
        parts: (p), rising.

    Returns:
        (p).
    """
    if not len(buckets):
        return np.full(len(parts), np.nan)
    left, right, count = buckets.T
    up_to = np.cumsum(count)
    wanted = np.asarray(parts) * up_to[-1]
    at = np.minimum(np.searchsorted(up_to, wanted, side="left"), len(buckets) - 1)
    inside = np.clip((wanted - (up_to[at] - count[at])) / count[at], 0.0, 1.0)
    between = left[at] * (1 - inside) + right[at] * inside  # no difference of them: it could overflow
    found: Floats = np.clip(between, left[at], right[at])
    return found
