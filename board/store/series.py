"""The points of one (run, tag, kind), and the lines that a chart draws of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count as counter
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from board.model import BlobRef, FileId, Kind, StoredSeries
from board.store.columns import Columns
from board.store.loops import LOOPS, Floats, Ints
from board.store.pieces import StoredColumn
from board.store.recent import Recent
from board.store.rows import BLOB_WIDTH, SCALAR_WIDTH
from board.store.superseded import Placed, Sessions, SpanOfSession

__all__ = [
    "BLOB_WIDTH",
    "SCALAR_WIDTH",
    "STEP",
    "VALUE",
    "WALL_TIME",
    "Line",
    "Part",
    "Point",
    "Segment",
    "SeriesView",
    "width_of",
]

STEP, WALL_TIME, VALUE = 0, 1, 2  # columns, as rows.py gives them

T = TypeVar("T", bound=np.generic)

_next_token = counter()


def width_of(kind: Kind) -> int:
    """Return the number of columns that a series of the kind has."""
    return SCALAR_WIDTH if kind is Kind.SCALAR else BLOB_WIDTH


class Point(NamedTuple):
    """One scalar point."""

    step: int
    wall_time: float
    value: float


@dataclass(slots=True, eq=False)
class Part:
    """The points of one series in one session of one file. Immutable; ``frozen`` would make making it twice as dear."""

    file: FileId
    session: int  # how many STARTs stand before its rows in the file
    token: int  # the same for all values that grew from one another, and for no others
    columns: Columns
    first_step: int = 0
    last_step: int = 0
    least_step: int = 0
    greatest_step: int = 0
    steps_rise: bool = True  # never fall, to be exact
    times_rise: bool = True  # never fall, and are finite
    salvaged: int = 0  # points found behind a gap of the file

    @classmethod
    def begun(cls, file: FileId, session: int, words: Ints, salvaged: bool, *, is_own: bool = False) -> "Part":
        """The first points, one or more; ``words`` (columns, points) are copied unless they are the part's own."""
        step = words[STEP]
        least, greatest, steps_rise, times_rise = LOOPS.span(step, words[WALL_TIME].view(np.float64))
        return cls(
            file,
            session,
            next(_next_token),
            Columns(len(words)).attached(words if is_own else words.copy()),
            int(step[0]),
            int(step[-1]),
            least,
            greatest,
            steps_rise,
            times_rise,
            len(step) if salvaged else 0,
        )

    @classmethod
    def restored(cls, file: FileId, stored: StoredSeries) -> "Part":
        """The points that an index has."""
        return cls(
            file=file,
            session=stored.session,
            token=next(_next_token),
            columns=Columns.stored(width_of(stored.kind), stored.blocks),
            first_step=stored.first_step,
            last_step=stored.last_step,
            least_step=stored.least_step,
            greatest_step=stored.greatest_step,
            steps_rise=stored.steps_rise,
            times_rise=stored.times_rise,
            salvaged=stored.salvaged,
        )

    def relocated(self, stored: StoredSeries) -> "Part":
        """Return the same points, those that an index has in its blocks."""
        columns = Columns.stored(self.columns.width, stored.blocks)
        if columns.count > self.count:
            raise ValueError("an index has more points than it was made of")
        if columns.count < self.count:
            columns = columns.appended(*self.columns.copied(columns.count, self.count))
        return replace(self, columns=columns)

    @property
    def count(self) -> int:
        """Number of points."""
        return self.columns.count

    def point(self, row: int) -> Point:
        """Return one point of a scalar series."""
        columns = self.columns
        return Point(columns.int_at(STEP, row), columns.float_at(WALL_TIME, row), columns.float_at(VALUE, row))

    def grown(self, words: Ints, salvaged: bool) -> "Part":
        """Return the part with one or more points behind its own, of which there are some."""
        step, wall_time = words[STEP], words[WALL_TIME].view(np.float64)
        least, greatest, steps_rise, times_rise = LOOPS.span(step, wall_time)
        last_time = self.columns.float_at(WALL_TIME, self.count - 1)
        return Part(
            file=self.file,
            session=self.session,
            token=self.token,
            columns=self.columns.appended(*words),
            first_step=self.first_step,
            last_step=int(step[-1]),
            least_step=min(least, self.least_step),
            greatest_step=max(greatest, self.greatest_step),
            steps_rise=steps_rise and self.steps_rise and self.last_step <= int(step[0]),
            times_rise=times_rise and self.times_rise and last_time <= float(wall_time[0]),
            salvaged=self.salvaged + (len(step) if salvaged else 0),
        )


@dataclass(frozen=True)
class Segment:
    """One session's points in a line. Those at step ``cut`` and after are superseded."""

    part: Part
    cut: int | None

    @cached_property
    def mask(self) -> NDArray[np.bool_] | None:
        """True where a point is superseded; None where the superseded ones are just the last, or there are none."""
        if self.part.steps_rise or self.cut is None or self.cut > self.part.greatest_step:
            return None
        return np.concatenate(self.part.columns.ints(STEP)) >= self.cut

    @cached_property
    def visible(self) -> int:
        """Number of points that are not superseded."""
        if self.cut is None or self.cut > self.part.greatest_step:
            return self.part.count
        if self.mask is not None:
            return self.part.count - int(np.count_nonzero(self.mask))
        cut = np.int64(self.cut)  # of the column's own type: an int of Python would turn it into floats
        steps = StoredColumn([self.part.columns], STEP, np.int64, [self.part.count])
        return steps.bisected(lambda some: int(np.searchsorted(some, cut)))

    @cached_property
    def last_visible(self) -> int:
        """Row of the visible point with the greatest step, of several the last one."""
        if self.part.steps_rise:
            return self.visible - 1
        shown = np.flatnonzero(~self.superseded)
        step = np.concatenate(self.part.columns.ints(STEP))[shown]
        return int(shown[len(step) - 1 - step[::-1].argmax()])

    @property
    def superseded(self) -> NDArray[np.bool_]:
        """True where a point is superseded."""
        return np.arange(self.part.count) >= self.visible if self.mask is None else self.mask


