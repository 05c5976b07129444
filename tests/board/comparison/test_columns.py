"""Which runs are seeds of one configuration, and what differs between configurations."""

import math
from typing import Any

from board.comparison.columns import columns_of, seed_of, short_names
from board.comparison.settings import MISSING, settings_of


def made(runs: list[str], hparams: dict[str, Any] | None = None, *, apart: bool = False) -> list[tuple[str, str]]:
    return [(one.name, " ".join(one.runs)) for one in columns_of(runs, hparams or {}, is_apart=apart)]


def test_seeds_by_their_names() -> None:
    runs = ["mnist/softmax/seed0", "mnist/cnn/seed0", "mnist/softmax/seed1", "mnist/cnn/seed1", "other"]
    assert made(runs) == [
        ("mnist/softmax", "mnist/softmax/seed0 mnist/softmax/seed1"),
        ("mnist/cnn", "mnist/cnn/seed0 mnist/cnn/seed1"),
        ("other", "other"),
    ]
    assert made(runs, apart=True) == [(run, run) for run in runs]
    assert made(["a-seed_1-big", "a-seed_2-big", "a-seed_2-small"]) == [
        ("a-*-big", "a-seed_1-big a-seed_2-big"),
        ("a-seed_2-small", "a-seed_2-small"),
    ]


def test_seeds_by_their_hyper_parameters() -> None:
    hparams: dict[str, Any] = {
        "x1": {"lr": 0.1, "trainer.random_seed": 1, "out": "runs/seed1"},
        "x2": {"lr": 0.1, "trainer.random_seed": 2, "out": "runs/seed2"},
        "x3": {"lr": 0.2, "trainer.random_seed": 1, "out": "runs/seed1"},
    }
    assert made(["x1", "x2", "x3"], hparams) == [("x1 and 1 more", "x1 x2"), ("x3", "x3")]
    hparams["x2"] = hparams["x1"]  # the same seed again is no other seed
    assert made(["x1", "x2", "x3"], hparams) == [("x1", "x1"), ("x2", "x2"), ("x3", "x3")]


def test_parts_of_one_run_are_no_seeds() -> None:
    runs = ["a/seed0/train", "a/seed0/val", "a/seed1/train", "a/seed1/val"]
    assert [own for _, own in made(runs, {run: {"lr": 1, "seed": int(run[6])} for run in runs})] == [
        "a/seed0/train a/seed1/train",
        "a/seed0/val a/seed1/val",
    ]
    assert made(["keras/train", "keras/validation"]) == [(name, name) for name in ("keras/train", "keras/validation")]


def test_seed_of_and_short_names() -> None:
    assert seed_of("a/seed12", {}) == "12"
    assert seed_of("a/seed12", {"seed": 3}) == "3"
    assert seed_of("reseeded/b", {}) == ""
    assert short_names(["m/a/x", "m/a/y"]) == ["x", "y"]
    assert short_names(["m/a", "m"]) == ["m/a", "m"]


def test_settings_that_differ_come_first() -> None:
    hparams: dict[str, Any] = {
        "a/seed0": {"same": [1, {"b": 2}], "lr": 0.1, "one": 1, "nan": math.nan, "seed": 0},
        "a/seed1": {"same": [1, {"b": 2}], "lr": 0.1, "one": 1.0, "nan": math.nan, "seed": 1},
        "b": {"same": [1, {"b": 2}], "lr": 0.2, "one": 1, "nan": math.nan, "only": None},
    }
    found = settings_of(columns_of(list(hparams), hparams), hparams)
    assert [(one.name, one.differs) for one in found] == [
        ("lr", True), ("only", True), ("same", False), ("one", False), ("nan", False),
    ]  # fmt: skip
    assert found[0].values == ((0.1,), (0.2,))
    assert found[1].values == ((MISSING,), (None,))
