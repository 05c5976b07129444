"""What the writer's thread does in one turn: takes a bite, frames it, and answers those who wait for it."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from writer.device_values import Coming, is_coming, resolve
from writer.errors import CONVERSION_ERRORS, UnsupportedValueError
from writer.event_file import EventFile
from writer.format.encode import BATCH, ScalarEncoder, frame
from writer.format.wire import count_bytes
from writer.herald import warn
from writer.lanes import MARK, EncodedLane, ScalarLane, Ticket
from writer.losses import Losses
from writer.run_files import RunFiles
from writer.series import Series, check_tag, split
from writer.summaries import NewStyle, encode_event, encode_tag, tensor_scalar

__all__ = ["Drain"]

_BITE_S = 0.0003  # for which the GIL is held at most, but where there is no compiled encoder
_ENCODED_BITE_BYTES = 1 << 18
_MAX_HELD = 65536  # values on their way from accelerators
_END_RETRY_S = 1.0
_END_HELD_S = 8.0


class Drain:
    """Empties the lanes into event files. Used by one thread; others read ``progress_at`` and ``is_ended``.

    Attributes:
        progress_at: When a turn last ended with nothing in its way, on the monotonic clock, s.
        is_ended: The files have their end markers and are closed.
        idle_turns: How many turns since there was last anything to do.
    """

    def __init__(
        self,
        scalars: ScalarLane,
        encoded: EncodedLane,
        make_file: Callable[[str], EventFile],
        losses: Losses,
        give_back: Callable[[int], None],
        give_back_batched: Callable[[int], None],
        *,
        max_queue: int,
        flush_s: float,
        sync_s: float | None = None,
    ) -> None:
        """Prepare.

        Args:
            scalars: What to take; others append to it.
            encoded: Likewise.
            make_file: Asked for the file of each sub-run ("" is the run itself) when it is needed.
            losses: Told what could not be written.
            give_back: Told how many bytes of ``encoded`` were taken.
            give_back_batched: Told how many scalars were in batches that were taken, beyond one for each.
            max_queue: Records that may wait before the next turn writes them.
            flush_s: How long fewer may wait, s.
            sync_s: How long what was written may not be on the disk itself, s; None is for ever.
        """
        self.progress_at = time.monotonic()
        self.is_ended = False
        self.idle_turns = 0
        self._end_status = 0
        self._end_asked_at = 0.0  # monotonic, s
        self._scalars = scalars
        self._encoded = encoded
        self._losses = losses
        self._give_back = give_back
        self._give_back_batched = give_back_batched
        self._encoder = ScalarEncoder()
        self._files = RunFiles(
            make_file, losses, self._note_progress, max_queue=max_queue, flush_s=flush_s, sync_s=sync_s
        )
        # Values on their way, and behind each the later ones of its series: a series is written in order, as
        # RustBoard hides what lies at or above a later record's step.
        self._held: dict[Series | str, deque[tuple[int, tuple[Any, Any, Any, float]]]] = {}
        self._held_sequence = 0
        self._tickets: list[Ticket] = []
        self._tickets_to_sync: list[Ticket] = []
        self._tickets_in_sync: list[Ticket] = []

    @property
    def has_pending(self) -> bool:
        """Whether something waits for the disk, or for an accelerator."""
        is_telling = self._files.is_syncing or self._losses.has_unsaid
        return bool(self._files.has_pending or self._held or is_telling)

    @property
    def is_ending(self) -> bool:
        """Whether ``ask_end`` was called."""
        return self._end_asked_at > 0

    def open_run(self) -> None:
        """Open the run's own file before there is anything to write, as torch's writer does."""
        self._files.open_run()

    def seconds_to_sync(self) -> float | None:
        """Return how long nothing need be synced; None is for ever."""
        return self._files.seconds_to_sync(time.monotonic())

    def turn(self) -> bool:
        """Take one bite and write what is due; True where there is more to take."""
        now = time.monotonic()
        if self._end_asked_at and self._files.is_failing and now - self._end_asked_at > _END_RETRY_S:
            self._end()
        if self.is_ended or now < self._files.retry_at:
            return False
        if self._files.is_failing:
            self._files.write()  # before anything more is taken out of the bounded lanes
            if self._files.is_failing:
                return False
        if self._held:
            self._release_held()
        is_clogged = sum(map(len, self._held.values())) > _MAX_HELD
        self.idle_turns = 0 if self._scalars or self._encoded or self.has_pending else self.idle_turns + 1
        if (self._scalars or self._encoder.has_rest) and not is_clogged:
            batched = self._encoder.take(self._scalars, _BITE_S, self._encode_odd)
            if batched:
                self._give_back_batched(batched)
        if self._encoded:
            self._take_encoded()
        self._files.write_due(now, is_wanted=bool(self._tickets))
        if not self._files.is_failing and not is_clogged:
            self._note_progress()
        self._settle_tickets()
        self._sync_due(now)
        return bool(self._scalars or self._encoded or self._encoder.has_rest) and not is_clogged

    def ask_end(self, status: int) -> None:
        """Say with which ``EndStatus`` the last ticket will end the files; from any thread, before it is sent."""
        self._end_status = status
        self._end_asked_at = time.monotonic()
        self._files.hasten()

    def abandon(self) -> None:
        """Close the descriptors in a forked child; what is pending is the parent's to write."""
        self._files.abandon()

    def _note_progress(self) -> None:
        self.progress_at = time.monotonic()

    def _take_encoded(self) -> None:
        taken = 0
        while taken < _ENCODED_BITE_BYTES:
            try:
                series, record = self._encoded.popleft()
            except IndexError:  # all taken, or dropped by a caller in need of room
                break
            if series is MARK:
                record.has_passed_media = True
            else:
                self._files.file(split(series)[0]).pending.append_parts(record)
                taken += count_bytes(record)
        self._files.media_bytes += taken
        self._give_back(taken)

    def _encode_odd(self, item: tuple[Any, Any, Any, float]) -> None:
        series, value, step, _ = item
        if series is MARK and value.is_last and not self.is_ending:  # of a close that others had been faster than
            value.settle(is_handed_over=True)
            return
        if series is MARK:
            value.held_before = self._held_sequence
            self._tickets.append(value)
            return
        try:
            check_tag(series.tag if isinstance(series, Series) else series)
            is_waiting = is_coming(step) or is_coming(value.value if isinstance(value, NewStyle) else value)
            if is_waiting or series in self._held:
                self._hold(item)
            else:
                self._encode_one(item)
        except CONVERSION_ERRORS as error:
            self._losses.refuse(series, error)

    def _encode_one(self, item: tuple[Any, Any, Any, float]) -> None:
        series, value, step, wall_time = item
        sub_run, tag = split(series)
        pending = self._files.file(sub_run).pending
        name = encode_tag(tag)
        step = int(resolve(step))
        if isinstance(value, NewStyle):
            made = tensor_scalar(name, resolve(value.value), is_double=value.is_double)
            pending.append_parts(frame(encode_event(made, step, wall_time)))
        else:
            # While a series is held, its items must not find their way past _encode_odd.
            key = (series,) if series in self._held else series
            known = key, float(resolve(value)), step, wall_time
            if not self._encoder.encode(known):
                self._encoder.learn(key, name, pending)
                if not self._encoder.encode(known):
                    raise UnsupportedValueError(f"the step {step} is outside of the 64-bit range")

    def _hold(self, item: tuple[Any, Any, Any, float]) -> None:
        self._encoder.forget(item[0])  # so that the series' next items come to _encode_odd
        self._held_sequence += 1
        self._held.setdefault(item[0], deque()).append((self._held_sequence, item))

    def _release_held(self) -> None:
        blocked: set[object] = set()  # streams of which an earlier value has not come
        for series, waiting in list(self._held.items()):
            while waiting:
                item = waiting[0][1]
                try:
                    if not _has_come(item, blocked):
                        break
                    self._encode_one(item)
                except CONVERSION_ERRORS as error:  # of a failed device
                    self._losses.refuse(series, error)
                waiting.popleft()
            if not waiting:
                del self._held[series]

    def _settle_tickets(self) -> None:
        if self._end_asked_at and time.monotonic() - self._end_asked_at > _END_HELD_S:
            for series, waiting in self._held.items():
                self._losses.refuse(series, "its accelerator has not delivered it")
                self._losses.add(series, len(waiting) - 1)
            self._held.clear()
            for ticket in self._tickets:  # whatever encodes media hangs: the scalars' file ends all the same
                ticket.has_passed_media |= ticket.is_last
        if not self._tickets or self._files.is_failing or self._files.has_pending:
            return
        oldest_held = min((waiting[0][0] for waiting in self._held.values()), default=self._held_sequence + 1)
        for ticket in list(self._tickets):
            if ticket.has_passed_media and ticket.held_before < oldest_held:
                self._tickets.remove(ticket)
                if ticket.is_last:
                    self._end()
                elif ticket.sync:
                    self._tickets_to_sync.append(ticket)
                    continue
                ticket.settle(is_handed_over=True)

    def _sync_due(self, now: float) -> None:
        is_synced = self._files.sync_due(now)
        if is_synced is not None:
            for ticket in self._tickets_in_sync:
                ticket.settle(is_handed_over=is_synced)
            self._tickets_in_sync.clear()
        if self._tickets_to_sync and not self._files.is_syncing:
            waiting, self._tickets_to_sync = self._tickets_to_sync, []
            if self._files.begin_sync():
                self._tickets_in_sync += waiting
            else:
                for ticket in waiting:
                    ticket.settle(is_handed_over=self._files.is_synced)

    def _end(self) -> None:
        """End and close the files; what the disk does not take now is lost."""
        was_failing = self._files.is_failing
        lost = self._files.end(self._end_status)
        self._losses.clear()
        for sub_run, count in lost.items():
            self._losses.drop(Series(sub_run, ""), count, is_told=True)
        # What was taken and is in no file is given back: it is the next file's, or goes with the lanes.
        behind = [item for waiting in self._held.values() for _, item in waiting] + self._encoder.take_rest()
        self._scalars.extendleft(reversed(behind))
        if was_failing:
            self._clear_lanes()
        if count := self._losses.count_all():  # told of in the next file, if there is to be one
            warn("%d values were lost at the end of the log", count)
        # A flush that came between the two halves of a close goes to whoever opens the next file.
        waiting = self._tickets + self._tickets_to_sync + self._tickets_in_sync
        self._scalars.extend((MARK, ticket, None, 0.0) for ticket in waiting if not ticket.is_last)
        self.is_ended = True

    def _clear_lanes(self) -> None:
        for lane in (self._scalars, self._encoded):
            while lane:
                item = lane.popleft()
                if item[0] is MARK:
                    item[1].settle(is_handed_over=False)
                    continue
                for tag in item[1] if item[0] is BATCH else item[:1]:
                    self._losses.drop(tag, is_told=True)
                if item[0] is BATCH:
                    self._give_back_batched(len(item[1]) - 1)
                elif lane is self._encoded:
                    self._give_back(count_bytes(item[1]))


def _has_come(item: tuple[Any, Any, Any, float], blocked: set[object]) -> bool:
    value = item[1].value if isinstance(item[1], NewStyle) else item[1]
    comings: list[Coming] = [part for part in (value, item[2]) if is_coming(part)]
    for coming in comings:
        if coming.stream in blocked:
            return False
        if not coming.is_ready():
            blocked.add(coming.stream)
            return False
    return True
