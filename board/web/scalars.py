"""Charts: the pixels of the lines in view, the exact points under the cursor, every point as CSV."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from starlette.responses import Response, StreamingResponse

from board.errors import BoardError
from board.logs import Logs, NearestPoint, PixelRequest, PointColumns, RunPixels, Smoothing
from board.web.context import Board, Context
from board.web.encoding import asked_name, drawn_column, exact_column, json_response, number, shown_name
from board.web.limits import MAX_CHARTS, MAX_COLUMNS, MAX_LINES, MAX_NAME, MAX_RUNS, MAX_WIDTH_PX, Name

__all__ = ["router"]

router = APIRouter()
CSV_LINES_A_PART = 5_000
_NOT_FINITE = {"nan": "NaN", "+inf": "Infinity", "-inf": "-Infinity"}  # as number() spells them
X = Literal["step", "relative", "wall"]
OneName = Annotated[str, Field(max_length=MAX_NAME)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SmoothingQuestion(_Question):
    """Over the whole series, before the pixels."""

    kind: Literal["none", "ema", "time_ema", "gaussian", "mean"] = "none"
    amount: Annotated[FiniteFloat, Field(ge=0, le=1e9)] = 0.0

    @model_validator(mode="after")
    def _check_amount(self) -> Self:
        if self.kind in ("ema", "time_ema") and self.amount >= 1:
            raise ValueError("the amount of an average that forgets is at least 0 and below 1")
        return self


class _ChartQuestion(_Question):
    id: OneName
    tag: OneName
    runs: Annotated[list[OneName], Field(max_length=MAX_RUNS), AfterValidator(lambda runs: list(dict.fromkeys(runs)))]
    x: X = "step"
    smoothing: SmoothingQuestion = SmoothingQuestion()

    def asked_runs(self) -> list[str]:
        return [asked_name(run) for run in self.runs]

    def asked_smoothing(self) -> Smoothing:
        return Smoothing(self.smoothing.kind, self.smoothing.amount)


class PixelsQuestion(_ChartQuestion):
    """What one chart shows."""

    range: tuple[FiniteFloat, FiniteFloat] | None = None  # of x, ends included; None: all
    width: Annotated[int, Field(ge=1, le=MAX_WIDTH_PX)]  # pixels
    superseded: bool = False
    raw: bool = True  # the curve before smoothing, too


class NearestQuestion(_ChartQuestion):
    """Where the cursor stands."""

    at: FiniteFloat


class _Charts(_Question):
    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        if sum(len(chart.runs) for chart in getattr(self, "charts")) > MAX_LINES:  # noqa: B009 - of the subclasses
            raise ValueError(f"at most {MAX_LINES} lines in one request, charts times runs")
        return self


class PixelsQuestions(_Charts):
    """The charts in view, in one request."""

    charts: Annotated[list[PixelsQuestion], Field(max_length=MAX_CHARTS)]

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        if sum(chart.width * len(chart.runs) for chart in self.charts) > MAX_COLUMNS:
            raise ValueError(f"at most {MAX_COLUMNS} pixel columns in one request, widths times runs")
        return self


class NearestQuestions(_Charts):
    """The charts that show the cursor."""

    charts: Annotated[list[NearestQuestion], Field(max_length=MAX_CHARTS)]


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
        points = board.logs.nearest(
            asked_name(chart.tag), chart.asked_runs(), chart.x, chart.at, chart.asked_smoothing()
        )
        charts.append({"id": chart.id, "points": [_point(point) for point in points]})
    return json_response({"charts": charts})


@router.get("/api/scalars.csv")
def export_points(board: Board, run: Name, tag: Name) -> Response:
    """Send every point of a series, in the order of its files."""
    points = board.logs.points(asked_name(run), asked_name(tag))
    name = quote(f"{run} {tag}.csv".replace("/", "_"), safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"scalars.csv\"; filename*=UTF-8''{name}"}
    return StreamingResponse(_csv_parts(points), media_type="text/csv", headers=headers)


def _chart(logs: Logs, question: PixelsQuestion) -> dict[str, Any]:
    low, high = question.range or (None, None)
    request = PixelRequest(
        x=question.x,
        lo=low,
        hi=high,
        width=question.width,
        smoothing=question.asked_smoothing(),
        superseded=question.superseded,
        raw=question.raw,
    )
    try:
        lines = logs.pixels(asked_name(question.tag), question.asked_runs(), request)
    except BoardError as error:  # one chart that fails must not take the others along
        return {"id": question.id, "axis": question.x, "lines": [], "error": str(error)}
    is_ordinal = bool(lines) and all(line.pixels.axis == "ordinal" for line in lines)
    return {
        "id": question.id,
        "axis": "ordinal" if is_ordinal else question.x,
        "lines": [_line(line) for line in lines],
        "error": None,
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
    }


def _range(ends: tuple[float, float] | None) -> list[float] | None:
    """Return None also where there is no finite end: nothing to make an axis of."""
    return None if ends is None or not all(map(math.isfinite, ends)) else [float(ends[0]), float(ends[1])]


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


def _csv_parts(points: PointColumns) -> Iterator[str]:
    yield "step,wall_time,value,superseded\n"
    for first in range(0, len(points.step), CSV_LINES_A_PART):
        part = slice(first, first + CSV_LINES_A_PART)
        rows = zip(
            points.step[part].tolist(),
            points.wall_time[part].tolist(),
            points.value[part].tolist(),
            points.superseded[part].tolist(),
            strict=True,
        )
        # repr: the shortest text that reads back as the very same number
        yield "".join(f"{step},{wall_time!r},{value!r},{int(hidden)}\n" for step, wall_time, value, hidden in rows)
