"""Graphs out of files that a person dropped onto the page or named on the command line, while the board runs."""

import itertools
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from board.errors import UnknownSeriesError
from board.graph_answers import GraphAnswers
from board.graph_sources import GraphSource

__all__ = ["GRAPH_SUFFIXES", "GraphFile", "GraphFiles"]

GRAPH_SUFFIXES = (".pb", ".pbtxt", ".onnx", ".pt2")  # that are a graph where a logdir is expected
_MOST_FILES = 16
_MOST_BYTES = 512 << 20  # on disk, as GraphDefs
_PREFIX = "file:"


@dataclass(frozen=True, slots=True)
class GraphFile:
    """A file that was made a GraphDef."""

    tag: str  # "file:<number>": its name among the graphs
    name: str
    path: Path
    wall_time: float


class GraphFiles:
    """The last few of them, in a folder that goes with the process. Any thread may call any method."""

    def __init__(self, answers: GraphAnswers) -> None:
        """Begin without files."""
        self._answers = answers
        self._lock = threading.Lock()
        self._files: OrderedDict[str, GraphFile] = OrderedDict()
        self._numbers = itertools.count(1)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def add(self, data: bytes | Path, name: str, wall_time: float) -> GraphFile:
        """Read a file, in a process of its own.

        Args:
            data: its bytes, or where it lies.
            name: its name, whose end says what it is.
            wall_time: when it came, seconds since the epoch.

        Raises:
            BoardError: it cannot be read, in words.
        """
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="trainboard-", ignore_cleanup_errors=True)
            number = next(self._numbers)
            folder = Path(self._folder.name)
        given, made = folder / f"{number}.given", folder / f"{number}.graph"
        try:
            if isinstance(data, bytes):
                given.write_bytes(data)
            self._answers.convert(given if isinstance(data, bytes) else data, name, made)
        finally:
            given.unlink(missing_ok=True)
        file = GraphFile(f"{_PREFIX}{number}", name, made, wall_time)
        with self._lock:
            self._files[file.tag] = file
            while len(self._files) > 1 and (
                len(self._files) > _MOST_FILES or sum(f.path.stat().st_size for f in self._files.values()) > _MOST_BYTES
            ):
                self._files.popitem(last=False)[1].path.unlink(missing_ok=True)
        return file

    def listed(self) -> list[GraphFile]:
        """Return them, in the order in which they came."""
        with self._lock:
            return list(self._files.values())

    def source(self, tag: str) -> GraphSource:
        """Say where one lies.

        Raises:
            UnknownSeriesError: it is not there, or not any more.
        """
        with self._lock:
            file = self._files.get(tag)
        if file is None:
            raise UnknownSeriesError("That file is not here any more: drop it onto the page again.")
        return GraphSource(tag=file.tag, path=str(file.path))

    def close(self) -> None:
        """Remove them."""
        with self._lock:
            self._files.clear()
            folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()
