"""One run as Python values: ``logs["run"].scalars["loss"].value``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from board.arrays import picture_array, sound_array, video_array
from board.blob_reader import format_ref, parse_ref, read_facts, read_payload, read_value
from board.embeddings.tensor import Embedding
from board.errors import BadRequestError, UnknownSeriesError
from board.frames import frame_of
from board.hparams.flat import Value
from board.hparams.reading import RunHparams
from board.kinds import META_GRAPH_TAG, RUN_GRAPH_TAG, ValueFacts, decode_plugin_content
from board.layouts.decoding import LayoutCategory, decode_layout
from board.meshes import MeshSeries, mesh_series
from board.model import BlobRef, Kind, Problem, RunState
from board.storage import LocalStorage
from board.store.series import SeriesView
from board.store.store import RunView

__all__ = ["Blob", "BlobSeries", "Run", "ScalarSeries", "shown_series", "writer_facts"]


class ScalarSeries:
    """All points of one tag, superseded ones included, line by line in file order.

    Attributes:
        step: int64. wall_time: float64, seconds since the epoch. value: float64. superseded: bool; all of one length.
    """

    def __init__(self, view: SeriesView) -> None:
        self._view = view
        self.tag = view.tag

    def __len__(self) -> int:
        return self._view.count

    def __repr__(self) -> str:
        return f"<ScalarSeries {self.tag!r} of {self._view.run!r}: {len(self)} points>"

    @cached_property
    def step(self) -> NDArray[np.int64]:
        """The steps."""
        return self._view.step

    @cached_property
    def wall_time(self) -> NDArray[np.float64]:
        """When each point was logged, seconds since the epoch."""
        return self._view.wall_time

    @cached_property
    def value(self) -> NDArray[np.float64]:
        """The values."""
        return self._view.value

    @cached_property
    def superseded(self) -> NDArray[np.bool_]:
        """True where a later session took over."""
        return self._view.superseded

    @property
    def lines(self) -> list[tuple[str, int]]:
        """(name, number of points) of each line: several where writers wrote side by side."""
        return [(line.name, line.count) for line in self._view.lines]

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame`` as ``Logs.to_pandas`` does; MissingExtraError where there is no pandas."""
        return frame_of([(self._view.run, self._view.tag, self._view)])


@dataclass(frozen=True, slots=True)
class Blob:
    """One point that is no scalar; its bytes are read from the file when they are asked for."""

    tag: str
    kind: Kind
    step: int
    wall_time: float
    superseded: bool
    location: BlobRef
    _storage: LocalStorage
    _folder: str

    @property
    def ref(self) -> str:
        """The point's name for ``Logs.read_blob``."""
        return format_ref(self.location)

    @property
    def value(self) -> Any:
        """The decoded value: see ``board.kinds.decode`` for each kind.

        Raises:
            UnknownSeriesError: the file is gone. MalformedValueError: the bytes are damaged or make no sense.
        """
        return read_value(self._storage, self._folder, self.location, self.kind, self.tag)

    def numpy(self, index: int = 0) -> NDArray[Any]:
        """The value as an array.

        Args:
            index: which of several images or clips of one step.

        Returns:
            IMAGE: uint8 (height, width, channels), animated (frames, height, width, channels). AUDIO: float32
            (samples, channels), -1 to 1. VIDEO: uint8 (frames, height, width, 3). Other kinds: as ``value``.

        Raises:
            MissingExtraError: images need Pillow, videos and compressed sounds PyAV. UnknownSeriesError: as ``value``,
            or there is no image or clip of that number. MalformedValueError: as ``value``. BadRequestError: the value
            is no array.
        """
        value = self.value
        if self.kind is Kind.VIDEO:
            return video_array(value.data)
        if self.kind is Kind.IMAGE or self.kind is Kind.AUDIO:
            if not -len(value) <= index < len(value):
                raise UnknownSeriesError(f"{self.tag!r} has {len(value)} at step {self.step}, no number {index}")
            return (picture_array if self.kind is Kind.IMAGE else sound_array)(value[index].data)
        if isinstance(value, bytes):
            raise BadRequestError(f"{self.tag!r} is of kind {self.kind}, which is no array")
        return np.asarray(value)

    @property
    def plugin_content(self) -> bytes:
        """What the value's own metadata holds for its plugin; empty where it has none; errors as ``value``."""
        return decode_plugin_content(read_payload(self._storage, self._folder, self.location), self.location.ordinal)

    @property
    def png(self) -> bytes:
        """The encoded bytes of the (first) image: PNG as a rule, whatever its writer made in fact."""
        if self.kind is not Kind.IMAGE:
            raise BadRequestError(f"{self.tag!r} is of kind {self.kind}, not an image")
        images = self.value
        if not images:
            raise UnknownSeriesError(f"{self.tag!r} has no image at step {self.step}")
        data: bytes = images[0].data
        return data


