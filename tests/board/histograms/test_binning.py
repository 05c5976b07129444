"""Buckets over other bins and parts below values: nothing is lost, and TensorBoard's distributions come out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.plugins.distribution import compressor

from board.histograms.binning import PERCENTILES, bins_between, placed, quantiles, rebinned

edges_and_counts = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20, unique=True).flatmap(
    lambda edges: st.tuples(
        st.just(np.sort(edges)),
        st.lists(st.integers(0, 1000), min_size=len(edges) - 1, max_size=len(edges) - 1),
    )
)


def buckets(edges: np.ndarray, counts: list[int]) -> np.ndarray:
    return np.stack((edges[:-1], edges[1:], np.array(counts, float)), axis=1)


@given(edges_and_counts, st.integers(1, 40))
def test_no_count_is_lost_between_bins(made: tuple[np.ndarray, list[int]], bins: int) -> None:
    given_buckets = placed(buckets(*made))
    if not len(given_buckets):
        return
    edges = bins_between(given_buckets[0, 0], given_buckets[:, 1].max(), bins)
    counts = rebinned(given_buckets, edges)
    assert counts.sum() == pytest.approx(sum(made[1]), rel=1e-9)
    assert (counts >= -1e-9 * sum(made[1])).all()


def test_a_bucket_is_spread_evenly_and_a_value_keeps_its_place() -> None:
    assert rebinned(np.array([[0.0, 4.0, 8.0]]), np.array([0.0, 1.0, 3.0, 4.0])).tolist() == [2.0, 4.0, 2.0]
    single = np.array([[1.0, 1.0, 5.0], [4.0, 4.0, 7.0]])
    assert rebinned(single, np.array([0.0, 1.0, 3.0, 4.0])).tolist() == [0.0, 5.0, 7.0]


def test_edges_that_are_not_finite_become_the_other_one_and_what_has_none_is_left_out() -> None:
    odd = np.array([[-np.inf, -1.0, 2.0], [2.0, np.inf, 3.0], [-np.inf, np.inf, 9.0], [0.0, 1.0, np.nan], [0, 1, 0]])
    assert placed(odd).tolist() == [[-1.0, -1.0, 2.0], [2.0, 2.0, 3.0]]


def test_huge_edges_overflow_nothing() -> None:
    most = np.finfo(float).max
    assert rebinned(np.array([[-most, most, 4.0]]), np.array([-1.0, 0.0, 1.0])).sum() >= 0
    assert bins_between(3.0, 3.0, 2).tolist() == [2.5, 3.0, 3.5]
    assert (np.diff(bins_between(1e300, 1e300, 4)) > 0).all()


def test_the_percentiles_are_those_of_tensorboards_distributions() -> None:
    rng = np.random.default_rng(0)
    counts, edges = np.histogram(rng.normal(3, 2, 10_000), bins=40)
    found = quantiles(placed(buckets(edges, counts.tolist())))
    theirs = compressor.compress_histogram(buckets(edges, counts.tolist()))
    wanted = {point / 10_000: value for point, value in theirs}
    for part, value in zip(PERCENTILES, found, strict=True):
        assert value == pytest.approx(wanted[part], abs=0.02), part
    assert found[4] == pytest.approx(3, abs=0.1)


def test_an_empty_histogram_has_no_percentiles() -> None:
    assert np.isnan(quantiles(np.zeros((0, 3)))).all()


@given(edges_and_counts)
def test_percentiles_rise_and_stay_inside(made: tuple[np.ndarray, list[int]]) -> None:
    given_buckets = placed(buckets(*made))
    if len(given_buckets):
        found = quantiles(given_buckets)
        assert (np.diff(found) >= -1e-6).all()
        assert found[0] >= given_buckets[0, 0]
        assert found[-1] <= given_buckets[:, 1].max()
