"""Groups of runs with unaligned steps against a plain reference, place by place."""

import math
import statistics
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.errors import BadRequestError
from board.store.bands import Band, BandRequest, Member, band
from board.store.group_statistics import centre_of, spread_of
from board.store.pixels import PixelRequest
from board.store.smoothing import Smoothing
from tests.board.store.building import line_of

nan, inf = math.nan, math.inf
Points = list[tuple[int, float]]
value = st.one_of(st.floats(-100, 100), st.sampled_from([nan, inf, 1.0]))
runs_of_points = st.lists(
    st.dictionaries(st.integers(0, 30), value, min_size=1, max_size=12).map(lambda found: sorted(found.items())),
    min_size=1,
    max_size=6,
)


def at(points: Points, x: float) -> float:
    """A run's value: its own, or on the straight line between the points on both sides; NaN where there is none."""
    own = dict(points)
    if x in own:
        return own[x] if math.isfinite(own[x]) else nan
    for (a, left), (b, right) in pairwise(points):
        if a < x < b:
            return left + (right - left) * (x - a) / (b - a) if math.isfinite(left) and math.isfinite(right) else nan
    return nan


def trimmed(values: list[float]) -> float:
    cut = len(values) // 4
    return statistics.fmean(sorted(values)[cut : len(values) - cut])


CENTRES = {"mean": statistics.fmean, "median": statistics.median, "iqm": trimmed}


def banded(runs: list[Points], request: PixelRequest | None = None, **how: Any) -> Band:
    members = []
    for i, points in enumerate(runs):
        steps, ys = zip(*points, strict=True)
        members.append(Member(f"run{i}", line_of(steps, ys)))
    return band(members, request or PixelRequest(), BandRequest(**how))


@given(runs_of_points, st.sampled_from(sorted(CENTRES)), st.sampled_from(["minmax", "std", "stderr", "none"]))
@settings(max_examples=200, deadline=None)
def test_every_place_holds_what_the_plain_way_gives(runs: list[Points], centre: str, spread: str) -> None:
    found = banded(runs, centre=centre, spread=spread)
    assert found.is_exact
    assert found.x.tolist() == sorted({float(x) for points in runs for x, _ in points})
    assert found.count == found.total == sum(map(len, runs))
    for i, x in enumerate(found.x.tolist()):
        there = [y for points in runs if math.isfinite(y := at(points, x))]
        assert found.runs[i] == len(there)
        if not there:
            assert math.isnan(found.centre[i])
            assert math.isnan(found.low[i])
            continue
        middle = CENTRES[centre](there)
        assert found.centre[i] == pytest.approx(middle, abs=1e-9)
        width = statistics.stdev(there) if len(there) > 1 and spread in ("std", "stderr") else 0.0
        width /= math.sqrt(len(there)) if spread == "stderr" else 1.0
        low, high = (min(there), max(there)) if spread == "minmax" else (middle - width, middle + width)
        assert (found.low[i], found.high[i]) == pytest.approx((low, high), abs=1e-9)


@given(runs_of_points)
@settings(max_examples=100, deadline=None)
def test_a_tick_stands_where_a_run_ends_before_the_others(runs: list[Points]) -> None:
    last = [max((x for x, y in points if math.isfinite(y)), default=None) for points in runs]
    ends = [x for x in last if x is not None]
    found = banded(runs, PixelRequest(width=1000))
    assert found.ends == sorted((float(x), f"run{i}") for i, x in enumerate(last) if x is not None and x < max(ends))


