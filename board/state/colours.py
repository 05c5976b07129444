"""Numbers runs as they are first seen, for their colours: the same run has the same one after a restart."""

from collections.abc import Iterable
from threading import Lock

from sqlalchemy import Connection, select

from board.state.database import Database
from board.state.schema import COLOURS, key_of

__all__ = ["Colours"]


class Colours:
    """The numbers of one board's runs. They are known at once, and written later, by ``keep``."""

    def __init__(self, database: Database, scope: str) -> None:
        """Know none yet; ``load`` reads those that are kept."""
        self._database = database
        self._scope = scope
        self._scope_key = key_of(scope)
        self._lock = Lock()  # held for look-ups in memory only
        self._numbers: dict[str, int] = {}
        self._next = 0
        self._fresh: dict[str, int] = {}  # not written yet

    def load(self) -> None:
        """Read what was kept."""
        found = self._database.read(self._read, {})
        with self._lock:
            self._take(found)

    def number(self, run: str) -> int | None:
        """Return a run's number; None where it was never seen."""
        return self._numbers.get(run)

    def see(self, runs: Iterable[str]) -> None:
        """Number the runs that have none, in this order."""
        with self._lock:
            for run in runs:
                if run not in self._numbers:
                    self._numbers[run] = self._fresh[run] = self._next
                    self._next += 1

    def keep(self) -> bool:
        """Write the new numbers; where another board was first, its numbers hold. Returns whether one of ours changed.

        Raises:
            NotKeptError: they cannot be written now.
        """
        with self._lock:
            fresh = dict(self._fresh)
        if not fresh:
            return False

        def change(connection: Connection) -> dict[str, int]:
            known = self._read(connection)
            rows = [
                {
                    "scope_key": self._scope_key,
                    "run_key": key_of(run),
                    "scope": self._scope,
                    "run": run,
                    "number": number,
                }
                for run, number in fresh.items()
                if run not in known
            ]
            if rows:
                connection.execute(COLOURS.insert(), rows)
            return known

        known: dict[str, int] = self._database.write(change)
        with self._lock:
            is_changed = any(known.get(run, number) != number for run, number in fresh.items())
            for run in fresh:
                self._fresh.pop(run, None)
            self._take(known)
        return is_changed

    def write_again(self) -> None:
        """Take all numbers for unwritten: the database was deleted, or made anew."""
        with self._lock:
            self._fresh = dict(self._numbers)

    def is_lost(self) -> bool:
        """Whether numbers that were written are kept no more."""
        if not self._numbers or self._fresh:
            return False
        return not self._database.read(self._read, None if self._database.reason else {}) and not self._database.reason

    def _read(self, connection: Connection) -> dict[str, int]:
        asked = select(COLOURS.c.run, COLOURS.c.number).where(COLOURS.c.scope_key == self._scope_key)
        return {row.run: row.number for row in connection.execute(asked)}

    def _take(self, known: dict[str, int]) -> None:
        self._numbers |= known
        self._next = max(self._next, 1 + max(known.values(), default=-1))
