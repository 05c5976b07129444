"""The thread that keeps the store up with the logdirs: real files, a real clock, conditions with deadlines."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from board.ingest.logdir import parse_logdirs
from board.ingest.logdir_loader import LogdirLoader
from board.ingest.watcher import Watcher
from board.logs import Logs
from board.model import Delta, RunState
from board.store.store import Store
from tests.board.event_files import START, HandClock, append, end_marker, scalar, scalars, version, write

NAME = "events.out.tfevents.1790000000.host"


def wait_until(condition: Callable[[], object], deadline_s: float = 10.0) -> float:
    """Wait for a condition; return how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < deadline_s, "the condition did not come true in time"
        time.sleep(0.002)
    return time.monotonic() - start


class Watched:
    """Logs that are being watched, and the deltas so far."""

    def __init__(self, *paths: Path) -> None:
        self.logs = Logs(*paths)
        self.deltas: list[Delta] = []
        self.logs.watch(self.deltas.append)

    def count(self, run: str, tag: str = "loss") -> int:
        if run not in self.logs or tag not in self.logs[run].scalars:
            return 0
        return len(self.logs[run].scalars[tag])


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    watched: list[Watched] = []

    def start(*paths: Path) -> Watched:
        watched.append(Watched(*paths))
        return watched[-1]

    yield start
    for each in watched:
        each.logs.close()


