"""Runs side by side: their columns, what differs, how they did, and what that shows in words."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from board.comparison.columns import Column
from board.comparison.comparing import MAX_RUNS, Comparison
from board.comparison.differences import Difference
from board.comparison.metrics import Cell, Measure, Metric, judged
from board.comparison.settings import MISSING, Setting
from board.errors import BadRequestError, UnknownSeriesError
from board.run_facts import Fact
from board.texts.diff import compare_texts
from board.web.context import Board, Context
from board.web.encoding import asked_name, json_response, number, shown_name
from board.web.limits import OneName, Question
from board.web.texts import spelled_row
from board.web.values import shown_value

__all__ = ["router"]

router = APIRouter()
MAX_TAGS = 60  # in one question
LONG_LINE = 160  # characters: a text that is one longer line is cut where its values end
_VALUE_END = re.compile(r"([,;{}\[\]])[^\S\n]*(?=[^\s,;{}\[\]])")


class RunsQuestion(Question):
    """Which runs are compared, and with which of them."""

    runs: Annotated[list[OneName], Field(min_length=1, max_length=MAX_RUNS)]
    baseline: OneName | None = None  # None: the one that is marked as such, else the one that started first
    apart: bool = False  # seeds of one configuration are columns of their own


class CompareQuestion(RunsQuestion):
    """And what the verdict is about."""

    judge: OneName | None = None  # a scalar; None: the likeliest
    measure: Measure = "best"


class MetricsQuestion(RunsQuestion):
    """And which scalars are measured."""

    tags: Annotated[list[OneName], Field(min_length=1, max_length=MAX_TAGS)]


class TextQuestion(Question):
    """One hyper-parameter of two runs."""

    name: OneName
    runs: Annotated[list[OneName], Field(min_length=2, max_length=2)]
    context: Annotated[int, Field(ge=0, le=1_000)] | None = 3  # equal lines around what differs; null: all of them


@router.post("/api/compare")
async def compare_runs(board: Board, question: CompareQuestion) -> Response:
    """Lay 2 to 8 columns side by side, the baseline first; seeds of one configuration are one column.

    ``headline`` and ``sentences`` say what the numbers show; ``settings`` are hyper-parameters, those that differ
    first, ``values`` by column; ``facts`` are by run; ``tags`` are the scalars for ``/api/compare/metrics``.
    Where the runs make one column, or more than eight, ``error`` says so, and there is nothing else.
    """
    return await to_thread.run_sync(_compare, board, question, limiter=board.drawing)


@router.post("/api/compare/metrics")
async def compare_metrics(board: Board, question: MetricsQuestion) -> Response:
    """Measure scalars in the columns of ``/api/compare``: last, best and area of each seed, and the difference.

    A difference has the ends of its 95 % interval by Welch's t where there are two seeds or more on both sides; its
    ``judgement`` is better, worse, higher, lower, unsure (the interval includes zero) or untold (there is none).
    """
    return await to_thread.run_sync(_metrics, board, question, limiter=board.drawing)


@router.post("/api/compare/text")
async def compare_setting(board: Board, question: TextQuestion) -> Response:
    """Show line by line how a hyper-parameter of one run differs from that of another."""
    return await to_thread.run_sync(_texts, board, question, limiter=board.drawing)


def _compare(board: Context, question: CompareQuestion) -> Response:
    revision = board.logs.revision
    try:
        found = _comparison(board, question)
    except BadRequestError as error:
        return json_response({"revision": revision, "columns": [], "error": str(error)})
    choices = board.choices()

    def label(column: Column, short: str) -> str:
        chosen = choices.get(column.runs[0]) if len(column.runs) == 1 else None
        return chosen.title if chosen is not None and chosen.title else short

    labels = [label(*pair) for pair in zip(found.columns, found.labels, strict=True)]
    judge = None if question.judge is None else asked_name(question.judge)
    verdict = found.verdict(judge, question.measure, labels)
    return json_response(
        {
            "revision": revision,
            "columns": [
                {"name": shown_name(column.name), "label": shown_name(name), "runs": _names(column.runs)}
                for column, name in zip(found.columns, labels, strict=True)
            ],
            "headline": shown_name(verdict.headline),
            "sentences": _names(verdict.sentences),
            "judgement": verdict.judgement,
            "judge": None if verdict.metric is None else shown_name(verdict.metric.tag),
            "measure": verdict.measure,
            "settings": [_setting(setting) for setting in found.settings],
            "facts": {shown_name(run): _facts(facts) for run, facts in found.facts.items()},
            "tags": _names(found.tags),
            "alone": found.alone,
            "error": None,
        }
    )


def _metrics(board: Context, question: MetricsQuestion) -> Response:
    revision = board.logs.revision
    found = _comparison(board, question)
    return json_response(
        {"revision": revision, "metrics": [_metric(found.metric(asked_name(tag))) for tag in question.tags]}
    )


def _texts(board: Context, question: TextQuestion) -> Response:
    name = asked_name(question.name)
    texts = []
    for run in question.runs:
        values = board.logs.hparams(asked_name(run)).values
        if name not in values:
            raise UnknownSeriesError(f"The run {shown_name(run)!r} has no hyper-parameter {shown_name(name)!r}.")
        texts.append(_lines(str(values[name])))
    found = compare_texts(*texts, context=question.context)
    return json_response(
        {
            "rows": [spelled_row(row) for row in found.rows],
            "added": found.added,
            "removed": found.removed,
            "cut": found.is_cut,
        }
    )


def _lines(text: str) -> str:
    return text if "\n" in text or len(text) <= LONG_LINE else _VALUE_END.sub(r"\1\n", text)


def _comparison(board: Context, question: RunsQuestion) -> Comparison:
    runs = [asked_name(run) for run in question.runs]
    baseline = None if question.baseline is None else asked_name(question.baseline)
    if baseline not in runs:
        baseline = next((run for run, chosen in board.choices().items() if chosen.baseline and run in runs), None)
    order = {run: place for place, run in enumerate(board.logs.runs)}
    return board.logs.compare(sorted(runs, key=lambda run: order.get(run, 0)), baseline, is_apart=question.apart)


def _names(names: Sequence[str]) -> list[str]:
    return [shown_name(name) for name in names]


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "name": shown_name(setting.name),
        "differs": setting.differs,
        "values": [
            [{"missing": True} if value is MISSING else shown_value(value) for value in own] for own in setting.values
        ],
    }


def _facts(facts: Any) -> dict[str, Any]:
    def shown(value: Fact) -> Any:
        return shown_name(value) if isinstance(value, str) else number(value) if isinstance(value, float) else value

    return {name: shown(value) for name, value in facts.items()}


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "tag": shown_name(metric.tag),
        "direction": metric.direction,
        "steps": None if metric.steps is None else [str(step) for step in metric.steps],
        "cells": {
            measure: [_cell(cell, cells[0], metric.direction) for cell in cells]
            for measure, cells in metric.cells.items()
        },
    }


def _cell(cell: Cell, baseline: Cell, direction: int) -> dict[str, Any]:
    return {
        "values": [None if value is None else number(value) for value in cell.values],
        "mean": _number(cell.mean),
        "spread": _number(cell.spread),
        "finite": cell.finite,
        "difference": None if cell.difference is None else _difference(cell.difference),
        "judgement": judged(cell, baseline, direction),
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "delta": number(found.delta),
        "low": _number(found.low),
        "high": _number(found.high),
        "p": _number(found.p),
        "why": found.why,
    }


def _number(value: float | None) -> float | str | None:
    return None if value is None else number(value)
