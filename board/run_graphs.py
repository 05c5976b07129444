"""A run's graphs as the page draws them: columns with costs, and one node in full."""

from typing import Any

from board.blob_reader import parse_ref, read_payload, read_value
from board.errors import MalformedValueError, UnknownSeriesError
from board.graphs.columns import graph_columns, node_details
from board.kinds import COSTS_PREFIX, RUN_GRAPH_TAG, decode_costs
from board.model import BlobRef, Kind
from board.runs import shown_series
from board.storage import LocalStorage
from board.store.store import RunView
from writer.format.messages import DecodeError

__all__ = ["RunGraphs"]


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
            return graph_columns(self._read(tag, ref), self._costs(tag))
        except DecodeError as error:
            raise MalformedValueError(f"{tag!r} of {self._view.name!r} is no GraphDef") from error

    def node(self, tag: str, name: str, ref: str | None) -> dict[str, Any]:
        """Return all that a graph says of one node. Errors: see ``Logs.graph``."""
        try:
            found = node_details(self._read(tag, ref), name)
        except DecodeError as error:
            raise MalformedValueError(f"{tag!r} of {self._view.name!r} is no GraphDef") from error
        if found is None:
            raise UnknownSeriesError(f"The graph {tag!r} of {self._view.name!r} has no node {name!r}.")
        return found

    def _read(self, tag: str, ref: str | None) -> bytes:
        series = shown_series(self._view).get((tag, Kind.GRAPH))
        if series is None:
            raise UnknownSeriesError(f"The run {self._view.name!r} has no graph {tag!r}.")
        location = series.blob_refs()[-1] if ref is None else self._locate(ref)
        data: bytes = read_value(self._storage, self._folder, location, Kind.GRAPH, tag)
        return data

    def _locate(self, ref: str) -> BlobRef:
        location = parse_ref(ref)
        if location.file not in self._view.files:
            raise UnknownSeriesError(f"The file that this graph of {self._view.name!r} lay in is no more.")
        return location

    def _costs(self, tag: str) -> dict[str, Any] | None:
        """Return what our writer counted of a graph; None where there is nothing, or it cannot be read."""
        series = self._view.series
        noted = sorted(name for name, kind in series if kind is Kind.RUN_METADATA and name.startswith(COSTS_PREFIX))
        if COSTS_PREFIX + tag in noted:
            name = COSTS_PREFIX + tag
        elif tag == RUN_GRAPH_TAG and noted:  # a graph_def has no tag of its own in the file
            name = noted[-1]
        else:
            return None
        last = series[name, Kind.RUN_METADATA].blob_refs()[-1]
        try:
            return decode_costs(read_payload(self._storage, self._folder, last), last.ordinal)
        except (MalformedValueError, UnknownSeriesError):
            return None
