"""One run: all of its files, and how it stands."""

import math
from pathlib import Path

import pytest

from board.ingest.read_buffer import ReadBuffer
from board.ingest.run_loader import RunLoader
from board.model import FileId, RunState, Stage
from board.storage import LocalStorage
from tests.board.event_files import START, HandClock, append, end_marker, scalar, scalars, version, write

A, B = "events.out.tfevents.1790000000.a", "events.out.tfevents.1790000100.b"
BUFFER = ReadBuffer()


class Loading:
    """A run whose files are old, and a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hand = HandClock(folder.stat().st_mtime)
        self.run = RunLoader("run", LocalStorage(folder), ".", self.hand.clock)

    def load(self, *names: str) -> Stage | None:
        self.run.set_files(sorted(names or [path.name for path in self.folder.iterdir()]))
        return self.run.load(BUFFER).stage

    def must_load(self) -> Stage:
        stage = self.load()
        assert stage is not None
        return stage


def values(stage: Stage, name: str) -> list[float]:
    return [value for file, rows in stage.rows if file.path == name for value in rows.scalar_value.tolist()]


def test_every_file_is_read_for_ever(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(2))
    write(tmp_path / B, *scalars(3))
    stage = loading.must_load()
    assert (values(stage, A), values(stage, B)) == ([0, 1], [0, 1, 2])
    assert {file.path: facts.records for file, facts in stage.facts.items()} == {A: 3, B: 4}
    append(tmp_path / A, scalar("loss", 2, 7.0))  # the older one
    stage = loading.must_load()
    assert (values(stage, A), values(stage, B)) == ([7], [])
    assert list(stage.facts) == [FileId(A, 0)]


def test_nothing_new_is_no_stage(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(2))
    assert loading.load() is not None
    assert loading.load() is None


def test_a_replaced_file_comes_as_the_next_generation_whole(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(3))
    loading.must_load()
    write(tmp_path / "new", *scalars(500)).rename(tmp_path / A)
    loading.run.set_files([A])
    loaded = loading.run.load(ReadBuffer(1024), deadline=-math.inf)  # no deadline may cut a file in two here
    assert loaded.stage is not None
    assert loaded.stage.gone == [FileId(A, 0)]
    assert {file for file, _ in loaded.stage.rows} == {FileId(A, 1)}
    assert len(values(loaded.stage, A)) == 500


def test_a_file_that_was_deleted_and_made_again(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(3))
    write(tmp_path / B, *scalars(1))
    loading.must_load()
    (tmp_path / A).unlink()
    assert loading.load(A, B) is not None  # not listed anew yet: it is said, nothing is lost
    assert loading.run.has_missing_file
    stage = loading.must_load()
    assert stage.gone == [FileId(A, 0)]
    write(tmp_path / A, *scalars(2))
    stage = loading.must_load()
    assert stage.gone == []
    assert [file for file, _ in stage.rows] == [FileId(A, 1)]


def test_problems_name_run_and_file(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    records = scalars(4)
    write(tmp_path / A, *records[:2], bytes(100), *records[2:])
    (problem,) = loading.must_load().facts[FileId(A, 0)].problems
    assert (problem.file, problem.code, problem.offset, problem.length) == (
        f"run/{A}",
        "gap",
        sum(map(len, records[:2])),
        100,
    )


# -- how it stands


def state(loading: Loading) -> RunState:
    loading.load()
    return loading.run.state


def test_starting_live_stalled_stopped(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, version())
    loading.hand.wall = (tmp_path / A).stat().st_mtime
    assert state(loading) is RunState.STARTING
    append(tmp_path / A, scalar("loss", 0, 1.0))
    assert state(loading) is RunState.LIVE
    loading.hand.advance(9)
    assert state(loading) is RunState.LIVE
    loading.hand.advance(2)
    stage = loading.run.check_state()  # told by the clock alone
    assert stage is not None
    assert stage.state is RunState.STALLED
    loading.hand.advance(598)
    assert state(loading) is RunState.STALLED
    loading.hand.advance(5)
    assert state(loading) is RunState.STOPPED
    append(tmp_path / A, scalar("loss", 1, 1.0))
    assert state(loading) is RunState.LIVE


def test_a_run_that_grows_rarely_is_given_more_time(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(1))
    state(loading)
    for step in range(1, 6):
        loading.hand.advance(60)
        append(tmp_path / A, scalar("loss", step, 1.0))
        state(loading)
    loading.hand.advance(599)
    assert state(loading) is RunState.LIVE
    loading.hand.advance(2)
    assert state(loading) is RunState.STALLED


def test_an_end_marker_finishes_a_run(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(2), end_marker())
    assert state(loading) is RunState.FINISHED
    loading.hand.advance(10_000)
    assert state(loading) is RunState.FINISHED


@pytest.mark.parametrize(("killed_until", "expected"), [(50, RunState.FINISHED), (500, RunState.LIVE)])
def test_a_resumed_run_is_finished_with_its_last_session(tmp_path: Path, killed_until: int, expected: RunState) -> None:
    """A session that was killed has no end marker, ever; one that still ran when the other began is no such session."""
    loading = Loading(tmp_path)
    write(tmp_path / A, version(), scalar("loss", 0, 1.0), scalar("loss", 1, 1.0, wall_time=START + killed_until))
    write(tmp_path / B, scalar("loss", 0, 1.0, wall_time=START + 100), end_marker())
    loading.hand.wall = (tmp_path / B).stat().st_mtime
    assert state(loading) is expected


def test_a_run_seen_for_the_first_time_is_judged_by_its_files_age(tmp_path: Path) -> None:
    loading = Loading(tmp_path)
    write(tmp_path / A, *scalars(2))
    loading.hand.wall = (tmp_path / A).stat().st_mtime + 10_000
    assert state(loading) is RunState.STOPPED
    assert loading.run.quiet_s == pytest.approx(10_000)
