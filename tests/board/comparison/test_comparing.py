"""Whole comparisons: of the sample logs, and of runs that lack something; in words no more than the numbers show."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import board
from board.comparison.area import mean_height, span_of
from board.comparison.comparing import Comparison
from board.errors import BadRequestError, UnknownRunError
from board.metrics import direction_of
from board.model import Kind
from tests.board.logged import append_events, scalar
from writer import SummaryWriter

SAMPLES = Path(__file__).resolve().parents[3] / "sample_logs"
Compare = Callable[..., Comparison]


def write(
    folder: Path, values: dict[str, list[float]], hparams: dict[str, object] | None = None, at: float = 1.7e9
) -> None:
    events = [scalar(tag, i, value, at + i) for tag, own in values.items() for i, value in enumerate(own)]
    append_events(folder, events)
    if hparams is not None:
        (folder / "config.json").write_text(json.dumps(hparams))


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def open_and_compare(*runs: str, **how: object) -> Comparison:
        logs = board.open(tmp_path, cache=False)
        return logs.compare(list(runs) or logs.runs, **how)  # type: ignore[arg-type]

    return open_and_compare


def test_the_sample_logs_in_words() -> None:
    with board.open(SAMPLES, cache=False) as logs:
        found = logs.compare([run for run in logs.runs if run.startswith("mnist/")])
        verdict = found.verdict()
        assert [(one.name, len(one.runs)) for one in found.columns] == [("mnist/softmax", 3), ("mnist/cnn", 3)]
        assert verdict.headline == "cnn is better than softmax: accuracy/test 0.9633 against 0.8993, +0.0640."
        assert verdict.sentences[0] == (
            "The 95\u202f% interval of the difference, +0.0580 to +0.0700, leaves out zero "
            "(best value of each; 3 seeds each; Welch's t-test)."
        )
        assert any("times as long for a step" in said for said in verdict.sentences)
        assert "Steps that they ran: softmax 1\u202f000 and cnn 1\u202f500." in verdict.sentences
        assert found.tags[:2] == ["accuracy/test", "cross_entropy/test"]
        single = logs.compare(["mnist/softmax/seed0", "mnist/cnn/seed0"]).verdict()
        assert single.judgement == "untold"
        assert "chance cannot be told" in single.headline
        assert "more seeds would tell" in single.sentences[0]
        weights = found.verdict(judge="readout/weight/max")
        assert weights.headline.startswith("cnn has a lower readout/weight/max than softmax")
        assert weights.measure == "last"  # nobody knows what its best is
        none = logs.compare(["mnist/cnn/seed0", "playground/spiral"]).verdict()
        assert none.headline.startswith("These runs share no scalar")
        with pytest.raises(UnknownRunError):
            logs.compare(["mnist/cnn/seed0", "nowhere"])
        with pytest.raises(BadRequestError, match="one column"):
            logs.compare(["mnist/cnn/seed0", "mnist/cnn/seed1"])


def test_what_is_worse_or_no_different_is_not_called_better(tmp_path: Path, compare: Compare) -> None:
    for name, level in (("base", 0.8), ("same", 0.801), ("worse", 0.5)):
        for seed in range(3):
            write(tmp_path / f"{name}/seed{seed}", {"val/acc": [0.1, level + seed / 100]})
    same = compare("base/seed0", "base/seed1", "base/seed2", "same/seed0", "same/seed1", "same/seed2").verdict()
    assert same.headline == "same and base cannot be told apart by val/acc: 0.8110 against 0.8100."
    assert same.judgement == "unsure"
    assert "includes zero" in same.sentences[0]
    assert (
        compare(*[f"{name}/seed{i}" for name in ("same", "worse") for i in range(3)])
        .verdict()
        .headline.startswith("worse is worse than same: val/acc 0.5100 against 0.8110")
    )
    everything = compare(baseline="base/seed1").verdict()
    assert everything.headline.startswith("None can be told to be better than base in val/acc")
    assert any(said.startswith("worse: 0.5100, −0.300") and said.endswith("(worse).") for said in everything.sentences)
    best = compare(baseline="worse/seed0").verdict()
    assert best.headline == "same is better than worse: val/acc 0.8110 against 0.5100, +0.301."
    assert any("Each interval stands for itself" in said for said in best.sentences)


def test_values_that_are_missing_or_not_finite(tmp_path: Path, compare: Compare) -> None:
    for seed in range(2):
        write(tmp_path / f"a/seed{seed}", {"loss": [3.0, 1.0 + seed / 10]})
        write(tmp_path / f"b/seed{seed}", {"loss": [2.0, math.nan if seed else 0.5]})
        write(tmp_path / f"c/seed{seed}", {"other": [1.0]})
    found = compare()
    verdict = found.verdict()
    assert "c has no loss to compare." in verdict.sentences
    assert "1 of 2 seeds of b ends in loss that is not a number." in verdict.sentences
    last = found.verdict(measure="last")
    assert last.judgement == "untold"  # one of b's is NaN: a mean of the others is too kind
    cells = found.metric("loss").cells["last"]
    assert [cell.not_finite for cell in cells] == [0, 1, 0]
    assert (cells[1].finite, cells[1].mean, cells[2].mean) == (1, 0.5, None)
    assert math.isnan(cells[1].values[1] or 0)


def test_why_and_facts(tmp_path: Path, compare: Compare) -> None:
    write(tmp_path / "a", {"loss": [3.0, 1.0]}, {"lr": 0.1, "depth": 3})
    write(tmp_path / "b", {"loss": [3.0, 2.0, 1.0]}, {"lr": 0.2, "depth": 3}, at=1.8e9)
    found = compare()
    assert "They differ in lr (0.1000, 0.2000)." in found.verdict().sentences
    assert found.facts["b"]["steps"] == 3
    assert found.facts["b"]["duration_s"] == 1e8 + 2  # its version record is of the year before
    assert found.facts["b"]["steps_per_s"] == 1
    assert {"points", "files", "state", "start"} <= found.facts["a"].keys()


def test_facts_that_our_writer_records(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "r", record_run=True) as writer:
        writer.add_scalar("x", 1.0, 0)
    facts = board.open(tmp_path, cache=False)["r"].facts
    assert {"host", "pid", "dropped", "command", "folder", "system", "python"} <= facts.keys()
    assert facts["folder"] == str(Path.cwd())
    assert sys.orig_argv[0] in str(facts["command"])
    if "commit" in facts:  # not where the tests run outside of a repository
        assert len(str(facts["commit"])) == 40
        assert isinstance(facts["is_changed"], bool)


def test_area(tmp_path: Path) -> None:
    events = [scalar("y", step, value) for step, value in ((0, 0.0), (10, 10.0), (20, math.nan), (30, 30.0), (40, 0.0))]
    append_events(tmp_path / "r", events)
    append_events(tmp_path / "back", [scalar("y", step, float(step)) for step in (5, 0, 10)])
    logs = board.open(tmp_path, cache=False)
    (line,) = logs._store.run("r").series["y", Kind.SCALAR].lines
    assert span_of(line) == (0, 40)
    assert mean_height(line, 0, 30) == pytest.approx(15)  # over the NaN in a straight line
    assert mean_height(line, 5, 15) == pytest.approx(10)
    assert mean_height(line, 30, 35) == pytest.approx(22.5)
    assert mean_height(line, 12, 13) == pytest.approx(12.5)  # between two points
    assert mean_height(line, 0, 41) is None
    assert mean_height(line, -1, 10) is None
    (back,) = logs._store.run("back").series["y", Kind.SCALAR].lines
    assert mean_height(back, 0, 10) == pytest.approx(5)


def test_area_of_many_points_is_numpys(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=150_000)
    with SummaryWriter(tmp_path / "r") as writer:
        for i, value in enumerate(values.tolist()):
            writer.add_scalar("y", value, 3 * i)
    (line,) = board.open(tmp_path, cache=False)._store.run("r").series["y", Kind.SCALAR].lines
    x, y = 3.0 * np.arange(len(values)), values.astype(np.float32).astype(np.float64)
    for low, high in ((0, int(x[-1])), (100, 200), (190_001, 400_000), (199_999, 200_001)):
        ends = np.unique(np.concatenate([[low, high], x[(x > low) & (x < high)]]))
        wanted = np.trapezoid(np.interp(ends, x, y), ends) / (high - low)
        assert mean_height(line, low, high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("tag", "direction"),
    [
        ("val/accuracy", 1), ("valLoss", -1), ("val/mAP", 1), ("eval/F1", 1), ("cross_entropy/test", -1),
        ("reward_loss", -1), ("step_time_ms", -1), ("loss_scale", 0), ("policy/entropy", 0), ("readout/weight/max", 0),
        ("lr", 0), ("grad_norm", 0),
    ],
)  # fmt: skip
def test_directions(tag: str, direction: int) -> None:
    assert direction_of(tag) == direction
