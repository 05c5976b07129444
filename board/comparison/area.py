"""The area under a curve over a stretch of steps, divided by its length: the mean height, comparable between runs."""

import numpy as np

from board.store.drawn import drawn
from board.store.loops import Floats, Ints
from board.store.pieces import PIECE, Column
from board.store.series import Line

__all__ = ["mean_height", "span_of"]


def span_of(line: Line) -> tuple[int, int] | None:
    """Return the first and the last step of a line's visible points; None where there are fewer than two steps."""
    points = drawn(line)
    if points.count < 2:
        return None
    first, last = int(points.step.at(0)), int(points.step.at(points.count - 1))
    return (first, last) if first < last else None


def mean_height(line: Line, low: int, high: int) -> float | None:
    """Return the area between two steps, ``low < high``, by trapezoids over all finite visible points, per step.

    Between points, and over points that are not finite, the curve is the straight line; of several points at one step
    the area has none of its own. None where the finite points do not reach from ``low`` to ``high``.
    """
    points = drawn(line)
    total = 0.0
    before: tuple[Ints, Floats] | None = None  # the last finite point so far
    reached = False
    for row, steps in points.step.pieces(_row_before(points.step, low), points.count):
        values = points.value.rows(row, row + len(steps))
        is_finite = np.isfinite(values)
        if not is_finite.all():
            steps, values = steps[is_finite], values[is_finite]
        if not len(steps):
            continue
        if before is not None:
            steps, values = np.concatenate([before[0], steps]), np.concatenate([before[1], values])
        elif int(steps[0]) > low:
            return None
        before = steps[-1:], values[-1:]
        x = (steps - np.int64(low)).astype(np.float64)
        total += _area(x, values / (high - low), float(high - low))
        if int(steps[-1]) >= high:
            reached = True
            break
    return total if reached and np.isfinite(total) else None


def _row_before(steps: Column[np.int64], low: int) -> int:
    """Return a row at or before ``low``: some points more are looked at, should those next to it not be finite."""
    return max(0, steps.bisected(lambda some: int(np.searchsorted(some, low))) - PIECE)


def _area(x: Floats, y: Floats, end: float) -> float:
    """Return the area under a piece of the curve between 0 and ``end``."""
    if x[0] < 0 or x[-1] > end:
        inside = (x > 0) & (x < end)
        ends = np.array([max(0.0, x[0]), min(end, x[-1])])
        if ends[0] >= ends[1]:
            return 0.0
        own = np.interp(ends, x, y)
        x = np.concatenate([ends[:1], x[inside], ends[1:]])
        y = np.concatenate([own[:1], y[inside], own[1:]])
    return float(((x[1:] - x[:-1]) * (y[1:] + y[:-1])).sum() / 2)
