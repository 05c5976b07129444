"""How processes end: whichever way a training goes, what it had logged is in the file."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import board
from board.model import RunState
from tests.writer.tensorboard_reader import find_event_files, read_events, read_own, read_python, wait_until
from tests.writer.test_process import END, finish, is_ended, read_line, read_steps, start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

SUDDEN = """
    import faulthandler, os, signal, sys, threading, time
    from writer import SummaryWriter
    log = SummaryWriter(sys.argv[1])
    for step in range(1000):
        log.add_scalar("a", 1.0, step)
    log.add_text("b", "text", 1)
    if sys.argv[2] == "flush":
        log.flush()
    else:
        time.sleep(1.2)  # six times flush_secs
    log.add_scalar("later", 1.0, 1)
    {end}
    time.sleep(20)
"""
SUDDEN_ENDS = {
    "os._exit": "os._exit(3)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
    "SIGHUP": "os.kill(os.getpid(), signal.SIGHUP)",
    "SIGSEGV under faulthandler": "faulthandler.enable(); faulthandler._sigsegv()",
    "abort": "os.abort()",
}


@pytest.mark.parametrize("how", ["flush", "wait"])
def test_a_sudden_end_loses_only_the_last_moment(tmp_path: Path, how: str) -> None:
    children = [start(SUDDEN.replace("{end}", end), tmp_path / name, how) for name, end in SUDDEN_ENDS.items()]
    for name, child in zip(SUDDEN_ENDS, children, strict=True):
        assert finish(child)[0] != 0
        assert read_steps(tmp_path / name, "a") == list(range(1000)), name
        assert len(read_python(tmp_path / name).Tensors("b/text_summary")) == 1
        assert not is_ended(find_event_files(tmp_path / name)[0])


ORDERLY = """
    import os, signal, sys, threading, time
    from writer import SummaryWriter

    def work():
        for step in range(1000):
            log.add_scalar("a", 1.0, step)
        log.add_text("b", "text", 1)

    def work_and_exit():
        work()
        sys.exit(5)  # ends the thread alone

    def work_for_ever():
        work()
        worked.set()
        while True:
            log.add_scalar("more", 1.0, 1)
            log.add_text("more", "text", 1)
            time.sleep(0.0005)

    def stop(number, frame):
        raise KeyboardInterrupt

    log = SummaryWriter(sys.argv[1], flush_secs=1000, max_queue=1000000)
    worked = threading.Event()
    {end}
"""
ORDERLY_ENDS = {
    "a thread that exits": "threading.Thread(target=work_and_exit).start()",
    "a daemon thread": "threading.Thread(target=work_for_ever, daemon=True).start(); worked.wait(); time.sleep(0.1)",
    "an exception": "work(); raise ValueError('on purpose')",
    "sys.exit": "work(); sys.exit('a message')",
    "Ctrl-C": "work(); os.kill(os.getpid(), signal.SIGINT); time.sleep(20)",
    "a handler of the user's": "signal.signal(15, stop); work(); os.kill(os.getpid(), 15); time.sleep(20)",
    "no references": "work(); del log",
    "an exception in a with": "with log: work(); raise ValueError('on purpose')",
    "closed twice": "work(); log.close(); log.close()",
}
FAILED = {"an exception", "Ctrl-C", "a handler of the user's", "an exception in a with"}


def test_an_orderly_end_loses_nothing_and_says_how_it_was(tmp_path: Path) -> None:
    children = {name: start(ORDERLY.replace("{end}", end), tmp_path / name) for name, end in ORDERLY_ENDS.items()}
    for name, child in children.items():
        _, stderr = finish(child)
        assert read_steps(tmp_path / name, "a") == list(range(1000)), (name, stderr)
        assert len(read_python(tmp_path / name).Tensors("b/text_summary")) == 1
        (path,) = find_event_files(tmp_path / name)
        last = read_events(path)[-1]
        assert last.summary.value[0].tag == END, name
        assert read_own(last).end.status == (2 if name in FAILED else 1), name
    runs = board.open(tmp_path, cache=False)
    assert {runs[name].state for name in ORDERLY_ENDS} == {RunState.FINISHED}


LATE = """
    import atexit, sys

    @atexit.register  # before ours: it runs after it
    def log_the_last_value():
        log.add_scalar("last", 1.0, 1)
        log.add_text("last text", "text", 1)

    from writer import SummaryWriter
    log = SummaryWriter(sys.argv[1])
    log.add_scalar("a", 1.0, 1)
