"""Layouts of charts that writers left for TensorBoard's custom scalars, with the tags that they mean."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import Response

from board.layouts.decoding import LayoutCategory, LayoutChart
from board.layouts.matching import MatchedPattern, match_tags
from board.logs import Kind
from board.web.context import Board, Context
from board.web.encoding import json_response, shown_name

__all__ = ["router"]

router = APIRouter()
MAX_TAGS = 64  # scalars of one chart: more are counted, not drawn


@router.get("/api/layouts")
async def read_layouts(board: Board) -> Response:
    """Return the layouts of all runs as one, category by category, as TensorBoard merges them.

    A chart of ``patterns`` has the ``tags`` that they match, 64 at most, and how many ``more``; one of ``margins`` has
    lines with a lower and an upper bound. A pattern that means nothing says why in its ``error``.
    """
    return await to_thread.run_sync(_read_layouts, board, limiter=board.drawing)


def _read_layouts(board: Context) -> Response:
    revision = board.logs.revision
    categories, problems = board.logs.layouts.merged()
    tags = [tag.tag for tag in board.logs.tags(Kind.SCALAR)]
    matches = iter(match_tags([chart.patterns for category in categories for chart in category.charts], tags))
    return json_response(
        {
            "revision": revision,
            "categories": [_category(category, [next(matches) for _ in category.charts]) for category in categories],
            "problems": [{"run": shown_name(run), "message": shown_name(message)} for run, message in problems],
        }
    )


def _category(category: LayoutCategory, matches: list[list[MatchedPattern]]) -> dict[str, Any]:
    return {
        "title": shown_name(category.title),
        "closed": category.is_closed,
        "charts": [_chart(chart, found) for chart, found in zip(category.charts, matches, strict=True)],
    }


def _chart(chart: LayoutChart, found: list[MatchedPattern]) -> dict[str, Any]:
    tags = list(dict.fromkeys(tag for pattern in found for tag in pattern.tags))
    return {
        "title": shown_name(chart.title),
        "tags": [shown_name(tag) for tag in tags[:MAX_TAGS]],
        "more": max(0, len(tags) - MAX_TAGS),
        "patterns": [
            {
                "pattern": shown_name(pattern.pattern),
                "count": len(pattern.tags),
                "error": None if pattern.error is None else shown_name(pattern.error),
            }
            for pattern in found
        ],
        "margins": [
            {key: shown_name(getattr(series, key)) for key in ("value", "lower", "upper")} for series in chart.margins
        ],
    }
