"""Downloads: scalars as tables, sent while they are made; asked for by URL or, where that is too short, by a form."""

import zlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, quote

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, FiniteFloat, ValidationError
from starlette.responses import Response, StreamingResponse

from board.errors import BadRequestError
from board.export.file_names import file_name
from board.export.tables import Selection, Table, find_format
from board.logs import Smoothing
from board.web.context import Board, Context
from board.web.encoding import asked_name
from board.web.limits import MAX_RUNS, OneName, Question

__all__ = ["download", "router"]

router = APIRouter()
MAX_TAGS = 20_000
_LISTS = ("run", "tag")


class ExportQuestion(Question):
    """Which points, and as what."""

    format: str = "csv"
    run: Annotated[list[OneName], Field(default_factory=list, max_length=MAX_RUNS)]  # none: all
    tag: Annotated[list[OneName], Field(default_factory=list, max_length=MAX_TAGS)]  # none: all
    points: Literal["all", "seen"] = "all"  # seen: no superseded ones, in the range, with what smoothing makes of them
    x: Literal["step", "relative", "wall"] = "step"  # the axis that ``from`` and ``to`` are on
    low: Annotated[FiniteFloat | None, Field(alias="from")] = None
    high: Annotated[FiniteFloat | None, Field(alias="to")] = None
    smoothing: Literal["none", "ema", "time_ema", "gaussian", "mean"] = "none"
    amount: Annotated[FiniteFloat, Field(ge=0, le=1e9)] = 0.0


@router.get("/api/export")
def export_by_url(request: Request, board: Board) -> Response:
    """Send scalars as CSV, JSON or Parquet: ``?format=csv&run=R&tag=T``, without runs or tags all of them."""
    return _export(request, board, request.url.query)


@router.post("/api/export")
async def export_by_form(request: Request, board: Board) -> Response:
    """Send the same for a form of the same fields: the names of a thousand runs have no room in a URL."""
    body = (await request.body()).decode("utf-8", "replace")
    return await to_thread.run_sync(_export, request, board, body)


def _export(request: Request, board: Context, fields: str) -> Response:
    question = _parsed(fields)
    smoothing = Smoothing(question.smoothing, question.amount)
    selection = Selection(question.points == "all", question.x, question.low, question.high, smoothing)
    runs, tags = ([asked_name(name) for name in dict.fromkeys(names)] for names in (question.run, question.tag))
    form = find_format(question.format)
    parts = form.parts(Table(board.logs.scalar_series(runs, tags), selection))
    names = [*(runs * (len(runs) == 1)), *(tags * (len(tags) == 1))]
    return download(request, parts, form.media_type, file_name(names, form.ending))


def _parsed(fields: str) -> ExportQuestion:
    try:
        found = parse_qs(fields, keep_blank_values=True, max_num_fields=MAX_RUNS + MAX_TAGS + 20)
        values: dict[str, Any] = {key: words if key in _LISTS else words[-1] for key, words in found.items()}
        return ExportQuestion.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    except ValueError as error:  # of parse_qs
        raise BadRequestError(str(error)) from None


def download(request: Request, parts: Iterator[bytes], media_type: str, name: str) -> Response:
    """Send a file to be saved; made, and compressed where that helps, in threads while it is sent."""
    ending = name.rpartition(".")[2]
    disposition = f"attachment; filename=\"scalars.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    # Compressed here: the middleware would do it in the event loop.
    is_packed = ending != "parquet" and "gzip" in request.headers.get("accept-encoding", "")
    headers["Content-Encoding"] = "gzip" if is_packed else "identity"
    return StreamingResponse(_gzipped(parts) if is_packed else parts, media_type=media_type, headers=headers)


def _gzipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()
