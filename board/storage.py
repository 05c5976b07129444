"""List, stat and pread below one folder: the seam under everything that reads a logdir.

Local now; an object store needs the same verbs. Nothing here writes, maps or keeps a descriptor.
"""

import errno
import os
import re
import stat
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Self

__all__ = ["MOUNTS", "Entry", "FileInfo", "LocalStorage", "NotAFileError", "OpenFile", "OutsideError", "file_system_of"]

MOUNTS = Path("/proc/self/mounts")  # what this machine has mounted, as Linux tells it (fstab(5))


class NotAFileError(OSError):
    """A path that is a FIFO, a device, a socket or a folder where a regular file should be."""


class OutsideError(OSError):
    """A path that leads out of the folder below which it must lie, or goes through a link."""


class FileInfo(NamedTuple):
    """What a file system says of a path, links followed."""

    device: int
    inode: int
    size: int  # bytes
    mtime: float  # seconds since the epoch
    is_folder: bool
    is_file: bool  # a regular one
    ctime: float = 0.0  # when this or anything else that is known of it changed, seconds since the epoch


class Entry(NamedTuple):
    """One name in a folder, as the listing itself tells: without a stat."""

    name: str
    inode: int
    is_folder: bool  # links not followed
    is_file: bool  # a regular one, links not followed
    is_link: bool


