"""What the points of a line between two places on the x axis are like: extremes, mean, first and last."""

from dataclasses import dataclass
from math import fsum

import numpy as np

from board.store.drawn import drawn
from board.store.scalar_axis import axis_over
from board.store.series import Line

__all__ = ["RangeStatistics", "StepValue", "range_statistics"]

_SCALE = 2.0**-40


@dataclass(frozen=True, slots=True)
class StepValue:
    """One finite point."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class RangeStatistics:
    """Of all visible points in range, values as they were logged; None where no point is finite."""

    count: int  # points
    nonfinite: int  # of which are NaN or infinite; they take no part in what follows
    mean: float | None
    least: StepValue | None  # of several equal ones the first
    greatest: StepValue | None
    start: StepValue | None
    end: StepValue | None


def range_statistics(line: Line, x: str, lo: float, hi: float, x_line: Line | None = None) -> RangeStatistics:
    """Return the statistics of the points with ``lo <= x <= hi``; ``x`` and ``x_line`` as in ``board.store.pixels``."""
    points = drawn(line)
    axis = axis_over(line, points, x, x_line)
    first, stop = axis.first_not_below(lo), axis.first_not_below(hi, past_equal=True)
    values = axis.arranged(points.value)
    count = 0
    sums: list[float] = []
    ends: list[int] = []
    least = greatest = -1
    low, high = np.inf, -np.inf
    for row, piece in values.pieces(first, max(stop, first)):
        rows = np.flatnonzero(np.isfinite(piece))
        if not len(rows):
            continue
        finite = piece[rows]
        count += len(finite)
        # Scaled, so that the sum of values near the greatest float does not overflow.
        sums.append(float((finite * _SCALE).sum()))
        ends += [row + int(rows[0]), row + int(rows[-1])]
        at, to = int(finite.argmin()), int(finite.argmax())
        if finite[at] < low:
            low, least = finite[at], row + int(rows[at])
        if finite[to] > high:
            high, greatest = finite[to], row + int(rows[to])
    total = max(stop - first, 0)
    if not count:
        return RangeStatistics(total, total, None, None, None, None, None)

    def point(row: int) -> StepValue:
        own = row if axis.order is None else int(axis.order[row])
        return StepValue(int(points.step.at(own)), float(points.value.at(own)))

    mean = fsum(sums) / count / _SCALE
    return RangeStatistics(
        total, total - count, mean, point(least), point(greatest), point(min(ends)), point(max(ends))
    )