class BlobSeries(Sequence[Blob]):
    """All points of one tag of a kind that is no scalar, superseded ones included, line by line in file order."""

    def __init__(self, view: SeriesView, storage: LocalStorage, folder: str) -> None:
        self._view = view
        self._storage = storage
        self._folder = folder
        self.tag = view.tag
        self.kind = view.kind

    def __len__(self) -> int:
        return self._view.count

    def __repr__(self) -> str:
        return f"<BlobSeries {self.tag!r} ({self.kind}) of {self._view.run!r}: {len(self)} points>"

    @overload
    def __getitem__(self, index: int) -> Blob: ...

    @overload
    def __getitem__(self, index: slice) -> list[Blob]: ...

    def __getitem__(self, index: int | slice) -> Blob | list[Blob]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        location = self._locations[index]
        return Blob(
            self.tag,
            self.kind,
            int(self.step[index]),
            float(self.wall_time[index]),
            bool(self.superseded[index]),
            location,
            self._storage,
            self._folder,
        )

    @cached_property
    def _locations(self) -> list[BlobRef]:
        return self._view.blob_refs()

    def facts(self, ref: str) -> ValueFacts:
        """Return what a record says of one value beside it; its plugin as the tag's first value names it.

        Raises:
            BadRequestError, UnknownSeriesError, MalformedValueError: as ``Logs.read_blob``.
        """
        location = parse_ref(ref)
        if location not in self._locations:  # one that somebody made up must not lead to another file
            raise UnknownSeriesError(f"{self.tag!r} has no such value.")
        facts = read_facts(self._storage, self._folder, location)
        if facts.plugin:
            return facts
        named = read_facts(self._storage, self._folder, self._locations[0])
        return replace(facts, plugin=named.plugin, display_name=facts.display_name or named.display_name)

    @cached_property
    def step(self) -> NDArray[np.int64]:
        """The steps, int64."""
        return self._view.step

    @cached_property
    def wall_time(self) -> NDArray[np.float64]:
        """When each point was logged, float64, seconds since the epoch."""
        return self._view.wall_time

    @cached_property
    def superseded(self) -> NDArray[np.bool_]:
        """True where a later session took over."""
        return self._view.superseded


