"""Images, histograms and texts: which steps there are, and the value at one of them."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from starlette.responses import Response

from board.errors import BadRequestError, MalformedValueError, UnknownSeriesError
from board.logs import BlobRow, Kind
from board.web.context import Board
from board.web.encoding import asked_name, column, json_response, number, shown_name
from board.web.image_types import OTHER, is_too_large, sniff_image
from board.web.limits import Name
from board.web.markdown import render_markdown

__all__ = ["BLOB_HEADERS", "Ref", "router"]

router = APIRouter()
Ref = Annotated[str, Query(max_length=1000)]
MAX_ROWS = 200  # decoded values in one answer
BLOB_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=31536000, immutable",
}


@router.get("/api/blobs")
def list_steps(board: Board, kind: Annotated[Kind, Query()], run: Name, tag: Name) -> Response:
    """List every step of a series, as columns."""
    if kind is Kind.SCALAR:
        raise BadRequestError("scalars are points, not blobs: ask for their pixels")
    revision = board.logs.revision
    rows = board.logs.blobs(asked_name(run), asked_name(tag), kind)
    return json_response({"revision": revision, **_row_columns(rows)})


@router.get("/api/image")
def send_image(
    board: Board, run: Name, tag: Name, ref: Ref, index: Annotated[int, Query(ge=0)] = 0, download: bool = False
) -> Response:
    """Send one picture as its writer encoded it; its type is read off its bytes, never taken from the log.

    ``download=1`` gives the same bytes as a file, also those that no browser should unfold.
    """
    images = board.logs.read_blob(asked_name(run), asked_name(tag), Kind.IMAGE, ref)
    if index >= len(images):
        raise UnknownSeriesError(f"there are {len(images)} images at this step, no number {index}")
    data: bytes = images[index].data
    facts = sniff_image(data)
    if download:  # the page gives it a name
        return Response(data, media_type=OTHER, headers={**BLOB_HEADERS, "Content-Disposition": "attachment"})
    if is_too_large(facts, len(data)):
        frames = f", {facts.frames} frames or more," if facts.frames > 1 else ""
        size = f"{facts.width} × {facts.height} pixels{frames} in {len(data)} bytes"
        error = f"not shown: {size} would choke the browser"
        return json_response({"error": error, "width": facts.width, "height": facts.height, "bytes": len(data)}, 413)
    headers = dict(BLOB_HEADERS)
    if not facts.is_image:
        headers["Content-Disposition"] = 'attachment; filename="image.bin"'
    return Response(data, media_type=facts.media_type, headers=headers)


@router.get("/api/image_info")
def describe_images(board: Board, run: Name, tag: Name, ref: Ref) -> Response:
    """Say how many pictures a step has, and what each one is."""
    images = board.logs.read_blob(asked_name(run), asked_name(tag), Kind.IMAGE, ref)
    found = [(sniff_image(image.data), image) for image in images]
    return json_response(
        {
            "images": [
                {
                    "width": facts.width or image.width,
                    "height": facts.height or image.height,
                    "type": facts.media_type,
                    "bytes": len(image.data),
                    "frames": facts.frames,
                    "too_large": is_too_large(facts, len(image.data)),
                }
                for facts, image in found
            ]
        }
    )


@router.get("/api/histograms")
def read_histograms(board: Board, run: Name, tag: Name) -> Response:
    """Return the newest histograms of a series, each with the edges and counts of its bins."""
    return _read_rows(board, run, tag, Kind.HISTOGRAM)


@router.get("/api/texts")
def read_texts(board: Board, run: Name, tag: Name) -> Response:
    """Return the newest texts of a series, as written and as rendered Markdown."""
    return _read_rows(board, run, tag, Kind.TEXT)


def _read_rows(board: Board, run: str, tag: str, kind: Kind) -> Response:
    revision = board.logs.revision
    rows = board.logs.blobs(asked_name(run), asked_name(tag), kind)
    newest = rows[-MAX_ROWS:]
    spelled = [_read_row(board, asked_name(run), asked_name(tag), kind, row.ref) for row in newest]
    return json_response({"revision": revision, "total": len(rows), **_row_columns(newest), "rows": spelled})


def _read_row(board: Board, run: str, tag: str, kind: Kind, ref: str) -> dict[str, Any]:
    try:
        value = board.logs.read_blob(run, tag, kind, ref)
    except (MalformedValueError, UnknownSeriesError) as error:  # one value that is damaged must not hide the others
        return {"error": str(error)}
    return _histogram(value) if kind is Kind.HISTOGRAM else _text(value)


def _row_columns(rows: list[BlobRow]) -> dict[str, Any]:
    return {
        "steps": [str(row.step) for row in rows],
        "wall_times": [number(row.wall_time) for row in rows],
        "refs": [row.ref for row in rows],
        "superseded": [row.superseded for row in rows],
    }


def _histogram(value: Any) -> dict[str, Any]:
    return {"left": column(value[:, 0]), "right": column(value[:, 1]), "count": column(value[:, 2])}


def _text(value: Any) -> dict[str, Any]:
    texts = [str(text) for text in np.asarray(value, dtype=object).flat]
    return {
        "shape": list(np.shape(value)),
        "texts": [shown_name(text) for text in texts],
        "html": [render_markdown(text) for text in texts],
    }
