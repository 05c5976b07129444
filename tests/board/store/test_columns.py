import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.store.columns import Columns


def appended(columns: Columns, start: int, stop: int) -> Columns:
    rows = np.arange(start, stop)
    return columns.appended(rows, rows * 0.5)


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=30))
def test_rows_come_back_in_order_and_older_values_keep_theirs(sizes: list[int]) -> None:
    values = [Columns(2)]
    for size in sizes:
        values.append(appended(values[-1], values[-1].count, values[-1].count + size))
    for value, count in zip(values, itertools.accumulate(sizes, initial=0), strict=True):
        assert value.count == count
        assert np.array_equal(np.concatenate([*value.ints(0), []]), np.arange(count))
        assert np.array_equal(np.concatenate([*value.floats(1), []]), np.arange(count) * 0.5)
        assert all(value.int_at(0, row) == row for row in range(0, count, 97))
        assert all(value.float_at(1, row) == row * 0.5 for row in range(0, count, 97))
        assert np.array_equal(np.concatenate([*value.ints(0, count // 2), []]), np.arange(count // 2))


def test_growth_never_copies_and_wastes_at_most_a_fifth() -> None:
    columns = appended(Columns(2), 0, 1)
    for size in [1] * 200 + [1000] * 200:
        longer = appended(columns, columns.count, columns.count + size)
        for old, new in zip(columns.chunks, longer.chunks, strict=False):
            assert old is new
            assert np.shares_memory(old.words, new.words)
        room = sum(chunk.words.shape[1] for chunk in longer.chunks)
        assert room - longer.count <= max(16, longer.count / 4)
        columns = longer
    assert len(columns.chunks) < 60


def test_a_view_taken_before_is_the_same_memory_and_does_not_change() -> None:
    early = appended(Columns(2), 0, 10)
    late = early
    for row in range(10, 14):
        late = appended(late, row, row + 1)
    (view,) = early.ints(0)
    assert view.tolist() == list(range(10))
    assert np.shares_memory(view, late.ints(0)[0])
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


def test_appending_to_an_older_value_overwrites_nothing() -> None:
    early = appended(appended(Columns(2), 0, 3), 3, 4)  # a second chunk with room
    late = appended(early, 4, 7)
    other = appended(appended(early, 100, 102), 102, 103)
    assert np.concatenate(late.ints(0)).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert np.concatenate(other.ints(0)).tolist() == [0, 1, 2, 3, 100, 101, 102]
    assert [other.int_at(0, row) for row in range(7)] == [0, 1, 2, 3, 100, 101, 102]
    assert np.concatenate(early.ints(0)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "arrays",
    [
        (),
        (np.arange(3),),
        (np.arange(3), np.arange(2)),
        (np.arange(3), np.arange(3, dtype=np.int32)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: tuple[np.ndarray, ...]) -> None:
    with pytest.raises(ValueError, match="2 arrays"):
        Columns(2).appended(*arrays)


def test_an_attached_block_is_not_copied_and_more_goes_behind_it() -> None:
    block = np.arange(20).reshape(2, 10)
    columns = Columns(2).attached(block)
    assert np.shares_memory(columns.ints(0)[0], block)
    longer = columns.appended(np.array([10, 11]), np.array([1, 2])).attached(block)
    assert np.concatenate(longer.ints(0)).tolist() == [*range(12), *range(10)]
    assert longer.int_at(1, 21) == 19
