"""Metrics as columns: of each row the last, least, greatest, mean value of a scalar, or that at a step."""

from collections.abc import Callable, Collection, Sequence
from math import fsum, isfinite, nan
from threading import Lock
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.metrics import Extremes, Metrics, direction_of, is_less_better
from board.model import Kind
from board.store.pieces import StoredColumn
from board.store.run_view import RunView
from board.store.series import STEP, VALUE, Segment, SeriesView
from board.table.rows import Row

__all__ = ["Goal", "GoalFrom", "MetricCells", "MetricChoice", "MetricColumn", "Of", "goal_of"]

Of = Literal["last", "best", "min", "max", "mean", "at", "with"]
Goal = Literal["min", "max"]
GoalFrom = Literal["asked", "name", "guess"]
MAX_KEPT = 1_000_000  # cells that are remembered
_SCALE = 2.0**-40  # so that the sum of values near the greatest float does not overflow


class MetricChoice(NamedTuple):
    """Which value of a scalar stands for a run."""

    tag: str
    of: Of = "last"
    group: str = ""  # the part of a row that has the scalar, "" the run itself
    step: int = 0  # of "at": the last point at or before it
    by: str = ""  # of "with": the value at the step where this scalar was best
    by_group: str = ""
    goal: Goal | None = None  # of ``by`` where there is one, else of ``tag``; None: by its name

    @property
    def goal_and_source(self) -> tuple[Goal, GoalFrom]:
        """What is best, and who says so."""
        return goal_of(self.by if self.of == "with" else self.tag) if self.goal is None else (self.goal, "asked")

    @property
    def label(self) -> str:
        """What heads the column: ``val/loss (min)``, plainly the tag for its last value."""
        tag = f"{self.group}: {self.tag}" if self.group else self.tag
        said = {"last": "", "at": f"at {self.step}", "with": f"at {self.goal_and_source[0]} {self.by}"}
        how = said.get(self.of, self.of)
        return f"{tag} ({how})" if how else tag


class MetricColumn(NamedTuple):
    """One metric of all rows."""

    choice: MetricChoice
    goal: Goal
    goal_from: GoalFrom
    values: NDArray[np.float64]  # by row, NaN where the row has none
    has: NDArray[np.bool_]  # by row: it has one, be it NaN
    steps: tuple[int | None, ...]  # by row: of the value; None where there is none, or it is a mean


def goal_of(tag: str) -> tuple[Goal, GoalFrom]:
    """Return whether less or more of a scalar is better, by its name; a guess where the name says nothing clear."""
    direction = direction_of(tag)
    if direction:
        return ("max" if direction > 0 else "min"), "name"
    return ("min" if is_less_better(tag) else "max"), "guess"


class _Cell(NamedTuple):
    value: float
    step: int | None


class _Kept(NamedTuple):
    series: SeriesView  # that it was made of: an immutable value, another one when it grows
    step: int  # that was asked for
    cell: _Cell | None


