import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.errors import BadRequestError
from board.model import Kind
from board.store.drawn import drawn
from board.store.pieces import PIECE
from board.store.recent import Recent
from board.store.smoothing import SMOOTHING_KINDS, Smoothing, smoothed
from board.store.store import Store
from tests.board.store.building import column_rows, line_of, stage_of

nan, inf = math.nan, math.inf
values = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.sampled_from([nan, inf, -inf, 0.0, 1.0, 1e300])), min_size=1, max_size=60
)


def smooth(line, smoothing):  # type: ignore[no-untyped-def]
    return smoothed(drawn(line), smoothing, line.series.recent).rows()


def classic_smoothing(data: list[float], weight: float) -> list[float]:
    """TensorBoard's ``classicSmoothing`` (line_chart_v2/data_transformer.ts), word for word."""
    last = 0.0 if len(data) > 0 else nan
    num_accum = 0
    initial = data[0]
    is_constant = all(y == initial for y in data)
    found = []
    for next_value in data:
        if is_constant or not math.isfinite(next_value):
            found.append(next_value)
        else:
            last = last * weight + (1 - weight) * next_value
            num_accum += 1
            debias = 1.0
            if weight != 1:
                debias = 1 - math.pow(weight, num_accum)
            found.append(last / debias)
    return found


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from([0.0, 0.3, 0.6, 0.9, 0.99, 0.999, 1.0]), st.integers(1, 4))
def test_ema_is_tensorboards(data: list[float], weight: float, pieces: int) -> None:
    line = line_of(range(len(data)), data, pieces=pieces)
    np.testing.assert_allclose(smooth(line, Smoothing("ema", weight)), classic_smoothing(data, weight), rtol=1e-11)


@pytest.mark.parametrize("weight", [0.6, 0.99, 0.999, 0.999999])
def test_ema_stays_tensorboards_over_many_points(weight: float) -> None:
    data = np.random.default_rng(0).normal(size=20_000).cumsum()
    data[::977] = nan
    expected = np.array(classic_smoothing(data.tolist(), weight))
    found = smooth(line_of(range(len(data)), data, pieces=3), Smoothing("ema", weight))
    assert np.nanmax(np.abs(found - expected)) < 1e-9
    assert np.array_equal(np.isnan(found), np.isnan(data))


@pytest.mark.parametrize("smoothing", [Smoothing(kind, 0.7) for kind in SMOOTHING_KINDS])
def test_a_constant_series_stays_as_it_is(smoothing: Smoothing) -> None:
    assert smooth(line_of(range(1000), [0.1] * 1000, pieces=3), smoothing).tolist() == [0.1] * 1000


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from([k for k in SMOOTHING_KINDS if k != "none"]))
def test_what_is_not_finite_stays_and_spreads_nowhere(data: list[float], kind: str) -> None:
    amount = 0.7 if kind.endswith("ema") else 3.0
    found = smooth(line_of(range(len(data)), data), Smoothing(kind, amount))
    finite = np.isfinite(data)
    assert np.isfinite(found[finite]).all()
    np.testing.assert_array_equal(found[~finite], np.array(data)[~finite])
    if len(set(data)) > 1 and finite.any():
        rest = np.array(data)[finite]
        slack = 1e-9 * np.abs(rest).max()
        assert found[finite].min() >= rest.min() - slack
        assert found[finite].max() <= rest.max() + slack


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from([1.0, 3.0, 7.0, 8.0, 1000.0]))
def test_running_mean_by_its_words(data: list[float], window: float) -> None:
    half = int(window) // 2
    found = smooth(line_of(range(len(data)), data), Smoothing("mean", window))
    for i, value in enumerate(data):
        near = [v for v in data[max(0, i - half) : i + half + 1] if math.isfinite(v)]
        expected = math.fsum(near) / len(near) if math.isfinite(value) else value
        # What a sum of floats may lose depends on the greatest of them.
        assert found[i] == pytest.approx(expected, rel=1e-12, abs=1e-14 * max(map(abs, near), default=0.0), nan_ok=True)


def test_a_huge_value_leaves_nothing_behind_in_a_running_mean() -> None:
    data = np.ones(1000)
    data[::2] = 2.0
    data[500] = 1e300
    found = smooth(line_of(range(1000), data), Smoothing("mean", 11))
    assert found[506:-5].max() < 2.0


def whole_gaussian(data: np.ndarray, deviation: float, rows: np.ndarray) -> np.ndarray:
    """The mean of all finite values of a line, weighted by a Gaussian around each of some rows, cut off nowhere."""
    at = np.flatnonzero(np.isfinite(data))
    weights = np.exp(-0.5 * ((at - rows[:, None]) / deviation) ** 2)
    return weights @ data[at] / weights.sum(axis=1)


