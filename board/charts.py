"""What the charts of scalars ask: pixels, bands, statistics of a range, the point under the cursor."""

from collections.abc import Sequence

from board.model import Kind
from board.store.bands import BandRequest, Member, band
from board.store.margins import margin
from board.store.partitions import partitions
from board.store.pixels import PixelRequest, nearest, pixels
from board.store.scalar_axis import partner_of
from board.store.series import Line
from board.store.smoothing import Smoothing
from board.store.statistics import range_statistics
from board.store.store import RunView, Store
from board.views import GroupBand, NearestPoint, RunMargin, RunPixels, RunRange

__all__ = ["Charts"]


class Charts:
    """Answers from what the store last committed; immutable snapshots, so from any thread."""

    def __init__(self, store: Store) -> None:
        """Know the store."""
        self._store = store

    def pixels(
        self,
        tag: str,
        runs: Sequence[str],
        request: PixelRequest,
        x_tag: str | None = None,
        *,
        partition: bool = False,
    ) -> list[RunPixels]:
        """Return what a chart of one tag draws; runs that lack the tag, or are unknown, are left out.

        Args:
            tag: of scalars.
            runs: names of runs.
            request: which pixels of each line.
            x_tag: the scalar whose values are x, for ``x="scalar"``.
            partition: cut lines where steps go back in a file.
        """
        answer = []
        for run, line, x_line in self._find_lines(tag, runs, x_tag, partition=partition):
            last = line.last
            answer.append(
                RunPixels(
                    run,
                    line.name,
                    pixels(line, request, x_line),
                    *((last.step, last.wall_time, last.value) if last is not None else ()),
                )
            )
        return answer

    def bands(
        self,
        tag: str,
        groups: Sequence[tuple[str, Sequence[str]]],
        request: PixelRequest,
        how: BandRequest,
        x_tag: str | None = None,
    ) -> list[GroupBand]:
        """Return a curve for each group, given as (name, runs), of which any run has the tag."""
        answer = []
        for name, runs in groups:
            members = [Member(*found) for found in self._find_lines(tag, runs, x_tag)]
            if members:
                answer.append(GroupBand(name, band(members, request, how)))
        return answer

    def margins(
        self, tag: str, bounds: tuple[str, str], runs: Sequence[str], request: PixelRequest, x_tag: str | None = None
    ) -> list[RunMargin]:
        """Return the band between two scalars around each line of a tag; lines without both of them are left out."""
        views = {view.name: view for view in self._store.views()}
        answer = []
        for run, line, x_line in self._find_lines(tag, runs, x_tag):
            low, high = (partner_of(line, views[run].series.get((bound, Kind.SCALAR))) for bound in bounds)
            if low is not None and high is not None:
                answer.append(RunMargin(run, line.name, margin(line, (low, high), request, x_line)))
        return answer

    def ranges(
        self, tag: str, runs: Sequence[str], x: str, lo: float, hi: float, x_tag: str | None = None
    ) -> list[RunRange]:
        """Return what each line is like between two places on the x axis, over all its visible points there."""
        return [
            RunRange(run, line.name, range_statistics(line, x, lo, hi, x_line))
            for run, line, x_line in self._find_lines(tag, runs, x_tag)
        ]

    def nearest(
        self,
        tag: str,
        runs: Sequence[str],
        x: str,
        at: float,
        smoothing: Smoothing,
        x_tag: str | None = None,
        *,
        partition: bool = False,
    ) -> list[NearestPoint]:
        """Return each line's exact point nearest to ``at`` on the x axis; lines as in ``pixels``."""
        answer = []
        for run, line, x_line in self._find_lines(tag, runs, x_tag, partition=partition):
            point = nearest(line, x, at, smoothing, x_line)
            if point is not None:
                answer.append(NearestPoint(run=run, line=line.name, **point._asdict()))
        return answer

    def _find_lines(
        self, tag: str, runs: Sequence[str], x_tag: str | None, *, partition: bool = False
    ) -> list[tuple[str, Line, Line | None]]:
        """Return the lines of a tag with, where there is one, the line of the same run that is to be its x."""
        views: dict[str, RunView] = {view.name: view for view in self._store.views()}
        found = []
        for view in (views[run] for run in runs if run in views):
            series = view.series.get((tag, Kind.SCALAR))
            x_series = None if x_tag is None else view.series.get((x_tag, Kind.SCALAR))
            lines = series.lines if series is not None else ()
            for line in lines:
                x_line = partner_of(line, x_series)
                found += [(view.name, part, x_line) for part in (partitions(line) if partition else (line,))]
        return found
