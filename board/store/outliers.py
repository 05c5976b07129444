"""The range of values that TensorBoard shows when it ignores outliers, exact however many values there are."""

from math import ceil, floor, sqrt
from typing import NamedTuple

import numpy as np

from board.store.loops import Floats, Ints
from board.store.pieces import FloatColumn

__all__ = ["FEW", "Ranks", "Share", "ranked_range"]

SAMPLE = 4096  # at least; the greater it is, the fewer values are near to where it has the two
MOST_SAMPLE = 1 << 17
FEW = 1 << 16  # below that, ranking all values is quick
LOW, HIGH = 0.05, 0.95


def ranked_range(finite: Floats) -> tuple[float, float] | None:
    """Return the 5th and 95th percentile as TensorBoard takes them; the extremes where there are no more than two.

    Source: tensorboard/webapp/widgets/line_chart_v2/line_chart_internal_utils.ts, ``computeDataSeriesExtent``.
    """
    if len(finite) == 0:
        return None
    low, high = _ranks(len(finite))
    upper = np.partition(finite, high)
    lower = np.partition(upper[: high + 1], low)  # one after the other: both at once takes two and a half times as long
    return float(lower[low]), float(upper[high])


class Share(NamedTuple):
    """What ``LOOPS.extremes`` finds in some of the values."""

    counts: Ints
    near: Floats


class Ranks:
    """Finds the same among many values in one pass: it keeps those near to where a sample has the two.

    ``edges``, and ``counts`` and ``near`` of a ``Share``, are for ``LOOPS.extremes``, which is to see each of the
    values once, in as many shares as one likes.
    """

    def __init__(self, y: FloatColumn, first: int, stop: int) -> None:
        """Take a sample of rows first to stop of a column; where they are few, they are not looked for."""
        count = stop - first
        stride = count // min(max(SAMPLE, count // 128), MOST_SAMPLE) | 1  # odd: few periods in values are
        sample = y.sampled(first, stop, stride) if count >= FEW else np.empty(0)
        sample = np.sort(sample[np.isfinite(sample)])
        edges = []
        for share in (LOW, HIGH) if len(sample) >= SAMPLE // 4 else ():
            at = share * len(sample)
            slack = 3.5 * sqrt(len(sample) * share * (1.0 - share)) + 2.0  # too little once in a thousand
            edges += [sample[max(int(at - slack), 0)], sample[min(int(at + slack), len(sample) - 1)]]
        self.edges = np.array(edges)
        self._room = count // 8
        self._shares: list[Share] = []

    def begin_share(self) -> Share:
        """Return where to note some of the values; any thread may call it."""
        share = Share(np.zeros(4, np.int64), np.empty((2, self._room)))  # memory that nothing is written to is free
        self._shares.append(share)
        return share

    def found(self, finite_count: int, minus_count: int) -> tuple[float, float] | None:
        """Return the range; None where there was no sample or it misled, and all values must be ranked.

        Args:
            finite_count: how many of the values were finite.
            minus_count: how many were -inf.
        """
        if not len(self.edges) or finite_count == 0 or not self._shares:
            return None
        ends = []
        counts = np.sum([share.counts for share in self._shares], axis=0).tolist()
        for i, rank in enumerate(_ranks(finite_count)):
            least, greatest = self.edges[2 * i : 2 * i + 2].tolist()
            below, count = counts[2 * i : 2 * i + 2]
            at = rank - (below - minus_count)
            if not 0 <= at < count:
                return None
            if least == greatest:  # many values are the same
                ends.append(least)
            elif count <= self._room:
                near = np.concatenate([share.near[i, : share.counts[2 * i + 1]] for share in self._shares])
                near.partition(at)
                ends.append(float(near[at]))
            else:
                return None
        return ends[0], ends[1]


def _ranks(count: int) -> tuple[int, int]:
    last = count - 1
    return (ceil(last * LOW), floor(last * HIGH)) if count > 2 else (0, last)
