"""The table of runs: rows, hyper-parameters, metrics, and every scalar that could be one."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import is_
from threading import Lock
from typing import NamedTuple

from board.comparison.metrics import ordered_tags
from board.hparams.events import Info
from board.hparams.reading import HparamReader, Place, RunHparams
from board.metrics import Metrics
from board.model import Kind
from board.store.run_view import RunView
from board.store.store import Store
from board.table.hparam_columns import HparamColumn, hparam_columns
from board.table.metric_cells import Goal, GoalFrom, MetricCells, MetricChoice, MetricColumn, goal_of
from board.table.rows import Row, rows_of

__all__ = ["RunTable", "TableTag", "Tables"]

MAX_KEPT = 8  # tables whose hyper-parameters are kept as columns: as many questions as are asked in turns


class TableTag(NamedTuple):
    """One scalar that rows have."""

    tag: str
    group: str
    runs: int  # rows that have it
    goal: Goal
    goal_from: GoalFrom
    is_named: bool  # by an experiment's metadata, as what judges a run


class RunTable:
    """Rows as they were when they were asked for; columns are made on demand, in the caller's thread."""

    def __init__(self, revision: int, rows: tuple[Row, ...], cells: MetricCells, hparams: Iterable[RunHparams]) -> None:
        """Take the rows, and the hyper-parameters of all runs: an experiment speaks of them in any of these."""
        self.revision = revision
        self.rows = rows
        self.infos = _infos(hparams)
        self._cells = cells
        self._hparams: list[HparamColumn] | None = None
        self._tags: list[TableTag] | None = None
        self._columns: dict[MetricChoice, MetricColumn] = {}

    def __repr__(self) -> str:
        return f"<RunTable of {len(self.rows)} runs>"

    @property
    def runs(self) -> list[str]:
        """Names of the rows, by the wall_time of their first event, then by name."""
        return [row.name for row in self.rows]

    def hparams(self, names: Sequence[str] | None = None) -> list[HparamColumn]:
        """Return hyper-parameters as columns: those of these names that any row has, None: all."""
        if self._hparams is None:
            self._hparams = hparam_columns(self.rows)
        if names is None:
            return self._hparams
        known = {column.name: column for column in self._hparams}
        return [known[name] for name in dict.fromkeys(names) if name in known]

    def metric(self, choice: MetricChoice) -> MetricColumn:
        """Return a metric as a column; of a scalar that no row has an empty one."""
        if choice not in self._columns:
            if len(self._columns) > 100:  # as steps are slid through
                self._columns.clear()
            self._columns[choice] = self._cells.column(self.rows, choice)
        return self._columns[choice]

    @property
    def tags(self) -> list[TableTag]:
        """Every scalar of the rows, the likeliest judges of a run first."""
        if self._tags is None:
            self._tags = _tags(
                self.rows, {(info.group or "", info.name) for info in self.infos.values() if info.group is not None}
            )
        return self._tags

    def info(self, name: str, group: str | None = None) -> tuple[str, str]:
        """Return the display name and the description of a hyper-parameter, or of a metric (with its group)."""
        found = self.infos.get((group, name))
        return ("", "") if found is None else (found.display_name, found.description)


class Tables:
    """Makes tables of what the store last committed; columns of rows that did not change are kept."""

    def __init__(self, store: Store, hparams: HparamReader, metrics: Metrics, place: Place) -> None:
        """Know where runs, hyper-parameters and extremes are found."""
        self._store = store
        self._hparams = hparams
        self._place = place
        self._cells = MetricCells(metrics)
        self._lock = Lock()
        self._kept: list[_Kept] = []  # the last asked first

    def read(self, runs: Collection[str] | None = None, *, is_folded: bool = True) -> RunTable:
        """Return the table of these runs, None: of all; those that are not there are left out.

        Reads files (see ``HparamReader``): never to be called from an event loop.
        """
        revision, views = self._store.revision, self._store.views()
        hparams = self._hparams.read(views, self._place)
        asked = None if runs is None else frozenset(runs)
        with self._lock:
            kept = next((one for one in self._kept if one.is_for(asked, is_folded, views, hparams)), None)
        if kept is None:
            self._cells.forget_others({view.name for view in views})
            rows = rows_of(views, hparams, asked, is_folded=is_folded)
            table = RunTable(revision, rows, self._cells, hparams.values())
            kept = _Kept(asked, is_folded, tuple(views), tuple(hparams.values()), table)
            self._keep_hparams(kept)
        with self._lock:
            self._kept = [kept, *(one for one in self._kept if (one.asked, one.is_folded) != (asked, is_folded))]
            del self._kept[MAX_KEPT:]
        return kept.table

    def _keep_hparams(self, kept: "_Kept") -> None:
        """Hand on the columns of hyper-parameters where only points have come since they were made."""
        with self._lock:
            before = next(
                (one for one in self._kept if (one.asked, one.is_folded) == (kept.asked, kept.is_folded)), None
            )
        if before is not None and _are_same(
            [row.hparams for row in before.table.rows], [row.hparams for row in kept.table.rows]
        ):
            kept.table._hparams = before.table._hparams


class _Kept(NamedTuple):
    """A table, and all that it was made of: as long as that is the same objects, the table is the same."""

    asked: frozenset[str] | None
    is_folded: bool
    views: tuple[RunView, ...]
    hparams: tuple[RunHparams, ...]
    table: RunTable

    def is_for(
        self, asked: frozenset[str] | None, is_folded: bool, views: Sequence[RunView], hparams: Mapping[str, RunHparams]
    ) -> bool:
        return (
            (self.asked, self.is_folded) == (asked, is_folded)
            and _are_same(self.views, views)
            and _are_same(self.hparams, list(hparams.values()))
        )


def _are_same(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))


def _infos(hparams: Iterable[RunHparams]) -> dict[tuple[str | None, str], Info]:
    """Return what experiments say, by group and name; of several that speak of one the first counts."""
    found: dict[tuple[str | None, str], Info] = {}
    for own in hparams:
        for info in own.infos:
            found.setdefault((info.group, info.name), info)
    return found


def _tags(rows: Sequence[Row], named: Collection[tuple[str, str]]) -> list[TableTag]:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for group, views in row.parts.items():
            own = {tag for view in views for tag, kind in view.series if kind is Kind.SCALAR}
            counts.update((group, tag) for tag in own)
    labels: dict[str, list[tuple[str, str]]] = {}  # a group is a word of the name: validation says more than train
    for group, tag in counts:
        labels.setdefault(f"{group}/{tag}" if group else tag, []).append((group, tag))
    ranked = ordered_tags({label: max(counts[key] for key in keys) for label, keys in labels.items()})
    found = [
        TableTag(tag, group, counts[group, tag], *goal_of(tag), (group, tag) in named)
        for label in ranked
        for group, tag in labels[label]
    ]
    return sorted(found, key=lambda one: not one.is_named)
