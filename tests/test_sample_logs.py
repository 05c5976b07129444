"""The sample logs are small, whole, and the same to TensorBoard as to us."""

from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import board

SAMPLES = Path(__file__).resolve().parent.parent / "sample_logs"
RUNS = [*(f"mnist/{model}/seed{seed}" for model in ("softmax", "cnn") for seed in range(3)), "playground/spiral"]
ALL = dict.fromkeys(("scalars", "images", "histograms", "tensors"), 0)  # 0: keep every one


def test_they_are_small_and_without_a_fault() -> None:
    files = list(SAMPLES.rglob("*.tfevents.*"))
    assert sum(path.stat().st_size for path in files) < 8e6
    logs = board.open(SAMPLES)
    assert sorted(logs.runs) == sorted(RUNS)
    assert logs.problems == []
    assert {logs[run].state for run in logs.runs} == {"finished"}


@pytest.mark.parametrize("name", ["mnist/softmax/seed1", "mnist/cnn/seed0", "playground/spiral"])
def test_tensorboard_reads_the_same(name: str) -> None:
    run = board.open(SAMPLES)[name]
    theirs = EventAccumulator(str(SAMPLES / name), size_guidance=ALL)
    theirs.Reload()
    tags = theirs.Tags()
    assert tags["graph"]
    assert sorted(tags["scalars"]) == sorted(run.scalars)
    for tag in tags["scalars"]:
        points = theirs.Scalars(tag)
        assert run.scalars[tag].step.tolist() == [point.step for point in points]
        np.testing.assert_array_equal(run.scalars[tag].value, [point.value for point in points])
        np.testing.assert_array_equal(run.scalars[tag].wall_time, [point.wall_time for point in points])
    assert sorted(tags["images"]) == sorted(run.images)
    for tag in tags["images"]:
        assert [image.png for image in run.images[tag]] == [e.encoded_image_string for e in theirs.Images(tag)]
    assert sorted(tags["histograms"]) == sorted(run.histograms)
