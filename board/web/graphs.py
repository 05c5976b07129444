"""Graphs: which there are, one as columns, one node in full, two as one, and what the run's series tell of blocks."""

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
Step = Annotated[str | None, Query(pattern=r"^-?\d{1,19}$")]


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


@router.get("/api/graph_diff")
def read_graph_diff(
    request: Request,
    board: Board,
    run: Name,
    tag: Name,
    other_run: Name,
    other_tag: Name,
    ref: Ref = None,
    other_ref: Ref = None,
) -> Response:
    """Return two graphs as one, with what was added, removed and changed."""
    before = asked_name(run), asked_name(tag), ref or None
    after = asked_name(other_run), asked_name(other_tag), other_ref or None
    return _zipped(request, board.logs.graphs.diff(before, after))


@router.get("/api/graph_tags")
def list_graph_tags(board: Board, run: Name, tag: Name, ref: Ref = None) -> Response:
    """List which series of the run tell of which block, and what they tell."""
    tagged, metrics = board.logs.graphs.tags(asked_name(run), asked_name(tag), ref or None)
    tags = [{**block._asdict(), "tag": shown_name(block.tag), "metric": shown_name(block.metric)} for block in tagged]
    return json_response({"tags": tags, "metrics": [{**m, "metric": shown_name(m["metric"])} for m in metrics]})


@router.get("/api/graph_overlay")
def read_graph_overlay(
    board: Board, run: Name, tag: Name, metric: Name, ref: Ref = None, step: Step = None
) -> Response:
    """Return one value a block: the metric's last at or before the step."""
    chosen = None if step is None else max(-(2**63), min(2**63 - 1, int(step)))
    found = board.logs.graphs.overlay((asked_name(run), asked_name(tag), ref or None), asked_name(metric), chosen)
    return json_response(
        {
            **found,
            "metric": metric,
            "step": step,
            "values": [number(value) for value in found["values"]],
            "steps": [str(value) for value in found["steps"]],
            "tags": [shown_name(text) for text in found["tags"]],
        }
    )


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
