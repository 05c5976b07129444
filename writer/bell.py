"""Wakes the one thread that waits for something to do."""

import contextlib
import threading

__all__ = ["Bell"]


class Bell:
    """Wakes the one thread that waits for it; a ring before the wait is not lost."""

    def __init__(self) -> None:
        """Begin silent."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake it; from any thread."""
        with contextlib.suppress(RuntimeError):  # it rings already
            self._lock.release()

    def wait(self, timeout_s: float) -> None:
        """Sleep until somebody rings, or some time has gone by."""
        self._lock.acquire(timeout=timeout_s)
