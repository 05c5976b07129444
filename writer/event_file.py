"""One append-only event file of one process: whole records only, and another file where it cannot go on."""

import contextlib
import errno
import itertools
import os
import re
import socket
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from writer.batch import Batch, Buffer, count_whole
from writer.disk import Disk
from writer.own_records import EndStatus, encode_end, encode_gap, encode_opening
from writer.ranks import find_rank
from writer.unsynced import Unsynced

__all__ = ["EndStatus", "EventFile", "SyncPart"]

_NAME_TRIES = 8
_PATH_CHECK_S = 1.0
_MOST_LEFT = 4  # files before this one that wait to be synced, or to have their doubtful ends cut off
# The disk takes nothing now, and what it has taken is safe: the same file goes on later.
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EAGAIN, errno.ENOMEM, errno.ENOBUFS)
_MOST_SUFFIX_BYTES = 100  # of the 255 that a name may have
_MOST_AHEAD_S = 86400
_ordinals = itertools.count()


class SyncPart(NamedTuple):
    """What of a file is to be synced: descriptors of its own, to be closed by whoever syncs."""

    file: "EventFile"
    descriptors: list[int]
    path: str  # of a file that rests; "" for none
    folder: str  # to be synced, too; "" where it was
    uuid: bytes
    end: int  # offset up to which the file is safe then


