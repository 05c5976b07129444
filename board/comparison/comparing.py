"""Lays runs side by side: columns, what differs, metrics, facts, and what they show in words."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from board.comparison.columns import columns_of, short_names
from board.comparison.metrics import MEASURES, Measure, Metric, measured, ordered_tags
from board.comparison.settings import Setting, settings_of
from board.comparison.verdict import Verdict, verdict_of
from board.errors import BadRequestError
from board.hparams.reading import RunHparams
from board.metrics import Extremes, direction_of
from board.model import Kind
from board.run_facts import Fact
from board.store.run_view import RunView
from board.store.series import Line

__all__ = ["MAX_COLUMNS", "MAX_RUNS", "Comparison"]

MAX_COLUMNS = 8
MAX_RUNS = 200


class Comparison:
    """Runs side by side, as they were when they were asked for; seeds of one configuration are one column."""

    def __init__(
        self,
        views: Mapping[str, RunView],
        hparams: Mapping[str, RunHparams],
        read_facts: Callable[[str], Mapping[str, Fact]],
        extremes: Callable[[RunView, str], Extremes | None],
        baseline: str | None = None,
        *,
        is_apart: bool = False,
    ) -> None:
        """Make the columns.

        Args:
            views: the runs, by name.
            hparams: of the runs.
            read_facts: of a run.
            extremes: what a scalar of a run came to.
            baseline: one of the runs, with its seeds; None: that of the first column.
            is_apart: every run is a column of its own, its seeds too.

        Raises:
            BadRequestError: they make fewer than two columns, or more than eight; or there are too many.
        """
        if len(views) > MAX_RUNS:
            raise BadRequestError(f"At most {MAX_RUNS} runs are compared, not {len(views)}: choose fewer.")
        self._views = views
        self._hparams = hparams
        self._read_facts = read_facts
        self._extremes = extremes
        columns = columns_of(list(views), {run: one.values for run, one in hparams.items()}, is_apart=is_apart)
        if not 2 <= len(columns) <= MAX_COLUMNS:
            made = "one column" if len(columns) == 1 else f"{len(columns)} columns"
            raise BadRequestError(f"2 to {MAX_COLUMNS} columns are compared; these runs make {made}.")
        if baseline is not None:
            columns.sort(key=lambda column: baseline not in column.runs)
        self.columns = tuple(columns)  # the baseline first
        self.labels = tuple(short_names([column.name for column in columns]))  # what they are called in sentences

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(column.name for column in self.columns)}>"

    @cached_property
    def settings(self) -> list[Setting]:
        """Hyper-parameters, those that differ first."""
        return settings_of(self.columns, {run: one.values for run, one in self._hparams.items()})

    @cached_property
    def facts(self) -> dict[str, Mapping[str, Fact]]:
        """Of each run: see ``board.run_facts.facts_of``."""
        return {run: self._read_facts(run) for column in self.columns for run in column.runs}

    @cached_property
    def tags(self) -> list[str]:
        """Scalars that two columns or more have, the likeliest judges of a run first."""
        shared = {tag: count for tag, count in self._having.items() if count > 1}
        hparams = (self._hparams[run] for column in self.columns for run in column.runs if run in self._hparams)
        return ordered_tags(shared, [tag for own in hparams for tag in own.metrics])

    @property
    def alone(self) -> int:
        """Number of scalars that only one column has."""
        return sum(count == 1 for count in self._having.values())

    def metric(self, tag: str, measures: Sequence[Measure] = MEASURES) -> Metric:
        """Return the last, the best and the area of a scalar in each column; a run that lacks it has none."""
        return measured(tag, self.columns, 0, self._of_run, self._lines, measures)

    def verdict(self, judge: str | None = None, measure: Measure = "best", labels: Sequence[str] = ()) -> Verdict:
        """Say in words what the numbers show.

        Args:
            judge: the scalar that it is about; None, or one that they do not share: the likeliest
                that the baseline has.
            measure: which of its measures; where nobody knows what its best is, its last value takes that place.
            labels: what the columns are called; none: ``self.labels``.
        """
        of_baseline = (tag for tag in self.tags if any(self._lines(run, tag) for run in self.columns[0].runs))
        tag = judge if judge in self.tags else next(of_baseline, next(iter(self.tags), None))
        metric = None
        if tag is not None:
            measure = "last" if measure == "best" and not direction_of(tag) else measure
            metric = self.metric(tag, tuple(dict.fromkeys((measure, "last"))))
        return verdict_of(metric, measure, self.columns, labels or self.labels, self.settings, self.facts)

    @cached_property
    def _having(self) -> dict[str, int]:
        having: dict[str, int] = {}
        for column in self.columns:
            for tag in {tag for run in column.runs for tag, kind in self._views[run].series if kind is Kind.SCALAR}:
                having[tag] = having.get(tag, 0) + 1
        return having

    def _of_run(self, run: str, tag: str) -> Extremes | None:
        return self._extremes(self._views[run], tag)

    def _lines(self, run: str, tag: str) -> Sequence[Line]:
        series = self._views[run].series.get((tag, Kind.SCALAR))
        return () if series is None else series.lines
