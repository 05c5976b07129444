"""Named views and short links: a page with its query, found again by an id or a name."""

import base64
import hashlib
import re
import secrets
from time import time
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from board.errors import BadRequestError, UnknownViewError
from board.state.database import Database
from board.state.schema import VIEWS

__all__ = ["MAX_QUERY", "MAX_VIEWS", "View", "Views"]

MAX_QUERY = 15_000  # characters: a longer address is refused by the board itself
MAX_NAME = 200
MAX_VIEWS = 100_000
_PAGE = re.compile(r"[a-z][a-z-]{0,39}")
_ID = re.compile(r"[a-z0-9]{4,40}")


class View(NamedTuple):
    """One of them."""

    id: str
    name: str | None  # None: a short link only
    page: str
    query: str  # without its question mark
    created: float  # seconds since the epoch
    changed: float


class Views:
    """The views of one board's logdirs; an id is found whatever board it was made by."""

    def __init__(self, database: Database, scope: str) -> None:
        """Look at nothing yet."""
        self._database = database
        self._scope = scope

    def all(self) -> list[View]:
        """Return the named ones, by name."""
        asked = select(VIEWS).where(VIEWS.c.scope == self._scope, VIEWS.c.name.is_not(None))
        rows = self._database.read(lambda connection: connection.execute(asked).all(), [])
        views = [View(row.id, row.name, row.page, row.query, row.created, row.changed) for row in rows]
        return sorted(views, key=lambda view: (view.name or "").casefold())

    def find(self, id_: str) -> View:
        """Return one; UnknownViewError where there is none."""
        row = None
        if _ID.fullmatch(id_):
            asked = select(VIEWS).where(VIEWS.c.id == id_)
            row = self._database.read(lambda connection: connection.execute(asked).first(), None)
        if row is None:
            raise UnknownViewError(f"There is no view {id_[:40]!r}; it was deleted, or kept by another board.")
        return View(row.id, row.name, row.page, row.query, row.created, row.changed)

    def save(self, name: str | None, page: str, query: str) -> str:
        """Keep a view and return its id: of a name that there is already it takes the place.

        Without a name the id follows from what is kept, so that copying the same link twice keeps one.

        Raises:
            BadRequestError: no page, or too long.
            NotKeptError: nothing can be kept at this moment.
        """
        name, query = _checked_name(name), query.removeprefix("?")
        if not _PAGE.fullmatch(page):
            raise BadRequestError(f"{page[:40]!r} is no page")
        if len(query) > MAX_QUERY:
            raise BadRequestError(
                f"This view names so much that its address has {len(query)} characters; at most {MAX_QUERY} work. "
                "A query that means these runs is shorter than their names."
            )
        return str(self._database.write(lambda connection: self._save(connection, name, page, query)))

    def rename(self, id_: str, name: str) -> None:
        """Give a view another name.

        Raises:
            UnknownViewError, BadRequestError, NotKeptError.
        """
        wanted = _checked_name(name)
        if wanted is None:
            raise BadRequestError("A view's name cannot be empty.")

        def change(connection: Connection) -> None:
            holder = self._named(connection, wanted)
            if holder not in (None, id_):
                raise BadRequestError(f"There is a view {wanted!r} already.")
            own = VIEWS.c.id == id_, VIEWS.c.scope == self._scope
            if not connection.execute(update(VIEWS).where(*own).values(name=wanted, changed=time())).rowcount:
                raise UnknownViewError("There is no such view any more.")

        self._database.write(change)

    def delete(self, id_: str) -> None:
        """Forget a view; its link leads nowhere from then on.

        Raises:
            UnknownViewError, NotKeptError.
        """
        own = VIEWS.c.id == id_, VIEWS.c.scope == self._scope
        if not self._database.write(lambda connection: connection.execute(delete(VIEWS).where(*own)).rowcount):
            raise UnknownViewError("There is no such view any more.")

    def _save(self, connection: Connection, name: str | None, page: str, query: str) -> str:
        now = time()
        digest = hashlib.sha256(f"{self._scope}\n{page}\n{query}".encode("utf-8", "surrogatepass")).digest()
        id_ = base64.b32encode(digest)[:10].decode().lower()
        if name is None:
            if connection.execute(select(VIEWS.c.id).where(VIEWS.c.id == id_)).first() is not None:
                return id_
        else:
            known = self._named(connection, name)
            if known is not None:
                connection.execute(update(VIEWS).where(VIEWS.c.id == known).values(page=page, query=query, changed=now))
                return known
            id_ = base64.b32encode(secrets.token_bytes(8)).decode().rstrip("=").lower()
        if (connection.execute(select(func.count()).select_from(VIEWS)).scalar() or 0) >= MAX_VIEWS:
            raise BadRequestError(f"{MAX_VIEWS} views are kept already.")
        row = {"id": id_, "scope": self._scope, "name": name, "page": page, "query": query}
        connection.execute(VIEWS.insert().values(created=now, changed=now, **row))
        return id_

    def _named(self, connection: Connection, name: str) -> str | None:
        own = VIEWS.c.scope == self._scope, VIEWS.c.name == name
        found = connection.execute(select(VIEWS.c.id).where(*own)).scalar()
        return None if found is None else str(found)


def _checked_name(name: str | None) -> str | None:
    if name is None or not name.strip():
        return None
    name = name.strip()
    if len(name) > MAX_NAME or not name.isprintable():
        raise BadRequestError(f"A view's name has at most {MAX_NAME} characters, all of them visible.")
    return name
