"""All event files of a run and its sub-runs: written together, tried again together, synced now and then."""

import errno
import time
from collections.abc import Callable

from writer.event_file import EventFile
from writer.herald import warn
from writer.losses import Losses
from writer.series import Series
from writer.syncing import SyncRound

__all__ = ["RunFiles"]

_MAX_BATCH = 4096  # records; what is pending is outside of the queue's bound
_MAX_BATCH_BYTES = 1 << 18
_MAX_OPEN = 64  # files of sub-runs; where there are more, one is open only while it is written
_FIRST_RETRY_S = 0.1
_LONGEST_RETRY_S = 5.0
_END_SYNC_S = 5.0
_DISK_ERRORS = (OSError, MemoryError)
_HOPELESS = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EINVAL, errno.ELOOP)  # whoever waits


class RunFiles:
    """What is pending in files, and when it is written. Used by one thread.

    Attributes:
        retry_at: Before it there is no use in writing, on the monotonic clock, s.
        media_bytes: Of what is pending.
    """

    def __init__(
        self,
        make_file: Callable[[str], EventFile],
        losses: Losses,
        on_progress: Callable[[], None],
        *,
        max_queue: int,
        flush_s: float,
        sync_s: float | None,
    ) -> None:
        """Prepare.

        Args:
            make_file: Asked for the file of each sub-run ("" is the run itself) when it is needed.
            losses: Told what could not be written.
            on_progress: Called whenever a disk has taken something.
            max_queue: Records that may wait before the next ``write_due`` writes them.
            flush_s: How long fewer may wait, s.
            sync_s: How long what was written may not be on the disk itself, s; None is for ever.
        """
        self.retry_at = 0.0
        self.media_bytes = 0
        self._make_file = make_file
        self._losses = losses
        self._on_progress = on_progress
        self._most_pending = min(max_queue, _MAX_BATCH)
        self._flush_s = flush_s
        self._sync_s = sync_s
        self._files: dict[str, EventFile] = {}
        self._batch_since = 0.0  # monotonic, s; 0 while nothing is pending
        self._retry_s = 0.0  # 0 while the disk takes what it is given
        self._longest_retry_s = _LONGEST_RETRY_S
        self._sync_at = 0.0  # monotonic, s; 0 while all is synced, or on its way
        self._round: SyncRound | None = None

    @property
    def is_failing(self) -> bool:
        """Whether the disk did not take what it was given last."""
        return self._retry_s > 0

    @property
    def has_pending(self) -> bool:
        """Whether something waits for the disk."""
        return self._batch_since > 0

    def file(self, sub_run: str) -> EventFile:
        """Return the file of a sub-run, to append to what is pending in it."""
        file = self._files.get(sub_run)
        if file is None:
            file = self._files[sub_run] = self._make_file(sub_run)
            for each in self._files.values():
                each.share_memory(len(self._files))
        return file

    def open_run(self) -> None:
        """Open the run's own file before there is anything to write, as torch's writer does."""
        try:
            self.file("").open()
        except _DISK_ERRORS as error:
            self._fail(error)

    def write_due(self, now: float, *, is_wanted: bool) -> None:
        """Write where enough is pending, or for long enough, or somebody waits for it."""
        self._note_gap(is_over=False)
        pending = sum(file.pending.count for file in self._files.values())
        if not pending and not any(file.has_pending for file in self._files.values()):
            self._batch_since = 0.0
            return
        self._batch_since = self._batch_since or now
        is_full = pending >= self._most_pending or self.media_bytes > _MAX_BATCH_BYTES
        if is_full or is_wanted or now - self._batch_since >= self._flush_s:
            self.write()

    def write(self) -> None:
        """Write all that is pending; what the disk does not take is tried again from ``retry_at`` on."""
        for sub_run, file in self._files.items():
            if file.has_pending or not file.path:  # one that could not be opened is tried again, too
                try:
                    # What a failing disk takes of a record, to be cut off again, is no progress.
                    file.write(None if self._retry_s else self._on_progress)
                    if sub_run and len(self._files) > _MAX_OPEN:
                        file.rest()
                except _DISK_ERRORS as error:
                    if not sub_run or getattr(error, "errno", None) not in _HOPELESS:
                        self._fail(error)
                        return
                    # A key of add_scalars that makes no folder must not stop the others.
                    self._losses.refuse(Series(sub_run, ""), error)
                    self._losses.add(Series(sub_run, ""), file.pending.count - 1)
                    file.pending.clear()
        self._batch_since = 0.0
        self.media_bytes = 0
        if self._sync_s is not None:
            self._sync_at = self._sync_at or time.monotonic() + self._sync_s
        if self._retry_s:
            self._retry_s = 0.0
            self._note_gap(is_over=True)

    def hasten(self) -> None:
        """Try again at once, and often from now on: the end has come."""
        self.retry_at = 0.0
        self._longest_retry_s = _FIRST_RETRY_S

    @property
    def is_syncing(self) -> bool:
        """Whether a sync is under way."""
        return self._round is not None

    def seconds_to_sync(self, now: float) -> float | None:
        """Return how long nothing need be synced; None is for ever."""
        return max(self._sync_at - now, 0.0) if self._sync_at else None

    def sync_due(self, now: float) -> bool | None:
        """Begin a sync that is due; return how one ended that was under way, None where none did."""
        if self._round is not None and self._round.wait(0.0):
            return self._settle(self._round)
        if self._round is None and self._sync_at and now >= self._sync_at:
            self.begin_sync()
        return None

    def begin_sync(self) -> bool:
        """Begin to sync what was written; False where nothing could be, or need be (then ``is_synced``)."""
        self._sync_at = 0.0
        parts = []
        for file in self._files.values():
            try:
                if part := file.begin_sync():
                    parts.append(part)
            except OSError as error:
                _warn_of_sync(file.folder, error)
        self._round = SyncRound(parts) if parts else None
        return self._round is not None

    @property
    def is_synced(self) -> bool:
        """Whether all that was written is on the disk itself."""
        return all(file.is_synced and not file.has_pending for file in self._files.values())

    def end(self, status: int) -> dict[str, int]:
        """End and close the files with this ``EndStatus``; return by sub-run how many values the disk does not take."""
        for sub_run, file in self._files.items():
            file.end(status, self._losses.of(sub_run))
        # What cannot be written is tried once more after a failed sync: then it is another file.
        failed = self._write_end()
        if self._sync_s is not None and self._sync_end():
            failed = self._write_end()
            self._sync_end()
        for file in self._files.values():
            file.close()
        for folder, error in failed.items():
            warn("%r: the end of the log could not be written: %s", folder, error)
        left = {sub_run: file.pending.count - 1 for sub_run, file in self._files.items()}  # the marker is no value
        return {sub_run: count for sub_run, count in left.items() if count > 0}

    def abandon(self) -> None:
        """Close the descriptors in a forked child; what is pending is the parent's to write."""
        if self._round is not None:
            self._round.abandon()
        for file in self._files.values():
            file.close()

    def _write_end(self) -> dict[str, Exception]:
        failed: dict[str, Exception] = {}
        for sub_run, file in self._files.items():
            if file.has_pending:
                try:
                    file.write(self._on_progress)
                    if sub_run and len(self._files) > _MAX_OPEN:
                        file.rest()
                except _DISK_ERRORS as error:
                    failed[file.folder] = error
        return failed

    def _sync_end(self) -> bool:
        """Wait some time for a sync of everything; True where something failed and must be written again."""
        deadline = time.monotonic() + _END_SYNC_S
        if self._round is None:
            self.begin_sync()
        while self._round is not None:
            if not self._round.wait(deadline - time.monotonic()):
                warn("what was logged last is written, and may not be on the disk yet")
                return False
            if not self._settle(self._round):
                return any(file.has_pending for file in self._files.values())
            self.begin_sync()
        return False

    def _settle(self, ended: SyncRound) -> bool:
        failed = ended.settle()
        self._round = None
        for folder, error in failed:
            _warn_of_sync(folder, error)
        return not failed

    def _note_gap(self, *, is_over: bool) -> None:
        """Write down what was dropped, where that is over; tell that events are written again."""
        if taken := self._losses.take_unsaid(is_over=is_over):
            begin, dropped = taken
            for sub_run, counts in dropped.items():
                self.file(sub_run).note_gap(begin, time.time(), counts)
        if taken or is_over:
            self._losses.end_trouble()

    def _fail(self, error: Exception) -> None:
        self._losses.begin_trouble("events cannot be written and are kept while there is room; trying again: %s", error)
        self._retry_s = min(2 * self._retry_s or _FIRST_RETRY_S, self._longest_retry_s)
        self.retry_at = time.monotonic() + self._retry_s


def _warn_of_sync(folder: str, error: BaseException) -> None:
    warn("%r: what was written may not be on the disk: %s", folder, error)
