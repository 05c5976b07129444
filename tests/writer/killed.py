"""Starts many short trainings and kills each of them at a random moment: a program of ``test_kill``.

    python -m tests.writer.killed FOLDER COUNT SEED

Prints, for each training, one line of JSON: its folder, how many values it had logged when it was killed, how many of
them it had flushed, and when it had logged each of them, in seconds before its death.
"""

import json
import os
import random
import select
import signal
import struct
import sys
import time

from tests.writer.faulty_disk import FaultyDisk
from writer import SummaryWriter
from writer.event_file import EventFile

AT_ONCE = 4
FLUSH_S = 0.05
_REPORT = struct.Struct("<cd")  # "l"ogged or "f"lushed, when


def train(folder: str, report: int, choice: random.Random) -> None:
    """Log until killed; every tenth training is killed by one of its own calls of the disk."""
    log = SummaryWriter(folder, flush_secs=FLUSH_S)
    flushes = choice.random() < 0.7
    with_texts = choice.random() < 0.5
    if choice.random() < 0.1:
        log.close()
        at, disk = choice.randrange(40), FaultyDisk()
        disk.fault = lambda call, ordinal: os.kill(os.getpid(), signal.SIGKILL) or 0 if ordinal > at else 0
        disk.most = choice.choice([7, 1000, 1 << 20])
        log._queue._make_file = lambda sub_run: EventFile(os.path.join(folder, sub_run), disk=disk)
    step = 0
    while True:
        for _ in range(choice.randrange(1, 60)):
            log.add_scalar("a", float(step), step)
            if with_texts:
                log.add_text("b", "text " * choice.randrange(200), step)
            os.write(report, _REPORT.pack(b"l", time.monotonic()))
            step += 1
            time.sleep(0.0003)
        if flushes and log.flush(sync=choice.random() < 0.1):
            os.write(report, _REPORT.pack(b"f", time.monotonic()))


def kill_one(folder: str, seed: int) -> tuple[int, int, float]:
    """Start a training; return its process, its reports, and when it is to be killed."""
    choice = random.Random(seed)
    reports, report = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reports)
        try:
            train(folder, report, choice)
        finally:
            os._exit(1)
    os.close(report)
    return pid, reports, time.monotonic() + choice.uniform(0.02, 0.5)


def main() -> None:
    """Kill so many, some at once."""
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    running: dict[int, tuple[str, int, float, bytearray]] = {}  # by the descriptor of its reports
    begun = 0
    while begun < count or running:
        while begun < count and len(running) < AT_ONCE:
            where = os.path.join(folder, f"{begun:05d}")
            pid, reports, kill_at = kill_one(where, seed * 1_000_003 + begun)
            running[reports] = where, pid, kill_at, bytearray()
            begun += 1
        for reports in select.select(list(running), [], [], 0.001)[0]:
            running[reports][3].extend(os.read(reports, 1 << 16))
        for reports, (where, pid, kill_at, data) in list(running.items()):
            if time.monotonic() < kill_at:
                continue
            os.kill(pid, signal.SIGKILL)
            killed_at = time.monotonic()
            os.waitpid(pid, 0)
            del running[reports]
            while more := os.read(reports, 1 << 16):
                data.extend(more)
            os.close(reports)
            logged: list[float] = []
            flushed = 0
            for kind, moment in _REPORT.iter_unpack(bytes(data)):
                if kind == b"l":
                    logged.append(round(killed_at - moment, 4))
                else:
                    flushed = len(logged)
            print(json.dumps({"folder": where, "flushed": flushed, "ages": logged}))


if __name__ == "__main__":
    main()
