"""Tells when a device reached a point of the program, without waiting for it."""

import time
from typing import Any

import torch

__all__ = ["Clock", "Mark", "is_over", "seconds"]

Mark = Any  # seconds of the process's clock, or an event in a CUDA stream; None: not told


class Clock:
    """Marks moments on a device: of the CPU by the process's clock, of CUDA by events in the current stream.

    Other accelerators run behind the program as CUDA does, and have no events here: their marks are None.
    """

    def __init__(self) -> None:
        """Begin without marks."""
        self.has_events = False

    def mark(self, device: Any = None) -> Mark:
        """Mark the moment when what was given to the device so far is done; no device is the CPU."""
        kind = "cpu" if device is None else device.type
        if kind == "cpu":
            return time.perf_counter()
        if kind != "cuda":
            return None
        cuda: Any = torch.cuda  # its functions have no types
        self.has_events = True
        event = cuda.Event(enable_timing=True)
        event.record(cuda.current_stream(device))
        return event


def is_over(mark: Mark) -> bool:
    """Tell whether the moment has come; asks, and does not wait."""
    return mark is None or isinstance(mark, float) or bool(mark.query())


def seconds(begin: Mark, end: Mark) -> float | None:
    """Return the time between two marks, s; None where they cannot be compared, or have not come."""
    if isinstance(begin, float) and isinstance(end, float):
        return end - begin
    if begin is None or end is None or isinstance(begin, float) or isinstance(end, float):
        return None
    try:
        return float(begin.elapsed_time(end)) / 1e3 if end.query() else None
    except (RuntimeError, ValueError):  # on two devices
        return None
