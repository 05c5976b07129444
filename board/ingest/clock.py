"""The two clocks of a reader, handed in so that tests need not wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True)
class Clock:
    """``monotonic`` for intervals; ``wall`` only to compare with a file's modification time. Both in seconds."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
