"""A day of logging as fast as it goes: 1,000 scalars a second for 24 hours, images and histograms now and then.

Prints, every few seconds, what the process keeps: its memory, descriptors and threads; and at the end how far they
moved after the first tenth, how fast it went, and what was lost. The log is written to a folder that is removed.

    python benchmarks/soak.py [--scalars 86400000] [--tags 100] [--folder /tmp]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

import numpy as np  # noqa: E402

from writer import SummaryWriter  # noqa: E402

SAMPLES = 60
MEDIA_EVERY = 20_000  # scalars: an image and a histogram, as if every 20 s
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """What the process keeps at one moment."""

    scalars: int
    memory_mib: float  # resident
    descriptors: int
    threads: int


def main() -> None:
    """Log a day, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scalars", type=int, default=86_400_000)
    parser.add_argument("--tags", type=int, default=100)
    parser.add_argument("--folder", help="where the log is written for the time being")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainboard-soak-", dir=options.folder) as folder:
        begin = time.perf_counter()
        samples = []
        for sample in log_a_day(folder, options.scalars, options.tags):
            samples.append(sample)
            print(
                f"{sample.scalars:>12,} scalars  {sample.memory_mib:7.1f} MiB  {sample.descriptors} descriptors  "
                f"{sample.threads} threads",
                flush=True,
            )
        took = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in Path(folder).rglob("*tfevents*"))
    settled = samples[len(samples) // 10 :]
    print(f"{options.scalars:,} scalars in {took:.0f} s: {options.scalars / took:,.0f} a second, {size / 1e9:.2f} GB")
    for name in ("memory_mib", "descriptors", "threads"):
        values = [getattr(sample, name) for sample in settled]
        print(f"{name}: {min(values):.1f} to {max(values):.1f} after the first tenth")
    half = len(settled) // 2
    early, late = (np.median([sample.memory_mib for sample in part]) for part in (settled[:half], settled[half:]))
    print(f"memory, median of the second half less that of the first: {late - early:+.1f} MiB")


def log_a_day(folder: str, count: int, tags: int) -> Iterator[Sample]:
    """Log so many scalars, and yield now and then what the process keeps."""
    names = [f"group{i % 10}/tag{i}" for i in range(tags)]
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    weights = np.random.default_rng(0).normal(size=10_000)
    next_sample = next_media = 0
    with SummaryWriter(folder) as log:
        add_scalar = log.add_scalar
        for step in range(count // tags):
            for name in names:
                add_scalar(name, 0.5, step)
            done = (step + 1) * tags
            if done >= next_media:
                next_media += MEDIA_EVERY
                log.add_image("image", image, step, dataformats="HWC")
                log.add_histogram("weights", weights, step)
            if done >= next_sample:
                next_sample += max(count // SAMPLES, 1)
                yield take_sample(done)
        log.flush()
        yield take_sample(count)
        assert log.file_writer.queue.losses.count_all() == 0, "values were lost"


def take_sample(scalars: int) -> Sample:
    """Look at this process (Linux)."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    tasks = len(os.listdir("/proc/self/task"))
    return Sample(scalars, resident / (1 << 20), len(os.listdir("/proc/self/fd")), tasks)


if __name__ == "__main__":
    main()
