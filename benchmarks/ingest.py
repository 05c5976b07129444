"""Reading logdirs: ``board.open`` beside RustBoard, TensorBoard's reader in Rust, and its Python reader.

    python benchmarks/ingest.py                    one run, many runs, small runs, images: speed, idle cycle, memory
    python benchmarks/ingest.py --only runs        one of them: scalars, runs, small, images
    python benchmarks/ingest.py --huge             a hundred million points (6 GB on disk), alone

All take turns, round by round, on files from the page cache (of the images also from the disk). The board's time is
that of ``board.open(logdir, cache=False)`` in a fresh process: every point in the store, both checksums verified.
RustBoard's is its own account of a load cycle, without payload checksums and down to 1,000 points a tag. Figures are
medians with their range; memory is what a process holds above one with an empty logdir.
"""

import argparse
import math
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks import readers  # noqa: E402
from benchmarks.event_logs import tag_names, write_images, write_scalars  # noqa: E402
from benchmarks.readers import Reading, open_board, run_rustboard  # noqa: E402
from writer.format import records  # noqa: E402

POINTS, TAGS = 2_000_000, 20  # of one run
RUNS, RUN_TAGS, RUN_STEPS = 100, 5, 4000
SMALL_RUNS, SMALL_EVENTS = 1000, 100
IMAGES, IMAGE_BYTES = 1000, 1 << 20
MANY_IMAGES = 200_000
HUGE_RUNS, HUGE_TAGS, HUGE_STEPS = 50, 4, 500_000
PEER_SHARE = 40  # TensorBoard's Python reader reads a fortieth of the run, and its time is multiplied
PLAIN_SHARE = 10  # likewise the scanner in plain Python
SERIES_BYTES = 1024  # that a series may take, whatever it holds


class Taken(NamedTuple):
    """One measurement."""

    seconds: float
    processor_s: float = math.nan  # of all threads; a busy machine changes it less


Times = dict[str, list[Taken]]


