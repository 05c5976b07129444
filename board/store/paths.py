"""Lines whose x goes back and forth: which points must be drawn, in the order of steps, so that nothing is hidden."""

from functools import cached_property

import numpy as np

from board.store.loops import Floats, Ints
from board.store.outliers import ranked_range
from board.store.pixel_columns import Curve
from board.store.plain_series import pixel_columns

__all__ = ["ROOM", "PathColumns"]

ROOM = 16  # points a pixel column: a path that takes more is a scribble, drawn by rising x instead


class PathColumns:
    """A path cut into visits: points that follow one another within one pixel column.

    Of a visit's finite points the first, the least, the greatest and the last make the same picture as all of them.
    Visits beyond the range keep their first and their last point, so that the path enters where it does.
    """

    def __init__(self, x: Floats, lo: float | None, hi: float | None, width: int) -> None:
        """Find the visits; ``x`` in the order of steps, finite; ``lo`` or ``hi`` None: up to its end."""
        self._x = x
        self._width = width
        ends = (float(x.min()), float(x.max())) if len(x) else (0.0, 0.0)
        low, high = ends[0] if lo is None else lo, ends[1] if hi is None else hi
        is_inside = (x >= low) & (x <= high)
        self._column = np.where(x < low, -1, width)
        self._column[is_inside] = pixel_columns(x[is_inside], low, high, width)
        self.inside: Ints = np.flatnonzero(is_inside)
        self.count = len(self.inside)
        self.is_exact = self.count <= 2 * width
        self.ends = ends if len(x) else None

    def curve(self, y: Floats) -> Curve | None:
        """Return what to draw of values in the order of steps; None where that is more than there is room for."""
        is_finite = np.isfinite(y)
        rows = self._exact_rows if self.is_exact else self._telling_rows(y, is_finite)
        if len(rows) > max(ROOM * self._width, 4096):
            return None
        shown = np.where(is_finite[rows], y[rows], np.nan)
        finite = y[self.inside][is_finite[self.inside]]
        y_range = (float(finite.min()), float(finite.max())) if len(finite) else None
        return Curve(self._x[rows], shown, y_range, ranked_range(finite), None, rows)

    def nonfinite(self, y: Floats) -> list[tuple[float, str, int]]:
        """Return (x of the first, which, count) for each pixel column and each sort of value that is not finite."""
        found = []
        inside = y[self.inside]
        for name, is_it in (("nan", np.isnan), ("+inf", np.isposinf), ("-inf", np.isneginf)):
            rows = self.inside[is_it(inside)]
            _, first, counts = np.unique(self._column[rows], return_index=True, return_counts=True)
            x = self._x[rows[first]]
            found += [(at, name, count) for at, count in zip(x.tolist(), counts.tolist(), strict=True)]
        return sorted(found)

    @cached_property
    def _exact_rows(self) -> Ints:
        """Every row in range, and of each stretch beyond it the first and the last."""
        is_edge = np.ones(len(self._column), np.bool_)
        same = self._column[1:] == self._column[:-1]
        is_edge[1:-1] = ~(same[1:] & same[:-1])
        is_edge[self.inside] = True
        return np.flatnonzero(is_edge)

    def _telling_rows(self, y: Floats, is_finite: np.ndarray) -> Ints:
        starts = np.flatnonzero(
            np.concatenate([[True], (self._column[1:] != self._column[:-1]) | (is_finite[1:] != is_finite[:-1])])
        )
        stops = np.append(starts[1:], len(y))
        rows = [starts, stops[is_finite[starts]] - 1]
        visit = np.repeat(np.arange(len(starts)), stops - starts)
        for extreme in (np.minimum, np.maximum):
            is_it = np.flatnonzero((y == extreme.reduceat(y, starts)[visit]) & is_finite)
            rows.append(is_it[np.unique(visit[is_it], return_index=True)[1]])
        return np.unique(np.concatenate(rows))
