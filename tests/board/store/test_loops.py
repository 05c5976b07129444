"""The compiled loops give what the plain ones give. Where there is no compiled file, only the plain ones are tried."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.store.loops import ENGINES, LOOPS, Floats, Ints
from board.store.plain_series import LEAST, NAN_COUNT

SOURCES = ("_series.pyx", "_series_broad.pxi", "_series_vectors.pxi", "_series_windows.pxi")
PLAIN = ENGINES["plain"]
COMPILED = ENGINES.get("compiled", PLAIN)

odd = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1.7e308, -1.7e308])
values = st.lists(st.one_of(st.floats(-10, 10), st.floats(), odd), max_size=400).map(lambda v: np.array(v, np.float64))
edges = st.integers(-(2**63), 2**63 - 1)
whole = st.lists(st.one_of(st.integers(-50, 50), edges), min_size=1, max_size=300)


def test_the_compiled_file_serves_unless_it_was_asked_not_to() -> None:
    if os.environ.get("TRAINBOARD_PURE") == "1":
        assert list(ENGINES) == ["plain"]
    elif "compiled" in ENGINES:
        assert LOOPS is ENGINES["compiled"]
        folder = Path(COMPILED.__file__).parent  # type: ignore[attr-defined]
        source = b"".join((folder / name).read_bytes() for name in SOURCES)
        assert hashlib.sha256(source).hexdigest()[:16] == COMPILED.SOURCE_HASH  # type: ignore[attr-defined]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=300))
def test_rows_by_tag(tags: list[int]) -> None:
    tag = np.array(tags, np.int32)
    order, bounds = COMPILED.rows_by_tag(tag, 31)
    plain_order, plain_bounds = PLAIN.rows_by_tag(tag, 31)
    assert np.array_equal(order, plain_order)
    assert np.array_equal(bounds, plain_bounds)


@settings(deadline=None)
@given(st.lists(st.tuples(st.one_of(st.integers(-50, 50), edges), st.floats()), min_size=1, max_size=50))
def test_span(points: list[tuple[int, float]]) -> None:
    step = np.array([step for step, _ in points], np.int64)
    wall_time = np.array([wall for _, wall in points])
    for order in (step, np.sort(step)):
        for times in (wall_time, np.sort(wall_time)):
            assert COMPILED.span(order, times) == PLAIN.span(order, times)


@settings(deadline=None)
@given(whole, st.one_of(st.floats(-60, 60), st.sampled_from([-np.inf, np.inf, 2.0**63, 2.0**53])), st.booleans())
def test_rows_below(steps: list[int], at: float, including: bool) -> None:
    x = np.sort(np.array(steps, np.int64))
    for column in (x, x.astype(np.float64)):
        for origin in (0.0, 7.5):
            assert COMPILED.rows_below(column, origin, at, including) == PLAIN.rows_below(column, origin, at, including)


def bounds_of(loops: object, chunks: list[Ints] | list[Floats], lo: float, hi: float, width: int) -> list[int]:
    total = sum(map(len, chunks))
    bounds = np.full(width + 1, total, np.int64)
    column = start = 0
    for chunk in chunks:
        column = loops.pixel_bounds(chunk, 0.0, lo, hi, 0, len(chunk), start, bounds, column)  # type: ignore[attr-defined]
        start += len(chunk)
    return bounds.tolist()


@settings(deadline=None)
@given(whole, st.integers(1, 40), st.integers(1, 5))
def test_pixel_bounds(steps: list[int], width: int, pieces: int) -> None:
    x = np.sort(np.array(steps, np.int64))
    chunks = np.array_split(x, pieces)
    lo, hi = float(x[0]), float(x[-1])
    found = bounds_of(COMPILED, chunks, lo, hi, width)
    assert found == bounds_of(PLAIN, chunks, lo, hi, width)
    assert found == bounds_of(PLAIN, [x], lo, hi, width)
    span = 0.5 * hi - 0.5 * lo
    for column in range(width):  # by the words
        inside = [
            min(int((0.5 * float(v) - 0.5 * lo) / span * width), width - 1) if span > 0 else 0 for v in x.tolist()
        ]
        assert found[column] == sum(c < column for c in inside)


@pytest.mark.parametrize("name", ENGINES)
def test_an_axis_longer_than_any_number(name: str) -> None:
    x = np.array([-1.7e308, 0.0, 1.7e308])
    bounds = np.full(5, 3, np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        assert ENGINES[name].pixel_bounds(x, -1.7e308, 0.0, np.inf, 0, 3, 0, bounds, 0) == 4
    assert bounds.tolist() == [0, 2, 2, 2, 3]


def extremes_of(loops: object, y: Floats, bounds: Ints, pieces: int, edges: Floats, room: int) -> list[Any]:
    width = len(bounds) - 1
    at = np.full((10, width), -1, np.int64)
    at[NAN_COUNT:] = 0
    value, counts, near = np.zeros((2, width)), np.zeros(4, np.int64), np.zeros((2, room))
    start = 0
    for chunk in np.array_split(y, pieces):
        loops.extremes([np.ascontiguousarray(chunk)], start, bounds, at, value, edges, counts, near)  # type: ignore[attr-defined]
        start += len(chunk)
    value[:, at[LEAST] < 0] = 0.0
    return [at.tolist(), value.tolist(), counts.tolist(), near[0, : counts[1]].tolist(), near[1, : counts[3]].tolist()]


@settings(max_examples=100, deadline=None)
@given(
    values,
    st.lists(st.integers(0, 1600), min_size=2, max_size=12),
    st.integers(1, 4),
    st.integers(1, 4),
    st.one_of(st.just([]), st.lists(st.floats(-10, 10), min_size=4, max_size=4).map(sorted)),
    st.integers(0, 400),
    st.booleans(),
)
def test_extremes(
    y: Floats, cuts: list[int], repeat: int, pieces: int, edges: list[float], room: int, is_sorted: bool
) -> None:
    y = np.tile(y, repeat)  # blocks of the compiled loop are 128 long
    y = np.sort(y) if is_sorted else y  # then most blocks lie on one side of an edge
    bounds = np.sort(np.minimum(cuts, len(y))).astype(np.int64)
    found = extremes_of(COMPILED, y, bounds, pieces, np.array(edges), room)
    assert found == extremes_of(PLAIN, y, bounds, 1, np.array(edges), room)


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from([0.0, 0.6, 0.999, 1.0]))
def test_ema(y: Floats, weight: float) -> None:
    found, expected = np.empty(len(y)), np.empty(len(y))
    half = len(y) // 2
    state = COMPILED.ema(y[:half], weight, 0.0, 0, found[:half])
    _, seen = COMPILED.ema(y[half:], weight, *state, found[half:])
    assert seen == PLAIN.ema(y, weight, 0.0, 0, expected)[1]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(values, st.integers(0, 99), st.sampled_from([0.0, 0.5, 0.999]))
def test_time_ema(y: Floats, seed: int, weight: float) -> None:
    x = np.cumsum(np.random.default_rng(seed).integers(0, 5, len(y)))
    found, expected = np.empty(len(y)), np.empty(len(y))
    half = len(y) // 2
    state = COMPILED.time_ema(x[:half], y[:half], weight, 0.25, 0.0, 0.0, 0.0, found[:half])
    COMPILED.time_ema(x[half:], y[half:], weight, 0.25, *state, found[half:])
    PLAIN.time_ema(x, y, weight, 0.25, 0.0, 0.0, 0.0, expected)
    slack = 1e-12 * np.abs(y[np.isfinite(y)]).max(initial=0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=slack)
    states = [loops.time_mass(x, y, weight, 0.25) for loops in (COMPILED, PLAIN)]
    np.testing.assert_allclose(*states, rtol=1e-9, atol=slack)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("value", [5e-324, 1e-310, 1.0, 1.7e308, -1.7e308])
def test_the_weights_of_the_least_and_the_greatest_values(name: str, value: float) -> None:
    before, mean, mass = ENGINES[name].time_mass(np.arange(9), np.full(9, value), 0.5, 0.25)
    assert (before, mean) == (8.0, pytest.approx(value, rel=1e-12, abs=0.0))
    assert mass == pytest.approx(sum(0.5 ** (0.25 * i) for i in range(9)))


moderate = st.lists(st.one_of(st.floats(-1e3, 1e3), st.sampled_from([np.nan, np.inf, -np.inf])), max_size=300)


@settings(max_examples=60, deadline=None)
@given(moderate, st.integers(0, 40))
def test_running_mean(values: list[float], half: int) -> None:
    y = np.array(values, np.float64)
    found, expected = np.empty(len(y)), np.empty(len(y))
    COMPILED.running_mean(y, half, found)
    PLAIN.running_mean(y, half, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(moderate, st.integers(1, 5), st.sampled_from([0.5, 3.0, 10.0]))
def test_gaussian(values: list[float], repeat: int, deviation: float) -> None:
    y = np.tile(np.array(values, np.float64), repeat)  # blocks of the compiled loop are 512 long
    if len(y) == 0:
        return
    kernel = np.exp(-0.5 * (np.arange(min(int(3 * deviation), len(y) - 1) + 1) / deviation) ** 2)
    found, expected = np.empty(len(y)), np.empty(len(y))
    COMPILED.gaussian(y, kernel, found)
    PLAIN.gaussian(y, kernel, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(moderate, st.integers(1, 9), st.integers(1, 5), st.integers(0, 40))
def test_wide_gaussian(values: list[float], repeat: int, eights: int, reach: int) -> None:
    y = np.tile(np.array(values, np.float64), repeat)
    dice = np.random.default_rng(len(y))
    spread, kernel = dice.random((8 * eights, 16)), dice.random(reach + 1)
    found, expected = np.empty(len(y)), np.empty(len(y))
    COMPILED.wide_gaussian(y, spread, kernel, found)
    PLAIN.wide_gaussian(y, spread, kernel, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.skipif("compiled" not in ENGINES, reason="no compiled file on this machine")
def test_the_compiled_loops_take_read_only_columns_and_none_at_all() -> None:
    y = np.arange(3.0)
    y.flags.writeable = False
    out = np.empty(3)
    COMPILED.ema(y, 0.5, 0.0, 0, out)
    empty = np.empty(0)
    COMPILED.ema(empty, 0.5, 0.0, 0, empty)
    COMPILED.running_mean(empty, 3, empty)
    COMPILED.gaussian(empty, np.ones(2), empty)
    COMPILED.wide_gaussian(empty, np.ones((8, 16)), np.ones(2), empty)
    extremes_of(COMPILED, empty, np.zeros(2, np.int64), 1, empty, 0)
    assert COMPILED.rows_below(empty, 0.0, 1.0, True) == 0
