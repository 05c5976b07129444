"""Precision-recall curves of chosen runs at a step, and the areas under them at all steps."""

import math
from typing import Annotated, Any, Self

from anyio import to_thread
from fastapi import APIRouter
from pydantic import Field, FiniteFloat, model_validator
from starlette.responses import Response

from board.pr_curves.reading import MAX_POINTS, RunAreas, RunCurve
from board.web.chart_questions import Runs
from board.web.context import Board, Context
from board.web.encoding import asked_name, column, exact_column, json_response, number, shown_name
from board.web.limits import MAX_CHARTS, MAX_LINES, OneName, Question

__all__ = ["router"]

router = APIRouter()
MAX_READS = 50_000  # curves of one request: 100 microseconds each, once


class PrCurveQuestion(Question):
    """What one chart shows of a tag."""

    id: OneName
    tag: OneName
    runs: Runs
    step: FiniteFloat | None = None  # of each run the last curve at or before it; None: its last


class PrCurveQuestions(Question):
    """The charts in view, in one request."""

    charts: Annotated[list[PrCurveQuestion], Field(max_length=MAX_CHARTS)]

    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        if sum(len(chart.runs) for chart in self.charts) > MAX_LINES:
            raise ValueError(f"at most {MAX_LINES} curves in one request, charts times runs")
        return self


class PrAreaQuestion(Question):
    """Which areas one chart shows."""

    id: OneName
    tag: OneName
    runs: Runs
    points: Annotated[int, Field(ge=2, le=MAX_READS)] = 200  # of a run at most; picked evenly where it has more


class PrAreaQuestions(Question):
    """The charts in view, in one request."""

    charts: Annotated[list[PrAreaQuestion], Field(max_length=MAX_CHARTS)]

    @model_validator(mode="after")
    def _check_reads(self) -> Self:
        if sum(chart.points * len(chart.runs) for chart in self.charts) > MAX_READS:
            raise ValueError(f"at most {MAX_READS} points in one request, runs times points")
        return self


@router.post("/api/pr_curves")
async def read_curves(board: Board, questions: PrCurveQuestions) -> Response:
    """Return, for each chart, the curve of each run at a step, as columns by rising threshold.

    ``drawn`` thresholds are points of the curve; above them nothing is predicted to be positive. A run whose first
    curve comes later has the step null, one whose curve is damaged says so in its ``error``.
    """
    return await to_thread.run_sync(_read_curves, board, questions, limiter=board.drawing)


@router.post("/api/pr_areas")
async def read_areas(board: Board, questions: PrAreaQuestions) -> Response:
    """Return, for each chart, the areas under the curves of each run over its steps, as columns.

    ``average_precision`` is the area under the steps, ``trapezoid`` that under straight lines between the points.
    ``logged`` has every step of a run of which only some are told, else it is null.
    """
    return await to_thread.run_sync(_read_areas, board, questions, limiter=board.drawing)


def _read_curves(board: Context, questions: PrCurveQuestions) -> Response:
    revision = board.logs.revision
    charts, left = [], MAX_POINTS
    for chart in questions.charts:
        runs = [asked_name(run) for run in chart.runs]
        found = board.logs.pr_curves.at(asked_name(chart.tag), runs, chart.step, left)
        left -= sum(len(each.curve.threshold) for each in found if each.curve is not None)
        charts.append({"id": chart.id, "runs": [_curve(each) for each in found]})
    return json_response({"revision": revision, "charts": charts})


def _read_areas(board: Context, questions: PrAreaQuestions) -> Response:
    revision = board.logs.revision
    charts = []
    for chart in questions.charts:
        found = board.logs.pr_curves.areas(asked_name(chart.tag), [asked_name(run) for run in chart.runs], chart.points)
        charts.append({"id": chart.id, "runs": [_areas(each) for each in found]})
    return json_response({"revision": revision, "charts": charts})


def _curve(found: RunCurve) -> dict[str, Any]:
    told = {
        "run": shown_name(found.run),
        "total": found.total,
        "first_step": str(found.first_step),
        "step": None if found.step is None else str(found.step),
        "wall_time": number(found.wall_time),
        "relative": number(found.relative),
        "error": found.error,
        "curve": None,
    }
    curve = found.curve
    if curve is None:
        return told
    area, trapezoid = curve.average_precision, curve.trapezoid
    columns = {
        "threshold": column(curve.threshold),
        "true_positives": exact_column(curve.true_positives),
        "false_positives": exact_column(curve.false_positives),
        "true_negatives": exact_column(curve.true_negatives),
        "false_negatives": exact_column(curve.false_negatives),
        "precision": exact_column(curve.precision),
        "recall": exact_column(curve.recall),
    }
    told["curve"] = {
        **columns,
        "drawn": curve.drawn,
        "average_precision": None if math.isnan(area) else area,
        "trapezoid": None if math.isnan(trapezoid) else trapezoid,
        "problem": curve.problem,
    }
    return told


def _areas(found: RunAreas) -> dict[str, Any]:
    return {
        "run": shown_name(found.run),
        "total": found.total,
        "steps": [str(step) for step in found.step.tolist()],
        "wall_times": column(found.wall_time),
        "average_precision": column(found.average_precision),
        "trapezoid": column(found.trapezoid),
        "logged": exact_column(found.logged) if found.total > len(found.step) else None,
        "unreadable": found.unreadable,
    }
