"""One curve: TensorBoard draws the same points, scikit-learn has the same areas; odd ones say why they have none."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, precision_recall_curve

from board.errors import MalformedValueError
from board.pr_curves.curve import decode_curve
from tests.board.tensorboard_plugins import PrCurvesPlugin

THRESHOLDS = 51


def counted(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The tensor of predictions that lie on thresholds, counted one by one."""
    rows = []
    for k in range(THRESHOLDS):
        is_positive = predictions >= k
        tp, fp = (is_positive & labels).sum(), (is_positive & ~labels).sum()
        tn, fn = (~is_positive & ~labels).sum(), (~is_positive & labels).sum()
        rows.append([tp, fp, tn, fn, tp / max(1e-7, tp + fp), tp / max(1e-7, tp + fn)])
    return np.array(rows, np.float32).T


@pytest.mark.parametrize("seed", range(5))
def test_areas_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.random(300) < 0.3
    predictions = np.clip(rng.integers(0, 40, 300) + 10 * labels, 0, THRESHOLDS - 1)
    curve = decode_curve(counted(labels, predictions))
    precision, recall, _ = precision_recall_curve(labels, predictions)
    assert curve.average_precision == pytest.approx(average_precision_score(labels, predictions), abs=1e-6)
    assert curve.trapezoid == pytest.approx(auc(recall, precision), abs=1e-6)
    assert curve.problem is None


@pytest.mark.parametrize("greatest", [0, 7, 30, THRESHOLDS - 1])
def test_tensorboard_draws_the_same_points(greatest: int) -> None:
    rng = np.random.default_rng(greatest)
    rows = counted(rng.random(100) < 0.5, rng.integers(0, greatest + 1, 100))
    plugin = PrCurvesPlugin(SimpleNamespace(data_provider=None, sampling_hints=None))
    theirs = plugin._make_pr_entry(3, 1.5, rows)
    curve = decode_curve(rows)
    assert curve.drawn == len(theirs["thresholds"])
    for name in ("precision", "recall", "true_positives", "false_positives", "true_negatives", "false_negatives"):
        assert getattr(curve, name)[: curve.drawn].tolist() == pytest.approx(theirs[name]), name
    assert curve.threshold[: curve.drawn].tolist() == theirs["thresholds"]


def test_without_positives_or_numbers_there_is_no_area_but_a_reason() -> None:
    none = decode_curve(counted(np.zeros(20, bool), np.arange(20)))
    assert none.problem == "nothing is truly positive, so there is no recall"
    rows = counted(np.arange(20) % 2 == 0, np.arange(20))
    rows[4, 3] = np.nan
    odd = decode_curve(rows)
    assert odd.problem == "precision or recall is not a number somewhere"
    for curve in (none, odd):
        assert math.isnan(curve.average_precision)
        assert math.isnan(curve.trapezoid)
    rows = counted(np.arange(20) % 2 == 0, np.arange(20))
    rows[4, 40:] = np.nan  # where nothing is predicted to be positive, there is none to be had
    assert decode_curve(rows).problem is None


def test_one_threshold_is_a_point_and_its_area_that_of_always_saying_yes() -> None:
    curve = decode_curve(np.array([[3], [1], [0], [0], [0.75], [1.0]]))
    assert (curve.threshold.tolist(), curve.drawn, curve.average_precision) == ([0.0], 1, 0.75)
    nothing = decode_curve(np.zeros((6, 4)))
    assert (nothing.drawn, nothing.problem) == (1, "nothing is truly positive, so there is no recall")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((5, 10)), "this one (5, 10)"),
        (np.zeros(6), "this one (6,)"),
        (np.zeros((6, 0)), "this one (6, 0)"),
        (np.zeros((6, 2), complex), "complex128"),
        (np.full((6, 2), b"x", object), "object"),
        (np.zeros((6, 20_001), np.float32), "20001 thresholds"),
        (b"no tensor at all", "this one ()"),
    ],
)
def test_what_is_no_curve_is_refused_in_one_sentence(rows: object, said: str) -> None:
    with pytest.raises(MalformedValueError) as refused:
        decode_curve(rows)
    assert said in str(refused.value)
