"""Takes the place of a run's queue in a process that logs nothing: everything is accepted, nothing is kept."""

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from writer.buffers import Buffers
from writer.event_file import EndStatus
from writer.event_queue import EventQueue
from writer.format.wire import Parts
from writer.handover import Handover
from writer.lanes import Media
from writer.losses import Losses
from writer.series import Series

__all__ = ["SilentHandover", "SilentQueue"]


class SilentQueue(EventQueue):
    """Has neither threads nor files."""

    def __init__(self) -> None:
        """Begin, and be done."""
        self.scalars = deque(maxlen=0)
        self.limit = sys.maxsize
        self.losses = Losses()
        self.buffers = Buffers(0)

    def forget(self) -> None:
        """Do nothing."""

    def attend(self) -> None:
        """Do nothing."""

    def put_batch(self, numbers: dict[str, Any], step: Any, wall_time: float) -> None:
        """Do nothing."""

    def put_media(self, media: Media) -> None:
        """Do nothing."""

    def flush(self, timeout_s: float = 30.0, *, sync: bool = False) -> bool:
        """Return True: nothing is left to write."""
        return True

    def close(self, status: int = EndStatus.CLOSED, timeout_s: float = 10.0) -> None:
        """Do nothing."""

    def close_soon(self, status: int = EndStatus.CLOSED) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""


class SilentHandover(Handover):
    """Does not even look at what it is given, so that nothing is converted or copied."""

    is_silent = True

    def put_number(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def put_numbers(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def put_arrays(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def put_value(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    def put_event(self, series: Series | str, encode: Callable[[], Parts | bytes], size: int) -> None:
        """Do nothing."""

    def refuse(self, series: Series | str, reason: object) -> None:
        """Do nothing."""
