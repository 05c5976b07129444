"""Bounded lanes from the training's threads to the writer's, and who waits or loses what when they are full."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from writer import process
from writer.bell import Bell
from writer.buffers import Buffers
from writer.drain import MARK, Drain, EncodedLane, ScalarLane, Ticket
from writer.event_file import EndStatus, EventFile
from writer.format.encode import BATCH, frame
from writer.format.wire import Parts, count_bytes
from writer.losses import Losses
from writer.series import Series

__all__ = ["EventQueue", "Media"]

_SCALAR_BYTES = 256  # of memory that a waiting scalar takes: tuple, three numbers, its tag
_LEAST_QUEUE_BYTES = 1 << 18
_LARGEST_RECORD_BYTES = 256 << 20
_STUCK_S = 2.0  # a disk that took nothing for so long is waited for no more
_SUSPICION_S = 0.1
_ROOM_POLL_S = 0.001
_BUSY_PAUSE_S = 0.001
_LEAST_PAUSE_S = 0.00005
_PAUSE_S = 0.01
_IDLE_TURNS = 50
_SLEEP_S = 60.0
_OPEN_WAIT_S = 2.0
_logger = logging.getLogger("writer")


class Media(NamedTuple):
    """A value that takes time to encode: image, histogram, text, graph, a file beside the event file."""

    series: Series | str
    size: int  # bytes that it keeps in memory
    encode: Callable[[], Parts | bytes]  # to a serialised event; b"" where it goes elsewhere


class EventQueue:
    """Two lanes, so that a slow image never delays a scalar.

    Scalars go straight to the writer's thread, media by way of a second one that encodes them.

    The whole fast path of a scalar is in the hands of the caller: append to ``scalars``; call ``attend`` where
    there are then ``limit`` or more. While both lanes keep inside ``queue_bytes`` nobody waits. A caller that
    fills them waits for room for as long as the disk makes progress; when it has made none for 2 s the oldest
    media are dropped, and scalars only where no media are left to drop. All that is dropped is counted.

    Lock order: ``_inline_lock``, ``_lock``, then those of losses and buffers.

    Attributes:
        scalars: (series, value, step, wall_time), appended by any thread.
        limit: Scalars that may wait unattended; 0 while each must be attended to (no thread yet, or asleep).
        losses: What was refused or dropped.
        buffers: Memory for copies of media.
        before_end: Told to end what logs by itself, and whether to wait for it.
    """

    def __init__(
        self, make_file: Callable[[str], EventFile], *, queue_bytes: int, max_queue: int, flush_s: float
    ) -> None:
        """Start the writer's thread, and wait up to 2 s for it to open the run's file."""
        self.scalars: ScalarLane = deque()
        self.limit = 0
        self.losses = Losses()
        self._queue_bytes = max(queue_bytes, _LEAST_QUEUE_BYTES)
        self.buffers = Buffers(self._queue_bytes * 3 // 4)  # as much as media may take
        self.before_end: Callable[[bool], None] | None = None
        self._make_file = make_file
        self._max_queue = max_queue
        self._flush_s = flush_s
        self._encoded: EncodedLane = deque()
        self._media: deque[Media | Ticket] = deque()
        self.forget()
        opened = threading.Event()
        self._start(opened)
        if self._thread is not None:
            opened.wait(_OPEN_WAIT_S)

    def forget(self) -> None:
        """Leave the parent process's threads, files and waiting values to the parent."""
        if (drain := getattr(self, "_drain", None)) is not None:
            drain.abandon()
        self._pid = os.getpid()
        self._lock = threading.RLock()  # a signal handler may log, too
        self._inline_lock = threading.RLock()
        self._bell = Bell()
        self._media_bell = Bell()
        self._drain: Drain | None = None
        self._thread: threading.Thread | None = None
        self._encoder: threading.Thread | None = None
        self._is_inline = False  # no thread could be started: callers do the work
        self._is_asleep = False
        self._encoder_progress_at = 0.0  # monotonic, s, as the next
        self._suspected_at = 0.0
        self._media_bytes = 0  # in both media lanes
        self._batched = 0  # scalars that wait in batches, beyond one for each
        self.limit = 0
        self.scalars.clear()
        self._encoded.clear()
        self._media.clear()
        self.losses.forget()
        self.buffers.forget()

    # What the training's threads call.

    def attend(self) -> None:
        """Do what the fast path leaves out: start or wake the writer's thread, wait for room."""
        self._be_ready()
        if self._is_inline:
            self._work_inline()
        elif len(self.scalars) >= self._scalar_capacity():
            self._wait_for_scalar_room()

    def put_batch(self, numbers: dict[str, Any], step: Any, wall_time: float) -> None:
        """Hand over numbers by tag, which are the queue's from now on: whatever ``float`` takes and nobody can change.

        They are one item of the lane, and count for as many as they are.
        """
        with self._lock:
            self._batched += len(numbers) - 1
            self._set_limit()
        self.scalars.append((BATCH, numbers, step, wall_time))
        if len(self.scalars) >= self.limit:
            self.attend()

    def put_media(self, media: Media) -> None:
        """Hand one over to be encoded; waits for room as the class says."""
        if media.size > _LARGEST_RECORD_BYTES:
            self.losses.refuse(media.series, f"{media.size >> 20} MiB are more than a record may hold")
            return
        self._be_ready()
        while not self._try_put(media):
            if self._is_own_thread() or self._is_stuck(time.monotonic(), with_encoder=True):
                if not self._drop_oldest_media():
                    self.losses.add(media.series)
                    return
            else:
                time.sleep(_ROOM_POLL_S)
                self._be_ready()
        if self._encoder is None or self._thread is None or self._is_asleep:
            self._be_ready()
        if self._is_inline:
            self._work_inline()
        elif (drain := self._drain) is None or time.monotonic() - drain.progress_at > _SUSPICION_S:
            self._media_bell.ring()  # else the writer's thread does it, and the caller is spared 30 us

    def flush(self, timeout_s: float = 30.0, *, sync: bool = False) -> bool:
        """Wait until all that was accepted so far is handed to the kernel, with ``sync`` until it is on the disk.

        Returns:
            Whether it was; False at once where the disk takes nothing, and after the timeout.
        """
        if self._is_own_thread() or not self._has_work():
            return not sync
        self._be_ready()
        ticket = Ticket(sync=sync)
        self._send(ticket)
        deadline = time.monotonic() + timeout_s
        while not ticket.done.wait(0.05):
            now = time.monotonic()
            if now > deadline or self._is_stuck(now):
                return False
            self._be_ready()  # another thread may have closed, with the ticket left behind
        return ticket.is_handed_over

    def close(self, status: int = EndStatus.CLOSED, timeout_s: float = 10.0) -> None:
        """Write everything and the end marker, and end the threads; a later value begins a new file."""
        if self._is_own_thread():
            return
        if self.before_end is not None:
            self.before_end(True)
        if not self._has_work():
            return
        self._be_ready()
        drain, thread = self._drain, self._thread
        self.close_soon(status)
        if thread is not None:
            thread.join(timeout_s)
        if drain is not None and not drain.is_ended:
            _logger.warning("the log could not be ended within %g s: its last values may be lost", timeout_s)

    def close_soon(self, status: int = EndStatus.CLOSED) -> None:
        """Begin to close without waiting. Takes no lock: the garbage collector may call it at any moment."""
        if self.before_end is not None:
            self.before_end(False)
        drain = self._drain
        if drain is not None and not drain.is_ending:
            drain.ask_end(status)
            self._send(Ticket(is_last=True))

    def finish(self) -> None:
        """Close at the end of the process."""
        self.close(EndStatus.FAILED if process.is_failing() else EndStatus.CLOSED)

    # Threads.

    def _be_ready(self) -> None:
        if self._pid != os.getpid():  # forked by something that Python was not told of
            self.forget()
        if self._thread is None and not self._is_inline:
            self._start(threading.Event())
        if self._media and self._encoder is None and not self._is_inline:
            self._start_encoder()
        if self._is_asleep:
            with self._lock:
                if self._drain is not None:
                    self._drain.progress_at = time.monotonic()
                self._is_asleep = False
                self._set_limit()
            self._bell.ring()

    def _start(self, opened: threading.Event) -> None:
        with self._lock:
            if self._thread is not None or self._is_inline:
                return
            process.follow(self)
            self._drain = Drain(
                self.scalars,
                self._encoded,
                self._make_file,
                self.losses,
                lambda taken: self._account(-taken),
                self._account_batched,
                max_queue=self._max_queue,
                flush_s=self._flush_s,
            )
            thread = threading.Thread(
                target=self._write_events, args=(self._drain, opened), name="trainboard-writer", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # no thread to be had, or the interpreter is ending
                self._is_inline = True
            else:
                self._thread = thread
                self._set_limit()

    def _start_encoder(self) -> None:
        with self._lock:
            if self._encoder is not None:
                return
            encoder = threading.Thread(target=self._encode_media, name="trainboard-encoder", daemon=True)
            try:
                encoder.start()
            except RuntimeError:
                pass
            else:
                self._encoder = encoder
                return
        while self._media:
            self._encode_next()

    def _write_events(self, drain: Drain, opened: threading.Event) -> None:
        """Run the writer's thread: small bites, so that the training never waits long for the interpreter's lock."""
        has_opened = False
        while True:
            has_more = False
            try:
                if not has_opened:
                    has_opened = True
                    drain.open_run()
                    opened.set()
                has_more = drain.turn()
            except Exception:  # the one place that keeps the thread alive, whatever a value or a disk did
                _logger.exception("the writer's thread met an error and goes on")
            if drain.is_ended:
                break
            if self._media:
                self._media_bell.ring()
            if has_more:
                # Where somebody will soon wait for room: only as long as another thread takes to get the GIL.
                self._bell.wait(_BUSY_PAUSE_S if len(self.scalars) < self.limit // 2 else _LEAST_PAUSE_S)
            elif drain.idle_turns < _IDLE_TURNS or self._media_bytes:
                self._bell.wait(_PAUSE_S)
            else:
                self._sleep()
        with self._lock:
            self._thread = None
            self._drain = None
            self.limit = 0

    def _sleep(self) -> None:
        with self._lock:
            self._is_asleep = True
            self.limit = 0
        # Looked at after limit was set: who appended before it is seen here, who does so after it will wake us.
        if not self.scalars and not self._encoded:
            self._bell.wait(_SLEEP_S)
        with self._lock:
            self._is_asleep = False
            self._set_limit()

    def _encode_media(self) -> None:
        """Run the second thread: encode media, one after the other."""
        while True:
            while not self._media:
                self._media_bell.wait(_SLEEP_S)
            if self._encode_next():  # the last ticket
                with self._lock:
                    self._encoder = None
                return
            self.buffers.touch_ahead()

    def _encode_next(self) -> bool:
        """Encode the oldest of the media; True where that was the last ticket."""
        try:
            media = self._media.popleft()
        except IndexError:  # it was dropped
            return False
        if isinstance(media, Ticket):
            self._encoded.append((MARK, media))
            self._bell.ring()
            return media.is_last
        size = 0
        try:
            if payload := media.encode():
                record = frame([payload] if isinstance(payload, bytes) else payload)
                size = count_bytes(record)
                self._encoded.append((media.series, record))
        except Exception as error:  # likewise the one place that keeps this thread alive
            self.losses.refuse(media.series, error)
        self._encoder_progress_at = time.monotonic()
        self._account(size - media.size)
        return False

    def _work_inline(self) -> None:
        """Do both threads' work where none could be started."""
        with self._inline_lock:
            drain = self._drain
            while drain is not None and not drain.is_ended:
                while self._media:
                    self._encode_next()
                if not drain.turn() and not self._media:
                    break
            if drain is not None and drain.is_ended:
                self._is_inline = False
                self._drain = None

    def _send(self, ticket: Ticket) -> None:
        if self._media or self._encoder is not None:
            ticket.has_passed_media = False
            self._media.append(ticket)
            self._media_bell.ring()
        self.scalars.append((MARK, ticket, None, 0.0))
        self._bell.ring()
        if self._is_inline:
            self._work_inline()

    def _has_work(self) -> bool:
        return bool(self._thread or self._is_inline or self.scalars or self._media or self._encoded)

    def _is_own_thread(self) -> bool:
        """Whether this is one of our threads, come here through a logging handler: it must never wait for itself."""
        return threading.current_thread() in (self._thread, self._encoder)

    # Room.

    def _scalar_capacity(self) -> int:
        """Scalars that may wait: all the room that media leave, at least a quarter."""
        room = max(self._queue_bytes // 4, self._queue_bytes - self._media_bytes)
        return max(0, room // _SCALAR_BYTES - self._batched)

    def _set_limit(self) -> None:
        self.limit = 0 if self._is_asleep or self._thread is None else self._scalar_capacity()

    def _account(self, media_bytes: int) -> None:
        with self._lock:
            self._media_bytes += media_bytes
            self._set_limit()

    def _account_batched(self, count: int) -> None:
        with self._lock:
            self._batched -= count
            self._set_limit()

    def _try_put(self, media: Media) -> bool:
        """Take one into the lane where there is room, at most three quarters for media; one alone always has it."""
        with self._lock:
            others = self._media_bytes
            scalars_bytes = min((len(self.scalars) + self._batched) * _SCALAR_BYTES, self._queue_bytes // 4)
            if others and others + media.size > min(self._queue_bytes * 3 // 4, self._queue_bytes - scalars_bytes):
                return False
            if not self._media:
                self._encoder_progress_at = time.monotonic()
            self._media_bytes += media.size
            self._media.append(media)
            self._set_limit()
        return True

    def _is_stuck(self, now: float, *, with_encoder: bool = False) -> bool:
        drain = self._drain
        if drain is None:
            return False
        progress_at = min(drain.progress_at, self._encoder_progress_at) if with_encoder else drain.progress_at
        if now - progress_at <= _STUCK_S:
            return False
        # It may be our threads that did not run, where the training kept the GIL for long: give them a moment.
        if self._suspected_at < progress_at:
            self._suspected_at = now
        return now - self._suspected_at > _SUSPICION_S

    def _wait_for_scalar_room(self) -> None:
        while len(self.scalars) >= self._scalar_capacity():
            if self._is_own_thread() or self._is_stuck(time.monotonic()):
                if not self._drop_oldest_media():
                    self._drop_newest_scalar()
                    return
            else:
                time.sleep(_ROOM_POLL_S)
                self._be_ready()

    def _drop_oldest_media(self) -> bool:
        """Make room at the cost of media; False where none are left. The writer's thread takes none meanwhile."""
        for lane in (self._encoded, self._media):
            try:
                first = lane.popleft()
            except IndexError:
                continue
            if isinstance(first, Media):
                self.losses.add(first.series)
                self._account(-first.size)
            elif isinstance(first, Ticket):
                if first.is_last:  # the encoder's thread ends by it
                    self._media.appendleft(first)
                    return False
                self._encoded.append((MARK, first))  # nothing is left that was ahead of it
            elif first[0] is MARK:
                first[1].has_passed_media = True
            else:
                self.losses.add(first[0])
                self._account(-count_bytes(first[1]))
            return True
        return False

    def _drop_newest_scalar(self) -> None:
        kept = []
        try:
            while (item := self.scalars.pop())[0] is MARK:
                kept.append(item)
            if item[0] is BATCH:
                self._account_batched(len(item[1]) - 1)
            for tag in item[1] if item[0] is BATCH else item[:1]:
                self.losses.add(tag)
        except IndexError:
            pass
        self.scalars.extend(reversed(kept))
