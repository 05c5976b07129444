"""A line whose steps go back within a file, cut there: TensorBoard's "partition non-monotonic X"."""

from dataclasses import dataclass

import numpy as np

from board.store.loops import Ints
from board.store.pieces import StoredColumn
from board.store.series import SCALAR_WIDTH, STEP, Line, Part, Segment

__all__ = ["MOST", "partitions"]

MOST = 200  # lines that one is cut into; one that goes back more often stays whole


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    extent: tuple[object, ...]
    lines: tuple[Line, ...]


def partitions(line: Line) -> tuple[Line, ...]:
    """Return the line cut before each point whose step lies below the one before it in the file; superseded ones apart.

    Source: tensorboard/webapp/metrics/views/card_renderer/utils.ts, ``partitionSeries``. Lines that were cut are
    named "part 1", "part 2" ... behind their own name.
    """
    segments = [segment for segment in line.segments if segment.visible]
    if all(segment.part.steps_rise for segment in segments):
        return (line,)
    recent = line.series.recent
    key = ("partitions", *(segment.part.token for segment in segments))
    extent = tuple((segment.part.count, segment.cut) for segment in segments)
    held = recent.find(key)
    if isinstance(held, _Cut) and held.extent == extent:
        return held.lines
    pieces = [words for segment in segments for words in _pieces(segment)]
    lines = tuple(
        Line(line.series, f"{line.name} part {i + 1}".strip(), [Segment(_part(segments[0].part, words), None)])
        for i, words in enumerate(pieces)
    )
    found = _Cut(extent, lines if len(lines) <= MOST else (line,))
    recent.keep(key, found, 24 * sum(words.shape[1] for words in pieces))
    return found.lines


def _pieces(segment: Segment) -> list[Ints]:
    columns, count = segment.part.columns, segment.part.count
    shown = np.flatnonzero(~segment.superseded)
    words = np.array([StoredColumn([columns], index, np.int64, [count]).rows()[shown] for index in range(SCALAR_WIDTH)])
    falls = np.flatnonzero(words[STEP, 1:] < words[STEP, :-1]) + 1
    return [np.ascontiguousarray(piece) for piece in np.split(words, falls, axis=1)]


def _part(like: Part, words: Ints) -> Part:
    return Part.begun(like.file, like.session, words, salvaged=False, is_own=True)
