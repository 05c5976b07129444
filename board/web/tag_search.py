"""Which tags match a regex, by an engine whose time grows with the text and never with the pattern's tricks."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from board.logs import Kind, compile_regex, mesh_name
from board.web.context import Board
from board.web.encoding import json_response, shown_name

__all__ = ["router"]

router = APIRouter()
MAX_PATTERN = 1_000  # characters


@router.get("/api/tags/match")
def match_tags(
    board: Board, kind: Annotated[Kind, Query()], pattern: Annotated[str, Query(max_length=MAX_PATTERN)]
) -> Response:
    """List the tags in which the pattern is found; case counts only where it has a capital.

    A pattern that makes no sense matches nothing, and ``error`` says why in one sentence.
    """
    revision = board.logs.revision
    try:
        compiled = compile_regex(pattern)
    except ValueError as error:
        return json_response({"revision": revision, "tags": [], "error": f"Not a regex, {error}"})
    tags = (tag.tag for tag in board.logs.tags(kind))  # of a mesh, pages know the name that its parts share
    names = dict.fromkeys(shown_name(mesh_name(tag) if kind is Kind.MESH else tag) for tag in tags)
    return json_response(
        {"revision": revision, "tags": [name for name in names if compiled.search(name)], "error": None}
    )
