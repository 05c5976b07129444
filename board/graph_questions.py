"""What pages and scripts ask about graphs: columns, one node; those of files too, and large ones before they ask."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from board.errors import BoardError
from board.graph_answers import GraphAnswers
from board.graph_files import GraphFile, GraphFiles
from board.graph_sources import GraphSource
from board.model import Delta, Kind
from board.run_graphs import RunGraphs
from board.store.store import Store

__all__ = ["GraphQuestions"]

_PREPARED_BYTES = 4 << 20  # a smaller one is decoded in the time that a page takes to appear
_MOST_PREPARED = 64  # graphs of one board: a logdir of a thousand runs is not gone through


class GraphQuestions:
    """Answers from one commit each. Any thread may call any method.

    Errors are those of ``Logs.graph``. A run of "" and a tag of ``files`` name a file that was dropped onto the page.
    Answers are gzipped JSON, kept beside the indexes; a large graph is decoded by a process of its own.
    """

    def __init__(self, store: Store, place: Callable[[str], tuple[Any, str]], folder: Path | None, memory: int) -> None:
        """Know where things are.

        Args:
            store: of the runs.
            place: finds a run's storage and folder.
            folder: of the indexes; None keeps no answers on disk.
            memory: bytes that a process which decodes a graph may take at most.
        """
        self._store = store
        self._place = place
        self._answers = GraphAnswers(folder, memory)
        self._files = GraphFiles(self._answers)
        self._waiting: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        self._preparing: Thread | None = None
        self._prepared = 0

    def columns(self, run: str, tag: str, ref: str | None = None, profile: str | None = None) -> bytes:
        """Return a graph's columns (``board.graphs.columns``), packed where they are long.

        Args:
            run: its name.
            tag: of the graph.
            ref: of its value; None is the last one.
            profile: tag of run metadata; None is the last, "" none.

        Returns:
            The columns, and ``profiles``, the run metadata that can lie under the graph, and ``profile``, the tag of
            that which does, or None.
        """
        source = self._source(run, tag, ref, profile)
        rows = [] if source.path else self._of(run).profiles(tag)
        listed = [{"tag": row.tag, "ref": row.ref, "step": str(row.step)} for row in rows]
        return self._answers.ask("columns", source, more={"profiles": listed, "profile": source.profile_tag or None})

    def node(self, run: str, tag: str, name: str, ref: str | None = None) -> bytes:
        """Return all that a graph says of one node."""
        return self._answers.ask("node", self._source(run, tag, ref, ""), name=name)

    @property
    def files(self) -> list[GraphFile]:
        """Graphs of files, in the order in which they came."""
        return self._files.listed()

    def add_file(self, data: bytes | Path, name: str) -> GraphFile:
        """Take a file with a graph.

        Raises:
            MalformedValueError: it cannot be read, in words.
        """
        return self._files.add(data, name, time.time())

    def add_files(self, paths: Sequence[Path]) -> None:
        """Take several that were named on the command line; errors as ``add_file``."""
        for path in paths:
            self.add_file(path, path.name)

    def prepare(self, delta: Delta) -> None:
        """Have large graphs that have just been read decoded, one after the other, before somebody asks for them."""
        for run, grown in delta.grew.items():
            for tag, kind in grown:
                if kind is Kind.GRAPH and self._prepared < _MOST_PREPARED:
                    self._prepared += 1
                    self._waiting.put((run, tag))
        if not self._waiting.empty() and self._preparing is None:
            self._preparing = Thread(target=self._prepare_all, name="graphs", daemon=True)
            self._preparing.start()

    def close(self) -> None:
        """Remove the files, and prepare nothing more."""
        self._waiting.put(None)
        self._files.close()

    def _prepare_all(self) -> None:
        while (name := self._waiting.get()) is not None:
            with suppress(BoardError, OSError):  # whoever asks for it will hear why
                if self._source(*name, None).size >= _PREPARED_BYTES:
                    self.columns(*name)

    def _of(self, run: str) -> RunGraphs:
        return RunGraphs(self._store.run(run), *self._place(run))

    def _source(self, run: str, tag: str, ref: str | None, profile: str | None = None) -> GraphSource:
        if not run and tag.startswith("file:"):
            return self._files.source(tag)
        return self._of(run).source(tag, ref, profile)
