"""One column of a line: whoever reads some rows touches the chunks that have them, and no others."""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from board.store.columns import Columns
from board.store.loops import Ints

__all__ = ["BATCH", "PIECE", "Column", "FloatColumn", "IntColumn", "Ordinals", "StoredColumn", "column_of"]

PIECE = 1 << 16  # rows that are read at a time: they stay in the processor's cache while several loops go over them

BATCH = 1 << 19  # rows that are handed over at a time, whatever pieces they lie in

_start_of = attrgetter("start")

T = TypeVar("T", np.float64, np.int64)


class Column(ABC, Generic[T]):
    """Some rows of one type, read piece by piece. Immutable."""

    least_share: float = 1 << 20  # rows for which a thread of its own pays; inf: each row takes those before it

    def __init__(self, count: int, none: NDArray[T]) -> None:
        """Have so many rows; ``none`` are no rows of its type."""
        self.count = count
        self._none: NDArray[T] = none

    @abstractmethod
    def piece_at(self, row: int) -> tuple[int, NDArray[T]]:
        """Return rows that lie together, ``row`` among them, read-only; and which is the first of them."""

    def pieces(self, first: int = 0, stop: int | None = None) -> Iterator[tuple[int, NDArray[T]]]:
        """Yield rows first to stop as (first of them, at most ``PIECE`` of them)."""
        stop = self.count if stop is None else stop
        while first < stop:
            start, values = self.piece_at(first)
            low = first - start
            values = values[low : min(stop - start, low + PIECE)]
            yield first, values
            first += len(values)

    def batches(self, first: int, stop: int) -> Iterator[tuple[int, list[NDArray[T]]]]:
        """Yield the same as (first of them, about ``BATCH`` of them, one piece behind the other)."""
        found: list[NDArray[T]] = []
        row, count = first, 0
        for _, values in self.pieces(first, stop):
            found.append(values)
            count += len(values)
            if count >= BATCH:
                yield row, found
                row, count, found = row + count, 0, []
        if found:
            yield row, found

    def rows(self, first: int = 0, stop: int | None = None) -> NDArray[T]:
        """Return rows first to stop (default: all) as one array, a copy only where they do not lie together."""
        stop = self.count if stop is None else stop
        found = []
        while first < stop:
            start, values = self.piece_at(first)
            found.append(values[first - start : stop - start])
            first = start + len(values)
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else self._none

    def gathered(self, rows: Ints) -> NDArray[T]:
        """Return the values of some rising rows."""
        numbers = rows.tolist()
        found = []
        done = 0
        while done < len(numbers):
            start, values = self.piece_at(numbers[done])
            stop = bisect_left(numbers, start + len(values), done)
            found.append(values[rows[done:stop] - start])
            done = stop
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else self._none

    def sampled(self, first: int, stop: int, stride: int) -> NDArray[T]:
        """Return every ``stride``-th row from first to stop."""
        found = []
        while first < stop:
            start, values = self.piece_at(first)
            found.append(values[first - start : stop - start : stride])
            first += len(found[-1]) * stride
        return np.concatenate(found) if found else self._none

    def bisected(self, below: Callable[[NDArray[T]], int]) -> int:
        """Return how many rows come first of a column where those come first of which ``below`` counts some."""
        low, high = 0, self.count
        while low < high:
            start, values = self.piece_at((low + high) // 2)
            found = below(values)
            if 0 < found < len(values):
                return start + found
            low, high = (start + len(values), high) if found else (low, start)
        return low

    def at(self, row: int) -> T:
        """Return one value."""
        start, values = self.piece_at(row)
        value: T = values[row - start]
        return value


FloatColumn = Column[np.float64]
IntColumn = Column[np.int64]


class StoredColumn(Column[T]):
    """One column of several ``Columns``, the one's rows behind the other's; what is theirs is not copied."""

    def __init__(self, columns: Sequence[Columns], index: int, dtype: type[T], counts: Sequence[int]) -> None:
        """Take the first ``counts`` rows of column ``index`` of each."""
        super().__init__(sum(counts), np.empty(0, dtype))
        self._columns = columns
        self._index = index
        self._dtype: type[T] = dtype
        self._starts = [0]  # row of each one's first
        for count in counts:
            self._starts.append(self._starts[-1] + count)

    def piece_at(self, row: int) -> tuple[int, NDArray[T]]:
        """Return the rows of one chunk."""
        which = bisect_right(self._starts, row) - 1
        before, stop = self._starts[which], self._starts[which + 1]
        columns = self._columns[which]
        at = bisect_right(columns.chunks, row - before, key=_start_of)
        chunk = columns.chunks[at - 1]
        end = columns.chunks[at].start if at < len(columns.chunks) else columns.count
        words = chunk.words[self._index][: min(end, stop - before) - chunk.start]
        return before + chunk.start, words.view(self._dtype)


class Ordinals(IntColumn):
    """0, 1, 2 ..."""

    def __init__(self, count: int) -> None:
        """Count up to it."""
        super().__init__(count, np.empty(0, np.int64))

    def piece_at(self, row: int) -> tuple[int, Ints]:
        """Return some ordinals, made for the moment."""
        start = row // PIECE * PIECE
        return start, np.arange(start, min(start + PIECE, self.count))


def column_of(values: NDArray[T]) -> Column[T]:
    """Return an array as a column."""
    words = values.view(np.int64)[np.newaxis]
    return StoredColumn([Columns(1).attached(words)], 0, values.dtype.type, [len(values)])
