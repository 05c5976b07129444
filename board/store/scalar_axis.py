"""Another scalar as x: which point of it belongs to each point of a line, and how the line then runs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from board.store.drawn import Axis, Drawn, axis_of, drawn
from board.store.loops import Floats, Ints
from board.store.pieces import IntColumn, column_of
from board.store.series import Line, SeriesView

__all__ = ["Paired", "axis_over", "paired", "partner_of", "partners"]


@dataclass(frozen=True, eq=False)
class Paired:
    """The points of a line that have an x, by rising step."""

    made_of: tuple[object, ...]
    rows: Ints  # of the Drawn
    x: Floats  # finite
    unplaced: int  # points without a partner, or whose partner is not finite

    @cached_property
    def rises(self) -> bool:
        """Whether x never falls from step to step; else the line goes back and forth and is drawn as a path."""
        return bool((self.x[1:] >= self.x[:-1]).all())

    @cached_property
    def order(self) -> Ints:
        """The points by rising x, those of one x by step."""
        return np.arange(len(self.x)) if self.rises else np.argsort(self.x, kind="stable")

    @cached_property
    def axis(self) -> Axis:
        """The places by rising x."""
        return Axis("scalar", column_of(self.x[self.order]), 0.0, self.rows[self.order], len(self.rows))

    def places(self, rows: tuple[int, ...]) -> tuple[float, ...]:
        """Return the x of the first placed point from each of some rows of the Drawn on."""
        at = np.searchsorted(self.rows, np.array(rows, np.int64))
        return tuple(self.x[at[at < len(self.x)]].tolist())


def partner_of(line: Line, x_series: SeriesView | None) -> Line | None:
    """Return the line of the x series that the same writers wrote; its only one where it has one."""
    lines = x_series.lines if x_series is not None else ()
    if len(lines) == 1:
        return lines[0]
    own = set(line.files)
    return next((other for other in lines if own & set(other.files)), None)


def paired(line: Line, points: Drawn, x_line: Line | None) -> Paired:
    """Pair the visible points of a line with those of another one of the same run, step by step.

    Of several points of one step the k-th belongs to the k-th of the other line; a single one there belongs to all.
    """
    if x_line is None:
        return Paired((), np.empty(0, np.int64), np.empty(0), points.count)
    x_points = drawn(x_line)
    recent = line.series.recent
    key = ("paired", points.lineage, x_points.lineage)
    made_of = (points.extent, x_points.extent)
    held = recent.find(key)
    if isinstance(held, Paired) and held.made_of == made_of:
        return held
    own, others = partners(points.step, x_points.step)
    x = x_points.value.rows()[others]
    is_placed = np.isfinite(x)
    if not is_placed.all():
        own, x = own[is_placed], x[is_placed]
    found = Paired(made_of, own, x, points.count - len(own))
    recent.keep(key, found, 16 * len(own))
    return found


def axis_over(line: Line, points: Drawn, x: str, x_line: Line | None) -> Axis:
    """Return where the points lie on any axis: ``x_line`` is what ``x="scalar"`` means, None where there is none."""
    return paired(line, points, x_line).axis if x == "scalar" else axis_of(line, points, x)


def partners(step: IntColumn, other: IntColumn) -> tuple[Ints, Ints]:
    """Return the rows that have a partner of their step, and the partners' rows; both columns rise."""
    steps, others = step.rows(), other.rows()
    everyone = np.arange(len(steps))
    if np.array_equal(steps, others):
        return everyone, everyone
    first = np.searchsorted(others, steps)
    count = np.searchsorted(others, steps, "right") - first
    ordinal = everyone - np.searchsorted(steps, steps)
    has_one = (count == 1) | (ordinal < count)
    return everyone[has_one], (first + np.where(count == 1, 0, ordinal))[has_one]
