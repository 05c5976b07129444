"""Pixels against brute force: what is in the file is on the screen."""

import math
from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.errors import BadRequestError
from board.model import FileId, Kind, Start
from board.store.pixels import MAX_WIDTH, PixelRequest, Pixels, nearest, pixels
from board.store.series import Line
from board.store.smoothing import Smoothing
from board.store.store import Store
from tests.board.store.building import column_rows, file_rows, line_of, series_of, stage_of

nan, inf = math.nan, math.inf

odd = st.sampled_from([nan, inf, -inf])
value_lists = st.lists(st.one_of(st.floats(-100, 100), odd, st.sampled_from([1.0, 2.0])), min_size=1, max_size=120)
step_lists = st.lists(st.integers(-40, 40), min_size=120, max_size=120)


def column_of(x: float, lo: float, hi: float, width: int) -> int:
    return min(int((x - lo) / (hi - lo) * width), width - 1) if hi > lo else 0


def tensorboard_outliers(values: list[float]) -> tuple[float, float] | None:
    """``computeDataSeriesExtent`` of line_chart_internal_utils.ts."""
    ys = sorted(value for value in values if math.isfinite(value))
    if not ys:
        return None
    if len(ys) > 2:
        return ys[math.ceil((len(ys) - 1) * 0.05)], ys[math.floor((len(ys) - 1) * 0.95)]
    return ys[0], ys[-1]


def check(found: Pixels, x: list[float], y: list[float], request: PixelRequest) -> None:
    """Hold pixels without smoothing against all points, sorted by x."""
    lo = x[0] if request.lo is None else request.lo
    hi = x[-1] if request.hi is None else request.hi
    inside = [(a, b) for a, b in zip(x, y, strict=True) if lo <= a <= hi]
    assert found.count == len(inside)
    assert found.total == len(x)
    assert found.x_range == (x[0], x[-1])
    assert found.is_exact == (len(inside) <= 2 * request.width)

    columns: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for a, b in inside:
        columns[column_of(a, lo, hi, request.width)].append((a, b))
    drawn = list(zip(found.x.tolist(), found.y.tolist(), strict=True))
    assert found.x.tolist() == sorted(found.x.tolist())
    assert len(drawn) <= 4 * len(columns) + 4 or found.is_exact
    finite = [point for point in inside if math.isfinite(point[1])]
    assert set(finite[:1] + finite[-1:]) <= set(drawn)  # the value at the end of a curve is its last one
    points = {(a, b) for a, b in zip(x, y, strict=True)}
    gaps = {a for a, b in zip(x, y, strict=True) if not math.isfinite(b)}
    assert all((b == b and (a, b) in points) or (b != b and a in gaps) for a, b in drawn)

    marks = {}
    for column in columns.values():
        finite = [point for point in column if math.isfinite(point[1])]
        if finite:
            least, greatest = min(b for _, b in finite), max(b for _, b in finite)
            own = {b for a, b in drawn if column[0][0] <= a <= column[-1][0]}
            assert {least, greatest} <= own
        for name, is_it in (("nan", lambda b: b != b), ("+inf", lambda b: b == inf), ("-inf", lambda b: b == -inf)):
            places = [a for a, b in column if is_it(b)]
            if places:
                marks[places[0], name] = len(places)
    assert {(mark.x, mark.value): mark.count for mark in found.nonfinite} == marks
    assert len(found.nonfinite) == len(marks)

    finite_values = [b for _, b in inside if math.isfinite(b)]
    assert found.y_range == ((min(finite_values), max(finite_values)) if finite_values else None)
    assert found.y_outlier_range == tensorboard_outliers(finite_values)
    if found.is_exact:
        before = [(a, b) for a, b in zip(x, y, strict=True) if a < lo][-1:]
        after = [(a, b) for a, b in zip(x, y, strict=True) if a > hi][:1]
        wanted = [(a, b if math.isfinite(b) else nan) for a, b in before + inside + after]
        assert str(drawn) == str(wanted)


