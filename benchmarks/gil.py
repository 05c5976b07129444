"""How long the writer's threads hold the GIL at a time, while they encode values of every kind.

    python benchmarks/gil.py [KIND ...]

A thread in C that never takes the GIL looks every microsecond or so who holds it (CPython 3.11 to 3.13, Linux, cc). A
release that is shorter than that goes unseen, so that a hold is rather overrated. What counts is the processor time of
the holder meanwhile: a thread that the system put aside while it held the GIL did not keep it out of its own fault.
"""

import argparse
import ctypes
import gc
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is another file

from writer import SummaryWriter  # noqa: E402

GAP_S = 0.00002
RNG = np.random.default_rng(0)


class Hold(ctypes.Structure):
    """As in gil_probe.c."""

    _fields_ = (("holder", ctypes.c_size_t), ("cpu", ctypes.c_double))


def compile_probe(folder: str) -> ctypes.CDLL:
    """Compile and load the thread that looks."""
    source, library = Path(__file__).with_name("gil_probe.c"), f"{folder}/gil_probe.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-pthread", str(source), "-o", library], check=True)
    return ctypes.CDLL(library)


def find_gil() -> int:
    """Find the GIL's state by its first field, the switch interval in microseconds, which we can set."""
    begin = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    for line in Path("/proc/self/maps").read_text().splitlines():
        low, high = (int(part, 16) for part in re.match(r"(\w+)-(\w+)", line).groups())
        if low <= begin < high:
            break
    before, found = sys.getswitchinterval(), set(range(begin, high - 24, 8))
    for interval in (4321, 4987, 5123):
        sys.setswitchinterval(interval / 1e6)
        found = {at for at in found if ctypes.c_ulong.from_address(at).value == interval}
    sys.setswitchinterval(before)
    (address,) = found
    return address


def find_thread_states(names: dict[int, str]) -> dict[int, int]:
    """Find the interpreter's state of each thread, by the thread's number that stands in it."""
    api = ctypes.pythonapi
    for function in (api.PyInterpreterState_Get, api.PyInterpreterState_ThreadHead, api.PyThreadState_Next):
        function.restype = ctypes.c_void_p
    state = api.PyInterpreterState_ThreadHead(ctypes.c_void_p(api.PyInterpreterState_Get()))
    found = {}
    while state:
        words = (ctypes.c_ulong * 40).from_address(state)
        for number in words:
            if number in names:
                found[number] = state
                break
        state = api.PyThreadState_Next(ctypes.c_void_p(state))
    return found


def watch(probe: ctypes.CDLL, gil: int, work: Callable[[], None]) -> dict[str, np.ndarray]:
    """Do some work, and return the times for which each of the writer's threads held the GIL, s."""
    names = {
        thread.ident: thread.name.removeprefix("trainboard-")
        for thread in threading.enumerate()
        if thread.ident is not None and thread.name.startswith("trainboard")
    }
    states = find_thread_states(names)
    holders = (ctypes.c_size_t * len(names))(*(states[number] for number in names))
    clocks = (ctypes.c_int * len(names))(*(time.pthread_getcpuclockid(number) for number in names))
    if probe.probe_start(ctypes.c_void_p(gil), holders, clocks, len(names), ctypes.c_double(GAP_S)):
        raise OSError("the probe's thread could not be started")
    try:
        work()
    finally:
        found = ctypes.POINTER(Hold)()
        probe.probe_stop.restype = ctypes.c_long
        count = probe.probe_stop(ctypes.byref(found))
    by_name: dict[str, list[float]] = {name: [] for name in names.values()}
    for index in range(count):
        number = next(number for number in names if states[number] == found[index].holder)
        by_name[names[number]].append(found[index].cpu)
    return {name: np.array(times) for name, times in by_name.items()}


