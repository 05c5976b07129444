"""Reads precision-recall curves: those of many runs at one step, and the areas under all of a run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.blob_reader import read_value
from board.errors import MalformedValueError, UnknownRunError, UnknownSeriesError
from board.model import BlobRef, Kind
from board.pr_curves.curve import PrCurve, decode_curve
from board.store.recent import Recent
from board.store.store import RunView, Store

__all__ = ["MAX_POINTS", "PrCurves", "RunAreas", "RunCurve"]

MAX_POINTS = 1_000_000  # thresholds
KEPT_BYTES = 32 << 20  # of curves
KEPT_AREAS = 100_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RunCurve:
    """The last curve of a run at or before a step."""

    run: str
    total: int  # curves of the series, superseded ones left out
    first_step: int
    step: int | None  # None: the first one comes later
    wall_time: float = 0.0  # seconds since the epoch
    relative: float = 0.0  # seconds since the run's first one of the tag
    curve: PrCurve | None = None
    error: str | None = None  # why it cannot be shown


@dataclass(frozen=True, slots=True, eq=False)
class RunAreas:
    """The areas under the curves of a run by rising step, columns of one length; NaN where there is none."""

    run: str
    total: int
    step: NDArray[np.int64]
    wall_time: Floats
    average_precision: Floats
    trapezoid: Floats
    logged: NDArray[np.int64]  # every step of the series, though areas were asked for at some only
    unreadable: int  # curves that are damaged, or are none


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    view: RunView
    refs: list[BlobRef]
    step: NDArray[np.int64]  # rising
    wall_time: Floats


@dataclass(frozen=True, slots=True)
class _Area:
    area: tuple[float, float] | None


class PrCurves:
    """Answers from what the store last committed; keeps what it decoded lately; safe from several threads."""

    def __init__(self, store: Store, place: Callable[[str], tuple[Any, str]]) -> None:
        """Know the store, and how to find the storage and the folder of a run's files."""
        self._store = store
        self._place = place
        self._curves = Recent(KEPT_BYTES)
        self._areas = Recent(KEPT_AREAS)

    def at(self, tag: str, runs: Sequence[str], step: float | None = None, most: int = MAX_POINTS) -> list[RunCurve]:
        """Return each run's last curve at or before a step, None: its last; runs that lack the tag are left out.

        Of more than ``most`` thresholds in all, the last runs have an error instead of a curve.
        """
        answer, points = [], 0
        for series in self._find(tag, runs):
            run, total, first = series.view.name, len(series.refs), int(series.step[0])
            i = total if step is None else int(np.searchsorted(series.step, step, "right"))
            if not i:
                answer.append(RunCurve(run, total, first, None))
                continue
            found = self._curve(run, series.refs[i - 1], tag)
            if not isinstance(found, str):
                points += len(found.threshold)
            if points > most:
                found = "left out: there are too many thresholds in all"
            wall_time = float(series.wall_time[i - 1])
            answer.append(
                RunCurve(
                    run,
                    total,
                    first,
                    int(series.step[i - 1]),
                    wall_time,
                    wall_time - float(series.wall_time[0]),
                    None if isinstance(found, str) else found,
                    found if isinstance(found, str) else None,
                )
            )
        return answer

    def areas(self, tag: str, runs: Sequence[str], points: int) -> list[RunAreas]:
        """Return the areas of each run at all of its steps, or at so many of them, the first and the last included."""
        answer = []
        for series in self._find(tag, runs):
            total = len(series.refs)
            picked = np.unique(np.linspace(0, total - 1, min(points, total)).round().astype(np.intp))
            found = [self._area(series.view.name, series.refs[i], tag) for i in picked.tolist()]
            is_read = np.array([area is not None for area in found], dtype=bool)
            pairs = np.array([area for area in found if area is not None], dtype=np.float64).reshape(-1, 2)
            answer.append(
                RunAreas(
                    series.view.name,
                    total,
                    series.step[picked][is_read],
                    series.wall_time[picked][is_read],
                    pairs[:, 0],
                    pairs[:, 1],
                    series.step,
                    int((~is_read).sum()),
                )
            )
        return answer

    def _find(self, tag: str, runs: Sequence[str]) -> list[_Series]:
        views = {view.name: view for view in self._store.views()}
        found = []
        for view in (views[run] for run in runs if run in views):
            series = view.series.get((tag, Kind.PR_CURVE))
            if series is None:
                continue
            refs, shown = series.blob_refs(), np.flatnonzero(~series.superseded)
            if not len(shown):
                continue
            shown = shown[np.argsort(series.step[shown], kind="stable")]  # files of one run may interleave
            found.append(_Series(view, [refs[i] for i in shown.tolist()], series.step[shown], series.wall_time[shown]))
        return found

    def _curve(self, run: str, ref: BlobRef, tag: str) -> PrCurve | str:
        held = self._curves.find((run, ref))
        if isinstance(held, PrCurve):
            return held
        found = self._read(run, ref, tag)
        if isinstance(found, PrCurve):
            self._curves.keep((run, ref), found, 56 * len(found.threshold))
        return found

    def _area(self, run: str, ref: BlobRef, tag: str) -> tuple[float, float] | None:
        held = self._areas.find((run, ref))
        if isinstance(held, _Area):
            return held.area
        found = self._read(run, ref, tag)  # of thousands of curves only two numbers are kept
        area = (found.average_precision, found.trapezoid) if isinstance(found, PrCurve) else None
        self._areas.keep((run, ref), _Area(area), 1)
        return area

    def _read(self, run: str, ref: BlobRef, tag: str) -> PrCurve | str:
        """Return a curve, or why there is none: one that is damaged must not hide the others."""
        try:
            return decode_curve(read_value(*self._place(run), ref, Kind.PR_CURVE, tag))
        except (MalformedValueError, UnknownSeriesError, UnknownRunError) as error:
            return str(error)
