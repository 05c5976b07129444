"""The second start reads from the index what the first one read from the files, and nobody can tell the difference."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest

import board
from board.ingest.clock import Clock
from board.ingest.logdir import parse_logdirs
from board.ingest.logdir_loader import LogdirLoader
from board.logs import Logs
from board.model import Kind
from board.store.index_cache import IndexCache
from board.store.store import Store
from tests.board import event_files as files
from writer.format.messages import Event
from writer.format.records import ENGINE, encode_record

CORPUS = Path(__file__).parents[1] / "corpus" / "logs"


class Opened:
    """A logdir that was read once, every run of it by way of an index where there is one, however small."""

    def __init__(self, logdir: Path, cache: Path | None, memory: int = 1 << 30) -> None:
        self.store = Store()
        index = None if cache is None else IndexCache(cache, memory // 4, least_bytes=0)
        self.loader = LogdirLoader(parse_logdirs([logdir]), self.store, clock=Clock(), cache=index, memory_bytes=memory)
        self.refresh()

    def refresh(self) -> None:
        with self.loader.lock:
            self.loader.sweep()
            self.loader.load(list(self.loader.runs))
            if self.loader.indexer is not None:
                self.loader.indexer.write_due()

    @property
    def stored(self) -> int:
        """Points that lie in an index."""
        return sum(
            part.count
            for view in self.store.views()
            for series in view.series.values()
            for part in series.parts
            if part.columns.is_stored
        )

    def facts(self) -> dict[str, Any]:
        """All that there is to know, but when the files changed."""
        return {view.name: self._facts_of(view) for view in self.store.views()}

    @staticmethod
    def _facts_of(view: Any) -> dict[str, Any]:
        series = {}
        for (tag, kind), found in view.series.items():
            columns = [found.step, found.wall_time.view(np.int64), found.superseded]
            columns += [found.value.view(np.int64)] if kind is Kind.SCALAR else []
            series[tag, kind] = (
                [column.tolist() for column in columns],
                [(line.name, line.count, line.superseded_count) for line in found.lines],
                found.salvaged_count,
                [] if kind is Kind.SCALAR else found.blob_refs(),
            )
        return {
            "series": series,
            "files": {file.path: facts for file, facts in view.files.items()},
            "descriptions": dict(view.descriptions),
            "starts": {file.path: starts for file, starts in view.starts.items()},
            "first": view.first_wall_time,
            "points": (view.points, view.blobs),
        }


def test_logs_of_all_writers_are_the_same_from_the_index(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    shutil.copytree(CORPUS, logdir)
    fresh = Opened(logdir, None).facts()
    assert Opened(logdir, cache).facts() == fresh
    again = Opened(logdir, cache)
    assert again.facts() == fresh
    assert again.stored == sum(sum(run["points"]) for run in fresh.values()) > 100


def resumed(logdir: Path) -> Path:
    """A run that was resumed, with a bad record, a gap and half a record at its end."""
    run = logdir / "run"
    whole = files.scalars(50)
    bad = bytearray(whole[20])
    bad[-6] ^= 1
    files.write(run / "events.out.tfevents.100.a", *whole[:20], bytes(bad), *whole[21:])
    torn = [files.scalar("loss", step, -step, wall_time=files.START + 100 + step) for step in range(30, 60)]
    return files.write(
        run / "events.out.tfevents.200.a", files.version(), *torn[:15], b"garbage", *torn[15:], torn[0][:9]
    )


def append(path: Path) -> None:
    files.append(path, *[files.scalar("loss", 100 + step, step) for step in range(7)], files.end_marker())


def complete_the_last_record(path: Path) -> None:
    last = files.scalar("loss", 30, -30, wall_time=files.START + 130)
    files.append(path, last[9:], files.scalar("other", 1, 1))


def replace(path: Path) -> None:
    path.with_name("new").write_bytes(b"".join(files.scalars(80, tag="new")))
    path.with_name("new").replace(path)


def truncate(path: Path) -> None:
    os.truncate(path, 500)


def rewrite_in_place(path: Path) -> None:
    size = path.stat().st_size
    data = b"".join(files.scalars(200, first=7))[:size]
    with path.open("r+b") as file:
        file.write(data)
    assert path.stat().st_size == size


def add_a_file(path: Path) -> None:
    files.write(path.with_name("events.out.tfevents.300.a"), *files.scalars(9, first=55))


def add_a_run(path: Path) -> None:
    files.write(path.parent / "sub" / "events.out.tfevents.300.a", *files.scalars(9))


def turn_to_another_mode(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES = [
    append,
    complete_the_last_record,
    replace,
    truncate,
    rewrite_in_place,
    add_a_file,
    add_a_run,
    turn_to_another_mode,
    Path.unlink,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_between_two_starts_is_noticed(tmp_path: Path, change: Callable[[Path], None]) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    path = resumed(logdir)
    os.utime(path, (1e9, 1e9))
    first = Opened(logdir, cache)
    assert first.facts() == Opened(logdir, None).facts()
    assert {problem.code for view in first.store.views() for problem in view.problems} >= {"payload_crc", "gap"}
    change(path)
    fresh = Opened(logdir, None).facts()
    again = Opened(logdir, cache)
    assert again.stored >= 48, "the file that nothing has happened to comes from the index"
    assert again.facts() == fresh
    assert Opened(logdir, cache).facts() == fresh, "and so it stays"


def test_a_restored_run_goes_on_growing(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    path = files.write(logdir / "run" / "events.out.tfevents.1.a", *files.scalars(50))
    Opened(logdir, cache)
    opened = Opened(logdir, cache)
    for step in range(50, 200, 10):
        files.append(path, *[files.scalar("loss", step + i, step + i) for i in range(10)])
        opened.refresh()
        value = opened.store.run("run").series["loss", Kind.SCALAR].value
        assert value.tolist() == list(range(step + 10))
    again = Opened(logdir, cache)
    assert 100 < again.stored <= 200, "it was written again as the run grew"
    assert again.facts() == opened.facts() == Opened(logdir, None).facts()


def test_a_damaged_index_costs_nothing_but_time(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    resumed(logdir)
    fresh = Opened(logdir, cache).facts()
    (index,) = cache.glob("*/*.index")
    data = bytearray(index.read_bytes())
    data[64:1500:7] = bytes(len(range(64, 1500, 7)))
    index.write_bytes(data)
    opened = Opened(logdir, cache)
    assert opened.stored > 0
    assert opened.facts() == fresh
    assert not index.exists()
    opened.refresh()
    assert index.exists(), "another one is written"
    assert opened.facts() == fresh
    again = Opened(logdir, cache)
    assert again.stored > 0
    assert again.facts() == fresh
    assert index.exists()


def test_what_a_damaged_index_has_lost_takes_no_memory(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    large_run(logdir, 200_000)
    Opened(logdir, cache)
    (index,) = cache.glob("*/*.index")
    with index.open("r+b") as file:
        file.seek(64)
        file.write(bytes(8 * 150_000))
    opened = Opened(logdir, cache)
    (part,) = opened.store.run("run").series["loss", Kind.SCALAR].parts
    tracemalloc.start()
    try:
        for chunk in part.columns.chunks:
            assert chunk.words[0][-1] == chunk.start + chunk.filled - 1
        # The buffer, and three columns of a block; the plain engine has lists of them on the way.
        assert tracemalloc.get_traced_memory()[1] < (6 if ENGINE == "compiled" else 9) << 20
    finally:
        tracemalloc.stop()
    assert part.columns.ints(2)[0][:3].view(np.float64).tolist() == [0.0, 1.0, 2.0]


def test_a_last_record_that_was_given_up_is_looked_at_again_at_the_next_start(tmp_path: Path) -> None:
    """A network file system may show zeros for longer than we wait."""
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    whole = files.scalars(40)
    torn = bytearray(whole[-1])
    torn[20:] = bytes(len(torn) - 20)
    path = files.write(logdir / "run" / "events.out.tfevents.1.a", *whole[:-1], bytes(torn))
    os.utime(path, (1e9, 1e9))
    opened = Opened(logdir, cache)
    (problem,) = opened.store.run("run").problems
    assert (problem.code, problem.count) == ("payload_crc", 1)
    again = Opened(logdir, cache)
    assert again.stored > 30
    assert again.facts() == opened.facts()
    with path.open("r+b") as file:
        file.seek(-len(torn), os.SEEK_END)
        file.write(whole[-1])
    healed = Opened(logdir, cache)
    assert healed.stored > 30
    assert healed.store.run("run").problems == ()
    assert healed.facts() == Opened(logdir, None).facts()


def test_the_index_may_be_deleted_at_any_moment(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    path = resumed(logdir)
    fresh = Opened(logdir, cache).facts()
    opened = Opened(logdir, cache)
    shutil.rmtree(cache)
    assert opened.facts() == fresh
    append(path)
    opened.refresh()
    assert opened.facts() == Opened(logdir, None).facts()
    assert Opened(logdir, cache).facts() == Opened(logdir, cache).facts() == opened.facts()


def test_small_runs_get_no_index(tmp_path: Path) -> None:
    files.write(tmp_path / "logs" / "events.out.tfevents.1.a", *files.scalars(50))
    with board.open(tmp_path / "logs", cache=tmp_path / "cache") as logs:
        assert len(logs["."].scalars["loss"]) == 50
    assert not (tmp_path / "cache").exists()


def large_run(logdir: Path, count: int = 20_000) -> Path:
    return files.write(logdir / "run" / "events.out.tfevents.1.a", *files.scalars(count))


def test_an_index_is_kept_where_one_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    large_run(tmp_path / "logs")
    for cache, folder in (
        (False, None),
        (True, tmp_path / "home" / "trainboard"),
        (str(tmp_path / "x"), tmp_path / "x"),
    ):
        board.open(tmp_path / "logs", cache=cache).close()
        kept = {path.parent.parent for path in tmp_path.glob("**/*.index")}
        assert kept == ({folder} if folder else set())
        if folder:
            assert (folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
            assert folder.stat().st_mode & 0o077 == 0
            shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_named_and_harms_nothing(tmp_path: Path) -> None:
    large_run(tmp_path / "logs")
    (tmp_path / "file").touch()
    with board.open(tmp_path / "logs", cache=tmp_path / "file" / "cache") as logs:
        assert len(logs["run"].scalars["loss"]) == 20_000
        (problem,) = logs.problems
        assert problem.code == "cache"
        assert "No index can be written" in problem.message


def test_a_full_disk_leaves_no_half_index(tmp_path: Path) -> None:
    large_run(tmp_path / "logs")
    code = (  # a limit on the size of files fails a write in its middle, as a full disk does
        "import resource, signal, board, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "logs = board.open(sys.argv[1], cache=sys.argv[2])\n"
        "print(len(logs['run'].scalars['loss']), [problem.code for problem in logs.problems])\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "logs"), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "20000 ['cache']\n"
    assert not list((tmp_path / "cache").glob("*/*"))


WRITES_FOR_EVER = """
import sys
from pathlib import Path
from board.model import Stage
from tests.board.test_index import Opened
opened = Opened(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
run = opened.loader.runs["run"]
while True:
    run.note_indexed([])
    opened.loader.indexer.note(run, Stage("run"))
    opened.loader.indexer.write_due()
"""


def test_killed_writers_and_two_boards_at_once_leave_a_whole_index(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    large_run(logdir)
    fresh = Opened(logdir, None).facts()
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(logdir), str(cache)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for _ in range(5):
            opened = Opened(logdir, cache)
            assert opened.stored == 20_000
            assert opened.facts() == fresh
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
    opened = Opened(logdir, cache)
    assert opened.stored == 20_000
    assert opened.facts() == fresh


def test_what_nobody_uses_any_more_goes(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    resumed(logdir)
    index = IndexCache(cache, 1 << 20, least_bytes=0)
    Opened(logdir, cache)
    (path,) = cache.glob("*/*.index")
    left = path.with_suffix(".index.1-1.tmp")
    left.touch()
    index.tidy()
    assert path.exists()
    assert left.exists()
    month_ago = path.stat().st_mtime - 31 * 86_400
    os.utime(path, (month_ago, month_ago))
    os.utime(left, (month_ago, month_ago))
    assert Opened(logdir, cache).stored > 0, "to be used is to be kept"
    index.tidy()
    assert path.exists()
    assert not left.exists()
    os.utime(path, (month_ago, month_ago))
    index.tidy()
    assert not path.exists()


def test_a_logdir_larger_than_memory_opens_and_stays_within_it(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    for run in range(6):
        files.write(logdir / f"run{run}" / "events.out.tfevents.1.a", *files.scalars(8_000))
    memory = 6 * 8_000 * 24 // 10
    opened = Opened(logdir, cache, memory)
    parts = [part for view in opened.store.views() for series in view.series.values() for part in series.parts]
    assert sum(part.columns.own_bytes for part in parts) <= memory
    assert opened.stored > 20_000
    assert opened.facts() == Opened(logdir, None).facts()


def test_a_run_larger_than_memory_is_read_in_pieces(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    path = large_run(logdir, 60_000)  # more than one buffer
    assert path.stat().st_size > 2 << 20
    opened = Opened(logdir, cache, 60_000 * 24 // 10)
    assert opened.stored > 40_000
    assert opened.facts() == Opened(logdir, None).facts()
    (index,) = cache.glob("*/*.index")
    inode, size = index.stat().st_ino, index.stat().st_size
    assert size < 2.2 * 60_000 * 24, "what it had was not written again each time"
    files.append(path, *[files.scalar("loss", 100_000 + step, step) for step in range(30_000)])
    opened.refresh()
    assert index.stat().st_ino == inode
    assert index.stat().st_size < size + 2.2 * 30_000 * 24
    assert opened.facts() == Opened(logdir, None).facts() == Opened(logdir, cache).facts()


def test_a_server_writes_its_indexes_beside_its_other_work(tmp_path: Path) -> None:
    large_run(tmp_path / "logs")
    logs = Logs(tmp_path / "logs", cache=tmp_path / "cache")
    logs.watch(lambda delta: None)
    try:
        wait_until(lambda: list((tmp_path / "cache").glob("*/*.index")))
    finally:
        logs.close()
    again = Opened(tmp_path / "logs", tmp_path / "cache")
    assert again.stored == 20_000
    assert json.dumps(list(again.store.run("run").series["loss", Kind.SCALAR].value[:3])) == "[0.0, 1.0, 2.0]"


def wait_until(condition: Callable[[], object]) -> None:
    until = monotonic() + 20
    while not condition():
        assert monotonic() < until
        sleep(0.02)


MANY_RUNS = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from pathlib import Path
from tests.board.test_index import Opened
opened = Opened(Path(sys.argv[1]), Path(sys.argv[2]))
assert opened.stored == 2000, opened.stored
series = [view.series["loss", "scalar"] for view in opened.store.views()]
assert all(one.value.tolist() == list(range(50)) for one in series)
assert all(one.parts[0].columns.chunks[0].words.file.is_mapped for one in series)
print(len(os.listdir("/proc/self/fd")))
"""


def test_many_indexes_leave_descriptors_for_others(tmp_path: Path) -> None:
    for run in range(40):
        files.write(tmp_path / "logs" / f"run{run}" / "events.out.tfevents.1.a", *files.scalars(50))
    Opened(tmp_path / "logs", tmp_path / "cache")
    command = [sys.executable, "-c", MANY_RUNS, str(tmp_path / "logs"), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 20


def test_a_replaced_file_takes_its_descriptions_with_it(tmp_path: Path) -> None:
    logdir, cache = tmp_path / "logs", tmp_path / "cache"
    event = Event(step=1, wall_time=files.START)
    event.summary.value.add(tag=b"loss", simple_value=1.0).metadata.summary_description = b"the old text"
    described = encode_record(event.SerializeToString())
    path = files.write(logdir / "run" / "events.out.tfevents.1.a", *files.scalars(20), described)
    assert Opened(logdir, cache).facts()["run"]["descriptions"] == {"loss": ("", "the old text")}
    assert Opened(logdir, cache).facts()["run"]["descriptions"] == {"loss": ("", "the old text")}
    replace(path)
    assert Opened(logdir, cache).facts()["run"]["descriptions"] == {}
