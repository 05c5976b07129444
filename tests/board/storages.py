"""Storages that do what a disk does only now and then."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from board.storage import FileInfo, LocalStorage, OpenFile

__all__ = ["FaultyStorage", "MemoryStorage"]


class FaultyStorage(LocalStorage):
    """Calls ``on_read(n)`` before bytes are asked for the n-th time, amid a read."""

    def __init__(self, root: Path, on_read: Callable[[int], None]) -> None:
        super().__init__(root)
        self.reads = itertools.count(1)
        self.on_read = on_read

    @contextmanager
    def open(self, path: str) -> Iterator[OpenFile]:
        with super().open(path) as file:
            yield _FaultyFile(file, self)


class _FaultyFile(OpenFile):
    def __init__(self, file: OpenFile, storage: FaultyStorage) -> None:
        super().__init__(file._descriptor, file.info)
        self.storage = storage

    def read_into(self, view: memoryview, offset: int) -> int:
        self.storage.on_read(next(self.storage.reads))
        return super().read_into(view, offset)


class MemoryStorage(LocalStorage):
    """Files in memory, for tests that need ten thousand of them; all are as old as ``mtime`` says."""

    def __init__(self, files: dict[str, bytes] | None = None, mtime: float = 1.0) -> None:
        super().__init__("/")
        self.files = files or {}
        self.mtime = mtime

    @contextmanager
    def open(self, path: str) -> Iterator[OpenFile]:
        yield _MemoryFile(self.files[path], FileInfo(1, 1, len(self.files[path]), self.mtime, False, True))


class _MemoryFile(OpenFile):
    def __init__(self, data: bytes, info: FileInfo) -> None:
        super().__init__(-1, info)
        self.data = data

    def read_into(self, view: memoryview, offset: int) -> int:
        part = self.data[offset : offset + len(view)]
        view[: len(part)] = part
        return len(part)

    def next_data(self, offset: int) -> int:
        return offset

    def pread(self, length: int, offset: int) -> bytes:
        return self.data[offset : offset + max(length, 0)]