@settings(max_examples=80, deadline=None)
@given(values, st.integers(1, 9), st.sampled_from([0.4, 1.0, 5.0, 11.9, 12.0, 17.0, 50.0, 100.0, 3000.0]))
def test_gaussian_by_its_words(values: list[float], repeat: int, deviation: float) -> None:
    data = np.tile(np.array(values), repeat)
    rows = np.flatnonzero(np.isfinite(data))
    if len(rows) == 0 or len(set(values)) == 1:
        return
    found = smooth(line_of(range(len(data)), data), Smoothing("gaussian", deviation))
    expected = whole_gaussian(data, deviation, rows)
    np.testing.assert_allclose(found[rows], expected, rtol=1e-9, atol=1e-6 * np.ptp(data[rows]))


@pytest.mark.parametrize("deviation", [0.5, 2.0, 6.0, 11.9, 12.0, 13.7, 24.0, 31.0, 60.0, 192.0, 300.0, 1000.0, 3000.0])
@pytest.mark.parametrize("kind", ["noise", "walk", "gaps", "spikes", "sparse", "step", "far from zero"])
def test_gaussian_is_within_a_millionth_of_the_whole_one(kind: str, deviation: float) -> None:
    n = PIECE + 3001 if kind == "gaps" else 9001
    dice = np.random.default_rng(5)
    data = dice.normal(size=n)
    if kind == "walk":
        data = data.cumsum()
    if kind == "gaps":
        data[dice.random(n) < 0.2] = nan
        data[500:4000] = inf
        data[PIECE - 900 : PIECE + 500] = nan
    if kind == "spikes":
        data = np.zeros(n)
        data[dice.integers(0, n, 12)] = dice.choice([-1.0, 1.0], 12)
    if kind == "sparse":
        data[dice.random(n) < 0.998] = nan
    if kind == "step":
        data = np.repeat([0.0, 1.0], [n // 3, n - n // 3])
    if kind == "far from zero":
        data += 1e6
    rows = np.flatnonzero(np.isfinite(data))
    rows = np.unique(
        np.concatenate([rows[:9], rows[-9:], dice.choice(rows, 40), rows[np.abs(rows - PIECE).argsort()[:9]]])
    )
    found = smooth(line_of(range(n), data, pieces=3), Smoothing("gaussian", deviation))
    assert np.array_equal(found[~np.isfinite(data)], data[~np.isfinite(data)], equal_nan=True)
    error = np.abs(found[rows] - whole_gaussian(data, deviation, rows)).max()
    assert error <= 1e-6 * np.ptp(data[np.isfinite(data)])
    if kind == "noise":  # and it smooths: white noise is left with a share of it that is known
        share = 1.0 / np.sqrt(2.0 * np.sqrt(np.pi) * deviation)
        assert deviation > 100.0 or found.std() == pytest.approx(share, rel=0.25)


def wandbs_time_ema(steps: list[int], data: list[float], amount: float) -> list[float]:
    """The published "time weighted exponential moving average", 1,000 being its viewport scale."""
    weight = min(math.sqrt(amount), 0.999)
    last_y = debias = 0.0
    previous = None
    found = []
    for x, y in zip(steps, data, strict=True):
        if not math.isfinite(y):
            found.append(y)
            continue
        change = 0.0 if previous is None else (x - previous) / (steps[-1] - steps[0]) * 1000
        adjusted = math.pow(weight, change)
        last_y = last_y * adjusted + y
        debias = debias * adjusted + 1
        previous = x
        found.append(last_y / debias)
    return found


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 3), st.integers(0, 1000), st.sampled_from([2**40, 2**52])),
            st.one_of(st.floats(-1e6, 1e6), st.sampled_from([nan, inf, -inf])),
        ),
        min_size=2,
        max_size=60,
    ),
    st.sampled_from([0.1, 0.6, 0.99, 1.0]),
)
def test_time_ema_by_the_words_of_wandb(points: list[tuple[int, float]], amount: float) -> None:
    steps = np.cumsum([distance for distance, _ in points]).tolist()
    data = [value for _, value in points]
    if steps[0] == steps[-1] or len(set(data)) == 1:
        return
    found = smooth(line_of(steps, data), Smoothing("time_ema", amount))
    slack = 1e-12 * max((abs(v) for v in data if math.isfinite(v)), default=0.0)
    np.testing.assert_allclose(found, wandbs_time_ema(steps, data, amount), rtol=1e-9, atol=slack)