class Line:
    """Points that belong together: sessions that took over from one another, in that order. Immutable.

    Columns are whole arrays made on demand, superseded points included, in session and file order.
    """

    def __init__(self, series: "SeriesView", name: str, segments: Sequence[Segment]) -> None:
        """Take the segments, in start order."""
        self.series = series
        self.name = name  # "", or the first event file's path where the series is drawn as several lines
        self.segments = tuple(segments)

    @property
    def count(self) -> int:
        """Number of points."""
        return sum(segment.part.count for segment in self.segments)

    @property
    def superseded_count(self) -> int:
        """Number of points that a later session hides."""
        return sum(segment.part.count - segment.visible for segment in self.segments)

    @property
    def last(self) -> Point | None:
        """The visible point with the greatest step, of several the last in the file; scalars only."""
        points = [segment.part.point(segment.last_visible) for segment in self.segments if segment.visible]
        return max(reversed(points), key=lambda point: point.step, default=None)

    @property
    def files(self) -> tuple[FileId, ...]:
        """The event files that it comes from, in start order."""
        return tuple(dict.fromkeys(segment.part.file for segment in self.segments))

    @property
    def step(self) -> Ints:
        """Steps, i8."""
        return _whole([c for s in self.segments for c in s.part.columns.ints(STEP)], np.int64)

    @property
    def wall_time(self) -> Floats:
        """Seconds since the epoch, f8."""
        return _whole([c for s in self.segments for c in s.part.columns.floats(WALL_TIME)], np.float64)

    @property
    def value(self) -> Floats:
        """Values of a scalar series, f8."""
        return _whole([c for s in self.segments for c in s.part.columns.floats(VALUE)], np.float64)

    @property
    def superseded(self) -> NDArray[np.bool_]:
        """True where a later session hides the point."""
        return _whole([segment.superseded for segment in self.segments], np.bool_)

    def blob_refs(self) -> list[BlobRef]:
        """Return where the bytes of each point lie (any kind but scalars)."""
        found = []
        for part in (segment.part for segment in self.segments):
            for offset, length, checks in zip(*(part.columns.ints(i) for i in (2, 3, 4)), strict=True):
                crc = checks.view(np.uint32)[0::2].tolist()
                ordinal = checks.view(np.int32)[1::2].tolist()
                found += [
                    BlobRef(part.file, *row) for row in zip(offset.tolist(), length.tolist(), crc, ordinal, strict=True)
                ]
        return found


class SeriesView:
    """A series as one commit left it. Immutable; the lines are arranged when first asked for."""

    __slots__ = ("_lines", "_sessions", "kind", "parts", "recent", "run", "tag")

    def __init__(
        self, run: str, tag: str, kind: Kind, *, parts: tuple[Part, ...], sessions: Sessions, recent: Recent
    ) -> None:
        """Take the parts in any order, and what is known of all files of the run."""
        self.run = run
        self.tag = tag
        self.kind = kind
        self.parts = parts
        self.recent = recent
        self._sessions = sessions
        self._lines: tuple[Line, ...] | None = None

    @property
    def count(self) -> int:
        """Number of points, superseded ones included."""
        return sum(part.count for part in self.parts)

    @property
    def superseded_count(self) -> int:
        """Number of points that a later session hides."""
        return sum(line.superseded_count for line in self.lines)

    @property
    def salvaged_count(self) -> int:
        """Number of points found behind a gap of their file."""
        return sum(part.salvaged for part in self.parts)

    @property
    def has_one_step(self) -> bool:
        """Whether there are several points and all have the same step: then the step says nothing."""
        first = self.parts[0]
        return self.count > 1 and all(part.least_step == part.greatest_step == first.first_step for part in self.parts)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn: one line, or several where files were written at the same time."""
        if self._lines is None:
            arranged = self.arranged()
            self._lines = tuple(
                Line(
                    self,
                    self.parts[line[0].span].file.path if len(arranged) > 1 else "",
                    [Segment(self.parts[index], cut) for index, cut in line],
                )
                for line in arranged
            )
        return self._lines

    def arranged(self) -> list[list[Placed]]:
        """Return the lines as indices into ``parts``."""
        spans = [SpanOfSession(part.file, part.session, part.first_step, part.last_step) for part in self.parts]
        return self._sessions.arranged(spans)

    @property
    def step(self) -> Ints:
        """Steps of all points, line by line, i8."""
        return _whole([line.step for line in self.lines], np.int64)

    @property
    def wall_time(self) -> Floats:
        """Seconds since the epoch of all points, line by line, f8."""
        return _whole([line.wall_time for line in self.lines], np.float64)

    @property
    def value(self) -> Floats:
        """Values of all points of a scalar series, line by line, f8."""
        return _whole([line.value for line in self.lines], np.float64)

    @property
    def superseded(self) -> NDArray[np.bool_]:
        """True where a later session hides the point, line by line."""
        return _whole([line.superseded for line in self.lines], np.bool_)

    def blob_refs(self) -> list[BlobRef]:
        """Return where the bytes of each point lie, line by line (any kind but scalars)."""
        return [ref for line in self.lines for ref in line.blob_refs()]


def _whole(parts: list[NDArray[T]], dtype: type[T]) -> NDArray[T]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, dtype)
