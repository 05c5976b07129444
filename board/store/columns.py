"""Append-only columns as lists of chunks: growing never copies, and what was handed out never changes."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from board.model import Block

__all__ = ["MIN_ROWS", "Chunk", "Columns"]

MIN_ROWS = 16  # of a second and later chunk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Chunk:
    """Some rows of all columns: one allocation, or a block on disk. Rows below ``filled`` are never written again."""

    words: Ints | Block  # words[column]; an allocation is (columns, capacity), and shows floats through a view
    start: int  # rows in the chunks before it
    filled: int  # rows in it

    @property
    def room(self) -> int:
        """Rows that may yet be written."""
        return self.words.shape[1] - self.filled if isinstance(self.words, np.ndarray) else 0


@dataclass(slots=True, eq=False)
class Columns:
    """Columns of 8-byte words, all of one length, as they stood when this value was made.

    Immutable, but not ``frozen``: that would make one twice as dear, and a commit makes one for each series that grew.
    ``appended`` gives the longer value; both share all memory, because the new rows lie behind the last row that
    the shorter one may see. Any thread may read any value at any time. One thread at a time may append
    (``Store.commit`` sees to that); behind an older value it takes a chunk of its own, so that nothing is overwritten.
    """

    width: int  # columns
    chunks: tuple[Chunk, ...] = ()
    count: int = 0  # rows

    def appended(self, *arrays: Ints | Floats) -> "Columns":
        """Return these columns with the rows of the arrays (int64 or float64, one a column) behind them.

        A new chunk has room for a quarter of all rows before it, so that at most a fifth of the memory is unused;
        of a large chunk the system keeps no pages for what is unused.

        Raises:
            ValueError: the arrays do not fit the columns.
        """
        n = len(arrays[0]) if arrays else 0
        if len(arrays) != self.width or any(len(array) != n or array.dtype.itemsize != 8 for array in arrays):
            raise ValueError(f"{self.width} arrays of 8-byte words and one length are needed")
        if n == 0:
            return self
        chunks = self.chunks
        if not chunks:
            return self.attached(np.array([array.view(np.int64) for array in arrays]))
        room = 0
        last = chunks[-1]
        if last.start + last.filled == self.count:  # nobody has taken the room behind the last row yet
            room = min(last.room, n)
        if room:
            _fill(last, arrays, 0, room)
        if room < n:
            start = self.count + room
            capacity = max(n - room, MIN_ROWS, start // 4)
            fresh = Chunk(np.empty((self.width, capacity), np.int64), start, 0)
            _fill(fresh, arrays, room, n)
            chunks = (*chunks, fresh)
        return Columns(self.width, chunks, self.count + n)

    def attached(self, words: Ints) -> "Columns":
        """Return these columns with ``words`` (columns, rows) behind them, not copied: never write to it again."""
        rows = words.shape[1]
        return Columns(self.width, (*self.chunks, Chunk(words, self.count, rows)), self.count + rows)

    @classmethod
    def stored(cls, width: int, blocks: Iterable[Block]) -> "Columns":
        """Return columns whose rows lie in blocks on disk."""
        chunks = []
        count = 0
        for block in blocks:
            chunks.append(Chunk(block, count, block.rows))
            count += block.rows
        return cls(width, tuple(chunks), count)

    @property
    def is_stored(self) -> bool:
        """Whether rows lie in blocks on disk."""
        return bool(self.chunks) and not isinstance(self.chunks[0].words, np.ndarray)

    @property
    def own_bytes(self) -> int:
        """Memory that the rows take; blocks on disk take none."""
        return sum(8 * self.width * chunk.filled for chunk in self.chunks if isinstance(chunk.words, np.ndarray))

    def ints(self, column: int, stop: int | None = None) -> list[Ints]:
        """Return the rows below ``stop`` (default: all) of a column of int64, read-only, an array for each chunk."""
        stop = self.count if stop is None else min(stop, self.count)
        parts = []
        for i, chunk in enumerate(self.chunks):
            end = min(stop, self.chunks[i + 1].start if i + 1 < len(self.chunks) else self.count)
            if end <= chunk.start:
                break
            part = chunk.words[column][: end - chunk.start]
            part.flags.writeable = False
            parts.append(part)
        return parts

    def floats(self, column: int, stop: int | None = None) -> list[Floats]:
        """Return the same of a column of float64."""
        return [part.view(np.float64) for part in self.ints(column, stop)]

    def copied(self, start: int, stop: int) -> Ints:
        """Return rows ``start`` to ``stop`` of all columns in memory of their own, (columns, rows)."""
        out = np.empty((self.width, stop - start), np.int64)
        first = bisect_right(self.chunks, start, key=lambda chunk: chunk.start) - 1
        for chunk in self.chunks[max(first, 0) :]:
            low, high = max(start - chunk.start, 0), min(stop - chunk.start, chunk.filled)
            if high <= low:
                break
            for column in range(self.width):
                out[column, chunk.start + low - start : chunk.start + high - start] = chunk.words[column][low:high]
        return out

    def int_at(self, column: int, row: int) -> int:
        """Return one cell of a column of int64."""
        chunk = self._chunk_of(row)
        return int(chunk.words[column][row - chunk.start])

    def float_at(self, column: int, row: int) -> float:
        """Return one cell of a column of float64."""
        chunk = self._chunk_of(row)
        return float(chunk.words[column].view(np.float64)[row - chunk.start])

    def _chunk_of(self, row: int) -> Chunk:
        return self.chunks[bisect_right(self.chunks, row, key=lambda chunk: chunk.start) - 1]


def _fill(chunk: Chunk, arrays: tuple[Ints | Floats, ...], start: int, stop: int) -> None:
    end = chunk.filled + stop - start
    for column, array in enumerate(arrays):
        chunk.words[column][chunk.filled : end] = array[start:stop].view(np.int64)
    chunk.filled = end
