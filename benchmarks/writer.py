"""What logging costs the training: trainboard's writer beside torch's, tensorboardX's, W&B's, trackio's and nothing.

    python benchmarks/writer.py            the calling thread's time per add_scalar, and the sustained rate
    python benchmarks/writer.py --paced    1,500 steps of about 2 ms of array work with 100 scalars each
    python benchmarks/writer.py --batches  1,000 tags at one step
    python benchmarks/writer.py --images   arrays of one mebibyte, beside a copy of one and nothing else
    python benchmarks/writer.py --kinds    what else a training loop logs, one value of each kind

All writers run in one process, one after the other, in rounds, so that a busy machine troubles each alike. W&B
(offline) and trackio take part where they are installed: pip install 'trainboard[peers]'.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is this file
TAG = "loss/train"


class Empty:
    """The control: a method that takes the same arguments and does nothing."""

    def add_scalar(self, tag: str, scalar_value: Any, global_step: Any = None) -> None:
        """Do nothing."""

    def add_many(self, values: dict[str, float], global_step: int) -> None:
        """Do nothing."""

    def add_image(self, tag: str, array: np.ndarray, global_step: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Copy(Empty):
    """The least that an image costs: a copy into memory that is there already."""

    def __init__(self) -> None:
        """Have the memory."""
        self._memory = np.zeros(MEBIBYTE_SHAPE, np.uint8)

    def add_image(self, tag: str, array: np.ndarray, global_step: int) -> None:
        """Copy."""
        np.copyto(self._memory, array)


class Wandb:
    """W&B's run, offline, behind the methods that are timed."""

    def __init__(self, folder: str) -> None:
        """Begin a run in the folder."""
        import wandb

        quiet = wandb.Settings(silent=True, console="off", x_disable_stats=True)
        self._run = wandb.init(mode="offline", dir=folder, project="bench", settings=quiet, reinit="create_new")
        self._image = wandb.Image

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Log one number."""
        self._run.log({tag: value}, step=step)

    def add_many(self, values: dict[str, float], step: int) -> None:
        """Log many."""
        self._run.log(values, step=step)

    def add_image(self, tag: str, array: np.ndarray, step: int) -> None:
        """Log an image."""
        self._run.log({tag: self._image(array.transpose(1, 2, 0))}, step=step)

    def flush(self) -> None:
        """Wait until all is on disk; W&B has no other way than to end the run, which may be done twice."""
        self._run.finish()

    def close(self) -> None:
        """End the run."""
        self._run.finish()


class Trackio:
    """Trackio's run, behind the methods that are timed."""

    def __init__(self, folder: str) -> None:
        """Begin a run in the folder."""
        os.environ["TRACKIO_DIR"] = folder
        import trackio

        self._trackio = trackio
        self._is_ended = False
        with contextlib.redirect_stdout(io.StringIO()):  # it greets
            trackio.init(project="bench", embed=False)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Log one number."""
        self._trackio.log({tag: value}, step=step)

    def add_many(self, values: dict[str, float], step: int) -> None:
        """Log many."""
        self._trackio.log(values, step=step)

    def flush(self) -> None:
        """End the run, which waits until all is on disk."""
        if not self._is_ended:
            self._is_ended = True
            with contextlib.redirect_stdout(io.StringIO()):
                self._trackio.finish()

    def close(self) -> None:
        """End the run."""
        self.flush()


def make_ours(folder: str) -> Any:
    """Make trainboard's."""
    from writer import SummaryWriter

    return SummaryWriter(folder)


def make_torch(folder: str) -> Any:
    """Make torch's."""
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder)


def make_tensorboardx(folder: str) -> Any:
    """Make tensorboardX's."""
    from tensorboardX import SummaryWriter

    return SummaryWriter(folder)


WRITERS: dict[str, Callable[[str], Any]] = {
    "empty function": lambda _: Empty(),
    "trainboard": make_ours,
    "torch": make_torch,
    "tensorboardX": make_tensorboardx,
}
WRITERS |= {
    name: make for name, make in (("wandb", Wandb), ("trackio", Trackio)) if importlib.util.find_spec(name) is not None
}
PEERS = ("torch", "tensorboardX", "wandb", "trackio")
BATCH_TAGS = 1000
MEBIBYTE_SHAPE = (3, 512, 683)  # uint8, channels first


@contextlib.contextmanager
def opened(name: str) -> Iterator[Any]:
    """Open one writer on a folder of its own, and remove both."""
    folder = tempfile.mkdtemp(prefix="trainboard-bench-")
    writer = WRITERS[name](folder)
    try:
        yield writer
    finally:
        writer.close()
        shutil.rmtree(folder)


def time_calls(writer: Any, calls: int, pause_s: float, first: int = 0) -> np.ndarray:
    """Time each of many calls, in bursts of 100 as a training step makes them; seconds."""
    times = np.empty(calls)
    clock = time.perf_counter
    add = writer.add_scalar
    for i in range(calls):
        value, step = i * 0.5, first + i
        start = clock()
        add(TAG, value, step)
        times[i] = clock() - start
        if i % 100 == 99:
            time.sleep(pause_s)
    return times


