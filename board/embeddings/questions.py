"""What pages and scripts ask about embeddings: which there are, their points, views of them, neighbours of a point."""

import hashlib
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from time import monotonic
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from board.embeddings.config import ConfigFile, EmbeddingSource, find_config, read_config
from board.embeddings.layouts import Layout, LayoutRequest, Layouts
from board.embeddings.metadata import MetadataTable
from board.embeddings.points import Points
from board.embeddings.reduction import Components, axis_between, on_sphere, principal_components
from board.embeddings.tensor import Embedding
from board.errors import BadRequestError, BoardError, MalformedValueError, UnknownSeriesError
from board.model import Delta, Kind
from board.storage import LocalStorage
from board.store.recent import Recent

__all__ = ["EmbeddingQuestions", "LoadedEmbedding", "RunEmbeddings"]

LOOK_AGAIN_S = 1.0  # at the folders of runs, at most this often
_SHARE = 50  # of the time a look takes, it is not looked again: a thousand runs on a slow disk
_RECENT_BYTES = 768 << 20

T = TypeVar("T")
Places = Callable[[], list[tuple[str, LocalStorage, str]]]


class RunEmbeddings(NamedTuple):
    """The embeddings of one run, by name, each by its steps."""

    run: str
    tensors: dict[str, list[Embedding]]
    problem: str  # why the list could not be read, "" where it could


@dataclass(frozen=True, slots=True, eq=False)
class LoadedEmbedding:
    """A tensor with all that is known of its points."""

    embedding: Embedding
    key: str  # of its bytes
    points: Points
    table: MetadataTable
    problem: str  # why there is no table, "" where there is or should be none


