"""Which tags match a regex, by an engine whose time grows with the text and never with the pattern's tricks."""

from typing import Annotated

import re2
from fastapi import APIRouter, Query
from starlette.responses import Response

from board.logs import Kind
from board.web.context import Board
from board.web.encoding import json_response, shown_name

__all__ = ["router"]

router = APIRouter()
MAX_PATTERN = 1_000  # characters
MAX_PROGRAM_BYTES = 8 << 20  # of a compiled pattern: a{1000}{1000} is refused


@router.get("/api/tags/match")
def match_tags(
    board: Board, kind: Annotated[Kind, Query()], pattern: Annotated[str, Query(max_length=MAX_PATTERN)]
) -> Response:
    """List the tags in which the pattern is found; case counts only where it has a capital.

    A pattern that makes no sense matches nothing, and ``error`` says why in one sentence.
    """
    revision = board.logs.revision
    options = re2.Options()
    options.case_sensitive = pattern != pattern.lower()
    options.max_mem = MAX_PROGRAM_BYTES
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else "no regex"
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return json_response({"revision": revision, "tags": [], "error": f"Not a regex, {text}"})
    names = (shown_name(tag.tag) for tag in board.logs.tags(kind))
    return json_response(
        {"revision": revision, "tags": [name for name in names if compiled.search(name)], "error": None}
    )
