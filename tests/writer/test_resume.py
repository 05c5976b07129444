"""Trainings that begin again where they had stopped, as the board and TensorBoard draw them."""

import os
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import board
from tests.writer.tensorboard_reader import find_event_files, read_events, read_own
from tests.writer.test_process import start
from writer import SummaryWriter


def train(folder: Path, first: int, last: int, **more: Any) -> SummaryWriter:
    """Log steps, with a checkpoint every ten."""
    log = SummaryWriter(folder, **more)
    for step in range(first, last):
        if step % 10 == 0:
            log.mark_checkpoint(step, folder / "checkpoint.pt")
        log.add_scalar("a", float(step), step)
        log.add_scalars("s", {"x": float(step)}, step)
        log.add_histogram("h", [1.0], step)
    log.flush()
    return log


def read_shown(folder: Path) -> list[tuple[int, float]]:
    """Points of "a" that TensorBoard shows; those that the board shows are the same."""
    shown = EventAccumulator(str(folder), {"scalars": 0}).Reload()
    points = [(point.step, point.wall_time) for point in shown.Scalars("a")]
    series = board.open(folder, cache=False)["."].scalars["a"]
    ours = [
        (int(step), float(when))
        for step, when, hidden in zip(series.step, series.wall_time, series.superseded, strict=True)
        if not hidden
    ]
    assert sorted(ours) == sorted(points)
    return points


def test_a_session_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    train(tmp_path, 0, 27).close()
    log = train(tmp_path, 20, 30, resume="auto")
    assert (log.resumed_step, log.purge_step) == (26, 20)
    log.close()
    assert [step for step, _ in read_shown(tmp_path)] == list(range(30))
    first, second = find_event_files(tmp_path)
    assert read_own(read_events(second)[1]).writer.parent == read_own(read_events(first)[1]).writer.uuid
    start = read_events(second)[2]
    assert (start.step, start.session_log.status) == (20, 1)
    series = board.open(tmp_path, cache=False)["."].scalars["a"]
    assert len(series.step) == 37  # what is superseded is kept


def test_a_given_step_is_taken_instead(tmp_path: Path) -> None:
    train(tmp_path, 0, 27).close()
    train(tmp_path, 15, 18, resume="auto", purge_step=15).close()
    assert [step for step, _ in read_shown(tmp_path)] == list(range(18))


def test_without_a_checkpoint_nothing_is_superseded_and_the_parent_is_known(tmp_path: Path) -> None:
    train(tmp_path, 1, 5).close()
    with SummaryWriter(tmp_path, resume="auto") as log:
        assert (log.resumed_step, log.purge_step) == (4, None)
        log.add_scalar("b", 1.0, 2)
    first, second = find_event_files(tmp_path)
    assert not any(event.HasField("session_log") for event in read_events(second))
    assert read_own(read_events(second)[1]).writer.parent == read_own(read_events(first)[1]).writer.uuid


def test_the_first_session_finds_nothing(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "new" / "run", resume="auto") as log:
        log.log({"a": 1.0})
        assert log.resumed_step is None
    with SummaryWriter(tmp_path / "new" / "run", resume="auto") as log:
        log.log({"a": 2.0})
    assert board.open(tmp_path, cache=False)["new/run"].scalars["a"].step.tolist() == [0, 1]


def test_a_killed_session_is_gone_on_from(tmp_path: Path) -> None:
    child = start(
        """
        import os, signal, sys
        from writer import SummaryWriter
        log = SummaryWriter(sys.argv[1])
        for step in range(100):
            log.add_scalar("a", 1.0, step)
            if step == 60:
                log.mark_checkpoint(60)
        log.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path,
    )
    child.communicate(timeout=30)
    (path,) = find_event_files(tmp_path)
    with path.open("ab") as file:
        file.write(b"torn")
    (tmp_path / "damaged.tfevents.0").write_bytes(b"\xff" * 100)
    (tmp_path / "a folder of tfevents").mkdir()
    with SummaryWriter(tmp_path, resume="auto") as log:
        assert (log.resumed_step, log.purge_step) == (99, 60)


@pytest.mark.parametrize("name", ["file", "a\0b"])
def test_what_is_no_folder_is_warned_of(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with SummaryWriter(tmp_path / name, resume="auto") as log:
        assert (log.resumed_step, log.purge_step) == (None, None)
    assert "begins as a new one" in caplog.messages[0]


def test_each_rank_goes_on_from_its_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uuids = {}
    for session in range(2):
        for rank in ("0", "1"):
            monkeypatch.setenv("RANK", rank)
            before = set(find_event_files(tmp_path))
            SummaryWriter(tmp_path, resume="auto").close()
            (path,) = set(find_event_files(tmp_path)) - before
            record = read_own(read_events(path)[1]).writer
            if session:
                assert record.parent == uuids[rank]
            uuids[rank] = record.uuid


def test_a_job_that_is_queued_again_finds_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    for step in range(2):
        with SummaryWriter(resume="auto", comment="_x") as log:
            log.add_scalar("a", 1.0, step)
    assert os.listdir("runs") == ["4711_x"]
    paths = find_event_files(tmp_path / "runs" / "4711_x")
    assert len(paths) == 2
    assert list(read_own(read_events(paths[0])[1]).writer.lineage) == [b"SLURM_JOB_ID=4711", b"SLURM_RESTART_COUNT=1"]
    monkeypatch.delenv("SLURM_JOB_ID")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    SummaryWriter(resume="auto").close()
    assert len(os.listdir("runs")) == 2


def test_what_else_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'auto' or None, not 'must'"):
        SummaryWriter(tmp_path, resume="must")
