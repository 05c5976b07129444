"""Where a graph and what is known of it lie: the little that another process needs to read them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from board.blob_reader import parse_ref, read_payload
from board.errors import MalformedValueError, UnknownSeriesError
from board.graphs.profile import Profile, read_profile
from board.kinds import decode, decode_costs, decode_run_metadata
from board.model import Kind
from board.storage import LocalStorage

__all__ = ["GraphSource", "Loaded", "load_source"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A graph as bytes, and what was counted and measured of it."""

    graph_def: bytes
    costs: dict[str, Any] | None
    profile: Profile | None


@dataclass(frozen=True, slots=True)
class GraphSource:
    """A graph in an event file, or, with a ``path``, in a file of its own that holds a GraphDef.

    References are texts of ``blob_reader.format_ref``; they hold length and checksum of the bytes, so that equal
    sources are equal graphs.
    """

    root: str = ""  # of the storage
    folder: str = ""  # of the run, in it
    tag: str = ""
    graph: str = ""
    costs: str = ""  # "" where nothing was counted
    profile: str = ""  # "" where nothing was measured
    profile_tag: str = ""
    path: str = ""

    @property
    def size(self) -> int:
        """Bytes of the graph's record or file."""
        return Path(self.path).stat().st_size if self.path else parse_ref(self.graph).length


def load_source(source: GraphSource) -> Loaded:
    """Read and check the bytes of a graph, its costs and its profile; of the last two what cannot be read is None.

    Raises:
        UnknownSeriesError: the file is gone.
        MalformedValueError: the bytes are damaged or make no sense.
    """
    if source.path:
        try:
            return Loaded(Path(source.path).read_bytes(), None, None)
        except OSError as error:
            raise UnknownSeriesError(f"That graph is no longer there: {error.strerror or error}") from error
    storage = LocalStorage(source.root)
    ref = parse_ref(source.graph)
    payload = read_payload(storage, source.folder, ref)
    graph_def: bytes = decode(Kind.GRAPH, payload, ref.ordinal, tag=source.tag)
    costs = _costs(storage, source)
    own = decode_run_metadata(payload, ref.ordinal) if ref.ordinal >= 0 else None
    profile = read_profile(own) if own is not None else None
    return Loaded(graph_def, costs, profile or _profile(storage, source))


def _costs(storage: LocalStorage, source: GraphSource) -> dict[str, Any] | None:
    if not source.costs:
        return None
    ref = parse_ref(source.costs)
    try:
        return decode_costs(read_payload(storage, source.folder, ref), ref.ordinal)
    except (MalformedValueError, UnknownSeriesError):
        return None


def _profile(storage: LocalStorage, source: GraphSource) -> Profile | None:
    if not source.profile:
        return None
    ref = parse_ref(source.profile)
    try:
        metadata = decode_run_metadata(read_payload(storage, source.folder, ref), ref.ordinal)
    except (MalformedValueError, UnknownSeriesError):
        return None
    return read_profile(metadata) if metadata is not None else None
