"""Trainings of several processes as torch starts them: torchrun, spawn, the workers of a DataLoader."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import board
from tests.writer.tensorboard_reader import find_event_files, read_events, read_own
from tests.writer.test_process import is_ended, read_steps

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a Python program with this checkout on its path."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, timeout=110, check=False
    )


def torchrun(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run two ranks."""
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    return run(*launcher, str(ROOT / "tests/writer/launched.py"), *arguments, cwd=cwd)


def test_under_torchrun_every_rank_has_its_file_in_a_folder_that_was_given(tmp_path: Path) -> None:
    done = torchrun(str(tmp_path / "run"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    files = find_event_files(tmp_path / "run")
    records = [read_own(read_events(path)[1]).writer for path in files]
    assert sorted((record.rank, record.world_size) for record in records) == [(0, 2), (1, 2)]
    assert all(b"TORCHELASTIC_RESTART_COUNT=0" in record.lineage for record in records)
    assert all(is_ended(path) for path in files)
    run_ = board.open(tmp_path, cache=False)["run"]
    for rank in range(2):
        assert run_.scalars[f"rank{rank}"].value.tolist() == [float(rank)] * 50
    assert sorted(run_.scalars["sum"].step.tolist()) == sorted([*range(50)] * 2)
    assert "logs nothing" not in done.stderr


def test_under_torchrun_rank_0_alone_has_the_folder_that_nobody_named(tmp_path: Path) -> None:
    done = torchrun(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.rglob("*tfevents*")
    assert path.parent.name.endswith("_launched")
    assert read_own(read_events(path)[1]).writer.rank == 0
    assert done.stderr.count("rank 1 logs nothing, as rank 0 does") == 1
    assert done.stderr.count("logs nothing") == 1


def test_a_sibling_that_fails_costs_nothing_that_was_flushed(tmp_path: Path) -> None:
    done = run("-m", "tests.writer.spawned", "spawn", str(tmp_path))
    assert "on purpose" in done.stderr
    for rank in range(2):
        assert read_steps(tmp_path, f"rank{rank}") == list(range(100))
    assert len(find_event_files(tmp_path)) == 2


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_a_data_loader_log_beside_the_training(tmp_path: Path, method: str) -> None:
    done = run("-m", "tests.writer.spawned", "load", str(tmp_path), method)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_steps(tmp_path, "batch") == list(range(20))
    assert read_steps(tmp_path, "item") == sorted([*range(40)] * 2)
    assert len(find_event_files(tmp_path)) == 1 + 2 * 2
    pids = {read_own(read_events(path)[1]).writer.pid for path in find_event_files(tmp_path)}
    assert len(pids) == len(find_event_files(tmp_path))
