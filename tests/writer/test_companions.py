"""What logs by itself, and what takes many values at once, ends up in the file like everything else."""

import gc
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import board
from board.model import RunState
from board.runs import Run
from writer import SummaryWriter

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def run_of(folder: Path) -> Run:
    return board.open(folder, cache=False)["."]


def test_many_numbers_at_one_step(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_many({f"layer{i}": i + step / 4 for i in range(300)}, step)
        writer.add_many({"int": 3, "array": np.float32(0.5), "bad": "word"}, 3)
        writer.add_many({"timed": 1.0}, 4, walltime=12.5)
        writer.add_many({"no step": 1.0})
        writer.add_many(None, 5)  # type: ignore[arg-type]
    run = run_of(tmp_path)
    assert len(run.scalars) == 304
    assert run.scalars["layer7"].value.tolist() == [7.0, 7.25, 7.5]
    assert run.scalars["layer7"].step.tolist() == [0, 1, 2]
    assert run.scalars["int"].value.tolist() == [3.0]
    assert run.scalars["array"].value.tolist() == [0.5]
    assert run.scalars["timed"].wall_time.tolist() == [12.5]
    assert run.scalars["no step"].step.tolist() == [0]


def test_a_dictionary_as_wandb_takes_it(tmp_path: Path) -> None:
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    with SummaryWriter(tmp_path) as writer:
        writer.log({"loss": 0.5, "val": {"acc": 1, "top": {"five": np.array([2.0])}}})
        writer.log({"loss": 0.25, "weights": np.arange(9.0), "note": "*hi*"})
        writer.log({"grey": Image.new("L", (4, 3)), "index": Image.new("P", (4, 3)), "plot": figure}, step=7)
        writer.log({"loss": 0.125, "none": None})
        writer.log(3)  # type: ignore[arg-type]
    run = run_of(tmp_path)
    assert run.scalars["loss"].step.tolist() == [0, 1, 8]
    assert run.scalars["val/acc"].value.tolist() == [1.0]
    assert run.scalars["val/top/five"].value.tolist() == [2.0]
    assert run.histograms["weights"].step.tolist() == [1]
    assert run.texts["note/text_summary"].step.tolist() == [1]
    assert {tag: series.step.tolist() for tag, series in run.images.items()} == {
        "grey": [7],
        "index": [7],
        "plot": [7],
    }
    assert "none" not in run.tags


PRINTS = """
import sys, time
from pathlib import Path
from writer import SummaryWriter
writer = SummaryWriter(sys.argv[1], capture_output=True, system_metrics=0.1, record_run=True)
print("begin")
until = time.monotonic() + 20
while b"system/cpu_percent" not in next(Path(sys.argv[1]).iterdir()).read_bytes():
    assert time.monotonic() < until
    time.sleep(0.02)
print("end")
{ending}
"""


@pytest.mark.parametrize(
    "ending", ["writer.close()", "", "sys.exit(3)", "raise RuntimeError('no')", "import os; os.fork() or os._exit(0)"]
)
def test_output_metrics_and_facts_are_in_the_one_file_however_the_process_ends(tmp_path: Path, ending: str) -> None:
    code = PRINTS.format(ending=ending)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "begin\nend\n"
    run = run_of(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    texts = [run.texts["output/stdout"][i].value.item() for i in range(len(run.texts["output/stdout"]))]
    assert "\n".join(texts).split() == ["begin", "end"]
    assert {"run/command", "run/environment", "run/packages"} <= run.texts.keys()
    assert run.scalars["system/cpu_percent"].value.min() >= 0
    assert run.state is RunState.FINISHED


def test_a_writer_that_is_thrown_away_takes_its_companions_with_it(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path, system_metrics=0.1)
    writer.add_scalar("loss", 0.5, 1)
    del writer
    gc.collect()
    time.sleep(0.5)
    assert len(os.listdir(tmp_path)) == 1
