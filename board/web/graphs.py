"""Graphs: which there are, one as columns, one node in full, and files of graphs that were dropped onto the page."""

import gzip
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from board.errors import BadRequestError, MalformedValueError, UnknownRunError, UnknownSeriesError
from board.logs import BlobRow, Kind
from board.web.context import Board
from board.web.encoding import asked_name, json_response, number, shown_name
from board.web.limits import Name

__all__ = ["router"]

router = APIRouter()
Ref = Annotated[str | None, Query(max_length=1000)]
MaybeName = Annotated[str | None, Query(max_length=4000)]


@router.get("/api/graphs")
def list_graphs(board: Board) -> Response:
    """List every logged graph, then those of files that were dropped onto the page."""
    graphs = []
    for tag in board.logs.tags(Kind.GRAPH):
        for run in tag.runs:
            with suppress(UnknownRunError, UnknownSeriesError):  # gone since the tags were read
                graphs += [_entry(run, tag.tag, row) for row in board.logs.blobs(run, tag.tag, Kind.GRAPH)]
    for file in board.logs.graphs.files:
        entry = {"run": "", "tag": file.tag, "ref": "", "step": "0", "nodes": None, "wall_time": file.wall_time}
        graphs.append({**entry, "file": shown_name(file.name)})
    return json_response({"graphs": graphs})


@router.get("/api/graph")
def read_graph(
    request: Request, board: Board, run: Name, tag: Name, ref: Ref = None, profile: MaybeName = None
) -> Response:
    """Return one graph as columns; without ``ref`` the run's last one, without ``profile`` with the last times."""
    chosen = None if profile is None else asked_name(profile)
    return _zipped(request, board.logs.graphs.columns(asked_name(run), asked_name(tag), ref or None, chosen))


@router.get("/api/graph_node")
def read_graph_node(
    request: Request,
    board: Board,
    run: Name,
    tag: Name,
    name: Annotated[str, Query(max_length=8000)],
    ref: Ref = None,
) -> Response:
    """Return what the definition says of one node, attributes included."""
    return _zipped(request, board.logs.graphs.node(asked_name(run), asked_name(tag), name, ref or None))


@router.post("/api/graph_file")
async def take_graph_file(request: Request, board: Board) -> Response:
    """Take a file that was dropped onto the page; a process of its own reads it, and nothing in it is executed."""
    name = unquote(request.headers.get("x-filename", ""))[:1000]
    data = await request.body()
    if not name or not data:
        raise BadRequestError("a file is needed, and its name in the header X-Filename")
    try:
        file = await run_in_threadpool(board.logs.graphs.add_file, data, name)
    except MalformedValueError as error:
        raise BadRequestError(str(error)) from error
    return json_response({"id": file.tag, "run": "", "tag": file.tag, "name": shown_name(file.name)})


def _entry(run: str, tag: str, row: BlobRow) -> dict[str, Any]:
    step, wall_time = str(row.step), number(row.wall_time)
    return {
        "run": shown_name(run),
        "tag": shown_name(tag),
        "ref": row.ref,
        "step": step,
        "nodes": None,
        "wall_time": wall_time,
    }


def _zipped(request: Request, answer: bytes) -> Response:
    """Answer with JSON that is compressed already."""
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(answer, media_type="application/json", headers=headers)
    return Response(gzip.decompress(answer), media_type="application/json")
