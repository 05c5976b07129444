"""The folder of index files: which file is whose, what was not used for long goes, and what fails is said once."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from board.store.blocks import BlockFile, Reread, Residence, is_remote
from board.store.index_file import Growing, Index, IndexedFile, grow_index, open_index, write_index

__all__ = ["CACHE_TAG", "IndexCache"]

logger = logging.getLogger("board")

CACHE_TAG = (  # https://bford.info/cachedir/: backups leave the folder out
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# The indexes of trainboard: what it has read of event files. It may be deleted at any moment.\n"
)
LEAST_BYTES = 256 << 10  # are read again as fast as their index would be
_UNUSED_S = 30 * 86_400.0
_ABANDONED_S = 3_600.0  # a file that was being written
_USED_AGAIN_S = 86_400.0  # how exactly it is noted that a file was used


class _StoppedError(Exception):
    """The process ends: nothing is to be written."""


class IndexCache:
    """Index files below one folder. Any thread may call any method; so may any other process at the same time."""

    def __init__(self, folder: Path, memory_bytes: int, least_bytes: int = LEAST_BYTES) -> None:
        """Use the folder, which need not be there.

        Args:
            folder: of all runs of all logdirs.
            memory_bytes: of points that lie in indexes and were looked at.
            least_bytes: of event files; a run with fewer gets no index.
        """
        self.folder = folder
        self.least_bytes = least_bytes
        self.residence = Residence(memory_bytes)
        self.failure: str | None = None  # why nothing can be written, in words
        self._grows: dict[str, Growing] = {}  # run folder -> the index that was written here
        self._is_tidy = False
        self._lock = threading.Lock()  # held while the folder is tidied

    def open(self, run_folder: str, reread: Reread) -> Index | None:
        """Open the index of the run in this folder (an absolute path); None where there is none that can be used."""
        path = self._locate(run_folder)
        index = open_index(path, run_folder, self.residence, reread, maps=self._maps)
        if index is not None:
            self._note_use(path)
        return index

    def write(
        self,
        run_folder: str,
        files: Sequence[IndexedFile],
        reread: Reread,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> Index | None:
        """Write the index of a run and return it; None where that failed, which is no error: see ``failure``."""

        def pause() -> None:
            if is_stopping():
                raise _StoppedError

        path = self._locate(run_folder)

        def open_blocks(descriptor: int, start: int, origin: object) -> BlockFile:
            return BlockFile(path, descriptor, self.residence, reread, maps=self._maps, start=start, origin=origin)

        known = self._grows.get(run_folder)
        try:
            self._prepare(path.parent)
            index = None if known is None else grow_index(path, run_folder, files, known, open_blocks, pause)
            if index is None:
                index = write_index(path, run_folder, files, open_blocks, pause)
        except _StoppedError:
            return None
        except OSError as error:
            reason = error.strerror or str(error)
            if self.failure is None:
                logger.warning("no index can be written to %s: %s", self.folder, reason)
            self.failure = f"No index can be written to {self.folder}: {reason}. The next start reads the logs anew."
            return None
        self.failure = None
        if index.grows is not None:
            self._grows[run_folder] = index.grows
        if not self._is_tidy:
            self._is_tidy = True
            self.tidy()
        return index

    @cached_property
    def _maps(self) -> bool:
        return not is_remote(self.folder.resolve())

    def tidy(self) -> None:
        """Delete indexes that nobody used for 30 days, and what killed processes left of theirs."""
        now = time.time()
        with self._lock, suppress(OSError):  # somebody else may be clearing the folder
            for path in [*self.folder.glob("??/*.index"), *self.folder.glob("??/*.tmp")]:
                with suppress(OSError):  # another board was faster, or it is not ours to delete
                    age = now - path.stat().st_mtime
                    if age > (_UNUSED_S if path.suffix == ".index" else _ABANDONED_S):
                        path.unlink()

    def _locate(self, run_folder: str) -> Path:
        name = hashlib.sha256(run_folder.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return self.folder / name[:2] / f"{name}.index"

    def _prepare(self, folder: Path) -> None:
        tag = self.folder / "CACHEDIR.TAG"
        if not tag.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tag.write_bytes(CACHE_TAG)
        folder.mkdir(mode=0o700, exist_ok=True)

    def _note_use(self, path: Path) -> None:
        try:
            if time.time() - path.stat().st_mtime > _USED_AGAIN_S:
                os.utime(path)
        except OSError:
            pass  # it can be read, and no more