class EmbeddingQuestions:
    """Answers in the caller's thread: never to be asked on an event loop. Any thread may call any method."""

    def __init__(self, places: Places, memory: int) -> None:
        """Know where runs are.

        Args:
            places: gives each run's name, storage and folder in it.
            memory: bytes that points and views may take.
        """
        self._places = places
        self._recent = Recent(min(_RECENT_BYTES, memory))
        self._lock = threading.Lock()  # held while folders are looked at
        self._known: dict[str, tuple[ConfigFile | None, RunEmbeddings | None]] = {}
        self._changed: set[str] = set()  # runs that nobody was told of yet
        self._look_at = 0.0
        self._making: dict[Hashable, threading.Lock] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.layouts = Layouts()

    # -- which there are

    def all(self) -> list[RunEmbeddings]:
        """Return the runs that have a list of embeddings."""
        self._look()
        with self._lock:
            return [found for _, found in self._known.values() if found is not None]

    def count(self) -> int:
        """Return how many tensors there are, steps not counted."""
        return sum(len(run.tensors) for run in self.all())

    def of_run(self, run: str) -> dict[str, list[Embedding]]:
        """Return a run's embeddings by name, each by rising step; empty where it has none."""
        return next((found.tensors for found in self.all() if found.run == run), {})

    def find(self, run: str, tag: str, step: int | None = None) -> Embedding:
        """Return a tensor at a step, None at its last; UnknownSeriesError where there is no such thing."""
        steps = self.of_run(run).get(tag, [])
        found = [one for one in steps if step is None or one.step == step]
        if not found:
            at = "" if step is None else f" at {step}"
            raise UnknownSeriesError(f"The run {run!r} has no embedding {tag!r}{at}.")
        return found[-1]

    def watch(self, tell: Callable[[Delta], None], revision: Callable[[], int]) -> None:
        """Look again and again in a thread of its own, and tell of runs whose list is new or another."""

        def run() -> None:
            while not self._stopping.wait(LOOK_AGAIN_S):
                self._look()
                with self._lock:
                    changed, self._changed = self._changed, set()
                if changed:
                    tell(Delta(revision(), {name: self._series_of(name) for name in changed}))

        self._thread = threading.Thread(target=run, name="board-embeddings", daemon=True)
        self._thread.start()

    def _series_of(self, run: str) -> frozenset[tuple[str, Kind]]:
        return frozenset((tag, Kind.EMBEDDING) for tag in self.of_run(run) or [""])  # of a list that is gone: no name

    def close(self) -> None:
        """End the thread and all that is being made."""
        self._stopping.set()
        self.layouts.close()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _look(self) -> None:
        """Look for lists that are new, gone or others."""
        with self._lock:
            begin = monotonic()
            if begin < self._look_at:
                return
            places = self._places()
            for name in self._known.keys() - {name for name, *_ in places}:
                if self._known.pop(name)[1] is not None:
                    self._changed.add(name)
            for name, storage, folder in places:
                file, known = find_config(storage, folder), self._known.get(name)
                if known is None or known[0] != file:
                    self._known[name] = file, None if file is None else _read(name, storage, folder, file)
                    if file is not None or known is not None:
                        self._changed.add(name)
            end = monotonic()
            self._look_at = end + min(LOOK_AGAIN_S / 2 + _SHARE * (end - begin), 60.0)

    # -- one of them

    def load(self, run: str, tag: str, step: int | None = None) -> LoadedEmbedding:
        """Read a tensor and its metadata, or take what was read of the same bytes.

        Raises:
            UnknownSeriesError, MalformedValueError: as ``Embedding.points``.
        """
        embedding = self.find(run, tag, step)
        state = [embedding.state_of(path) for path in embedding.paths()]
        key = hashlib.sha256(repr((run, astuple(embedding.source), state)).encode("utf-8", "replace")).hexdigest()[:32]
        return self._made(key, lambda: _load(embedding, key), lambda one: one.points.size + one.table.size)

    def components(self, loaded: LoadedEmbedding, *, sphere: bool = False) -> Components:
        """Return the principal components; scores of points that are not whole are NaN."""

        def make() -> Components:
            found = principal_components(self._values(loaded, sphere=sphere))
            return Components(_spread(found.scores, loaded.points.is_whole), found.shares, found.is_exact)

        return self._made((loaded.key, "components", sphere), make, lambda one: one.size)

    def axis(
        self, loaded: LoadedEmbedding, start: NDArray[np.bool_], end: NDArray[np.bool_], *, sphere: bool = False
    ) -> NDArray[np.float32]:
        """Return places on a line from the middle of some points, 0, to that of others, 1; NaN as ``components``.

        Raises:
            BadRequestError: there are none of one kind.
        """
        is_whole = loaded.points.is_whole
        if not (start & is_whole).any() or not (end & is_whole).any():
            raise BadRequestError("no point matches one of the axis' ends")
        found = axis_between(self._values(loaded, sphere=sphere), start[is_whole], end[is_whole])
        return _spread(found, is_whole)

    def lay_out(self, run: str, tag: str, step: int | None, request: LayoutRequest) -> Layout:
        """Begin to make a layout, or return the one that was; errors as ``load`` and ``Layouts.start``."""
        loaded = self.load(run, tag, step)
        key = hashlib.sha256(repr((loaded.key, request)).encode()).hexdigest()[:32]
        return self.layouts.start(key, request, lambda: (loaded.points.values, loaded.points.is_whole))

    def _values(self, loaded: LoadedEmbedding, *, sphere: bool) -> NDArray[np.float32]:
        points = loaded.points
        if not points.is_whole.any():
            raise MalformedValueError("no point of this embedding has finite numbers only")
        values = points.values if points.is_whole.all() else points.values[points.is_whole]
        return on_sphere(values) if sphere else values

    def _made(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        with self._turn(key):
            found = self._recent.find(key)
            if found is None:
                found = make()
                self._recent.keep(key, found, size(found))
            return found  # type: ignore[return-value]  # a key stands for one type

    @contextmanager
    def _turn(self, key: Hashable) -> Iterator[None]:
        """Let whoever asks the same at the same time wait for one answer."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                yield
        finally:
            with self._lock:
                self._making.pop(key, None)


def _read(run: str, storage: LocalStorage, folder: str, file: ConfigFile) -> RunEmbeddings:
    try:
        sources = read_config(storage, folder, file)
    except MalformedValueError as error:
        return RunEmbeddings(run, {}, str(error))
    tensors: dict[str, list[Embedding]] = {}
    for source in sorted(sources, key=_by_step):
        tensors.setdefault(source.tag, []).append(Embedding(source, storage, folder))
    return RunEmbeddings(run, tensors, "")


def _by_step(source: EmbeddingSource) -> tuple[str, int]:
    return source.tag, -1 if source.step is None else source.step


def _load(embedding: Embedding, key: str) -> LoadedEmbedding:
    points = embedding.points
    try:
        return LoadedEmbedding(embedding, key, points, embedding.read_metadata(len(points.values)), "")
    except BoardError as error:  # points are worth a look without their labels
        return LoadedEmbedding(embedding, key, points, MetadataTable(), str(error))


def _spread(values: NDArray[np.float32], is_whole: NDArray[np.bool_]) -> NDArray[np.float32]:
    if is_whole.all():
        return values
    full = np.full((len(is_whole), *values.shape[1:]), np.nan, np.float32)
    full[is_whole] = values
    return full
