"""Threads of the writer: started where one is to be had, woken when there is something to do."""

import contextlib
import threading

__all__ = ["Bell", "is_alive", "starts"]


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


def is_alive(thread: threading.Thread | None) -> bool:
    """Whether there is such a thread, and it runs."""
    return thread is not None and thread.is_alive()


def starts(thread: threading.Thread) -> bool:
    """Start a thread; False where none is to be had, or the interpreter is ending."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True
