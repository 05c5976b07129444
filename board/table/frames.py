"""The table of runs as a pandas frame, where pandas is installed."""

import re
from collections.abc import Sequence
from typing import Any, get_args

from board.errors import MissingExtraError
from board.table.metric_cells import MetricChoice, Of
from board.table.tables import RunTable

__all__ = ["asked_choice", "table_frame"]

_LABELLED = re.compile(r"(.+) \((last|best|min|max|mean)\)", re.DOTALL)


def asked_choice(text: str, tags: Sequence[str]) -> MetricChoice:
    """Return the metric that a text means: a tag, or a tag with what of it: ``"val/loss (min)"``."""
    found = None if text in tags else _LABELLED.fullmatch(text)
    if found is None:
        return MetricChoice(text)
    of: Of = next(of for of in get_args(Of) if of == found[2])
    return MetricChoice(found[1], of)


def table_frame(table: RunTable, metrics: Sequence[str | MetricChoice] | None = None) -> Any:
    """Return runs as one ``pandas.DataFrame``: hyper-parameters, then metrics, by the name of the run.

    Sub-runs that are parts of a run (``train``, ``val``) are no rows: their scalars are "train: loss" of its row.
    Hyper-parameters keep their dotted names: int64 and bool where every run has one, float64 with NaN for numbers that
    some lack, else objects, None where one is missing. Metrics are float64, NaN where a run has none.

    Args:
        table: the runs.
        metrics: tags, as "val/loss" or with what of it as "val/loss (min)": last (the default), best, min, max or
            mean; None: the last value of every scalar. Columns are headed so; " (last)" is added where a
            hyper-parameter has the name.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas  # late: an extra, and slow to import
    except ImportError:
        raise MissingExtraError("A table", "pandas", "export") from None
    columns: dict[str, Any] = {}
    for hparam in table.hparams():
        if hparam.numbers is not None and not hparam.gaps.any() and not hparam.exact:
            columns[hparam.name] = hparam.numbers.astype("i8") if hparam.is_integer else hparam.numbers
        elif hparam.numbers is not None and not hparam.exact:
            columns[hparam.name] = hparam.numbers
        else:
            values = [hparam.value(row) for row in range(len(table.rows))]
            dtype = "bool" if hparam.kind == "bool" and not hparam.gaps.any() else object
            columns[hparam.name] = pandas.Series(values, table.runs, dtype=dtype)
    if metrics is None:
        choices = [MetricChoice(tag.tag, group=tag.group) for tag in table.tags]
    else:
        tags = [tag.tag for tag in table.tags]
        choices = [asked_choice(each, tags) if isinstance(each, str) else each for each in metrics]
    for choice in choices:
        label = choice.label
        while label in columns:  # a hyper-parameter of the same name
            label += " (last)" if choice.of == "last" and label == choice.label else "'"
        columns[label] = table.metric(choice).values
    return pandas.DataFrame(columns, index=pandas.Index(table.runs, name="run", dtype=object))
