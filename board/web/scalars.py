"""Charts: the pixels of the lines in view, the exact points under the cursor, every point as CSV."""

import math
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from board.errors import BoardError
from board.export.file_names import file_name
from board.export.tables import series_csv
from board.logs import GroupBand, Logs, NearestPoint, RunMargin, RunPixels, RunRange
from board.web.chart_questions import NearestQuestions, PixelsQuestion, PixelsQuestions, RangesQuestions
from board.web.context import Board, Context
from board.web.encoding import asked_name, drawn_column, exact_column, json_response, number, shown_name
from board.web.exports import download
from board.web.limits import Name

__all__ = ["router"]

router = APIRouter()
_NOT_FINITE = {"nan": "NaN", "+inf": "Infinity", "-inf": "-Infinity"}  # as number() spells them


@router.post("/api/pixels")
async def draw_charts(board: Board, questions: PixelsQuestions) -> Response:
    """Return, for each chart, exactly the pixels it shows; a chart that cannot be drawn says why in its ``error``."""
    return await to_thread.run_sync(_draw_charts, board, questions, limiter=board.drawing)


def _draw_charts(board: Context, questions: PixelsQuestions) -> Response:
    revision = board.logs.revision  # read first: an answer may know more than it says, never less
    return json_response({"revision": revision, "charts": [_chart(board.logs, each) for each in questions.charts]})


@router.post("/api/nearest")
def find_nearest(board: Board, questions: NearestQuestions) -> Response:
    """Return, for each line of each chart, the exact point nearest to the cursor."""
    charts = []
    for chart in questions.charts:
        points = board.logs.charts.nearest(
            asked_name(chart.tag),
            chart.asked_runs(),
            chart.x,
            chart.at,
            chart.asked_smoothing(),
            chart.asked_x(),
            partition=chart.partition,
        )
        charts.append({"id": chart.id, "points": [_point(point) for point in points]})
    return json_response({"charts": charts})


@router.post("/api/ranges")
async def measure_ranges(board: Board, questions: RangesQuestions) -> Response:
    """Return, for each line of each chart, what its points between two places are like; all points take part."""
    return await to_thread.run_sync(_measure_ranges, board, questions, limiter=board.drawing)


def _measure_ranges(board: Context, questions: RangesQuestions) -> Response:
    charts = []
    for chart in questions.charts:
        low, high = sorted(chart.range)
        found = board.logs.charts.ranges(asked_name(chart.tag), chart.asked_runs(), chart.x, low, high, chart.asked_x())
        charts.append({"id": chart.id, "lines": [_range_line(each) for each in found]})
    return json_response({"charts": charts})


@router.get("/api/scalars.csv")
def export_points(request: Request, board: Board, run: Name, tag: Name) -> Response:
    """Send every point of a series, in the order of its files."""
    names = [asked_name(run), asked_name(tag)]
    ((_, _, series),) = board.logs.scalar_series(names[:1], names[1:])
    return download(request, series_csv(series), "text/csv", file_name(names, "csv"))


def _chart(logs: Logs, question: PixelsQuestion) -> dict[str, Any]:
    tag, x_tag, request = asked_name(question.tag), question.asked_x(), question.asked_pixels()
    try:
        lines = logs.charts.pixels(tag, question.asked_runs(), request, x_tag, partition=question.partition)
        bands = logs.charts.bands(tag, question.asked_groups(), request, question.asked_bands(), x_tag)
        bounds = question.asked_bounds()
        margins = logs.charts.margins(tag, bounds, question.asked_runs(), request, x_tag) if bounds else []
    except BoardError as error:  # one chart that fails must not take the others along
        return {"id": question.id, "axis": question.x, "lines": [], "bands": [], "error": str(error)}
    axes = {line.pixels.axis for line in lines} | {each.band.axis for each in bands}
    return {
        "id": question.id,
        "axis": "ordinal" if axes == {"ordinal"} else question.x,
        "lines": [_line(line) for line in lines],
        "bands": [_band(each) for each in bands],
        **({"margins": [_margin(each) for each in margins]} if bounds else {}),
        "error": None,
    }


