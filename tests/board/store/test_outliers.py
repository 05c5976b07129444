import math

import numpy as np
import pytest

from board.store.columns import Columns
from board.store.loops import ENGINES
from board.store.outliers import FEW, Ranks, ranked_range
from board.store.pieces import StoredColumn, column_of
from board.store.pixels import PixelRequest, pixels
from tests.board.store.building import line_of

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
    columns = Columns(1)
    for part in np.array_split(values, pieces):
        columns = columns.attached(part.view(np.int64)[np.newaxis])
    column = StoredColumn([columns], 0, np.float64, [n])
    for loops in ENGINES.values():
        at, value = np.full((10, 1), -1), np.empty((2, 1))
        ranks = Ranks(column, 0, n)
        for row, piece in column.pieces():
            share = ranks.begin_share()
            loops.extremes([piece], row, np.array([0, n]), at, value, ranks.edges, share.counts, share.near)
        finite_count = int(np.isfinite(values).sum())
        found = ranks.found(finite_count, int(np.isneginf(values).sum()))
        assert found == (tensorboards(values) if finite_count else None)


def test_a_sample_that_misleads_is_not_believed() -> None:
    values = np.zeros(n)
    values[1 : 3 * FEW : 2] = np.arange(len(values[1 : 3 * FEW : 2])) + 1.0
    column = column_of(values)
    ranks = Ranks(column, 0, n)
    assert ranks.found(n, 0) is None  # nobody has shown the values to it
    assert pixels(line_of(range(n), values), PixelRequest(width=10)).y_outlier_range == tensorboards(values)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 20, 21, 22, 100])
def test_few_values(count: int) -> None:
    values = dice.normal(size=count)
    expected = (values.min(), values.max()) if count <= 2 else tensorboards(values)
    assert ranked_range(values) == expected


def test_none() -> None:
    assert ranked_range(np.empty(0)) is None
