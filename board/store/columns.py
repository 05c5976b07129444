"""Append-only columns as lists of chunks: growing never copies, and what was handed out never changes."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIN_ROWS", "Chunk", "Columns"]

MIN_ROWS = 16  # of a second and later chunk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Chunk:
    """One allocation for some rows of all columns. Rows below ``filled`` are never written again."""

    words: Ints  # (columns, capacity); columns of floats are seen through a view
    start: int  # rows in the chunks before it
    filled: int  # rows in it


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of 8-byte words, all of one length, as they stood when this value was made.

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
        room = 0
        if chunks:
            last = chunks[-1]
            if last.start + last.filled == self.count:  # nobody has taken the room behind the last row yet
                room = min(last.words.shape[1] - last.filled, n)
            _fill(last, arrays, 0, room)
        if room < n:
            start = self.count + room
            capacity = max(n - room, MIN_ROWS if chunks else n, start // 4)
            fresh = Chunk(np.empty((self.width, capacity), np.int64), start, 0)
            _fill(fresh, arrays, room, n)
            chunks = (*chunks, fresh)
        return Columns(self.width, chunks, self.count + n)

    def attached(self, words: Ints) -> "Columns":
        """Return these columns with ``words`` (columns, rows) behind them, not copied: never write to it again."""
        return Columns(
            self.width, (*self.chunks, Chunk(words, self.count, words.shape[1])), self.count + words.shape[1]
        )

    def ints(self, column: int, stop: int | None = None) -> list[Ints]:
        """Return the rows below ``stop`` (default: all) of a column of int64, read-only, an array for each chunk."""
        stop = self.count if stop is None else min(stop, self.count)
        parts = []
        for i, chunk in enumerate(self.chunks):
            end = min(stop, self.chunks[i + 1].start if i + 1 < len(self.chunks) else self.count)
            if end <= chunk.start:
                break
            part = chunk.words[column, : end - chunk.start]
            part.flags.writeable = False
            parts.append(part)
        return parts

    def floats(self, column: int, stop: int | None = None) -> list[Floats]:
        """Return the same of a column of float64."""
        return [part.view(np.float64) for part in self.ints(column, stop)]

    def int_at(self, column: int, row: int) -> int:
        """Return one cell of a column of int64."""
        chunk = self._chunk_of(row)
        return int(chunk.words[column, row - chunk.start])

    def float_at(self, column: int, row: int) -> float:
        """Return one cell of a column of float64."""
        chunk = self._chunk_of(row)
        return float(chunk.words[column].view(np.float64)[row - chunk.start])

    def _chunk_of(self, row: int) -> Chunk:
        return self.chunks[bisect_right(self.chunks, row, key=lambda chunk: chunk.start) - 1]


def _fill(chunk: Chunk, arrays: tuple[Ints | Floats, ...], start: int, stop: int) -> None:
    end = chunk.filled + stop - start
    for row, array in zip(chunk.words, arrays, strict=True):
        row[chunk.filled : end] = array[start:stop].view(np.int64)
    chunk.filled = end