class EventFile:
    """A file that is opened when the first batch is written, and replaced by another one when it cannot go on.

    Used by one thread. ``pending`` holds framed records in order, each of them one value, whole: a write that
    stops in the middle never leaves a torn record before the next one.

    After a failed write or sync the system may have forgotten what it had taken, and would call it written the next
    time (https://wiki.postgresql.org/wiki/Fsync_Errors): another file is begun, and what was not on the disk yet is
    written anew there, as far as it is kept.

    Attributes:
        pending: Framed records that wait for ``write``; others append to it.
        written: Values handed to the kernel, in all files of this object, opening records not counted.
        path: The file that is written now, "" before the first.
        disk: What takes the bytes.
    """

    def __init__(
        self,
        folder: str,
        *,
        suffix: str = "",
        purge_step: int | None = None,
        parent: bytes = b"",
        disk: Disk | None = None,
    ) -> None:
        """Prepare a file in a folder that need not exist yet; nothing is touched.

        Args:
            folder: Where the file will be.
            suffix: Appended to its name.
            purge_step: Points at this step and after, of earlier sessions, are superseded.
            parent: uuid of the file which this one goes on from.
            disk: What takes the bytes.
        """
        self.folder = folder
        self.pending = Batch()
        self.written = 0
        self.path = ""
        self.disk = disk or Disk()
        self._suffix = _make_suffix(suffix)
        self._purge_step = purge_step
        self._uuid = parent
        self._fd = -1
        self._identity: tuple[int, int] | None = None  # device and inode of a file that rests
        self._offset = 0  # up to here the file holds whole records
        self._opening_bytes = 0
        self._checked_at = 0.0  # monotonic, s
        self._tells_size = True  # some file systems tell sizes only after a while
        self._is_name_synced = False
        self._synced = 0  # offset
        self._unsynced = Unsynced()
        self._again = Batch()  # records of a file that failed
        self._left: list[int] = []  # descriptors of files that were left as they are, to be synced
        self._failed: list[tuple[int, int]] = []  # descriptors of files that failed, and where the doubtful begins

    def write(self, on_progress: Callable[[], None] | None = None) -> None:
        """Hand all pending records to the kernel, in one ``writev(2)`` where the disk takes them.

        Args:
            on_progress: Called whenever the disk has taken something.

        Raises:
            OSError: Some could not be written; they are still pending, and the file ends with a whole record.
        """
        self._open_where_needed()
        self._write_batch(self._again, on_progress)
        before = self.pending.count
        try:
            self._write_batch(self.pending, on_progress)
        finally:
            self.written += before - self.pending.count

    def open(self) -> None:
        """Create the folder and the file with its opening records.

        Raises:
            OSError: It cannot be; no file is left behind.
        """
        own_uuid = os.urandom(16)
        opening = encode_opening(own_uuid, self._uuid, self._purge_step)
        _refuse_nameless(self.folder)
        self.disk.make_folder(self.folder)
        newest = self._find_newest()
        for tries in itertools.count(1):
            path = os.path.join(self.folder, _make_name(self._suffix, newest))
            try:
                self._fd = self.disk.create(path)
                break
            except FileExistsError:
                if tries == _NAME_TRIES:
                    raise
        try:
            batch = Batch()
            batch.append(opening)
            _, error = self._append(batch, None)
            if error is not None:
                raise error
            facts = self.disk.look(self._fd)
        except OSError:
            with contextlib.suppress(OSError):
                self.disk.remove(path)
            self._abandon()
            raise
        self.path = path
        self._uuid = own_uuid
        self._purge_step = None  # a second file of the same session purges nothing
        self._identity = None
        self._offset = self._opening_bytes = len(opening)
        self._tells_size = facts.st_size == len(opening)
        self._checked_at = time.monotonic()
        self._is_name_synced = False
        self._synced = 0
        self._unsynced.begin(self._offset)

    def share_memory(self, files: int) -> None:
        """Keep less for a failing disk, where so many files keep some."""
        self._unsynced.share(files)

    @property
    def has_pending(self) -> bool:
        """Whether ``write`` has something to do."""
        return bool(self.pending.count or self._again.count)

    def end(self, status: int, dropped: Mapping[str, int]) -> None:
        """Append the end marker to what is pending: ``EndStatus``, and how many values were lost of which tag."""
        self.pending.append(encode_end(status, self.written + self.pending.count, dropped))

    def note_gap(self, begin: float, end: float, dropped: Mapping[str, int]) -> None:
        """Append to what is pending that values were lost; the arguments are those of ``encode_gap``."""
        self.pending.append(encode_gap(begin, end, dropped))
        self.written -= 1  # it is no value

    @property
    def is_synced(self) -> bool:
        """Whether all that was written is on the disk, as far as ``settle_sync`` has told."""
        return not self._left and (not self.path or (self._synced == self._offset and self._is_name_synced))

    def begin_sync(self) -> SyncPart | None:
        """Return what must be synced, None where all of it is; another thread may do it.

        Raises:
            OSError: No descriptor is to be had.
        """
        if self.is_synced:
            return None
        own = [self.disk.duplicate(self._fd)] if self._fd >= 0 else []
        path = self.path if self._identity is not None else ""
        folder = "" if self._is_name_synced else self.folder
        left, self._left = self._left, []
        return SyncPart(self, own + left, path, folder, self._uuid, self._offset)

    def settle_sync(self, part: SyncPart, error: BaseException | None) -> None:
        """Be told how it ended. After an error the next ``write`` begins another file."""
        if part.uuid != self._uuid:  # of a file before this one
            return
        if error is not None:
            self._fail()
            return
        self._synced = part.end
        self._is_name_synced = True
        self._unsynced.keep_after(part.end)
        if not self._again.count:
            self._cut_failed()

    def rest(self) -> None:
        """Give the descriptor back until the next write, which goes on with the same file.

        Raises:
            OSError: What was written may be lost; it will be written anew.
        """
        if self._fd < 0:
            return
        facts = self.disk.look(self._fd)
        fd, self._fd = self._fd, -1
        try:
            self.disk.close(fd)
        except OSError:
            self._fail()
            raise
        self._identity = facts.st_dev, facts.st_ino

    def close(self) -> None:
        """Give the descriptors back; what is pending stays so. Closing again does nothing."""
        self._abandon()
        for descriptor in [*self._left, *(failed for failed, _ in self._failed)]:
            self._close(descriptor)
        self._left.clear()
        self._failed.clear()

    def _find_newest(self) -> str:
        """Find the event file of ours, or of torch's naming, whose name is the last in the folder; "" for none."""
        is_ours = re.compile(r"events\.out\.tfevents\.\d{10}\.").match
        return max(filter(is_ours, self.disk.list_folder(self.folder)), default="")

    def _write_batch(self, batch: Batch, on_progress: Callable[[], None] | None) -> None:
        done, error = self._append(batch, on_progress)
        if error is None:
            size = batch.size
            self._keep(batch.take(), size)
            return
        _, records = batch.drop_written(done)
        self._keep([records], len(records))
        if done > len(records):
            try:
                self.disk.truncate(self._fd, self._offset)
            except OSError:
                self._leave()  # its reader sees a torn tail and nothing after it
        if error.errno not in _PASSING:
            self._fail()
        elif error.errno == errno.EFBIG and self._offset > self._opening_bytes:
            self._leave()  # it can be repaired, but never grow again
        raise error

    def _append(self, batch: Batch, on_progress: Callable[[], None] | None) -> tuple[int, OSError | None]:
        """Write; return how many bytes were taken, and what stopped it."""
        done = 0
        try:
            while done < batch.size:
                written = self.disk.write(self._fd, batch.next_buffers(done))
                if not written:
                    raise OSError(errno.ENOSPC, "the disk took no byte", self.path)
                done += written
                if on_progress is not None:
                    on_progress()
        except OSError as error:
            return done, error
        return done, None

    def _keep(self, buffers: list[Buffer], size: int) -> None:
        """Account for whole records that were written."""
        self._offset += size
        if size:
            self._unsynced.add(buffers, self._offset)

    def _open_where_needed(self) -> None:
        if self._fd >= 0 and not self._is_still_ours():
            self._leave()
        if self._fd < 0 and self._identity is not None:
            self._open_again()
        if self._fd < 0:
            self.open()

    def _is_still_ours(self) -> bool:
        """Whether the file has its name still, and nobody has cut it or written to it: what follows would be lost."""
        try:
            facts = self.disk.look(self._fd)
            if facts.st_nlink == 0 or (self._tells_size and facts.st_size != self._offset):
                return False
            now = time.monotonic()
            if now - self._checked_at > _PATH_CHECK_S:
                self._checked_at = now
                named = self.disk.look(self.path)
                return (named.st_dev, named.st_ino) == (facts.st_dev, facts.st_ino)
        except OSError:
            return False
        return True

    def _open_again(self) -> None:
        """Open a file that rests, where it is still the one that was written and nobody else has written to it."""
        try:
            self._fd = self.disk.open_again(self.path)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):  # the same file is to be had later
                raise
            self._identity = None
            return
        facts = self.disk.look(self._fd)
        if (facts.st_dev, facts.st_ino) != self._identity or facts.st_size != self._offset:
            self._abandon()
        self._identity = None

    def _leave(self) -> None:
        """Begin another file; what was written to this one is good, and still has to be synced."""
        if self._fd >= 0:
            self._left.append(self._fd)
            self._fd = -1
        if len(self._left) > _MOST_LEFT:
            self._close(self._left.pop(0))
        self._identity = None

    def _fail(self) -> None:
        """Begin another file, with all that this one may not have kept."""
        records = self._unsynced.take() + b"".join(self._again.take())
        self._again.open_tail().extend(records)
        self._again.took(count_whole(records, len(records))[0], len(records))
        if self._fd >= 0:
            self._failed.append((self._fd, self._unsynced.start))
            self._fd = -1
        if len(self._failed) > _MOST_LEFT:
            self._close(self._failed.pop(0)[0])
        self._identity = None
        self._synced, self._is_name_synced = self._offset, True  # nothing of it is worth a sync

    def _cut_failed(self) -> None:
        """Take from files that failed what now stands in another one, on the disk: nobody reads it twice."""
        for descriptor, start in self._failed:
            with contextlib.suppress(OSError):
                self.disk.truncate(descriptor, start)
            self._close(descriptor)
        self._failed.clear()

    def _abandon(self) -> None:
        fd, self._fd = self._fd, -1
        self._identity = None
        if fd >= 0:
            self._close(fd)

    def _close(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            self.disk.close(descriptor)


def _refuse_nameless(folder: str) -> None:
    """Raise OSError for what ``os`` has a ValueError for: a zero byte, and what the file system's encoding lacks."""
    try:
        is_nameless = b"\0" in os.fsencode(folder)
    except UnicodeEncodeError:
        is_nameless = True
    if is_nameless:
        raise OSError(errno.EINVAL, "no folder can have this name", folder)


def _make_suffix(suffix: str) -> str:
    """Make a suffix one that a file's name can have: no slash, no zero byte, UTF-8, not too long."""
    plain = re.sub(r"[/\0]", "_", str(suffix)).encode("utf-8", "backslashreplace")
    return plain[:_MOST_SUFFIX_BYTES].decode("utf-8", "ignore")


def _make_name(suffix: str, newest: str) -> str:
    """Name a file so that it sorts behind ``newest``: readers take files in the order of their names.

    The clock may have been set back since, or not have gone on by a second; a day and more it is left alone.
    """
    second = int(time.time())
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:64]
    # Every number has a fixed width.
    rest = f"{host}.{os.getpid():07d}.{next(_ordinals):06d}.r{find_rank():05d}.{os.urandom(4).hex()}{suffix}"
    name = f"events.out.tfevents.{second:010d}.{rest}"
    if name < newest and (newest_second := int(newest.split(".")[3])) < second + _MOST_AHEAD_S:
        name = f"events.out.tfevents.{newest_second:010d}.{rest}"
        if name < newest:
            name = f"events.out.tfevents.{newest_second + 1:010d}.{rest}"
    return name
