"""Who reads a logdir in the benchmarks: the board in a process of its own, RustBoard, and TensorBoard's Python reader.

Each says how long it took by its own clock, without its start: the board's process has imported ``board`` when its
clock begins, RustBoard prints its load cycles. Memory is the kernel's account of the process.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tensorboard_data_server import server_binary

ROOT = Path(__file__).resolve().parents[1]
__all__ = [
    "Reading",
    "drop_from_cache",
    "open_board",
    "processor_seconds",
    "read_plainly",
    "run_event_accumulator",
    "run_rustboard",
]

PIECE_BYTES = 1 << 20
_UNITS_S = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


class Reading(NamedTuple):
    """One reader's account of one logdir."""

    first_s: float  # the first load
    processor_s: float  # and the processor time that it took, all threads
    idle_s: float = float("nan")  # a look at everything when nothing is new
    held: int = 0  # bytes of memory, resident, after the first load
    peak: int = 0  # and the most until then
    more: dict[str, Any] = {}  # what only the board is asked  # noqa: RUF012 - nobody writes to it


def open_board(logdir: Path, *asked: str) -> Reading:
    """Read all of a logdir in a fresh process; ``asked``: options of ``main`` below."""
    # -P: the folder of this file holds a writer.py of its own
    command = [sys.executable, "-P", __file__, str(logdir), *asked]
    said = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    return Reading(*(said.pop(name) for name in ("first_s", "processor_s", "idle_s", "held", "peak")), said)


def run_rustboard(logdir: Path, cycles: int = 1) -> Reading:
    """Let RustBoard load a logdir and, where ``cycles`` is above 1, look for news that often, a second apart."""
    reload = "once" if cycles == 1 else "1"
    command = [server_binary(), "--logdir", logdir, "--port", "0", "--reload", reload, "-v", "--die-after-stdin"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds: list[float] = []
    held = peak = 0
    processor_s = 0.0
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"Finished load cycle \(([\d.]+)(\w+)\)", line.decode()):
                if not seconds:
                    held, peak = _memory(process.pid)
                    processor_s = processor_seconds(process.pid)
                seconds.append(float(found[1]) * _UNITS_S[found[2]])
                if len(seconds) == cycles:
                    idle = sorted(seconds[1:])
                    return Reading(seconds[0], processor_s, _median(idle), held, peak)
        raise SystemExit("RustBoard ended without a word on its load")
    finally:
        process.kill()
        process.communicate()


def run_event_accumulator(folder: Path) -> float:
    """Seconds that TensorBoard's Python reader takes for one run when it is to keep every scalar."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    begin = time.perf_counter()
    EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return time.perf_counter() - begin


def read_plainly(path: Path) -> float:
    """Seconds that it takes to read a file, and to do nothing with it."""
    view = memoryview(bytearray(PIECE_BYTES))
    begin = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(view):
            pass
    return time.perf_counter() - begin


def drop_from_cache(path: Path) -> None:
    """Make the next reader wait for the disk; the file must have been synced."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used, all its threads, to a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int | str) -> tuple[int, int]:
    """Return resident bytes of a process, now and at most."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) << 10, int(status["VmHWM"].split()[0]) << 10


def _median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2] if times else float("nan")


def _time(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _zooms(logs: Any, count: int) -> list[float]:
    """Seconds of requests for a hundredth of a series at 1,600 pixels, each of another run and place."""
    from board.logs import Kind, PixelRequest

    tag = logs.tags(Kind.SCALAR)[0].tag
    taken = []
    for i in range(count):
        run = logs.runs[i * len(logs.runs) // count]
        steps = logs[run].scalars[tag].step
        low = len(steps) * i // count
        request = PixelRequest(x="step", lo=float(steps[low]), hi=float(steps[low + len(steps) // 100]), width=1600)
        taken.append(_time(lambda run=run, request=request: logs.charts.pixels(tag, [run], request)))  # type: ignore[misc]
    return taken


def main() -> None:
    """Open a logdir once in this process, and print what that took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("logdir")
    parser.add_argument("--idle", action="store_true", help="the watcher's share of a core, too")
    parser.add_argument("--zoom", action="store_true", help="how long pixels take")
    parser.add_argument("--cache", default=None, help="a folder for the index")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    import board

    open_logs = board.open  # the package imports what this needs when it is first named
    begin, spent = time.perf_counter(), time.process_time()
    logs = open_logs(options.logdir, cache=options.cache or False)
    first_s, processor_s = time.perf_counter() - begin, time.process_time() - spent
    held, peak = _memory("self")
    overview = logs.overview()
    said = {
        "first_s": first_s,
        "processor_s": processor_s,
        "idle_s": _median([_time(logs.refresh) for _ in range(3)]),
        "held": held,
        "peak": peak,
        "points": sum(run.points for run in overview.runs),
        "blobs": sum(run.blobs for run in overview.runs),
        "problems": len(logs.problems),
    }
    if options.zoom:
        said["zoom_s"] = _zooms(logs, 20)
    if options.idle:
        logs.watch(lambda _: None)
        time.sleep(4)  # it begins with a look at everything
        begin, spent = time.perf_counter(), time.process_time()
        time.sleep(5)
        said["watcher_share"] = (time.process_time() - spent) / (time.perf_counter() - begin)
        logs.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
