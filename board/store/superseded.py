"""Which points a later session hides, and which files of a run are drawn as one line.

A later session hides points of an earlier one only where the earlier one had ended:

(a) A ``SessionLog.START`` (torch's ``purge_step`` writes one) hides points at its step and after: of earlier files
    whose last wall_time is before it, and of the rows before it in its own file.
(b) A later file without any START hides, tag by tag, points at the tag's first step in it and after, where that
    first step is not above the earlier file's last, and the earlier file has no event after the later one's first.

Nothing else hides anything. Files of which one had ended when the other began are one line; others are drawn apart.
All of it follows from what the files say, not from the order in which they were read.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import inf, nextafter
from operator import neg
from typing import NamedTuple

from board.model import FileId

__all__ = ["NO_SESSIONS", "FileLife", "Placed", "Sessions", "SpanOfSession"]


class FileLife(NamedTuple):
    """What decides about an event file: when it was written, and where its sessions start."""

    file: FileId
    first: float | None  # wall_time of its first event, seconds since the epoch
    last: float | None  # greatest finite wall_time
    starts: tuple[tuple[int, float], ...] = ()  # (step, wall_time) of each START, in file order


class SpanOfSession(NamedTuple):
    """The points of one tag in one session of a file: session n has the rows behind n STARTs."""

    file: FileId
    session: int
    first_step: int  # of its first row
    last_step: int  # of its last row


class Placed(NamedTuple):
    """One session's place in the drawing."""

    span: int  # index of the SpanOfSession
    cut: int | None  # points at this step and after are superseded; None: none are


class _LaterStarts:
    """The STARTs of many files. Kept are those that no later one with as low a step outdoes: both columns rise."""

    __slots__ = ("_steps", "_walls")

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._walls: list[float] = []

    def add(self, step: int, wall_time: float) -> None:
        """Take one in; one whose wall_time is not a number is after nothing."""
        at = bisect_right(self._walls, wall_time)
        if wall_time != wall_time or (at < len(self._steps) and self._steps[at] <= step):
            return
        outdone = at
        while outdone and self._steps[outdone - 1] >= step:
            outdone -= 1
        self._steps[outdone:at], self._walls[outdone:at] = [step], [wall_time]

    def lowest_after(self, wall_time: float) -> int | None:
        """Lowest step of the STARTs after that wall_time."""
        at = bisect_right(self._walls, wall_time)
        return self._steps[at] if at < len(self._steps) else None


class _Starts:
    """The STARTs of one file, prepared for the questions asked of them."""

    __slots__ = ("_cuts", "_latest", "walls")

    def __init__(self, starts: Sequence[tuple[int, float]]) -> None:
        self.walls = [wall for _, wall in starts if wall == wall]
        self._cuts = _lowest_from([step for step, _ in starts])
        self._latest = list(accumulate((wall if wall == wall else -inf for _, wall in starts), max, initial=-inf))

    def lowest_behind(self, session: int) -> int | None:
        """Lowest step of the STARTs behind the rows of that session."""
        return self._cuts[session]

    def latest_before(self, session: int) -> float:
        """Greatest wall_time of the STARTs before the rows of that session."""
        return self._latest[session]


