"""Statistics of a range against plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.store.pieces import PIECE
from board.store.statistics import StepValue, range_statistics
from tests.board.store.building import line_of

nan, inf = math.nan, math.inf


@given(
    st.lists(st.tuples(st.integers(-20, 20), st.one_of(st.floats(-9, 9), st.sampled_from([nan, inf]))), min_size=1),
    st.floats(-25, 25),
    st.floats(-25, 25),
)
@settings(max_examples=150, deadline=None)
def test_all_points_in_range_take_part(points: list[tuple[int, float]], lo: float, hi: float) -> None:
    lo, hi = sorted((lo, hi))
    steps, values = zip(*points, strict=True)
    if len(set(steps)) == 1:
        return  # its axis is the ordinal
    found = range_statistics(line_of(steps, values), "step", lo, hi)
    inside = [point for point in sorted(points, key=lambda p: p[0]) if lo <= point[0] <= hi]
    finite = [point for point in inside if math.isfinite(point[1])]
    assert (found.count, found.nonfinite) == (len(inside), len(inside) - len(finite))
    if not finite:
        assert (found.mean, found.least, found.end) == (None, None, None)
        return
    assert found.mean == pytest.approx(sum(y for _, y in finite) / len(finite), abs=1e-9)
    assert found.least == StepValue(*min(finite, key=lambda p: p[1]))
    assert found.greatest == StepValue(*max(finite, key=lambda p: p[1]))
    assert (found.start, found.end) == (StepValue(*finite[0]), StepValue(*finite[-1]))


def test_many_pieces_and_other_axes() -> None:
    n = 3 * PIECE + 17
    values = np.sin(np.arange(n) / 1000.0)
    values[PIECE + 3], values[2 * PIECE] = 5.0, -7.0
    line = line_of(np.arange(n), values, 1e9 + 2.0 * np.arange(n), pieces=5)
    found = range_statistics(line, "relative", 100.0, 2.0 * n)
    assert (found.count, found.least, found.greatest) == (n - 50, StepValue(2 * PIECE, -7.0), StepValue(PIECE + 3, 5.0))
    assert found.mean == pytest.approx(math.fsum(values[50:]) / (n - 50), rel=1e-12)
    other = range_statistics(line, "scalar", -1.5, -0.5, line_of(np.arange(4), [-1.0, 0.0, 1.0, -0.6]))
    assert (other.count, other.start, other.end) == (2, StepValue(0, values[0]), StepValue(3, values[3]))


def test_values_near_the_greatest_float_have_a_mean() -> None:
    found = range_statistics(line_of([0, 1, 2], [1.7e308, 1.7e308, 1.7e308]), "step", 0, 2)
    assert found.mean == pytest.approx(1.7e308)
