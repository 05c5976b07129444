"""Columns read piece by piece against the arrays that they are made of."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from board.model import FileId, Kind
from board.store.columns import Columns
from board.store.pieces import PIECE, Column, Ordinals, StoredColumn, column_of
from board.store.pixels import PixelRequest, nearest, pixels
from board.store.recent import Recent
from board.store.series import Line, Part, SeriesView
from board.store.smoothing import Smoothing
from board.store.superseded import FileLife, Sessions
from tests.board.store.building import line_of

lengths = st.lists(st.lists(st.integers(1, 7), max_size=5), min_size=1, max_size=4)


def check(column: Column[np.int64], whole: np.ndarray, first: int, stop: int, stride: int) -> None:
    assert column.count == len(whole)
    assert column.rows().tolist() == whole.tolist()
    assert column.rows(first, stop).tolist() == whole[first:stop].tolist()
    pieces = list(column.pieces(first, stop))
    assert [row for row, _ in pieces] == [first + sum(len(p) for _, p in pieces[:i]) for i in range(len(pieces))]
    assert [value for _, values in pieces for value in values.tolist()] == whole[first:stop].tolist()
    assert column.sampled(first, stop, stride).tolist() == whole[first:stop:stride].tolist()
    rows = np.arange(first, stop, stride)
    assert column.gathered(rows).tolist() == whole[rows].tolist()
    for row in rows.tolist():
        assert column.at(row) == whole[row]


@settings(deadline=None)
@given(lengths, st.integers(0, 100), st.integers(0, 100), st.integers(1, 9), st.integers(0, 3))
def test_a_column_of_several_sessions(parts: list[list[int]], a: int, b: int, stride: int, hidden: int) -> None:
    columns, counts, arrays = [], [], []
    at = 0
    for chunks in parts:
        own = Columns(2)
        for rows in chunks:
            words = np.arange(2 * rows).reshape(2, rows) + 100 * at
            own = own.attached(words)
            at += 1
        columns.append(own)
        counts.append(max(own.count - hidden, 0))
        arrays += own.ints(1, counts[-1])
    whole = np.concatenate([*arrays, np.empty(0, np.int64)])
    first, stop = sorted((min(a, len(whole)), min(b, len(whole))))
    check(StoredColumn(columns, 1, np.int64, counts), whole, first, stop, stride)


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5)).map(sorted), st.integers(1, 6), st.integers(-6, 6))
def test_bisected(values: list[int], pieces: int, at: int) -> None:
    columns = Columns(1)
    for part in np.array_split(np.array(values, np.int64), pieces):
        columns = columns.attached(part[np.newaxis])
    column = StoredColumn([columns], 0, np.int64, [len(values)])
    assert column.bisected(lambda some: int(np.searchsorted(some, at))) == sum(value < at for value in values)


def test_ordinals_and_long_arrays_come_in_pieces() -> None:
    n = 2 * PIECE + 7
    for column in (Ordinals(n), column_of(np.arange(n))):
        check(column, np.arange(n), PIECE - 3, n - 1, 1009)
        assert max(len(values) for _, values in column.pieces()) <= PIECE


class Block:
    """Rows of a series on disk; notes which of its columns somebody looked at."""

    def __init__(self, words: np.ndarray, touched: set[tuple[int, int]]) -> None:
        self.rows = words.shape[1]
        self._words = words
        self._touched = touched

    def __getitem__(self, column: int) -> np.ndarray:
        self._touched.add((int(self._words[0, 0]), column))
        return self._words[column]


def line_on_disk(values: np.ndarray, rows: int, touched: set[tuple[int, int]], recent_bytes: int = 1 << 28) -> Line:
    """A line of one file, its steps 0, 1, 2 ..., all of it in blocks."""
    n = len(values)
    words = np.array([np.arange(n), np.arange(float(n)).view(np.int64), values.view(np.int64)])
    columns = Columns.stored(3, [Block(words[:, at : at + rows], touched) for at in range(0, n, rows)])
    file = FileId("f", 0)
    part = Part(file, 0, -1, columns, last_step=n - 1, greatest_step=n - 1)
    sessions = Sessions([FileLife(file, 0.0, float(n))])
    series = SeriesView("run", "x", Kind.SCALAR, parts=(part,), sessions=sessions, recent=Recent(recent_bytes))
    (line,) = series.lines
    return line


def test_a_zoom_touches_the_blocks_that_it_shows_and_few_others() -> None:
    n, rows = 200_000, 100
    values = np.random.default_rng(3).normal(size=n)
    values[123_456] = np.nan
    touched: set[tuple[int, int]] = set()
    line = line_on_disk(values, rows, touched)
    same = line_of(range(n), values)
    for kind in ("step", "wall", "relative", "ordinal"):
        touched.clear()
        request = PixelRequest(x=kind, lo=123_000, hi=124_999, width=100)
        found, wanted = pixels(line, request), pixels(same, request)
        assert str(found.x.tolist()) == str(wanted.x.tolist())
        assert str(found.y.tolist()) == str(wanted.y.tolist())
        assert found.nonfinite == wanted.nonfinite
        assert {at for at, column in touched if column == 2} == set(range(122_900, 125_100, rows))
        assert len(touched) <= 2 * 22 + 4 * 11 + 4  # its rows on two columns, and halvings for both edges
    touched.clear()
    nearest(line, "step", 77_777.2, Smoothing())
    assert len(touched) <= 3 * 11


def test_a_zoom_into_a_smoothed_line_goes_over_no_more_than_it_must() -> None:
    n, rows = 8 * PIECE + 5, 1 << 12
    values = np.random.default_rng(4).normal(size=n)
    touched: set[tuple[int, int]] = set()
    request = PixelRequest(lo=5 * PIECE + 10, hi=5 * PIECE + 9_000, width=100, smoothing=Smoothing("ema", 0.97))
    for recent_bytes in (1 << 28, 1 << 16):  # room for all of it, and for next to nothing
        line = line_on_disk(values, rows, touched, recent_bytes)
        first = pixels(line, request)
        assert str(first.y.tolist()) == str(pixels(line_of(range(n), values), request).y.tolist())
        touched.clear()
        assert str(pixels(line, request).y.tolist()) == str(first.y.tolist())
        assert {at // PIECE for at, column in touched if column == 2 and at} <= {5}
    # A mean over some points looks at those, and at none before them.
    touched.clear()
    pixels(line, PixelRequest(lo=5 * PIECE + 10, hi=5 * PIECE + 9_000, smoothing=Smoothing("mean", 101)))
    assert {at // PIECE for at, column in touched if column == 2 and at} == {4, 5, 6}