"""


def test_what_is_logged_while_the_interpreter_ends_is_written(tmp_path: Path) -> None:
    assert finish(start(LATE, tmp_path)) == (0, "")
    read = read_python(tmp_path)
    assert len(read.Scalars("last")) == len(read.Tensors("last text/text_summary")) == 1


def test_stopped_and_continued_it_goes_on(tmp_path: Path) -> None:
    child = start(
        """
        import sys, time
        from writer import SummaryWriter
        with SummaryWriter(sys.argv[1]) as log:
            print("begin", flush=True)
            until = time.monotonic() + 1.5
            step = 0
            while time.monotonic() < until:
                log.add_scalar("a", 1.0, step)
                step += 1
                time.sleep(0.0002)
        print(step)
        """,
        tmp_path,
    )
    read_line(child.stdout)
    for _ in range(20):
        child.send_signal(signal.SIGSTOP)
        time.sleep(0.02)
        child.send_signal(signal.SIGCONT)
        time.sleep(0.03)
    stdout, stderr = child.communicate(timeout=30)
    assert (child.returncode, stderr) == (0, "")
    assert read_steps(tmp_path, "a") == list(range(int(stdout)))


C_FORK = """
    import ctypes, os, sys
    from writer import SummaryWriter
    log = SummaryWriter(sys.argv[1])
    for step in range(200):
        log.add_scalar("a", 1.0, step)
    library = ctypes.PyDLL(None)
    pid = library.fork()  # of which Python is told nothing
    if not pid:
        log.flush()
        log.close()
        os._exit(0)
    os.waitpid(pid, 0)
    log.close()
