"""The words of the domain as plain values: what every part of the board hands to the next."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BlobRef",
    "Block",
    "Delta",
    "FileFacts",
    "FileId",
    "FileRows",
    "Kind",
    "Problem",
    "RunState",
    "Stage",
    "Start",
    "StoredFile",
    "StoredSeries",
]


class Kind(StrEnum):
    """What we know how to show, or at least to list; a value's plugin and encoding decide it."""

    SCALAR = "scalar"
    IMAGE = "image"
    HISTOGRAM = "histogram"
    TEXT = "text"
    AUDIO = "audio"
    GRAPH = "graph"
    RUN_METADATA = "run_metadata"
    PR_CURVE = "pr_curve"
    HPARAMS = "hparams"
    CUSTOM_SCALARS = "custom_scalars"
    MESH = "mesh"
    VIDEO = "video"
    TENSOR = "tensor"
    EMBEDDING = "embedding"  # never in an event file: beside them

    __hash__ = str.__hash__  # every look-up of a series takes it, and the one of an Enum is a function in Python


class RunState(StrEnum):
    """How a run stands, judged by the growth of its files as this process has seen it."""

    STARTING = "starting"  # no event yet
    LIVE = "live"
    STALLED = "stalled"  # no end marker, no growth for max(10 s, 10 x the median gap of its last 50 growths)
    STOPPED = "stopped"  # after 10 minutes of that
    FINISHED = "finished"  # every file has its end marker


class FileId(NamedTuple):
    """One life of an event file: a file that was replaced or cut is read anew as the next generation."""

    path: str  # relative to the run's folder, posix
    generation: int  # 0, 1, ...


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Where the bytes of one value lie: the payload of one record of an event file."""

    file: FileId
    offset: int  # of the payload in the file, bytes
    length: int  # of the payload, bytes
    crc: int  # masked CRC-32C of the payload, as the file has it
    ordinal: int  # of the value in its summary; -1 where the event is no summary


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be read, in words for a person."""

    file: str  # relative to the logdir
    code: str  # "payload_crc", "gap", "undecodable", "lying_length", "unreadable", "not_a_file", "torn_tail", ...
    message: str  # one sentence
    offset: int = -1  # of the first such place, bytes; -1 where it is the file as a whole
    length: int = 0  # bytes that were not read
    count: int = 1  # places like it in this file


@dataclass(frozen=True, slots=True)
class Start:
    """One ``SessionLog.START``: rows of the same file from these row numbers on belong to the next session."""

    step: int
    wall_time: float
    scalar_row: int  # rows of the same FileRows that stand before it
    blob_row: int


class FileRows(NamedTuple):
    """What one read of one event file adds: columns in file order, of one length each for scalars and for blobs.

    ``*_tag`` indexes ``tags``, which only ever grows from read to read of the same file.
    """

    tags: tuple[str, ...]
    scalar_step: NDArray[np.int64]
    scalar_wall_time: NDArray[np.float64]
    scalar_value: NDArray[np.float64]
    scalar_tag: NDArray[np.int32]
    blob_step: NDArray[np.int64]
    blob_wall_time: NDArray[np.float64]
    blob_tag: NDArray[np.int32]
    blob_kind: NDArray[np.uint8]  # index into tuple(Kind)
    blob_offset: NDArray[np.int64]  # the four columns of BlobRef
    blob_length: NDArray[np.int64]
    blob_crc: NDArray[np.uint32]
    blob_ordinal: NDArray[np.int32]
    starts: tuple[Start, ...] = ()
    salvaged: bool = False  # found behind a gap of the file


class FileFacts(NamedTuple):
    """What is known of one event file after a read, columns apart."""

    size: int = 0  # bytes that exist
    bytes_read: int = 0  # up to here the file has been scanned
    records: int = 0
    first_wall_time: float | None = None  # of the file's first event that has one
    last_wall_time: float | None = None  # greatest finite one so far
    writer_uuid: bytes | None = None  # from our writer's record
    rank: int | None = None
    host: str | None = None
    pid: int | None = None
    is_ended: bool = False  # has our end marker
    dropped: int = 0  # values that the writer says it dropped
    is_dead: bool = False  # given up at bytes_read
    problems: tuple[Problem, ...] = ()


class Block(Protocol):
    """Up to 65,536 rows of all columns of a series that lie on disk until somebody looks at them."""

    @property
    def rows(self) -> int:
        """Number of rows."""

    def __getitem__(self, column: int) -> NDArray[np.int64]:
        """Return a column as 8-byte words, read-only.

        Raises:
            LostPointsError: the words are damaged, and cannot be made anew.
        """


@dataclass(frozen=True, slots=True, eq=False)
class StoredSeries:
    """The points of one series in one session of one file as an index has them."""

    tag: str
    kind: Kind
    session: int
    blocks: tuple[Block, ...]
    first_step: int
    last_step: int
    least_step: int
    greatest_step: int
    steps_rise: bool
    times_rise: bool
    salvaged: int


@dataclass(frozen=True, slots=True, eq=False)
class StoredFile:
    """All rows of one event file up to some offset, as an index has them."""

    starts: tuple[Start, ...]
    series: tuple[StoredSeries, ...]


@dataclass(slots=True, eq=False)
class Stage:
    """What one cycle gathered privately for one run; ``Store.commit`` makes it visible at once."""

    run: str
    stored: dict[FileId, StoredFile] = field(default_factory=dict)  # stands before all rows of the file
    rows: list[tuple[FileId, FileRows]] = field(default_factory=list)
    facts: dict[FileId, FileFacts] = field(default_factory=dict)  # every file that was looked at
    gone: list[FileId] = field(default_factory=list)  # files or generations that are no more
    descriptions: dict[str, tuple[str, str]] = field(default_factory=dict)  # tag -> (display name, Markdown)
    state: RunState = RunState.STARTING
    is_removed: bool = False  # the run itself is no more


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed between two revisions, by run."""

    revision: int
    grew: dict[str, frozenset[tuple[str, Kind]]] = field(default_factory=dict)  # run -> series with new points
    rebuilt: frozenset[str] = frozenset()  # runs whose points before are not all as they were
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()  # state, progress or problems only
