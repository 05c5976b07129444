"""What is read side by side is the same as what is read one after the other."""

from pathlib import Path

import numpy as np

from board.ingest.clock import Clock
from board.ingest.logdir import parse_logdirs
from board.ingest.logdir_loader import LogdirLoader
from board.model import Kind, RunState
from board.store.store import Store
from tests.board import event_files as files

MEBIBYTE = bytes(1 << 20)


def load(logdir: Path) -> tuple[LogdirLoader, Store]:
    store = Store()
    loader = LogdirLoader(parse_logdirs([logdir]), store, clock=Clock())
    loader.sweep()
    loader.load(list(loader.runs))
    return loader, store


def test_large_files_of_one_run_are_read_side_by_side(tmp_path: Path) -> None:
    for rank in range(5):
        images = [files.image("view", 10 * rank + step, MEBIBYTE) for step in range(6)]
        points = [files.scalar("loss", 10 * rank + step, rank) for step in range(10)]
        files.write(
            tmp_path / "run" / f"events.out.tfevents.{rank}.a", files.version(), *images, *points, files.end_marker()
        )
    files.write(tmp_path / "run" / "events.out.tfevents.9.a", *files.scalars(3, tag="small"), files.end_marker())
    loader, store = load(tmp_path)
    run = loader.runs["run"]
    view = store.run("run")
    assert run.unread_bytes == run.unseen_bytes == 0
    assert loader.unread_bytes == {}
    assert loader.unfinished == set()
    assert view.state is RunState.FINISHED
    assert sum(facts.size for facts in view.files.values()) == run.bytes_total == run.bytes_read
    assert {file.path[-3] for file in view.files} == set("012349")
    assert sorted(view.series["view", Kind.IMAGE].step.tolist()) == [10 * r + s for r in range(5) for s in range(6)]
    assert np.array_equal(view.series["loss", Kind.SCALAR].step // 10, view.series["loss", Kind.SCALAR].value)
    assert view.series["small", Kind.SCALAR].count == 3


def test_a_large_file_is_a_piece_of_work_of_its_own(tmp_path: Path) -> None:
    for name in ("1", "2"):
        images = [files.image("view", step, MEBIBYTE) for step in range(5)]
        files.write(tmp_path / f"events.out.tfevents.{name}.a", files.version(), *images)
    for name in ("3", "4", "5"):
        files.write(tmp_path / f"events.out.tfevents.{name}.a", *files.scalars(3))
    loader = LogdirLoader(parse_logdirs([tmp_path]), Store(), clock=Clock())
    loader.sweep()
    (run,) = loader.runs.values()
    assert [[name[-3] for name in piece] for piece in run.pieces()] == [["1"], ["2"], ["3", "4", "5"]]
    loader.load(["."])
    assert [[name[-3] for name in piece] for piece in run.pieces()] == [["1", "2", "3", "4", "5"]]


def test_a_run_without_files_is_one_piece_of_nothing(tmp_path: Path) -> None:
    files.write(tmp_path / "events.out.tfevents.1.a", *files.scalars(3))
    loader, _ = load(tmp_path)
    (run,) = loader.runs.values()
    run.set_files([])
    assert run.pieces() == [[]]