"""


def test_a_fork_of_which_python_is_not_told_repeats_nothing(tmp_path: Path) -> None:
    assert finish(start(C_FORK, tmp_path)) == (0, "")
    assert read_steps(tmp_path, "a") == list(range(200))


def test_processes_with_one_pid_on_one_host_at_one_time_make_files_of_their_own(tmp_path: Path) -> None:
    # As containers do, in each of which the training is process 1 or 7.
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", "from writer import SummaryWriter\nimport sys\n"]
    command[-1] += "with SummaryWriter(sys.argv[1]) as log:\n  for step in range(100): log.add_scalar('a', 1.0, step)"
    children = [
        subprocess.Popen([*command, str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(8)
    ]
    for child in children:
        _, stderr = child.communicate(timeout=60)
        if child.returncode and "unshare failed" in stderr:
            pytest.skip("a process number can only be had twice by who may make namespaces")
        assert (child.returncode, stderr) == (0, "")
    files = find_event_files(tmp_path)
    assert len(files) == 8
    records = [read_own(read_events(path)[1]).writer for path in files]
    assert {(record.pid, record.host) for record in records} == {(1, socket.gethostname().encode())}
    assert len({record.uuid for record in records}) == 8
    assert all(len(read_events(path)) == 103 for path in files)


def test_many_processes_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    child = start(
        """
        import os, sys
        from writer import SummaryWriter
        pids = []
        for number in range(32):
            pid = os.fork()
            if not pid:
                with SummaryWriter(sys.argv[1]) as log:
                    for step in range(300):
                        log.add_scalar("a", float(number), step)
                os._exit(0)
            pids.append(pid)
        print(*(os.waitpid(pid, 0)[1] for pid in pids))
        """,
        tmp_path,
    )
    stdout, stderr = child.communicate(timeout=110)
    assert (set(stdout.split()), stderr) == ({"0"}, "")
    files = find_event_files(tmp_path)
    assert len(files) == 32
    assert sorted(read_steps(tmp_path, "a")) == sorted(list(range(300)) * 32)
    assert len(board.open(tmp_path, cache=False)["."].scalars["a"].step) == 9600


READ_ONLY = """
    import os, sys
    from writer import SummaryWriter
    os.setgid(65534)
    os.setuid(65534)
    with SummaryWriter(sys.argv[1]) as log:
        for step in range(100):
            log.add_scalar("a", 1.0, step)
            log.add_text("b", "text", step)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_folder_that_may_not_be_written_is_one_warning_and_a_count(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:  # pytest makes them for its user alone
            folder.chmod(0o755)
    code, stderr = finish(start(READ_ONLY, tmp_path / "run"))
    assert code == 0
    assert stderr.count("Permission denied") >= 1
    assert stderr.count("cannot be written and are kept") == 1
    assert "200 values were lost" in stderr
    assert list((tmp_path / "run").iterdir()) == []


def test_a_folder_moved_away_is_made_again(tmp_path: Path) -> None:
    from writer import SummaryWriter

    log = SummaryWriter(tmp_path / "run")
    log.add_scalar("a", 1.0, 0)
    log.flush()
    (tmp_path / "run").rename(tmp_path / "kept")
    step = 0

    def is_made_again() -> bool:
        nonlocal step
        step += 1
        log.add_scalar("a", 1.0, step)
        return (tmp_path / "run").exists()

    wait_until(is_made_again, 5.0)
    log.close()
    assert read_steps(tmp_path / "kept", "a") + read_steps(tmp_path / "run", "a") == list(range(step + 1))


def test_a_file_that_somebody_cuts_is_not_gone_on_with(tmp_path: Path) -> None:
    from writer import SummaryWriter

    with SummaryWriter(tmp_path) as log:
        for step in range(10):
            log.add_scalar("a", 1.0, step)
        log.flush()
        (path,) = find_event_files(tmp_path)
        size = path.stat().st_size
        os.truncate(path, size - 7)
        for step in range(10, 20):
            log.add_scalar("a", 1.0, step)
        log.flush()
    assert path.stat().st_size == size - 7
    assert read_steps(tmp_path, "a") == [*range(9), *range(10, 20)]


SIGNALLED = """
    import signal, sys, time
    from writer import SummaryWriter

    def handle(number, frame):
        print("handled", flush=True)

    if sys.argv[2] != "nobody":
        signal.signal(signal.SIGTERM, handle if sys.argv[2] == "before" else signal.SIG_IGN)
    log = SummaryWriter(sys.argv[1], flush_secs=1000, max_queue=1000000, flush_on=["SIGTERM", "SIGUSR1"])
    for step in range(1000):
        log.add_scalar("a", 1.0, step)
    print("begin", flush=True)
    while True:
        time.sleep(0.01)
"""


@pytest.mark.parametrize("who", ["nobody", "before", "ignored"])
def test_on_signals_that_were_asked_for_everything_is_written(tmp_path: Path, who: str) -> None:
    child = start(SIGNALLED, tmp_path, who)
    read_line(child.stdout)
    child.send_signal(signal.SIGTERM)
    if who == "nobody":
        assert finish(child)[0] == -signal.SIGTERM
        (path,) = find_event_files(tmp_path)
        assert read_own(read_events(path)[-1]).end.status == 2
    else:
        if who == "before":
            assert read_line(child.stdout) == "handled\n"
        wait_until(lambda: len(read_events(find_event_files(tmp_path)[0])) == 1002)
        assert child.poll() is None
        child.kill()
        child.communicate()
    assert read_steps(tmp_path, "a") == list(range(1000))


def test_signals_that_there_are_not_are_refused(tmp_path: Path) -> None:
    from writer import SummaryWriter

    with pytest.raises(ValueError, match="no signal 'SIGNONE'"):
        SummaryWriter(tmp_path, flush_on=["SIGNONE"])
