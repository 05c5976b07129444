"""The system calls that event files are made of, and no others: the one place where a disk can be had that fails."""

import errno
import fcntl
import os
from collections.abc import Sequence

from writer.batch import Buffer

__all__ = ["Disk"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
_AGAIN = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
_PIECE_BYTES = 1 << 20

# macOS alone has it: its fsync leaves the data in the drive's own memory.
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


class Disk:
    """The operating system's files. Every method raises OSError as the system call does, and may block as it does."""

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it; one that is there is fine."""
        os.makedirs(folder, exist_ok=True)

    def list_folder(self, folder: str) -> list[str]:
        """List the names in a folder."""
        return os.listdir(folder)

    def create(self, path: str) -> int:
        """Open a new file for appending; a file that is there already is never opened."""
        return os.open(path, _NEW, 0o666)

    def open_again(self, path: str) -> int:
        """Open a file of our own for appending."""
        return os.open(path, _AGAIN)

    def duplicate(self, descriptor: int) -> int:
        """Return a second descriptor of the same open file: a failed write is reported to either, once."""
        return os.dup(descriptor)

    def write(self, descriptor: int, buffers: Sequence[Buffer]) -> int:
        """Append about 1 MiB at most, so that a slow disk is seen to move; return how many bytes were taken."""
        size = 0
        for count, buffer in enumerate(buffers):
            size += len(buffer)
            if size > _PIECE_BYTES:
                return os.writev(descriptor, [*buffers[:count], memoryview(buffer)[: _PIECE_BYTES - size]])
        return os.writev(descriptor, buffers)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut off what stands behind ``size`` bytes."""
        os.ftruncate(descriptor, size)

    def look(self, file: int | str) -> os.stat_result:
        """Stat a descriptor or a path."""
        return os.stat(file)

    def sync(self, descriptor: int) -> None:
        """Wait until what was written is on the disk itself (fdatasync; on macOS F_FULLFSYNC)."""
        if _FULL_SYNC is None:
            os.fdatasync(descriptor)
        else:
            fcntl.fcntl(descriptor, _FULL_SYNC)

    def sync_folder(self, folder: str) -> None:
        """Wait until the names of a folder's new files are on the disk itself."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # file systems that keep names in order by themselves
                raise
        finally:
            os.close(descriptor)

    def remove(self, path: str) -> None:
        """Remove a file."""
        os.unlink(path)

    def close(self, descriptor: int) -> None:
        """Close; the descriptor is gone whatever is raised (NFS reports earlier failures here)."""
        os.close(descriptor)
