"""Files that change under the reader: writers killed and resumed, files cut, replaced and made anew, over and over.

What is asserted holds at every moment, however the processes take turns.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import board
from board.ingest.clock import Clock
from board.ingest.read_buffer import ReadBuffer
from board.ingest.run_loader import RunLoader
from board.model import Kind
from board.storage import LocalStorage
from board.store.series import SeriesView
from board.store.store import Store
from tests.board.event_files import START, scalar, version, write
from tests.board.storages import FaultyStorage

pytestmark = pytest.mark.timeout(60)
NAME = "events.out.tfevents.1790000000.host"


class Loading:
    """A run that is read through a buffer so small that a file takes many reads."""

    def __init__(self, folder: Path, storage: LocalStorage | None = None) -> None:
        self.folder = folder
        self.run = RunLoader("run", storage or LocalStorage(folder), ".", Clock())
        self.store = Store()
        self.buffer = ReadBuffer(1024)

    def load(self) -> SeriesView | None:
        self.run.set_files(sorted(path.name for path in self.folder.iterdir()))
        stage = self.run.load(self.buffer).stage
        if stage is not None:
            self.store.commit([stage])
        return self.store.run("run").series.get(("loss", Kind.SCALAR)) if self.store.runs() else None


# -- a writer that is killed and resumed

SESSION = """
import os, sys
with open(sys.argv[1], "rb") as source:
    data = source.read()
file = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
at = points = 0
while at < len(data):
    end = at + 16 + int.from_bytes(data[at : at + 8], "little")
    os.write(file, data[at : at + 30])  # the kill comes between two writes as well
    os.write(file, data[at + 30 : end])
    print(points, flush=True)  # behind the file's version
    at, points = end, points + 1
"""


def test_a_writer_killed_and_resumed_over_and_over_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    loading = Loading(tmp_path / "run")
    first = written = 0
    for session in range(8):
        wall_time = START + 1e6 * session
        points = [scalar("loss", step, step, wall_time=wall_time + step) for step in range(first, first + 4000)]
        source = write(tmp_path / "source", version(wall_time), *points)
        path = write(tmp_path / "run" / f"events.out.tfevents.{1_790_000_000 + session}.host")
        child = subprocess.Popen([sys.executable, "-S", "-c", SESSION, source, path], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(30 + 10 * session):
            told = int(child.stdout.readline())
        loading.load()
        child.send_signal(signal.SIGKILL)
        told = int((child.communicate()[0].split() or [told])[-1])
        written += told
        first += told - 7  # it goes on from a checkpoint
    series = loading.load()
    assert series is not None
    (line,) = series.lines
    visible = line.value[~line.superseded].tolist()
    assert visible == list(range(len(visible)))
    assert len(visible) in (first + 7, first + 8)  # the last one may have died before it could tell
    assert written <= line.count <= written + 8
    fresh = board.open(tmp_path, cache=False)["run"].scalars["loss"]
    assert fresh.step.tolist() == line.step.tolist()
    assert fresh.superseded.tolist() == line.superseded.tolist()


# -- one file that is made anew

REWRITER = """
import os, sys
how, path, *sources = sys.argv[1:]
for i in range(320):
    with open(sources[i % len(sources)], "rb") as source:
        data = source.read()
    if how == "replaced":
        with open(sources[0] + ".new", "wb", buffering=0) as file:
            file.write(data)
        os.replace(sources[0] + ".new", path)
        continue
    if how == "recreated":
        os.unlink(path)
    elif how == "cut":
        os.truncate(path, os.path.getsize(path) // 2)
    with open(path, "wb", buffering=0) as file:  # truncates it
        file.write(data)
"""


def generation(number: int, count: int) -> list[bytes]:
    """Points whose records have one length in all generations, and whose value is the generation."""
    return [version(START + number), *[scalar("loss", step, number, wall_time=START + step) for step in range(count)]]


@pytest.mark.parametrize("how", ["truncated", "replaced", "recreated", "cut"])
def test_a_file_made_anew_over_and_over_is_never_a_mix(tmp_path: Path, how: str) -> None:
    path = write(tmp_path / "run" / NAME, *generation(1, 100))
    sources = [write(tmp_path / f"source{i}", *generation(i, 100 + 10 * (i % 3))) for i in range(32)]
    loading = Loading(path.parent)
    loading.load()
    child = subprocess.Popen([sys.executable, "-S", "-c", REWRITER, how, path, *sources])
    try:
        while child.poll() is None:
            assert_no_mix(loading.load())
    finally:
        assert child.wait() == 0
    series = loading.load()
    assert series is not None
    assert series.value.tolist() == [31.0] * 110
    assert_no_mix(series)


def assert_no_mix(series: SeriesView | None) -> None:
    if series is not None:
        assert len(set(series.value.tolist())) == 1
        assert series.step.tolist() == list(range(series.count))


def changes(path: Path) -> Iterator[None]:
    """Rewrite the file in place, again and again; each time it is another length."""
    number = 1
    while True:
        number += 1
        path.write_bytes(b"".join(generation(number, 200 + 50 * (number % 3))))
        yield


@pytest.mark.parametrize("every", [1, 2, 3, 5, 8])
def test_a_file_rewritten_amid_each_read_is_shown_whole_or_as_it_was(tmp_path: Path, every: int) -> None:
    path = write(tmp_path / NAME, *generation(1, 300))
    rewrite = changes(path)
    is_restless = False

    def on_read(n: int) -> None:
        if is_restless and n % every == 0:
            next(rewrite)

    loading = Loading(tmp_path, FaultyStorage(tmp_path, on_read))
    loading.load()
    for _ in range(6):
        next(rewrite)
        is_restless = True
        assert_no_mix(loading.load())
        is_restless = False
    series = loading.load()
    assert_no_mix(series)
    assert series is not None
    (fresh,) = board.open(tmp_path, cache=False)["."].scalars.values()
    assert series.value.tolist() == fresh.value.tolist()


def test_a_file_deleted_and_made_again_under_the_board(tmp_path: Path) -> None:
    path = tmp_path / "run" / NAME
    with board.open(write(path, *generation(1, 50)).parents[1], cache=False) as logs:
        for number in range(2, 8):
            if number % 2:
                path.unlink()
                logs.refresh()
                assert logs.runs == []
            write(path, *generation(number, 20 + number))
            logs.refresh()
            assert logs["run"].scalars["loss"].value.tolist() == [number] * (20 + number)
            os.truncate(path, sum(map(len, generation(number, 5))))
            logs.refresh()
            assert logs["run"].scalars["loss"].value.tolist() == [number] * 5
            os.truncate(path, 0)
            logs.refresh()
            assert logs["run"].scalars == {}
            assert logs.problems == []
