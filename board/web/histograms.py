"""Histograms as rows over common bins: what ridges, heat maps and percentile bands are drawn from."""

from typing import Annotated, Any, Literal, Self

import numpy as np
from anyio import to_thread
from fastapi import APIRouter
from pydantic import Field, FiniteFloat, model_validator
from starlette.responses import Response

from board.errors import BoardError
from board.logs import HistogramRequest, HistogramRows, Logs
from board.web.context import Board, Context
from board.web.encoding import asked_name, exact_column, json_response, number, shown_name
from board.web.limits import MAX_CHARTS, MAX_RUNS, OneName, Question

__all__ = ["router"]

router = APIRouter()
MAX_ROWS = 2_000
MAX_BINS = 512
MAX_CELLS = 4_000_000  # rows x bins x runs of one request


class HistogramQuestion(Question):
    """What one chart shows of a tag."""

    id: OneName
    tag: OneName
    runs: Annotated[list[OneName], Field(max_length=MAX_RUNS)]
    x: Literal["step", "relative", "wall"] = "step"
    range: tuple[FiniteFloat | None, FiniteFloat | None] = (None, None)  # of x, ends included
    rows: Annotated[int, Field(ge=1, le=MAX_ROWS)] = 50
    bins: Annotated[int, Field(ge=1, le=MAX_BINS)] = 60
    merge: bool = False  # add up the steps of a row, where there are more than rows; else pick some
    single: bool = False  # the last histogram at or before the range's end, alone


class HistogramQuestions(Question):
    """The charts in view, in one request."""

    charts: Annotated[list[HistogramQuestion], Field(max_length=MAX_CHARTS)]

    @model_validator(mode="after")
    def _check_cells(self) -> Self:
        if sum((1 if one.single else one.rows) * one.bins * len(one.runs) for one in self.charts) > MAX_CELLS:
            raise ValueError(f"at most {MAX_CELLS} cells in one request, rows times bins times runs")
        return self


@router.post("/api/histogram_rows")
async def read_rows(board: Board, questions: HistogramQuestions) -> Response:
    """Return, for each chart, rows of counts over bins that all its runs share; one that fails says why."""
    return await to_thread.run_sync(_read_rows, board, questions, limiter=board.drawing)


def _read_rows(board: Context, questions: HistogramQuestions) -> Response:
    revision = board.logs.revision
    return json_response({"revision": revision, "charts": [_chart(board.logs, each) for each in questions.charts]})


def _chart(logs: Logs, question: HistogramQuestion) -> dict[str, Any]:
    lo, hi = question.range
    try:
        request = HistogramRequest(
            question.x, lo, hi, question.rows, question.bins, merge=question.merge, is_single=question.single
        )
        chart = logs.histograms(asked_name(question.tag), [asked_name(run) for run in question.runs], request)
    except BoardError as error:  # one chart that fails must not take the others along
        return {"id": question.id, "edges": exact_column(np.zeros(0)), "runs": [], "error": str(error)}
    return {
        "id": question.id,
        "edges": exact_column(chart.edges),
        "runs": [_rows(run) for run in chart.runs],
        "error": None,
    }


def _rows(rows: HistogramRows) -> dict[str, Any]:
    return {
        "run": shown_name(rows.run),
        "total": rows.total,
        "steps": [str(step) for step in rows.step.tolist()],
        "wall_times": [number(wall_time) for wall_time in rows.wall_time.tolist()],
        "x": exact_column(rows.x),
        "merged": exact_column(rows.merged),
        "numbers": exact_column(rows.numbers),
        "counts": exact_column(rows.counts.ravel()),
        "quantiles": exact_column(rows.quantiles.ravel()),
        "unreadable": rows.unreadable,
    }
