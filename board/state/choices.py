"""What people chose of single runs: a title, a note, words, a star, a colour; kept by the path of the run's folder."""

import re
from collections.abc import Iterable, Mapping
from threading import Lock
from time import monotonic, time
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from board.errors import BadRequestError
from board.state.database import Database
from board.state.schema import RUNS, TAGS, key_of

__all__ = ["Choice", "Choices"]

LOOK_AGAIN_S = 2.0  # at what other boards have written
LIMITS = {"title": 500, "note": 100_000}
MAX_TAGS = 100
_COLOUR = re.compile(r"#[0-9a-f]{6}|run-(?:1?[0-9]|2[0-3])")  # any, or one of the palette, right in both themes


class Choice(NamedTuple):
    """Of one run."""

    title: str = ""
    note: str = ""
    colour: str | None = None
    star: bool = False
    archived: bool = False
    baseline: bool = False
    tags: frozenset[str] = frozenset()


_NOTHING = Choice()


class Choices:
    """All of them, by the absolute path of a run's folder."""

    def __init__(self, database: Database) -> None:
        """Look at nothing yet."""
        self._database = database
        self._lock = Lock()
        self._known: Mapping[str, Choice] = {}  # by key
        self._read_at = float("-inf")
        self._seen: Mapping[str, Choice] = {}  # by the last look
        self._stamp: object = object()

    def all(self) -> Mapping[str, Choice]:
        """Return what is kept, by ``key_of`` the folder."""
        with self._lock:
            if monotonic() - self._read_at > LOOK_AGAIN_S:
                self._known = self._database.read(_read, self._known)
                self._read_at = monotonic()
            return self._known

    def forget(self) -> None:
        """Read anew when next asked: all of it was written at once."""
        with self._lock:
            self._read_at = float("-inf")

    def look(self) -> frozenset[str]:
        """Read what other boards have written since the last look; returns the keys of runs of which it differs."""
        with self._lock:
            stamp = self._database.stamp()
            if stamp is not None and stamp == self._stamp:
                return frozenset()
            before, self._stamp = self._seen, stamp
            self._known = self._seen = self._database.read(_read, {} if not self._database.reason else self._known)
            self._read_at = monotonic()
            now = self._known
        keys = before.keys() | now.keys()
        return frozenset(key for key in keys if before.get(key, _NOTHING) != now.get(key, _NOTHING))

    def choose(self, folders: Iterable[str], chosen: Mapping[str, Any]) -> None:
        """Change some fields of ``Choice`` for some runs; what is not named stays.

        ``add_tags`` and ``remove_tags`` leave the other words of each run as they are.

        Raises:
            BadRequestError: a value that cannot be.
            NotKeptError: nothing can be kept at this moment.
        """
        values, tags = _checked(chosen)
        more, fewer = (_words(chosen.get(name, ())) for name in ("add_tags", "remove_tags"))
        wanted = list(folders)

        def change(connection: Connection) -> None:
            for folder in wanted:
                key = key_of(folder)
                if not connection.execute(
                    update(RUNS).where(RUNS.c.folder_key == key).values(changed=time(), **values)
                ).rowcount:
                    connection.execute(RUNS.insert().values(folder_key=key, folder=folder, changed=time(), **values))
                if tags is not None:
                    connection.execute(delete(TAGS).where(TAGS.c.folder_key == key))
                    for tag in sorted(tags):
                        connection.execute(TAGS.insert().values(folder_key=key, tag=tag))
                if more or fewer:
                    own = set(connection.execute(select(TAGS.c.tag).where(TAGS.c.folder_key == key)).scalars())
                    if len((own | more) - fewer) > MAX_TAGS:
                        raise BadRequestError(f"A run has at most {MAX_TAGS} words.")
                    for tag in own & fewer:
                        connection.execute(delete(TAGS).where(TAGS.c.folder_key == key, TAGS.c.tag == tag))
                    for tag in sorted(more - own - fewer):
                        connection.execute(TAGS.insert().values(folder_key=key, tag=tag))

        self._database.write(change)
        with self._lock:
            self._read_at = float("-inf")


def _read(connection: Connection) -> dict[str, Choice]:
    tags: dict[str, set[str]] = {}
    for row in connection.execute(select(TAGS)):
        tags.setdefault(row.folder_key, set()).add(row.tag)
    return {
        row.folder_key: Choice(
            title=row.title,
            note=row.note,
            colour=row.colour,
            star=row.star,
            archived=row.archived,
            baseline=row.baseline,
            tags=frozenset(tags.get(row.folder_key, ())),
        )
        for row in connection.execute(select(RUNS))
    }


def _checked(chosen: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str] | None]:
    values = {name: value for name, value in chosen.items() if not name.endswith("tags")}
    for name, limit in LIMITS.items():
        if len(values.get(name) or "") > limit:
            raise BadRequestError(f"A {name} has at most {limit} characters.")
    if values.get("colour") is not None and not _COLOUR.fullmatch(values["colour"]):
        raise BadRequestError("A colour is written #rrggbb, in small letters, or run-0 to run-23.")
    if "tags" not in chosen:
        return values, None
    return values, _words(chosen["tags"])


def _words(given: Iterable[str]) -> frozenset[str]:
    tags = frozenset(tag.strip() for tag in given)
    if len(tags) > MAX_TAGS or not all(0 < len(tag) <= 200 and tag.isprintable() for tag in tags):
        raise BadRequestError(f"A run has at most {MAX_TAGS} words, each of 1 to 200 characters.")
    return tags
