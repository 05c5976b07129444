"""The table of runs: hyper-parameters, metrics, which of the first move the last, and the table as a file."""

from typing import Any

import numpy as np
from anyio import to_thread
from fastapi import APIRouter
from numpy.typing import NDArray
from starlette.responses import Response

from board.table.hparam_columns import MISSING, HparamColumn
from board.table.metric_cells import MetricColumn
from board.table.tables import RunTable, TableTag
from board.web.context import Board, Context
from board.web.encoding import Column, asked_name, column, json_response, narrow_column, shown_name
from board.web.table_questions import MAX_HPARAMS, TableQuestion
from board.web.values import shown_value

__all__ = ["router"]

router = APIRouter()


@router.post("/api/table")
async def show_table(board: Board, question: TableQuestion) -> Response:
    """Show runs as rows: every hyper-parameter and the metrics that are asked for as columns, all in one order.

    ``gaps`` of a column are 0 where a row has a value, 1 where that is None, 2 where it has none; ``values`` are
    numbers (NaN in gaps), ``codes`` places in ``words``. ``tags`` are all scalars, the likeliest judges of a run first.
    """
    return await to_thread.run_sync(_table, board, question, limiter=board.drawing)


def _table(board: Context, question: TableQuestion) -> Response:
    table = board.logs.tables.read(question.asked_runs(), is_folded=question.fold)
    hparams = table.hparams(None if question.hparams is None else [asked_name(name) for name in question.hparams])
    shown = hparams
    if len(hparams) > MAX_HPARAMS:
        most = sorted(range(len(hparams)), key=lambda at: -hparams[at].runs)[:MAX_HPARAMS]
        shown = [hparams[at] for at in sorted(most)]
    has_inner = any(row.inner for row in table.rows)
    return json_response(
        {
            "revision": table.revision,
            "runs": [shown_name(row.name) for row in table.rows],
            "status": [row.hparams.status for row in table.rows],
            "inner": [[shown_name(run) for run in row.inner] for row in table.rows] if has_inner else None,
            "hparams": [_hparam(table, each) for each in shown],
            "hparams_left_out": len(hparams) - len(shown),
            "metrics": [_metric(table, table.metric(each.choice())) for each in question.metrics],
            "tags": [_tag(table, tag) for tag in table.tags],
        }
    )


def _hparam(table: RunTable, found: HparamColumn) -> dict[str, Any]:
    name, description = table.info(found.name)
    return {
        "name": shown_name(found.name),
        "display_name": shown_name(name),
        "description": shown_name(description),
        "kind": found.kind,
        "runs": found.runs,
        "distinct": found.distinct,
        "constant": found.is_constant,
        "low": found.low,
        "high": found.high,
        "integer": found.is_integer,
        "gaps": _gaps(found.gaps),
        "values": None if found.numbers is None else column(found.numbers),
        "exact": {str(row): shown_value(value)["number"] for row, value in found.exact.items()},
        "codes": None if found.codes is None else narrow_column(found.codes),
        "words": None if found.codes is None else [shown_value(word) for word in found.words],
    }


def _metric(table: RunTable, found: MetricColumn) -> dict[str, Any]:
    finite = found.values[np.isfinite(found.values)]
    return {
        **metric_head(found),
        **_named(table, found.choice.tag, found.choice.group),
        "runs": int(found.has.sum()),
        "nonfinite": int(found.has.sum()) - len(finite),
        "low": float(finite.min()) if len(finite) else None,
        "high": float(finite.max()) if len(finite) else None,
        "values": column(found.values),
        "gaps": _gaps(np.where(found.has, 0, MISSING).astype(np.uint8)),
        "steps": [None if step is None else str(step) for step in found.steps],
    }


def metric_head(found: MetricColumn) -> dict[str, Any]:
    """Return what was asked for, with what is best in it."""
    choice = found.choice
    return {
        "tag": shown_name(choice.tag),
        "group": shown_name(choice.group),
        "of": choice.of,
        "step": str(choice.step) if choice.of == "at" else None,
        "by": shown_name(choice.by),
        "by_group": shown_name(choice.by_group),
        "goal": found.goal,
        "goal_from": found.goal_from,
    }


def _tag(table: RunTable, tag: TableTag) -> dict[str, Any]:
    return {
        "tag": shown_name(tag.tag),
        "group": shown_name(tag.group),
        "runs": tag.runs,
        "goal": tag.goal,
        "goal_from": tag.goal_from,
        "named": tag.is_named,
        **_named(table, tag.tag, tag.group),
    }


def _named(table: RunTable, tag: str, group: str) -> dict[str, str]:
    name, description = table.info(tag, group)
    return {"display_name": shown_name(name), "description": shown_name(description)}


def _gaps(gaps: NDArray[np.uint8]) -> Column | None:
    return narrow_column(gaps) if gaps.any() else None