def _margin(found: RunMargin) -> dict[str, Any]:
    margin = found.margin
    return {
        "run": shown_name(found.run),
        "line": shown_name(found.line),
        "x": exact_column(margin.x),
        "low": drawn_column(margin.low),
        "high": drawn_column(margin.high),
        "joined": margin.joined,
        "left_out": margin.left_out,
        "exact": margin.is_exact,
    }


def _band(found: GroupBand) -> dict[str, Any]:
    band = found.band
    return {
        "group": shown_name(found.group),
        "x": exact_column(band.x),
        "centre": drawn_column(band.centre),
        "low": drawn_column(band.low),
        "high": drawn_column(band.high),
        "runs": exact_column(band.runs),
        "ends": [{"x": number(x), "run": shown_name(run)} for x, run in band.ends],
        "count": band.count,
        "total": band.total,
        "members": band.members,
        "exact": band.is_exact,
        "x_range": _range(band.x_range),
    }


def _line(line: RunPixels) -> dict[str, Any]:
    pixels = line.pixels
    last = None
    if line.last_step is not None and line.last_wall_time is not None and line.last_value is not None:
        last = {
            "step": str(line.last_step),
            "wall_time": number(line.last_wall_time),
            "value": number(line.last_value),
        }
    return {
        "run": shown_name(line.run),
        "line": shown_name(line.line),
        "axis": pixels.axis,
        "x": exact_column(pixels.x),
        "y": drawn_column(pixels.y),
        "raw_x": None if pixels.raw_x is None else exact_column(pixels.raw_x),
        "raw_y": None if pixels.raw_y is None else drawn_column(pixels.raw_y),
        "exact": pixels.is_exact,
        "count": pixels.count,
        "total": pixels.total,
        "nonfinite": [
            {"x": number(mark.x), "value": _NOT_FINITE[mark.value], "count": mark.count} for mark in pixels.nonfinite
        ],
        "x_range": _range(pixels.x_range),
        "y_range": _range(pixels.y_range),
        "y_inner": _range(pixels.y_outlier_range),
        "superseded_x": None if pixels.superseded_x is None else exact_column(pixels.superseded_x),
        "superseded_y": None if pixels.superseded_y is None else drawn_column(pixels.superseded_y),
        "last": last,
        "restarts": [number(x) for x in line.restarts],
        "rising": pixels.rises,
        "steps": None if pixels.step is None else exact_column(pixels.step),
        "unplaced": pixels.unplaced,
        "in_order": pixels.in_order,
    }


def _range(ends: tuple[float, float] | None) -> list[float] | None:
    """Return None also where there is no finite end: nothing to make an axis of."""
    return None if ends is None or not all(map(math.isfinite, ends)) else [float(ends[0]), float(ends[1])]


def _range_line(found: RunRange) -> dict[str, Any]:
    of = found.statistics
    points = {"min": of.least, "max": of.greatest, "start": of.start, "end": of.end}
    change = None if of.start is None or of.end is None else of.end.value - of.start.value
    percent = None if change is None or not of.start or not of.start.value else 100.0 * (change / abs(of.start.value))
    return {
        "run": shown_name(found.run),
        "line": shown_name(found.line),
        "count": of.count,
        "nonfinite": of.nonfinite,
        "mean": None if of.mean is None else number(of.mean),
        "change": None if change is None else number(change),
        "percent": None if percent is None else number(percent),
        **{
            name: None if point is None else {"step": str(point.step), "value": point.value}
            for name, point in points.items()
        },
    }


def _point(point: NearestPoint) -> dict[str, Any]:
    return {
        "run": shown_name(point.run),
        "line": shown_name(point.line),
        "step": str(point.step),
        "wall_time": number(point.wall_time),
        "relative": number(point.relative),
        "value": number(point.value),
        "smoothed": number(point.smoothed),
        "x": number(point.x),
    }
