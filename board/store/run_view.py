"""One run as a commit left it, and what a stage makes of it."""

import re
from collections.abc import Collection, Iterable, Mapping
from math import inf, isfinite
from types import MappingProxyType
from typing import Any, NamedTuple

from board.model import FileFacts, FileId, Kind, Problem, RunState, Stage, Start, StoredFile
from board.store.recent import Recent
from board.store.rows import iter_pieces
from board.store.series import Part, SeriesView
from board.store.superseded import NO_SESSIONS, FileLife, Sessions

__all__ = ["Changes", "RunView", "advanced", "relocated"]

SeriesKey = tuple[str, Kind]

_FILE_TIME = re.compile(r"tfevents\.(\d{10})\.")


_NO_FACTS = FileFacts()
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class RunView(NamedTuple):
    """One run as a commit left it. Immutable."""

    name: str
    color_index: int = 0  # order in which runs were first seen
    state: RunState = RunState.STARTING
    files: Mapping[FileId, FileFacts] = _NOTHING
    series: Mapping[SeriesKey, SeriesView] = _NOTHING
    descriptions: Mapping[str, tuple[str, str]] = _NOTHING  # tag -> (display name, Markdown)
    starts: Mapping[FileId, tuple[Start, ...]] = _NOTHING  # of each file, in file order
    sessions: Sessions = NO_SESSIONS
    first_wall_time: float | None = None  # of the run's first event, seconds since the epoch
    points: int = 0  # of scalars, superseded ones included
    blobs: int = 0  # points of all other kinds

    @property
    def last_wall_time(self) -> float | None:
        """Greatest finite one of all events."""
        return max((f.last_wall_time for f in self.files.values() if f.last_wall_time is not None), default=None)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read of its files."""
        return tuple(problem for facts in self.files.values() for problem in facts.problems)

    def colored(self, color_index: int) -> "RunView":
        """Return the run with its colour."""
        return self._replace(color_index=color_index)

    @property
    def start_hint(self) -> float:
        """When the run began as far as is known: from its files' names, before anything was read of them."""
        named = [float(found[1]) for file in self.files if (found := _FILE_TIME.search(file.path))]
        first = self.first_wall_time
        return min(named) if named else inf if first is None else first


class Changes(NamedTuple):
    """What a stage made of a run."""

    grew: frozenset[SeriesKey]
    is_rebuilt: bool  # points that were there are there no more, or are newly hidden or shown


def advanced(run: RunView, stage: Stage, recent: Recent) -> tuple[RunView, Changes]:
    """Return the run with the stage in it. The old value stays as it is, for whoever reads it."""
    files = dict(run.files)
    for file, _ in stage.rows:
        files.setdefault(file, _NO_FACTS)
    files.update(stage.facts)
    starts = dict(run.starts)
    gone = _replaced(files).union(stage.gone)
    if gone:
        files = {file: facts for file, facts in files.items() if file not in gone}
        starts = {file: own for file, own in starts.items() if file not in gone}
    parts, grew = _grown_parts(run, stage, gone, starts)
    sessions = Sessions(_life(file, facts, starts.get(file, ())) for file, facts in files.items())
    is_rearranged = sessions.signature != run.sessions.signature
    if not is_rearranged:
        sessions = run.sessions

    series = dict(run.series)
    for key in series if is_rearranged else ():
        parts.setdefault(key, {_place(part): part for part in series[key].parts})
    points, blobs = run.points, run.blobs
    is_rebuilt = False
    for key, own in parts.items():
        old = series.pop(key, None)
        if own:
            series[key] = SeriesView(run.name, *key, parts=tuple(own.values()), sessions=sessions, recent=recent)
        fresh = (series[key].count if own else 0) - (old.count if old else 0)
        points, blobs = (points + fresh, blobs) if key[1] is Kind.SCALAR else (points, blobs + fresh)
        is_rebuilt = is_rebuilt or (old is not None and (not own or _stands_differently(old, series[key], sessions)))
    firsts = [facts.first_wall_time for facts in files.values() if facts.first_wall_time is not None]
    view = RunView(
        name=run.name,
        color_index=run.color_index,
        state=stage.state,
        files=files,
        series=series if parts else run.series,
        descriptions={**run.descriptions, **stage.descriptions} if stage.descriptions else run.descriptions,
        starts=starts,
        sessions=sessions,
        first_wall_time=min(firsts, default=None),
        points=points,
        blobs=blobs,
    )
    return view, Changes(frozenset(grew), is_rebuilt)