class OpenFile:
    """A regular file that is open for one poll: as a context manager, it is closed at the end."""

    def __init__(self, descriptor: int, info: FileInfo) -> None:
        self._descriptor = descriptor
        self.info = info

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill ``view`` from ``offset`` on, and return how many bytes there were."""
        done = 0
        while done < len(view):
            n = _read_into(self._descriptor, view[done:], offset + done)
            if n == 0:
                break
            done += n
        return done

    def next_data(self, offset: int) -> int:
        """Return the first offset from here on that does not lie in a hole of a sparse file, as far as is known."""
        if not hasattr(os, "SEEK_DATA"):
            return offset
        try:
            return os.lseek(self._descriptor, offset, os.SEEK_DATA)
        except OSError as error:  # ENXIO: nothing but a hole up to the end
            return self.info.size if error.errno == errno.ENXIO else offset

    def pread(self, length: int, offset: int) -> bytes:
        """Return up to ``length`` bytes; never allocates more than the file has."""
        length = max(0, min(length, self.info.size - offset))
        parts = []
        while length > 0:
            part = os.pread(self._descriptor, length, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class LocalStorage:
    """A folder of the local file system. Paths are posix, relative to it; "" and "." are the folder itself."""

    def __init__(self, root: str | Path) -> None:
        self.root = os.path.abspath(root)  # links kept as they are, so that names stay those that the user gave

    def __repr__(self) -> str:
        return f"LocalStorage({self.root!r})"

    def locate(self, path: str) -> str:
        """Return the absolute path."""
        return self.root if path in ("", ".") else f"{self.root}/{path}"

    def list_plain(self, folder: str, infix: str) -> tuple[list[str], list[str]] | None:
        """Return the names of folders in a folder, and of files with an infix, sorted: ``list`` in half its time.

        Returns:
            None where there is anything else than folders and regular files, or a file with the infix has two names.

        Raises:
            OSError: as ``list``.
        """
        folders, files, inodes = [], [], set()
        with os.scandir(self.locate(folder)) as found:
            for entry in found:
                if entry.is_file(follow_symlinks=False):
                    if infix in entry.name:
                        files.append(entry.name)
                        inodes.add(entry.inode())
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    return None
        if len(inodes) < len(files):
            return None
        folders.sort()
        files.sort()
        return folders, files

    def list(self, folder: str) -> list[Entry]:
        """Return what lies in a folder, sorted by name.

        Raises:
            OSError: it is gone, no folder, or may not be read.
        """
        with os.scandir(self.locate(folder)) as found:
            entries = [
                Entry(
                    entry.name,
                    entry.inode(),
                    entry.is_dir(follow_symlinks=False),
                    entry.is_file(follow_symlinks=False),
                    entry.is_symlink(),
                )
                for entry in found
            ]
        if len(entries) > 1:
            entries.sort()
        return entries

    def stat(self, path: str) -> FileInfo:
        """Return what the file system says of a path, links followed; OSError where it cannot."""
        return _info(os.stat(self.locate(path)))

    def is_on_local_disk(self, info: FileInfo) -> bool:
        """Whether something is surely on a disk of this machine: then a stat says all that opening it would.

        What lies elsewhere, or in layers above a disk, has a device of the kernel's making, with a major number of 0.
        """
        return sys.platform == "linux" and os.major(info.device) != 0

    def is_unchanged(self, path: str, known: FileInfo) -> bool:
        """Whether a path is as ``stat`` or ``open`` said before, and surely so: its bytes or names are the same, too.

        Never on what is no disk of this machine: a network file system's answer may be seconds old.
        """
        if not self.is_on_local_disk(known):
            return False
        try:
            now = os.stat(self.locate(path))
        except OSError:
            return False
        return (
            now.st_mtime == known.mtime
            and now.st_ctime == known.ctime
            and now.st_size == known.size
            and now.st_ino == known.inode
            and now.st_dev == known.device
        )

    def find_size(self, path: str) -> tuple[int, float]:
        """Return a file's size, and when it changed: a part of what ``stat`` tells, in half its time."""
        found = os.stat(self.locate(path))
        return found.st_size, found.st_mtime

    def is_link(self, path: str) -> bool:
        """Whether the path itself, not something on the way to it, is a link."""
        return os.path.islink(self.locate(path))

    def is_pseudo(self, path: str) -> bool:
        """Whether the path leads to what the kernel makes up, such as /proc: it has no end."""
        try:
            return os.stat(self.locate(path)).st_dev in _PSEUDO_DEVICES
        except OSError:
            return False

    def open(self, path: str) -> AbstractContextManager[OpenFile]:
        """Open a regular file for one poll; ``with`` closes it again.

        Opening anew each time is what sees a file that was replaced, what revalidates on network file
        systems, and what keeps a thousand runs from using up the descriptors. ``O_NONBLOCK``: a FIFO named
        like an event file must not hang us.

        Raises:
            NotAFileError: not a regular file.
            OSError: it is gone or may not be read.
        """
        return _open_regular(os.open(self.locate(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))

    def open_beneath(self, folder: str, path: str) -> AbstractContextManager[OpenFile]:
        """Open a regular file that a log names, as ``open`` does: below a folder, and never anything elsewhere.

        Each name on the way is opened in the folder before it and may be no link, so that nothing which changes
        meanwhile leads out.

        Raises:
            OutsideError: the path is absolute, goes up by ``..``, or through a link.
            NotAFileError: not a regular file. OSError: it is gone or may not be read.
        """
        names = [name for name in path.split("/") if name not in ("", ".")]
        if path.startswith("/") or ".." in names or not names or "\0" in path:
            raise OutsideError("it lies outside of the run's folder")
        at = os.open(self.locate(folder), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for i, name in enumerate(names):
                way = os.O_NONBLOCK if i == len(names) - 1 else os.O_DIRECTORY
                try:
                    inner = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | way, dir_fd=at)
                except OSError as error:  # a link is ELOOP, or ENOTDIR where a folder is wanted
                    if error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link_in(name, at):
                        raise OutsideError("a link lies on the way to it, and none is followed") from error
                    raise
                os.close(at)
                at = inner
        except BaseException:
            os.close(at)
            raise
        return _open_regular(at)


def file_system_of(path: str | Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the file system that an absolute path without links lies on, "" where that is not known."""
    try:
        lines = mounts.read_bytes().split(b"\n")
    except OSError:  # not on this system
        return ""
    at, kind = b"", b""
    own = os.fsencode(path) + b"/"
    for line in lines:
        fields = line.split(b" ")
        if len(fields) < 3:
            continue
        where = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8) & 0xFF]), fields[1])
        if len(where) >= len(at) and own.startswith(where.rstrip(b"/") + b"/"):
            at, kind = where, fields[2]
    return os.fsdecode(kind)


def _open_regular(descriptor: int) -> OpenFile:
    try:
        info = _info(os.fstat(descriptor))
        if not info.is_file:
            raise NotAFileError("it is not a regular file")
    except BaseException:
        os.close(descriptor)
        raise
    return OpenFile(descriptor, info)


def _is_link_in(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _read_into(descriptor: int, view: memoryview, offset: int) -> int:
    if hasattr(os, "preadv"):  # not on every macOS
        return os.preadv(descriptor, [view], offset)
    part = os.pread(descriptor, len(view), offset)
    view[: len(part)] = part
    return len(part)


def _info(status: os.stat_result) -> FileInfo:
    sort = stat.S_IFMT(status.st_mode)
    return FileInfo(
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime,
        sort == stat.S_IFDIR,
        sort == stat.S_IFREG,
        status.st_ctime,
    )


_PSEUDO_DEVICES = frozenset(os.stat(path).st_dev for path in ("/proc", "/sys") if os.path.ismount(path))
