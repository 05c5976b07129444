"""The methods of tensorboardX that need nothing else, written here and now; TensorBoard is the judge."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.hparams import summary_v2 as api
from tensorboard.summary.writer.event_file_writer import EventFileWriter

import board
from board.model import Kind
from tests.board.tensorboard_oracle import EVERYTHING, read_by_board, read_by_tensorboard

tensorboardX = pytest.importorskip("tensorboardX")  # noqa: N816 - its name
dice = np.random.default_rng(0)


def write_scalars(writer: Any) -> None:
    for step in range(5):
        writer.add_scalar("loss/train", 1 / (step + 1), step, walltime=1.79e9 + step, display_name="Loss")
        writer.add_scalar("new", step, step, summary_description="*how*")
        writer.add_scalars("both", {"a": step, "b": -step}, step)
    writer.add_scalar("odd", float("nan"), 7)
    writer.add_scalar("no step", 1.0)


def write_distributions(writer: Any) -> None:
    writer.add_histogram("weights", dice.normal(size=1000), 3)
    writer.add_histogram("weights", dice.normal(size=10), 4, bins="fd")
    writer.add_histogram("empty", np.zeros(3), 1, bins="sqrt", max_bins=4)
    writer.add_histogram_raw("raw", 0, 5, 3, 9.0, 29.0, [1.0, 3.0, 5.0], [1, 1, 1], 2)
    writer.add_pr_curve("curve", dice.integers(0, 2, 50), dice.random(50), 1, num_thresholds=11)
    writer.add_pr_curve_raw("raw curve", [1], [1], [1], [1], [1.0], [1.0], 2, num_thresholds=1)


def write_media(writer: Any) -> None:
    image = dice.integers(0, 255, (3, 8, 6)).astype(np.uint8)
    writer.add_image("image", image, 1)
    writer.add_image("image/grey", image[0], 2, dataformats="HW")
    writer.add_images("images", np.stack([image, image]), 3)
    writer.add_image_with_boxes("boxes", image, np.array([[1, 1, 4, 4]]), 4, labels=["cat"])


def write_others(writer: Any) -> None:
    writer.add_text("note", "*words*, é", 1)
    writer.add_text("note", "more", 2)
    writer.add_hparams({"lr": 0.1, "net": "cnn", "deep": True}, {"accuracy": 0.5}, name="trial")
    writer.add_mesh(
        "mesh", dice.random((1, 4, 3)), colors=dice.integers(0, 255, (1, 4, 3)), faces=np.array([[[0, 1, 2]]])
    )
    writer.add_custom_scalars({"all": {"losses": ["Multiline", ["loss/train", "new"]]}})
    writer.add_custom_scalars_multilinechart(["loss/train"], category="c", title="t")
    writer.add_custom_scalars_marginchart(["loss/train", "new", "new"], category="c", title="m")


@pytest.mark.parametrize("write", [write_scalars, write_distributions, write_media, write_others])
@pytest.mark.filterwarnings("ignore")  # its own
def test_tensorboardx(tmp_path: Path, write: Any) -> None:
    with tensorboardX.SummaryWriter(str(tmp_path / "run"), filename_suffix=".v2 of mine") as writer:
        write(writer)
    folders = sorted({path.parent for path in tmp_path.rglob("*tfevents*")})
    with board.open(tmp_path, cache=False) as logs:
        assert logs.problems == []
        assert len(logs.runs) == len(folders)
        for folder in folders:
            ours = read_by_board(logs[folder.relative_to(tmp_path).as_posix()])
            assert ours == read_by_tensorboard(folder)
            assert ours


def test_tensorboards_own_writer(tmp_path: Path) -> None:
    """Its hparams without TensorFlow, and summaries of which most fields are not set."""
    from tensorboard.compat.proto.event_pb2 import Event

    writer = EventFileWriter(str(tmp_path / "run"))
    space = api.hparams_config_pb([api.HParam("lr", api.RealInterval(0.0, 1.0))], [api.Metric("accuracy")])
    for step, summary in enumerate([space, api.hparams_pb({"lr": 0.1, "name": "é"}, trial_id="one")]):
        writer.add_event(Event(wall_time=1.79e9 + step, step=step, summary=summary))
    writer.add_event(Event(summary=summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="x", simple_value=2)])))
    writer.close()
    theirs = read_by_tensorboard(tmp_path / "run")
    with board.open(tmp_path, cache=False) as logs:
        assert logs.problems == []
        ours = read_by_board(logs["run"])
    assert ours == theirs
    assert len(ours) == 3
    assert Kind.HPARAMS in {kind for _, kind in ours}
    run = EventAccumulator(str(tmp_path / "run"), tensor_size_guidance=EVERYTHING).Reload()
    assert set(run.PluginTagToContent("hparams")) == {tag for tag, kind in ours if kind is Kind.HPARAMS}