class MetricCells:
    """Computes on demand, in the caller's thread, and remembers each cell as long as its series stays what it is."""

    def __init__(self, metrics: Metrics) -> None:
        """Take extremes from there."""
        self._metrics = metrics
        self._lock = Lock()
        self._kept: dict[tuple[str, str], dict[str, _Kept]] = {}  # by (tag, what of it), then by run
        self._extremes: dict[str, dict[str, tuple[SeriesView, Extremes | None]]] = {}
        self._count = 0

    def column(self, rows: Sequence[Row], choice: MetricChoice) -> MetricColumn:
        """Return a metric of the rows."""
        goal, source = choice.goal_and_source
        find = self._finder(choice, goal)
        cells = [find(row) for row in rows]
        values = np.array([nan if cell is None else cell.value for cell in cells], np.float64)
        has = np.array([cell is not None for cell in cells], np.bool_)
        steps = tuple(None if cell is None else cell.step for cell in cells)
        return MetricColumn(choice, goal, source, values, has, steps)

    def forget_others(self, runs: Collection[str]) -> None:
        """Let go of runs that are no more, and with them of their points."""
        by_tag: list[dict[str, Any]] = [*self._kept.values(), *self._extremes.values()]
        for kept in by_tag:
            if len(kept) > len(runs):
                for run in kept.keys() - set(runs):
                    kept.pop(run, None)

    def _finder(self, choice: MetricChoice, goal: Goal) -> Callable[[Row], _Cell | None]:
        tag, of = choice.tag, goal if choice.of == "best" else choice.of
        if of == "mean":
            return lambda row: self._remembered(row, choice.group, tag, "mean", 0, _mean)
        if of == "at":
            return lambda row: self._remembered(row, choice.group, tag, "at", choice.step, _at)
        if of == "with":

            def at_best(row: Row) -> _Cell | None:
                best = _extreme(self._found(row, choice.by_group, choice.by), goal)
                if best is None or best.step is None:
                    return None
                return self._remembered(row, choice.group, tag, "at", best.step, _at)

            return at_best
        return lambda row: _extreme(self._found(row, choice.group, tag), of)

    def _found(self, row: Row, group: str, tag: str) -> Extremes | None:
        own = _series(row, group, tag)
        if own is None:
            return None
        view, series = own
        by_run = self._extremes.setdefault(tag, {})
        known = by_run.get(view.name)
        if known is not None and known[0] is series:
            return known[1]
        found = self._metrics.extremes(view, tag)
        self._make_room(known is None)
        by_run[view.name] = (series, found)
        return found

    def _remembered(
        self,
        row: Row,
        group: str,
        tag: str,
        of: str,
        step: int,
        compute: Callable[[SeriesView, int], _Cell | None],
    ) -> _Cell | None:
        own = _series(row, group, tag)
        if own is None:
            return None
        view, series = own
        by_run = self._kept.setdefault((tag, of), {})
        known = by_run.get(view.name)
        if known is not None and known.series is series and known.step == step:
            return known.cell
        cell = compute(series, step)
        self._make_room(known is None)
        by_run[view.name] = _Kept(series, step, cell)
        return cell

    def _make_room(self, is_new: bool) -> None:
        with self._lock:
            self._count += is_new
            if self._count > MAX_KEPT:
                self._kept, self._extremes, self._count = {}, {}, 0


def _series(row: Row, group: str, tag: str) -> tuple[RunView, SeriesView] | None:
    for view in row.parts.get(group, ()):
        series = view.series.get((tag, Kind.SCALAR))
        if series is not None:
            return view, series
    return None


def _extreme(found: Extremes | None, of: str) -> _Cell | None:
    if found is None:
        return None
    if of == "last":
        return _Cell(found.last, found.last_step)
    value, step = (found.least, found.least_step) if of == "min" else (found.greatest, found.greatest_step)
    return _Cell(value, step) if isfinite(value) else _Cell(found.last, found.last_step)  # none of its points is finite


def _mean(series: SeriesView, _: int) -> _Cell | None:
    """Return the mean of the finite visible points, NaN where there are visible ones but none is finite."""
    sums: list[float] = []
    count = visible = 0
    for segment in _segments(series):
        mask, part = segment.mask, segment.part
        visible += segment.visible
        stop = part.count if mask is not None else segment.visible
        for first, values in StoredColumn([part.columns], VALUE, np.float64, [part.count]).pieces(0, stop):
            shown = np.isfinite(values)
            if mask is not None:
                shown &= ~mask[first : first + len(values)]
            count += int(np.count_nonzero(shown))
            sums.append(float((values[shown] * _SCALE).sum()))
    if not visible:
        return None
    return _Cell(fsum(sums) / count / _SCALE if count else nan, None)


def _at(series: SeriesView, step: int) -> _Cell | None:
    """Return the visible point with the greatest step that is not beyond ``step``, of several the last one."""
    found: _Cell | None = None
    for segment in _segments(series):
        cell = _at_of_segment(segment, step)
        if cell is not None and (found is None or (cell.step or 0) >= (found.step or 0)):
            found = cell
    return found


def _at_of_segment(segment: Segment, step: int) -> _Cell | None:
    part = segment.part
    if part.least_step > step:
        return None
    steps = StoredColumn([part.columns], STEP, np.int64, [part.count])
    if part.steps_rise:
        limit = np.int64(step)
        row = min(segment.visible, steps.bisected(lambda some: int(np.searchsorted(some, limit, side="right")))) - 1
    else:
        own = steps.rows()
        rows = np.flatnonzero(~segment.superseded & (own <= step))
        row = -1 if not len(rows) else int(rows[len(rows) - 1 - own[rows][::-1].argmax()])
    if row < 0:
        return None
    point = part.point(row)
    return _Cell(point.value, point.step)


def _segments(series: SeriesView) -> list[Segment]:
    return [segment for line in series.lines for segment in line.segments if segment.visible]