def make_kinds() -> Iterator[tuple[str, Callable[[SummaryWriter, int], Any]]]:
    """Yield the kinds of values: a name, and what logs one."""
    many = {f"layer{number}/norm": number * 0.5 for number in range(1000)}
    image, large = (RNG.integers(0, 256, shape, np.uint8) for shape in ((3, 512, 683), (3, 1024, 1366)))
    several = RNG.integers(0, 256, (16, 3, 256, 341), np.uint8)
    floats = RNG.normal(size=1_000_000).astype(np.float32)
    points, labels = RNG.normal(size=(2000, 64)), [str(number) for number in range(2000)]
    vertices = floats[:300_000].reshape(1, -1, 3)
    video = RNG.integers(0, 256, (1, 16, 3, 128, 128), np.uint8)
    large_video = RNG.integers(0, 256, (1, 32, 3, 512, 512), np.uint8)

    def scalars(log: SummaryWriter, step: int) -> None:
        for number in range(1000):
            log.add_scalar("loss", 0.5, step * 1000 + number)

    yield "1,000 add_scalar", scalars
    yield "add_many of 1,000", lambda log, step: log.add_many(many, step)
    yield "add_many of 10,000", lambda log, step: log.add_many({f"{n}": 0.5 for n in range(10_000)}, step)
    yield "image of 1 MiB", lambda log, step: log.add_image("image", image, step)
    yield "image of 4 MiB", lambda log, step: log.add_image("image", large, step)
    yield (
        "16 images as a grid",
        lambda log, step: log.add_images("grid", several, step),
    )
    yield "float image of 4 MiB", lambda log, step: log.add_image("image", image / np.float32(256), step)
    yield "boxes", lambda log, step: log.add_image_with_boxes("boxes", image, np.array([[1, 1, 90, 90.0]] * 20), step)
    yield "histogram of 1 M", lambda log, step: log.add_histogram("histogram", floats, step)
    yield "tensor of 4 MiB", lambda log, step: log.add_tensor("tensor", floats, step)
    yield "text of 1 MiB", lambda log, step: log.add_text("text", "words " * 175_000, step)
    yield "audio of 10 s", lambda log, step: log.add_audio("audio", floats[:441_000], step)
    yield "GIF", lambda log, step: log.add_video("video", video, step)
    yield "GIF of 24 MiB", lambda log, step: log.add_video("video", large_video, step)
    if importlib.util.find_spec("av"):
        yield "GIF and WebM", lambda log, step: log.add_video("video", video, step, webm=True)
        still = np.broadcast_to(large_video[:, :1], large_video.shape)
        yield "same, 24 MiB, still", lambda log, step: log.add_video("video", still, step, webm=True)
    yield "curve of 1 M", lambda log, step: log.add_pr_curve("curve", floats > 0, np.clip(floats, 0, 1), step)
    yield (
        "mesh of 100,000",
        lambda log, step: log.add_mesh("mesh", vertices, global_step=step),
    )
    yield "hparams", lambda log, step: log.add_hparams({"lr": 0.1, "name": "x"}, {"loss": 0.5}, run_name=f"{step}")
    yield "embedding of 2,000", lambda log, step: log.add_embedding(points, labels, global_step=step)
    if importlib.util.find_spec("matplotlib"):
        import matplotlib as mpl

        mpl.use("agg")
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(10, 8))
        figure.gca().plot(floats[:1000])
        yield "figure", lambda log, step: log.add_figure("figure", figure, step, close=False)
    if importlib.util.find_spec("torch"):
        import torch

        model = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(500)))
        yield "graph of 500 layers", lambda log, step: log.add_graph(model, torch.zeros(1, 8))


def main() -> None:
    """Log each kind of value 10 times, and print how long the GIL was held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="kinds whose names hold one of these words")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--limit", type=float, default=0.5, help="ms; fails where the GIL was held for longer")
    parser.add_argument("--gc", action="store_true", help="leave the garbage collector on, which may run in any thread")
    options = parser.parse_args()
    if not options.gc:
        gc.disable()
    gil = find_gil()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        probe = compile_probe(folder)
        print(f"{'':24}{'thread':10}{'holds':>8}{'median':>9}{'p99':>9}{'max':>9}   ms, of the holder's processor time")
        for name, add in make_kinds():
            if options.kinds and not any(word in name for word in options.kinds):
                continue
            log = SummaryWriter(os.path.join(folder, "log"))
            add(log, 0)  # imports what it needs, and starts the encoder's thread
            log.add_text("first", "", 0)
            log.flush()

            def work(log: SummaryWriter = log, add: Callable[[SummaryWriter, int], Any] = add) -> None:
                for step in range(1, options.times + 1):
                    add(log, step)
                    time.sleep(0.05)
                log.flush()

            for thread, times in watch(probe, gil, work).items():
                if times.size:
                    worst = max(worst, times.max())
                    row = "".join(f"{value * 1e3:9.3f}" for value in (*np.percentile(times, (50, 99)), times.max()))
                    print(
                        f"{name:24}{thread:10}{times.size:8}{row}", "  <-" if times.max() * 1e3 > options.limit else ""
                    )
            log.close()
    print(f"longest: {worst * 1e3:.3f} ms (at most {options.limit:g})")
    sys.exit(int(worst * 1e3 > options.limit))


if __name__ == "__main__":
    main()
