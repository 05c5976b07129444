"""Moves what was read into indexes: when a run has much that is in none, and when memory gets short."""

import ctypes
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from board.ingest.reader_state import ReaderState
from board.ingest.run_loader import RunLoader
from board.model import FileId, Kind, Stage
from board.store.index_cache import IndexCache
from board.store.index_file import IndexedFile
from board.store.series import BLOB_WIDTH, SCALAR_WIDTH, Part
from board.store.store import RunView, Store

__all__ = ["Indexer"]

logger = logging.getLogger("board")

_INTERVAL_S = 1.0  # between looks for runs that are due
_SLACK = 1.5  # columns have room to grow, and what was read is there twice until it is in them
_OWN_SHARE = 0.4  # of the memory, for points that no index has yet; a quarter each is for indexes and for drawings


@dataclass(frozen=True, slots=True)
class _Captured:
    """A run and its readers at one moment, when all that was read is in the store."""

    run: RunLoader
    view: RunView
    states: dict[FileId, ReaderState]

    def files(self) -> list[IndexedFile]:
        own: dict[FileId, list[tuple[str, Kind, Part]]] = {file: [] for file in self.states}
        for (tag, kind), series in self.view.series.items():
            for part in series.parts:
                if part.file in own:
                    own[part.file].append((tag, kind, part))
        return [
            IndexedFile(file.path, state.to_json(), self.view.starts.get(file, ()), tuple(own[file]))
            for file, state in self.states.items()
        ]


class Indexer:
    """Writes indexes of runs, at once where it is asked to, or in a thread of its own.

    A run is captured while ``lock``, the loader's, is held; its index is written without.
    """

    def __init__(self, store: Store, cache: IndexCache, memory_bytes: int, lock: threading.RLock) -> None:
        """Let points that are in no index take their share of ``memory_bytes``."""
        self._store = store
        self._cache = cache
        self._own_limit = int(memory_bytes * _OWN_SHARE)
        self._own_bytes = 0.0  # about what the columns take
        self._grown: dict[str, RunLoader] = {}  # runs of which something may be in no index
        self._lock = lock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    # -- memory

    def note(self, run: RunLoader, stage: Stage) -> None:
        """Take in what was read of a run, in the store or on its way there."""
        self._grown[run.name] = run
        size = 0
        for _, rows in stage.rows:
            size += 8 * (SCALAR_WIDTH * len(rows.scalar_step) + BLOB_WIDTH * len(rows.blob_step))
        self._own_bytes += _SLACK * size

    def look_after(self, runs: Iterable[RunLoader]) -> None:
        """Plan to write those indexes anew that were found damaged: until then their points lie on disk twice."""
        for run in runs:
            if run.has_lost_index:
                run.has_lost_index = False
                self._grown[run.name] = run

    @property
    def is_full(self) -> bool:
        """Whether so much is in memory that it should move before more is read."""
        return self._own_bytes > self._own_limit and self._cache.failure is None

    def make_room(self, runs: Mapping[str, RunLoader]) -> None:
        """Move the points of the largest runs out of memory; the caller holds the lock, and nothing is on its way."""
        sizes = {view.name: _own_bytes(view) for view in self._store.views() if view.name in runs}
        self._own_bytes = sum(sizes.values())
        for name in sorted(sizes, key=lambda name: -sizes[name]):
            if self._own_bytes <= self._own_limit / 2 or not self._write(self._capture(runs[name]), moves=True):
                break
            self._own_bytes -= sizes[name]
        self._own_limit = max(self._own_limit, int(self._own_bytes))  # what cannot be moved must not stop the reading
        _give_back_freed()

    # -- indexes

    def write_due(self) -> None:
        """Write the indexes of all runs that have much in none; the caller holds the lock."""
        while self._cache.failure is None and (captured := self._next_due()) is not None:
            self._write(captured)

    def start(self) -> None:
        """Write indexes as they get due, until ``stop``."""
        self._thread = threading.Thread(target=self._run, name="board-indexer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and whatever is being written; wait for it, which takes well under a second."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.wait(_INTERVAL_S):
            try:
                while not self._stopping.is_set() and (captured := self._next_due()) is not None:
                    self._write(captured)
            except Exception:  # the thread outlives it: without an index the next start reads the logs anew
                logger.exception("writing an index failed")

    def _next_due(self) -> _Captured | None:
        with self._lock:
            for name, run in list(self._grown.items()):
                if run.unindexed_bytes == 0 or name not in self._store:
                    del self._grown[name]
                elif run.is_index_due:
                    return self._capture(run)
        return None

    def _capture(self, run: RunLoader) -> _Captured:
        captured = _Captured(run, self._store.run(run.name), run.reader_states())
        run.note_indexed(captured.states.keys())  # once, even if it fails: the disk may be full
        return captured

    def _write(self, captured: _Captured, *, moves: bool = False) -> bool:
        """Write an index; with ``moves``, or where older blocks would keep a deleted file alive, use it at once."""
        run = captured.run
        folder = run.storage.locate(run.folder)
        index = self._cache.write(folder, captured.files(), run.reread, self._stopping.is_set)
        if index is None:
            return False
        if moves or any(part.columns.is_stored for series in captured.view.series.values() for part in series.parts):
            files = {file: index.files[file.path][1] for file in captured.states}
            with self._lock:
                self._store.relocate(captured.view, files)
        return True


def _own_bytes(view: RunView) -> int:
    return sum(part.columns.own_bytes for series in view.series.values() for part in series.parts)


def _give_back_freed() -> None:
    """Have the C library return freed memory to the system; without being told it keeps most of it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
