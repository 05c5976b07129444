"""A scalar series as batches of rows, for exports: every point, or those that a chart shows; never all in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.errors import BadRequestError
from board.store.drawn import axis_of, drawn
from board.store.loops import Floats, Ints
from board.store.pieces import StoredColumn
from board.store.series import STEP, VALUE, WALL_TIME, Line, SeriesView
from board.store.smoothing import Smoothing, smoothed

__all__ = ["Batch", "Selection", "batches"]

BATCH_ROWS = 1 << 16
X_KINDS = ("step", "relative", "wall")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which points of a series.

    Raises:
        BadRequestError: no such x axis, or a range with NaN or upside down.
    """

    is_all: bool = True  # every point in the order of its file, superseded ones too; else what the rest says
    x: str = "step"  # the axis that ``lo`` and ``hi`` are on: "step", "relative" or "wall"
    lo: float | None = None
    hi: float | None = None
    smoothing: Smoothing = field(default_factory=Smoothing)

    def __post_init__(self) -> None:
        """Check them."""
        if self.x not in X_KINDS:
            raise BadRequestError(f"x axis {self.x!r} is none of {', '.join(X_KINDS)}")
        lo, hi = -np.inf if self.lo is None else self.lo, np.inf if self.hi is None else self.hi
        if not lo <= hi:
            raise BadRequestError(f"range {lo} to {hi} holds no x")

    @property
    def is_smoothed(self) -> bool:
        """Whether there is a column of smoothed values."""
        return not self.is_all and self.smoothing.kind != "none"


class Batch(NamedTuple):
    """Some points of one line; columns of one length."""

    line: str  # "" or the file's name, where a run has several lines for one tag
    step: Ints
    wall_time: Floats  # seconds since the epoch
    value: Floats
    smoothed: Floats | None  # None where none was asked for
    superseded: NDArray[np.bool_]


def batches(series: SeriesView, selection: Selection) -> Iterator[Batch]:
    """Yield the points, line by line; at most ``BATCH_ROWS`` at a time."""
    for line in series.lines:
        yield from _all(line) if selection.is_all else _seen(line, selection)


def _all(line: Line) -> Iterator[Batch]:
    for segment in line.segments:
        part, count = segment.part, segment.part.count
        columns = [StoredColumn([part.columns], STEP, np.int64, [count])]
        floats = [StoredColumn([part.columns], which, np.float64, [count]) for which in (WALL_TIME, VALUE)]
        hidden = segment.superseded
        for first in range(0, count, BATCH_ROWS):
            stop = min(first + BATCH_ROWS, count)
            wall_time, value = (column.rows(first, stop) for column in floats)
            yield Batch(line.name, columns[0].rows(first, stop), wall_time, value, None, hidden[first:stop])


def _seen(line: Line, selection: Selection) -> Iterator[Batch]:
    points = drawn(line)
    axis = axis_of(line, points, selection.x)
    is_ordinal = axis.kind == "ordinal"  # a line whose points all have one step: what it has is not on the axis asked
    first = 0 if selection.lo is None or is_ordinal else axis.first_not_below(selection.lo)
    last = axis.count if selection.hi is None or is_ordinal else axis.first_not_below(selection.hi, past_equal=True)
    values = smoothed(points, selection.smoothing, line.series.recent) if selection.is_smoothed else None
    for low in range(first, last, BATCH_ROWS):
        high = min(low + BATCH_ROWS, last)
        floats = [points.wall_time, points.value, *([] if values is None else [values])]
        # By wall time, where that is not the order of the steps: rows of everywhere.
        rows = None if axis.order is None else np.sort(axis.order[low:high])
        step = points.step.rows(low, high) if rows is None else points.step.gathered(rows)
        parts = [one.rows(low, high) if rows is None else one.gathered(rows) for one in floats]
        hidden = np.zeros(high - low, np.bool_)
        yield Batch(line.name, step, parts[0], parts[1], None if values is None else parts[2], hidden)
