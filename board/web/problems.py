"""Turns errors into short JSON for the page: one sentence, no trace, no path of this machine."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from board.errors import (
    BoardError,
    MalformedValueError,
    MissingExtraError,
    NotKeptError,
    UnknownRunError,
    UnknownSeriesError,
    UnknownViewError,
)
from board.live import TooManyListenersError
from board.web.encoding import json_response
from board.web.security import SECURITY_HEADERS

__all__ = ["add_error_handlers"]

NOT_FOUND = (UnknownRunError, UnknownSeriesError, UnknownViewError, MalformedValueError)


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of every route answer in the same shape: ``{"error": sentence}``."""
    app.add_exception_handler(BoardError, _answer_board_error)
    app.add_exception_handler(TooManyListenersError, _answer_too_many)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_bug)


async def _answer_board_error(request: Request, error: Exception) -> Response:
    unable = {NotKeptError: 503, MissingExtraError: 501}
    status = 404 if isinstance(error, NOT_FOUND) else unable.get(type(error), 400)
    return json_response({"error": str(error)}, status)


async def _answer_too_many(request: Request, error: Exception) -> Response:
    response = json_response({"error": str(error)}, 503)
    response.headers["Retry-After"] = "10"
    return response


async def _answer_invalid(request: Request, error: Exception) -> Response:
    complaints = error.errors() if isinstance(error, RequestValidationError) else []
    return json_response({"error": _first_complaint(complaints)}, 400)


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    response = json_response({"error": error.detail}, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _answer_bug(request: Request, error: Exception) -> Response:
    # The trace goes to the server's log. This answer is given outside of the middleware, so it brings the headers.
    response = json_response({"error": "the board failed at this; its terminal says how"}, 500)
    response.headers.update(SECURITY_HEADERS)
    return response


def _first_complaint(complaints: Sequence[Any]) -> str:
    if not complaints:
        return "the request makes no sense"
    first = complaints[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
    return f"{where}: {first['msg']}" if where else str(first["msg"])
