"""Copies what the process prints to its standard output and error into the log, as text."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["OutputCapture"]

_MAX_WAITING = 1 << 20  # characters of a stream between two intervals; what is beyond is counted
_MAX_LINE = 4096  # characters; a progress bar that never ends its line must not be kept for ever
_STREAMS = ("stdout", "stderr")


class OutputCapture:
    """Stands between ``sys.stdout`` and ``sys.stderr`` and whoever prints, until ``stop``.

    What a program prints appears where it always does, at once; a copy is logged every ``interval_s``, under
    ``output/stdout`` and ``output/stderr``, the step being the number of the first line. A line that was written
    over by way of a carriage return, as progress bars do, is kept as it stood last. Output of extensions that write
    to the descriptors themselves is not seen.
    """

    def __init__(self, add_text: Callable[[str, str, int], None], interval_s: float = 1.0) -> None:
        """Begin; ``add_text`` is called with tag, Markdown and step, on another thread."""
        self._interval_s = interval_s
        self._add_text = add_text
        self._stopping = threading.Event()
        self._copies = {name: _Copy(getattr(sys, name)) for name in _STREAMS if getattr(sys, name) is not None}
        for name, copy in self._copies.items():
            setattr(sys, name, copy)
        self._thread = threading.Thread(target=self._run, name="trainboard-output", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Put the streams back where nobody has replaced them since, and log the rest."""
        if self._stopping.is_set():
            return
        for name, copy in self._copies.items():
            if getattr(sys, name) is copy:
                setattr(sys, name, copy.stream)
        self._stopping.set()
        self._thread.join(timeout=1.0)
        self._log(is_last=True)

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_s):
            self._log()

    def _log(self, *, is_last: bool = False) -> None:
        for name, copy in self._copies.items():
            first, lines = copy.take(is_last=is_last)
            if lines:
                body = "\n".join(f"    {line}" for line in lines)  # Markdown shows an indented block as it is
                self._add_text(f"output/{name}", body, first)


class _Copy:
    """A text stream that remembers what is written to it; all else is the stream's own."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self._pid = os.getpid()
        self._written: deque[str] = deque()
        self._waiting = 0  # characters
        self._left_out = 0
        self._rest = ""  # of a line that goes on
        self._lines = 0

    def write(self, text: str) -> int:
        written: int = self.stream.write(text)
        if isinstance(text, str) and text and os.getpid() == self._pid:  # a forked child has no thread that takes it
            if self._waiting < _MAX_WAITING:
                self._waiting += len(text)
                self._written.append(text)
            else:
                self._left_out += len(text)
        return written

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def take(self, *, is_last: bool) -> tuple[int, list[str]]:
        """Return the number of the first whole line since the last call, and the lines."""
        text = self._rest
        while self._written:
            text += self._written.popleft()
        self._waiting = 0
        *lines, self._rest = text.split("\n")
        if len(self._rest) > _MAX_LINE:
            self._rest = self._rest[self._rest.rfind("\r") + 1 :][:_MAX_LINE]
        if is_last and self._rest:
            lines.append(self._rest)
            self._rest = ""
        if self._left_out:
            lines.append(f"... {self._left_out:,} characters were too many to keep")
            self._left_out = 0
        first, self._lines = self._lines, self._lines + len(lines)
        return first, [_as_it_stood(line) for line in lines]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Any:
        return iter(self.stream)


def _as_it_stood(line: str) -> str:
    """Return what a terminal shows in the end of a line that was written over."""
    shown = ""
    for part in line.rstrip("\r").split("\r"):
        shown = part + shown[len(part) :]
    return shown
