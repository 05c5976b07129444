"""Another scalar as x: partners by step against plain dictionaries, and paths that hide nothing."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.store.drawn import drawn
from board.store.pixels import PixelRequest, nearest, pixels
from board.store.scalar_axis import paired, partner_of
from board.store.series import Line
from board.store.smoothing import Smoothing
from tests.board.store.building import file_rows, line_of, series_of

nan, inf = math.nan, math.inf
values = st.one_of(st.floats(-50, 50), st.sampled_from([nan, inf, -inf, 1.0, 2.0]))
points = st.lists(st.tuples(st.integers(0, 12), values), min_size=1, max_size=60)


def partners(own: list[tuple[int, float]], others: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """(x, y) of each point with a partner, step by step, in the plainest way."""
    by_step: dict[int, list[float]] = defaultdict(list)
    for step, x in sorted(others, key=lambda point: point[0]):
        by_step[step].append(x)
    seen: dict[int, int] = defaultdict(int)
    found = []
    for step, y in sorted(own, key=lambda point: point[0]):
        ordinal, xs = seen[step], by_step[step]
        seen[step] += 1
        x = xs[0] if len(xs) == 1 else xs[ordinal] if ordinal < len(xs) else nan
        if math.isfinite(x):
            found.append((x, y))
    return found


def line_from(rows: list[tuple[int, float]]) -> Line:
    steps, ys = zip(*rows, strict=True)
    return line_of(steps, ys)


def by_scalar(own: Any, others: Any, **more: Any) -> Any:
    return pixels(line_from(own), PixelRequest(x="scalar", **more), line_from(others))


@given(points, points)
@settings(max_examples=150, deadline=None)
def test_partners_are_those_of_the_same_step(own: list[tuple[int, float]], others: list[tuple[int, float]]) -> None:
    expected = partners(own, others)
    found = by_scalar(own, others, width=200)
    assert found.axis == "scalar"
    assert (found.total, found.unplaced) == (len(expected), len(own) - len(expected))
    assert found.rises == (expected == sorted(expected, key=lambda point: point[0]))
    assert found.x.tolist() == [x for x, _ in expected]  # few enough that all are drawn, in the order of steps
    shown = [y if math.isfinite(y) else nan for _, y in expected]
    assert np.array_equal(found.y, shown, equal_nan=True)
    assert sum(mark.count for mark in found.nonfinite) == sum(not math.isfinite(y) for _, y in expected)
    assert found.step is not None
    assert len(found.step) == len(found.x)


@given(points, points, st.floats(-60, 60), st.floats(-60, 60), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_a_path_keeps_the_extremes_of_every_visit(
    own: list[tuple[int, float]], others: list[tuple[int, float]], lo: float, hi: float, width: int
) -> None:
    lo, hi = sorted((lo, hi))
    found = by_scalar(own, others, lo=lo, hi=hi, width=width)
    expected = partners(own, others)
    inside = [(x, y) for x, y in expected if lo <= x <= hi]
    assert found.count == len(inside)
    drawn_points = {(x, y) for x, y in zip(found.x.tolist(), found.y.tolist(), strict=True) if y == y}
    assert drawn_points <= {(x, y) for x, y in expected if math.isfinite(y)}
    column = lambda x: min(int((x - lo) / (hi - lo) * width), width - 1) if hi > lo else 0  # noqa: E731 - two words
    extremes: dict[int, list[float]] = defaultdict(list)
    visits: list[list[tuple[float, float]]] = []
    before: tuple[int, bool] | None = None
    for x, y in expected:
        key = (column(x) if lo <= x <= hi else -1, math.isfinite(y))
        if key[0] >= 0 and key[1]:
            extremes[key[0]].append(y)
            visits = [*visits[:-1], [*visits[-1], (x, y)]] if key == before else [*visits, [(x, y)]]
        before = key
    for which, ys in extremes.items():
        own_ys = [y for x, y in drawn_points if lo <= x <= hi and column(x) == which]
        assert (min(own_ys), max(own_ys)) == (min(ys), max(ys))
    if not found.rises:
        for visit in visits:
            assert {visit[0], visit[-1]} <= drawn_points
    finite = [y for _, y in inside if math.isfinite(y)]
    assert found.y_range == ((min(finite), max(finite)) if finite else None)


def test_a_loop_of_a_million_points_is_a_path_of_few() -> None:
    t = np.linspace(0, 6 * np.pi, 200_000)
    y = np.sin(t)
    y[77_777] = 9.0
    found = pixels(
        line_of(np.arange(len(t)), y), PixelRequest(x="scalar", width=300), line_of(np.arange(len(t)), np.cos(t))
    )
    assert not found.rises
    assert not found.is_exact
    assert len(found.x) <= 16 * 300
    assert found.y.max() == 9.0
    assert found.step is not None
    assert (np.diff(found.step) > 0).all()


def test_a_scribble_is_drawn_by_rising_x_and_loses_no_extreme() -> None:
    random = np.random.default_rng(1)
    x, y = random.standard_normal((2, 50_000))
    y[123], y[456] = 99.0, nan
    found = pixels(line_of(np.arange(50_000), y), PixelRequest(x="scalar", width=100), line_of(np.arange(50_000), x))
    assert found.rises
    assert (np.diff(found.x) >= 0).all()
    assert found.y_range == (np.nanmin(y), 99.0)
    assert [(mark.x, mark.value, mark.count) for mark in found.nonfinite] == [(x[456], "nan", 1)]
    assert found.step is not None
    assert found.step[found.y == 99.0].tolist() == [123]


def test_smoothing_comes_first_and_the_nearest_point_is_exact() -> None:
    steps = np.arange(50)
    line, x_line = line_of(steps, steps % 7), line_of(np.arange(0, 50, 2), 100.0 - steps[::2])
    found = pixels(line, PixelRequest(x="scalar", smoothing=Smoothing("ema", 0.5)), x_line)
    plain = pixels(line, PixelRequest(smoothing=Smoothing("ema", 0.5)))
    assert np.array_equal(found.y, plain.y[::2])
    assert found.unplaced == 25
    point = nearest(line, "scalar", 90.4, Smoothing(), x_line)
    assert point is not None
    assert (point.step, point.x, point.value) == (10, 90.0, 3.0)
    assert nearest(line, "scalar", 90.4, Smoothing(), None) is None


def test_a_run_without_that_scalar_has_no_place() -> None:
    found = pixels(line_of([1, 2], [3, 4]), PixelRequest(x="scalar"))
    assert (found.count, found.total, found.unplaced, found.x_range) == (0, 0, 2, None)
    assert len(found.x) == 0


def test_partners_grow_with_the_line() -> None:
    files = {"f": [file_rows(["x", "t"], [(0, 0.0, 1.0, 0), (0, 0.0, 5.0, 1)])]}
    series, other = series_of(files), series_of(files, "t")
    (line,), (x_line,) = series.lines, other.lines
    assert paired(line, drawn(line), x_line).x.tolist() == [5.0]
    assert paired(line, drawn(line), x_line) is paired(line, drawn(line), x_line)  # held


def test_of_files_written_at_once_each_has_its_own_x() -> None:
    def rows(shift: float) -> Any:
        points = [(step, 100.0 + step, tag * 50 + step + shift, tag) for step in range(3) for tag in (0, 1)]
        return [file_rows(["x", "t"], points)]

    files = {"a": rows(0.0), "b": rows(0.25)}
    series, other = series_of(files), series_of(files, "t")
    assert len(series.lines) == 2
    for line, shift in zip(series.lines, (0.0, 0.25), strict=True):
        x_line = partner_of(line, other)
        assert paired(line, drawn(line), x_line).x.tolist() == [50 + shift, 51 + shift, 52 + shift]
    assert partner_of(series.lines[0], None) is None


@pytest.mark.parametrize("count", [1, 2])
def test_few_points_are_a_path_too(count: int) -> None:
    found = by_scalar([(i, float(i)) for i in range(count)], [(i, float(-i)) for i in range(count)])
    assert found.x.tolist() == [-float(i) for i in range(count)]
