"""Which points of a line fall into which pixel column, and which of them must be drawn so that nothing is hidden."""

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from board.store.drawn import Axis
from board.store.loops import LOOPS, Floats, Ints
from board.store.outliers import Ranks, ranked_range
from board.store.pieces import PIECE, FloatColumn
from board.store.plain_series import (
    FIRST,
    GREATEST,
    LAST,
    LEAST,
    MINUS_AT,
    MINUS_COUNT,
    NAN_AT,
    NAN_COUNT,
    PLUS_AT,
    PLUS_COUNT,
)
from board.store.shares import in_shares, shares_of

__all__ = ["Curve", "Folded", "PixelColumns"]


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What the pixel columns hold of one curve; rows as ``plain_series.extremes`` has them."""

    at: Ints  # (10, pixel columns)
    value: Floats  # (2, pixel columns)

    def take_in(self, later: "Folded") -> None:
        """Take in what the pixel columns hold of rows that lie behind ours."""
        at, value = self.at, self.value
        for row, is_beyond in ((LEAST, np.less), (GREATEST, np.greater)):
            own = value[row - LEAST]
            with np.errstate(invalid="ignore"):  # where there is none yet, there is anything
                is_there = (later.at[row] >= 0) & ((at[row] < 0) | is_beyond(later.value[row - LEAST], own))
            own[is_there] = later.value[row - LEAST, is_there]
            at[row, is_there] = later.at[row, is_there]
        at[FIRST] = np.where(at[FIRST] >= 0, at[FIRST], later.at[FIRST])
        at[LAST] = np.where(later.at[LAST] >= 0, later.at[LAST], at[LAST])
        for row, count in ((NAN_AT, NAN_COUNT), (PLUS_AT, PLUS_COUNT), (MINUS_AT, MINUS_COUNT)):
            at[row] = np.where(at[count] > 0, at[row], later.at[row])
            at[count] += later.at[count]

    @property
    def nonfinite_count(self) -> int:
        """Number of points that are NaN or infinite."""
        return int(self.at[NAN_COUNT:].sum())

    @property
    def minus_count(self) -> int:
        """Number of points that are -inf."""
        return int(self.at[MINUS_COUNT].sum())

    @property
    def y_range(self) -> tuple[float, float] | None:
        """Least and greatest finite value."""
        seen = self.at[LEAST] >= 0
        return (float(self.value[0, seen].min()), float(self.value[1, seen].max())) if seen.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What to draw of one curve."""

    x: Floats
    y: Floats  # NaN where there is a gap
    y_range: tuple[float, float] | None  # of the finite values in range
    y_outlier_range: tuple[float, float] | None  # the same without outliers
    folded: Folded | None  # None where all points in range are drawn and finite
    rows: Ints  # which rows are drawn


