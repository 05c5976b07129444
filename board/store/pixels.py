"""What a chart draws of one line: least and greatest value of every pixel column, and all that is not finite."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.errors import BadRequestError
from board.store.drawn import Axis, Drawn, axis_of, drawn, origin_of, superseded
from board.store.loops import Floats
from board.store.paths import PathColumns
from board.store.pieces import column_of
from board.store.pixel_columns import PixelColumns
from board.store.scalar_axis import Paired, axis_over, paired
from board.store.series import Line
from board.store.smoothing import Smoothing, smoothed

__all__ = ["MAX_WIDTH", "X_KINDS", "Nearest", "Nonfinite", "PixelRequest", "Pixels", "nearest", "pixels"]

X_KINDS = ("step", "relative", "wall", "ordinal", "scalar")
MAX_WIDTH = 1 << 20  # pixel columns: 120 MB while one line is folded; a page asks for far fewer


@dataclass(frozen=True, slots=True)
class PixelRequest:
    """What a chart asks for. A line whose points all have one step is drawn over their ordinals instead of steps.

    Raises:
        BadRequestError: no such x axis, a width outside 1 to ``MAX_WIDTH``, or a range with NaN or upside down.
    """

    x: str = "step"  # one of X_KINDS; "relative": seconds since the series' first visible point; "scalar": another line
    lo: float | None = None  # of x; None: from the line's first point on
    hi: float | None = None
    width: int = 600  # pixel columns between lo and hi
    smoothing: Smoothing = field(default_factory=Smoothing)
    superseded: bool = False  # also give the points that a later session hides
    raw: bool = True  # also give the curve before smoothing, where there is any

    def __post_init__(self) -> None:
        """Check them."""
        if self.x not in X_KINDS:
            raise BadRequestError(f"x axis {self.x!r} is none of {', '.join(X_KINDS)}")
        if not 1 <= self.width <= MAX_WIDTH:
            raise BadRequestError(f"width {self.width} is not within 1 and {MAX_WIDTH}")
        lo = -math.inf if self.lo is None else self.lo
        hi = math.inf if self.hi is None else self.hi
        if not lo <= hi:
            raise BadRequestError(f"range {lo} to {hi} holds no x")


@dataclass(slots=True)  # not frozen, which is slow to make: a curve may have thousands
class Nonfinite:
    """Points of one pixel column that have no place on the y axis."""

    x: float  # of the first of them
    value: str  # "nan", "+inf" or "-inf"
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """One drawn line. In ``y`` NaN is a gap: the line is broken there because a point is NaN or infinite."""

    x: NDArray[np.float64]  # rising if ``rises``; with the points beside the range, so that the line runs to the edge
    y: NDArray[np.float64]
    raw_x: NDArray[np.float64] | None  # the curve before smoothing; None where there is none, or it was not asked for
    raw_y: NDArray[np.float64] | None
    is_exact: bool  # every point in range is there; else the extremes of every pixel column, at their true x
    count: int  # points in range, those that are not finite included
    total: int  # points of the line that have a place on the x axis, superseded ones left out
    nonfinite: list[Nonfinite]  # by rising x, one for each pixel column and value
    y_range: tuple[float, float] | None  # of finite smoothed values in range
    y_outlier_range: tuple[float, float] | None  # the same as TensorBoard's "ignore outliers" has it
    x_range: tuple[float, float] | None  # first and last x of the whole line
    axis: str  # what x is: one of X_KINDS
    restarts: tuple[float, ...] = ()  # x of the first point of each later session
    superseded_x: NDArray[np.float64] | None = None  # none on the axis of another scalar
    superseded_y: NDArray[np.float64] | None = None
    rises: bool = True  # False: x goes back and forth, and the points stand in the order of steps
    step: NDArray[np.float64] | None = None  # of each point of x, where x is another scalar
    unplaced: int = 0  # points that the other scalar has no x for
    in_order: bool = False  # points have come by rising x, in one line: what comes next is drawn at the end


class Nearest(NamedTuple):
    """One exact point of a line."""

    step: int
    wall_time: float
    value: float
    smoothed: float
    x: float
    relative: float  # seconds since the first visible point of the series


def pixels(line: Line, request: PixelRequest, x_line: Line | None = None) -> Pixels:
    """Return what a chart draws of the line; every visible point takes part in it.

    Args:
        line: one line of a series.
        request: what of it.
        x_line: the line whose values are x, for ``x="scalar"``; None: there is none in this run.
    """
    points = drawn(line)
    if request.x == "scalar":
        return _pixels_by_scalar(line, points, paired(line, points, x_line), request)
    axis = axis_of(line, points, request.x)
    columns = PixelColumns(axis, request.lo, request.hi, request.width)
    is_smoothed = request.smoothing.kind != "none"
    with_raw = is_smoothed and request.raw
    shown = columns.curve(axis.arranged(smoothed(points, request.smoothing, line.series.recent)))
    raw = columns.curve(axis.arranged(points.value)) if with_raw else shown  # what is not finite is so in both
    hidden = _superseded(line, axis, request) if request.superseded else None
    return Pixels(
        x=shown.x,
        y=shown.y,
        raw_x=raw.x if with_raw else None,
        raw_y=raw.y if with_raw else None,
        is_exact=columns.is_exact,
        count=columns.count,
        total=axis.count,
        nonfinite=[] if raw.folded is None else [Nonfinite(*found) for found in columns.nonfinite(raw.folded)],
        y_range=shown.y_range,
        y_outlier_range=shown.y_outlier_range,
        x_range=axis.ends,
        axis=axis.kind,
        in_order=points.is_in_place and axis.order is None,
        restarts=axis.places(points, points.restarts),
        superseded_x=hidden[0] if hidden else None,
        superseded_y=hidden[1] if hidden else None,
    )


def nearest(line: Line, x: str, at: float, smoothing: Smoothing, x_line: Line | None = None) -> Nearest | None:
    """Return the visible point whose x is nearest to ``at``; None where the line has none on that axis.

    Of points with one x it is the last, of two equally near ones the one with the lower x.

    Raises:
        BadRequestError: no such x axis, or ``at`` is NaN.
    """
    if x not in X_KINDS or math.isnan(at):
        raise BadRequestError(f"there is no point near {at} of x axis {x!r}")
    points = drawn(line)
    axis = axis_over(line, points, x, x_line)
    if not axis.count:
        return None
    right = axis.first_not_below(at)
    rows = [row for row in (right - 1, right) if 0 <= row < axis.count]
    places = axis.positions(np.array(rows)).tolist()
    row, place = min(zip(rows, places, strict=True), key=lambda found: abs(found[1] - at))
    row = axis.first_not_below(place, past_equal=True) - 1
    own = row if axis.order is None else int(axis.order[row])
    wall_time = float(points.wall_time.at(own))
    return Nearest(
        step=int(points.step.at(own)),
        wall_time=wall_time,
        value=float(points.value.at(own)),
        smoothed=float(smoothed(points, smoothing, line.series.recent).at(own)),
        x=place,
        relative=wall_time - origin_of(line),
    )


def _pixels_by_scalar(line: Line, points: Drawn, pairs: Paired, request: PixelRequest) -> Pixels:
    """Return the pixels over another scalar: a path in the order of steps where x does not rise.

    A path that is too long to be one, a scribble, is drawn by rising x: no extreme of a pixel column is lost.
    """
    is_smoothed = request.smoothing.kind != "none"
    values = points.value.rows()[pairs.rows]
    smooth = smoothed(points, request.smoothing, line.series.recent).rows()[pairs.rows] if is_smoothed else values
    columns: PathColumns | PixelColumns
    raw = shown = None
    if not pairs.rises:
        columns = path = PathColumns(pairs.x, request.lo, request.hi, request.width)
        raw, shown = path.curve(values), path.curve(smooth)
        marks, rows = path.nonfinite(values), pairs.rows
    rises = raw is None or shown is None
    if raw is None or shown is None:
        columns = by_x = PixelColumns(pairs.axis, request.lo, request.hi, request.width)
        raw, shown = (by_x.curve(column_of(each[pairs.order])) for each in (values, smooth))
        marks, rows = by_x.nonfinite(raw.folded) if raw.folded else [], pairs.rows[pairs.order]
    return Pixels(
        x=shown.x,
        y=shown.y,
        raw_x=raw.x if is_smoothed and request.raw else None,
        raw_y=raw.y if is_smoothed and request.raw else None,
        is_exact=columns.is_exact,
        count=columns.count,
        total=len(values),
        nonfinite=[Nonfinite(*found) for found in marks],
        y_range=shown.y_range,
        y_outlier_range=shown.y_outlier_range,
        x_range=pairs.axis.ends,
        axis="scalar",
        restarts=pairs.places(points.restarts),
        rises=rises,
        step=points.step.rows()[rows[shown.rows]].astype(np.float64),
        unplaced=pairs.unplaced,
    )


def _superseded(line: Line, axis: Axis, request: PixelRequest) -> tuple[Floats, Floats]:
    """Return the hidden points as a curve of its own, broken between sessions."""
    x, y = [np.empty(0)], [np.empty(0)]
    for points in superseded(line) if axis.kind != "ordinal" else ():
        own = axis_of(line, points, axis.kind)
        curve = PixelColumns(own, request.lo, request.hi, request.width).curve(own.arranged(points.value))
        if len(curve.x):
            x += [curve.x[:1], curve.x]
            y += [np.array([np.nan]), curve.y]
    return np.concatenate(x)[1:], np.concatenate(y)[1:]
