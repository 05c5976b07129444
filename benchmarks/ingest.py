"""Reading an event file: the compiled scanner and the plain one beside RustBoard, TensorBoard's reader in Rust.

A file of scalars is made once and read several times by each, from the page cache. RustBoard says itself how long a
load took: that is without payload checksums and down to 1,000 points a tag, ours is with them and all points, as
columns, before they are handed to the store.

    python benchmarks/ingest.py [--events 2000000] [--tags 20] [--rounds 5] [--json]
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tensorboard_data_server import server_binary

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from writer.format import records  # noqa: E402
from writer.format.messages import Event, Summary  # noqa: E402

PIECE_BYTES = 1 << 20  # of the one buffer that a file is read through
PLAIN_SHARE = 10  # the plain scanner reads a tenth, and its time is multiplied
_UNITS_S = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}


def write_file(path: Path, events: int, tags: int) -> None:
    """Write scalars of the given number of tags, one an event, as a training loop would."""
    values = np.random.default_rng(0).standard_normal(events).astype(np.float32)
    with path.open("wb") as file:
        file.write(records.encode_record(Event(wall_time=1.7e9, file_version=b"brain.Event:2").SerializeToString()))
        for i, value in enumerate(values.tolist()):
            scalar = Summary.Value(tag=b"train/metric_%02d" % (i % tags), simple_value=value)
            event = Event(wall_time=1.7e9 + i * 1e-3, step=i // tags, summary=Summary(value=[scalar]))
            file.write(records.encode_record(event.SerializeToString()))


def read_file(path: Path, engine: str, limit: int) -> tuple[float, int]:
    """Read up to ``limit`` bytes through one buffer; returns seconds and points."""
    scanner, view = records.Scanner(engine=engine), memoryview(bytearray(PIECE_BYTES))
    offset = filled = points = 0
    begin = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while offset + filled < limit and (got := file.readinto(view[filled:])):
            filled += got
            scan = scanner.scan(view[:filled], offset)
            points += len(scan.scalar_step)
            offset += scan.consumed
            view[: filled - scan.consumed] = view[scan.consumed : filled]
            filled -= scan.consumed
    return time.perf_counter() - begin, points


def load_in_rustboard(logdir: Path) -> float:
    """Seconds of one load, from RustBoard's own log."""
    command = [server_binary(), "--logdir", logdir, "--port", "0", "--reload", "once", "-v", "--die-after-stdin"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"Finished load cycle \(([\d.]+)(\w+)\)", line.decode()):
                return float(found[1]) * _UNITS_S[found[2]]
        raise SystemExit("RustBoard ended without a word on its load")
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Measure in rounds, so that a busy machine troubles each alike, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--tags", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as logdir:
        path = Path(logdir, "run", "events.out.tfevents.1700000000.bench")
        path.parent.mkdir()
        write_file(path, options.events, options.tags)
        size = path.stat().st_size
        for _ in range(options.rounds):
            for engine in records.ENGINES:
                share = PLAIN_SHARE if engine == "plain" else 1
                seconds, points = read_file(path, engine, size // share)
                assert abs(points - options.events / share) <= PIECE_BYTES / 16
                times.setdefault(f"trainboard, {engine}", []).append(seconds * options.events / points)
            times.setdefault("RustBoard", []).append(load_in_rustboard(Path(logdir)))
    if options.json:
        print(json.dumps({"events": options.events, "bytes": size, "seconds": times}))
        return
    print(f"{options.events:,} scalars of {options.tags} tags, {size / 1e6:.0f} MB; {platform.platform()}")
    for name, seconds in sorted(times.items(), key=lambda item: np.median(item[1])):
        median = float(np.median(seconds))
        print(f"{name:22} {median:7.3f} s  {options.events / median / 1e6:6.2f} M points/s  best {min(seconds):.3f} s")


if __name__ == "__main__":
    main()
