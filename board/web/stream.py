"""The event stream: what changed, as it changes."""

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from board.errors import BadRequestError
from board.live import INTERESTS, Listener, LiveEvent
from board.web.context import Board
from board.web.encoding import json_text, shown_name

__all__ = ["router"]

router = APIRouter()
RETRY_MS = 1000  # how soon a browser tries again when the stream breaks


def _interests(interests: Annotated[str, Query(max_length=400)] = "") -> frozenset[str]:
    asked = frozenset(word for word in interests.split(",") if word)
    if unknown := asked - INTERESTS:
        raise BadRequestError(f"no such interest: {min(unknown)!r}; there are {', '.join(sorted(INTERESTS))}")
    return asked or INTERESTS


async def _listener(
    board: Board,
    interests: Annotated[frozenset[str], Depends(_interests)],
    boot: Annotated[str | None, Query(max_length=100)] = None,
    revision: Annotated[int | None, Query()] = None,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> AsyncIterator[Listener]:
    """Register here, not in the stream: once that has begun, nobody can be answered 503 any more."""
    if last_event_id is not None and "-" in last_event_id:
        boot, _, seen = last_event_id.rpartition("-")
        revision = int(seen) if seen.isdecimal() and seen.isascii() else None
    with board.live.listen(interests, boot=boot or None, revision=revision) as listener:
        yield listener


@router.get("/api/live", response_class=EventSourceResponse)
async def stream_changes(listener: Annotated[Listener, Depends(_listener)]) -> AsyncIterator[ServerSentEvent]:
    """Stream ``hello``, then a ``delta`` whenever something changed, ``bye`` when the board closes.

    A page that comes back says by Last-Event-ID what it has seen; a new one by ``boot`` and ``revision``. One that
    knows another boot gets ``reload`` before the hello.
    """
    while event := await listener.next_event():
        yield ServerSentEvent(event=event.name, raw_data=_spelled(event), id=event.id, retry=RETRY_MS)


@lru_cache(maxsize=8)  # every open page is told the same
def _spelled(event: LiveEvent) -> str:
    return json_text(_with_shown_names(event.data))


def _with_shown_names(value: Any) -> Any:
    if isinstance(value, str):
        return shown_name(value)
    if isinstance(value, list):
        return [shown_name(name) for name in value]
    if isinstance(value, dict):
        return {shown_name(key): _with_shown_names(inner) for key, inner in value.items()}
    return value
