"""Several runs as one curve with a band around it, whatever steps each of them was logged at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from board.errors import BadRequestError
from board.store.drawn import Axis, drawn
from board.store.group_statistics import CENTRES, SPREADS, centre_of, spread_of
from board.store.loops import Floats, Ints
from board.store.pieces import FloatColumn
from board.store.pixel_columns import PixelColumns
from board.store.pixels import PixelRequest
from board.store.scalar_axis import axis_over
from board.store.series import Line
from board.store.smoothing import smoothed

__all__ = ["Band", "BandRequest", "Member", "band"]


@dataclass(frozen=True, slots=True)
class BandRequest:
    """How a group of runs is drawn.

    Raises:
        BadRequestError: no such centre or spread.
    """

    centre: str = "mean"  # one of CENTRES
    spread: str = "minmax"  # one of SPREADS

    def __post_init__(self) -> None:
        """Check both."""
        if self.centre not in CENTRES or self.spread not in SPREADS:
            raise BadRequestError(f"a band of {self.centre!r} and {self.spread!r}: there is none")


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One line of a group."""

    run: str
    line: Line
    x_line: Line | None = None  # for the axis of another scalar


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """One drawn group. Where no run of it is, or all that are there have a gap, the centre is NaN."""

    x: Floats
    centre: Floats
    low: Floats
    high: Floats
    runs: Ints  # how many stand behind each x
    ends: list[tuple[float, str]]  # (x, run) of those that end before the group does
    count: int  # points in range
    total: int  # points that have a place on the axis
    members: int  # lines
    axis: str  # what x is: one of X_KINDS
    is_exact: bool  # each x that any run has a point at is there; else one x a pixel column
    x_range: tuple[float, float] | None


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """One member as a function: its mean and its extremes at each of its places; NaN where it has a gap."""

    run: str
    x: Floats  # rising, all different
    mean: Floats
    least: Floats
    greatest: Floats
    last: float | None  # x of its last point that is finite, wherever that lies


def band(members: Sequence[Member], request: PixelRequest, how: BandRequest) -> Band:
    """Return the group's curve.

    Where all different x of the members in range are at most twice the width, each of them is a place. Else a place is
    the centre of a pixel column, and a member's value there is the mean of its points in the column.
    At a place between two of its points a member has the straight line between them; before its first and behind its
    last point it is not there, nor beside a point that is NaN or infinite. ``minmax`` takes each member's least and
    greatest value of the column, so that no extreme is lost. Smoothing comes before all of this.
    """
    lines = _placed(members, request)
    ends = [axis.ends for _, axis, _ in lines if axis.ends is not None]
    whole = (min(lo for lo, _ in ends), max(hi for _, hi in ends)) if ends else None
    lo, hi = whole or (0.0, 0.0)
    lo, hi = lo if request.lo is None else request.lo, hi if request.hi is None else request.hi
    columns = [PixelColumns(axis, lo, hi, request.width) for _, axis, _ in lines]
    count = sum(each.count for each in columns)
    own = _own_places([axis for _, axis, _ in lines], columns, request.width)
    is_exact = own is not None
    grid = _centres(lo, hi, request.width) if own is None else own
    pairs = zip(lines, columns, strict=True)
    with np.errstate(over="ignore", invalid="ignore"):  # values near the greatest float: what overflows is a gap
        curves = [_curve(member.run, axis, y, cut, None if is_exact else grid) for (member, axis, y), cut in pairs]
        values, least, greatest = (
            np.array([_at(curve, getattr(curve, each), grid) for curve in curves]).reshape(len(curves), len(grid))
            for each in ("mean", "least", "greatest")
        )
        centre = centre_of(values, how.centre)
        low, high = spread_of(values, least, greatest, how.centre, how.spread)
    lasts = [curve.last for curve in curves if curve.last is not None]
    near = max(lasts, default=0.0) - (hi - lo) / request.width  # of two that end within a pixel, both end last
    return Band(
        x=grid,
        centre=centre,
        low=low,
        high=high,
        runs=np.isfinite(values).sum(axis=0),
        ends=sorted((c.last, c.run) for c in curves if c.last is not None and lo <= c.last <= hi and c.last < near),
        count=count,
        total=sum(axis.count for _, axis, _ in lines),
        members=len(lines),
        axis=lines[0][1].kind if lines else request.x,
        is_exact=is_exact,
        x_range=whole,
    )


