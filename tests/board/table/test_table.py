"""Rows, columns and frames of the table, with TensorBoard's own hparams plugin as the judge."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import board
from board.table.frames import asked_choice
from board.table.metric_cells import MetricChoice, goal_of
from board.table.tables import RunTable
from tests.board.logged import append_events, scalar
from tests.board.tensorboard_plugins import HParamsBackend
from writer.format.messages import Event, HParamsPluginData

CORPUS = Path(__file__).resolve().parents[2] / "corpus/logs"


def read(root: Path, runs: list[str] | None = None, *, is_folded: bool = True) -> RunTable:
    with board.open(root, cache=False) as logs:
        return logs.tables.read(runs, is_folded=is_folded)


def hparams_event(tag: str, data: Any) -> bytes:
    event = Event(wall_time=1.7e9)
    value = event.summary.value.add(tag=tag.encode())
    value.metadata.plugin_data.plugin_name = b"hparams"
    value.metadata.plugin_data.content = data.SerializeToString()
    return bytes(event.SerializeToString())


def session(**hparams: float) -> bytes:
    data = HParamsPluginData()
    for name, value in hparams.items():
        data.session_start_info.hparams.add(key=name.encode()).value.number_value = value
    return hparams_event("_hparams_/session_start_info", data)


def experiment(**metrics: str) -> bytes:
    """Return an event of an experiment whose metrics are of those groups."""
    data = HParamsPluginData()
    for tag, group in metrics.items():
        info = data.experiment.metric_infos.add(display_name=f"Shown {tag}".encode(), description=b"of *it*")
        info.name.group, info.name.tag = group.encode(), tag.encode()
    data.experiment.hparam_infos.add(name=b"lr", display_name=b"Learning rate")
    return hparams_event("_hparams_/experiment", data)


@pytest.mark.parametrize("folder", ["hparams", "torch", "tensorboardx"])
def test_rows_are_what_tensorboard_s_plugin_reads(folder: str) -> None:
    judged = HParamsBackend(CORPUS / folder)
    table = read(CORPUS / folder)
    sessions = judged.sessions()
    assert sessions
    for name, judge in sessions.items():
        # the only trial that torch made below a run is part of that run's row
        at = next(at for at, row in enumerate(table.rows) if name in (row.name, *row.inner))
        own = {column.name: column.value(at) for column in table.hparams() if column.gaps[at] != 2}
        assert own == judge.hparams
        assert table.rows[at].hparams.status == judge.status
        for (group, tag), (value, step) in judge.metrics.items():
            column = table.metric(MetricChoice(tag, group=group))
            assert (column.values[at], column.steps[at]) == (value, step)
        for (group, tag), shown in judged.display_names().items():
            assert table.info(tag, group)[0] == shown
            assert (tag, group) in [(each.tag, each.group) for each in table.tags if each.is_named]


def test_metrics_in_sub_runs_as_keras_logs_them(tmp_path: Path) -> None:
    """TensorBoard's own reading of metric groups: ``trial/validation`` is no row, but a group of the row ``trial``."""
    append_events(tmp_path, [experiment(epoch_acc="validation", x="odd one")])
    for at in range(3):
        trial = tmp_path / f"trial{at}"
        append_events(trial, [session(lr=0.1 * at)])
        append_events(trial / "train", [scalar("epoch_acc", 1, 0.5)])
        append_events(trial / "validation", [scalar("epoch_acc", 1, at / 10), scalar("epoch_acc", 2, at / 5)])
        append_events(trial / "deep/er", [scalar("x", 1, 1.0)])
    table = read(tmp_path)
    assert table.runs == [".", "trial0", "trial1", "trial2"]
    assert table.rows[1].inner == ("trial0/deep/er", "trial0/train", "trial0/validation")
    column = table.metric(MetricChoice("epoch_acc", "last", "validation"))
    judged = HParamsBackend(tmp_path).sessions()
    for at, name in enumerate(table.runs[1:], 1):
        assert judged[name].metrics["validation", "epoch_acc"] == (column.values[at], column.steps[at])
    assert table.info("epoch_acc", "validation") == ("Shown epoch_acc", "of *it*")
    assert table.info("lr") == ("Learning rate", "")
    assert [(tag.tag, tag.group, tag.is_named) for tag in table.tags] == [
        ("epoch_acc", "validation", True),
        ("epoch_acc", "train", False),
        ("x", "deep/er", False),
    ]
    assert len(read(tmp_path, is_folded=False).rows) == 13
    assert read(tmp_path, ["trial1/train", "nowhere"]).runs == ["trial1/train"]
    assert read(tmp_path, ["trial1", "trial1/train"]).runs == ["trial1"]