def main() -> None:
    """Measure the cases that were asked for, one after the other, each on files of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cases = {"scalars": one_run, "runs": many_runs, "small": small_runs, "images": images}
    parser.add_argument("--only", choices=cases)
    parser.add_argument("--huge", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where the files are made, instead of the system's temporary folder")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, scanner: {records.ENGINE}")
    with tempfile.TemporaryDirectory(prefix="trainboard-bench-", dir=options.folder) as folder:
        empty = Path(folder, "empty")
        empty.mkdir()
        chosen = [huge] if options.huge else [cases[options.only]] if options.only else cases.values()
        for case in chosen:
            place = Path(folder, case.__name__)
            case(place, empty, options.rounds)
            shutil.rmtree(place)


def one_run(place: Path, empty: Path, rounds: int) -> None:
    """One run of 2,000,000 scalars, beside both peers; and the scan alone, which leaves out the store."""
    size = write_scalars(place / "run", tag_names(TAGS), POINTS // TAGS)
    share = POINTS // TAGS // PEER_SHARE
    write_scalars(place.parent / "share" / "run", tag_names(TAGS), share)
    heading(f"one run, {POINTS:,} scalars in {TAGS} tags, {size / 1e6:.0f} MB")
    (path,) = (place / "run").iterdir()
    times: Times = {}
    ours, base = [], []
    for turn in range(rounds):
        ours.append(open_board(place))
        base.append(open_board(empty))
        note(times, "board.open", *ours[-1][:2])
        note(times, "RustBoard", *run_rustboard(place)[:2])
        note(times, "the scan alone", scan(path, "compiled", size) if "compiled" in records.ENGINES else math.nan)
        if turn < 2:  # of what takes long
            note(times, "EventAccumulator", readers.run_event_accumulator(place.parent / "share" / "run") * PEER_SHARE)
            note(times, "the scan in plain Python", scan(path, "plain", size // PLAIN_SHARE) * PLAIN_SHARE)
    assert ours[0].more["points"] == POINTS
    show(times, "board.open", POINTS, "M points/s", 1e6)
    show_memory(ours, base, POINTS, TAGS)


def many_runs(place: Path, empty: Path, rounds: int) -> None:
    """A hundred runs of 20,000 scalars each, which several threads read."""
    for i in range(RUNS):
        write_scalars(place / f"run{i:02d}", tag_names(RUN_TAGS), RUN_STEPS, seed=i)
    points = RUNS * RUN_TAGS * RUN_STEPS
    heading(f"{RUNS} runs of {RUN_TAGS} tags, {points:,} scalars")
    times: Times = {}
    ours, base = [], []
    for _ in range(rounds):
        ours.append(open_board(place))
        base.append(open_board(empty))
        note(times, "board.open", *ours[-1][:2])
        note(times, "RustBoard", *run_rustboard(place)[:2])
    assert ours[0].more["points"] == points
    show(times, "board.open", points, "M points/s", 1e6)
    show_memory(ours, base, points, RUNS * RUN_TAGS)


def small_runs(place: Path, empty: Path, rounds: int) -> None:
    """A thousand runs of 100 events: the first load, and a look at everything when nothing is new."""
    for i in range(SMALL_RUNS):
        write_scalars(place / f"run{i:04d}", tag_names(1), SMALL_EVENTS, seed=i)
    heading(f"{SMALL_RUNS:,} runs of {SMALL_EVENTS} scalars")
    first: Times = {}
    idle: Times = {}
    shares: list[float] = []
    for _ in range(rounds):
        ours, peer = open_board(place, "--idle"), run_rustboard(place, cycles=4)
        assert ours.more["points"] == SMALL_RUNS * SMALL_EVENTS
        note(first, "board.open", *ours[:2])
        note(first, "RustBoard", *peer[:2])
        note(idle, "logs.refresh()", ours.idle_s)
        note(idle, "RustBoard's next cycles", peer.idle_s)
        shares.append(ours.more["watcher_share"] * 100)
    show(first, "board.open", SMALL_RUNS, "k runs/s", 1e3)
    print("  and when nothing is new:")
    show(idle, "logs.refresh()", SMALL_RUNS, "k runs/s", 1e3)
    print(f"  the board's watcher over these runs, which were written just now: {spread(shares)} % of a core")


def images(place: Path, empty: Path, rounds: int) -> None:
    """A gigabyte of images: indexed from the page cache, and at the pace of the disk."""
    size = write_images(place / "run", IMAGES, IMAGE_BYTES)
    (path,) = (place / "run").iterdir()
    heading(f"{IMAGES:,} images, {size / 1e9:.2f} GB")
    cached: Times = {}
    cold: Times = {}
    base = []
    readers.read_plainly(path)
    for _ in range(rounds):
        ours = open_board(place)
        assert ours.more["blobs"] == IMAGES
        base.append(open_board(empty))
        note(cached, "board.open", *ours[:2])
        note(cached, "RustBoard", *run_rustboard(place)[:2])
        note(cached, "the scan alone", scan(path, records.ENGINE, size))
        note(cached, "reading and nothing else", readers.read_plainly(path))
    for turn in range(2 * min(rounds, 3)):
        for is_board in (turn % 2 == 0, turn % 2 == 1):  # either goes first in turn
            readers.drop_from_cache(path)
            if is_board:
                note(cold, "board.open", *open_board(place)[:2])
            else:
                note(cold, "reading and nothing else", readers.read_plainly(path))
    show(cached, "board.open", size, "GB/s", 1e9)
    print("  from the disk:")
    show(cold, "board.open", size, "GB/s", 1e9)
    many = place.parent / "many"
    write_images(many / "run", MANY_IMAGES, 100)
    each = [(open_board(many).held - one.held) / MANY_IMAGES for one in base]
    print(f"  memory: {spread(each, 1)} bytes for each of {MANY_IMAGES:,} images, whatever their size")


def huge(place: Path, empty: Path, rounds: int) -> None:
    """A hundred million points: one run made, the others its copies."""
    points = HUGE_RUNS * HUGE_TAGS * HUGE_STEPS
    size = write_scalars(place / "run00", tag_names(HUGE_TAGS), HUGE_STEPS)
    if shutil.disk_usage(place).free < 2 * size * HUGE_RUNS:
        raise SystemExit(f"{place} has no room for {2 * size * HUGE_RUNS / 1e9:.0f} GB")
    for i in range(1, HUGE_RUNS):
        shutil.copytree(place / "run00", place / f"run{i:02d}")
    heading(f"{HUGE_RUNS} runs, {points:,} scalars, {size * HUGE_RUNS / 1e9:.1f} GB")
    times: Times = {}
    ours, base, second, zooms = [], [], [], []
    for _ in range(min(rounds, 3)):
        ours.append(open_board(place, "--zoom"))
        base.append(open_board(empty))
        zooms += [seconds * 1e3 for seconds in ours[-1].more["zoom_s"]]
        note(times, "board.open", *ours[-1][:2])
        note(times, "RustBoard", *run_rustboard(place)[:2])
        index = place.parent / "index"
        open_board(place, "--cache", str(index))
        second.append(open_board(place, "--cache", str(index)))
        note(times, "board.open, with its index", *second[-1][:2])
        shutil.rmtree(index, ignore_errors=True)
    assert ours[0].more["points"] == points
    show(times, "board.open", points, "M points/s", 1e6)
    show_memory(ours, base, points, HUGE_RUNS * HUGE_TAGS)
    above = [(one.peak - other.peak) / (1 << 20) for one, other in zip(second, base, strict=True)]
    print(f"  memory, peak, with its index: {spread(above, 1)} MiB above the empty board")
    print(f"  a hundredth of a series, 1,600 pixels wide: {spread(zooms, 2)} ms")


def scan(path: Path, engine: str, limit: int) -> float:
    """Seconds that the scanner takes for the first ``limit`` bytes of a file, through one buffer."""
    scanner, view = records.Scanner(engine=engine), memoryview(bytearray(readers.PIECE_BYTES * 2))
    offset = filled = 0
    begin = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while offset + filled < limit and (got := file.readinto(view[filled:])):
            filled += got
            used = scanner.scan(view[:filled], offset).consumed
            offset += used
            view[: filled - used] = view[used:filled]
            filled -= used
    return time.perf_counter() - begin


def note(times: Times, name: str, seconds: float, processor_s: float = math.nan) -> None:
    """Remember one measurement."""
    times.setdefault(name, []).append(Taken(seconds, processor_s))


def heading(text: str) -> None:
    """Begin a case."""
    print(f"\n{text}", flush=True)


def show(times: Times, ours: str, amount: float, unit: str, one: float) -> None:
    """Print each reader's seconds and speed, and how many times as long as ours it took, round by round."""
    for name, taken in times.items():
        seconds = [each.seconds for each in taken]
        print(f"  {name:<26} {spread(seconds, 4)} s  {amount / median(seconds) / one:8.2f} {unit}", end="")
        processor_s = median(each.processor_s for each in taken)
        if not math.isnan(processor_s):
            print(f"  {processor_s:.2f} s of processor time", end="")
        if name != ours:
            ratios = [each.seconds / own.seconds for each, own in zip(taken, times[ours], strict=False)]
            print(f"   {spread(ratios, 1 if median(ratios) >= 2 else 3)} x {ours}", end="")
        print(flush=True)


def show_memory(ours: list[Reading], base: list[Reading], points: int, series: int) -> None:
    """Print what a point takes, when a series takes 1 KiB."""
    for name in ("held", "peak"):
        above = [getattr(one, name) - getattr(other, name) for one, other in zip(ours, base, strict=True)]
        each = [(taken - series * SERIES_BYTES) / points for taken in above]
        mib = median(above) / (1 << 20)
        print(f"  memory, {name}: {mib:.0f} MiB above the empty board's {getattr(base[0], name) >> 20} MiB,", end=" ")
        print(f"{spread(each, 1)} bytes a point beside 1 KiB a series", flush=True)


def spread(values: list[float], digits: int = 2) -> str:
    """A median with its range."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