def relocated(run: RunView, captured: RunView, stored: Mapping[FileId, StoredFile], recent: Recent) -> RunView:
    """Return the run with those points in blocks that an index made of ``captured``, an earlier value, has."""
    known = {(key, _place(part)): part.token for key, series in captured.series.items() for part in series.parts}
    found = {
        ((series.tag, series.kind), (file, series.session)): series
        for file, entry in stored.items()
        for series in entry.series
    }
    moved = {}
    for key, series in run.series.items():
        parts = tuple(
            part.relocated(found[key, _place(part)])
            if (key, _place(part)) in found and known.get((key, _place(part))) == part.token
            else part
            for part in series.parts
        )
        moved[key] = SeriesView(run.name, *key, parts=parts, sessions=run.sessions, recent=recent)
    return run._replace(series=moved)


def _grown_parts(
    run: RunView, stage: Stage, gone: set[FileId], starts: dict[FileId, tuple[Start, ...]]
) -> tuple[dict[SeriesKey, dict[tuple[FileId, int], Part]], set[SeriesKey]]:
    """Return all parts of the series that a stage changes, and which of them grew; ``starts`` grows as well."""
    parts: dict[SeriesKey, dict[tuple[FileId, int], Part]] = {}
    grew: set[SeriesKey] = set()
    for key, known in run.series.items() if gone else ():
        if any(part.file in gone for part in known.parts):
            parts[key] = {_place(part): part for part in known.parts if part.file not in gone}
    for file, stored in stage.stored.items():
        if file in gone:
            continue
        for series in stored.series:
            key = (series.tag, series.kind)
            if key not in parts:
                parts[key] = {_place(part): part for part in run.series[key].parts} if key in run.series else {}
            parts[key][file, series.session] = Part.restored(file, series)
            grew.add(key)
        if stored.starts:
            starts[file] = stored.starts
    for file, rows in stage.rows:
        if file in gone:
            continue
        for piece in iter_pieces(rows, len(starts.get(file, ()))):
            key = (piece.tag, piece.kind)
            if key not in parts:
                parts[key] = {_place(part): part for part in run.series[key].parts} if key in run.series else {}
            place = (file, piece.session)
            part = parts[key].get(place)
            if part is None:
                part = Part.begun(file, piece.session, piece.words, rows.salvaged, is_own=piece.is_own)
            else:
                part = part.grown(piece.words, rows.salvaged)
            parts[key][place] = part
            grew.add(key)
        if rows.starts:
            starts[file] = (*starts.get(file, ()), *rows.starts)
    return parts, grew


def _place(part: Part) -> tuple[FileId, int]:
    return part.file, part.session


def _replaced(files: Collection[FileId]) -> set[FileId]:
    """Return files of which there is a later generation."""
    if len(files) == 1 or len({file.path for file in files}) == len(files):
        return set()
    newest: dict[str, int] = {}
    for file in files:
        newest[file.path] = max(file.generation, newest.get(file.path, 0))
    return {file for file in files if file.generation < newest[file.path]}


def _life(file: FileId, facts: FileFacts, starts: Iterable[Start]) -> FileLife:
    first, last = facts.first_wall_time, facts.last_wall_time
    return FileLife(
        file,
        first if first is not None and isfinite(first) else None,
        last if last is not None and isfinite(last) else None,
        tuple((start.step, start.wall_time) for start in starts),
    )


def _stands_differently(old: SeriesView, new: SeriesView, sessions: Sessions) -> bool:
    """Whether points that the old one has are gone, or superseded or visible or in a line as they were not before."""
    if sessions.has_one:
        return old.parts[0].token != new.parts[0].token
    return _standing(old, old) != _standing(new, old)


def _standing(series: SeriesView, old: SeriesView) -> dict[int, tuple[int | None, int]]:
    """Return for each part of ``old``: from which step on its points are hidden, and its line's first part."""
    known = {part.token: part.greatest_step for part in old.parts}
    standing = {}
    for line in series.arranged():
        own = [(series.parts[placed.span], placed.cut) for placed in line]
        for part, cut in own:
            if part.token in known:
                is_hidden = cut is not None and cut <= known[part.token]
                standing[part.token] = (cut if is_hidden else None, own[0][0].token)
    return standing
