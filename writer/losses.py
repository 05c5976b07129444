"""Counts, tag by tag, the values that were refused or lost, and warns of each tag once."""

import threading
import time

from writer.errors import MissingPackageError
from writer.herald import warn
from writer.series import Series, split

__all__ = ["Losses"]

_MAX_TAGS = 1000  # what is lost under further tags is counted together
_QUIET_S = 1.0  # without a drop: then the trouble is over


class Losses:
    """What never reached a file. Any thread may call; nothing here raises."""

    def __init__(self) -> None:
        """Begin with nothing lost."""
        self.forget()

    def forget(self) -> None:
        """Begin again, in a forked child."""
        self._lock = threading.RLock()  # a signal handler may log, too
        self._counts: dict[tuple[str, str], int] = {}  # by sub-run and tag
        self._missing: set[str] = set()
        self._is_in_trouble = False
        self._unsaid: dict[tuple[str, str], int] = {}  # dropped, and in no record of a file yet
        self._first_drop = 0.0  # wall time, s
        self._last_drop = 0.0  # monotonic, s

    def refuse(self, series: Series | str, reason: object) -> None:
        """Count a value that cannot be logged, and say why, once a tag; for a missing package once in all."""
        is_first = self.add(series)
        if isinstance(reason, MissingPackageError):
            is_first = str(reason) not in self._missing
            self._missing.add(str(reason))
            if is_first:
                warn("%s (such values are only counted)", reason)
        elif is_first:
            tag = split(series)[1]
            warn("%r: a value was not logged: %s (more under this tag are only counted)", tag, reason)

    def add(self, series: Series | str, count: int = 1) -> bool:
        """Count values; True where these are the first under their tag."""
        with self._lock:
            return _count(self._counts, split(series), count)

    def drop(self, series: Series | str, count: int = 1, *, is_told: bool = False) -> None:
        """Count values for which there was no room; warn once of it where nobody was told yet."""
        with self._lock:
            self._last_drop = time.monotonic()
            if not self._unsaid:
                self._first_drop = time.time()
            _count(self._unsaid, split(series), count)
            _count(self._counts, split(series), count)
        if not is_told:
            self.begin_trouble("nothing can be written, and there is no room left: values are dropped, scalars last")

    def begin_trouble(self, message: str, *details: object) -> None:
        """Warn that nothing can be written just now, once until ``end_trouble``."""
        with self._lock:
            was_in_trouble, self._is_in_trouble = self._is_in_trouble, True
        if not was_in_trouble:
            warn(message, *details)

    def end_trouble(self) -> None:
        """Say that events are written again, where anything was said before."""
        with self._lock:
            was_in_trouble, self._is_in_trouble = self._is_in_trouble, False
        if was_in_trouble:
            warn("events are written again; %d values were lost so far", self.count_all())

    @property
    def has_unsaid(self) -> bool:
        """Whether values were dropped of which no file tells yet."""
        return bool(self._unsaid)

    def take_unsaid(self, *, is_over: bool) -> tuple[float, dict[str, dict[str, int]]] | None:
        """Return since when values were dropped, in seconds since the epoch, and how many by sub-run and tag.

        Args:
            is_over: Whether it is known that the trouble is over; else None is returned while it may go on.
        """
        with self._lock:
            if not self._unsaid or not (is_over or time.monotonic() - self._last_drop > _QUIET_S):
                return None
            dropped: dict[str, dict[str, int]] = {}
            for (sub_run, tag), count in self._unsaid.items():
                dropped.setdefault(sub_run, {})[tag] = count
            self._unsaid = {}
            return self._first_drop, dropped

    def of(self, sub_run: str) -> dict[str, int]:
        """Count by tag, of one sub-run ("" is the run itself)."""
        with self._lock:
            return {tag: count for (owner, tag), count in self._counts.items() if owner == sub_run}

    def clear(self) -> None:
        """Begin again: all of it stands in the end markers of files that were closed."""
        with self._lock:
            self._counts.clear()
            self._unsaid = {}
            self._is_in_trouble = False

    def count_all(self) -> int:
        """Count everything."""
        with self._lock:
            return sum(self._counts.values())


def _count(counts: dict[tuple[str, str], int], key: tuple[str, str], count: int) -> bool:
    if key not in counts and len(counts) >= _MAX_TAGS:
        key = (key[0], "")
    is_first = key not in counts
    counts[key] = counts.get(key, 0) + count
    return is_first
