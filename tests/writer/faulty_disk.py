"""A real disk some of whose calls fail, take less than they were given, or do not come back for a while."""

import errno
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from writer.batch import Buffer
from writer.disk import Disk

CALLS = ("make_folder", "list_folder", "create", "open_again", "duplicate", "write", "truncate", "look", "sync")
CALLS += ("sync_folder", "remove", "close")


class FaultyDisk(Disk):
    """Counts its calls, and asks ``fault`` before each one what to do instead.

    Attributes:
        calls: Names of the calls so far.
        fault: Given a call's name and ordinal, returns an errno to raise, -1 for a SystemExit, -2 for a MemoryError, or
            0 for nothing.
        most: Bytes that one write takes.
    """

    def __init__(self, fault: Callable[[str, int], int] | None = None, *, most: int = 1 << 62) -> None:
        """Do as the disk does until told otherwise."""
        self.calls: list[str] = []
        self.fault = fault or (lambda call, ordinal: 0)
        self.most = most
        self.synced: list[str] = []
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._hanging: tuple[str, ...] = ()

    def hang(self, *calls: str) -> None:
        """Let these calls block until ``go_on``, as those of a mount whose server is gone."""
        self._hanging = calls
        self._goes_on.clear()

    def go_on(self) -> None:
        """Let all that hangs go on."""
        self._goes_on.set()

    def write(self, descriptor: int, buffers: Sequence[Buffer]) -> int:
        """Take at most so much."""
        if sum(map(len, buffers)) > self.most:
            buffers = [b"".join(buffers)[: self.most]]
        return super().write(descriptor, buffers)

    def sync(self, descriptor: int) -> None:
        """Note what was synced."""
        super().sync(descriptor)
        self.synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    def sync_folder(self, folder: str) -> None:
        """Note what was synced."""
        super().sync_folder(folder)
        self.synced.append(folder)


def _wrap(name: str) -> Callable[..., Any]:
    method = getattr(FaultyDisk, name)

    def call(self: FaultyDisk, *arguments: Any) -> Any:
        self.calls.append(name)
        ordinal = len(self.calls)
        if name in self._hanging:
            self._goes_on.wait()
        if number := self.fault(name, ordinal):
            if number < 0:
                raise (MemoryError, SystemExit)[number]
            if name == "close":  # the descriptor is gone all the same
                method(self, *arguments)
            raise OSError(number, os.strerror(number))
        return method(self, *arguments)

    return call


for _name in CALLS:
    setattr(FaultyDisk, _name, _wrap(_name))

ERRNOS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.ESTALE,
    errno.EROFS,
    errno.EFBIG,
    errno.EMFILE,
    errno.EACCES,
)
