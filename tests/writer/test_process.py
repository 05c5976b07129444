"""Processes that are killed, forked or end without closing, judged by what TensorBoard then reads."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import IO

import pytest

from tests.writer.tensorboard_reader import find_event_files, read_events, read_own, read_python
from writer.event_file import EndStatus

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
END = b"_trainboard_/end"
# As in a shell of one's own: what runs in the background, or under nohup, hands down signals that are ignored.
SIGNALS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
del signal
"""


def start(script: str, *arguments: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Run a script in a new interpreter."""
    command = [sys.executable, "-W", "error", "-c", SIGNALS + textwrap.dedent(script), *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)


def finish(child: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for its end: exit code, what it wrote to stderr."""
    with child:
        _, stderr = child.communicate(timeout=30)
    return child.returncode, stderr


def read_line(stream: IO[str] | None) -> str:
    """Read the next line of a child's output."""
    assert stream is not None
    return stream.readline()


def read_steps(folder: Path, tag: str) -> list[int]:
    """Steps of one scalar tag, of all files of a folder, in order."""
    return sorted(point.step for point in read_python(folder).Scalars(tag))


def is_ended(path: Path) -> bool:
    """Whether an event file's last record is the end marker."""
    last = read_events(path)[-1].summary.value
    return bool(last) and last[0].tag == END


STREAM = """
    import sys, time
    from writer import SummaryWriter
    log = SummaryWriter(sys.argv[1])
    step = 0
    while True:
        for _ in range(40):
            log.add_scalar("a", float(step), step)
            step += 1
            time.sleep(0.0002)
        if sys.argv[2] == "flush":
            log.flush()
        print(step, time.time(), flush=True)
"""


@pytest.mark.parametrize("kind", ["flush", "no flush"])
def test_kill_9_loses_only_the_last_moment(tmp_path: Path, kind: str) -> None:
    choice = random.Random(0)
    children = [start(STREAM, tmp_path / str(number), kind) for number in range(2)]
    reported: list[list[tuple[int, float]]] = []
    for child in children:
        lines: list[tuple[int, float]] = []
        reported.append(lines)
        while not lines or lines[-1][1] - lines[0][1] < choice.uniform(0.1, 0.6):
            step, moment = read_line(child.stdout).split()
            lines.append((int(step), float(moment)))
        child.kill()
    for number, (child, lines) in enumerate(zip(children, reported, strict=True)):
        rest, _ = child.communicate()
        lines += [(int(line.split()[0]), float(line.split()[1])) for line in rest.splitlines() if line.count(".") == 1]
        steps = read_steps(tmp_path / str(number), "a")
        assert steps == list(range(len(steps)))  # no holes, nothing twice
        last_step, last_moment = lines[-1]
        if kind == "flush":
            assert len(steps) >= last_step
        # flush_secs is 0.2 s; the rest is for a machine that is busy
        assert len(steps) >= max((step for step, moment in lines if moment < last_moment - 1.0), default=0)
        assert not is_ended(find_event_files(tmp_path / str(number))[0])


EXIT = """
    import multiprocessing, os, signal, sys, time
    from writer import SummaryWriter

    def work(folder, way, log):
        log = log or SummaryWriter(folder, flush_secs=1000, max_queue=1000000)
        for step in range(1000):
            log.add_scalar("a", 1.0, step)
        log.add_text("b", "text", 1)
        if way == "exit":
            sys.exit(3)
        if way == "raise":
            raise ValueError("on purpose")
        if way == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)

    if __name__ == "__main__":
        folder, way, where = sys.argv[1:]
        if where == "main":
            work(folder, way, None)
        else:
            log = SummaryWriter(folder, flush_secs=1000, max_queue=1000000) if where == "inherited" else None
            context = multiprocessing.get_context("fork")
            child = context.Process(target=work, args=(folder, way, log))
            child.start()
            child.join()
            assert where == "inherited" or not any(module.startswith("torch") for module in sys.modules)
"""
WAYS = {"return": EndStatus.CLOSED, "exit": EndStatus.CLOSED, "raise": EndStatus.FAILED, "interrupt": EndStatus.FAILED}


@pytest.mark.parametrize(
    ("where", "ways"),
    [
        ("main", ["return", "exit", "raise", "interrupt"]),
        ("child", ["return", "raise"]),
        ("inherited", ["exit", "interrupt"]),
    ],
)
def test_every_way_out_writes_everything(tmp_path: Path, where: str, ways: list[str]) -> None:
    children = {way: start(EXIT, tmp_path / way, way, where) for way in ways}
    for way, child in children.items():
        finish(child)
        assert read_steps(tmp_path / way, "a") == list(range(1000)), way
        assert len(read_python(tmp_path / way).Tensors("b/text_summary")) == 1
        files = find_event_files(tmp_path / way)
        assert len(files) == (2 if where == "inherited" else 1)
        ends = [read_own(read_events(path)[-1]).end for path in files]
        assert (WAYS[way], 1001) in [(end.status, end.written) for end in ends], way


def test_sigterm_keeps_what_was_handed_over(tmp_path: Path) -> None:
    child = start(STREAM, tmp_path, "flush")
    step = int(read_line(child.stdout).split()[0])
    child.send_signal(signal.SIGTERM)
    assert finish(child)[0] == -signal.SIGTERM  # no handler of ours
    assert len(read_steps(tmp_path, "a")) >= step


SPAWN = """
    import multiprocessing, sys
    from tests.writer.spawned import log_values

    if __name__ == "__main__":
        children = [
            multiprocessing.get_context(method).Process(target=log_values, args=(f"{sys.argv[1]}/{method}",))
            for method in ("spawn", "forkserver")
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
"""


def test_children_that_are_spawned_write_everything(tmp_path: Path) -> None:
    code, stderr = finish(start(SPAWN, tmp_path))
    assert (code, stderr) == (0, "")
    for method in ("spawn", "forkserver"):
        assert read_steps(tmp_path / method, "a") == list(range(100))
        assert is_ended(find_event_files(tmp_path / method)[0])


FORK = """
    import os, sys, threading, time
    from writer import SummaryWriter
    log = SummaryWriter(sys.argv[1])
    stop = threading.Event()
    counts = []

    def stream():
        step = 0
        while not stop.is_set():
            log.add_scalar("parent", 1.0, step)
            step += 1
            if step % 100 == 0:
                log.add_histogram("parent histogram", [1.0, 2.0], step)
                time.sleep(0.01)
        counts.append(step)

    thread = threading.Thread(target=stream)
    thread.start()
    for number in range(12):
        pid = os.fork()
        if not pid:
            if number % 3 == 0:
                os._exit(0)  # never logs
            for step in range(10):
                log.add_scalar(f"child{number}", 1.0, step)
            log.add_histogram("child histogram", [1.0, 2.0], number)
            if number % 3 == 1:
                log.flush()
                os._exit(0)
            sys.exit(0)
        os.waitpid(pid, 0)
    stop.set()
    thread.join()
    log.close()
    print(counts[0])
"""


def test_fork_at_any_moment_neither_loses_nor_repeats(tmp_path: Path) -> None:
    child = start(FORK, tmp_path)
    stdout, stderr = child.communicate(timeout=30)
    assert (child.returncode, stderr) == (0, "")
    count = int(stdout)
    read = read_python(tmp_path)

    def steps(tag: str) -> list[int]:
        return sorted(point.step for point in read.Scalars(tag))

    logging_children = [1, 2, 4, 5, 7, 8, 10, 11]
    assert steps("parent") == list(range(count))
    assert len(read.Histograms("parent histogram")) == count // 100
    assert sorted(point.step for point in read.Histograms("child histogram")) == logging_children
    for number in logging_children:
        assert steps(f"child{number}") == list(range(10))
    files = {path: read_events(path) for path in find_event_files(tmp_path)}
    assert len(files) == 1 + 8  # a child that logs nothing makes no file
    records = [read_own(events[1]).writer for events in files.values()]
    assert len({record.pid for record in records}) == len({record.uuid for record in records}) == 9
    assert sum(map(is_ended, files)) == 1 + 4  # os._exit ends without


WITHOUT_THREADS = """
    import os, resource, sys
    from writer import SummaryWriter
    os.chown(sys.argv[1], 65534, 65534)
    os.setuid(65534)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    log = SummaryWriter(sys.argv[1], resume="auto")
    for step in range(100):
        log.add_scalar("a", 1.0, step)
        log.add_histogram("b", [1.0, 2.0], step)
    if sys.argv[2] == "flush":
        log.flush()
        os._exit(0)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user that may start no thread")
@pytest.mark.parametrize("way", ["flush", "exit"])
def test_where_no_thread_can_be_started_the_caller_works(tmp_path: Path, way: str) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:  # pytest makes them for its user alone
            folder.chmod(0o755)
    (tmp_path / "run").mkdir()
    assert finish(start(WITHOUT_THREADS, tmp_path / "run", way)) == (0, "")
    read = read_python(tmp_path / "run")
    assert len(read.Scalars("a")) == len(read.Histograms("b")) == 100
    assert is_ended(find_event_files(tmp_path / "run")[0]) == (way == "exit")


IMPORT = """
    import sys, time
    begin = time.process_time()
    import numpy
    middle = time.process_time()
    import writer
    end = time.process_time()
    too_much = {"torch", "tensorboard", "PIL", "board", "writer.format.records"} & set(sys.modules)
    assert not too_much, too_much
    print((end - middle) / (middle - begin))
"""


def test_import_is_light_beside_numpys() -> None:
    # With compiled modules, as pip leaves them: numpy's always are, and where nothing may be written ours are not.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ratios = []
    while len(ratios) < 5 and min(ratios, default=2.0) > 1.0:  # the best of five: the machine may be busy
        child = start(IMPORT, env=env)
        stdout, stderr = child.communicate(timeout=30)
        assert (child.returncode, stderr) == (0, "")
        ratios.append(float(stdout))
    assert min(ratios) < 1.0


def test_a_program_that_only_logs_ends_in_silence(tmp_path: Path) -> None:
    script = """
        import sys
        from writer import SummaryWriter
        logs = [SummaryWriter(f"{sys.argv[1]}/{number}") for number in range(20)]
        for log in logs:
            log.add_scalar("a", 1.0, 1)
    """
    assert finish(start(script, tmp_path)) == (0, "")
    for number in range(20):
        (path,) = find_event_files(tmp_path / str(number))
        assert is_ended(path)
