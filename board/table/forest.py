"""Permutation importance on runs that a random forest has not seen, fold by fold."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.errors import MissingExtraError

__all__ = ["Held", "held_out"]

Floats = NDArray[np.float64]

TREES = 40
SHUFFLES = 4  # of each hyper-parameter, in each fold
FOLDS = 5
_MANY = 200  # runs: each tree then grows on half of them, which is as good and twice as fast
_CELLS = 4_000_000  # that are predicted at a time: 32 MB


class Held(NamedTuple):
    """What came out on held-out runs; a row for each fold of each repeat."""

    r2: Floats  # (folds,): 1 - squared error / variance of all runs
    drops: Floats  # (folds, features): how much of it is lost when the feature is shuffled
    test_share: float  # runs held out / runs learned from

    @property
    def inflation(self) -> float:
        """Variance of a mean over the folds as a share of that over them.

        Folds share most of the runs they learn from, so 1 / folds would be too little: Nadeau and Bengio, Inference for
        the generalization error, Machine Learning 52 (2003), their corrected resampled t-test.
        """
        return 1 / len(self.r2) + self.test_share


def held_out(features: Sequence[Floats], values: Floats) -> Held:
    """Learn values from features, and see how much worse they are foretold without each; the same every time.

    A feature of several columns (one word each) is shuffled as one.

    Args:
        features: (runs, columns) each, without NaN.
        values: (runs,), finite, not all the same; at least ten.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import RandomForestRegressor  # late: an extra, and slow to import
        from sklearn.model_selection import RepeatedKFold
    except ImportError:
        raise MissingExtraError("Importance", "scikit-learn", "analysis") from None
    matrix = np.concatenate(features, axis=1)
    edges = np.cumsum([0, *(feature.shape[1] for feature in features)])
    count, variance = len(values), float(values.var())
    splits = RepeatedKFold(n_splits=FOLDS, n_repeats=2 if count >= _MANY else 4, random_state=0)
    shuffled = np.random.default_rng(0)
    r2, drops = [], []
    for fold, (learned, held) in enumerate(splits.split(matrix)):
        forest = RandomForestRegressor(
            TREES,
            max_features=0.5,
            max_samples=0.5 if count >= _MANY else None,
            min_samples_leaf=max(1, min(3, count // 50)),
            random_state=fold,
        ).fit(matrix[learned], values[learned])
        own = matrix[held]
        error = _error(forest.predict(own), values[held])
        at_once = max(1, _CELLS // (own.size * SHUFFLES))
        lost: list[float] = []
        for first in range(0, len(features), at_once):
            group = range(first, min(first + at_once, len(features)))
            changed = np.tile(own, (len(group) * SHUFFLES, 1, 1))
            for place, feature in enumerate(group):
                part = slice(edges[feature], edges[feature + 1])
                for again in range(SHUFFLES):
                    changed[place * SHUFFLES + again, :, part] = own[shuffled.permutation(len(own)), part]
            foretold = forest.predict(changed.reshape(-1, matrix.shape[1])).reshape(len(group), SHUFFLES, -1)
            lost += [(_error(each, values[held]) - error) / variance for each in foretold]
        r2.append(1 - error / variance)
        drops.append(lost)
    return Held(np.array(r2), np.array(drops), 1 / (FOLDS - 1))


def _error(foretold: Floats, values: Floats) -> float:
    return float(((foretold - values) ** 2).mean())
