"""A line's visible points in the order in which they are drawn, and their places on each x axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from board.store.columns import Columns
from board.store.loops import LOOPS, Floats, Ints
from board.store.pieces import FloatColumn, IntColumn, Ordinals, StoredColumn, column_of
from board.store.series import SCALAR_WIDTH, STEP, VALUE, WALL_TIME, Line, Segment

__all__ = ["Axis", "Drawn", "axis_of", "drawn", "origin_of", "superseded"]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Visible points by rising step; points of one step in the order of the file."""

    lineage: tuple[object, ...]  # equal for two snapshots of the same line
    extent: tuple[object, ...]  # with the lineage, it tells what the columns hold
    is_in_place: bool  # the columns are the store's own, and the extent counts the points of each session; else copies
    step: IntColumn
    wall_time: FloatColumn
    value: FloatColumn
    times_rise: bool
    count: int
    restarts: tuple[int, ...]  # row of the first point of each session but the first


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Where the points of a ``Drawn`` lie along x: ``x[row] - origin``, rising."""

    kind: str  # "step", "relative", "wall" or "ordinal"
    x: IntColumn | FloatColumn
    origin: float
    order: Ints | None  # rows of the Drawn by x; None: as they are
    count: int  # of points that have a place on the axis

    def positions(self, rows: Ints) -> Floats:
        """Return the x of some rising rows, f8."""
        return self.x.gathered(rows).astype(np.float64) - self.origin

    @property
    def ends(self) -> tuple[float, float] | None:
        """First and last x; None where there is no point."""
        if not self.count:
            return None
        return float(self.x.at(0)) - self.origin, float(self.x.at(self.count - 1)) - self.origin

    def places(self, points: Drawn, rows: Sequence[int]) -> tuple[float, ...]:
        """Return the x of some rows of the Drawn that this axis is of; those without any are left out."""
        where = np.array(rows, np.int64)
        if self.order is None:
            return tuple(self.positions(where).tolist())
        x = points.wall_time.gathered(where) - self.origin
        return tuple(x[np.isfinite(x)].tolist())

    def first_not_below(self, at: float, *, past_equal: bool = False) -> int:
        """Return the first row whose x is not below ``at``; with ``past_equal``, the first one above it."""
        return self.x.bisected(lambda x: LOOPS.rows_below(x, self.origin, at, past_equal))

    def arranged(self, column: FloatColumn) -> FloatColumn:
        """Return a column of the Drawn in the order of this axis."""
        return column if self.order is None else column_of(column.rows()[self.order])


def drawn(line: Line) -> Drawn:
    """Return a line's visible points in drawing order, the store's own memory wherever steps rise in the file."""
    segments = [segment for segment in line.segments if segment.visible]
    tokens = tuple(segment.part.token for segment in segments)
    if _steps_rise(segments):
        visible = tuple(segment.visible for segment in segments)
        columns = [segment.part.columns for segment in segments]
        return Drawn(
            lineage=("in place", *tokens),
            extent=visible,
            is_in_place=True,
            step=StoredColumn(columns, STEP, np.int64, visible),
            wall_time=StoredColumn(columns, WALL_TIME, np.float64, visible),
            value=StoredColumn(columns, VALUE, np.float64, visible),
            times_rise=_times_rise(segments),
            count=sum(visible),
            restarts=_starts_of(line, segments),
        )
    key = ("sorted", *tokens)
    extent = tuple((segment.part.count, segment.cut) for segment in segments)
    recent = line.series.recent
    held = recent.find(key)
    if isinstance(held, _Sorted) and held.extent == extent:
        return held.drawn(key)
    held = recent.take(key)  # nobody else extends it meanwhile
    found = held.extended(segments, extent) if isinstance(held, _Sorted) else None
    found = found or _sorted(
        segments, [~segment.superseded for segment in segments], extent, _starts_of(line, segments)
    )
    recent.keep(key, found, 24 * found.columns.count)
    return found.drawn(key)


def superseded(line: Line) -> list[Drawn]:
    """Return the hidden points of each session that has any, as copies."""
    segments = [segment for segment in line.segments if segment.visible < segment.part.count]
    return [
        _sorted([s], [s.superseded], (s.part.count, s.cut), ()).drawn(("superseded", s.part.token)) for s in segments
    ]


def axis_of(line: Line, points: Drawn, kind: str) -> Axis:
    """Return the places of the points along an axis; "step" becomes "ordinal" where all steps are the same."""
    if kind == "ordinal" or (kind == "step" and line.series.has_one_step):
        return Axis("ordinal", Ordinals(points.count), 0.0, None, points.count)
    if kind == "step":
        return Axis("step", points.step, 0.0, None, points.count)
    origin = origin_of(line) if kind == "relative" else 0.0
    if points.times_rise:
        return Axis(kind, points.wall_time, origin, None, points.count)
    recent = line.series.recent
    key = ("by time", points.lineage)
    held = recent.find(key)
    if isinstance(held, _ByTime) and held.extent == points.extent:
        found = held
    else:
        wall_time = points.wall_time.rows()
        order = np.flatnonzero(np.isfinite(wall_time))
        order = order[np.argsort(wall_time[order], kind="stable")]
        found = _ByTime(points.extent, column_of(wall_time[order]), order)
        recent.keep(key, found, 16 * len(order))
    return Axis(kind, found.x, origin, found.order, len(found.order))


@dataclass(frozen=True, slots=True, eq=False)
class _ByTime:
    """The order of points by wall_time; those without any are left out."""

    extent: tuple[object, ...]
    x: FloatColumn
    order: Ints


def origin_of(line: Line) -> float:
    """Return the wall_time of the series' first visible point that has a finite one; 0.0 where none has."""
    for other in line.series.lines:
        for segment in other.segments:
            if not segment.visible:
                continue
            first = segment.part.columns.float_at(WALL_TIME, 0)
            if segment.mask is None and np.isfinite(first):
                return first
            whole = StoredColumn([segment.part.columns], WALL_TIME, np.float64, [segment.part.count])
            for start, wall_time in whole.pieces():
                is_shown = np.isfinite(wall_time)
                if segment.mask is None:
                    is_shown[max(segment.visible - start, 0) :] = False
                else:
                    is_shown &= ~segment.mask[start : start + len(wall_time)]
                if is_shown.any():
                    return float(wall_time[is_shown.argmax()])
    return 0.0


