"""Lets Python's garbage collector look less often while much is made that stays."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["patient_collector"]

_PATIENCE = 100_000  # objects made before it looks for garbage among them; 700 are usual
_MUCH = 10_000  # made and kept: those then count as old, as if they had been gone through


class _Holders:
    """Who asks for patience now, and what the program had chosen before the first of them."""

    lock = threading.Lock()
    count = 0
    before = (0, 0, 0)
    raised = (0, 0, 0)


@contextmanager
def patient_collector() -> Iterator[None]:
    """Have garbage looked for less often: what a first load makes stays, and going through it is a sixth of the time.

    Garbage that other threads make is still found, a little later. May be held by several threads at the same time; the
    last one restores what was chosen before, unless somebody has chosen anew. A program without a collector stays so.
    What was made until then is not gone through at once, either, but with everything else that is old.
    """
    with _Holders.lock:
        if _Holders.count == 0:
            _Holders.before = gc.get_threshold()
            young, middle, old = _Holders.before
            _Holders.raised = max(young, _PATIENCE) if young else 0, middle, old
            gc.set_threshold(*_Holders.raised)
        _Holders.count += 1
    try:
        yield
    finally:
        with _Holders.lock:
            _Holders.count -= 1
            if _Holders.count == 0 and gc.get_threshold() == _Holders.raised:
                if gc.get_count()[0] > _MUCH and gc.get_freeze_count() == 0:  # else somebody has frozen their own
                    gc.freeze()
                    gc.unfreeze()
                gc.set_threshold(*_Holders.before)
