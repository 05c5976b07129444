"""What the board costs while nothing happens: a server over 10,000 finished runs, after it has read them.

Prints its share of one core over a minute, its open files, and, where strace is installed, which system calls it makes.

    python benchmarks/idle.py [--runs 10000] [--seconds 60] [--strace 30]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import served, wait_for  # noqa: E402
from benchmarks.event_logs import START, tag_names, write_finished_run  # noqa: E402
from benchmarks.readers import processor_seconds  # noqa: E402

STEPS = 20
SETTLE_S = 15  # after loading: the first looks at every run come soon after it


def main() -> None:
    """Start a server, let it read everything, and watch it do nothing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--strace", type=int, default=0, metavar="SECONDS", help="count system calls so long")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-") as folder:
        logdir = Path(folder, "logs")
        write_runs(logdir, options.runs)
        environment = os.environ | {"XDG_CACHE_HOME": f"{folder}/cache", "XDG_STATE_HOME": f"{folder}/state"}
        begin = time.perf_counter()
        with served(logdir, environment=environment) as board:
            wait_for(board.address + "api/runs", '"loading":false', pause_s=0.5)
            print(f"{options.runs:,} finished runs, all read {time.perf_counter() - begin:.1f} s after the command")
            time.sleep(SETTLE_S)
            watch(board.pid, options.seconds)
            if options.strace and shutil.which("strace"):
                trace(board.pid, options.strace)


def write_runs(logdir: Path, count: int) -> None:
    """Write a finished run, and the others as copies of it, all a day old."""
    write_finished_run(logdir / "run00000", tag_names(2), STEPS)
    (file,) = (logdir / "run00000").iterdir()
    data = file.read_bytes()
    for i in range(count):
        path = logdir / f"run{i:05d}" / file.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (START, START))


def watch(pid: int, seconds: float) -> None:
    """Print the share of a core that the process takes, in pieces of five seconds, and which files it has open."""
    shares = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        at, spent = time.perf_counter(), processor_seconds(pid)
        time.sleep(5)
        shares.append(100 * (processor_seconds(pid) - spent) / (time.perf_counter() - at))
    mean = sum(shares) / len(shares)
    print(f"  idle for {seconds:.0f} s: {mean:.2f} % of a core ({min(shares):.1f} to {max(shares):.1f} in 5 s)")
    opened = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            opened.append(os.readlink(link))
        except OSError:  # closed meanwhile
            continue
    events = [path for path in opened if "tfevents" in path]
    print(f"  {len(opened)} descriptors open, {len(events)} of them of event files")


def trace(pid: int, seconds: int) -> None:
    """Print the system calls that the process makes."""
    command = ["timeout", "--signal=INT", str(seconds), "strace", "-c", "-f", "-p", str(pid)]
    print(subprocess.run(command, stderr=subprocess.PIPE, text=True).stderr)


if __name__ == "__main__":
    main()
