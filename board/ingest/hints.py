"""What the operating system tells of changes below the logdirs; a hint, never more.

Network file systems report nothing, and the number of watches is limited: whoever listens here has to look for himself
now and then, too. On Linux each folder is named one by one: left to walk a tree by itself, the library follows every
link in it, with Python's lock held, so that a few folders which link to each other would stop the process for ever.
"""

import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress

from watchfiles import Change, watch

__all__ = ["NAMES_FOLDERS", "Hints"]

NAMES_FOLDERS = sys.platform == "linux"  # elsewhere the system itself listens to a whole tree, and follows no links

_WAIT_MS = 100
_DEBOUNCE_MS = 100  # at most, while changes keep coming
_STEP_MS = 20  # of silence end a batch


class Hints:
    """One listener for all logdirs: the system allows only a hundred or so."""

    def __init__(self, stopping: threading.Event) -> None:
        """Listen to nothing yet; ``stopping`` ends every wait."""
        self.reason: str | None = "not started"  # why there are no hints; None where there are
        self._stopping = stopping
        self._changes: Generator[set[tuple[Change, str]], None, None] | None = None

    def listen(self, folders: Sequence[str]) -> set[tuple[Change, str]]:
        """Listen to what happens right in these folders (``NAMES_FOLDERS``; else anywhere below them), nowhere else.

        Where that fails, ``reason`` says why.

        Returns:
            What was heard until now, and in the first 0.1 s of listening.

        Raises:
            FileNotFoundError: one of them is no more; name those that are there.
        """
        before, self._changes = self._changes, None
        if folders:
            self._changes = watch(
                *folders,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stopping,
                rust_timeout=_WAIT_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                ignore_permission_denied=True,
                recursive=not NAMES_FOLDERS,
            )
            self.reason = None
        else:
            self.reason = "there is no folder to watch"
        try:
            heard = self.wait()  # here it really begins
            with suppress(OSError, RuntimeError):
                heard |= next(before, set()) if before is not None else set()
            return heard
        finally:
            if before is not None:
                before.close()

    def wait(self) -> set[tuple[Change, str]]:
        """Wait for changes for about 0.1 s; return them, or nothing."""
        if self._changes is None:
            self._stopping.wait(_WAIT_MS / 1000)
            return set()
        try:
            return next(self._changes, set())
        except FileNotFoundError:
            self.close()
            raise
        except (OSError, RuntimeError) as error:  # limits on watches and instances, a folder that is no more
            self.close()
            self.reason = f"the system does not report changes ({error})"
            return set()

    def close(self) -> None:
        """Stop listening."""
        if self._changes is not None:
            self._changes.close()
        self._changes = None
        self.reason = "closed"
