"""Opens the state database for a moment at a time, makes its tables at the first write, says what is in the way."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep, time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from board.errors import NotKeptError
from board.state.place import Place
from board.state.schema import LAYOUT, METADATA, VERSION

__all__ = ["Database"]

logger = logging.getLogger("board")

BUSY_S = 5  # that one board waits for another's writing
FRESH_S = 1.0  # the coarsest clock of a file system that we know has ticks of this length
ATTEMPTS = 5  # at a transaction that another board came in between


class Database:
    """One place. Any thread may call any method; each opens a connection of its own.

    SQLite's file is opened anew each time, so that one that was deleted, or put in its place by a person, is noticed;
    it is made by the first write, never by a question.
    """

    def __init__(self, place: Place | None) -> None:
        """Touch nothing yet; without a place nothing is kept."""
        self.place = place
        self._path = None if place is None else place.path  # of SQLite's file
        self.reason = "no place was given" if place is None else place.refusal  # why nothing is kept; "" where it is
        self._engine: Engine | None = None
        if place is None or place.refusal:
            return
        try:
            self._engine = _engine(place)
        except (NoSuchModuleError, ModuleNotFoundError):
            self.reason = "PostgreSQL needs its driver: pip install 'trainboard[postgres]'"

    @property
    def is_kept(self) -> bool:
        """Whether what is written now is kept, as far as is known."""
        return not self.reason

    def read(self, question: Callable[[Connection], Any], otherwise: Any) -> Any:
        """Return what ``question`` finds, ``otherwise`` where there is nothing yet or the database cannot be read."""
        if self._engine is None or not self._exists():
            return otherwise
        try:
            with self._engine.connect().execution_options(writes=False) as connection:
                if self._version(connection) is None:
                    return otherwise
                return question(connection)
        except (SQLAlchemyError, NotKeptError) as error:
            self._note(error)
            return otherwise

    def write(self, change: Callable[[Connection], Any]) -> Any:
        """Do ``change`` in one transaction, as often as it takes until no other board comes in between.

        Raises:
            NotKeptError: it cannot be kept; says why.
        """
        if self._engine is None:
            raise NotKeptError(f"Nothing is kept: {self.reason}.")
        for attempt in range(ATTEMPTS):
            try:
                with self._transaction() as connection:
                    answer = change(connection)
                self.reason = ""
                return answer
            except DBAPIError as error:
                # Another board made the tables, or the same row, at the same moment: it is there now.
                if attempt + 1 == ATTEMPTS or isinstance(error.orig, sqlite3.OperationalError):
                    self._note(error)
                    break
                sleep(0.01 * 2**attempt)
            except (SQLAlchemyError, OSError) as error:
                self._note(error)
                break
        raise NotKeptError(f"Nothing is kept: {self.reason}.")

    def close(self) -> None:
        """Let go of a server's connections."""
        if self._engine is not None:
            self._engine.dispose()

    def probe(self) -> None:
        """Find out whether anything can be kept, and make the tables."""
        if self._engine is not None:
            try:
                self.write(lambda connection: None)
            except NotKeptError as error:
                logger.info("%s", error)

    def stamp(self) -> object:
        """Return what is another value after each change of SQLite's file; None where only reading tells.

        So it is of a server, and of a file that changed a moment ago: within one tick of its clock it could again.
        """
        if self._path is None:
            return None
        try:
            info = self._path.stat()
        except OSError:
            return ()
        is_fresh = abs(time() - info.st_mtime) < FRESH_S
        return None if is_fresh else (info.st_mtime_ns, info.st_size, info.st_ino)

    def size(self) -> int | None:
        """Return the bytes of SQLite's file; None where there is none."""
        try:
            return None if self._path is None else self._path.stat().st_size
        except OSError:
            return None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        assert self._engine is not None  # noqa: S101 - its callers have looked
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._engine.begin() as connection:
            if self._version(connection) is None:
                METADATA.create_all(connection)
                connection.execute(LAYOUT.insert().values(version=VERSION))
            yield connection

    def _version(self, connection: Connection) -> int | None:
        """Return the layout's number, None where there are no tables; NotKeptError where a newer board made them."""
        if not inspect(connection).has_table(LAYOUT.name):
            return None
        version = connection.execute(select(LAYOUT.c.version)).scalar()
        if version is not None and version > VERSION:
            self.reason = (
                f"{self._shown()} was written by a newer trainboard (layout {version}, this one knows {VERSION}): "
                "upgrade this one, or give --state another place"
            )
            raise NotKeptError(f"Nothing is kept: {self.reason}.")
        return version

    def _exists(self) -> bool:
        return self._path is None or self._path.exists()

    def _note(self, error: Exception) -> None:
        if isinstance(error, NotKeptError):
            return
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        said = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        path = self._path
        if isinstance(cause, OSError):
            said = cause.strerror or said
        if path is not None and "not a database" in said:
            self.reason = f"{path} is no database, or a damaged one: move it away"
        elif path is not None and ("readonly" in said or "unable to open" in said or not _is_writable(path)):
            self.reason = f"{path} cannot be written ({said}): give --state another place"
        else:
            self.reason = f"{self._shown()}: {said}"

    def _shown(self) -> str:
        return self.place.shown if self.place else "nowhere"


def _is_writable(path: os.PathLike[str]) -> bool:
    return os.access(path if os.path.exists(path) else os.path.dirname(path), os.W_OK)


def _engine(place: Place) -> Engine:
    if place.path is None:
        return create_engine(place.url, pool_pre_ping=True, pool_size=2, connect_args={"connect_timeout": 5})
    engine = create_engine(place.url, poolclass=NullPool, connect_args={"timeout": BUSY_S})

    # pysqlite begins its transactions late, after the first SELECT: two boards would both read before either writes.
    @event.listens_for(engine, "connect")
    def _take_over(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes", True) else "BEGIN"
        )

    return engine
