"""Lines cut where steps go back, as TensorBoard's partitionSeries cuts them."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from board.store.drawn import drawn
from board.store.partitions import MOST, partitions
from board.store.pixels import PixelRequest, pixels
from tests.board.store.building import line_of


def partition_series(steps: list[int]) -> list[list[int]]:
    """Rows of each partition (card_renderer/utils.ts)."""
    found = [[0]]
    for row, (before, here) in enumerate(pairwise(steps)):
        if here < before:
            found.append([])
        found[-1].append(row + 1)
    return found


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_each_fall_begins_a_line(steps: list[int]) -> None:
    values = np.arange(len(steps)) / 2.0
    line = line_of(steps, values)
    lines = partitions(line)
    expected = partition_series(steps)
    assert [part.value.tolist() for part in lines] == [values[rows].tolist() for rows in expected]
    assert [part.name for part in lines] == ([f"part {i + 1}" for i in range(len(lines))] if len(lines) > 1 else [""])
    assert all((np.diff(pixels(part, PixelRequest()).x) >= 0).all() for part in lines)


def test_without_it_the_line_is_drawn_by_rising_step() -> None:
    line = line_of([0, 1, 2, 1, 2, 3], [0.0, 1, 2, 3, 4, 5])
    assert pixels(line, PixelRequest()).x.tolist() == [0, 1, 1, 2, 2, 3]


def test_they_are_kept_until_the_line_grows_and_one_that_saws_stays_whole() -> None:
    line = line_of([0, 1, 0, 1], [1.0, 2, 3, 4])
    first = partitions(line)
    assert partitions(line)[1] is first[1]
    assert drawn(first[0]).count == 2
    saw = line_of([0, 1] * (MOST + 1), np.arange(2.0 * (MOST + 1)))
    assert partitions(saw) == (saw,)