def test_what_is_no_part_stays_a_row(tmp_path: Path) -> None:
    for name in ("a/train", "a/seed0", "b/train", "c", "c/1700000000.5", "c/1700000001.5"):
        append_events(tmp_path / name, [scalar("loss", 1, 0.5)])
    append_events(tmp_path / "a", [scalar("loss", 1, 0.5)])
    (tmp_path / "a/config.json").write_text('{"lr": 1}')  # a file beside: seeds below it are runs of their own
    append_events(tmp_path / "c", [session(lr=1.0)])
    append_events(tmp_path / "c/1700000000.5", [session(lr=2.0)])
    append_events(tmp_path / "c/1700000001.5", [session(lr=3.0)])  # two trials: which one would c be?
    (tmp_path / "b/train/config.json").write_text('{"lr": 1}')
    assert set(read(tmp_path).runs) == {"a", "a/seed0", "b/train", "c", "c/1700000000.5", "c/1700000001.5"}


@pytest.mark.parametrize(
    ("tag", "goal"),
    [
        ("val/loss", ("min", "name")),
        ("test_error", ("min", "name")),
        ("perplexity", ("min", "name")),
        ("mse", ("min", "name")),
        ("time", ("min", "name")),
        ("accuracy", ("max", "name")),
        ("reward", ("max", "name")),
        ("lr", ("max", "guess")),
        ("", ("max", "guess")),
    ],
)
def test_what_is_best_by_a_tag_s_name(tag: str, goal: tuple[str, str]) -> None:
    assert goal_of(tag) == goal


def test_a_value_at_a_step_of_runs_that_were_taken_up_again(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [scalar("x", step, float(step)) for step in range(10)], "events.out.tfevents.1.a")
    later = [scalar("x", step, 100.0 + step, 1.7e9 + 100 + step) for step in (5, 7)]
    append_events(tmp_path / "a", later, "events.out.tfevents.1700000100.b")
    back = [scalar("y", step, float(at)) for at, step in enumerate((5, 3, 4, 3, 9))]
    append_events(tmp_path / "a", back)
    table = read(tmp_path)

    def at(step: int, tag: str = "x") -> tuple[float, int | None]:
        column = table.metric(MetricChoice(tag, "at", step=step))
        return float(column.values[0]), column.steps[0]

    with board.open(tmp_path, cache=False) as logs:
        for tag in ("x", "y"):
            series = logs["a"].scalars[tag]
            for step in (-1, 3, 4, 6, 7, 8, 99):
                shown = [
                    (int(own), float(value))
                    for own, value, hidden in zip(series.step, series.value, series.superseded, strict=True)
                    if not hidden and own <= step
                ]
                expected = max(reversed(shown), key=lambda point: point[0], default=(None, math.nan))
                found = at(step, tag)
                assert (found[1], repr(found[0])) == (expected[0], repr(expected[1]))


def test_a_frame_of_runs(tmp_path: Path) -> None:
    for at in range(3):
        append_events(tmp_path / f"run{at}", [scalar("val/loss", step, 1.0 / (step + 1) + at) for step in range(3)])
        append_events(tmp_path / f"run{at}", [scalar("lr", 0, 0.25)])
        config: dict[str, Any] = {"n": at, "lr": 0.5, "opt": "adam", "on": True, "list": [1, 2], "some": 1.5}
        if at == 2:
            config |= {"some": None, "opt": None}
        (tmp_path / f"run{at}/config.json").write_text(json.dumps(config))
    with board.open(tmp_path, cache=False) as logs:
        frame = logs.table()
        assert frame.index.tolist() == ["run0", "run1", "run2"]
        assert frame.index.name == "run"
        assert frame.columns.tolist() == ["n", "lr", "opt", "on", "list", "some", "val/loss", "lr (last)"]
        types = [str(frame[name].dtype) for name in ("n", "lr", "opt", "on", "list", "some", "val/loss")]
        assert types == ["int64", "float64", "object", "bool", "object", "float64", "float64"]
        assert frame["opt"].tolist() == ["adam", "adam", None]
        assert frame.loc["run1", "list"] == [1, 2]
        assert math.isnan(frame.loc["run2", "some"])
        assert frame["lr (last)"].tolist() == [0.25] * 3
        own = logs.table(["val/loss (min)", "val/loss (max)", MetricChoice("val/loss", "at", step=1)], ["run1", "run0"])
        assert own.index.tolist() == ["run0", "run1"]
        assert own.columns.tolist()[6:] == ["val/loss (min)", "val/loss (max)", "val/loss (at 1)"]
        assert own.loc["run1"].tolist()[6:] == pytest.approx([4 / 3, 2, 1.5])
        assert logs.table([], []).empty
    assert asked_choice("x (min)", ["x (min)"]) == MetricChoice("x (min)")
    assert asked_choice("x (sum)", []) == MetricChoice("x (sum)")


def test_without_pandas_it_says_what_to_install() -> None:
    code = f"""
import sys
sys.modules["pandas"] = None
import board
with board.open({str(CORPUS / "hparams")!r}, cache=False) as logs:
    try:
        logs.table()
    except board.BoardError as error:
        print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "A table needs pandas: pip install 'trainboard[export]'\n"
