"""Does pieces of reading in several threads, and lets the caller do something in between."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

from board.ingest.read_buffer import ReadBuffer

__all__ = ["work_through"]

WORKERS = min(4, os.cpu_count() or 1)

T = TypeVar("T")


def work_through(
    jobs: deque[T], work: Callable[[T, ReadBuffer], bool], may_go_on: Callable[[], bool], yield_s: float
) -> Generator[None]:
    """Do all jobs, first come first served, and yield at least every ``yield_s`` seconds.

    Args:
        jobs: those that are left when ``may_go_on`` says no stay there.
        work: called by several threads with a job and the thread's buffer; True: there is more of it. It comes behind
            the others then, so that a large one doesn't keep small ones waiting; the next time it is gone on with.
        may_go_on: asked before each job.
        yield_s: seconds.
    """
    begun: set[int] = set()
    steps: SimpleQueue[bool] = SimpleQueue()  # one for each piece of work; False: a thread has ended
    is_abandoned = threading.Event()
    # A thread whose start Ctrl-C has cut off is waited for by nobody: it must read nothing.
    gate = threading.Event()

    def run() -> None:
        try:
            gate.wait()
            buffer = ReadBuffer()
            while may_go_on() and not is_abandoned.is_set():
                try:
                    job = jobs.popleft()
                except IndexError:
                    break
                if work(job, buffer):
                    (jobs.appendleft if id(job) in begun else jobs.append)(job)
                    begun.add(id(job))
                steps.put(True)
        finally:
            steps.put(False)

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="board-reader") as pool:
        try:
            for _ in range(WORKERS):
                pool.submit(run)
            gate.set()
            working = WORKERS
            while working:
                with suppress(Empty):  # what others have read is not kept waiting by one that takes long
                    working -= not steps.get(timeout=yield_s)
                yield
        finally:
            is_abandoned.set()
            gate.set()