def time_rate(writer: Any, calls: int) -> float:
    """Scalars a second in a tight loop, until all are in the file."""
    start = time.perf_counter()
    for i in range(calls):
        writer.add_scalar(TAG, 0.5, i)
    writer.flush()
    return calls / (time.perf_counter() - start)


def work(array: np.ndarray) -> None:
    """About 2 ms of array work, as a small training step does it: large operations, which free the GIL, and small."""
    for _ in range(12):
        np.tanh(array, out=array)
    small = array[:16]
    for _ in range(1000):
        small = small * 0.99 + 0.01


def time_steps(writer: Any, steps: int, first: int = 0) -> np.ndarray:
    """Time steps of array work that log 100 scalars each; seconds."""
    tags = [f"layer{i}/norm" for i in range(100)]
    array = np.random.default_rng(0).normal(size=50_000)
    times = np.empty(steps)
    for step in range(first, first + steps):
        start = time.perf_counter()
        work(array)
        for tag in tags:
            writer.add_scalar(tag, 0.25, step)
        times[step - first] = time.perf_counter() - start
    return times


def time_batches(writer: Any, calls: int, first: int = 0) -> np.ndarray:
    """Time logging 1,000 tags at one step; seconds. Who has no such call gets a thousand."""
    values = {f"layer{i:04d}/norm": i * 0.5 for i in range(BATCH_TAGS)}
    times = np.empty(calls)
    for step in range(first, first + calls):
        start = time.perf_counter()
        if hasattr(writer, "add_many"):
            writer.add_many(values, step)
        else:
            for tag, value in values.items():
                writer.add_scalar(tag, value, step)
        times[step - first] = time.perf_counter() - start
        time.sleep(0.05)
    return times


def time_images(writer: Any, calls: int, first: int = 0) -> np.ndarray:
    """Time logging an image of one mebibyte, amid about 100 ms of other array work each; seconds."""
    array = np.random.default_rng(0).integers(0, 256, MEBIBYTE_SHAPE, np.uint8)
    other = np.random.default_rng(0).normal(size=50_000)
    times = np.empty(calls)
    for step in range(first, first + calls):
        start = time.perf_counter()
        writer.add_image("view", array, step)
        times[step - first] = time.perf_counter() - start
        for _ in range(50):
            work(other)
    return times


def make_kinds() -> dict[str, Callable[[Any, int], Any]]:
    """Make what logs one value of each kind that torch's writer knows."""
    random = np.random.default_rng(0)
    floats, sound = random.normal(size=1_000_000).astype(np.float32), random.uniform(-1, 1, 44_100).astype(np.float32)
    images = random.integers(0, 256, (16, 3, 128, 171), np.uint8)
    few = {f"loss{number}": number * 0.5 for number in range(20)}
    kinds: dict[str, Callable[[Any, int], Any]] = {
        "histogram of 4 MiB": lambda writer, step: writer.add_histogram("values", floats, step),
        "histogram of 1,000": lambda writer, step: writer.add_histogram("values", floats[:1000], step),
        "16 images, 1 MiB": lambda writer, step: writer.add_images("grid", images, step),
        "text": lambda writer, step: writer.add_text("text", "words", step),
        "sound of 1 s": lambda writer, step: writer.add_audio("sound", sound, step, 44_100),
        "curve of 1,000": lambda writer, step: writer.add_pr_curve("curve", floats[:1000] > 0, sound[:1000], step),
        "20 scalars by name": lambda writer, step: (
            writer.log(few, step) if hasattr(writer, "log") else [writer.add_scalar(tag, few[tag], step) for tag in few]
        ),
    }
    if importlib.util.find_spec("matplotlib") is not None:
        import matplotlib as mpl

        mpl.use("agg")
        from matplotlib import pyplot

        figure = pyplot.figure()
        figure.gca().plot(floats[:100])
        kinds["figure"] = lambda writer, step: writer.add_figure("figure", figure, step, close=False)
        kinds["(drawing it alone)"] = lambda writer, step: figure.canvas.draw()
    return kinds


def show_kinds(rounds: int) -> None:
    """Time one value of each kind, by trainboard's writer and torch's, amid other work; print medians and p90."""
    other = np.random.default_rng(0).normal(size=50_000)
    print(f"{'':20}{'trainboard':>22}{'torch':>22}   ms a call: median, p90")
    for kind, add in make_kinds().items():
        cells = []
        for name in ("trainboard", "torch"):
            times = []
            for _ in range(rounds):
                with opened(name) as writer:
                    for step in range(12):
                        start = time.perf_counter()
                        add(writer, step)
                        times.append(time.perf_counter() - start)
                        for _ in range(30):
                            work(other)
            cells.append(f"{np.median(times) * 1e3:12.3f}{np.percentile(times, 90) * 1e3:10.3f}")
        print(f"{kind:20}{''.join(cells)}")


