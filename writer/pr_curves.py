"""Counts how a classifier does at each threshold, for a precision-recall curve."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import UnsupportedValueError
from writer.format.messages import PrCurvePluginData
from writer.tensors import tensor_value

__all__ = ["pr_curve_value", "raw_pr_curve_value"]

_MOST_THRESHOLDS = 127  # as in torch's writer
_BLOCK = 1 << 16
_LEAST_COUNT = 1e-7  # in place of a divisor of zero


def pr_curve_value(
    tag: bytes, labels: NDArray[Any], predictions: NDArray[Any], weights: NDArray[Any] | None, *, num_thresholds: int
) -> Any:
    """Make a ``Summary.Value`` of labels and predictions, with the thresholds of torch's writer.

    Args:
        tag: As it stands in the file.
        labels: What is true: 0 or 1, or booleans.
        predictions: As many, from 0 to 1; those outside, and NaN, are above or below no threshold and left out.
        weights: As many, or one for all; None is 1.
        num_thresholds: From 0 to 1, at equal distances; 127 at most.

    Raises:
        UnsupportedValueError: The shapes do not fit.
    """
    if labels.shape != predictions.shape:
        raise UnsupportedValueError(f"{labels.shape} labels do not fit {predictions.shape} predictions")
    count = _limit(num_thresholds)
    scale = None if weights is None else np.broadcast_to(weights, labels.shape).reshape(-1)
    true_counts, false_counts = np.zeros(count), np.zeros(count)
    truths, guesses = labels.reshape(-1), predictions.reshape(-1)
    for start in range(0, labels.size, _BLOCK):  # giving a large array's memory back would hold the GIL
        positives = truths[start : start + _BLOCK].astype(np.float64)
        chances = guesses[start : start + _BLOCK]
        shares = 1.0 if scale is None else scale[start : start + _BLOCK]
        with np.errstate(invalid="ignore", over="ignore"):
            buckets = np.floor(chances * (count - 1))
            inside = (buckets >= 0) & (buckets <= count - 1)
        indices = buckets[inside].astype(np.int64)
        true_counts += np.bincount(indices, (positives * shares)[inside], count)
        false_counts += np.bincount(indices, ((1.0 - positives) * shares)[inside], count)
    true_positives = np.cumsum(true_counts[::-1])[::-1]
    false_positives = np.cumsum(false_counts[::-1])[::-1]
    true_negatives = false_positives[0] - false_positives
    false_negatives = true_positives[0] - true_positives
    precision = true_positives / np.maximum(_LEAST_COUNT, true_positives + false_positives)
    recall = true_positives / np.maximum(_LEAST_COUNT, true_positives + false_negatives)
    rows = (true_positives, false_positives, true_negatives, false_negatives, precision, recall)
    return _value(tag, np.stack(rows), count)


def raw_pr_curve_value(tag: bytes, *rows: NDArray[Any], num_thresholds: int) -> Any:
    """Make a ``Summary.Value`` of what was counted already.

    Args:
        tag: As it stands in the file.
        rows: True positives, false positives, true negatives, false negatives, precision and recall, by threshold.
        num_thresholds: How many thresholds there are; 127 at most, as torch's writer says.

    Raises:
        UnsupportedValueError: The rows are not of one length.
    """
    if any(row.ndim != 1 or len(row) != len(rows[0]) for row in rows):
        raise UnsupportedValueError(f"six rows of one length are wanted, not {[row.shape for row in rows]}")
    return _value(tag, np.stack(rows), _limit(num_thresholds))


def _limit(num_thresholds: int) -> int:
    if num_thresholds < 1:
        raise UnsupportedValueError(f"a curve has thresholds, not {num_thresholds}")
    return min(int(num_thresholds), _MOST_THRESHOLDS)


def _value(tag: bytes, rows: NDArray[Any], num_thresholds: int) -> Any:
    content = PrCurvePluginData(num_thresholds=num_thresholds).SerializeToString()
    with np.errstate(over="ignore"):
        return tensor_value(tag, rows.astype(np.float32), b"pr_curves", content)
