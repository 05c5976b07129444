"""Reads histograms of a series and lays them out as rows: one a step, or one for all steps of a column of pixels."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from board.blob_reader import read_value
from board.errors import BadRequestError, MalformedValueError, UnknownSeriesError
from board.histograms.binning import PERCENTILES, bins_between, placed, quantiles, rebinned
from board.model import BlobRef, Kind
from board.runs import shown_series
from board.storage import LocalStorage
from board.store.store import RunView

__all__ = ["HistogramChart", "HistogramReader", "HistogramRequest", "HistogramRows"]

CACHE_BYTES = 64 << 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HistogramRequest:
    """Which histograms of some runs, in how many rows and bins.

    Raises:
        BadRequestError: no such x axis, or no rows or bins.
    """

    x: str = "step"  # "step", "relative" (seconds since the series' first point) or "wall"
    lo: float | None = None  # of x, ends included; None: from the first one on
    hi: float | None = None
    rows: int = 50  # at most so many
    bins: int = 60
    merge: bool = False  # more steps than rows: those of one column are added up; else some are picked, evenly
    is_single: bool = False  # one row: the last histogram at or before ``hi``

    def __post_init__(self) -> None:
        """Check it."""
        if self.x not in ("step", "relative", "wall"):
            raise BadRequestError(f"x axis {self.x!r} is none of step, relative, wall")
        if self.rows < 1 or self.bins < 1:
            raise BadRequestError(f"{self.rows} rows of {self.bins} bins show nothing")


@dataclass(frozen=True, slots=True, eq=False)
class HistogramRows:
    """The rows of one run, by rising x."""

    run: str
    total: int  # histograms of the series, superseded ones left out
    step: NDArray[np.int64]  # (n): of the row's last histogram
    wall_time: Floats  # (n)
    x: Floats  # (n)
    merged: NDArray[np.int32]  # (n): histograms in the row
    numbers: Floats  # (n): values that were counted
    counts: Floats  # (n, bins)
    quantiles: Floats  # (n, 9), at binning.PERCENTILES
    unreadable: int  # histograms that are damaged, or are none


@dataclass(frozen=True, slots=True, eq=False)
class HistogramChart:
    """Rows of several runs over the same bins."""

    edges: Floats  # (bins + 1); empty where nothing was counted
    runs: list[HistogramRows]


@dataclass(slots=True)
class _Picked:
    run: str
    total: int
    step: NDArray[np.int64]
    wall_time: Floats
    x: Floats
    groups: list[list[Floats]]  # of buckets, a list for each row
    unreadable: int


class HistogramReader:
    """Keeps what it decoded, up to 64 MiB; safe from several threads."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: OrderedDict[tuple[str, BlobRef], Floats] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def chart(
        self, runs: list[tuple[RunView, LocalStorage, str]], tag: str, request: HistogramRequest
    ) -> HistogramChart:
        """Read what a chart of one tag shows of runs, each with where it lies; those that lack the tag are left out."""
        picked = [found for run in runs if (found := self._pick(*run, tag, request)) is not None]
        groups = [buckets for run in picked for group in run.groups for buckets in group if len(buckets)]
        if not groups:
            return HistogramChart(np.zeros(0), [_laid_out(run, np.zeros(1)) for run in picked])
        least = min(float(buckets[0, 0]) for buckets in groups)
        greatest = max(float(buckets[:, 1].max()) for buckets in groups)
        edges = bins_between(least, greatest, request.bins)
        return HistogramChart(edges, [_laid_out(run, edges) for run in picked])

    def _pick(
        self, view: RunView, storage: LocalStorage, folder: str, tag: str, request: HistogramRequest
    ) -> _Picked | None:
        series = shown_series(view).get((tag, Kind.HISTOGRAM))
        if series is None:
            return None
        refs, shown = series.blob_refs(), np.flatnonzero(~series.superseded)
        step, wall_time = series.step[shown], series.wall_time[shown]
        x = step.astype(np.float64) if request.x == "step" else wall_time
        if request.x == "relative" and len(x):
            x = x - wall_time[0]
        order = np.argsort(x, kind="stable")
        order = order[np.isfinite(x[order])]
        lo = -np.inf if request.lo is None else request.lo
        hi = np.inf if request.hi is None else request.hi
        inside = order[((x >= lo) & (x <= hi))[order]]
        rows = [inside[-1:]] if request.is_single else _grouped(inside, x[inside], request)
        rows = [row for row in rows if len(row)]
        last = np.array([row[-1] for row in rows], dtype=np.intp)
        groups, unreadable = [], 0
        for row in rows:
            read = [self._read(view.name, storage, folder, refs[int(shown[i])], tag) for i in row]
            groups.append([buckets for buckets in read if buckets is not None])
            unreadable += sum(buckets is None for buckets in read)
        return _Picked(view.name, len(shown), step[last], wall_time[last], x[last], groups, unreadable)

    def _read(self, run: str, storage: LocalStorage, folder: str, ref: BlobRef, tag: str) -> Floats | None:
        key = (run, ref)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            buckets = placed(read_value(storage, folder, ref, Kind.HISTOGRAM, tag))
        except (MalformedValueError, UnknownSeriesError):  # one that is damaged must not hide the others
            return None
        with self._lock:
            if key not in self._kept:
                self._kept[key] = buckets
                self._bytes += buckets.nbytes
            while self._bytes > CACHE_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return buckets


def _grouped(inside: NDArray[np.intp], x: Floats, request: HistogramRequest) -> list[NDArray[np.intp]]:
    count = len(inside)
    if count <= request.rows:
        return list(inside[:, None])
    if not request.merge:  # the first and the last are always among them
        return list(inside[np.unique(np.linspace(0, count - 1, request.rows).round().astype(np.intp))][:, None])
    lo = x[0] if request.lo is None else request.lo
    hi = x[-1] if request.hi is None else request.hi
    column = np.minimum((x - lo) / max(hi - lo, np.finfo(float).tiny) * request.rows, request.rows - 1).astype(np.intp)
    return np.split(inside, np.flatnonzero(np.diff(column)) + 1)


def _laid_out(run: _Picked, edges: Floats) -> HistogramRows:
    rows = len(run.groups)
    counts, parts, numbers = np.zeros((rows, len(edges) - 1)), np.empty((rows, len(PERCENTILES))), np.zeros(rows)
    for row, group in enumerate(run.groups):
        # Quantiles want disjoint buckets by rising value: of several histograms they are taken from the common bins.
        for buckets in group:
            if len(edges) > 1:
                counts[row] += rebinned(buckets, edges)
            numbers[row] += buckets[:, 2].sum()
        if len(group) == 1:
            parts[row] = quantiles(group[0])
        else:
            parts[row] = quantiles(placed(np.stack((edges[:-1], edges[1:], counts[row]), axis=1)))
            filled = [buckets for buckets in group if len(buckets)]
            if filled:
                parts[row, 0] = min(buckets[0, 0] for buckets in filled)
                parts[row, -1] = max(buckets[:, 1].max() for buckets in filled)
    merged = np.array([len(group) for group in run.groups], dtype=np.int32)
    return HistogramRows(
        run.run, run.total, run.step, run.wall_time, run.x, merged, numbers, counts, parts, run.unreadable
    )