@settings(max_examples=120, deadline=None)
@given(
    value_lists,
    step_lists,
    st.booleans(),
    st.integers(1, 30),
    st.one_of(st.none(), st.floats(-45, 45)),
    st.one_of(st.none(), st.floats(-45, 45)),
    st.integers(1, 4),
)
def test_every_point_takes_part(
    values: list[float], steps: list[int], is_sorted: bool, width: int, a: float | None, b: float | None, pieces: int
) -> None:
    steps = steps[: len(values)]
    steps = sorted(steps) if is_sorted else steps
    if a is not None and b is not None:
        a, b = min(a, b), max(a, b)
    if (a is not None and b is None and a > max(steps)) or (b is not None and a is None and b < min(steps)):
        return
    order = np.argsort(steps, kind="stable")
    request = PixelRequest(lo=a, hi=b, width=width)
    found = pixels(line_of(steps, values, pieces=pieces), request)
    if len(set(steps)) == 1 and len(steps) > 1:
        assert found.axis == "ordinal"
        return
    assert found.axis == "step"
    assert found.raw_x is found.raw_y is found.superseded_x is None
    check(found, np.array(steps, float)[order].tolist(), np.array(values)[order].tolist(), request)


@settings(max_examples=60, deadline=None)
@given(
    value_lists,
    st.lists(st.one_of(st.floats(-50, 50), odd), min_size=120, max_size=120),
    st.integers(1, 20),
    st.sampled_from(["wall", "relative"]),
)
def test_the_time_axes_sort_by_time_and_leave_out_points_without(
    values: list[float], walls: list[float], width: int, kind: str
) -> None:
    walls = [math.floor(wall * 8) / 8 if math.isfinite(wall) else wall for wall in walls[: len(values)]]
    request = PixelRequest(x=kind, width=width)
    found = pixels(line_of(range(len(values)), values, walls), request)
    assert found.axis == kind
    finite = [wall for wall in walls if math.isfinite(wall)]
    origin = finite[0] if kind == "relative" and finite else 0.0
    placed = sorted(
        [(wall - origin, value) for wall, value in zip(walls, values, strict=True) if math.isfinite(wall)],
        key=lambda point: point[0],
    )
    if not placed:
        assert (found.total, found.count, len(found.x), found.x_range) == (0, 0, 0, None)
        return
    check(found, [a for a, _ in placed], [b for _, b in placed], request)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.floats(-9, 9), st.just(nan)), min_size=30, max_size=150), st.integers(1, 12))
def test_a_gap_stands_between_columns_where_something_there_is_not_finite(values: list[float], width: int) -> None:
    found = pixels(line_of(range(len(values)), values), PixelRequest(width=width))
    if found.is_exact:
        return
    columns: dict[int, list[int]] = defaultdict(list)
    for row, value in enumerate(values):
        if math.isfinite(value):
            columns[column_of(row, 0, len(values) - 1, width)].append(row)
    own = [columns[k] for k in sorted(columns)]
    for left, right in pairwise(own):
        is_broken = any(not math.isfinite(value) for value in values[left[-1] : right[0]])
        between = found.y[(found.x > left[-1]) & (found.x < right[0])]
        assert np.isnan(between).any() == is_broken
        assert np.isnan(between).all()


@pytest.mark.parametrize("smoothing", [Smoothing(), Smoothing("ema", 0.9), Smoothing("mean", 5)])
def test_a_spike_of_one_step_is_seen_at_every_zoom_and_width(smoothing: Smoothing) -> None:
    n = 20_000
    dice = np.random.default_rng(5)
    values = dice.normal(size=n)
    at = 12_345
    values[at], values[at + 1] = 1e6, -1e6  # two neighbours, opposite
    values[at + 500] = nan
    line = line_of(range(n), values, pieces=7)
    for width in (1, 2, 3, 10, 77, 600, 1999, 10_000):
        for lo, hi in ((None, None), (at, at + 1), (at - 3, at + 700), (100, n - 100), (12_000.5, 13_000.25)):
            found = pixels(line, PixelRequest(lo=lo, hi=hi, width=width, smoothing=smoothing))
            x, y = (found.x, found.y) if found.raw_x is None else (found.raw_x, found.raw_y)
            assert y is not None
            assert x[np.nanargmax(y)] == at
            assert x[np.nanargmin(y)] == at + 1
            is_inside = hi is None or hi >= at + 500
            assert [(m.x, m.value, m.count) for m in found.nonfinite] == [(at + 500, "nan", 1)] * is_inside


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize("dirt", [0.0, 0.01, 0.9])
def test_many_points_in_few_columns(pieces: int, dirt: float) -> None:
    n = 150_000
    dice = np.random.default_rng(11)
    values = dice.normal(size=n).cumsum()
    where = np.flatnonzero(dice.random(n) < dirt)
    values[where] = dice.choice([nan, inf, -inf], len(where))
    steps = dice.integers(0, 3, n).cumsum()  # many of them are equal
    line = line_of(steps, values, pieces=pieces)
    for lo, hi in ((None, None), (float(steps[10_000]), float(steps[140_000])), (float(steps[70_000]), None)):
        for width in (1, 13, 1000):
            found = pixels(line, PixelRequest(lo=lo, hi=hi, width=width))
            left, right = steps[0] if lo is None else lo, steps[-1] if hi is None else hi
            inside = (steps >= left) & (steps <= right)
            x, y = steps[inside], values[inside]
            at = np.minimum((x - left) / (right - left) * width, width - 1).astype(int)
            finite = np.isfinite(y)
            least, greatest = np.full(width, inf), np.full(width, -inf)
            np.minimum.at(least, at[finite], y[finite])
            np.maximum.at(greatest, at[finite], y[finite])
            drawn_at = np.minimum((found.x - left) / (right - left) * width, width - 1)
            shown = (found.x >= left) & (found.x <= right) & np.isfinite(found.y)
            found_least, found_greatest = np.full(width, inf), np.full(width, -inf)
            np.minimum.at(found_least, drawn_at[shown].astype(int), found.y[shown])
            np.maximum.at(found_greatest, drawn_at[shown].astype(int), found.y[shown])
            assert np.array_equal(found_least, least)
            assert np.array_equal(found_greatest, greatest)
            assert found.count == len(x)
            for name, is_it in (("nan", np.isnan(y)), ("+inf", np.isposinf(y)), ("-inf", np.isneginf(y))):
                marks = [(mark.x, mark.count) for mark in found.nonfinite if mark.value == name]
                columns, first = np.unique(at[is_it], return_index=True)
                assert marks == list(
                    zip(
                        x[is_it][first].tolist(), np.bincount(at[is_it], minlength=width)[columns].tolist(), strict=True
                    )
                )
            assert found.y_outlier_range == tensorboard_outliers(y.tolist())


