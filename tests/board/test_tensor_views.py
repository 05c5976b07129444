"""Statistics and pieces of tensors, against numpy's own."""

import warnings

import numpy as np
import pytest

from board.errors import BadRequestError
from board.tensor_views import cut_piece, describe


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u1", "i4", "i8", "u8", "?"])
@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (2, 3, 4, 5), (600_000,)])
def test_statistics_are_those_of_numpy(dtype: str, shape: tuple[int, ...]) -> None:
    array = (np.random.default_rng(0).normal(3, 40, shape) * (1 if dtype[0] in "f?" else 3)).astype("i8").astype(dtype)
    found, exact = describe(array), array.astype("f8")
    assert (found.count, found.nan, found.zeros) == (array.size, 0, int((exact == 0).sum()))
    assert (found.least, found.greatest) == (array.min().item(), array.max().item())
    assert found.mean == pytest.approx(exact.mean(), rel=1e-12)
    assert found.std == pytest.approx(exact.std(), rel=1e-12, abs=1e-12)


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    found = describe(np.array([[np.nan, np.inf, 1.0], [-np.inf, 3.0, 0.0]], "f4"))
    assert (found.nan, found.positive_infinity, found.negative_infinity, found.zeros) == (1, 1, 1, 1)
    assert (found.least, found.greatest, found.mean) == (0.0, 3.0, pytest.approx(4 / 3))
    none = describe(np.full(3, np.nan))
    assert (none.nan, none.least, none.mean) == (3, None, None)
    assert describe(np.zeros((0, 4))).count == 0


def test_great_numbers_keep_their_digits() -> None:
    found = describe(np.array([2**63 - 1, -(2**63)], "i8"))
    assert (found.least, found.greatest) == (-(2**63), 2**63 - 1)
    shifted = describe(np.float64(1e9) + np.arange(1000))  # a sum of squares would have lost the spread
    assert shifted.std == pytest.approx(np.arange(1000).std(), rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert describe(np.array([1e308, -1e308])).greatest == 1e308


def test_texts_and_complex_numbers() -> None:
    found = describe(np.array([[b"one", b""], [b"three", b"x"]], dtype=object))
    assert (found.count, found.total_bytes, found.longest, found.least) == (4, 9, 5, None)
    assert describe(np.array([3 + 4j, 0], "c8")).greatest == 5.0


def test_a_piece_is_two_dimensions_of_any_number() -> None:
    array = np.arange(2 * 3 * 40 * 50).reshape(2, 3, 40, 50)
    piece = cut_piece(array, (1, 2), 5, 45, 10, 10)
    assert (piece.index, piece.row, piece.column, piece.rows, piece.columns) == ((1, 2), 5, 45, 40, 50)
    assert np.array_equal(piece.values, array[1, 2, 5:15, 45:])
    assert np.array_equal(cut_piece(array, (), 0, 0, 2, 2).values, array[0, 0, :2, :2])
    assert cut_piece(np.arange(5), (), 99, 99, 10, 10).values.tolist() == [[4]]
    assert cut_piece(np.array(3.0), (), 0, 0, 10, 10).values.tolist() == [[3.0]]
    assert cut_piece(np.zeros((3, 0, 2)), (), 0, 0, 10, 10).values.shape == (0, 0)
    for index in ((2, 0), (0, 0, 0), (-1, 0)):
        with pytest.raises(BadRequestError):
            cut_piece(array, index, 0, 0, 1, 1)
