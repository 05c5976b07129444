"""What every route is given: the logs, the listeners, and where the logs come from."""

from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from board.live import Live
from board.logs import Logs
from board.state.choices import Choice
from board.state.keeping import State
from board.state.schema import key_of
from board.web.encoding import shown_name
from board.web.limits import MAX_DRAWING, MAX_THINKING

__all__ = ["Board", "Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """Lives as long as the app, in ``app.state.context``."""

    logs: Logs
    live: Live
    logdirs: tuple[str, ...]  # as given on the command line
    state: State
    drawing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MAX_DRAWING))

    thinking: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MAX_THINKING))

    def folders(self) -> list[tuple[str, str]]:
        """Return each run with the absolute path of its folder, as pages spell names: what choices are kept by."""
        return [(run, shown_name(folder)) for run, folder in self.logs.folders()]

    def choices(self) -> dict[str, Choice]:
        """Return what people chose of each run that they chose anything of."""
        kept = self.state.choices.all()
        found = ((run, kept.get(key_of(folder))) for run, folder in (self.folders() if kept else ()))
        return {run: chosen for run, chosen in found if chosen is not None}


async def _context(request: Request) -> Context:  # async: a plain function would cost a hop to a thread
    context: Context = request.app.state.context
    return context


Board = Annotated[Context, Depends(_context)]
