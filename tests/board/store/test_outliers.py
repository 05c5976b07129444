import math

import numpy as np
import pytest

from board.store.outliers import FEW, outlier_range

dice = np.random.default_rng(8)
n = 3 * FEW


def tensorboards(values: np.ndarray) -> tuple[float, float]:
    ranked = np.sort(values[np.isfinite(values)])
    last = len(ranked) - 1
    return float(ranked[math.ceil(last * 0.05)]), float(ranked[math.floor(last * 0.95)])


with_gaps = dice.normal(size=n)
with_gaps[dice.integers(0, n, n // 2)] = np.nan
with_gaps[dice.integers(0, n, 1000)] = np.inf
with_gaps[dice.integers(0, n, 1000)] = -np.inf
spiked = dice.normal(size=n)
spiked[:10] = 1e300


@pytest.mark.parametrize(
    "values",
    [
        dice.normal(size=n),
        dice.normal(size=n).cumsum(),
        dice.integers(0, 3, n).astype(float),  # few values, many times
        np.full(n, 0.25),
        np.tile([0.0] * 63 + [1.0], n // 64),  # a period that a sample may fall into step with
        np.arange(float(n)),
        with_gaps,
        spiked,
        np.full(n, np.nan),
    ],
)
@pytest.mark.parametrize("pieces", [1, 5])
def test_many_values(values: np.ndarray, pieces: int) -> None:
    finite_count = int(np.isfinite(values).sum())
    found = outlier_range(np.array_split(values, pieces), finite_count)
    assert found == (tensorboards(values) if finite_count else None)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 20, 21, 22, 100])
def test_few_values(count: int) -> None:
    values = dice.normal(size=count)
    expected = (values.min(), values.max()) if count <= 2 else tensorboards(values)
    assert outlier_range([values], count) == expected


def test_none() -> None:
    assert outlier_range([], 0) is None
