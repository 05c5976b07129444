"""What ``board state`` does: says where choices are kept, writes them out, takes them in."""

import json
import sys
from pathlib import Path

from board.errors import StateError
from board.state.database import Database
from board.state.place import find_place
from board.state.transfer import export_state, import_state

__all__ = ["describe", "export_to", "import_from"]


def describe(given: str, *, only_place: bool) -> str:
    """Return one line: the place, and how much is kept there; or why nothing is."""
    database = Database(find_place(given))
    shown = database.place.shown if database.place else given
    if only_place:
        return shown
    state = export_state(database)
    if database.reason:
        return f"{shown}: {database.reason}"
    views = sum(view["name"] is not None for view in state["views"])
    links, runs, colours = len(state["views"]) - views, len(state["runs"]), len(state["colours"])
    if not (views or links or runs or colours):
        return f"{shown}: nothing kept yet"
    size = database.size()
    kept = f"{views} named views, {links} short links, {runs} runs with notes, colours of {colours} runs"
    return f"{shown}: {kept}" + (f", {size / 1000:.0f} kB" if size is not None else "")


def export_to(given: str, target: str) -> str:
    """Write everything as JSON; returns a line for the person, none where the JSON itself went to the output.

    Raises:
        StateError: the database cannot be read, or the file not be written.
    """
    database = Database(find_place(given))
    state = export_state(database)
    if database.reason:
        raise StateError(f"Nothing was written: {database.reason}.")
    text = json.dumps(state, indent=1, ensure_ascii=True) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return ""
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StateError(f"{target} cannot be written: {error.strerror or error}.") from error
    return f"{target}: {len(state['views'])} views, {len(state['runs'])} runs, colours of {len(state['colours'])} runs"


def import_from(given: str, source: str) -> str:
    """Take in what ``export_to`` has written.

    Raises:
        StateError: the file is none of ours, or cannot be read.
        NotKeptError: the database cannot be written.
    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        state = json.loads(text)
    except OSError as error:
        raise StateError(f"{source} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise StateError(f"{source} is no JSON: {error}.") from error
    found = import_state(Database(find_place(given)), state)
    return f"taken in: {found['views']} views, {found['runs']} runs, colours of {found['colours']} runs"
