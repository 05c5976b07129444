"""One precision-recall curve: what its writer counted at each threshold, and the area under it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.errors import MalformedValueError

__all__ = ["MAX_THRESHOLDS", "PrCurve", "decode_curve"]

MAX_THRESHOLDS = 20_000  # writers have 21 to 1,000
_ROWS = 6  # tensorboard/plugins/pr_curve/metadata.py

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PrCurve:
    """Columns of one length, by rising threshold; counts may be fractions where predictions were weighted."""

    threshold: Floats  # at equal distances from 0 to 1, as TensorBoard takes them: the file has none
    true_positives: Floats
    false_positives: Floats
    true_negatives: Floats
    false_negatives: Floats
    precision: Floats  # as logged; writers put 0 where nothing is predicted to be positive
    recall: Floats

    @property
    def drawn(self) -> int:
        """How many thresholds have a point on the curve.

        The last ones, above which nothing is predicted to be positive, have no precision: TensorBoard leaves them out,
        all but the very first threshold (tensorboard/plugins/pr_curve/pr_curves_plugin.py).
        """
        is_any = self.true_positives + self.false_positives != 0  # of NaN, too
        found = np.flatnonzero(is_any)
        return int(found[-1]) + 1 if len(found) else min(1, len(is_any))

    @property
    def problem(self) -> str | None:
        """Why there is no area, one sentence without a stop; None where there is one."""
        logged = np.concatenate([self.precision[: self.drawn], self.recall])
        if not np.isfinite(logged).all():
            return "precision or recall is not a number somewhere"
        if not (self.true_positives + self.false_negatives).any() and not self.recall.any():
            return "nothing is truly positive, so there is no recall"
        return None

    @property
    def average_precision(self) -> float:
        """The area under the steps, Σ (Rᵢ - Rᵢ₊₁) Pᵢ by rising threshold; NaN where there is none.

        The definition of ``sklearn.metrics.average_precision_score``: nothing is interpolated, which between two points
        of precision and recall promises too much (Davis and Goadrich, 2006).
        """
        if self.problem is not None:
            return float("nan")
        end = self.drawn
        return float((-np.diff(self.recall[:end], append=0.0) * self.precision[:end]).sum())

    @property
    def trapezoid(self) -> float:
        """The area under straight lines between the points, from (0, 1) on; NaN where there is none.

        As ``sklearn.metrics.auc`` of ``precision_recall_curve`` has it; mostly a little too large.
        """
        if self.problem is not None:
            return float("nan")
        precision, recall = np.append(self.precision[: self.drawn], 1.0), np.append(self.recall[: self.drawn], 0.0)
        return float((-np.diff(recall) * (precision[1:] + precision[:-1])).sum() / 2)


def decode_curve(rows: Any) -> PrCurve:
    """Return the curve of a ``pr_curves`` tensor: rows of TP, FP, TN, FN, precision, recall, a column a threshold.

    Raises:
        MalformedValueError: it has another shape, or no numbers.
    """
    shape = np.shape(rows)
    if len(shape) != 2 or shape[0] != _ROWS or not shape[1]:
        raise MalformedValueError(f"a PR curve has the shape (6, thresholds), this one {shape}")
    if rows.dtype.kind not in "fiub":
        raise MalformedValueError(f"a PR curve is made of numbers, this one of {rows.dtype}")
    if shape[1] > MAX_THRESHOLDS:
        raise MalformedValueError(f"a PR curve of {shape[1]} thresholds is not shown: {MAX_THRESHOLDS} at most")
    with np.errstate(invalid="ignore"):  # NaNs that signal
        columns = np.asarray(rows, dtype=np.float64)
    return PrCurve(np.linspace(0.0, 1.0, shape[1]), *columns)
