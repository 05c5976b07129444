"""Which graphs there are, and one of them as columns."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from board.errors import UnknownRunError, UnknownSeriesError
from board.logs import BlobRow, Kind
from board.web.context import Board
from board.web.encoding import asked_name, json_response, number, shown_name
from board.web.limits import Name

__all__ = ["router"]

router = APIRouter()
Ref = Annotated[str | None, Query(max_length=1000)]


@router.get("/api/graphs")
def list_graphs(board: Board) -> Response:
    """List every logged graph."""
    graphs = []
    for tag in board.logs.tags(Kind.GRAPH):
        for run in tag.runs:
            with suppress(UnknownRunError, UnknownSeriesError):  # gone since the tags were read
                graphs += [_entry(run, tag.tag, row) for row in board.logs.blobs(run, tag.tag, Kind.GRAPH)]
    return json_response({"graphs": graphs})


@router.get("/api/graph")
def read_graph(board: Board, run: Name, tag: Name, ref: Ref = None) -> Response:
    """Return one graph as columns; without ``ref`` the run's last one."""
    return json_response(_for_json(board.logs.graph(asked_name(run), asked_name(tag), ref)))


@router.get("/api/graph_node")
def read_graph_node(
    board: Board, run: Name, tag: Name, name: Annotated[str, Query(max_length=8000)], ref: Ref = None
) -> Response:
    """Return what the definition says of one node, attributes included."""
    node = board.logs.graph_node(asked_name(run), asked_name(tag), name, ref)
    return json_response(_for_json(node))


def _entry(run: str, tag: str, row: BlobRow) -> dict[str, Any]:
    return {"run": shown_name(run), "tag": shown_name(tag), "ref": row.ref, "step": str(row.step), "nodes": None}


def _for_json(value: Any) -> Any:
    """Spell names and numbers so that they can travel; costs are whatever JSON somebody logged."""
    if isinstance(value, str):
        return shown_name(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        is_column = all(type(inner) is int for inner in value)  # most of a graph: nothing to spell
        return value if is_column else [_for_json(inner) for inner in value]
    if isinstance(value, dict):
        return {shown_name(key): _for_json(inner) for key, inner in value.items()}
    return value
