"""Which tags match a regex, by an engine whose time grows with the text and never with the pattern's tricks."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from board.logs import Kind, compile_regex
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
    names = (shown_name(tag.tag) for tag in board.logs.tags(kind))
    return json_response(
        {"revision": revision, "tags": [name for name in names if compiled.search(name)], "error": None}
    )
