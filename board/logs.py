"""All runs of some logdirs as Python values: what ``board.open`` gives, and what the pages ask."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import time
from typing import Any

from board.blob_reader import parse_ref, read_value
from board.charts import Charts
from board.comparison.comparing import Comparison
from board.defaults import cache_folder, default_memory
from board.embeddings.questions import EmbeddingQuestions
from board.errors import UnknownRunError, UnknownSeriesError
from board.frames import frame_of
from board.graph_questions import GraphQuestions
from board.grouping import Group, group_runs
from board.histograms.rows import HistogramChart, HistogramReader, HistogramRequest, HistogramRows
from board.hparams.reading import HparamReader, RunHparams
from board.ingest.clock import Clock
from board.ingest.collector import patient_collector
from board.ingest.logdir import parse_logdirs
from board.ingest.logdir_loader import LogdirLoader
from board.ingest.watcher import Watcher
from board.inspection import count_tags, find_tags, inspect_runs, summarize_runs
from board.layouts.merging import Layouts
from board.meshes import Mesh, MeshItem, encode_ply, mesh_name
from board.metrics import Extremes, Metrics, is_less_better
from board.model import Delta, Kind, Problem, RunState
from board.notices.keeper import Keeper, Noticed
from board.notices.rules import RULES, Notice, Rule
from board.pr_curves.reading import PrCurves
from board.query.complete import Completion, complete
from board.query.evaluate import Found, compile_regex, find_runs
from board.query.subjects import RunChoices, Source
from board.run_facts import Fact, facts_of
from board.run_graphs import RunGraphs
from board.runs import Blob, BlobSeries, Run, ScalarSeries, shown_series
from board.store.bands import BandRequest
from board.store.index_cache import IndexCache
from board.store.pixels import PixelRequest, Pixels
from board.store.series import SeriesView
from board.store.smoothing import Smoothing
from board.store.store import RECENT_BYTES, Store
from board.table.frames import table_frame
from board.table.metric_cells import MetricChoice
from board.table.tables import Tables
from board.views import (
    BlobRow,
    GroupBand,
    NearestPoint,
    Overview,
    RunMargin,
    RunPixels,
    RunRange,
    RunSummary,
    TagSummary,
)

__all__ = [
    "RULES",
    "BandRequest",
    "Blob",
    "BlobRow",
    "BlobSeries",
    "Comparison",
    "Completion",
    "Delta",
    "Extremes",
    "Found",
    "Group",
    "GroupBand",
    "HistogramRequest",
    "HistogramRows",
    "Kind",
    "Logs",
    "MeshItem",
    "NearestPoint",
    "Notice",
    "Noticed",
    "Overview",
    "PixelRequest",
    "Pixels",
    "Problem",
    "Rule",
    "Run",
    "RunChoices",
    "RunHparams",
    "RunMargin",
    "RunPixels",
    "RunRange",
    "RunState",
    "RunSummary",
    "ScalarSeries",
    "Smoothing",
    "TagSummary",
    "compile_regex",
    "encode_ply",
    "mesh_name",
    "open",
]


class Logs:
    """All runs of some logdirs. Every method may be called from any thread; answers are snapshots of one revision.

    ``Logs(*paths)`` reads nothing: a server makes one, then calls ``watch``. ``board.open`` makes one and reads.
    """

    def __init__(
        self,
        *paths: str | Path,
        cache: bool | str | Path = True,
        memory: int | None = None,
        graph_files: Sequence[Path] = (),
    ) -> None:
        """Check the paths; read nothing of the logdirs. A missing one is fine here (``watch`` waits for it).

        Args:
            paths: as in ``board.open``.
            cache: as in ``board.open``.
            memory: as in ``board.open``.
            graph_files: models in files of their own, read here; with some, there may be no logdir.

        Raises:
            LogdirError: a path is a file or cannot be listed.
            MalformedValueError: a graph cannot be read.
        """
        self.logdirs = [str(path) for path in paths]  # as given
        memory = default_memory() if memory is None else memory
        folder = cache_folder() if cache is True else Path(cache) if cache is not False else None
        index = None if folder is None else IndexCache(folder, memory // 4)
        logdirs = parse_logdirs(paths) if paths or not graph_files else []
        self._store = Store(min(RECENT_BYTES, memory // 4))
        self._loader = LogdirLoader(logdirs, self._store, clock=Clock(), cache=index, memory_bytes=memory)
        self._watcher: Watcher | None = None
        self._hparams = HparamReader()
        self._histograms = HistogramReader()
        self._metrics = Metrics()
        self._notices = Keeper(self._store)
        self.charts = Charts(self._store)  # what the charts of scalars ask
        self.tables = Tables(self._store, self._hparams, self._metrics, self._place)  # runs with hparams and metrics
        self.pr_curves = PrCurves(self._store, self._place)
        self.layouts = Layouts(self._store, self._place)
        self.graphs = GraphQuestions(self._store, self._place, folder, memory)
        self.graphs.add_files(graph_files)
        self.embeddings = EmbeddingQuestions(self._places, memory // 4)

    def __enter__(self) -> "Logs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Logs {', '.join(self.logdirs)}: {len(self.runs)} runs>"

    @property
    def runs(self) -> list[str]:
        """Names of all runs, by the wall_time of their first event, then by name."""
        return self._store.runs()

    @property
    def problems(self) -> list[Problem]:
        """What could not be read, per file, folders included."""
        return self._loader.problems + [problem for view in self._store.views() for problem in view.problems]

    @property
    def revision(self) -> int:
        """Number of the last commit."""
        return self._store.revision

    def __getitem__(self, name: str) -> Run:
        """Return the run of that name; UnknownRunError where there is none."""
        view, place = self._store.run(name), self._place(name)
        facts, embeddings = lambda: facts_of(view, *place), lambda: self.embeddings.of_run(name)
        return Run(view, *place, lambda: self.hparams(name), facts, embeddings)

    def __contains__(self, name: object) -> bool:
        return name in self._store.runs()

    def __iter__(self) -> Any:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def refresh(self) -> Delta:
        """Read what has been appended since, and say what changed."""
        with self._loader.lock, patient_collector():
            self._loader.sweep()
            delta = self._loader.load(list(self._loader.runs))
            self._loader.is_loading = False
            if self._watcher is None and self._loader.indexer is not None:
                self._loader.indexer.write_due()
        return delta

    def watch(self, on_delta: Callable[[Delta], None]) -> None:
        """Start the watcher thread and return at once. The first read happens there too.

        ``on_delta`` is called from that thread after each commit. An error in it is reported in ``problems``.
        """
        if self._watcher is not None:
            raise RuntimeError("these logs are being watched already")

        def tell(delta: Delta) -> None:
            on_delta(delta)
            self._notices.offer(delta)
            self.graphs.prepare(delta)

        self._loader.on_delta = tell
        self._notices.start()
        self._watcher = Watcher(self._loader)
        self._watcher.start()
        self.embeddings.watch(on_delta, lambda: self.revision)
        if self._loader.indexer is not None:
            self._loader.indexer.start()

    def close(self) -> None:
        """Stop the watcher, where there is one; wait until its thread has ended (well under a second)."""
        self._loader.stopping.set()
        self._notices.stop()
        if self._loader.indexer is not None:
            self._loader.indexer.stop()
        if self._watcher is not None:
            self._watcher.stop()
        self.graphs.close()
        self.embeddings.close()

    def in_order(self) -> list[str]:
        """Return all runs that were ever found, those found at once by the time in their files' names: for colours."""
        return list(self._loader.order)

    def overview(self) -> Overview:
        """Return the run list."""
        return summarize_runs(self._loader, self._store)

    def counts(self) -> dict[Kind, int]:
        """Return how many tags each kind has (kinds without any left out)."""
        embeddings = self.embeddings.count()
        return count_tags(self._store.views()) | ({Kind.EMBEDDING: embeddings} if embeddings else {})

    def tags(self, kind: Kind) -> list[TagSummary]:
        """Return all tags of a kind, over all runs, sorted by name."""
        return find_tags(self._store.views(), kind)

    def scalar_series(self, runs: Sequence[str] = (), tags: Sequence[str] = ()) -> list[tuple[str, str, SeriesView]]:
        """Return (run, tag, series) of those runs and tags, by run; none named are all there are.

        Raises:
            UnknownRunError: a run is none. UnknownSeriesError: not one of the runs has one of the tags.
        """
        views = [self._store.run(run) for run in runs] if runs else self._store.views()
        found = []
        for view in views:
            own = {tag: series for (tag, kind), series in shown_series(view).items() if kind is Kind.SCALAR}
            found += [(view.name, tag, own[tag]) for tag in (tags or sorted(own)) if tag in own]
        if not found:
            raise UnknownSeriesError(f"None of the runs has a scalar {' or '.join(map(repr, tags[:3]))}".rstrip() + ".")
        return found

    def to_pandas(self, runs: Sequence[str] = (), tags: Sequence[str] = ()) -> Any:
        """Return the scalars as one ``pandas.DataFrame``: run, tag, line, step, wall_time, value, superseded.

        Args:
            runs: which ones; none named are all.
            tags: which ones; none named are all.

        Raises:
            MissingExtraError: pandas is not installed. UnknownRunError, UnknownSeriesError: as ``scalar_series``.
        """
        return frame_of(self.scalar_series(runs, tags))

    def blobs(self, run: str, tag: str, kind: Kind) -> list[BlobRow]:
        """Return the points of a series of another kind, in line and file order.

        Raises:
            UnknownRunError, UnknownSeriesError.
        """
        series = BlobSeries(self._series(run, tag, kind), *self._place(run))
        return [BlobRow(blob.ref, blob.step, blob.wall_time, blob.superseded) for blob in series]

    def read_blob(self, run: str, tag: str, kind: Kind, ref: str) -> Any:
        """Read one value from its file, check its CRC, and decode it.

        Returns:
            IMAGE: ``list[kinds.EncodedImage]`` (data, width, height as declared). HISTOGRAM: f8 array (k, 3) of
            left, right, count. TEXT: object array of str, any rank. AUDIO: ``list[kinds.EncodedAudio]``.
            GRAPH: bytes of a GraphDef. Others: see ``board.kinds.decode``.

        Raises:
            BadRequestError: ``ref`` is none of ours.
            UnknownRunError, UnknownSeriesError: no such point, or its file was replaced.
            MalformedValueError: the bytes are damaged or make no sense.
        """
        self._series(run, tag, kind)
        location = parse_ref(ref)
        if location.file not in self._store.run(run).files:
            raise UnknownSeriesError(f"The file that this value of {run!r} lay in is no more.")
        return read_value(*self._place(run), location, kind, tag)

    def mesh(self, run: str, name: str, ref: str) -> Mesh:
        """Return the mesh whose vertices a reference names, as ``blobs`` has them.

        Raises:
            UnknownRunError, UnknownSeriesError.
        """
        meshes = self[run].meshes
        if name not in meshes:
            raise UnknownSeriesError(f"The run {run!r} has no mesh {name!r}.")
        return meshes[name].find(ref)

    def histograms(self, tag: str, runs: Sequence[str], request: HistogramRequest) -> HistogramChart:
        """Return rows of histograms over common bins; runs that lack the tag, or are unknown, are left out."""
        known = [name for name in runs if name in self]
        return self._histograms.chart([(self._store.run(name), *self._place(name)) for name in known], tag, request)

    def graph(self, run: str, tag: str, ref: str | None = None) -> dict[str, Any]:
        """Return a graph as columns (``board.graphs.columns``), with its costs; ``ref=None`` is the last one.

        Raises:
            UnknownRunError, UnknownSeriesError, MalformedValueError, BadRequestError: as ``read_blob``.
        """
        return RunGraphs(self._store.run(run), *self._place(run)).columns(tag, ref)

    def graph_node(self, run: str, tag: str, name: str, ref: str | None = None) -> dict[str, Any]:
        """Return all that a graph says of one node, attributes included; errors as ``graph``."""
        return RunGraphs(self._store.run(run), *self._place(run)).node(tag, name, ref)

    def hparams(self, run: str) -> RunHparams:
        """Return a run's hyper-parameters with where each comes from; UnknownRunError where there is no such run."""
        return self._hparams.read([self._store.run(run)], self._place, self._store.views())[run]

    def all_hparams(self) -> dict[str, RunHparams]:
        """Return the hyper-parameters of every run, in the order of ``runs``; reads files, each once."""
        return self._hparams.read(self._store.views(), self._place)

    def query(self, text: str, choices: Mapping[str, RunChoices] | None = None) -> Found:
        """Return the runs that a query means: ``lr < 0.01 and state = running``, or a text that their names have.

        Args:
            text: see ``board.query.evaluate.find_runs``.
            choices: what people chose of the runs, by name; ``tag``, ``star`` and their like ask for it.

        Raises:
            QueryError: it is none; says what was expected where.
        """
        return find_runs(text, self._source(choices))

    def complete(self, text: str, cursor: int, choices: Mapping[str, RunChoices] | None = None) -> Completion:
        """Return what can stand at a place of a query."""
        return complete(text, cursor, self._source(choices))

    def metric(self, tag: str) -> dict[str, Extremes]:
        """Return the last, least and greatest value of a scalar, over all visible points, by run."""
        found = ((view.name, self._metrics.extremes(view, tag)) for view in self._store.views())
        return {name: extremes for name, extremes in found if extremes is not None}

    def compare(self, runs: Sequence[str], baseline: str | None = None, *, is_apart: bool = False) -> Comparison:
        """Lay runs side by side, seeds of one configuration in one column; see ``Comparison``.

        Raises:
            UnknownRunError: a run is none. BadRequestError: they make fewer than two columns, or more than eight.
        """
        views = {run: self._store.run(run) for run in runs}
        hparams = self._hparams.read(list(views.values()), self._place, self._store.views())

        def read_facts(run: str) -> dict[str, Fact]:
            return facts_of(views[run], *self._place(run))

        return Comparison(views, hparams, read_facts, self._metrics.extremes, baseline, is_apart=is_apart)

    def table(self, metrics: Sequence[str | MetricChoice] | None = None, runs: Sequence[str] | None = None) -> Any:
        """Return runs as one ``pandas.DataFrame``, by name: hyper-parameters and metrics; see ``table_frame``.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return table_frame(self.tables.read(runs), metrics)

    def notices(self) -> Noticed:
        """Return what was noticed: where these logs are watched what is known already, else all, looked at now."""
        return self._notices.refresh() if self._watcher is None else self._notices.read()

    @staticmethod
    def is_less_better(tag: str) -> bool:
        """Whether the best of a scalar is its least value, judged by its name."""
        return is_less_better(tag)

    def folders(self) -> list[tuple[str, str]]:
        """Return each run with the absolute path of its folder."""
        return [(name, run.storage.locate(run.folder)) for name, run in list(self._loader.runs.items())]

    def groups(self, by: str, name: str = "") -> list[Group]:
        """Return groups of runs by "folder", by a "hparam" or by a "regex"; see ``board.grouping``."""
        return group_runs(by, name, self.runs, self.all_hparams() if by == "hparam" else {})

    def inspect(self) -> dict[str, Any]:
        """Return every run with its tags, kinds, counts, steps, problems, state and files, ready for JSON.

        The shape is that of ``board.inspection.inspect_runs``.
        """
        return inspect_runs(self.logdirs, self._loader.problems, self._store.views())

    # -- finding things

    def _source(self, choices: Mapping[str, RunChoices] | None) -> Source:
        return Source(
            views=self._store.views(),
            summaries={run.name: run for run in self.overview().runs},
            hparams=self.all_hparams,
            extremes=self._metrics.extremes,
            choices=choices or {},
            notices=self._notices.rules_of,
            now=time(),
        )

    def _place(self, run: str) -> tuple[Any, str]:
        """Return the storage of a run's files, and their folder in it."""
        loader = self._loader.runs.get(run)
        if loader is None:
            raise UnknownRunError(f"There is no run {run!r}.")
        return loader.storage, loader.folder

    def _places(self) -> list[tuple[str, Any, str]]:
        """Return every run's name, storage and folder, and those of logdirs that are no runs themselves."""
        found = {name: (run.storage, run.folder) for name, run in list(self._loader.runs.items())}
        for logdir in self._loader.logdirs:  # a projector's files may stand alone there
            found.setdefault(logdir.name_run("."), (logdir.storage, "."))
        return [(name, *place) for name, place in found.items()]

    def _series(self, run: str, tag: str, kind: Kind) -> SeriesView:
        series = shown_series(self._store.run(run)).get((tag, kind))
        if series is None:
            raise UnknownSeriesError(f"The run {run!r} has no {kind} {tag!r}.")
        return series
