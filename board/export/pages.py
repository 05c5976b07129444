"""Charts as one file that works without the board: which points go into it, so that nothing is hidden."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from board.logs import Logs, PixelRequest, RunPixels, Smoothing

__all__ = ["MAX_LINES", "MAX_POINTS", "PageRequest", "drawn_lines", "share_out"]

MAX_POINTS = 1_000_000  # in a file, raw and smoothed ones: about 11 MB beside Plotly
MAX_LINES = 20_000
_LEAST_COLUMNS = 32  # of a long line among very many


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What goes into the file."""

    tags: Sequence[str]
    runs: Sequence[str]
    x: str  # "step", "relative" or "wall"
    smoothing: Smoothing
    superseded: bool


def drawn_lines(logs: Logs, request: PageRequest) -> Iterator[tuple[str, list[RunPixels]]]:
    """Yield each tag with its lines: in whole where they fit, else the extremes of as many stretches as there is room.

    What is a stretch's least or greatest value is told exactly, and so is all that is not finite: nothing is sampled.

    Raises:
        UnknownRunError, UnknownSeriesError: there is nothing to export.
    """
    series = logs.scalar_series(request.runs, request.tags)
    copies = 2 if request.smoothing.kind != "none" else 1  # the raw curve stands behind the smoothed one
    counts = {(run, tag): view.count * copies for run, tag, view in series}
    longest = share_out(sorted(counts.values()), MAX_POINTS)
    for tag in dict.fromkeys(tag for _, tag, _ in series):
        lines: list[RunPixels] = []
        for run in (run for run, own, _ in series if own == tag):
            room = counts[run, tag] if counts[run, tag] <= longest else longest
            width = max(_LEAST_COLUMNS, room // copies // 2 + 1)
            asked = PixelRequest(x=request.x, width=width, smoothing=request.smoothing, superseded=request.superseded)
            lines += logs.charts.pixels(tag, [run], asked)
        yield tag, lines


def share_out(rising: Sequence[int], room: int) -> int:
    """Return the most that each may take, so that who needs less leaves the rest to the others; at least 2."""
    for i, needed in enumerate(rising):
        share = room // (len(rising) - i)
        if needed > share:
            return max(2, share)
        room -= needed
    return max(2, rising[-1] if rising else 2)
