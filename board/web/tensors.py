"""Tensors that have no page of their own: what each is like, a piece of it, and all of it as a file."""

import io
from typing import Annotated, Any, Literal

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from starlette.responses import Response

from board.errors import BadRequestError, MalformedValueError
from board.logs import Kind
from board.tensor_views import TensorPiece, TensorStatistics, cut_piece, describe
from board.web.context import Board, Context
from board.web.encoding import asked_name, exact_column, json_response, json_text, number, shown_name
from board.web.limits import Name

__all__ = ["router"]

router = APIRouter()
MAX_CELL = 200  # characters of a text in a table
MAX_PREVIEW = 512  # bytes of a value that is none of ours
MAX_INT = 2**53
_ROOM = {"table": (64, 32), "heat": (256, 256)}  # rows and columns of a piece
_FILE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "attachment",  # the page gives it a name
    "Cache-Control": "private, max-age=31536000, immutable",
}
Ref = Annotated[str, Query(max_length=1000)]
At = Annotated[int, Query(ge=0)]


@router.get("/api/tensor")
async def describe_tensor(
    board: Board,
    run: Name,
    tag: Name,
    ref: Ref,
    kind: Annotated[Kind, Query()] = Kind.TENSOR,
    index: Annotated[list[int] | None, Query(max_length=64)] = None,
    row: At = 0,
    column: At = 0,
    form: Literal["table", "heat"] = "table",
) -> Response:
    """Describe a value of any kind: who wrote it, type, shape, statistics, and a piece of two dimensions.

    ``index`` picks one of each dimension before the last two; ``row`` and ``column`` are where the piece begins. As a
    ``table`` the values come as JSON, as ``heat`` in one column of numbers, row by row.
    """
    place = (asked_name(run), asked_name(tag), ref, kind)
    return await to_thread.run_sync(_describe, board, place, (index or [], row, column), form, limiter=board.drawing)


@router.get("/api/tensor_file")
async def send_tensor(
    board: Board, run: Name, tag: Name, ref: Ref, kind: Annotated[Kind, Query()] = Kind.TENSOR
) -> Response:
    """Send a value as a file: numbers as NumPy's .npy, a tensor of texts as JSON, all else byte for byte.

    The header ``X-File-Suffix`` says which it is.
    """
    return await to_thread.run_sync(_send, board, (asked_name(run), asked_name(tag), ref, kind), limiter=board.drawing)


def _describe(board: Context, place: tuple[str, str, str, Kind], at: tuple[list[int], int, int], form: str) -> Response:
    run, tag, ref, kind = place
    value, fault = _read_or_fault(board, place)
    facts = board.logs[run].blobs(kind)[tag].facts(ref)
    answer: dict[str, Any] = {
        "plugin": shown_name(facts.plugin),
        "encoding": facts.encoding,
        "bytes": facts.bytes,
        "display_name": shown_name(facts.display_name),
    }
    if fault:  # what can be said of it is said
        return json_response({**answer, "error": fault})
    if isinstance(value, bytes):
        head = value[:MAX_PREVIEW]
        return json_response({**answer, "size": len(value), "head": head.hex(" "), "text": _text(head), "error": None})
    index, row, column = at
    piece = cut_piece(value, index, row, column, *_ROOM[form])
    answer |= {
        "dtype": "string" if value.dtype == object else value.dtype.name,
        "shape": list(value.shape),
        "statistics": _statistics(describe(value)),
        "piece": _piece(piece, form),
    }
    return json_response({**answer, "error": None})


def _send(board: Context, place: tuple[str, str, str, Kind]) -> Response:
    value = _read(board, place)
    if isinstance(value, bytes):
        return _file(value, "application/octet-stream", ".bin")
    if value.dtype == object:
        texts = {"shape": list(value.shape), "texts": [_text(one) for one in value.reshape(-1)]}
        return _file(json_text(texts).encode(), "application/json", ".json")
    buffer = io.BytesIO()
    np.save(buffer, value, allow_pickle=False)
    return _file(buffer.getvalue(), "application/octet-stream", ".npy")


def _file(data: bytes, media_type: str, suffix: str) -> Response:
    return Response(data, media_type=media_type, headers={**_FILE_HEADERS, "X-File-Suffix": suffix})


def _read_or_fault(board: Context, place: tuple[str, str, str, Kind]) -> tuple[NDArray[Any] | bytes, str]:
    try:
        return _read(board, place), ""
    except MalformedValueError as error:
        return b"", str(error)


def _read(board: Context, place: tuple[str, str, str, Kind]) -> NDArray[Any] | bytes:
    run, tag, ref, kind = place
    if kind not in (Kind.TENSOR, Kind.RUN_METADATA):
        raise BadRequestError(f"values of kind {kind} have a page and routes of their own")
    value = board.logs.read_blob(run, tag, kind, ref)
    return value if isinstance(value, bytes) else np.asarray(value)


def _statistics(found: TensorStatistics) -> dict[str, Any]:
    return {
        "count": found.count,
        "nan": found.nan,
        "positive_infinity": found.positive_infinity,
        "negative_infinity": found.negative_infinity,
        "zeros": found.zeros,
        "least": None if found.least is None else _cell(found.least),
        "greatest": None if found.greatest is None else _cell(found.greatest),
        "mean": None if found.mean is None else number(found.mean),
        "std": None if found.std is None else number(found.std),
        "total_bytes": found.total_bytes,
        "longest": found.longest,
    }


def _piece(piece: TensorPiece, form: str) -> dict[str, Any]:
    values = piece.values
    answer = {
        "index": list(piece.index),
        "row": piece.row,
        "column": piece.column,
        "rows": piece.rows,
        "columns": piece.columns,
        "height": values.shape[0],
        "width": values.shape[1],
    }
    if form == "heat" and values.dtype != object:
        numbers = np.abs(values) if values.dtype.kind == "c" else values
        return {**answer, "heat": exact_column(numbers.astype(np.float64).reshape(-1)), "values": None}
    rows, columns = _ROOM["table"]
    return {**answer, "heat": None, "values": [[_cell(one) for one in row[:columns]] for row in values[:rows]]}


def _cell(value: Any) -> Any:
    """Return one element for JSON, with the digits that its own type has."""
    if isinstance(value, bytes):
        return _text(value[: MAX_CELL + 1])[:MAX_CELL]
    if isinstance(value, np.floating):
        return number(float(str(value)))  # 0.1 of a float32 is 0.1, and not 0.10000000149
    if isinstance(value, float):
        return number(value)
    if isinstance(value, complex | np.complexfloating):
        return str(value).strip("()")
    if isinstance(value, bool | np.bool_):
        return bool(value)
    whole = int(value)
    return whole if abs(whole) <= MAX_INT else str(whole)


def _text(data: bytes) -> str:
    return shown_name(data.decode("utf-8", "surrogateescape"))
