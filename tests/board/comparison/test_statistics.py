"""Welch's interval and Student's t against numbers of SciPy 1.17, and where there is no interval to be had."""

from math import inf

import pytest

from board.comparison.differences import difference_of, mean_of, spread_of
from board.comparison.student import quantile, two_sided_p

SOFTMAX, CNN = [0.892, 0.893, 0.898], [0.957, 0.965, 0.965]
# Two samples of 15 and their result by scipy.stats.ttest_ind(a, b, equal_var=False).
A = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
B = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 26.9]


@pytest.mark.parametrize(
    ("dof", "t", "p"),  # scipy.stats.t.ppf(0.975, dof) and 2 * scipy.stats.t.sf(2.5, dof)
    [
        (1, 12.706204736174705, 0.24223788), (2, 4.302652729749464, 0.12961172), (3.5, 2.94008864, 0.07569464),
        (10, 2.2281388519649385, 0.03144684), (100, 1.98397152, 0.01404579),
    ],
)  # fmt: skip
def test_student(dof: float, t: float, p: float) -> None:
    assert quantile(0.95, dof) == pytest.approx(t, rel=1e-8)
    assert two_sided_p(2.5, dof) == pytest.approx(p, rel=1e-6)
    assert two_sided_p(t, dof) == pytest.approx(0.05, rel=1e-7)
    assert two_sided_p(0, dof) == pytest.approx(1)
    assert two_sided_p(inf, dof) == 0


def test_welch() -> None:
    found = difference_of(A, B)
    assert found.p == pytest.approx(0.006303667280588906, rel=1e-8)
    assert (found.low, found.high) == pytest.approx((-5.080795811642853, -0.9192041883571478), rel=1e-8)
    assert found.is_sure
    few = difference_of(CNN, SOFTMAX)
    assert few.delta == pytest.approx(0.068)
    assert (few.low, few.high) == pytest.approx((0.05853360516560094, 0.07746639483439896), rel=1e-8)
    assert few.p == pytest.approx(7.284094856582489e-05, rel=1e-7)
    back = difference_of(SOFTMAX, CNN)
    assert (back.low, back.high) == pytest.approx((-0.07746639483439896, -0.05853360516560094), rel=1e-8)


def test_one_side_without_spread_is_still_judged_by_the_other() -> None:
    found = difference_of([2.0, 2.0, 2.0], [1.0, 1.1, 0.9])
    assert found.low is not None
    assert found.low < 1 < (found.high or 0)


@pytest.mark.parametrize(
    ("values", "baseline", "why"),
    [([1.0], [2.0, 3.0], "seeds"), ([1.0, 2.0], [3.0], "seeds"), ([1.0, 1.0], [2.0, 2.0], "spread")],
)
def test_where_nothing_can_be_told(values: list[float], baseline: list[float], why: str) -> None:
    found = difference_of(values, baseline)
    assert (found.why, found.low, found.high, found.p, found.is_sure) == (why, None, None, None, None)
    assert found.delta == pytest.approx(mean_of(values) - mean_of(baseline))


def test_values_at_the_ends_of_what_a_float_holds() -> None:
    assert mean_of([1.7e308, 1.7e308]) == pytest.approx(1.7e308)
    assert spread_of([1e-300, 3e-300]) == pytest.approx(2**0.5 * 1e-300)
    assert spread_of([1.0]) is None
    assert difference_of([1.7e308, 1.6e308], [-1.7e308, -1.6e308]).low is None  # the difference is infinite
