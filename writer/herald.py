"""Says what went wrong, on a thread of its own where ours would: a logging handler may hold up who calls it."""

import contextlib
import logging
import os
import threading
from collections import deque
from typing import Any

from writer.bell import starts

__all__ = ["say_on_another_thread", "wait_until_said", "warn"]

_MOST_WAITING = 1000
_logger = logging.getLogger("writer")
_own_threads = threading.local()  # .are_ours is set in threads that must not wait for a handler


class _Herald:
    """What one process has to say, in order."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, tuple[object, ...], Any]] = deque(maxlen=_MOST_WAITING)
        self._is_speaking = False
        self._silence = threading.Event()
        self._silence.set()

    def say(self, message: str, details: tuple[object, ...], exception: Any) -> None:
        with self._lock:
            self._waiting.append((message, details, exception))
            if self._is_speaking:
                return
            self._is_speaking = True
            self._silence.clear()
        if not starts(threading.Thread(target=self._speak, name="trainboard-herald", daemon=True)):
            self._speak()

    def wait(self, timeout_s: float) -> None:
        self._silence.wait(timeout_s)

    def _speak(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_speaking = False
                    self._silence.set()
                    return
                message, details, exception = self._waiting.popleft()
            with contextlib.suppress(Exception):  # a handler's own, which must not end the words behind it
                _logger.warning(message, *details, exc_info=exception)


_herald = _Herald()


def say_on_another_thread() -> None:
    """Mark the calling thread as one that waits for no logging handler."""
    _own_threads.are_ours = True


def warn(message: str, *details: object, exception: BaseException | None = None) -> None:
    """Log a warning, with the exception's traceback where there is one; the arguments are those of ``logging``."""
    global _herald
    if not getattr(_own_threads, "are_ours", False):
        _logger.warning(message, *details, exc_info=exception)
        return
    if _herald.pid != os.getpid():
        _herald = _Herald()
    _herald.say(message, details, exception)


def wait_until_said(timeout_s: float) -> None:
    """Wait for what our threads had to say, at most so long."""
    if _herald.pid == os.getpid() and not getattr(_own_threads, "are_ours", False):
        _herald.wait(timeout_s)
