"""One append-only event file of one process: whole records only, first who writes, last how it ended."""

import contextlib
import errno
import functools
import itertools
import os
import re
import socket
import time
from collections.abc import Mapping
from typing import Any

from writer import process
from writer.batch import Batch
from writer.format.framing import encode_record
from writer.format.messages import EndMarker, Event, PluginContent, Summary, WriterRecord
from writer.format.scan import OWN_PLUGIN
from writer.ranks import count_ranks, find_rank

__all__ = ["EndStatus", "EventFile"]

_FILE_VERSION = b"brain.Event:2"
_WRITER_TAG = b"_trainboard_/writer"
_END_TAG = b"_trainboard_/end"
_SESSION_START = 1
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
_AGAIN_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
_NAME_TRIES = 8
_GONE_CHECK_S = 1.0
_MAX_DROPPED_TAGS = 1000  # of an end marker
_ordinals = itertools.count()


class EndStatus:
    """How a file ended: ``EndMarker.Status`` of the format."""

    CLOSED = 1
    FAILED = 2


class EventFile:
    """A file that is opened when the first batch is written, and replaced by another one when it cannot go on.

    Used by one thread. ``pending`` holds framed records in order, each of them one value, whole: a write that
    stops in the middle never leaves a torn record before the next one.

    Attributes:
        pending: Framed records that wait for ``write``; others append to it.
        written: Values handed to the kernel, in all files of this object, opening records not counted.
        path: The file that is written now, "" before the first.
    """

    def __init__(self, folder: str, *, suffix: str = "", purge_step: int | None = None) -> None:
        """Prepare a file in a folder that need not exist yet; nothing is touched."""
        self.folder = folder
        self.pending = Batch()
        self.written = 0
        self.path = ""
        self._suffix = suffix
        self._purge_step = purge_step
        self._uuid = b""
        self._fd = -1
        self._identity: tuple[int, int] | None = None  # device and inode of a file that rests
        self._offset = 0  # up to here the file holds whole records
        self._opening_bytes = 0
        self._checked_at = 0.0  # monotonic, s
        self._is_name_synced = False

    def write(self) -> None:
        """Hand all pending records to the kernel, in one ``writev(2)`` where the disk takes them.

        Raises:
            OSError: Some could not be written; they are still pending, and the file ends with a whole record.
        """
        self._open_where_needed()
        batch = self.pending
        done = 0
        try:
            while done < batch.size:
                written = os.writev(self._fd, batch.next_buffers(done))
                if not written:
                    raise OSError(errno.ENOSPC, "the disk took no byte", self.path)
                done += written
        except OSError as error:
            self._keep_whole_records(done)
            # A file at its size limit can be repaired but never grow again.
            if error.errno == errno.EFBIG and self._offset > self._opening_bytes:
                self._abandon()
            raise
        self._offset += done
        self.written += len(self.pending)
        self.pending.clear()

    def open(self) -> None:
        """Create the folder and the file with its opening records.

        Raises:
            OSError: It cannot be; no file is left behind.
        """
        _refuse_nameless(self.folder)
        os.makedirs(self.folder, exist_ok=True)
        for tries in itertools.count(1):
            path = os.path.join(self.folder, _make_name(self._suffix))
            try:
                self._fd = os.open(path, _FLAGS, 0o666)
                break
            except FileExistsError:
                if tries == _NAME_TRIES:
                    raise
        self.path = path
        self._is_name_synced = False
        parent, self._uuid = self._uuid, os.urandom(16)
        opening = _encode_opening(self._uuid, parent, self._purge_step)
        try:
            if os.write(self._fd, opening) != len(opening):
                raise OSError(errno.ENOSPC, "no room for the opening records", path)
        except OSError:
            os.unlink(path)
            self._abandon()
            raise
        self._purge_step = None  # a second file of the same session purges nothing
        self._offset = self._opening_bytes = len(opening)
        self._checked_at = time.monotonic()

    def end(self, status: int, dropped: Mapping[str, int]) -> None:
        """Append the end marker to what is pending: ``EndStatus``, and how many values were lost of which tag."""
        content = PluginContent()
        content.end.status = status
        content.end.written = self.written + len(self.pending)
        for tag, count in itertools.islice(dropped.items(), _MAX_DROPPED_TAGS):
            content.end.dropped.append(EndMarker.Dropped(tag=tag.encode("utf-8", "backslashreplace"), count=count))
        self.pending.append(_encode_own(_END_TAG, content, time.time()))

    def sync(self) -> None:
        """Wait until what was written, and the file's name, are on the disk itself.

        Raises:
            OSError: They may not be. The system may have forgotten what it failed to write, and would call it written
                the next time: another file is begun.
        """
        if self._fd < 0 and self._identity is None:
            return
        self._open_where_needed()
        try:
            os.fsync(self._fd)
            if not self._is_name_synced:
                _sync_folder(self.folder)
                self._is_name_synced = True
        except OSError:
            self._abandon()
            raise

    def rest(self) -> None:
        """Give the descriptor back until the next write, which goes on with the same file."""
        if self._fd >= 0:
            facts = os.fstat(self._fd)
            self._abandon()
            self._identity = facts.st_dev, facts.st_ino

    def close(self) -> None:
        """Give the descriptor back; what is pending stays so. Closing again does nothing."""
        self._abandon()

    def _open_where_needed(self) -> None:
        now = time.monotonic()
        if self._fd >= 0 and now - self._checked_at > _GONE_CHECK_S:
            self._checked_at = now
            if os.fstat(self._fd).st_nlink == 0:  # somebody removed it: what follows needs a name
                self._abandon()
        if self._fd < 0 and self._identity is not None:
            self._open_again()
        if self._fd < 0:
            self.open()

    def _open_again(self) -> None:
        """Open a file that rests, where it is still the one that was written and nobody else has written to it."""
        try:
            self._fd = os.open(self.path, _AGAIN_FLAGS)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):  # the same file is to be had later
                raise
            self._identity = None
            return
        facts = os.fstat(self._fd)
        if (facts.st_dev, facts.st_ino) != self._identity or facts.st_size != self._offset:
            self._abandon()
        self._identity = None

    def _keep_whole_records(self, done: int) -> None:
        """Account for a batch of which ``done`` bytes were written, and cut off what is torn."""
        count, whole = self.pending.drop_written(done)
        self.written += count
        self._offset += whole
        if done > whole:
            try:
                os.ftruncate(self._fd, self._offset)
            except OSError:
                self._abandon()  # its reader sees a torn tail and nothing after it

    def _abandon(self) -> None:
        fd, self._fd = self._fd, -1
        self._identity = None
        if fd >= 0:
            with contextlib.suppress(OSError):  # NFS reports earlier failures here; the descriptor is gone all the same
                os.close(fd)


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems that keep names in order by themselves
            raise
    finally:
        os.close(descriptor)


