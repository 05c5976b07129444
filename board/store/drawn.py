"""A line's visible points in the order in which they are drawn, and their places on each x axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from board.store.loops import LOOPS, Floats, Ints
from board.store.series import STEP, VALUE, WALL_TIME, Line, Segment

__all__ = ["Axis", "Drawn", "axis_of", "drawn", "gathered", "joined", "origin_of", "sliced", "superseded"]

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Visible points by rising step; points of one step in the order of the file. Columns as lists of chunks."""

    lineage: tuple[object, ...]  # equal for two snapshots of the same line
    extent: tuple[object, ...]  # with the lineage, it tells what the columns hold
    is_in_place: bool  # the chunks are the store's own, and the extent counts the points of each session; else copies
    step: list[Ints]
    wall_time: list[Floats]
    value: list[Floats]
    times_rise: bool
    count: int
    restarts: tuple[int, ...]  # row of the first point of each session but the first


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """Where the points of a ``Drawn`` lie along x: ``x[row] - origin``, rising."""

    kind: str  # "step", "relative", "wall" or "ordinal"
    x: Sequence[Ints | Floats]
    origin: float
    order: Ints | None  # rows of the Drawn by x; None: as they are
    count: int  # of points that have a place on the axis

    def positions(self, rows: Ints) -> Floats:
        """Return the x of some rising rows, f8."""
        return gathered(self.x, rows).astype(np.float64) - self.origin

    @property
    def ends(self) -> tuple[float, float] | None:
        """First and last x; None where there is no point."""
        if not self.count:
            return None
        return float(self.x[0][0]) - self.origin, float(self.x[-1][-1]) - self.origin

    def places(self, points: Drawn, rows: Sequence[int]) -> tuple[float, ...]:
        """Return the x of some rows of the Drawn that this axis is of; those without any are left out."""
        where = np.array(rows, np.int64)
        if self.order is None:
            return tuple(self.positions(where).tolist())
        x = gathered(points.wall_time, where) - self.origin
        return tuple(x[np.isfinite(x)].tolist())

    def first_not_below(self, at: float, *, past_equal: bool = False) -> int:
        """Return the first row whose x is not below ``at``; with ``past_equal``, the first one above it."""
        row = 0
        for chunk in self.x:
            below = LOOPS.rows_below(chunk, self.origin, at, past_equal)
            row += below
            if below < len(chunk):
                break
        return row

    def arranged(self, chunks: list[Floats]) -> list[Floats]:
        """Return a column of the Drawn in the order of this axis."""
        return chunks if self.order is None else [joined(chunks)[self.order]]


def drawn(line: Line) -> Drawn:
    """Return a line's visible points in drawing order, the store's own memory wherever steps rise in the file."""
    segments = [segment for segment in line.segments if segment.visible]
    tokens = tuple(segment.part.token for segment in segments)
    if _steps_rise(segments):
        visible = tuple(segment.visible for segment in segments)
        return Drawn(
            lineage=("in place", *tokens),
            extent=visible,
            is_in_place=True,
            step=[c for s in segments for c in s.part.columns.ints(STEP, s.visible)] or [np.empty(0, np.int64)],
            wall_time=[c for s in segments for c in s.part.columns.floats(WALL_TIME, s.visible)] or [np.empty(0)],
            value=[c for s in segments for c in s.part.columns.floats(VALUE, s.visible)] or [np.empty(0)],
            times_rise=_times_rise(segments),
            count=sum(visible),
            restarts=_starts_of(line, segments),
        )
    key = ("sorted", *tokens), tuple((segment.part.count, segment.cut) for segment in segments)
    recent = line.series.recent
    found = recent.find(key)
    if not isinstance(found, Drawn):
        shown = [~segment.superseded for segment in segments]
        found = _sorted(segments, shown, key, _starts_of(line, segments))
        recent.keep(key, found, 24 * found.count)
    return found


def superseded(line: Line) -> list[Drawn]:
    """Return the hidden points of each session that has any, as copies."""
    segments = [segment for segment in line.segments if segment.visible < segment.part.count]
    return [_sorted([s], [s.superseded], (("superseded", s.part.token), (s.part.count, s.cut)), ()) for s in segments]


