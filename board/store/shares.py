"""Divides long computations, which leave the GIL alone, among the processor's cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_shares", "shares_of"]

_MOST = 4  # beyond that it is the memory that is waited for

T = TypeVar("T")


def shares_of(first: int, stop: int, least: float, multiple: int) -> list[tuple[int, int]]:
    """Return rows first to stop as one span a core, of so many rows or more; they meet at multiples of ``multiple``."""
    count = max(min(int((stop - first) / least), _count_cores(), _MOST), 1)
    edges = [(first + (stop - first) * i // count) // multiple * multiple for i in range(1, count)]
    return list(zip([first, *edges], [*edges, stop], strict=True))


def in_shares(work: Callable[[int, int], T], shares: list[tuple[int, int]]) -> list[T]:
    """Return ``work(first, stop)`` for each span, computed side by side; the last one by this thread.

    The threads are made anew each time: kept ones would be missing after a fork.
    """
    if len(shares) == 1:
        return [work(*shares[0])]
    with ThreadPoolExecutor(len(shares) - 1, thread_name_prefix="board-share") as pool:
        others = [pool.submit(work, first, stop) for first, stop in shares[:-1]]
        last = work(*shares[-1])
        return [*(other.result() for other in others), last]


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux, where a container may have a few of many
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
