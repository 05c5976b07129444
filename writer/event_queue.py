"""Bounded lanes from the training's threads to the writer's, and who waits or loses what when they are full."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from writer import lanes, process
from writer.bell import Bell, is_alive, starts
from writer.buffers import Buffers
from writer.drain import Drain
from writer.event_file import EndStatus, EventFile
from writer.format.encode import BATCH, frame
from writer.format.wire import count_bytes
from writer.herald import say_on_another_thread, wait_until_said, warn
from writer.lanes import MARK, EncodedLane, Media, MediaLane, ScalarLane, Ticket
from writer.losses import Losses

__all__ = ["EventQueue"]

_SCALAR_BYTES = 256  # of memory that a waiting scalar takes: tuple, three numbers, its tag
_LEAST_QUEUE_BYTES = 1 << 18
_LARGEST_RECORD_BYTES = 256 << 20
_STUCK_S = 2.0  # a disk that took nothing for so long is waited for no more
_SUSPICION_S = 0.1
_ROOM_POLL_S = 0.001
_ERROR_PAUSE_S = 0.2
_BUSY_PAUSE_S = 0.001
_LEAST_PAUSE_S = 0.00005
_PAUSE_S = 0.01
_IDLE_TURNS = 50
_SLEEP_S = 60.0
_OPEN_WAIT_S = 2.0
_FLUSH_SAID_S = 0.1
_CLOSE_SAID_S = 1.0


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
        self,
        make_file: Callable[[str], EventFile],
        *,
        queue_bytes: int,
        max_queue: int,
        flush_s: float,
        sync_s: float | None = None,
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
        self._sync_s = sync_s
        self._encoded: EncodedLane = deque()
        self._media: MediaLane = deque()
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
        self._is_finished = False  # the process ends: what is still logged is written at once, without a thread
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
        self._account_batched(1 - len(numbers))
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
                if not self._has_dropped_media():
                    self.losses.drop(media.series)
                    return
            else:
                time.sleep(_ROOM_POLL_S)
                self._be_ready()
        if self._is_asleep or self._encoder is None or self._thread is None:  # whether they live was asked above
            self._be_ready()
        if self._is_inline:
            self._work_inline()
        elif not self._is_at_work():
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
        wait_until_said(_FLUSH_SAID_S)
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
        wait_until_said(_CLOSE_SAID_S)
        if drain is not None and not drain.is_ended:
            warn("the log could not be ended within %g s: its last values may be lost", timeout_s)

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
        self._is_finished = True
        self.close(EndStatus.FAILED if process.is_failing() else EndStatus.CLOSED)

    # Threads.

    def _be_ready(self) -> None:
        if self._pid != os.getpid():  # forked by something that Python was not told of
            self.forget()
        # A thread that works is not asked whether it lives, which takes a caller 10 us.
        if not self._is_at_work() and not is_alive(self._thread) and not self._is_inline:
            self._start(threading.Event())
        if self._media and not is_alive(self._encoder) and not self._is_inline:
            self._start_encoder()
        if self._is_asleep:
            with self._lock:
                if self._drain is not None:
                    self._drain.progress_at = time.monotonic()
                self._is_asleep = False
                self._set_limit()
            self._bell.ring()

    def _is_at_work(self) -> bool:
        drain = self._drain
        return drain is not None and time.monotonic() - drain.progress_at < _SUSPICION_S

    def _start(self, opened: threading.Event) -> None:
        with self._lock:
            if is_alive(self._thread) or self._is_inline:
                return
            if self._is_finished and threading.current_thread().daemon:
                return  # it is stopped at any moment now, and its file would have no end
            process.follow(self)
            if self._drain is None or self._drain.is_ended:  # else its thread has died, and the next one goes on
                self._drain = self._make_drain()
            thread = threading.Thread(
                target=self._write_events, args=(self._drain, opened), name="trainboard-writer", daemon=True
            )
            if self._is_finished or not starts(thread):
                self._is_inline = True
            else:
                self._thread = thread
                self._set_limit()

    def _make_drain(self) -> Drain:
        return Drain(
            self.scalars,
            self._encoded,
            self._make_file,
            self.losses,
            lambda taken: self._account(-taken),
            self._account_batched,
            max_queue=self._max_queue,
            flush_s=0.0 if self._is_finished else self._flush_s,
            sync_s=self._sync_s,
        )

    def _start_encoder(self) -> None:
        with self._lock:
            if is_alive(self._encoder):
                return
            encoder = threading.Thread(target=self._encode_media, name="trainboard-encoder", daemon=True)
            if starts(encoder):
                self._encoder = encoder
                return
        while self._media:
            self._encode_next()

    def _write_events(self, drain: Drain, opened: threading.Event) -> None:
        """Run the writer's thread: small bites, so that the training never waits long for the interpreter's lock."""
        say_on_another_thread()
        met = ""
        while not drain.is_ended:
            try:
                time.sleep(_ERROR_PAUSE_S if met else 0.0)
                self._work(drain, opened)
            except BaseException as error:  # the one place that keeps the thread alive, whatever a value or a disk did
                if repr(error) != met:
                    warn("the writer's thread met an error and goes on", exception=error)
                met = repr(error)
        with self._lock:
            self._thread = None
            self._drain = None
            self.limit = 0

    def _work(self, drain: Drain, opened: threading.Event) -> None:
        if not opened.is_set():
            try:
                drain.open_run()
            finally:
                opened.set()
        while not drain.is_ended:
            has_more = drain.turn()
            if self._media:
                self._media_bell.ring()
            if has_more:
                # Where somebody will soon wait for room: only as long as another thread takes to get the GIL.
                self._bell.wait(_BUSY_PAUSE_S if len(self.scalars) < self.limit // 2 else _LEAST_PAUSE_S)
            elif drain.idle_turns < _IDLE_TURNS or self._media_bytes:
                self._bell.wait(_PAUSE_S)
            else:
                self._sleep(drain.seconds_to_sync())

    def _sleep(self, most_s: float | None) -> None:
        with self._lock:
            self._is_asleep = True
            self.limit = 0
        # Looked at after limit was set: who appended before it is seen here, who does so after it will wake us.
        if not self.scalars and not self._encoded:
            self._bell.wait(_SLEEP_S if most_s is None else min(most_s, _SLEEP_S))
        with self._lock:
            self._is_asleep = False
            self._set_limit()

    def _encode_media(self) -> None:
        """Run the second thread: encode media, one after the other."""
        say_on_another_thread()
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
        except BaseException as error:  # likewise the one place that keeps this thread alive
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

    def _has_dropped_media(self) -> bool:
        size = lanes.drop_oldest_media(self._encoded, self._media, self.losses)
        self._account(-(size or 0))
        return size is not None

    def _wait_for_scalar_room(self) -> None:
        while len(self.scalars) >= self._scalar_capacity():
            if self._is_own_thread() or self._is_stuck(time.monotonic()):
                if not self._has_dropped_media():
                    self._account_batched(max(lanes.drop_newest_scalar(self.scalars, self.losses) - 1, 0))
                    return
            else:
                time.sleep(_ROOM_POLL_S)
                self._be_ready()
