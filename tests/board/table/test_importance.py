"""Which hparams matter, in sweeps of which it is known."""

import math
import subprocess
import sys
from time import process_time

import numpy as np
import pytest

from board.errors import MissingExtraError
from board.table.features import MAX_FEATURES, read_features
from board.table.importance import importance_of
from board.table.ranks import average_ranks, rank_correlation
from tests.board.table.sweeps import LOSS, sweep, table_of


def test_of_twelve_the_two_that_matter_are_named() -> None:
    table = table_of(*sweep(1000))
    importance_of(table_of(*sweep(20)), LOSS)  # imports scikit-learn
    start = process_time()
    found = importance_of(table, LOSS)
    assert process_time() - start < 3
    first, second, *others = found.hparams
    assert {first.name, second.name} == {"lr", "opt"}
    assert len(others) == 10
    assert first.is_clear
    assert second.is_clear
    for one in others:
        assert not one.is_clear
        assert one.importance.low <= 0
        assert -0.02 < one.importance.mean < 0.02
    assert found.r2 is not None
    assert 0.7 < found.r2.low < found.r2.mean < found.r2.high < 0.95
    assert found.sure == "well"
    assert "% of how loss varies" in found.sentence
    assert found.runs == 1000
    by_name = {one.name: one for one in found.hparams}
    # neither more nor less of it is better, which no correlation shows and a forest does
    assert abs(by_name["lr"].direction.rho) < 0.2  # type: ignore[union-attr]
    assert by_name["opt"].direction is None
    assert by_name["bn"].direction.high == "True"  # type: ignore[union-attr]


def test_thirty_runs_are_told_apart_from_a_thousand() -> None:
    few = importance_of(table_of(*sweep(30)), LOSS)
    assert importance_of(table_of(*sweep(30)), LOSS).hparams == few.hparams  # the same every time
    assert few.sure == "not"
    assert "may be chance with 30 runs" in few.sentence
    assert not any(one.is_clear for one in few.hparams)
    plain = importance_of(
        table_of([{"lr": at % 6, "x": at % 5} for at in range(30)], [at % 6 for at in range(30)]), LOSS
    )
    assert plain.sure == "well"
    assert [one.name for one in plain.hparams if one.is_clear] == ["lr"]
    assert plain.hparams[0].direction is not None
    assert plain.hparams[0].direction.rho == pytest.approx(1)


def test_noise_is_said_to_be_noise() -> None:
    hparams, _ = sweep(200)
    noise = np.random.default_rng(1).standard_normal(200).tolist()
    found = importance_of(table_of(hparams, noise), LOSS)
    assert found.sure == "not"
    assert found.sentence.startswith("The hparams do not predict loss")
    assert not any(one.is_clear for one in found.hparams)