class Run:
    """One run as it was when it was asked for; after ``logs.refresh()`` ask again."""

    def __init__(
        self,
        view: RunView,
        storage: LocalStorage,
        folder: str,
        read_hparams: Callable[[], RunHparams],
        read_facts: Callable[[], dict[str, str | int | float | bool]],
        find_embeddings: Callable[[], Mapping[str, Sequence[Embedding]]],
    ) -> None:
        self._view = view
        self._storage = storage
        self._folder = folder
        self._read_hparams = read_hparams
        self._read_facts = read_facts
        self._find_embeddings = find_embeddings

    def __repr__(self) -> str:
        return f"<Run {self.name!r} ({self.state}): {len(self.tags)} tags>"

    @property
    def name(self) -> str:
        """Posix path of its folder, relative to the logdir."""
        return self._view.name

    @property
    def state(self) -> RunState:
        """How it stands."""
        return self._view.state

    @property
    def problems(self) -> list[Problem]:
        """What could not be read of its files."""
        return list(self._view.problems)

    @cached_property
    def facts(self) -> dict[str, str | int | float | bool]:
        """How long it took, how fast it went, on what machine, from which code: see ``board.run_facts.facts_of``."""
        return self._read_facts()

    @cached_property
    def hparams(self) -> dict[str, Value]:
        """Hyper-parameters by dotted name: of the log's hparams events, the files beside it, texts that are JSON."""
        return dict(self._read_hparams().values)

    @cached_property
    def tags(self) -> dict[str, tuple[Kind, ...]]:
        """Each tag, sorted, with its kinds: it can have several."""
        tags: dict[str, list[Kind]] = {}
        for tag, kind in sorted(shown_series(self._view)):
            tags.setdefault(tag, []).append(kind)
        return {tag: tuple(kinds) for tag, kinds in tags.items()}

    @cached_property
    def scalars(self) -> Mapping[str, ScalarSeries]:
        """Scalar series by tag."""
        found = shown_series(self._view)
        return {tag: ScalarSeries(found[tag, kind]) for tag, kind in sorted(found) if kind is Kind.SCALAR}

    def to_pandas(self, tags: Sequence[str] = ()) -> Any:
        """Return the run's scalars, or some of them, as ``Logs.to_pandas`` does; MissingExtraError without pandas."""
        found = shown_series(self._view)
        names = sorted(tag for tag, kind in found if kind is Kind.SCALAR and (not tags or tag in tags))
        return frame_of([(self.name, tag, found[tag, Kind.SCALAR]) for tag in names])

    @property
    def images(self) -> Mapping[str, BlobSeries]:
        """Image series by tag."""
        return self.blobs(Kind.IMAGE)

    @property
    def histograms(self) -> Mapping[str, BlobSeries]:
        """Histogram series by tag."""
        return self.blobs(Kind.HISTOGRAM)

    @property
    def texts(self) -> Mapping[str, BlobSeries]:
        """Text series by tag."""
        return self.blobs(Kind.TEXT)

    @property
    def audio(self) -> Mapping[str, BlobSeries]:
        """Audio series by tag."""
        return self.blobs(Kind.AUDIO)

    @property
    def videos(self) -> Mapping[str, BlobSeries]:
        """Video series by tag; that of a GIF logged with ``webm=True`` is "_video_/" and the GIF's tag."""
        return self.blobs(Kind.VIDEO)

    @property
    def tensors(self) -> Mapping[str, BlobSeries]:
        """Series of tensors that are nothing else, by tag."""
        return self.blobs(Kind.TENSOR)

    @property
    def pr_curves(self) -> Mapping[str, BlobSeries]:
        """Precision-recall curves by tag; a value is an array (6, thresholds): TP, FP, TN, FN, precision, recall."""
        return self.blobs(Kind.PR_CURVE)

    @property
    def layout(self) -> list[LayoutCategory]:
        """Categories of charts that its writer laid out for TensorBoard's custom scalars; the last layout counts.

        Raises:
            UnknownSeriesError: the file is gone. MalformedValueError: the bytes are damaged or are no layout.
        """
        found = (series for series in self.blobs(Kind.CUSTOM_SCALARS).values())
        kept = ([blob for blob in series if not blob.superseded] for series in found)
        return [category for blobs in kept if blobs for category in decode_layout(blobs[-1].value)]

    @property
    def graphs(self) -> Mapping[str, BlobSeries]:
        """Graphs by tag; "__run_graph__" is the one of the run itself."""
        return self.blobs(Kind.GRAPH)

    @cached_property
    def embeddings(self) -> Mapping[str, Sequence[Embedding]]:
        """Tensors of TensorBoard's projector by name, each by rising step; they lie beside the event files."""
        return self._find_embeddings()

    @cached_property
    def meshes(self) -> Mapping[str, MeshSeries]:
        """Meshes and point clouds by name: vertices with the faces and colours of their step."""
        return mesh_series(self.blobs(Kind.MESH))

    def blobs(self, kind: Kind) -> Mapping[str, BlobSeries]:
        """Return the series of any kind but scalars, by tag."""
        found = shown_series(self._view)
        return {tag: BlobSeries(found[tag, of], self._storage, self._folder) for tag, of in sorted(found) if of is kind}

    def descriptions(self) -> Iterator[tuple[str, str, str]]:
        """Iterate over (tag, display name, description in Markdown) of tags whose writer gave any."""
        for tag, (name, text) in self._view.descriptions.items():
            yield tag, name, text


def shown_series(view: RunView) -> dict[tuple[str, Kind], SeriesView]:
    """Return a run's series but for a meta graph where there is the graph itself: it holds the same once more."""
    shown = dict(view.series)
    if (RUN_GRAPH_TAG, Kind.GRAPH) in shown:
        shown.pop((META_GRAPH_TAG, Kind.GRAPH), None)
    return shown


def writer_facts(view: RunView) -> dict[str, str | int]:
    """Return what our writer noted in the run's last file that has such a note."""
    noted = [facts for facts in view.files.values() if facts.writer_uuid is not None]
    if not noted:
        return {}
    last = max(noted, key=lambda facts: facts.first_wall_time or 0.0)
    facts: dict[str, str | int] = {"dropped": sum(file.dropped for file in noted)}
    if last.host:
        facts["host"] = last.host
    if last.pid is not None:
        facts["pid"] = last.pid
    if last.rank is not None:
        facts["rank"] = last.rank
    return facts