def test_smoothing_runs_over_the_whole_line_before_the_zoom() -> None:
    values = np.random.default_rng(6).normal(size=5000)
    line = line_of(range(5000), values)
    smoothing = Smoothing("ema", 0.95)
    whole = pixels(line, PixelRequest(width=5000, smoothing=smoothing))
    part = pixels(line, PixelRequest(lo=2000, hi=2100, width=600, smoothing=smoothing))
    assert part.x.tolist() == list(range(1999, 2102))
    assert part.y.tolist() == whole.y[1999:2102].tolist()
    assert part.raw_y is not None
    assert part.raw_y.tolist() == values[1999:2102].tolist()
    assert part.y_outlier_range == tensorboard_outliers(whole.y[2000:2101].tolist())
    assert part.y_range == (whole.y[2000:2101].min(), whole.y[2000:2101].max())
    coarse = pixels(line, PixelRequest(width=50, smoothing=smoothing))
    assert set(coarse.y.tolist()) <= set(whole.y.tolist())
    assert coarse.y_outlier_range == tensorboard_outliers(whole.y.tolist())


def test_a_range_between_two_points_gives_both_so_that_the_line_crosses_it() -> None:
    found = pixels(line_of([0, 10], [1.0, 2.0]), PixelRequest(lo=3, hi=4))
    assert (found.x.tolist(), found.count, found.total, found.y_range) == ([0.0, 10.0], 0, 2, None)


def test_a_range_beside_the_line_gives_the_nearest_point() -> None:
    line = line_of(range(10), range(10))
    assert pixels(line, PixelRequest(lo=20, hi=30)).x.tolist() == [9.0]
    assert pixels(line, PixelRequest(lo=-20, hi=-10)).x.tolist() == [0.0]
    assert pixels(line, PixelRequest(lo=20)).count == 0
    assert pixels(line, PixelRequest(hi=-1)).count == 0


def test_one_point() -> None:
    found = pixels(line_of([7], [3.0]), PixelRequest())
    assert (found.axis, found.x.tolist(), found.y.tolist(), found.x_range) == ("step", [7.0], [3.0], (7.0, 7.0))


def test_points_of_one_step_are_drawn_over_their_ordinals() -> None:
    line = line_of([5] * 3000, np.arange(3000.0), pieces=3)
    found = pixels(line, PixelRequest(width=10))
    assert (found.axis, found.x_range, found.count) == ("ordinal", (0.0, 2999.0), 3000)
    assert found.y.max() == 2999.0
    assert pixels(line, PixelRequest(x="wall", width=10)).axis == "wall"  # all at one time: one column
    assert nearest(line, "step", 17.2, Smoothing()).x == 17.0  # type: ignore[union-attr]