def _placed(members: Sequence[Member], request: PixelRequest) -> list[tuple[Member, Axis, FloatColumn]]:
    """Return where the points of each lie and their values by rising x; those without a place are left out.

    Lines without steps, which stand in the order logged, have none among lines with steps.
    """
    found = []
    for member in members:
        points = drawn(member.line)
        axis = axis_over(member.line, points, request.x, member.x_line)
        if axis.count:
            y = axis.arranged(smoothed(points, request.smoothing, member.line.series.recent))
            found.append((member, axis, y))
    has_steps = any(axis.kind != "ordinal" for _, axis, _ in found)
    return [each for each in found if not (has_steps and each[1].kind == "ordinal")]


def _centres(lo: float, hi: float, width: int) -> Floats:
    share = (np.arange(width) + 0.5) / width
    centres: Floats = lo * (1.0 - share) + hi * share  # hi - lo may overflow
    return centres


def _own_places(axes: Sequence[Axis], columns: Sequence[PixelColumns], width: int) -> Floats | None:
    """Return every x at which a line has a point in range; None where they are more than two a pixel column."""
    if any(each.count > 2 * width * 16 for each in columns):  # many points of one x are rare: not looked for
        return None
    places = [axis.positions(np.arange(c.first, c.stop)) for axis, c in zip(axes, columns, strict=True)]
    own: Floats = np.unique(np.concatenate(places)) if places else np.empty(0)
    return own if len(own) <= 2 * width else None


def _curve(run: str, axis: Axis, y: FloatColumn, cut: PixelColumns, centres: Floats | None) -> _Curve:
    """Return a member's places in range and one on each side: its own x, or pixel columns."""
    first, stop = max(cut.first - 1, 0), min(cut.stop + 1, axis.count)
    values = y.rows(first, stop)
    if centres is None:
        x = axis.positions(np.arange(first, stop))
        starts = np.flatnonzero(np.concatenate([[True], x[1:] != x[:-1]])) if len(x) else np.empty(0, np.int64)
        x = x[starts]
    else:
        bounds = cut.bounds
        is_there = bounds[:-1] < bounds[1:]
        before, behind = range(first, cut.first), range(cut.stop, stop)
        starts = np.concatenate([np.array(before, np.int64), bounds[:-1][is_there], np.array(behind, np.int64)]) - first
        outside = axis.positions(np.array([*before, *behind], np.int64))
        x = np.concatenate([outside[: len(before)], centres[is_there], outside[len(before) :]])
    last = axis.count - 1
    while last >= 0 and not np.isfinite(y.at(last)):
        last -= 1
    ended = float(axis.positions(np.array([last]))[0]) if last >= 0 else None
    return _Curve(run, x, *_folded(values, starts), ended)


def _folded(values: Floats, starts: Ints) -> tuple[Floats, Floats, Floats]:
    """Return mean, least and greatest of the finite values from each start to the next; NaN where there is none."""
    if not len(starts):
        return np.empty(0), np.empty(0), np.empty(0)
    counts = np.diff(np.append(starts, len(values)))
    is_finite = np.isfinite(values)
    if is_finite.all():
        return (
            np.add.reduceat(values, starts) / counts,
            np.minimum.reduceat(values, starts),
            np.maximum.reduceat(values, starts),
        )
    counts = np.add.reduceat(is_finite.astype(np.int64), starts)
    is_there = counts > 0
    mean = np.add.reduceat(np.where(is_finite, values, 0.0), starts) / np.maximum(counts, 1)
    least = np.minimum.reduceat(np.where(is_finite, values, np.inf), starts)
    greatest = np.maximum.reduceat(np.where(is_finite, values, -np.inf), starts)
    return tuple(np.where(is_there, each, np.nan) for each in (mean, least, greatest))  # type: ignore[return-value]


def _at(curve: _Curve, y: Floats, grid: Floats) -> Floats:
    """Return a member's values at the places of the group."""
    if not len(curve.x):
        return np.full(len(grid), np.nan)
    left = np.clip(np.searchsorted(curve.x, grid, "right") - 1, 0, len(curve.x) - 1)
    right = np.minimum(left + 1, len(curve.x) - 1)
    gap = curve.x[right] - curve.x[left]
    share = np.where(gap > 0.0, (grid - curve.x[left]) / np.where(gap > 0.0, gap, 1.0), 0.0)
    is_own = curve.x[left] == grid
    value = np.where(is_own, y[left], y[left] * (1.0 - share) + y[right] * share)
    is_inside = (grid >= curve.x[0]) & (grid <= curve.x[-1])
    return np.where(is_inside, value, np.nan)
