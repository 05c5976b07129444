"""Takes objects out of the caches that outlive a trial run of somebody's code.

A model may keep tensors where no copy of the model reaches: in a function's ``lru_cache``, in a dict of its class, in
a global variable. A tensor without content that stays there would be found by the training, and break it.
"""

import functools
import gc
import types
import weakref
from collections.abc import Iterable
from typing import Any

__all__ = ["evict"]

_DEPTH = 3  # cache -> tuple -> tensor, and one more


def evict(watched: Iterable[weakref.ref[Any]]) -> list[str]:
    """Remove what is still alive of the watched objects from whatever holds it.

    Args:
        watched: objects that nobody should hold any more.

    Returns:
        The kinds of holders that could not be made to let go; empty when nothing is left.
    """
    references = list(watched)
    if all(reference() is None for reference in references):
        return []
    gc.collect()
    for reference in references:
        if (held := reference()) is not None:
            _release(held, set(), 0)
            del held
    return sorted({type(held).__name__ for reference in references if (held := reference()) is not None})


def _release(held: Any, ignored: set[int], depth: int) -> None:
    # No comprehensions here: they would make `held` a cell, and that one more holder.
    holders = gc.get_referrers(held)
    ignored = {*ignored, id(holders)}  # a list that holds them as well
    for holder in holders:
        if id(holder) in ignored or isinstance(holder, types.FrameType):
            continue
        if isinstance(holder, dict):
            owner = _owner(holder)
            for key, value in list(holder.items()):
                if value is held and owner is not None:  # an attribute or a global variable: the name has to stay
                    setattr(owner, key, None)
                elif value is held:
                    del holder[key]
        elif isinstance(holder, list):
            for index in range(len(holder) - 1, -1, -1):
                if holder[index] is held:
                    del holder[index]
        elif isinstance(holder, set):
            holder.discard(held)
        elif isinstance(holder, functools._lru_cache_wrapper):
            holder.cache_clear()
        elif isinstance(holder, types.CellType):
            holder.cell_contents = None
        elif isinstance(holder, tuple) and depth < _DEPTH:
            _release(holder, ignored, depth + 1)
        else:  # an object whose attributes Python keeps without a dict
            for name, value in list(getattr(holder, "__dict__", {}).items()):
                if value is held:
                    setattr(holder, name, None)


def _owner(namespace: dict[Any, Any]) -> Any:
    """Find the module, class or object whose attributes a dict holds; None for a dict of its own."""
    for candidate in gc.get_referrers(namespace):
        if isinstance(candidate, type):
            if candidate.__dict__.keys() == namespace.keys():
                return candidate
        elif getattr(candidate, "__dict__", None) is namespace:
            return candidate
    return None
