"""Which ranks of a distributed training log, and that the others cost nothing and leave nothing."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import board
from writer import SummaryWriter
from writer.ranks import say_silent_once

ROOT = Path(__file__).resolve().parents[2]
LAUNCHERS = {
    "torchrun": ("RANK", "WORLD_SIZE"),
    "SLURM": ("SLURM_PROCID", "SLURM_NTASKS"),
    "Open MPI": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
}


@pytest.fixture(params=LAUNCHERS)
def rank_3(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Be the last of four processes that one of the launchers has started."""
    rank, size = LAUNCHERS[request.param]
    monkeypatch.setenv(rank, "3")
    monkeypatch.setenv(size, "4")
    monkeypatch.chdir(tmp_path)
    say_silent_once.cache_clear()


@pytest.mark.usefixtures("rank_3")
def test_a_rank_with_a_folder_of_its_own_logs(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "trial") as writer:
        writer.add_scalar("loss", 0.5, 1)
    (path,) = (tmp_path / "trial").iterdir()
    assert ".r00003." in path.name
    assert board.open(tmp_path, cache=False)["trial"].scalars["loss"].value.tolist() == [0.5]


@pytest.mark.usefixtures("rank_3")
@pytest.mark.parametrize("more", [{}, {"ranks": "zero", "log_dir": "trial"}])
def test_a_silent_rank_does_nothing_and_says_so_once(
    more: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    threads = len(os.listdir("/proc/self/task"))
    model = torch.nn.LazyLinear(3)
    for _ in range(2):
        with SummaryWriter(**more, capture_output=True, system_metrics=True, record_run=True) as writer:  # type: ignore[arg-type]
            assert len(os.listdir("/proc/self/task")) == threads
            writer.add_scalar("loss", 0.5, 1)
            writer.add_scalar("bad", object())
            writer.add_many({"a": 1.0, "b": 2}, 1)
            writer.log({"a": 1.0, "text": "x"})
            writer.add_scalars("s", {"a": 1}, 1)
            writer.add_image("x", np.zeros((3, 9, 9)), 1)
            writer.add_histogram("h", np.zeros(9), 1)
            writer.add_text("t", "t", 1)
            writer.add_hparams({"lr": 1}, {"m": 1})
            writer.add_embedding(np.zeros((3, 3)))
            writer.add_graph(model, torch.zeros(1, 2))
            writer.file_writer.add_summary(b"")
            writer.flush()
        writer.close()
    assert list(tmp_path.iterdir()) == []
    assert torch.nn.parameter.is_lazy(model.weight)
    assert [record.getMessage()[:21] for record in caplog.records] == ["rank 3 logs nothing, "]


@pytest.mark.usefixtures("rank_3")
def test_every_rank_logs_into_the_default_folder_where_it_is_asked_to(tmp_path: Path) -> None:
    with SummaryWriter(comment="_x", ranks="all") as writer:
        writer.add_scalar("loss", 0.5, 1)
    (path,) = (tmp_path / "runs").rglob("*tfevents*")
    assert ".r00003." in path.name


def test_rank_0_logs_into_the_default_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.DEBUG), SummaryWriter() as writer:
        writer.add_scalar("loss", 0.5, 1)
    assert len(list((tmp_path / "runs").rglob("*tfevents*"))) == 1
    assert caplog.records == []


def test_an_unknown_policy_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'all', 'zero' or None, not 'first'"):
        SummaryWriter(tmp_path, ranks="first")


def test_processes_in_one_folder_never_share_a_file(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom writer import SummaryWriter\n"
        "with SummaryWriter(sys.argv[1]) as writer:\n"
        "    for step in range(200): writer.add_scalar('loss', float(step), step)\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env={**os.environ, "RANK": str(rank)})
        for rank in range(4)
    ]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0, 0]
    paths = sorted(tmp_path.iterdir())
    assert [path.name.split(".r")[1][:5] for path in sorted(paths, key=lambda p: p.name.split(".r")[1])] == [
        f"{rank:05d}" for rank in range(4)
    ]
