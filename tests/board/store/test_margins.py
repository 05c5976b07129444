"""Bands between two scalars: joined step by step, none of their width lost between the pixels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.store.margins import margin
from board.store.pixels import PixelRequest
from board.store.smoothing import Smoothing
from tests.board.store.building import line_of

Points = dict[int, float]
value = st.one_of(st.floats(-50, 50), st.sampled_from([math.nan, math.inf]))
points = st.dictionaries(st.integers(0, 60), value, min_size=1, max_size=40)


def line(found: Points):  # type: ignore[no-untyped-def]
    steps = sorted(found)
    return line_of(steps, [found[step] for step in steps])


def finite(v: float) -> float:
    return v if math.isfinite(v) else math.nan


@given(points, points, points)
def test_a_band_has_every_step_that_all_three_have(own: Points, low: Points, high: Points) -> None:
    found = margin(line(own), (line(low), line(high)), PixelRequest(width=400))
    steps = sorted(own.keys() & low.keys() & high.keys())
    assert (found.joined, found.left_out) == (len(steps), len(own) - len(steps))
    if len(own) == 1:
        return  # its axis is the order of the points
    assert found.is_exact
    assert found.x.tolist() == steps
    assert np.array_equal(found.low, [finite(low[step]) for step in steps], equal_nan=True)
    assert np.array_equal(found.high, [finite(high[step]) for step in steps], equal_nan=True)


@settings(max_examples=50)
@given(st.integers(50, 400), st.integers(2, 20), st.integers(0, 2**32 - 1))
def test_of_a_pixel_column_the_lowest_and_the_highest_bound_are_kept(count: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps, low, high = np.arange(count), rng.normal(-1, 1, count), rng.normal(1, 1, count)
    low[rng.random(count) < 0.1] = np.nan
    band = margin(line_of(steps, steps), (line_of(steps, low), line_of(steps, high)), PixelRequest(width=width))
    assert band.is_exact == (count <= 2 * width)
    if band.is_exact:
        return
    assert len(band.x) == width
    columns = np.minimum((steps / (count - 1) * width).astype(int), width - 1)
    for column in range(width):
        own = low[columns == column]
        assert band.high[column] == high[columns == column].max()
        assert band.low[column] == np.nanmin(own) if np.isfinite(own).any() else math.isnan(band.low[column])


def test_a_range_has_one_step_more_on_each_side_and_bounds_are_smoothed_as_the_line_is() -> None:
    steps = np.arange(100)
    lines = [line_of(steps, steps + shift) for shift in (0.0, -1.0, 1.0)]
    band = margin(lines[0], (lines[1], lines[2]), PixelRequest(lo=10, hi=20, width=100))
    assert (band.x[0], band.x[-1], band.joined) == (9, 21, 100)
    smooth = margin(lines[0], (lines[1], lines[2]), PixelRequest(width=100, smoothing=Smoothing("ema", 0.9)))
    assert smooth.high - smooth.low == pytest.approx(2.0)
    assert smooth.low[-1] < steps[-1] - 2