def test_columns_keep_every_extreme_and_count_the_runs() -> None:
    n = 40_000
    rng = np.random.default_rng(5)
    ys = [rng.standard_normal(n), rng.standard_normal(n // 2)]
    ys[0][12_345], ys[1][700] = 50.0, -60.0
    steps = [np.arange(n), np.arange(n // 2) * 2 + 1]
    members = [Member(str(i), line_of(x, y)) for i, (x, y) in enumerate(zip(steps, ys, strict=True))]
    found = band(members, PixelRequest(width=200), BandRequest())
    assert not found.is_exact
    assert len(found.x) == 200
    assert (found.low.min(), found.high.max()) == (-60.0, 50.0)
    assert set(found.runs.tolist()) == {2}
    column = np.minimum((steps[0] / (n - 1) * 200).astype(int), 199)
    own = [ys[0][column == 7].mean(), ys[1][np.minimum((steps[1] / (n - 1) * 200).astype(int), 199) == 7].mean()]
    assert found.centre[7] == pytest.approx(sum(own) / 2)
    assert found.ends == []  # both end within one pixel
    zoomed = band(members, PixelRequest(width=200, lo=12_300, hi=12_400), BandRequest())
    assert zoomed.is_exact
    assert zoomed.high[zoomed.x == 12_345] == 50.0


def test_a_shorter_run_leaves_and_is_told() -> None:
    found = banded([[(i, 1.0) for i in range(100)], [(i, 3.0) for i in range(0, 50, 7)]])
    assert found.runs[:50].tolist() == [2] * 50
    assert found.runs[50:].tolist() == [1] * 50
    assert found.centre[[0, 5, 49, 50]].tolist() == [2.0, 2.0, 2.0, 1.0]
    assert found.ends == [(49.0, "run1")]
    part = banded([[(i, 1.0) for i in range(100)], [(i, 3.0) for i in range(0, 50, 7)]], PixelRequest(lo=60, hi=70))
    assert part.ends == []
    assert part.x.tolist() == [float(x) for x in range(60, 71)]


def test_between_points_beyond_the_range_the_line_goes_on() -> None:
    found = banded([[(0, 0.0), (100, 100.0)], [(40, 0.0), (60, 0.0)]], PixelRequest(lo=30, hi=70))
    assert found.x.tolist() == [40.0, 60.0]
    assert found.centre.tolist() == [20.0, 30.0]


def test_one_step_logged_twice_is_one_place_with_both_values() -> None:
    found = banded([[(0, 1.0), (0, 3.0), (1, 5.0)]])
    assert (found.centre.tolist(), found.low.tolist(), found.high.tolist()) == ([2, 5], [1, 5], [3, 5])


def test_smoothing_comes_before_the_group() -> None:
    points = [(i, float(i % 5)) for i in range(60)]
    found = banded([points, points], PixelRequest(smoothing=Smoothing("ema", 0.9)), spread="std")
    assert np.ptp(found.centre[30:]) < 1.0
    assert np.allclose(found.low, found.high)


def test_the_bootstrap_band_holds_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    values = rng.standard_normal((20, 400)) + 3.0
    low, high = spread_of(values, values, values, "mean", "bootstrap")
    covered = float(((low <= 3.0) & (high >= 3.0)).mean())
    assert 0.87 <= covered <= 0.98  # the percentile interval of 20 is a little narrow
    stderr = values.std(axis=0, ddof=1) / math.sqrt(20)
    assert np.median((high - low) / (2 * 1.96 * stderr)) == pytest.approx(0.97, abs=0.06)
    assert np.array_equal(low, spread_of(values, values, values, "mean", "bootstrap")[0])  # nothing flickers
    for centre in ("median", "iqm"):
        low, high = spread_of(values, values, values, centre, "bootstrap")
        assert (low <= centre_of(values, centre)).all()
        assert (centre_of(values, centre) <= high).all()


def test_a_place_without_any_run_is_a_gap() -> None:
    values = np.array([[1.0, nan, nan], [3.0, 5.0, nan]])
    assert np.array_equal(centre_of(values, "median"), [2.0, 5.0, nan], equal_nan=True)
    for spread in ("minmax", "std", "stderr", "bootstrap", "none"):
        low, high = spread_of(values, values, values, "median", spread)
        assert (low[1], high[1]) == (5.0, 5.0)
        assert math.isnan(low[2])
    assert len(banded([[(0, nan)]]).x) == 1
    assert len(band([], PixelRequest(), BandRequest()).x) == 0


def test_values_near_the_greatest_float_do_not_break_it() -> None:
    found = banded([[(0, 1.7e308), (1, 1.0)], [(0, 1.7e308), (1, 3.0)]], spread="std")
    assert found.centre[1] == 2.0


def test_lines_without_steps_stand_apart() -> None:
    alone = banded([[(0, 1.0), (0, 2.0)], [(0, 3.0), (0, 4.0)]])
    assert (alone.axis, alone.x.tolist(), alone.centre.tolist()) == ("ordinal", [0.0, 1.0], [2.0, 3.0])
    mixed = banded([[(0, 1.0), (0, 2.0)], [(0, 3.0), (5, 4.0)]])
    assert (mixed.axis, mixed.members) == ("step", 1)


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(BadRequestError):
        BandRequest(centre="mode")
    with pytest.raises(BadRequestError):
        BandRequest(spread="iqr")
