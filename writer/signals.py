"""Writes out a log when a signal comes, if asked for; whoever handled the signal before handles it then."""

import os
import signal
import threading
import weakref
from collections.abc import Iterable
from types import FrameType

from writer.event_file import EndStatus
from writer.event_queue import EventQueue
from writer.herald import warn

__all__ = ["flush_on_signals"]

_MOST_S = 5.0  # schedulers kill 30 s after they have asked


def flush_on_signals(queue: EventQueue, names: Iterable[str]) -> None:
    """Flush this queue on these signals; close it where the signal is about to end the process.

    Args:
        queue: Kept by nobody because of this.
        names: Such as "SIGTERM".

    Raises:
        ValueError: There is no such signal.
    """
    numbers = []
    for name in names:
        if not isinstance(name, str) or name not in signal.Signals.__members__:
            raise ValueError(f"there is no signal {name!r}")
        numbers.append(signal.Signals[name])
    if numbers and threading.current_thread() is not threading.main_thread():
        warn("signals are handled by the main thread alone: flush_on does nothing for a writer that another one made")
        return
    for number in numbers:
        _Handler(queue, number)


class _Handler:
    def __init__(self, queue: EventQueue, number: signal.Signals) -> None:
        self._queue = weakref.ref(queue)
        self._pid = os.getpid()
        self._before = signal.getsignal(number)
        signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        queue = self._queue()
        ends = self._before == signal.SIG_DFL and number not in (signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH)
        if queue is not None and os.getpid() == self._pid:  # a forked child's values are flushed by itself
            if ends:
                queue.close(EndStatus.FAILED, _MOST_S)
            else:
                queue.flush(_MOST_S)
        if callable(self._before):
            self._before(number, frame)
        elif ends:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
