"""From points to pixel columns: how long a chart takes that is zoomed, smoothed or shows everything.

Beside it, as controls in the same run, numpy's least and greatest value of all points, and where it is installed
tsdownsample's MinMax, which gives the extremes of equally many points a column, of finite values only. Ours are the
pixel columns with all that a chart shows: NaN and infinities, gaps, and the range without outliers, exact.

    python benchmarks/pixels.py [--points 10000000] [--stored 100000000] [--rounds 9] [--json]
"""

import argparse
import json
import mmap
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from board.app import create_app  # noqa: E402
from board.logs import Logs, PixelRequest, Smoothing  # noqa: E402
from board.model import FileId, Kind  # noqa: E402
from board.settings import Settings  # noqa: E402
from board.store.columns import Columns  # noqa: E402
from board.store.drawn import Drawn, drawn  # noqa: E402
from board.store.loops import ENGINE  # noqa: E402
from board.store.pixels import nearest, pixels  # noqa: E402
from board.store.recent import Recent  # noqa: E402
from board.store.series import Line, Part, SeriesView  # noqa: E402
from board.store.smoothing import smoothed  # noqa: E402
from board.store.superseded import FileLife, Sessions  # noqa: E402
from writer.format import records  # noqa: E402
from writer.format.messages import Event, Summary  # noqa: E402

BLOCK_ROWS = 1 << 16  # as an index on disk has them
WIDTH = 1000  # pixel columns
RECENT_BYTES = 256 << 20  # as the store has it
SMOOTHED_POINTS = 1_000_000
SMOOTHINGS = (
    Smoothing("ema", 0.6),
    Smoothing("ema", 0.999),
    Smoothing("time_ema", 0.9),
    Smoothing("mean", 11),
    Smoothing("mean", 1001),
    Smoothing("gaussian", 3.0),
    Smoothing("gaussian", 30.0),
    Smoothing("gaussian", 300.0),
)

Times = dict[str, list[float]]


class Block:
    """Rows of a series in a mapped file."""

    def __init__(self, mapping: mmap.mmap, offset: int, rows: int) -> None:
        """Lie at that offset, column by column."""
        self.rows = rows
        self._mapping = mapping
        self._offset = offset

    def __getitem__(self, column: int) -> np.ndarray:
        """Return a column."""
        return np.frombuffer(self._mapping, "<i8", self.rows, self._offset + 8 * self.rows * column)


def line_of(columns: Columns) -> Line:
    """Make a line of one file whose steps are 0, 1, 2 ..."""
    file, last = FileId("f", 0), columns.count - 1
    part = Part(file, 0, -1, columns, last_step=last, greatest_step=last)
    sessions = Sessions([FileLife(file, 0.0, 1.0)])
    return SeriesView("run", "tag", Kind.SCALAR, parts=(part,), sessions=sessions, recent=Recent(RECENT_BYTES)).lines[0]


def words_of(values: np.ndarray, first: int = 0) -> np.ndarray:
    """Return the columns of a series (3, points)."""
    step = np.arange(first, first + len(values))
    return np.array([step, (1.7e9 + step * 0.01).view(np.int64), values.view(np.int64)])


def measure(times: Times, rounds: int, name: str, work: Callable[[], object]) -> None:
    """Note milliseconds; the first time is to warm up."""
    work()
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.setdefault(name, []).append((time.perf_counter() - begin) * 1e3)


