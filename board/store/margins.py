"""The band between two scalars of a run, a lower and an upper bound, beside the line of a third."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from board.store.drawn import Drawn, drawn
from board.store.loops import Floats, Ints
from board.store.pixels import PixelRequest
from board.store.scalar_axis import axis_over, partners
from board.store.series import Line
from board.store.smoothing import Smoothing, smoothed

__all__ = ["Margin", "margin"]


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """What is filled; columns by rising x. NaN where a bound is NaN or infinite: the band has a gap there."""

    x: Floats
    low: Floats
    high: Floats
    joined: int  # points of the line at whose step both bounds have a point, in range or not
    left_out: int  # points that are drawn without a band, because a bound has none at their step
    is_exact: bool  # every joined step in range is there; else of each pixel column the lowest and the highest bound


def margin(line: Line, bounds: tuple[Line, Line], request: PixelRequest, x_line: Line | None = None) -> Margin:
    """Join a line with its bounds step by step, smooth these as the line is, and fold them into pixel columns.

    Of several points of one step the k-th belongs to the k-th of a bound; a single one there belongs to all.
    """
    points = drawn(line)
    axis = axis_over(line, points, request.x, x_line)
    found = [_bound(points, bound, request.smoothing) for bound in bounds]
    is_joined = found[0][0] & found[1][0]
    count = int(is_joined.sum())
    order = np.arange(points.count) if axis.order is None else axis.order  # rows by rising x
    order = order[is_joined[order]]
    every = np.arange(points.count)
    place = np.full(points.count, np.nan)
    place[every if axis.order is None else axis.order] = axis.positions(np.arange(axis.count))
    x, low, high = place[order], found[0][1][order], found[1][1][order]
    is_seen = np.isfinite(x)
    lo = float(x[0]) if request.lo is None and len(x) else request.lo or 0.0
    hi = float(x[-1]) if request.hi is None and len(x) else request.hi or 0.0
    first, stop = np.searchsorted(x, lo), np.searchsorted(x, hi, "right")
    is_seen[: max(int(first) - 1, 0)] = False  # one point more on each side: the band runs out of the picture
    is_seen[int(stop) + 1 :] = False
    x, low, high = x[is_seen], low[is_seen], high[is_seen]
    is_exact = len(x) <= 2 * request.width
    if not is_exact:
        x, low, high = _folded(x, low, high, (lo, hi), request.width)
    return Margin(x, low, high, count, points.count - count, is_exact)


def _bound(points: Drawn, bound: Line, smoothing: Smoothing) -> tuple[NDArray[np.bool_], Floats]:
    """Return for each point of the line whether the bound has its step, and its value there."""
    others = drawn(bound)
    own, theirs = partners(points.step, others.step)
    has_one, values = np.zeros(points.count, dtype=bool), np.full(points.count, np.nan)
    has_one[own] = True
    values[own] = smoothed(others, smoothing, bound.series.recent).rows()[theirs]
    values[~np.isfinite(values)] = np.nan
    return has_one, values


def _folded(
    x: Floats, low: Floats, high: Floats, span: tuple[float, float], width: int
) -> tuple[Floats, Floats, Floats]:
    """Return the lowest and the highest bound of each pixel column that has any; what lies outside stays as it is."""
    lo, hi = span
    column: Ints = np.floor((x - lo) / max(hi - lo, np.finfo(float).tiny) * width).astype(np.int64)
    column = np.where(x < lo, -1, np.where(x > hi, width, np.clip(column, 0, width - 1)))
    starts = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    with np.errstate(invalid="ignore"):
        least, greatest = np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)
    centres = lo + (column[starts] + 0.5) * (hi - lo) / width
    return np.where((column[starts] < 0) | (column[starts] >= width), x[starts], centres), least, greatest
