"""Charts as one HTML file: data, Plotly, styles and a small viewer in it, nothing to be fetched from anywhere."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import AfterValidator, Field, ValidationError
from starlette.responses import Response

from board.errors import BadRequestError
from board.export.file_names import file_name
from board.export.pages import MAX_LINES, MAX_POINTS, PageRequest, drawn_lines
from board.logs import RunPixels, Smoothing
from board.web.context import Board, Context
from board.web.encoding import asked_name, drawn_column, exact_column, number, shown_name
from board.web.exports import download
from board.web.limits import MAX_RUNS, OneName, Question

__all__ = ["create_export_router"]

MAX_TAGS = 5_000
_COLOUR = re.compile(r"var\(--(run-\d{1,2}|seq-\d|chart-muted)\)|#[0-9a-fA-F]{6}")
_INLINED = ("css/tokens.css", "css/standalone.css")


def _colour(text: str) -> str:
    if not _COLOUR.fullmatch(text):
        raise ValueError("a colour is a token of ours, or six hexadecimal digits")
    return text


class RunStyle(Question):
    """A run and how it is drawn."""

    name: OneName
    colour: Annotated[str, AfterValidator(_colour)]
    dash: Literal[0, 1] = 0


class PageQuestion(Question):
    """What a page shows, as the browser that shows it tells."""

    title: Annotated[str, Field(max_length=200)] = "trainboard"
    tags: Annotated[list[OneName], Field(min_length=1, max_length=MAX_TAGS)]
    runs: Annotated[list[RunStyle], Field(min_length=1, max_length=MAX_RUNS)]
    x: Literal["step", "relative", "wall"] = "step"
    smoothing: Literal["none", "ema", "time_ema", "gaussian", "mean"] = "none"
    amount: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    superseded: bool = False
    log_y: bool = False
    theme: Literal["light", "dark"] = "light"


def create_export_router(templates_dir: Path, static_dir: Path, plotly: Path) -> APIRouter:
    """Make the route; what goes into every file is read when it is asked for."""
    router = APIRouter()
    environment = Environment(loader=FileSystemLoader(templates_dir), autoescape=True, undefined=StrictUndefined)

    def export_page(request: Request, board: Board, fields: str) -> Response:
        question = _parsed(fields)
        if len(question.tags) * len(question.runs) > MAX_LINES * 10:
            raise BadRequestError("this is too much for one file: choose fewer runs, or filter the tags")
        parts = {
            "style": "\n".join((static_dir / path).read_text() for path in _INLINED),
            "viewer": (static_dir / "js/standalone.js").read_text(),
            "plotly": plotly.read_text(),
        }
        values = {key: _in_script(text) if key != "style" else text for key, text in parts.items()}
        page = environment.get_template("standalone.html").render(
            title=question.title, theme=question.theme, data=_data(board, question).replace("<", "\\u003c"), **values
        )
        return download(request, iter([page.encode()]), "text/html; charset=utf-8", file_name([question.title], "html"))

    async def export_by_form(request: Request, board: Board) -> Response:
        """Send charts as one HTML file; the form's field ``question`` is JSON."""
        body = (await request.body()).decode("utf-8", "replace")
        return await to_thread.run_sync(export_page, request, board, body, limiter=board.drawing)

    router.add_api_route("/api/export/page", export_by_form, methods=["POST"], response_class=Response)
    return router


def _parsed(fields: str) -> PageQuestion:
    try:
        (text,) = parse_qs(fields, max_num_fields=1).get("question", [""])
        return PageQuestion.model_validate_json(text)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    except ValueError as error:
        raise BadRequestError(str(error)) from None


def _data(board: Context, question: PageQuestion) -> str:
    styles = {asked_name(run.name): {"colour": run.colour, "dash": run.dash} for run in question.runs}
    request = PageRequest(
        tags=[asked_name(tag) for tag in dict.fromkeys(question.tags)],
        runs=[run for run in styles if run in board.logs],
        x=question.x,
        smoothing=Smoothing(question.smoothing, question.amount),
        superseded=question.superseded,
    )
    charts: list[dict[str, Any]] = []
    curves = 0
    for tag, lines in drawn_lines(board.logs, request):
        curves += len(lines)
        if curves > MAX_LINES:
            raise BadRequestError(f"this is too much for one file, {MAX_LINES} curves at most")
        charts.append({"tag": shown_name(tag), "lines": [_line(line, styles[line.run]) for line in lines]})
    return json.dumps(
        {
            "x": question.x,
            "smoothing": question.smoothing,
            "amount": question.amount,
            "logY": question.log_y,
            "mostPoints": MAX_POINTS,
            "charts": charts,
        },
        allow_nan=False,
        separators=(",", ":"),
    )


def _line(line: RunPixels, style: dict[str, Any]) -> dict[str, Any]:
    pixels = line.pixels
    pairs = {
        "": (pixels.x, pixels.y),
        "raw": (pixels.raw_x, pixels.raw_y),
        "old": (pixels.superseded_x, pixels.superseded_y),
    }
    curves = {
        key: {"x": exact_column(x), "y": drawn_column(y)}
        for key, (x, y) in pairs.items()
        if x is not None and y is not None
    }
    return {
        "run": shown_name(line.run),
        "line": shown_name(line.line),
        **style,
        "axis": pixels.axis,
        "total": pixels.total,
        "whole": pixels.is_exact,
        "marks": [{"x": number(mark.x), "value": mark.value, "count": mark.count} for mark in pixels.nonfinite],
        "inner": pixels.y_outlier_range,
        "curves": curves,
    }


def _in_script(text: str) -> str:
    """Return a script that does not end, or begin a comment, before its end; such text is only ever in its strings."""
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", text, flags=re.IGNORECASE)