def test_time_ema_over_one_step_goes_by_points() -> None:
    data = [1.0, 5.0, 2.0, 4.0]
    assert smooth(line_of([7] * 4, data), Smoothing("time_ema", 0.5)).tolist() == pytest.approx(
        smooth(line_of(range(4), data), Smoothing("time_ema", 0.5)).tolist()
    )


def test_smoothing_goes_by_step_whatever_the_order_in_the_file() -> None:
    step = np.array([3, 1, 2, 0])
    data = np.array([30.0, 10.0, 20.0, 0.0])
    sorted_line = line_of(range(4), data[np.argsort(step)])
    for kind in ("ema", "mean", "gaussian", "time_ema"):
        smoothing = Smoothing(kind, 0.5 if kind.endswith("ema") else 3.0)
        assert smooth(line_of(step, data), smoothing).tolist() == smooth(sorted_line, smoothing).tolist()


def test_a_growing_line_goes_on_and_older_snapshots_keep_their_curve() -> None:
    store = Store()
    data = np.random.default_rng(2).normal(size=30_000)
    data[:50] = 0.25  # constant at first
    smoothing = Smoothing("ema", 0.9)
    expected = np.array(classic_smoothing(data.tolist(), 0.9))
    held = []
    at = 0
    for size in [20, 20, 60, 1, 1, 1, 5000, 1, 20_000, 3, 4, 4889]:
        store.commit([stage_of("run", {"f": [column_rows(np.arange(at, at + size), data[at : at + size])]})])
        at += size
        (line,) = store.run("run").series["x", Kind.SCALAR].lines
        found = smooth(line, smoothing)
        wanted = data[:at] if at <= 50 else expected[:at]
        np.testing.assert_allclose(found, wanted, rtol=1e-11)
        held.append((line, found, found.copy()))
    assert at == len(data)
    for line, found, copy in held:
        assert np.array_equal(found, copy)
        np.testing.assert_allclose(smooth(line, smoothing), copy, rtol=1e-11)


@pytest.mark.parametrize(
    ("kind", "amount"), [("ema", 0.9), ("gaussian", 3.0), ("gaussian", 30.0), ("mean", 9), ("mean", 99)]
)
def test_growth_is_smoothed_without_going_over_all_points_again(kind: str, amount: float) -> None:
    store = Store()
    rows = 2 * PIECE + 300
    store.commit([stage_of("run", {"f": [column_rows(range(rows), np.arange(rows) % 7)]})])
    smoothing = Smoothing(kind, amount)
    (line,) = store.run("run").series["x", Kind.SCALAR].lines
    before = [piece for _, piece in smoothed(drawn(line), smoothing, line.series.recent).pieces()]
    store.commit([stage_of("run", {"f": [column_rows([rows], [3.0])]})])
    (line,) = store.run("run").series["x", Kind.SCALAR].lines
    after = [piece for _, piece in smoothed(drawn(line), smoothing, line.series.recent).pieces()]
    assert [np.shares_memory(old, new) for old, new in zip(before, after, strict=True)] == [True, True, False]
    assert sum(map(len, after)) == rows + 1
    # and the curve is the one that all points give at once
    fresh = smoothed(drawn(line), smoothing, Recent(0))
    assert np.array_equal(np.concatenate(after), fresh.rows())


def test_hiding_an_earlier_session_smooths_anew() -> None:
    store = Store()
    store.commit([stage_of("run", {"a": [column_rows(range(10), np.arange(10.0))]})])
    smoothing = Smoothing("ema", 0.5)
    (line,) = store.run("run").series["x", Kind.SCALAR].lines
    smooth(line, smoothing)
    store.commit([stage_of("run", {"b": [column_rows([5, 6], [50.0, 60.0], [100.0, 101.0])]})])
    (line,) = store.run("run").series["x", Kind.SCALAR].lines
    expected = classic_smoothing([0.0, 1.0, 2.0, 3.0, 4.0, 50.0, 60.0], 0.5)
    np.testing.assert_allclose(smooth(line, smoothing), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("median", 1.0), ("ema", 1.1), ("ema", -0.1), ("ema", nan), ("gaussian", 1e9), ("mean", inf), ("mean", -1.0)],
)
def test_a_smoothing_that_makes_no_sense_is_refused(kind: str, amount: float) -> None:
    with pytest.raises(BadRequestError):
        Smoothing(kind, amount)


