"""What pages may ask of the table of runs."""

from typing import Annotated, Final, Literal

from pydantic import Field

from board.table.metric_cells import Goal, MetricChoice, Of
from board.web.encoding import asked_name
from board.web.limits import OneName, Question

__all__ = ["ColumnQuestion", "ExportTableQuestion", "ImportanceQuestion", "MetricQuestion", "TableQuestion"]

MAX_ROWS: Final = 20_000
MAX_METRICS: Final = 60
MAX_HPARAMS: Final = 500
MAX_COLUMNS: Final = 600

_Names = list[OneName]


class MetricQuestion(Question):
    """Which value of a scalar stands for a run."""

    tag: OneName
    of: Of = "last"
    group: OneName = ""  # sub-run that has the scalar
    step: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None  # of = at: the last point at or before it
    by: OneName = ""  # of = with: where this scalar was best
    by_group: OneName = ""
    goal: Goal | None = None

    def choice(self) -> MetricChoice:
        """Return it as the table asks for it."""
        tag, group, by, by_group = (asked_name(name) for name in (self.tag, self.group, self.by, self.by_group))
        return MetricChoice(tag, self.of, group, self.step or 0, by, by_group, self.goal)


class _RowsQuestion(Question):
    runs: Annotated[_Names, Field(max_length=MAX_ROWS)] | None = None  # None: all
    fold: bool = True  # sub-runs that are parts of a run are no rows

    def asked_runs(self) -> list[str] | None:
        """Return the names."""
        return None if self.runs is None else [asked_name(run) for run in self.runs]


class TableQuestion(_RowsQuestion):
    """Which rows and columns."""

    hparams: Annotated[_Names, Field(max_length=MAX_HPARAMS)] | None = None  # None: all
    metrics: Annotated[list[MetricQuestion], Field(default_factory=list, max_length=MAX_METRICS)]


class ImportanceQuestion(_RowsQuestion):
    """Which hyper-parameters matter for which metric."""

    metric: MetricQuestion
    hparams: Annotated[_Names, Field(max_length=MAX_HPARAMS)] | None = None  # None: all


class ColumnQuestion(Question):
    """One column of a table that is written out."""

    column: Literal["run", "title", "status", "hparam", "metric", "step"]
    label: OneName | None = None
    name: OneName = ""  # of a hyper-parameter
    metric: MetricQuestion | None = None  # of the columns metric and step


class ExportTableQuestion(Question):
    """A table as somebody has arranged it."""

    format: Literal["csv", "markdown", "latex"]
    runs: Annotated[_Names, Field(max_length=MAX_ROWS)]  # in the order of the rows
    columns: Annotated[list[ColumnQuestion], Field(min_length=1, max_length=MAX_COLUMNS)]
    digits: Annotated[int, Field(ge=1, le=17)] | None = 4
    fold: bool = True
