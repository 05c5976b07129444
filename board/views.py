"""What ``Logs`` answers to a page, as plain values."""

from dataclasses import dataclass, field

from board.model import Problem, RunState
from board.store.bands import Band
from board.store.margins import Margin
from board.store.pixels import Pixels
from board.store.statistics import RangeStatistics

__all__ = [
    "BlobRow",
    "GroupBand",
    "NearestPoint",
    "Overview",
    "RunMargin",
    "RunPixels",
    "RunRange",
    "RunSummary",
    "TagSummary",
]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of the run list."""

    name: str
    state: RunState
    start: float | None  # wall_time of its first event, seconds since the epoch
    last_wall_time: float | None  # greatest finite one
    color_index: int  # order in which runs were first seen; runs seen at once by the time in their file names
    points: int  # scalar points, superseded ones included
    blobs: int  # points of all other kinds
    files: int
    bytes_read: int
    bytes_total: int
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, str | int] = field(default_factory=dict)  # from our writer's record: host, pid, rank, dropped
    quiet_s: float | None = None  # since a file of the run last grew


@dataclass(frozen=True, slots=True)
class Overview:
    """The run list as a whole."""

    runs: list[RunSummary]
    loading: bool  # the first read of what lies in the logdir is not done yet
    waiting: str | None  # why there is nothing to show yet, one sentence; None where there is something
    bytes_read: int = 0  # of all event files found, those of runs that were not read yet included
    bytes_total: int = 0
    revision: int = 0
    problems: list[Problem] = field(default_factory=list)  # of folders, not of a run


@dataclass(frozen=True, slots=True)
class TagSummary:
    """One tag of one kind, over all runs."""

    tag: str
    runs: list[str]  # in the order of ``Logs.runs``
    points: int
    description: str = ""  # Markdown, as its writer gave it: hostile input
    display_name: str = ""  # empty where the writer gave none


@dataclass(frozen=True, slots=True)
class RunPixels:
    """The pixels of one line of one run."""

    run: str
    line: str  # "" or the file's name, where a run has several lines for one tag
    pixels: Pixels
    last_step: int | None = None  # of the line's last point
    last_wall_time: float | None = None
    last_value: float | None = None

    @property
    def restarts(self) -> tuple[float, ...]:
        """Where later sessions took over, x."""
        return self.pixels.restarts


@dataclass(frozen=True, slots=True)
class GroupBand:
    """The curve of a group of runs."""

    group: str
    band: Band


@dataclass(frozen=True, slots=True)
class RunMargin:
    """The band around one line of one run."""

    run: str
    line: str
    margin: Margin


@dataclass(frozen=True, slots=True)
class RunRange:
    """What one line of one run is like between two places."""

    run: str
    line: str
    statistics: RangeStatistics


@dataclass(frozen=True, slots=True)
class NearestPoint:
    """The exact point of a line that lies nearest to a place on the x axis."""

    run: str
    line: str
    step: int
    wall_time: float
    relative: float  # seconds since the first visible point of the series
    value: float
    smoothed: float
    x: float  # where the chart has it


@dataclass(frozen=True, slots=True)
class BlobRow:
    """One point of a series that is no scalar."""

    ref: str  # opaque; stable while the file's generation lives
    step: int
    wall_time: float
    superseded: bool
