"""What several threads found together is what one would have found."""

import math
import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.store.drawn import drawn
from board.store.loops import LOOPS, Floats
from board.store.pixel_columns import Folded
from board.store.pixels import PixelRequest, pixels
from board.store.plain_series import LEAST, NAN_COUNT
from board.store.shares import in_shares, shares_of
from board.store.smoothing import Smoothing, smoothed
from tests.board.store.building import line_of

odd = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0, 5e-324, 1.7e308, -1.7e308])
values = st.lists(st.one_of(st.floats(-10, 10), odd), max_size=300).map(lambda v: np.array(v, np.float64))


@given(st.integers(0, 1 << 24), st.integers(0, 1 << 26), st.sampled_from([1 << 16, 1 << 20, math.inf]))
def test_shares_are_all_rows_once(first: int, count: int, least: float) -> None:
    shares = shares_of(first, first + count, least, 1 << 16)
    assert len(shares) == 1 or count >= 2 * least
    assert shares[0][0] == first
    assert shares[-1][1] == first + count
    assert all(low <= high for low, high in shares)
    assert all(one[1] == two[0] and one[1] % (1 << 16) == 0 for one, two in pairwise(shares))


def test_the_results_stand_in_order_and_the_first_error_is_raised() -> None:
    shares = [(i, i + 1) for i in range(5)]
    assert in_shares(lambda first, stop: (first, stop), shares) == shares

    def fail(first: int, _: int) -> None:
        if first in (1, 4):
            raise ValueError(first)

    with pytest.raises(ValueError, match=r"^[14]$"):
        in_shares(fail, shares)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("board-share")]


def fold(y: Floats, offset: int, bounds: np.ndarray) -> Folded:
    at, value = np.full((10, len(bounds) - 1), -1, np.int64), np.zeros((2, len(bounds) - 1))
    at[NAN_COUNT:] = 0
    LOOPS.extremes([y], offset, bounds, at, value, np.empty(0), np.zeros(4, np.int64), np.empty((2, 0)))
    value[:, at[LEAST] < 0] = 0.0
    return Folded(at, value)


@settings(deadline=None)
@given(values, st.lists(st.integers(0, 300), min_size=2, max_size=9), st.integers(0, 300))
def test_two_folds_are_one(y: Floats, cuts: list[int], cut: int) -> None:
    bounds = np.sort(np.minimum(cuts, len(y))).astype(np.int64)
    cut = min(cut, len(y))
    whole, found = fold(y, 0, bounds), fold(y[:cut], 0, bounds)
    found.take_in(fold(y[cut:], cut, bounds))
    assert found.at.tolist() == whole.at.tolist()
    assert found.value.tolist() == whole.value.tolist()


def test_millions_of_points_in_several_threads_hide_nothing() -> None:
    count, width = 5_000_000, 100
    y = np.random.default_rng(5).standard_normal(count)
    y[::97] = np.nan
    y[[1_234_567, 1_234_568, 4_999_999]] = 1e6, -1e6, np.inf
    found = pixels(line_of(range(count), y), PixelRequest(width=width))
    finite = np.where(np.isfinite(y), y, np.nan)
    column = (np.arange(count) / (count - 1) * width).astype(np.int64).clip(max=width - 1)
    edges = np.searchsorted(column, np.arange(width))
    lows, highs = np.fmin.reduceat(finite, edges), np.fmax.reduceat(finite, edges)
    assert set(lows.tolist()) | set(highs.tolist()) <= set(found.y.tolist())
    assert found.y_range == (-1e6, 1e6)
    ranked = np.sort(y[np.isfinite(y)])
    last = len(ranked) - 1
    assert found.y_outlier_range == (ranked[-(-last * 5 // 100)], ranked[last * 95 // 100])
    assert sum(mark.count for mark in found.nonfinite) == count - len(ranked)
    assert sum(mark.count for mark in found.nonfinite if mark.value == "+inf") == 1


@pytest.mark.parametrize("smoothing", [Smoothing("gaussian", 20.0), Smoothing("mean", 101), Smoothing("ema", 0.9)])
def test_a_smoothed_line_is_the_same_in_several_threads(smoothing: Smoothing) -> None:
    count = 600_000
    y = np.random.default_rng(6).standard_normal(count).cumsum()
    y[::1001] = np.nan
    line = line_of(range(count), y)
    whole = smoothed(drawn(line), smoothing, line.series.recent).rows()
    found = pixels(line_of(range(count), y), PixelRequest(width=200, smoothing=smoothing))
    assert found.y_range == (np.nanmin(whole), np.nanmax(whole))
    assert set(found.y[np.isfinite(found.y)].tolist()) <= set(whole.tolist())
