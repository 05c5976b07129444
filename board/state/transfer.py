"""The state database as one JSON object, out and in again: for a backup, another machine, another engine."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from board.errors import StateError
from board.state.database import Database
from board.state.schema import COLOURS, RUNS, TAGS, VERSION, VIEWS, key_of

__all__ = ["export_state", "import_state"]

FORMAT = "trainboard state"


def export_state(database: Database) -> dict[str, Any]:
    """Return everything that is kept: ``{"format", "layout", "views": [row], "colours": [row], "runs": [row]}``."""

    def read(connection: Connection) -> dict[str, Any]:
        tags: dict[str, list[str]] = {}
        for row in connection.execute(select(TAGS).order_by(TAGS.c.tag)):
            tags.setdefault(row.folder_key, []).append(row.tag)
        runs = _rows(connection, RUNS)
        for one in runs:
            one["tags"] = tags.get(one.pop("folder_key"), [])
        colours = _rows(connection, COLOURS)
        for one in colours:
            del one["scope_key"], one["run_key"]
        return {"views": _rows(connection, VIEWS), "colours": colours, "runs": runs}

    nothing: dict[str, Any] = {"views": [], "colours": [], "runs": []}
    return {"format": FORMAT, "layout": VERSION, **database.read(read, nothing)}


def import_state(database: Database, state: Any) -> dict[str, int]:
    """Write what ``export_state`` made; of what is there already, what comes in counts. Returns how much of each.

    Raises:
        StateError: this is no such object; nothing was written.
        NotKeptError: it cannot be written.
    """
    if not isinstance(state, Mapping) or state.get("format") != FORMAT or not isinstance(state.get("layout"), int):
        raise StateError("This is no state that board state --export has written.")
    if state["layout"] > VERSION:
        raise StateError(f"This state has the layout {state['layout']}; this trainboard knows {VERSION}: upgrade it.")
    try:
        views = [_row(VIEWS, one) for one in state["views"]]
        colours = [
            _row(COLOURS, {**one, "scope_key": key_of(one["scope"]), "run_key": key_of(one["run"])})
            for one in state["colours"]
        ]
        runs = [_row(RUNS, {**one, "folder_key": key_of(one["folder"])}) for one in state["runs"]]
        tags = [
            {"folder_key": key_of(one["folder"]), "tag": str(tag)}
            for one in state["runs"]
            for tag in one.get("tags", ())
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise StateError(f"This state is damaged: {error}.") from error

    def write(connection: Connection) -> None:
        for folder in {one["folder_key"] for one in runs}:
            connection.execute(delete(TAGS).where(TAGS.c.folder_key == folder))
        for table, rows in ((VIEWS, views), (COLOURS, colours), (RUNS, runs), (TAGS, tags)):
            for row in rows:
                own = [column == row[column.name] for column in table.primary_key.columns]
                connection.execute(delete(table).where(*own))
                connection.execute(table.insert().values(row))

    database.write(write)
    return {"views": len(views), "colours": len(colours), "runs": len(runs)}


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    ordered = select(table).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in connection.execute(ordered)]


_TYPES = {"VARCHAR": str, "TEXT": str, "INTEGER": int, "FLOAT": (int, float), "BOOLEAN": bool}


def _row(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a row, each of its type; TypeError where one is not."""
    row = {}
    for column in table.columns:
        value = values.get(column.name)
        kind = str(column.type).partition("(")[0]
        if not (value is None and column.nullable) and not isinstance(value, _TYPES[kind]):  # type: ignore[arg-type]
            raise TypeError(f"{column.name} is {value!r}")
        row[column.name] = value
    return row