def test_a_series_that_has_one_step_in_one_line_and_more_in_another_keeps_its_steps() -> None:
    a = column_rows([5, 5], [1.0, 2.0], [10.0, 20.0])
    b = column_rows([5, 6], [1.0, 2.0], [11.0, 19.0])
    assert [pixels(line, PixelRequest()).axis for line in series_of({"a": [a], "b": [b]}).lines] == ["step", "step"]
    assert {pixels(line, PixelRequest(x="ordinal")).axis for line in series_of({"a": [a]}).lines} == {"ordinal"}


def test_steps_of_any_size() -> None:
    steps = [-(2**63), -1, 2**53 + 1, 2**53 + 3, 2**63 - 1]
    line = line_of(steps, range(5))
    found = pixels(line, PixelRequest())
    assert found.x.tolist() == [float(step) for step in steps]
    assert pixels(line, PixelRequest(width=1)).y_range == (0.0, 4.0)
    for step in steps:
        point = nearest(line, "step", float(step), Smoothing())
        assert point is not None
        assert point.step == step


def test_ninety_percent_nan() -> None:
    n = 10_000
    values = np.full(n, nan)
    values[::10] = np.arange(n // 10)
    found = pixels(line_of(range(n), values, pieces=3), PixelRequest(width=100))
    assert sum(mark.count for mark in found.nonfinite) == 9000
    assert (len(found.nonfinite), found.count) == (100, n)
    assert np.nanmax(found.y) == 999.0


def test_all_nan_is_all_gap() -> None:
    found = pixels(line_of(range(5000), [nan] * 5000), PixelRequest(width=100, smoothing=Smoothing("ema", 0.6)))
    assert np.isnan(found.y).all()
    assert found.y_range is found.y_outlier_range is None
    assert sum(mark.count for mark in found.nonfinite) == 5000


def restarted(superseded: bool = True, **more: Any) -> tuple[Line, Pixels]:
    a = column_rows(range(100), np.arange(100.0), np.arange(100.0))
    b = column_rows(range(60, 150), np.arange(60.0, 150.0) + 0.5, np.arange(1060.0, 1150.0))
    (line,) = series_of({"a": [a], "b": [b]}).lines
    return line, pixels(line, PixelRequest(superseded=superseded, **more))


def test_superseded_points_are_a_curve_of_their_own() -> None:
    line, found = restarted()
    assert found.x.tolist() == list(range(150))
    assert found.y[59:61].tolist() == [59.0, 60.5]
    assert found.superseded_x is not None
    assert found.superseded_y is not None
    assert found.superseded_x.tolist() == list(range(60, 100))
    assert found.superseded_y.tolist() == list(range(60, 100))
    assert found.restarts == (60.0,)
    assert (found.total, line.count, line.superseded_count) == (150, 190, 40)
    assert line.last == (149, 1149.0, 149.5)
    zoomed = restarted(lo=70, hi=80)[1]
    assert zoomed.superseded_x is not None
    assert zoomed.superseded_x.tolist() == list(range(69, 82))
    assert restarted(superseded=False)[1].superseded_x is None


def test_superseded_points_and_restarts_on_the_time_axes() -> None:
    for x, shift in (("wall", 0.0), ("relative", 0.0)):
        found = restarted(x=x)[1]
        assert found.superseded_x is not None
        assert found.superseded_x.tolist() == [shift + row for row in range(60, 100)]
        assert found.restarts == (1060.0,)


def test_superseded_sessions_do_not_touch() -> None:
    start = Start(step=2, wall_time=3.5, scalar_row=4, blob_row=0)
    again = Start(step=1, wall_time=5.5, scalar_row=6, blob_row=0)
    rows = column_rows([0, 1, 2, 3, 2, 3, 1], range(7), starts=(start, again))
    (line,) = series_of({"a": [rows]}).lines
    found = pixels(line, PixelRequest(superseded=True))
    assert found.superseded_x is not None
    assert found.superseded_y is not None
    assert found.superseded_x.tolist() == [1.0, 2.0, 3.0, 2.0, 2.0, 3.0]
    assert str(found.superseded_y.tolist()) == "[1.0, 2.0, 3.0, nan, 4.0, 5.0]"
    assert found.restarts == (1.0,)


def test_a_restart_among_points_that_had_to_be_sorted() -> None:
    a = column_rows([0, 1, 2, 3], [0.0, 1.0, 2.0, 3.0], range(4))
    b = column_rows([1, 5, 4], [10.0, 50.0, 40.0], [101.0, 105.0, 104.0], starts=(Start(3, 100.0, 0, 0),))
    (line,) = series_of({"a": [a], "b": [b]}).lines
    found = pixels(line, PixelRequest())
    assert found.x.tolist() == [0.0, 1.0, 1.0, 2.0, 4.0, 5.0]
    assert found.y.tolist() == [0.0, 1.0, 10.0, 2.0, 40.0, 50.0]
    assert found.restarts == (1.0,)
    assert pixels(line, PixelRequest(x="wall")).restarts == (101.0,)
    assert line.last == (5, 105.0, 50.0)


def test_a_line_whose_steps_fell_once_grows() -> None:
    store = Store()
    steps = [*range(50), *range(40, 60), 60, 61, 61, 63, 62, 55, 64]
    values = np.random.default_rng(1).normal(size=len(steps))
    shown = []
    for at, size in ((0, 60), (60, 5), (65, 5), (70, 2), (72, 1), (73, 2), (75, 1), (76, 1)):
        rows = slice(at, at + size)
        part = column_rows(steps[rows], values[rows], np.arange(at, at + size))
        store.commit([stage_of("run", {"f": [part]})])
        (line,) = store.run("run").series["x", Kind.SCALAR].lines
        shown.append((line, at + size))
        for old, count in shown[-2:]:
            order = np.argsort(steps[:count], kind="stable")
            for x in ("step", "wall"):
                found = pixels(old, PixelRequest(x=x, width=1000))
                assert found.x.tolist() == (np.array(steps)[order].tolist() if x == "step" else list(range(count)))
                assert found.y.tolist() == values[order if x == "step" else range(count)].tolist()


def test_a_line_of_which_nothing_is_visible() -> None:
    a = column_rows([3, 4], [0.0, 1.0], [10.0, 11.0])
    b = file_rows(["other"], [(0, 101.0, 0.0, 0)], starts=[Start(0, 100.0, 0, 0)])
    (line,) = series_of({"a": [a], "b": [b]}).lines
    for x in ("step", "relative", "wall", "ordinal"):
        found = pixels(line, PixelRequest(x=x, smoothing=Smoothing("ema", 0.6), superseded=True))
        assert (found.total, found.count, found.x_range, found.x.tolist()) == (0, 0, None, [])
        assert nearest(line, x, 0.0, Smoothing()) is None
    assert line.last is None
    assert line.files == (FileId("a", 0),)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=40), st.floats(-25, 25), st.sampled_from(["step", "wall"]))
