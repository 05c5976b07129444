"""The table of runs: hyper-parameters, metrics, which of the first move the last, and the table as a file."""

from typing import Any

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Request
from numpy.typing import NDArray
from starlette.responses import Response

from board.errors import BadRequestError
from board.export.file_names import file_name
from board.export.written_tables import WRITTEN, WrittenColumn
from board.table.hparam_columns import MISSING, HparamColumn
from board.table.importance import HparamImportance, Importance, Interval, importance_of
from board.table.metric_cells import MetricColumn
from board.table.tables import RunTable, TableTag
from board.web.context import Board, Context
from board.web.encoding import Column, asked_name, column, json_response, narrow_column, number, shown_name
from board.web.exports import download
from board.web.table_questions import (
    MAX_HPARAMS,
    ColumnQuestion,
    ExportTableQuestion,
    ImportanceQuestion,
    TableQuestion,
)
from board.web.values import shown_value

__all__ = ["router"]

router = APIRouter()
MAX_NAMED = 20  # runs that are left out


@router.post("/api/table")
async def show_table(board: Board, question: TableQuestion) -> Response:
    """Show runs as rows: every hyper-parameter and the metrics that are asked for as columns, all in one order.

    ``gaps`` of a column are 0 where a row has a value, 1 where that is None, 2 where it has none; ``values`` are
    numbers (NaN in gaps), ``codes`` places in ``words``. ``tags`` are all scalars, the likeliest judges of a run first.
    """
    return await to_thread.run_sync(_table, board, question, limiter=board.drawing)


@router.post("/api/importance")
async def show_importance(board: Board, question: ImportanceQuestion) -> Response:
    """Say how much each hyper-parameter matters for a metric: by how much the held-out R² falls when it is shuffled.

    ``refused`` says why there is no answer; ``sentence`` how sure it is. 501 where scikit-learn is not installed.
    """
    return await to_thread.run_sync(_importance, board, question, limiter=board.thinking)


@router.post("/api/table/export")
async def export_table(request: Request, board: Board, question: ExportTableQuestion) -> Response:
    """Send the table as somebody has arranged it, as CSV (numbers whole), Markdown or LaTeX."""
    return await to_thread.run_sync(_export, request, board, question, limiter=board.drawing)


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
        **_metric_head(found),
        **_named(table, found.choice.tag, found.choice.group),
        "runs": int(found.has.sum()),
        "nonfinite": int(found.has.sum()) - len(finite),
        "low": float(finite.min()) if len(finite) else None,
        "high": float(finite.max()) if len(finite) else None,
        "values": column(found.values),
        "gaps": _gaps(np.where(found.has, 0, MISSING).astype(np.uint8)),
        "steps": [None if step is None else str(step) for step in found.steps],
    }


def _metric_head(found: MetricColumn) -> dict[str, Any]:
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


def _importance(board: Context, question: ImportanceQuestion) -> Response:
    table = board.logs.tables.read(question.asked_runs(), is_folded=question.fold)
    names = None if question.hparams is None else [asked_name(name) for name in question.hparams]
    found = importance_of(table, question.metric.choice(), names)
    return json_response({"revision": table.revision, **_shown_importance(found)})


def _shown_importance(found: Importance) -> dict[str, Any]:
    return {
        "metric": _metric_head(found.metric),
        "refused": None if found.refused is None else shown_name(found.refused),
        "runs": found.runs,
        "left_out": [
            {
                "why": shown_name(each.why),
                "count": len(each.runs),
                "runs": [shown_name(run) for run in each.runs[:MAX_NAMED]],
            }
            for each in found.left_out
        ],
        "r2": None if found.r2 is None else _interval(found.r2),
        "sure": found.sure,
        "sentence": shown_name(found.sentence),
        "hparams": [_hparam_importance(each) for each in found.hparams],
        "constant": [shown_name(name) for name in found.constant],
        "skipped": [{"name": shown_name(each.name), "why": each.why} for each in found.skipped],
        "inseparable": [
            {"names": [shown_name(name) for name in each.names], "why": each.why} for each in found.inseparable
        ],
        "method": found.method,
    }


def _hparam_importance(found: HparamImportance) -> dict[str, Any]:
    towards = found.direction
    high = None if towards is None or towards.high is None else shown_value(towards.high)
    return {
        "name": shown_name(found.name),
        "kind": found.kind,
        "runs": found.runs,
        "distinct": found.distinct,
        "importance": number(found.importance.mean),
        "low": number(found.importance.low),
        "high": number(found.importance.high),
        "matters": found.is_clear,
        "direction": None if towards is None else {"rho": number(towards.rho), "n": towards.runs, "high": high},
    }


def _interval(found: Interval) -> dict[str, Any]:
    return {name: number(value) for name, value in found._asdict().items()}


def _export(request: Request, board: Context, question: ExportTableQuestion) -> Response:
    asked = list(dict.fromkeys(asked_name(run) for run in question.runs))
    table = board.logs.tables.read(asked, is_folded=question.fold)
    place = {run: at for at, run in enumerate(table.runs)}
    rows = [place[run] for run in asked if run in place]
    columns = [_written(board, table, column, rows) for column in question.columns]
    form = WRITTEN[question.format]
    return download(request, form.parts(columns, question.digits), form.media_type, file_name(["table"], form.ending))


def _written(board: Context, table: RunTable, asked: ColumnQuestion, rows: list[int]) -> WrittenColumn:
    label = None if asked.label is None else asked_name(asked.label)
    values: list[Any]
    if asked.column in ("metric", "step"):
        if asked.metric is None:
            raise BadRequestError(f"a column {asked.column} says which metric it is of")
        found = table.metric(asked.metric.choice())
        if asked.column == "metric":
            values = [float(found.values[row]) if found.has[row] else "" for row in rows]
            return WrittenColumn(found.choice.label if label is None else label, values)
        values = ["" if (step := found.steps[row]) is None else step for row in rows]
        return WrittenColumn(f"step of {found.choice.label}" if label is None else label, values)
    if asked.column == "hparam":
        name = asked_name(asked.name)
        column = next(iter(table.hparams([name])), None)
        values = ["" if column is None or column.gaps[row] == MISSING else column.value(row) for row in rows]
        return WrittenColumn(name if label is None else label, values)
    if asked.column == "status":
        return WrittenColumn("Status" if label is None else label, [table.rows[row].hparams.status for row in rows])
    names = [table.rows[row].name for row in rows]
    if asked.column == "title":
        choices = board.choices()
        names = [choices[name].title or name if name in choices else name for name in names]
    return WrittenColumn("Run" if label is None else label, names)
