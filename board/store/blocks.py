"""Columns that lie in a file: mapped or read, checked when first used, given back when memory is short."""

import os
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from board.errors import LostPointsError
from board.model import FileRows, Kind
from board.storage import MOUNTS, file_system_of
from board.store.mapping import map_file
from board.store.recovery import Recovered

__all__ = ["BLOCK_ROWS", "BlockFile", "Residence", "StoredBlock", "checksum", "is_remote"]

BLOCK_ROWS = 1 << 16  # 512 KiB a column
_NETWORK_FILE_SYSTEMS = re.compile(
    "nfs|cifs|smb|fuse|9p|lustre|gpfs|beegfs|ceph|afs|gfs|ocfs|virtiofs|vboxsf|weka|panfs|orangefs|pvfs2"
)

Ints = NDArray[np.int64]
Place = tuple[str, str, Kind, int]  # event file, tag, kind, session
Reread = Callable[[str], Iterable[FileRows]]


def checksum(words: Ints) -> int:
    """CRC-32C of a column, little-endian."""
    crc: int = google_crc32c.value(words.astype("<i8", copy=False).tobytes())
    return crc


class Residence:
    """How much of what lies in block files has been looked at, and may therefore be in memory: bounded.

    Pages of a mapped file cannot be counted as they come. So everything that was handed out counts, and all of it is
    given back at once when it is too much; the system keeps what it has room for, and looking again is cheap.
    """

    def __init__(self, limit_bytes: int) -> None:
        """Allow so many bytes."""
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()  # held for a sum, never while a file is read
        self._used: list[StoredBlock] = []
        self._used_bytes = 0

    @property
    def used_bytes(self) -> int:
        """What has been handed out and not been given back."""
        return self._used_bytes

    def note(self, block: "StoredBlock") -> None:
        """Count a column that is about to be handed out of a block, and give everything back where that is too much.

        Arrays in use stay good: their pages come again.
        """
        with self._lock:
            self._used.append(block)
            self._used_bytes += 8 * block.rows
            if self._used_bytes <= self._limit_bytes:
                return
            used, self._used, self._used_bytes = self._used, [], 0
        for block in used:
            block.forget()
        for file in {block.file for block in used}:
            file.give_back()


class BlockFile:
    """One file with blocks. Where it lies on a local disk it is mapped; where it does not, its columns are read.

    A mapped file that is deleted or replaced by a rename stays as it was for who has mapped it.
    """

    def __init__(
        self,
        path: Path,
        descriptor: int,
        residence: Residence,
        reread: Reread,
        *,
        maps: bool,
        start: int = 0,
        origin: object = None,
    ) -> None:
        """Take an open file.

        Args:
            path: its name.
            descriptor: closed by the caller afterwards.
            residence: counts what is looked at.
            reread: gives an event file's rows again, where a block is damaged.
            maps: whether to map it.
            start: where the blocks begin that this object will be asked for.
            origin: the same for all objects of a file that grows, and for no others.
        """
        self._path = path
        self._inode = os.fstat(descriptor).st_ino
        self._mapping = map_file(descriptor, start) if maps else None
        self.residence = residence
        self.origin = origin or object()
        self._reread = reread
        self._lock = threading.Lock()  # held while an event file is read again
        self._recovered: dict[str, Recovered] = {}

    def load(self, offset: int, rows: int) -> Ints | None:
        """Return a column of so many rows at this offset of the file; None where it cannot be read."""
        if self._mapping is not None:
            return self._mapping.words(offset, rows)
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_ino != self._inode:
                    return None
                file.seek(offset)
                words = np.frombuffer(file.read(8 * rows), "<i8")
        except (OSError, ValueError):
            return None
        return words if len(words) == rows else None

    @property
    def is_mapped(self) -> bool:
        """Whether what was right once stays right."""
        return self._mapping is not None

    def give_back(self) -> None:
        """Let the system take the memory of what was looked at."""
        if self._mapping is not None:
            self._mapping.give_back()

    def recover(self, place: Place, start: int, rows: int, column: int) -> Ints:
        """Return a column of a damaged block from the event file that it was made of. The index goes."""
        name = place[0]
        with self._lock:
            if name not in self._recovered:
                self._drop_index()
                self._recovered[name] = Recovered(self._reread(name), self._path.parent)
            words = self._recovered[name].column(place[1:], start, rows, column)
        if words is None:
            raise LostPointsError(f"The index of {name} is damaged, and the file no longer has the points.")
        return words

    def _drop_index(self) -> None:
        with suppress(OSError):  # it is gone already, or stays for the next start to find out
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


class StoredBlock:
    """Up to ``BLOCK_ROWS`` rows of one series in a file. Any thread may call any method."""

    __slots__ = ("_checked", "_columns", "_place", "_start", "crcs", "file", "offset", "rows")

    def __init__(
        self, file: BlockFile, offset: int, rows: int, crcs: tuple[int, ...], place: Place, start: int
    ) -> None:
        """Name where the columns lie, their checksums, and which rows of which series they are."""
        self.rows = rows
        self.file = file
        self.offset = offset
        self.crcs = crcs
        self._place = place
        self._start = start
        self._columns: list[Ints | None] = [None] * len(crcs)
        self._checked = 0  # bit by column

    def __getitem__(self, column: int) -> Ints:
        """Return a column, read-only; LostPointsError where it is damaged beyond help."""
        words = self._columns[column]
        if words is None:
            words = self._columns[column] = self._load(column)
        return words

    def forget(self) -> None:
        """Hand out no more what was handed out before."""
        self._columns = [None] * len(self.crcs)

    def _load(self, column: int) -> Ints:
        self.file.residence.note(self)
        words = self.file.load(self.offset + 8 * self.rows * column, self.rows)
        if words is not None and (self.file.is_mapped and self._checked >> column & 1):
            return words
        if words is None or checksum(words) != self.crcs[column]:
            words = self.file.recover(self._place, self._start, self.rows, column)
            if checksum(words) != self.crcs[column]:
                raise LostPointsError(f"The index of {self._place[0]} is damaged, and the file is another one by now.")
            words.flags.writeable = False
            return words
        self._checked |= 1 << column
        return words


def is_remote(path: Path, mounts: Path = MOUNTS) -> bool:
    """Whether another machine may take the file away: then a mapped one would kill the process with SIGBUS."""
    return _NETWORK_FILE_SYSTEMS.match(file_system_of(path, mounts)) is not None