def test_nearest_by_its_words(steps: list[int], at: float, x: str) -> None:
    walls = [float(7 * step % 31) for step in steps]
    values = np.arange(float(len(steps)))
    line = line_of(steps, values, walls, pieces=2)
    smoothing = Smoothing("mean", 3)
    found = nearest(line, x, at, smoothing)
    assert found is not None
    order = sorted(range(len(steps)), key=lambda row: steps[row])
    if x == "wall":
        order.sort(key=lambda row: walls[row])
    places = [float(steps[row]) if x == "step" else walls[row] for row in order]
    if x == "step" and len(set(steps)) == 1 and len(steps) > 1:
        places = [float(row) for row in range(len(steps))]
    distance = min(abs(place - at) for place in places)
    row = order[max(i for i, place in enumerate(places) if place == found.x)]
    assert abs(found.x - at) == distance
    assert (found.step, found.wall_time, found.value) == (steps[row], walls[row], values[row])
    assert found.relative == walls[row] - walls[0]
    by_step = sorted(range(len(steps)), key=lambda i: steps[i])
    smooth = pixels(line, PixelRequest(x="ordinal", smoothing=smoothing, width=1000))
    assert found.smoothed == smooth.y[by_step.index(row)]


@pytest.mark.parametrize(
    "wrong",
    [{"x": "epoch"}, {"width": 0}, {"width": MAX_WIDTH + 1}, {"lo": 2.0, "hi": 1.0}, {"lo": nan}, {"hi": nan}],
)
def test_a_request_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        PixelRequest(**wrong)
    if "x" in wrong:
        with pytest.raises(BadRequestError):
            nearest(line_of([0], [0.0]), "epoch", 0.0, Smoothing())


def test_extreme_times_and_infinite_ranges() -> None:
    walls = [-1.7e308, 0.0, 1.7e308]
    line = line_of(range(3), [1.0, 2.0, 3.0], walls)
    found = pixels(line, PixelRequest(x="wall", width=1, lo=-inf, hi=inf))
    assert found.x.tolist() == [-1.7e308, 1.7e308]
    assert found.y_range == (1.0, 3.0)