class PixelColumns:
    """The rows of a line within [lo, hi], cut into ``width`` columns of one width in x.

    A point belongs to column ``floor((x - lo) / (hi - lo) * width)``, and to the last one where x is hi.
    """

    def __init__(self, axis: Axis, lo: float | None, hi: float | None, width: int) -> None:
        """Find the rows. ``lo`` None or -inf, ``hi`` None or inf: up to the end of the line."""
        self._axis = axis
        self._width = width
        self.first, self.stop = 0, axis.count  # rows in range
        self._lo, self._hi = axis.ends or (0.0, 0.0)
        if lo is not None and lo > -inf:
            self._lo = lo
            self.first = axis.first_not_below(lo)
        if hi is not None and hi < inf:
            self._hi = hi
            self.stop = max(axis.first_not_below(hi, past_equal=True), self.first)
        self.count = self.stop - self.first
        self.is_exact = self.count <= 2 * width

    def folded(self, y: FloatColumn, ranks: Ranks) -> Folded:
        """Return the extremes of each column for a curve over all rows."""
        bounds = self.bounds  # before several threads ask for them

        def fold(first: int, stop: int) -> Folded:
            at = np.full((10, self._width), -1, np.int64)
            at[NAN_COUNT:] = 0
            value = np.empty((2, self._width))
            share = ranks.begin_share()
            for row, chunks in y.batches(first, stop):
                LOOPS.extremes(chunks, row, bounds, at, value, ranks.edges, share.counts, share.near)
            return Folded(at, value)

        folded, *others = in_shares(fold, shares_of(self.first, self.stop, y.least_share, PIECE))
        for other in others:
            folded.take_in(other)
        return folded

    def curve(self, y: FloatColumn) -> Curve:
        """Return what to draw of a curve over all rows."""
        ranks = Ranks(y, self.first, self.stop)
        if self.is_exact:
            inside = y.rows(self.first, self.stop)
            is_finite = np.isfinite(inside)
            finite = inside if is_finite.all() else inside[is_finite]
            folded = None if finite is inside else self.folded(y, ranks)
            y_range = (float(finite.min()), float(finite.max())) if len(finite) else None
            y_outlier_range = ranked_range(finite)
            rows = np.arange(max(self.first - 1, 0), min(self.stop + 1, self._axis.count))
        else:
            folded = self.folded(y, ranks)
            y_range = folded.y_range
            y_outlier_range = ranks.found(self.count - folded.nonfinite_count, folded.minus_count)
            if y_outlier_range is None:
                inside = y.rows(self.first, self.stop)
                y_outlier_range = ranked_range(inside[np.isfinite(inside)])
            rows = self._telling_rows(folded)
        return Curve(self._axis.positions(rows), self._drawn(y, rows, folded), y_range, y_outlier_range, folded, rows)

    def _drawn(self, y: FloatColumn, rows: Ints, folded: Folded | None) -> Floats:
        """Return the values of rows that are drawn, NaN for those that are not finite."""
        if self.is_exact or folded is None:
            values = y.gathered(rows)
            return np.where(np.isfinite(values), values, np.nan)
        # Most of them are extremes, which are known; the others are gaps, but for the first and the last two.
        found = np.full(len(rows), np.nan)
        is_finite = folded.at[FIRST] >= 0
        for at, value in zip(folded.at[[LEAST, GREATEST]], folded.value, strict=True):
            found[np.searchsorted(rows, at[is_finite])] = value[is_finite]
        ends = np.concatenate([folded.at[FIRST, is_finite][:1], folded.at[LAST, is_finite][-1:], self._neighbours])
        ends = np.unique(ends)
        values = y.gathered(ends)
        found[np.searchsorted(rows, ends)] = np.where(np.isfinite(values), values, np.nan)
        return found

    @property
    def _neighbours(self) -> Ints:
        """Rows beside the range, so that the curve runs to its edges."""
        rows = [self.first - 1] * (self.first > 0) + [self.stop] * (self.stop < self._axis.count)
        return np.array(rows, np.int64)

    def _telling_rows(self, folded: Folded) -> Ints:
        """Return the rows, rising, that make the same picture as all rows.

        Those are the least and the greatest finite value of each column, the first and the last of all, a point for
        each gap that NaN or infinities make between the finite points of two columns, and the neighbours on both sides
        of the range.
        """
        at, starts, stops = folded.at, self.bounds[:-1], self.bounds[1:]
        is_finite = at[FIRST] >= 0
        rows = np.concatenate(
            [
                at[LEAST, is_finite],
                at[GREATEST, is_finite],
                at[FIRST, is_finite][:1],  # where the curve begins and ends, whatever its extremes are: pages tell the
                at[LAST, is_finite][-1:],  # last value
                starts[is_finite & (at[FIRST] > starts)],  # a gap before the first finite point of the column
                (at[LAST] + 1)[is_finite & (at[LAST] + 1 < stops)],  # and one behind the last
                starts[~is_finite & (starts < stops)],  # nothing but a gap
                self._neighbours,
            ]
        )
        rows.sort()
        is_new = np.ones(len(rows), np.bool_)
        np.not_equal(rows[1:], rows[:-1], out=is_new[1:])  # np.unique takes four times as long
        return rows[is_new]

    def nonfinite(self, folded: Folded) -> list[tuple[float, str, int]]:
        """Return (x of the first, which, count) for each column and each sort of value that is not finite."""
        places, counts, names = [], [], []
        sorts = (PLUS_AT, PLUS_COUNT, "+inf"), (MINUS_AT, MINUS_COUNT, "-inf"), (NAN_AT, NAN_COUNT, "nan")
        for at, count, name in sorts:
            is_there = folded.at[count] > 0
            places.append(folded.at[at, is_there])
            counts.append(folded.at[count, is_there])
            names += [name] * len(places[-1])
        rows, found = np.concatenate(places), np.concatenate(counts)
        by_row = np.argsort(rows)
        x = np.empty(len(rows))
        x[by_row] = self._axis.positions(rows[by_row])
        order = np.argsort(x, kind="stable")
        return list(zip(x[order].tolist(), (names[i] for i in order.tolist()), found[order].tolist(), strict=True))

    @cached_property
    def bounds(self) -> Ints:
        """Return the first row of each column, and the row behind the last one's."""
        bounds = np.full(self._width + 1, self.stop, np.int64)
        column = 0
        for row, x in self._axis.x.pieces(self.first, self.stop):
            column = LOOPS.pixel_bounds(x, self._axis.origin, self._lo, self._hi, 0, len(x), row, bounds, column)
        return bounds