def _steps_rise(segments: list[Segment]) -> bool:
    last: int | None = None
    for segment in segments:
        part = segment.part
        if not part.steps_rise or (last is not None and part.first_step < last):
            return False
        last = part.columns.int_at(STEP, segment.visible - 1)
    return True


def _times_rise(segments: list[Segment]) -> bool:
    last = -np.inf
    for segment in segments:
        columns = segment.part.columns
        if not segment.part.times_rise or columns.float_at(WALL_TIME, 0) < last:
            return False
        last = columns.float_at(WALL_TIME, segment.visible - 1)
    return True


def _starts_of(line: Line, segments: list[Segment]) -> tuple[int, ...]:
    """Return where later sessions begin; the first session of the line may be hidden as a whole."""
    rows = [0]
    for segment in segments:
        rows.append(rows[-1] + segment.visible)
    is_first = bool(segments) and segments[0] is line.segments[0]
    return tuple(rows[1:-1] if is_first else rows[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    """Copies of points, by step."""

    extent: tuple[object, ...]
    columns: Columns
    times_rise: bool
    restarts: tuple[int, ...]

    def drawn(self, lineage: tuple[object, ...]) -> Drawn:
        count = self.columns.count
        return Drawn(
            lineage=lineage,
            extent=self.extent,
            is_in_place=False,
            step=StoredColumn([self.columns], STEP, np.int64, [count]),
            wall_time=StoredColumn([self.columns], WALL_TIME, np.float64, [count]),
            value=StoredColumn([self.columns], VALUE, np.float64, [count]),
            times_rise=self.times_rise,
            count=count,
            restarts=self.restarts,
        )

    def extended(self, segments: list[Segment], extent: tuple[tuple[int, int | None], ...]) -> "_Sorted | None":
        """Return the points of a line that has grown; None where the new ones do not simply come behind the others."""
        part, cut = segments[-1].part, segments[-1].cut
        old = self.extent[-1]
        if self.extent[:-1] != extent[:-1] or not isinstance(old, tuple) or old[1] != cut or not old[0] < part.count:
            return None
        if cut is not None and cut <= part.greatest_step:
            return None
        words = part.columns.copied(old[0], part.count)
        words = words[:, np.argsort(words[STEP], kind="stable")]
        last = self.columns.count - 1
        if words[STEP, 0] < self.columns.int_at(STEP, last):
            return None
        times = np.append(self.columns.float_at(WALL_TIME, last), words[WALL_TIME].view(np.float64))
        return _Sorted(extent, self.columns.appended(*words), self.times_rise and _rise(times), self.restarts)


def _sorted(
    segments: list[Segment], shown: list[NDArray[np.bool_]], extent: tuple[object, ...], restarts: tuple[int, ...]
) -> _Sorted:
    """Copy the shown points of the segments, by step; ``restarts`` are rows of them before they are sorted."""
    rows = np.flatnonzero(np.concatenate(shown))
    columns, counts = [segment.part.columns for segment in segments], [segment.part.count for segment in segments]
    step = StoredColumn(columns, STEP, np.int64, counts).rows()[rows]
    order = np.argsort(step, kind="stable")
    rows = rows[order]
    words = np.empty((SCALAR_WIDTH, len(rows)), np.int64)
    words[STEP] = step[order]
    for column in (WALL_TIME, VALUE):
        words[column] = StoredColumn(columns, column, np.int64, counts).rows()[rows]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return _Sorted(
        extent,
        Columns(SCALAR_WIDTH).attached(words),
        _rise(words[WALL_TIME].view(np.float64)),
        tuple(sorted(place[list(restarts)].tolist())),
    )


def _rise(times: Floats) -> bool:
    return bool(np.isfinite(times).all() and (times[1:] >= times[:-1]).all())
