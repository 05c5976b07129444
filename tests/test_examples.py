"""The examples run as their docstrings say, on real digits, and log what they promise."""

import gzip
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import board
from tests.board.served import wait_until

pytestmark = pytest.mark.examples

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def run(script: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error::UserWarning", EXAMPLES / script, *options]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True)


@pytest.mark.parametrize("script", ["train_mnist.py", "playground.py"])
def test_an_example_is_short(script: str) -> None:
    assert (EXAMPLES / script).read_text().count("\n") < 100


def test_the_softmax_learns_and_shows_what_it_does(tmp_path: Path) -> None:
    done = run("train_mnist.py", "--model=softmax", "--steps=200", "--every=100", "--log-dir", tmp_path / "softmax")
    assert (done.returncode, done.stderr) == (0, "")
    log = board.open(tmp_path)["softmax"]
    assert log.scalars["accuracy/test"].value[-1] > 0.8
    assert list(log.scalars["cross_entropy/train"].step) == list(range(200))
    for statistic in ("min", "max", "mean", "std"):
        assert len(log.scalars[f"readout/weight/{statistic}"].value) == 3
    assert {"inputs", "misclassified", "first_layer"} <= set(log.images)
    assert log.images["first_layer"][-1].png.startswith(b"\x89PNG")
    assert "readout/bias" in log.histograms
    assert len(log.graphs) == 1
    assert log.state == "finished"


def test_idx_files_as_emnist_names_them(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for split, n in (("train", 300), ("test", 1000)):
        arrays = {"images-idx3": draw.integers(0, 255, (n, 28, 28)), "labels-idx1": draw.integers(0, 10, n)}
        for what, array in arrays.items():
            head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            with gzip.open(tmp_path / f"emnist-digits-{split}-{what}-ubyte.gz", "wb") as file:
                file.write(head + array.astype(np.uint8).tobytes())
    done = run("train_mnist.py", "--model=softmax", "--steps=5", "--data", tmp_path, "--log-dir", tmp_path / "log")
    assert (done.returncode, done.stderr) == (0, "")
    missing = run("train_mnist.py", "--data", tmp_path / "log", "--log-dir", tmp_path / "none")
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert "train-images" in missing.stderr


def test_the_playground_shows_every_neuron(tmp_path: Path) -> None:
    options = ("--data=xor", "--features=x,y,xy", "--hidden=3,2", "--steps=50")
    done = run("playground.py", *options, "--log-dir", tmp_path / "xor")
    assert (done.returncode, done.stderr) == (0, "")
    log = board.open(tmp_path)["xor"]
    neurons = {f"hidden1/neuron{k}" for k in (1, 2, 3)} | {f"hidden2/neuron{k}" for k in (1, 2)}
    assert set(log.images) == neurons | {"decision_surface"}
    assert len(log.scalars["loss/test"].value) == 6
    assert run("playground.py", "--features=x,z").stderr.endswith("choose from x, y, x2, y2, xy, sinx, siny\n")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has loaded")
@pytest.mark.parametrize("moment", ["importing", "logging"])
def test_an_interrupt_ends_the_demo_and_all_it_started(moment: str, tmp_path: Path) -> None:
    command = [sys.executable, EXAMPLES / "demo.py", "--port", "0", "--no-open"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as demo:
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children")
        pids = wait_until(lambda: found if len(found := children.read_text().split()) == 2 else None, "both children")
        if moment == "importing":
            maps = Path(f"/proc/{pids[1]}/maps")
            wait_until(lambda: "libtorch" in maps.read_text(), "torch's import")
        else:
            wait_until(lambda: list(tmp_path.rglob("*tfevents*")), "the event file")
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
        said = demo.communicate(timeout=30)[0]
    assert demo.returncode == 0
    assert "Traceback" not in said
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    if moment == "logging":
        logs = board.open(tmp_path / "runs")
        assert [logs[run].state for run in logs.runs] == ["finished"]