class Sessions:
    """All files of a run in start order. Immutable.

    ``signature`` is equal for two values that arrange every series alike, as long as the series' own points are the
    same: so a file that merely goes on growing changes nothing.
    """

    __slots__ = ("_cuts", "_lives", "_rank", "_starts", "signature")

    def __init__(self, lives: Iterable[FileLife]) -> None:
        """Sort the files by first wall_time, then by path; those without any come last."""
        self._lives = sorted(lives, key=lambda life: (life.first is None, life.first or 0.0, life.file))
        if self.has_one:  # of the many runs that are like this there is nothing to find out
            self._rank = {self._lives[0].file: 0}
            self._starts = [_NO_STARTS]
            self._cuts: list[int | None] = [None]
            self.signature: tuple[tuple[object, ...], ...] = ((self._lives[0].file,),)
            return
        self._rank = {life.file: i for i, life in enumerate(self._lives)}
        self._starts = [_Starts(life.starts) if life.starts else _NO_STARTS for life in self._lives]
        self._cuts = [None] * len(self._lives)
        later = _LaterStarts()
        for i in range(len(self._lives) - 1, -1, -1):
            life = self._lives[i]
            if life.last is not None:
                self._cuts[i] = later.lowest_after(life.last)
            for step, wall_time in life.starts:
                later.add(step, wall_time)
        firsts = [life.first for life in self._lives if life.first is not None]
        walls = sorted(wall for starts in self._starts for wall in starts.walls)
        self.signature = tuple(
            (life.file, life.starts)
            + ((None, None) if life.last is None else (bisect_left(firsts, life.last), bisect_right(walls, life.last)))
            for life in self._lives
        )

    @property
    def has_one(self) -> bool:
        """Whether there is one session in all: nothing can be hidden, or be a line of its own."""
        return len(self._lives) == 1 and not self._lives[0].starts

    def arranged(self, spans: Sequence[SpanOfSession]) -> list[list[Placed]]:
        """Return the lines of a series, each as its sessions in order, the earliest line first.

        Args:
            spans: the series' sessions that have points, in any order.
        """
        files: list[tuple[int, list[int]]] = []  # rank, indices of spans
        for i in sorted(range(len(spans)), key=lambda i: (self._rank[spans[i].file], spans[i].session)):
            rank = self._rank[spans[i].file]
            if files and files[-1][0] == rank:
                files[-1][1].append(i)
            else:
                files.append((rank, [i]))
        cuts = self._cuts_by_tag([(rank, spans[own[0]].first_step, spans[own[-1]].last_step) for rank, own in files])
        lines: list[list[Placed]] = []
        ends: list[float] = []  # of each line, wall_time
        least: list[float] = []  # the least end of each line and those before it: it never rises
        for (rank, own), cut in zip(files, cuts, strict=True):
            life, starts = self._lives[rank], self._starts[rank]
            hidden = [Placed(i, _lowest([cut, starts.lowest_behind(spans[i].session)])) for i in own]
            began = starts.latest_before(spans[own[0]].session)
            end = inf if life.last is None else life.last
            until = max(-inf if life.first is None else life.first, nextafter(began, -inf))
            line = bisect_left(least, -until, key=neg)  # the first that had ended
            if line == len(lines):
                lines.append([])
                ends.append(-inf)
                least.append(inf)
            lines[line] += hidden
            ends[line] = max(ends[line], end)
            for i in range(line, len(lines)):
                known, least[i] = least[i], min(least[i - 1], ends[i]) if i else ends[i]
                if known == least[i]:
                    break
        return lines

    def _cuts_by_tag(self, files: Sequence[tuple[int, int, int]]) -> list[int | None]:
        """Return what later files hide of each file's points, by START or by their own first step.

        Args:
            files: (rank, first step, last step) of each, in start order.
        """
        walls: list[float] = []
        firsts: list[int | None] = []
        for rank, first_step, _ in files:
            first = self._lives[rank].first
            if first is not None:  # those without come last
                walls.append(first)
                firsts.append(None if self._lives[rank].starts else first_step)
        lowest = _lowest_from(firsts)
        cuts: list[int | None] = []
        for i, (rank, _, last_step) in enumerate(files):
            by_step = None
            last = self._lives[rank].last
            if last is not None and i < len(walls):
                by_step = lowest[max(i + 1, bisect_left(walls, last))]
            cuts.append(_lowest([self._cuts[rank], None if by_step is None or by_step > last_step else by_step]))
        return cuts


def _lowest(steps: Iterable[int | None]) -> int | None:
    return min((step for step in steps if step is not None), default=None)


def _lowest_from(steps: Sequence[int | None]) -> list[int | None]:
    """Return the lowest of all steps from each place on; one more place than steps."""
    found: list[int | None] = [None] * (len(steps) + 1)
    for i in range(len(steps) - 1, -1, -1):
        found[i] = _lowest([steps[i], found[i + 1]])
    return found


_NO_STARTS = _Starts(())
NO_SESSIONS = Sessions(())
