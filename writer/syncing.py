"""Syncs files on a thread of its own, so that a disk that takes its time for it holds up nobody."""

import contextlib
import threading
from collections.abc import Sequence

from writer.bell import starts
from writer.event_file import SyncPart

__all__ = ["SyncRound"]


class SyncRound:
    """One sync of all files that need one; ``settle`` tells each of them how it went."""

    def __init__(self, parts: Sequence[SyncPart]) -> None:
        """Begin."""
        self._parts = parts
        self._errors: list[BaseException | None] = []
        self._done = threading.Event()
        thread = threading.Thread(target=self._sync, name="trainboard-sync", daemon=True)
        if not starts(thread):
            self._sync()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of it; False where it has not come by then."""
        return self._done.wait(timeout_s)

    def settle(self) -> list[tuple[str, BaseException]]:
        """Tell the files; return what failed, by folder. To be called once, after the end of it."""
        failed = []
        for part, error in zip(self._parts, self._errors, strict=True):
            part.file.settle_sync(part, error)
            if error is not None:
                failed.append((part.file.folder, error))
        return failed

    def abandon(self) -> None:
        """Close the descriptors in a forked child, where the thread is not."""
        for part in self._parts:
            _close(part)

    def _sync(self) -> None:
        for part in self._parts:
            error = None
            try:
                _sync(part)
            except BaseException as met:  # whatever it is, those who wait for the end of it must not wait for ever
                error = met
            _close(part)
            self._errors.append(error)
        self._done.set()


def _sync(part: SyncPart) -> None:
    disk = part.file.disk
    for descriptor in part.descriptors:
        disk.sync(descriptor)
    if part.path:
        with contextlib.suppress(FileNotFoundError):  # somebody removed it
            descriptor = disk.open_again(part.path)
            try:
                disk.sync(descriptor)
            finally:
                disk.close(descriptor)
    if part.folder:
        with contextlib.suppress(FileNotFoundError):
            disk.sync_folder(part.folder)


def _close(part: SyncPart) -> None:
    for descriptor in part.descriptors:
        with contextlib.suppress(OSError):  # told again to the file's own descriptor, of which this one is a double
            part.file.disk.close(descriptor)
