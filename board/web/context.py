"""What every route is given: the logs, the listeners, and where the logs come from."""

from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from board.live import Live
from board.logs import Logs
from board.web.limits import MAX_DRAWING

__all__ = ["Board", "Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """Lives as long as the app, in ``app.state.context``."""

    logs: Logs
    live: Live
    logdirs: tuple[str, ...]  # as given on the command line
    drawing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MAX_DRAWING))


async def _context(request: Request) -> Context:  # async: a plain function would cost a hop to a thread
    context: Context = request.app.state.context
    return context


Board = Annotated[Context, Depends(_context)]