def _refuse_nameless(folder: str) -> None:
    """Raise OSError for what ``os`` has a ValueError for: a zero byte, and what the file system's encoding lacks."""
    try:
        is_nameless = b"\0" in os.fsencode(folder)
    except UnicodeEncodeError:
        is_nameless = True
    if is_nameless:
        raise OSError(errno.EINVAL, "no folder can have this name", folder)


def _make_name(suffix: str) -> str:
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:64]
    # Every number has a fixed width: readers order files by name.
    return (
        f"events.out.tfevents.{int(time.time()):010d}.{host}.{os.getpid()}.{next(_ordinals):04d}"
        f".r{find_rank():05d}.{os.urandom(4).hex()}{suffix}"
    )


def _encode_opening(own_uuid: bytes, parent: bytes, purge_step: int | None) -> bytes:
    wall_time = time.time()
    content = PluginContent(
        writer=WriterRecord(
            uuid=own_uuid,
            rank=find_rank(),
            world_size=count_ranks(),
            host=socket.gethostname().encode("utf-8", "backslashreplace"),
            pid=os.getpid(),
            start_wall_time=wall_time,
            start_monotonic=time.monotonic(),
            parent=parent,
            version=_find_version(),
        )
    )
    opening = encode_record(Event(wall_time=wall_time, file_version=_FILE_VERSION).SerializeToString())
    opening += _encode_own(_WRITER_TAG, content, wall_time)
    if purge_step is not None:
        start = Event(wall_time=wall_time, step=purge_step)
        start.session_log.status = _SESSION_START
        opening += encode_record(start.SerializeToString())
    return opening


def _encode_own(tag: bytes, content: Any, wall_time: float) -> bytes:
    value = Summary.Value(tag=tag)
    value.metadata.plugin_data.plugin_name = OWN_PLUGIN
    value.metadata.plugin_data.content = content.SerializeToString()
    return encode_record(Event(wall_time=wall_time, summary=Summary(value=[value])).SerializeToString())


@functools.cache
def _find_version() -> bytes:
    try:
        with process.importing:
            import importlib.metadata  # late: 20 ms, a third of what `import writer` may take
        return importlib.metadata.version("trainboard").encode()
    except ImportError:  # among others where this is a checkout on the path
        return b""
