"""Counts, tag by tag, the values that were refused or lost, and warns of each tag once."""

import logging
import threading

from writer.errors import MissingPackageError
from writer.series import Series, split

__all__ = ["Losses"]

_MAX_TAGS = 1000  # what is lost under further tags is counted together
_logger = logging.getLogger("writer")


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

    def refuse(self, series: Series | str, reason: object) -> None:
        """Count a value that cannot be logged, and say why, once a tag; for a missing package once in all."""
        is_first = self.add(series)
        if isinstance(reason, MissingPackageError):
            is_first = str(reason) not in self._missing
            self._missing.add(str(reason))
            if is_first:
                _logger.warning("%s (such values are only counted)", reason)
        elif is_first:
            tag = split(series)[1]
            _logger.warning("%r: a value was not logged: %s (more under this tag are only counted)", tag, reason)

    def add(self, series: Series | str, count: int = 1) -> bool:
        """Count values; True where these are the first under their tag."""
        key = split(series)
        with self._lock:
            if key not in self._counts and len(self._counts) >= _MAX_TAGS:
                key = (key[0], "")
            is_first = key not in self._counts
            self._counts[key] = self._counts.get(key, 0) + count
        return is_first

    def of(self, sub_run: str) -> dict[str, int]:
        """Count by tag, of one sub-run ("" is the run itself)."""
        with self._lock:
            return {tag: count for (owner, tag), count in self._counts.items() if owner == sub_run}

    def clear(self) -> None:
        """Begin again: all of it stands in the end markers of files that were closed."""
        with self._lock:
            self._counts.clear()

    def count_all(self) -> int:
        """Count everything."""
        with self._lock:
            return sum(self._counts.values())