def windowed(data: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The mean of the finite values around each finite one, weighted by kernel[distance]."""
    reach, finite = len(kernel) - 1, np.isfinite(data)
    total, mass = np.zeros(len(data)), np.zeros(len(data))
    for k in range(-reach, reach + 1):
        part = slice(max(k, 0), len(data) + min(k, 0))
        shown = slice(max(-k, 0), len(data) + min(-k, 0))
        total[shown] += kernel[abs(k)] * np.where(finite, data, 0.0)[part]
        mass[shown] += kernel[abs(k)] * finite[part]
    return np.where(finite, total / np.where(finite, mass, 1.0), data)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("ema", 0.99), ("time_ema", 0.9), ("gaussian", 4.0), ("gaussian", 40.0), ("mean", 7), ("mean", 81), ("mean", 1e9)],
)
def test_a_line_of_several_blocks(kind: str, amount: float) -> None:
    n = 2 * PIECE + 1234
    dice = np.random.default_rng(7)
    data = dice.integers(-50, 50, n).astype(float)
    data[dice.integers(0, n, 300)] = nan
    data[[PIECE - 1, PIECE, 2 * PIECE + 3]] = inf, nan, -inf
    step = dice.integers(0, 9, n).cumsum()
    finite = np.isfinite(data)
    expected = {
        "ema": lambda: classic_smoothing(data.tolist(), amount),
        "time_ema": lambda: wandbs_time_ema(step.tolist(), data.tolist(), amount),
        "gaussian": lambda: windowed(data, np.exp(-0.5 * (np.arange(math.ceil(6.5 * amount) + 1) / amount) ** 2)),
        "mean": lambda: (
            windowed(data, np.ones(int(amount) // 2 + 1)) if amount < n else np.where(finite, data[finite].mean(), data)
        ),
    }[kind]()
    smoothing = Smoothing(kind, amount)
    line = line_of(step, data, pieces=5)
    whole = smooth(line, smoothing)
    np.testing.assert_allclose(whole, expected, rtol=1e-9, atol=1e-4 if amount == 40.0 else 1e-9)
    assert np.isfinite(whole[finite]).all()
    # A zoom shows a piece of it, whatever is held and whatever was looked at before: to the last bit, but for the
    # average over steps, for which what lies before the zoom is summed up in another order.
    slack = 1e-13 if kind == "time_ema" else 0.0
    for recent in (Recent(0), line.series.recent):
        column = smoothed(drawn(line), smoothing, recent)
        for first, stop in ((2 * PIECE - 9, n), (PIECE - 3, PIECE + 3), (0, 5)):
            np.testing.assert_allclose(column.rows(first, stop), whole[first:stop], rtol=slack, atol=50 * slack)


def test_a_line_that_is_constant_for_long() -> None:
    n = PIECE + 50
    data = np.full(n, 0.1)
    data[-1] = 7.0
    line = line_of(range(n), data, pieces=3)
    np.testing.assert_allclose(smooth(line, Smoothing("ema", 0.5))[-2:], classic_smoothing(data.tolist(), 0.5)[-2:])
    assert smooth(line_of(range(n - 1), data[:-1]), Smoothing("ema", 0.5)).tolist() == [0.1] * (n - 1)


@pytest.mark.parametrize(("kind", "amount"), [("gaussian", 5.0), ("gaussian", 50.0), ("ema", 0.9), ("time_ema", 0.9)])
def test_the_greatest_values_do_not_become_infinite(kind: str, amount: float) -> None:
    data = np.full(300, 1.7e308)
    data[150] = 0.0
    assert np.isfinite(smooth(line_of(range(300), data), Smoothing(kind, amount))).all()


@pytest.mark.parametrize(("weight", "nans", "needed"), [(0.6, 0.0, 1), (0.9, 0.0, 1), (0.9, 0.9, 3), (0.99, 0.0, 3)])
def test_a_zoom_far_inside_is_averaged_from_where_nothing_older_matters(
    weight: float, nans: float, needed: int
) -> None:
    blocks = 9
    dice = np.random.default_rng(3)
    data = dice.normal(size=blocks * PIECE)
    data[dice.random(len(data)) < nans] = nan
    data[: 2 * PIECE : 1000] = 1.7e308  # what has any weight left shows
    data[5 * PIECE] = 1.0
    smoothing = Smoothing("ema", weight)
    whole = smooth(line_of(range(len(data)), data), smoothing)
    line = line_of(range(len(data)), data)
    zoom = smoothed(drawn(line), smoothing, line.series.recent)
    first, stop = 7 * PIECE, 8 * PIECE
    np.testing.assert_allclose(zoom.rows(first, stop), whole[first:stop], rtol=1e-13)
    known = line.series.recent.find(("smoothing", drawn(line).lineage))
    assert sorted(known.states) == [7, 8]  # type: ignore[union-attr]
    assert 7 - needed > 1  # so that the start was not needed, and what was computed on the way is not taken for right
    np.testing.assert_allclose(zoom.rows(), whole, rtol=1e-13)
