"""Keeps what was expensive to make and was asked for lately, up to a number of bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

__all__ = ["Recent"]


class Recent:
    """Values by key; the one not asked for longest goes first. Any thread may call any method."""

    def __init__(self, limit_bytes: int) -> None:
        """Hold at most that many bytes; a single value larger than that is not held at all."""
        self._limit_bytes = limit_bytes
        self._lock = Lock()  # held for a look-up, never while a value is made
        self._held: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._held_bytes = 0

    @property
    def held_bytes(self) -> int:
        """What is held now."""
        return self._held_bytes

    def find(self, key: Hashable) -> object | None:
        """Return the value, if it is held."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def take(self, key: Hashable) -> object | None:
        """Return the value and hold it no longer: the caller may extend it, as nobody else will find it."""
        with self._lock:
            found = self._held.pop(key, None)
            if found is None:
                return None
            self._held_bytes -= found[1]
            return found[0]

    def keep(self, key: Hashable, value: object, size_bytes: int) -> None:
        """Hold a value, in place of one with the same key."""
        with self._lock:
            self._held_bytes -= self._held.pop(key, (None, 0))[1]
            if size_bytes > self._limit_bytes:
                return
            self._held_bytes += size_bytes
            self._held[key] = (value, size_bytes)
            while self._held_bytes > self._limit_bytes:
                self._held_bytes -= self._held.popitem(last=False)[1][1]