@pytest.mark.parametrize(
    ("hparams", "values", "said"),
    [
        (
            [{"a": at} for at in range(5)],
            [1.0, 2, 3, 4, 5],
            "5 runs have hparams and a finite value of loss; importance",
        ),
        ([{"a": 0}], [1.0], "1 run has hparams and"),
        ([], [], "No runs have hparams and"),
        ([{"a": at} for at in range(30)], [0.5] * 30, "loss is 0.5 in all 30 runs: nothing to explain."),
        ([{"a": 1, "b": "x"}] * 30, range(30), "No hparam that can be used differs between the 30 runs."),
        ([{"a": at} for at in range(30)], [math.nan] * 25 + [1.0] * 5, "5 runs have"),
        ([{}] * 30, range(30), "No runs have hparams and"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(hparams: list, values: list, said: str) -> None:  # type: ignore[type-arg]
    found = importance_of(table_of(hparams, values), LOSS)
    assert found.refused is not None
    assert found.refused.startswith(said)
    assert found.hparams == ()
    assert found.r2 is None


def test_runs_that_are_left_out_are_named_with_the_reason() -> None:
    hparams, losses = sweep(40)
    values = [None, math.nan, math.inf, *losses[3:]]
    hparams[5] = {}
    found = importance_of(table_of(hparams, values), LOSS)
    assert found.runs == 36
    assert [(each.why, each.runs) for each in found.left_out] == [
        ("no value of loss", ("run0",)),
        ("loss is NaN or infinite", ("run1", "run2")),
        ("no hparams", ("run5",)),
    ]


def test_hparams_that_go_together_are_not_told_apart() -> None:
    random = np.random.default_rng(3)
    hparams = []
    for at in range(60):
        lr = float(10 ** random.uniform(-4, -1))
        own = {"lr": lr, "warmup": 2 * lr + random.uniform(0, 1e-5), "model": f"m{at % 3}", "size": [8, 9, 7][at % 3]}
        hparams.append({**own, "x": float(random.uniform()), "same": [1, 2], "out": f"runs/{at}", "y": at % 4})
    found = importance_of(table_of(hparams, [math.log(own["lr"]) for own in hparams]), LOSS)  # type: ignore[arg-type]
    assert [each.names for each in found.inseparable] == [("lr", "warmup"), ("model", "size")]
    assert found.inseparable[0].why == "rho = 1.00"
    assert found.inseparable[1].why == "one-to-one"
    assert found.constant == ("same",)
    assert [tuple(each) for each in found.skipped] == [("out", "has 60 different values in 60 runs")]


def test_values_of_every_kind_take_part() -> None:
    kinds = [1, 1.5, "adam", True, None, math.nan, math.inf, -math.inf, [1, 2], 10**400, "x" * 1_000_000]
    random = np.random.default_rng(5)
    hparams = [
        {"odd": kinds[at % len(kinds)], "n": [None, math.nan, math.inf, 10**400, 1][at % 5]} for at in range(110)
    ]
    for at in range(0, 110, 7):
        del hparams[at]["odd"]
    values = [float(at % 5) + random.normal(0, 0.1) for at in range(110)]
    found = importance_of(table_of(hparams, values), LOSS)
    assert [one.name for one in found.hparams if one.is_clear] == ["n"]
    assert found.sure == "well"


def test_one_run_that_diverged_does_not_decide_all() -> None:
    hparams, losses = sweep(200)
    for far in (1e30, -1e308):
        found = importance_of(table_of(hparams, [far, *losses[1:]]), LOSS)
        assert {one.name for one in found.hparams if one.is_clear} == {"lr", "opt"}
        assert "(by rank: 1 of the values is far off)" in found.sentence
    scaled = importance_of(table_of(hparams, [loss * 1e300 for loss in losses]), LOSS)
    plain = importance_of(table_of(hparams, losses), LOSS)
    assert scaled.r2 is not None
    assert plain.r2 is not None
    assert tuple(scaled.r2) == pytest.approx(tuple(plain.r2), abs=0.02)


def test_of_many_hparams_the_first_take_part() -> None:
    table = table_of([{f"h{name}": (at * 7 + name) % 11 for name in range(MAX_FEATURES + 3)} for at in range(12)], [])
    found, constant, skipped = read_features(table.hparams(), np.arange(12))
    assert [feature.name for feature in found] == [f"h{at}" for at in range(MAX_FEATURES)]
    assert [one.name for one in skipped] == ["h200", "h201", "h202"]
    assert constant == []


def test_ranks_are_those_of_scipy() -> None:
    from scipy import stats

    random = np.random.default_rng(2)
    for count in (2, 3, 50):
        some, others = random.integers(0, 9, count).astype(float), random.standard_normal(count)
        assert average_ranks(some) + 1 == pytest.approx(stats.rankdata(some))
        if np.ptp(some):
            assert rank_correlation(some, others) == pytest.approx((stats.spearmanr(some, others).statistic, count))
    assert rank_correlation(np.array([1.0, np.nan, np.inf]), np.array([-np.inf, 1.0, 5.0])) == (1.0, 2)
    assert math.isnan(rank_correlation(np.ones(5), np.arange(5.0))[0])


def test_without_scikit_learn_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
from board.errors import MissingExtraError
from board.table.importance import importance_of
from tests.board.table.sweeps import LOSS, sweep, table_of
try:
    importance_of(table_of(*sweep(20)), LOSS)
except MissingExtraError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == f"{MissingExtraError('Importance', 'scikit-learn', 'analysis')}\n"
    assert "pip install 'trainboard[analysis]'" in said


def test_importing_it_imports_no_scikit_learn() -> None:
    code = "import sys, board.app; print(sorted({'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
