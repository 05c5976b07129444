"""What can be said of any tensor at a glance: its statistics, and a piece of two dimensions of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.errors import BadRequestError

__all__ = ["TensorPiece", "TensorStatistics", "cut_piece", "describe"]

_CHUNK = 1 << 18  # elements that are converted at a time


@dataclass(frozen=True, slots=True)
class TensorStatistics:
    """What the elements are like; least to std are of the finite ones, None where there are none, or they are texts."""

    count: int
    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0
    zeros: int = 0
    least: int | float | None = None  # exact
    greatest: int | float | None = None
    mean: float | None = None
    std: float | None = None  # of the elements themselves, not of what they might be a sample of
    total_bytes: int | None = None  # of texts
    longest: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class TensorPiece:
    """Rows and columns out of a tensor."""

    index: tuple[int, ...]  # of the dimensions before the last two
    row: int  # of the first one shown
    column: int
    values: NDArray[Any]  # shape (rows, columns)
    rows: int  # that there are
    columns: int


def describe(array: NDArray[Any]) -> TensorStatistics:
    """Return the statistics of an array of any shape and type; complex numbers by their magnitudes."""
    if array.dtype == object or array.dtype.kind in "SU":
        sizes = [len(one) for one in array.reshape(-1)]
        return TensorStatistics(array.size, total_bytes=sum(sizes), longest=max(sizes, default=0))
    flat = array.reshape(-1)
    nan = above = below = zeros = finite_count = 0
    mean = spread = 0.0  # by Chan's way of adding up parts: no sum of squares that eats its digits
    least: Any = None
    greatest: Any = None
    for start in range(0, flat.size, _CHUNK):
        chunk = flat[start : start + _CHUNK]
        chunk = np.abs(chunk) if chunk.dtype.kind == "c" else chunk
        numbers = chunk.astype(np.float64)
        is_finite = np.isfinite(numbers)
        nan += int(np.isnan(numbers).sum())
        above += int((numbers == np.inf).sum())
        below += int((numbers == -np.inf).sum())
        zeros += int((numbers == 0).sum())
        part, exact = numbers[is_finite], chunk[is_finite]
        if not part.size:
            continue
        low, high = exact.min().item(), exact.max().item()
        least = low if least is None else min(least, low)
        greatest = high if greatest is None else max(greatest, high)
        with np.errstate(over="ignore", invalid="ignore"):
            part_mean = float(part.mean())
            part_spread = float(((part - part_mean) ** 2).sum())
            total = finite_count + part.size
            away = part_mean - mean
            spread += part_spread + away * away * finite_count * part.size / total
            mean += away * part.size / total
        finite_count = total
    if not finite_count:
        return TensorStatistics(flat.size, nan, above, below, zeros)
    std = float(np.sqrt(spread / finite_count))
    return TensorStatistics(flat.size, nan, above, below, zeros, _plain(least), _plain(greatest), mean, std)


def cut_piece(
    array: NDArray[Any], index: Sequence[int], row: int, column: int, most_rows: int, most_columns: int
) -> TensorPiece:
    """Cut a piece of two dimensions out of an array; a number is one cell, a vector one column.

    Args:
        array: of any shape.
        index: of the dimensions before the last two; those that are missing are 0.
        row: first one of the piece, as far as there is one.
        column: first one of the piece, as far as there is one.
        most_rows: how many at most.
        most_columns: how many at most.

    Raises:
        BadRequestError: an index is beyond its dimension, or there are too many.
    """
    leading = array.shape[:-2]
    if len(index) > len(leading):
        raise BadRequestError(f"a tensor of shape {array.shape} takes {len(leading)} indices, not {len(index)}")
    whole = tuple(index) + (0,) * (len(leading) - len(index))
    if any(not 0 <= at < max(size, 1) for at, size in zip(whole, leading, strict=True)):
        raise BadRequestError(f"the index {whole} is beyond the shape {array.shape}")
    if array.size == 0:
        plane = np.empty((0, 0), dtype=array.dtype)
    elif array.ndim < 2:
        plane = array.reshape(-1, 1)
    else:
        plane = array[whole]
    rows, columns = plane.shape
    row, column = max(0, min(row, rows - 1)), max(0, min(column, columns - 1))
    values = plane[row : row + most_rows, column : column + most_columns]
    return TensorPiece(whole, row, column, values, rows, columns)


def _plain(value: Any) -> int | float:
    return int(value) if isinstance(value, bool) else value