def axis_of(line: Line, points: Drawn, kind: str) -> Axis:
    """Return the places of the points along an axis; "step" becomes "ordinal" where all steps are the same."""
    if kind == "ordinal" or (kind == "step" and line.series.has_one_step):
        return Axis("ordinal", [np.arange(points.count)], 0.0, None, points.count)
    if kind == "step":
        return Axis("step", points.step, 0.0, None, points.count)
    origin = origin_of(line) if kind == "relative" else 0.0
    if points.times_rise:
        return Axis(kind, points.wall_time, origin, None, points.count)
    recent = line.series.recent
    key = ("by time", points.lineage, points.extent)
    found = recent.find(key)
    if not isinstance(found, Axis):
        wall_time = joined(points.wall_time)
        order = np.flatnonzero(np.isfinite(wall_time))
        order = order[np.argsort(wall_time[order], kind="stable")]
        found = Axis("wall", [wall_time[order]], 0.0, order, len(order))
        recent.keep(key, found, 16 * len(order))
    return Axis(kind, found.x, origin, found.order, found.count)


def origin_of(line: Line) -> float:
    """Return the wall_time of the series' first visible point that has a finite one; 0.0 where none has."""
    for other in line.series.lines:
        for segment in other.segments:
            if not segment.visible:
                continue
            first = segment.part.columns.float_at(WALL_TIME, 0)
            if segment.mask is None and np.isfinite(first):
                return first
            wall_time = joined(segment.part.columns.floats(WALL_TIME))
            shown = wall_time[~segment.superseded]
            shown = shown[np.isfinite(shown)]
            if len(shown):
                return float(shown[0])
    return 0.0


def sliced(chunks: Sequence[Floats], first: int, stop: int) -> list[Floats]:
    """Return rows first to stop of a column that is a list of chunks."""
    found = []
    start = 0
    for chunk in chunks:
        low, high = max(first - start, 0), min(stop - start, len(chunk))
        if low < high:
            found.append(chunk[low:high])
        start += len(chunk)
    return found


def joined(chunks: Sequence[Floats]) -> Floats:
    """Return one array of all chunks."""
    if len(chunks) == 1:
        return chunks[0]
    return np.concatenate(chunks) if chunks else np.empty(0)


def gathered(chunks: Sequence[NDArray[T]], rows: Ints) -> NDArray[T]:
    """Return the values of rising rows of a column that is a list of chunks."""
    if len(chunks) == 1:
        return chunks[0][rows]
    found = []
    start = 0
    for chunk in chunks:
        low, high = np.searchsorted(rows, (start, start + len(chunk)))
        if low < high:
            found.append(chunk[rows[low:high] - start])
        start += len(chunk)
    return np.concatenate(found) if found else chunks[0][:0]


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


def _sorted(
    segments: list[Segment],
    shown: list[NDArray[np.bool_]],
    key: tuple[tuple[object, ...], tuple[object, ...]],
    restarts: tuple[int, ...],
) -> Drawn:
    """Copy the shown points of the segments, by step; ``restarts`` are rows of them before they are sorted."""
    rows = np.flatnonzero(np.concatenate(shown))
    step = np.concatenate([c for s in segments for c in s.part.columns.ints(STEP)])[rows]
    order = np.argsort(step, kind="stable")
    rows = rows[order]
    wall_time = joined([c for s in segments for c in s.part.columns.floats(WALL_TIME)])[rows]
    value = joined([c for s in segments for c in s.part.columns.floats(VALUE)])[rows]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return Drawn(
        lineage=key[0],
        extent=key[1],
        is_in_place=False,
        step=[step[order]],
        wall_time=[wall_time],
        value=[value],
        times_rise=bool(np.isfinite(wall_time).all() and (wall_time[1:] >= wall_time[:-1]).all()),
        count=len(order),
        restarts=tuple(sorted(place[list(restarts)].tolist())),
    )