def test_runs_appear_grow_and_finish(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    path = write(tmp_path / "a" / NAME, *scalars(3))
    watched = watch(tmp_path)
    wait_until(lambda: watched.count("a") == 3 and not watched.logs.overview().loading)
    assert watched.deltas[0].added == {"a"}
    append(path, scalar("loss", 3, 3.0))
    assert wait_until(lambda: watched.count("a") == 4) < 1.0
    assert set(watched.deltas[-1].grew) == {"a"}
    assert watched.logs["a"].state is RunState.LIVE
    append(path, end_marker())
    wait_until(lambda: watched.logs["a"].state is RunState.FINISHED)
    assert [delta.revision for delta in watched.deltas] == sorted({delta.revision for delta in watched.deltas})


def test_a_commit_follows_a_write_quickly(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    path = write(tmp_path / "a" / NAME, *scalars(1))
    watched = watch(tmp_path)
    wait_until(lambda: watched.count("a") == 1)
    took = []
    for step in range(1, 10):
        append(path, scalar("loss", step, 1.0))
        took.append(wait_until(lambda n=step: watched.count("a") == n + 1))
    assert sorted(took)[len(took) // 2] < 0.15


def test_new_runs_in_new_nested_folders(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    watched = watch(tmp_path)
    wait_until(lambda: not watched.logs.overview().loading)
    assert "Waiting for event files" in str(watched.logs.overview().waiting)
    for i in range(30):
        write(tmp_path / "x" / f"y{i}" / "z" / NAME, *scalars(2))
    wait_until(lambda: len(watched.logs.runs) == 30)
    assert watched.logs.overview().waiting is None


def test_a_missing_logdir_is_waited_for(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    watched = watch(tmp_path / "later")
    wait_until(lambda: not watched.logs.overview().loading)
    assert watched.logs.overview().waiting == f"Waiting for {tmp_path / 'later'}: there is no such folder yet."
    path = write(tmp_path / "later" / "run" / NAME, *scalars(2))
    wait_until(lambda: watched.count("run") == 2)
    append(path, scalar("loss", 2, 2.0))
    wait_until(lambda: watched.count("run") == 3)


def test_a_removed_run_goes_and_a_removed_logdir_keeps_its_runs(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    logdir = tmp_path / "logs"
    for run in "ab":
        write(logdir / run / NAME, *scalars(2))
    watched = watch(logdir)
    wait_until(lambda: len(watched.logs.runs) == 2)
    shutil.rmtree(logdir / "a")
    wait_until(lambda: watched.logs.runs == ["b"])
    logdir.rename(tmp_path / "away")  # as if unmounted
    wait_until(lambda: any(problem.file.endswith(NAME) for problem in watched.logs.problems))
    assert watched.logs.runs == ["b"]
    (tmp_path / "away").rename(logdir)
    append(logdir / "b" / NAME, scalar("loss", 2, 2.0))
    wait_until(lambda: watched.count("b") == 3)
    wait_until(lambda: watched.logs.problems == [])


def test_finished_runs_go_and_come_back_as_quickly_as_live_ones(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    for run in "abc":
        path = write(tmp_path / "logs" / run / NAME, *scalars(2), end_marker())
        os.utime(path, (START, START))  # long ago: nobody looks at them often
    watched = watch(tmp_path / "logs")
    wait_until(lambda: len(watched.logs.runs) == 3 and not watched.logs.overview().loading)
    for run in "ac":  # the first one perhaps in the round of looks at the beginning, the second one behind it
        shutil.rmtree(tmp_path / "logs" / run)
        assert wait_until(lambda run=run: run not in watched.logs) < 5.0
    shutil.rmtree(tmp_path / "logs")
    wait_until(lambda: any("listed" in problem.message for problem in watched.logs.problems))
    write(tmp_path / "logs/b" / NAME, *scalars(5))
    assert wait_until(lambda: watched.count("b") == 5) < 5.0


def test_a_replaced_file_is_swapped_in_whole(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    path = write(tmp_path / "a" / NAME, *scalars(50))
    watched = watch(tmp_path)
    wait_until(lambda: watched.count("a") == 50)
    seen: set[int] = set()
    write(tmp_path / "new", *scalars(80)).rename(path)

    def look() -> bool:
        seen.add(watched.count("a"))
        return 80 in seen

    wait_until(look)
    assert seen <= {50, 80}
    os.truncate(path, 0)
    wait_until(lambda: watched.count("a") == 0)
    append(path, *scalars(7))
    wait_until(lambda: watched.count("a") == 7)
    path.unlink()
    wait_until(lambda: watched.logs.runs == [])
    write(path, *scalars(4))
    wait_until(lambda: watched.count("a") == 4)


WRITER = """
import sys, time
from tests.board.event_files import scalar, version
file = open(sys.argv[1], "ab", buffering=0)
file.write(version())
for step in range(10**9):
    record = scalar("loss", step, step)
    file.write(record[:30])   # the kill comes between two writes as well
    file.write(record[30:])
    print(step, flush=True)
"""


def test_a_writer_killed_with_9_loses_nothing_that_it_had_written(
    tmp_path: Path, watch: Callable[..., Watched]
) -> None:
    path = tmp_path / "a" / NAME
    path.parent.mkdir()
    watched = watch(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: watched.count("a") > 20, 30)
    finally:
        child.send_signal(signal.SIGKILL)
        told = child.communicate()[0].splitlines()
    written = int(told[-1]) + 1
    wait_until(lambda: watched.count("a") >= written)
    values = watched.logs["a"].scalars["loss"].value.tolist()
    assert values == list(range(len(values)))
    assert len(values) in (written, written + 1)  # it may have died before it could tell
    assert watched.logs["a"].problems == []


def test_an_error_in_a_listener_is_reported_and_the_thread_lives_on(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / NAME, *scalars(1))
    logs = Logs(tmp_path)
    calls: list[int] = []

    def listen(delta: Delta) -> None:
        calls.append(delta.revision)
        if len(calls) == 1:
            raise ZeroDivisionError("a listener's mistake")

    logs.watch(listen)
    try:
        wait_until(lambda: any("a listener's mistake" in problem.message for problem in logs.problems))
        append(path, scalar("loss", 1, 1.0))
        wait_until(lambda: len(logs["a"].scalars["loss"]) == 2)
        wait_until(lambda: logs.problems == [])
    finally:
        logs.close()


def test_closing_is_quick_and_ends_the_thread(tmp_path: Path) -> None:
    write(tmp_path / "a" / NAME, *scalars(1))
    watched = Watched(tmp_path)
    wait_until(lambda: watched.count("a") == 1)
    start = time.monotonic()
    watched.logs.close()
    assert time.monotonic() - start < 1.0
    assert watched.logs._watcher is not None
    assert not watched.logs._watcher._thread.is_alive()
    assert watched.count("a") == 1


FEW_DESCRIPTORS = """
import os, resource, sys, time
from pathlib import Path
from board.logs import Logs
from tests.board.event_files import scalar
path = Path(sys.argv[1])
file = path.open("ab", buffering=0)
used = max(int(name) for name in os.listdir("/proc/self/fd"))  # the listing's own descriptor, which is free again
resource.setrlimit(resource.RLIMIT_NOFILE, (used + 2, used + 2))  # two are too few to listen, but enough to look
logs = Logs(path.parents[1])
logs.watch(lambda delta: None)
deadline = time.monotonic() + 20
steps = 3
while time.monotonic() < deadline:
    if "a" in logs and len(logs["a"].scalars["loss"]) == steps:
        if steps == 6:
            break
        file.write(scalar("loss", steps, 1.0))
        steps += 1
    time.sleep(0.01)
print(len(logs["a"].scalars["loss"]), [problem.code for problem in logs.problems])
logs.close()
"""


def test_where_the_system_cannot_tell_files_are_looked_at_and_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / NAME, *scalars(3))
    ran = subprocess.run(
        [sys.executable, "-c", FEW_DESCRIPTORS, str(path)], capture_output=True, text=True, timeout=40, check=False
    )
    assert ran.stdout.strip() == "6 ['polling']", ran.stderr


def test_a_link_to_a_run_never_becomes_a_run(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    path = write(tmp_path / "run_1" / NAME, *scalars(1))
    (tmp_path / "latest").symlink_to("run_1")
    watched = watch(tmp_path)
    wait_until(lambda: watched.count("run_1") == 1)
    (tmp_path / "newest").symlink_to("run_1")
    for step in range(1, 5):
        append(path, scalar("loss", step, 1.0))
        wait_until(lambda n=step: watched.count("run_1") == n + 1)
    wait_until(lambda: sum(problem.code == "link" for problem in watched.logs.problems) == 2)
    assert {run for delta in watched.deltas for run in delta.added} == {"run_1"}


CLIQUE = """
import sys, time
from pathlib import Path
from board.logs import Logs
from tests.board.event_files import append, scalar
logs = Logs(sys.argv[1])
logs.watch(lambda delta: None)
path = next(Path(sys.argv[1]).glob("3/*tfevents*"))
steps, deadline = 1, time.monotonic() + 15
while steps < 4 and time.monotonic() < deadline:
    if "3" in logs and len(logs["3"].scalars["loss"]) == steps:
        append(path, scalar("loss", steps, 1.0))
        steps += 1
    time.sleep(0.01)
print(len(logs.runs), steps, [problem.code for problem in logs.problems if problem.code != "link"])
logs.close()
"""


def test_folders_that_all_link_to_each_other_stop_nothing(tmp_path: Path) -> None:
    for i in range(12):
        write(tmp_path / str(i) / NAME, *scalars(1))
        for j in range(12):
            (tmp_path / str(i) / f"to_{j}").symlink_to(f"../{j}")
    ran = subprocess.run(  # a process of its own: it may hang for ever
        [sys.executable, "-c", CLIQUE, str(tmp_path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.stdout.strip() == "12 4 []", ran.stderr


def test_a_folder_whose_name_is_no_text_is_looked_at(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    path = write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")) / NAME, *scalars(1))
    watched = watch(tmp_path)
    name = path.parent.name
    for step in range(1, 4):
        wait_until(lambda n=step: watched.count(name) == n)
        append(path, scalar("loss", step, 1.0))
    wait_until(lambda: watched.count(name) == 4)


def test_a_folder_made_anew_is_listened_to_again(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    watched = watch(tmp_path)
    for length in range(1, 4):
        path = write(tmp_path / "x/a" / NAME, *scalars(length))
        wait_until(lambda n=length: watched.count("x/a") == n)
        for step in range(3):
            append(path, scalar("loss", 100 + step, 1.0))
            wait_until(lambda n=length + step + 1: watched.count("x/a") == n)
        shutil.rmtree(tmp_path / "x")
        wait_until(lambda: watched.logs.runs == [])


def test_several_logdirs_and_names(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    write(tmp_path / "one" / "a" / NAME, *scalars(1))
    write(tmp_path / "two" / NAME, version(), scalar("loss", 0, 1.0), scalar("loss", 1, 1.0))
    watched = watch(tmp_path / "one", f"second={tmp_path / 'two'}")  # type: ignore[arg-type]
    wait_until(lambda: watched.count("one/a") == 1 and watched.count("second") == 2)
    append(tmp_path / "two" / NAME, scalar("loss", 2, 1.0))
    wait_until(lambda: watched.count("second") == 3)


def test_what_is_read_late_for_the_first_time_has_not_grown_unheard(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / NAME, *scalars(3))
    clock = HandClock(time.time())
    loader = LogdirLoader(parse_logdirs([tmp_path]), Store(), clock=clock.clock)
    watcher = Watcher(loader)
    loader.sweep()
    assert watcher._load({"a"}) == set()
    clock.advance(1.0)
    assert watcher._load({"a"}) == set()
    append(path, scalar("loss", 3, 1.0))
    assert watcher._load({"a"}) == {"a"}