def describe(times: np.ndarray) -> dict[str, float]:
    """Percentiles."""
    return {
        "median": float(np.median(times)),
        "p99": float(np.percentile(times, 99)),
        "p99.9": float(np.percentile(times, 99.9)),
        "max": float(times.max()),
    }


def run_calls(rounds: int) -> dict[str, dict[str, float]]:
    """Time calls and rates of all writers."""
    times: dict[str, list[np.ndarray]] = {name: [] for name in WRITERS}
    rates: dict[str, float] = {}
    for _ in range(rounds):
        for name in WRITERS:
            with opened(name) as writer:
                time_calls(writer, 500, 0.001)
                times[name].append(time_calls(writer, 10_000, 0.005, first=500))
    for name in WRITERS:
        if name != "empty function":
            with opened(name) as writer:
                rates[name] = time_rate(writer, 1_000_000 if name == "trainboard" else 50_000)
    return {name: describe(np.concatenate(times[name])) | {"rate": rates.get(name, 0.0)} for name in WRITERS}


def run_paced(rounds: int, steps: int) -> dict[str, dict[str, float]]:
    """Time paced steps of all writers."""
    times: dict[str, list[np.ndarray]] = {name: [] for name in WRITERS}
    for _ in range(rounds):
        for name in WRITERS:
            with opened(name) as writer:
                time_steps(writer, 50)
                times[name].append(time_steps(writer, steps // rounds, first=50))
    return {name: describe(np.concatenate(times[name])) for name in WRITERS}


def run_each(time_some: Callable[..., np.ndarray], method: str, rounds: int, calls: int) -> dict[str, dict[str, float]]:
    """Time calls of one kind of all writers that have a method for it."""
    times: dict[str, list[np.ndarray]] = {}
    for _ in range(rounds):
        for name in WRITERS:
            with opened(name) as writer:
                if hasattr(writer, method):
                    time_some(writer, calls // 10)
                    times.setdefault(name, []).append(time_some(writer, calls, first=calls // 10))
    return {name: describe(np.concatenate(found)) for name, found in times.items()}


def compare(cost: float, ours: float) -> str:
    """How many times trainboard's cost; nothing where that is lost in the noise."""
    return f" ({cost / ours:.1f}x)" if ours > 0 else " (-)"


def show(results: dict[str, dict[str, float]], unit: float, name_of_unit: str) -> None:
    """Print a table, and each writer's ratio to trainboard's cost above the control."""
    control = results["empty function"]
    ours = results["trainboard"]
    print(f"{'':16}{'median':>10}{'p99':>10}{'p99.9':>10}{'max':>10}   {name_of_unit}; above the control: median, p99")
    for name, row in results.items():
        cells = "".join(f"{row[key] * unit:10.2f}" for key in ("median", "p99", "p99.9", "max"))
        above = {key: row[key] - control[key] for key in ("median", "p99")}
        texts = [f"{above[key] * unit:+8.2f}" + compare(above[key], ours[key] - control[key]) for key in above]
        print(f"{name:16}{cells}   {'' if name == 'empty function' else '  '.join(texts)}")
    for name, row in results.items():
        if row.get("rate"):
            ratio = f" ({row['rate'] / results['torch']['rate']:.1f}x torch's)" if "torch" in results else ""
            print(f"{name:16}{row['rate']:>12,.0f} scalars/s sustained{ratio}")


def main() -> None:
    """Run one of the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paced", action="store_true", help="steps of array work with 100 scalars each")
    parser.add_argument("--batches", action="store_true", help="1,000 tags at one step")
    parser.add_argument("--images", action="store_true", help="arrays of one mebibyte")
    parser.add_argument("--kinds", action="store_true", help="what else is logged")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the raw figures, s and scalars/s")
    options = parser.parse_args()
    unit, name_of_unit = 1e6, "µs a call"
    if missing := [name for name in PEERS if importlib.util.find_spec(name) is None]:
        print(f"not installed, and so not measured: {', '.join(missing)}", file=sys.stderr)
        for name in missing:
            WRITERS.pop(name, None)
    if options.kinds:
        show_kinds(options.rounds)
        return
    if options.paced:
        results = run_paced(options.rounds, 1500)
        unit, name_of_unit = 1e3, "ms a step"
    elif options.batches:
        results = run_each(time_batches, "add_scalar", options.rounds, 50)
    elif options.images:
        WRITERS["a copy alone"] = lambda _: Copy()
        results = run_each(time_images, "add_image", options.rounds, 30)
    else:
        results = run_calls(options.rounds)
    if options.json:
        json.dump({"machine": platform.platform(), "python": sys.version, "results": results}, sys.stdout, indent=2)
    else:
        show(results, unit, name_of_unit)


if __name__ == "__main__":
    main()