def measure_pixels(times: Times, points: int, rounds: int) -> None:
    """Columns of clean values and of such that are not all finite, in memory and in blocks."""
    dice = np.random.default_rng(0)
    clean = dice.standard_normal(points)
    some = clean.copy()
    some[dice.integers(0, points, points // 100)] = np.nan
    some[dice.integers(0, points, points // 1000)] = np.inf
    most = np.where(dice.random(points) < 0.9, np.nan, clean)
    control = partial(measure, times, rounds, "control: numpy min, max", lambda: (clean.min(), clean.max()))
    control()
    try:
        from tsdownsample import MinMaxDownsampler
    except ImportError:
        print("tsdownsample is not installed: without that control", file=sys.stderr)
    else:
        measure(times, rounds, "control: tsdownsample", lambda: MinMaxDownsampler().downsample(clean, n_out=2 * WIDTH))
    smooth = np.sin(np.linspace(0, 9, points)) + 0.001 * clean
    walk = np.where(np.isfinite(some), clean.cumsum(), some)
    sorts = {"noise": clean, "curve": smooth, "1 % not finite": some, "walk, 1 % not finite": walk, "90 % NaN": most}
    for name, values in sorts.items():
        words = words_of(values)
        one, blocks = Columns(3).attached(words), Columns(3)
        for at in range(0, points, BLOCK_ROWS):
            blocks = blocks.attached(words[:, at : at + BLOCK_ROWS])
        for where, columns in (("one chunk", one), ("blocks", blocks)):
            line = line_of(columns)
            for zoom, share in (("all", 1.0), ("a tenth", 0.1), ("1/10,000", 1e-4)):
                lo, hi = points * (0.5 - share / 2), points * (0.5 + share / 2)
                request = PixelRequest(width=WIDTH, lo=lo, hi=hi)
                measure(times, rounds, f"{name}, {where}, {zoom}", partial(pixels, line, request))
    ema = PixelRequest(width=WIDTH, smoothing=Smoothing("ema", 0.6))
    line = line_of(Columns(3).attached(words_of(clean)))
    measure(times, rounds, "noise, one chunk, all, raw and EMA", partial(pixels, line, ema))
    control()  # again: what it took while the others ran, and after


def smooth(points: Drawn, smoothing: Smoothing) -> None:
    """Compute all smoothed values anew."""
    for _ in smoothed(points, smoothing, Recent(RECENT_BYTES)).pieces():
        pass


def measure_smoothing(times: Times, rounds: int) -> None:
    """Smooth a million points anew each time."""
    dice = np.random.default_rng(1)
    clean = dice.standard_normal(SMOOTHED_POINTS)
    some = clean.copy()
    some[dice.integers(0, len(some), len(some) // 100)] = np.nan
    for values, name in ((clean, ""), (some, ", 1 % NaN")):
        points = drawn(line_of(Columns(3).attached(words_of(values))))
        for each in SMOOTHINGS:
            measure(times, rounds, f"{each.kind} {each.amount:g}{name}", partial(smooth, points, each))


def measure_stored(times: Times, points: int, rounds: int, folder: Path) -> None:
    """Zoom into a series that lies in a mapped file, which the page cache has."""
    path = folder / "blocks"
    dice = np.random.default_rng(2)
    with path.open("wb") as file:
        for at in range(0, points, BLOCK_ROWS):
            words_of(dice.standard_normal(min(BLOCK_ROWS, points - at)), at).tofile(file)
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    blocks = [Block(mapping, 24 * at, min(BLOCK_ROWS, points - at)) for at in range(0, points, BLOCK_ROWS)]
    line = line_of(Columns.stored(3, blocks))
    ema, gaussian = Smoothing("ema", 0.6), Smoothing("gaussian", 30.0)
    for count in (100_000, 1_000_000, 10_000_000):
        if count < points:
            lo = points * 0.6
            plain = PixelRequest(width=WIDTH, lo=lo, hi=lo + count)
            measure(times, rounds, f"{count:,} of them", partial(pixels, line, plain))
            for smoothing in (ema, gaussian) if count <= 1_000_000 else (ema,):
                request = PixelRequest(width=WIDTH, lo=lo, hi=lo + count, smoothing=smoothing)
                measure(times, rounds, f"{count:,} of them, raw and {smoothing.kind}", partial(pixels, line, request))
    fresh = line_of(Columns.stored(3, blocks))
    zoom = PixelRequest(width=WIDTH, lo=points * 0.9, hi=points * 0.91, smoothing=ema)
    begin = time.perf_counter()
    pixels(fresh, zoom)
    times["a hundredth, raw and ema, the first time"] = [(time.perf_counter() - begin) * 1e3]
    measure(times, rounds, "the point under the cursor", lambda: nearest(line, "step", points * 0.3, ema))
    measure(times, max(rounds // 2, 1), "all of them", lambda: pixels(line, PixelRequest(width=WIDTH)))


def measure_requests(times: Times, rounds: int, folder: Path) -> None:
    """Ask the app as a page does, through HTTP but not through a network."""
    for runs, tags, points in ((200, 1, 10_000), (20, 12, 10_000)):
        logdir = folder / f"{runs}x{tags}"
        values = np.random.default_rng(3).standard_normal(points * tags).astype(np.float32).tolist()
        frames = [records.encode_record(Event(wall_time=1.7e9, file_version=b"brain.Event:2").SerializeToString())]
        for i, value in enumerate(values):
            scalar = Summary.Value(tag=b"metric_%02d" % (i % tags), simple_value=value)
            event = Event(wall_time=1.7e9 + i * 1e-3, step=i // tags, summary=Summary(value=[scalar]))
            frames.append(records.encode_record(event.SerializeToString()))
        for run in range(runs):
            path = logdir / f"run_{run:03d}" / "events.out.tfevents.1700000000.bench"
            path.parent.mkdir(parents=True)
            path.write_bytes(b"".join(frames))
        settings = Settings(logdirs=(str(logdir),), opens_browser=False)
        names = [f"run_{run:03d}" for run in range(runs)]
        with TestClient(create_app(settings, Logs(logdir, cache=False)), base_url="http://127.0.0.1") as client:
            while client.get("/api/runs").json()["loading"]:
                time.sleep(0.05)
            for smoothing in ({"kind": "none"}, {"kind": "ema", "amount": 0.6}):
                charts = [
                    {"id": str(tag), "tag": f"metric_{tag:02d}", "runs": names, "width": 600, "smoothing": smoothing}
                    for tag in range(tags)
                ]

                def ask(charts: list[dict[str, Any]] = charts) -> None:
                    answer = client.post("/api/pixels", json={"charts": charts})
                    assert answer.status_code == 200, answer.text

                name = f"{tags} chart{'s' if tags > 1 else ''} x {runs} runs x {points:,} points, {smoothing['kind']}"
                measure(times, rounds, name, ask)
        shutil.rmtree(logdir)


def main() -> None:
    """Measure, and print medians with their spread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--stored", type=int, default=100_000_000, help="points of the series on disk, 24 bytes each")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sections: dict[str, Times] = {}
    with tempfile.TemporaryDirectory() as folder:
        times = sections.setdefault(f"{options.points:,} points in memory to {WIDTH:,} pixel columns", {})
        measure_pixels(times, options.points, options.rounds)
        times = sections.setdefault(f"{SMOOTHED_POINTS:,} points smoothed", {})
        measure_smoothing(times, options.rounds)
        times = sections.setdefault(f"{options.stored:,} points in a mapped file to {WIDTH:,} pixel columns", {})
        measure_stored(times, options.stored, options.rounds, Path(folder))
        times = sections.setdefault("requests, answered as JSON", {})
        measure_requests(times, options.rounds, Path(folder))
    if options.json:
        print(json.dumps({"engine": ENGINE, "milliseconds": sections}))
        return
    print(f"engine: {ENGINE}; {platform.platform()}")
    for title, times in sections.items():
        print(f"\n{title}: median ms (least to greatest)")
        for name, found in times.items():
            print(f"  {name:58} {float(np.median(found)):8.2f}  ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    main()
