"""Facts of a run beside its values: how long it took, how fast it went, on what machine, from which code."""

import re
from collections.abc import Mapping
from math import isfinite

from board.blob_reader import read_value
from board.errors import MalformedValueError, UnknownSeriesError
from board.model import Kind
from board.runs import shown_series, writer_facts
from board.storage import LocalStorage
from board.store.run_view import RunView
from board.store.series import Line

__all__ = ["Fact", "facts_of", "pace_of"]

Fact = str | int | float | bool

MAX_TEXT_BYTES = 4 << 20
_CELLS = re.compile(r"\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|\s*")
_FENCE = re.compile(r"(`{3,})[\w-]*\n(.*?)\n\1", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>|~])")
# What SummaryWriter(record_run=True) logs: names in its tables -> ours.
_OF_COMMAND = {"folder": "folder", "system": "system", "Python": "python"}
_OF_CODE = {"commit": "commit", "branch": "branch", "from": "repository"}


def facts_of(view: RunView, storage: LocalStorage, folder: str) -> dict[str, Fact]:
    """Return what is known of a run; what is not known is left out.

    ``state``; ``start`` (seconds since the epoch), ``duration_s`` (from its first event to its last), ``steps`` (from
    the first to the last of its longest scalar), ``steps_per_s`` (see ``pace_of``), ``points`` (of scalars), ``files``,
    ``restarts``; of our own writer's files ``host``, ``pid``, ``rank``, ``dropped``; and where it recorded the run
    (``record_run=True``) ``command``, ``folder``, ``system``, ``python``, ``commit``, ``branch``, ``repository`` and
    ``is_changed``: whether files differed from the commit.
    """
    facts: dict[str, Fact] = {"state": str(view.state)}
    start, last = view.first_wall_time, view.last_wall_time
    if start is not None and isfinite(start):
        facts["start"] = start
        if last is not None:
            facts["duration_s"] = max(0.0, last - start)
    longest = _longest(view)
    if longest is not None:
        facts["steps"] = _steps(longest)
        pace = pace_of(longest)
        if pace is not None:
            facts["steps_per_s"] = pace
        if len(longest.segments) > 1:
            facts["restarts"] = len(longest.segments) - 1
    facts["points"] = view.points
    facts["files"] = len(view.files)
    return facts | writer_facts(view) | _recorded(view, storage, folder)


def pace_of(line: Line) -> float | None:
    """Return how many steps a second a line made: its sessions' steps over their times, the breaks between them apart.

    None where no session has two points whose times differ.
    """
    steps, seconds = 0, 0.0
    for segment in line.segments:
        if segment.visible < 2:
            continue
        first, last = segment.part.point(0), segment.part.point(segment.visible - 1)
        passed = last.wall_time - first.wall_time
        if isfinite(passed) and passed > 0 and last.step > first.step:
            steps += last.step - first.step
            seconds += passed
    return steps / seconds if seconds > 0 else None


def _longest(view: RunView) -> Line | None:
    lines = [
        line
        for (_, kind), series in shown_series(view).items()
        if kind is Kind.SCALAR
        for line in series.lines
        if any(segment.visible for segment in line.segments)
    ]
    return max(lines, key=lambda line: (_steps(line), line.count), default=None)


def _steps(line: Line) -> int:
    last = line.last
    first = min(segment.part.least_step for segment in line.segments)
    return 0 if last is None else last.step - first + 1


def _recorded(view: RunView, storage: LocalStorage, folder: str) -> dict[str, Fact]:
    command, code = (_text(view, storage, folder, tag) for tag in ("run/command", "run/code"))
    found: dict[str, Fact] = {}
    if fenced := _FENCE.search(command):
        found["command"] = fenced[2]
    table = _table(command)
    found |= {ours: table[theirs] for theirs, ours in _OF_COMMAND.items() if table.get(theirs)}
    table = _table(code)
    found |= {ours: table[theirs] for theirs, ours in _OF_CODE.items() if table.get(theirs)}
    if "changed since" in table:
        found["is_changed"] = table["changed since"] == "yes"
    return found


def _text(view: RunView, storage: LocalStorage, folder: str, tag: str) -> str:
    series = view.series.get((tag, Kind.TEXT))
    refs = [] if series is None else series.blob_refs()
    if not refs or refs[-1].length > MAX_TEXT_BYTES:
        return ""
    try:
        strings = read_value(storage, folder, refs[-1], Kind.TEXT, tag)
    except (MalformedValueError, UnknownSeriesError):  # said where texts are shown
        return ""
    return str(strings.flat[0]) if strings.size == 1 else ""


def _table(text: str) -> Mapping[str, str]:
    """Return the rows of two cells of the tables in a text; what is fenced, a diff say, may hold anything."""
    rows = (_CELLS.fullmatch(line) for line in _FENCE.sub("", text).splitlines())
    pairs = ((row[1].strip(), row[2].strip()) for row in rows if row)
    return {_ESCAPED.sub(r"\1", name): _ESCAPED.sub(r"\1", value) for name, value in pairs}
