"""The metrics of the columns: last, best and area of each seed, their mean, and the difference to the baseline."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Literal, NamedTuple

from board.comparison.area import mean_height, span_of
from board.comparison.columns import Column
from board.comparison.differences import Difference, difference_of, mean_of, spread_of
from board.metrics import Extremes, direction_of
from board.store.series import Line

__all__ = ["MEASURES", "Cell", "Judgement", "Measure", "Metric", "judged", "measured", "ordered_tags"]

Measure = Literal["best", "last", "area"]
MEASURES: tuple[Measure, ...] = ("best", "last", "area")
Judgement = Literal["better", "worse", "higher", "lower", "unsure", "untold", ""]

_FINAL = ("test", "val", "valid", "validation", "eval", "evaluation", "dev", "heldout")
_SYSTEM = ("system", "sys", "time", "perf", "timing", "gpu", "cpu", "speed", "latency")


class Cell(NamedTuple):
    """One measure of one metric in one column."""

    values: tuple[float | None, ...]  # of each run; None where it has none; may be NaN or infinite
    mean: float | None  # over the runs that have a finite one
    spread: float | None  # standard deviation over them, n - 1
    finite: int  # number of them
    difference: Difference | None = None  # None for the baseline, and where either side lacks a finite value

    @property
    def not_finite(self) -> int:
        """Number of runs whose value is NaN or infinite: a mean of the others is too kind."""
        return sum(value is not None and not isfinite(value) for value in self.values)


class Metric(NamedTuple):
    """One scalar tag over all columns."""

    tag: str
    direction: int  # 1: more is better, -1: less is, 0: not known
    steps: tuple[int, int] | None  # that the area is over: those that all runs have
    cells: Mapping[Measure, tuple[Cell, ...]]  # by column


def measured(
    tag: str,
    columns: Sequence[Column],
    baseline: int,
    extremes: Callable[[str, str], Extremes | None],
    lines: Callable[[str, str], Sequence[Line]],
    measures: Sequence[Measure] = MEASURES,
) -> Metric:
    """Measure a tag in all columns.

    The best of a metric whose direction nobody knows is not told: its cells are those of no value. The area is taken
    over the steps that all runs have, of runs that have a single line.

    Args:
        tag: of scalars.
        columns: at least one.
        baseline: which of them.
        extremes: (run, tag) -> what it came to, None where the run lacks it.
        lines: (run, tag) -> its lines.
        measures: which ones are wanted.
    """
    direction = direction_of(tag)
    steps: tuple[int, int] | None = None
    cells: dict[Measure, tuple[Cell, ...]] = {}
    for measure in measures:
        if measure == "area":
            steps, values = _areas(tag, columns, lines)
        else:
            values = [[_value(extremes(run, tag), measure, direction) for run in own.runs] for own in columns]
        cells[measure] = _cells(values, baseline)
    return Metric(tag, direction, steps, cells)


def judged(cell: Cell, baseline: Cell, direction: int) -> Judgement:
    """Return what may be said of a cell: better or worse only where the interval and the direction say so."""
    difference = cell.difference
    if difference is None:
        return ""
    if difference.is_sure is None or cell.not_finite or baseline.not_finite:
        return "untold"
    if not difference.is_sure:
        return "unsure"
    if not direction:
        return "higher" if difference.delta > 0 else "lower"
    return "better" if difference.delta * direction > 0 else "worse"


def ordered_tags(runs_of: Mapping[str, int], named: Sequence[str] = ()) -> list[str]:
    """Return tags by how likely they are to judge a run.

    Args:
        runs_of: how many of the columns have each tag.
        named: tags that the writer itself named as metrics; they come first.
    """
    most = max(runs_of.values(), default=0)

    def place(tag: str) -> tuple[bool, ...]:
        words = set(tag.lower().replace("_", "/").replace("-", "/").replace(".", "/").split("/"))
        direction = direction_of(tag)
        return (
            runs_of[tag] < most,
            tag not in named,
            direction == 0,
            not words.isdisjoint(_SYSTEM),
            words.isdisjoint(_FINAL),
            direction < 0,
        )

    return sorted(runs_of, key=lambda tag: (*place(tag), tag))


def _value(found: Extremes | None, measure: Measure, direction: int) -> float | None:
    if found is None:
        return None
    if measure == "last":
        return found.last
    return found.greatest if direction > 0 else found.least if direction < 0 else None


def _areas(
    tag: str, columns: Sequence[Column], lines: Callable[[str, str], Sequence[Line]]
) -> tuple[tuple[int, int] | None, list[list[float | None]]]:
    found = [[lines(run, tag) for run in column.runs] for column in columns]
    spans = [span_of(own[0]) for column in found for own in column if len(own) == 1]
    known = [span for span in spans if span is not None]
    low, high = max((span[0] for span in known), default=0), min((span[1] for span in known), default=0)
    if low >= high:
        return None, [[None for _ in column] for column in found]
    return (low, high), [
        [mean_height(own[0], low, high) if len(own) == 1 else None for own in column] for column in found
    ]


def _cells(values: Sequence[Sequence[float | None]], baseline: int) -> tuple[Cell, ...]:
    finite = [[value for value in own if value is not None and isfinite(value)] for own in values]
    cells = []
    for at, (own, known) in enumerate(zip(values, finite, strict=True)):
        difference = None
        if at != baseline and known and finite[baseline]:
            difference = difference_of(known, finite[baseline])
        mean = mean_of(known) if known else None
        cells.append(Cell(tuple(own), mean, spread_of(known), len(known), difference))
    return tuple(cells)
