"""One connection of a browser, with an end to our patience: there can only be so many at once."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

__all__ = ["Connection"]


class Connection(H11Protocol):
    """Ends those who connect and do not say what they want, and those who ask and do not take the answer.

    uvicorn waits for both for ever; nine hundred of them, from any process on this machine, would shut everybody else
    out. Requests that are being worked on, and event streams that are read, may last as long as they like.
    """

    patience_s = 10.0  # for a whole header; twice that at most where other requests came before
    stalls = 6  # so many times that long without a byte taken

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Look at it now and then from here on."""
        super().connection_made(transport)
        self._stalled = 0
        self._look_again(None, 0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _look_again(self, answered: Any, unsent: int) -> None:
        self._timer = self.loop.call_later(self.patience_s, self._look, answered, unsent)

    def _look(self, answered: Any, unsent: int) -> None:
        """Compare with the last look: which request had been answered then, and how many bytes had not been taken."""
        cycle: RequestResponseCycle | None = self.cycle
        is_silent = cycle is None or cycle.response_complete
        if is_silent and cycle is answered:
            self.transport.close()
            return
        waiting = self.transport.get_write_buffer_size() if self.flow.write_paused else 0
        self._stalled = self._stalled + 1 if waiting and waiting == unsent else 0
        if self._stalled >= self.stalls:
            self.transport.abort()
            return
        self._look_again(cycle if is_silent else _BUSY, waiting)


_BUSY: Final[Any] = object()  # no request that was ever answered
