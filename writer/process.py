"""Follows the process that the writers live in: what a fork, and the end of the interpreter, do to them."""

import atexit
import os
import sys
import threading
import weakref
from typing import Protocol

__all__ = ["follow", "importing", "is_failing"]


class Follower(Protocol):
    """What has threads and files of one process."""

    def forget(self) -> None:
        """Drop all that belongs to the parent process: called in a forked child, which has one thread only."""

    def finish(self) -> None:
        """Write out everything: the interpreter ends. It must not raise."""


_followers: "weakref.WeakSet[Follower]" = weakref.WeakSet()
_finishing_pid = 0  # the multiprocessing child in which _finish is registered
_fork_thread = 0  # holds `importing` for a fork

# Held by a writer's thread while it imports a module. A fork waits for it: the child would inherit a module
# that is for ever half imported, by a thread that the child does not have.
importing = threading.Lock()
_FORK_WAIT_S = 5.0


def follow(follower: Follower) -> None:
    """Tell this object of forks, and of the end of the process; called again in each process that it works in."""
    global _finishing_pid
    _followers.add(follower)
    # Children of multiprocessing end without atexit where they were forked, and run its finalizers.
    multiprocessing_process = sys.modules.get("multiprocessing.process")
    is_child = multiprocessing_process is not None and multiprocessing_process.parent_process() is not None
    if is_child and _finishing_pid != os.getpid():
        _finishing_pid = os.getpid()
        import multiprocessing.util  # loaded in such a child; other processes need not pay for it

        multiprocessing.util.Finalize(None, _finish, exitpriority=100)  # before those of queues and pools


def is_failing() -> bool:
    """Whether an exception is ending this process, or has just ended the main thread."""
    exception = sys.exc_info()[1] or getattr(sys, "last_value", None)
    is_interactive = hasattr(sys, "ps1")  # there an earlier line's exception ends nothing
    return exception is not None and not isinstance(exception, SystemExit) and not is_interactive


def _finish() -> None:
    for follower in list(_followers):
        follower.finish()


def _before_fork() -> None:
    global _fork_thread
    if importing.acquire(timeout=_FORK_WAIT_S):
        _fork_thread = threading.get_ident()


def _after_fork_in_parent() -> None:
    global _fork_thread
    if _fork_thread == threading.get_ident():
        _fork_thread = 0
        importing.release()


def _after_fork_in_child() -> None:
    global importing, _fork_thread
    importing = threading.Lock()
    _fork_thread = 0
    for follower in list(_followers):
        follower.forget()


atexit.register(_finish)
os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
