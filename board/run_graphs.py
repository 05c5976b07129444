"""A run's graphs: where each lies, with what was counted and measured of it."""

from typing import Any, NamedTuple

from board.blob_reader import format_ref, parse_ref
from board.errors import MalformedValueError, UnknownSeriesError
from board.graph_sources import GraphSource, load_source
from board.graphs.columns import graph_columns, node_details
from board.kinds import COSTS_PREFIX, META_GRAPH_TAG, RUN_GRAPH_TAG
from board.model import BlobRef, Kind
from board.runs import shown_series
from board.storage import LocalStorage
from board.store.series import SeriesView
from board.store.store import RunView
from writer.format.messages import DecodeError

__all__ = ["ProfileRow", "RunGraphs"]

_RUN_COSTS = COSTS_PREFIX + "graph"  # as our writer calls those of the graph without a name


class ProfileRow(NamedTuple):
    """Run metadata that can lie under a run's graph."""

    tag: str
    ref: str
    step: int
    wall_time: float


class RunGraphs:
    """The graphs of one run, as one commit left it."""

    def __init__(self, view: RunView, storage: LocalStorage, folder: str) -> None:
        """Know where the files lie; read nothing."""
        self._view = view
        self._storage = storage
        self._folder = folder

    def columns(self, tag: str, ref: str | None) -> dict[str, Any]:
        """Return a graph as columns; ``ref=None`` is the last one. Errors: see ``Logs.graph``."""
        try:
            loaded = load_source(self.source(tag, ref))
            return graph_columns(loaded.graph_def, loaded.costs, loaded.profile)
        except DecodeError as error:
            raise MalformedValueError(f"{tag!r} of {self._view.name!r} is no GraphDef") from error

    def node(self, tag: str, name: str, ref: str | None) -> dict[str, Any]:
        """Return all that a graph says of one node. Errors: see ``Logs.graph``."""
        try:
            found = node_details(load_source(self.source(tag, ref)).graph_def, name)
        except DecodeError as error:
            raise MalformedValueError(f"{tag!r} of {self._view.name!r} is no GraphDef") from error
        if found is None:
            raise UnknownSeriesError(f"The graph {tag!r} of {self._view.name!r} has no node {name!r}.")
        return found

    def source(self, tag: str, ref: str | None, profile: str | None = None) -> GraphSource:
        """Say where a graph lies, the last one for ``ref=None``, and what was counted and measured of it.

        Args:
            tag: of the graph.
            ref: of its value.
            profile: tag of the run metadata; None is the last one, "" none.

        Raises:
            UnknownSeriesError, BadRequestError: as ``Logs.graph``.
        """
        series = shown_series(self._view).get((tag, Kind.GRAPH))
        if series is None:
            raise UnknownSeriesError(f"The run {self._view.name!r} has no graph {tag!r}.")
        refs = series.blob_refs()
        location = refs[-1] if ref is None else self._locate(ref)
        rows = self.profiles(tag)
        if profile is not None:
            rows = [row for row in rows if row.tag == profile]
        costs = self._costs(tag, location, refs)
        return GraphSource(
            root=self._storage.root,
            folder=self._folder,
            tag=tag,
            graph=format_ref(location),
            costs="" if costs is None else format_ref(costs),
            profile=rows[-1].ref if rows else "",
            profile_tag=rows[-1].tag if rows else "",
        )

    def profiles(self, tag: str) -> list[ProfileRow]:
        """List the run metadata that can lie under a graph, in order of time: it names no graph, but nodes."""
        if tag not in (RUN_GRAPH_TAG, META_GRAPH_TAG):
            return []  # a named graph brings its own
        found = []
        for (name, kind), series in self._view.series.items():
            if kind is not Kind.RUN_METADATA or name.startswith(COSTS_PREFIX) or not series.count:
                continue
            step, wall_time = int(series.step[-1]), float(series.wall_time[-1])
            found.append(ProfileRow(name, format_ref(series.blob_refs()[-1]), step, wall_time))
        return sorted(found, key=lambda row: (row.wall_time, row.tag))

    def _locate(self, ref: str) -> BlobRef:
        location = parse_ref(ref)
        if location.file not in self._view.files:
            raise UnknownSeriesError(f"The file that this graph of {self._view.name!r} lay in is no more.")
        return location

    def _costs(self, tag: str, graph: BlobRef, graphs: list[BlobRef]) -> BlobRef | None:
        """Find what our writer counted of a graph: the last that it wrote before the next graph of that name."""
        series = self._costs_series(tag)
        if series is None:
            return None
        later = [g.offset for g in graphs if g.file == graph.file and g.offset > graph.offset]
        end = min(later, default=None)
        behind = [
            noted
            for noted in series.blob_refs()
            if noted.file == graph.file and noted.offset > graph.offset and (end is None or noted.offset < end)
        ]
        return behind[-1] if behind else None

    def _costs_series(self, tag: str) -> SeriesView | None:
        noted = {
            name: series
            for (name, kind), series in self._view.series.items()
            if kind is Kind.RUN_METADATA and name.startswith(COSTS_PREFIX)
        }
        # A graph_def has no tag of its own in the file.
        return noted.get(COSTS_PREFIX + tag) or (noted.get(_RUN_COSTS) if tag == RUN_GRAPH_TAG else None)
