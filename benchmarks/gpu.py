"""What logging costs a training on a GPU: 100 tensors a step of a CNN, with trainboard's writer, with torch's, without.

    python benchmarks/gpu.py

Fails where a step is slowed by more than 1 % in the median or 2 % in the 99th percentile, where a trace of the CUDA
runtime shows logging waiting for the GPU, or where a value in the log is not the one that the tensor had.
"""

import argparse
import itertools
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is another file

TAGS = [f"layer{number}/value" for number in range(100)]
LEAST_STEP_S = 0.020
SYNCS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "hipStreamSynchronize")
BUDGET = {"median": 1.01, "p99": 1.02}


class Training:
    """A CNN on made-up images, with a batch so large that the GPU is what a step waits for."""

    def __init__(self, torch: Any, device: Any) -> None:
        """Find a batch whose step takes 20 ms or more."""
        self.torch = torch
        layers: list[Any] = []
        for before, after in ((3, 64), (64, 128), (128, 128), (128, 256)):
            layers += [torch.nn.Conv2d(before, after, 3, padding=1), torch.nn.BatchNorm2d(after), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
        self.model = self.model.append(torch.nn.Linear(256, 10)).to(device)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-3, foreach=True)
        self.device = device
        self.batch = 16
        while True:
            self.images = torch.randn(self.batch, 3, 64, 64, device=device)
            self.labels = torch.randint(0, 10, (self.batch,), device=device)
            if np.median(self.time(8, lambda step, values: None)) >= LEAST_STEP_S:
                break
            self.batch *= 2

    def step(self) -> list[Any]:
        """Make one step; return 100 scalars that are still on their way."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.torch.nn.functional.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        values = self.torch.stack([parameter.detach().norm() for parameter in self.model.parameters()])
        return list(self.torch.cat([loss.detach().reshape(1), values]).repeat(8)[: len(TAGS)].unbind())

    def time(self, steps: int, log: Callable[[int, list[Any]], None]) -> np.ndarray:
        """Time steps on the GPU's own clock, from the end of one to the end of the next; seconds."""
        torch = self.torch
        events = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
        torch.cuda.synchronize()
        events[0].record()
        for step in range(steps):
            values = self.step()
            log(step, values)
            events[step + 1].record()
            if step >= 4:  # as a loop that shows its loss: it runs a few steps ahead and no more
                while not events[step - 3].query():
                    time.sleep(0.0002)
        torch.cuda.synchronize()
        return np.array([one.elapsed_time(following) for one, following in itertools.pairwise(events)]) / 1e3


def check_values(torch: Any, device: Any, folder: Path) -> None:
    """Change tensors right after they were logged; on a stream of its own, too, and while it is busy."""
    import board
    from writer import SummaryWriter

    stream = torch.cuda.Stream(device)
    busy = torch.randn(4096, 4096, device=device)
    torch.cuda.synchronize()
    with SummaryWriter(folder) as log:
        torch.cuda.set_sync_debug_mode("error")  # raises in the calling thread where torch itself would wait
        try:
            for step in range(200):
                with torch.cuda.stream(stream if step % 2 else torch.cuda.current_stream(device)):
                    for _ in range(3):
                        busy @ busy
                    value = torch.full((), float(step), device=device)
                    histogram = torch.full((1000,), float(step), device=device)
                    log.add_scalar("value", value, step)
                    log.add_histogram("histogram", histogram, step)
                    value.fill_(-1.0)
                    histogram.fill_(-1.0)
                    del value, histogram
        finally:
            torch.cuda.set_sync_debug_mode("default")
    run = board.open(folder, cache=False)["."]
    found = run.scalars["value"].value.tolist()
    assert found == [float(step) for step in range(200)], f"logged values have changed: {found[:10]}"
    assert len(run.histograms["histogram"]) == 200


def check_capture(torch: Any, device: Any, folder: Path) -> None:
    """Log before, during and after the capture of a CUDA graph, which must stay whole."""
    from writer import SummaryWriter

    with SummaryWriter(folder) as log:
        value = torch.ones((), device=device)
        for step in range(100):
            log.add_scalar("before", value, step)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            value.add_(1.0)
            log.add_scalar("during", value, 0)  # refused, and counted
        graph.replay()
        log.add_scalar("after", value, 0)
        log.flush()
        assert value.item() == 2.0, "the capture was broken"


def find_syncs(torch: Any, training: Training, log: Callable[[int, list[Any]], None]) -> dict[str, int]:
    """Count calls that wait for the GPU, of the calling thread and of all others, while 5 steps are logged."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    counts = dict.fromkeys(SYNCS, 0)
    torch.cuda.synchronize()
    with torch.profiler.profile(activities=activities) as profile:
        for step in range(5):
            values = training.step()
            with torch.profiler.record_function("logging"):
                log(step, values)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        profile.export_chrome_trace(file.name)
        events = json.loads(Path(file.name).read_text())["traceEvents"]
    spans = [(e["tid"], e["ts"], e["ts"] + e["dur"]) for e in events if e.get("name") == "logging" and "dur" in e]
    threads = {tid for tid, _, _ in spans}
    for event in events:
        if event.get("name") in counts and "dur" in event:
            is_logging = any(tid == event["tid"] and begin <= event["ts"] <= end for tid, begin, end in spans)
            counts[event["name"]] += is_logging or event["tid"] not in threads  # the profiler's own end is elsewhere
    return counts


def describe(times: np.ndarray) -> dict[str, float]:
    """Percentiles."""
    return {"median": float(np.median(times)), "p99": float(np.percentile(times, 99)), "max": float(times.max())}


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300, help="of each writer in each of three rounds")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("no torch here: pip install 'trainboard[torch]'")
    if not torch.cuda.is_available():
        sys.exit(f"no GPU here (torch {torch.__version__} finds none): nothing was checked")
    from torch.utils.tensorboard import SummaryWriter as TorchWriter

    from writer import SummaryWriter

    device = torch.device("cuda", torch.cuda.current_device())
    print(f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}")
    folder = Path(tempfile.mkdtemp(prefix="trainboard-gpu-"))
    failures = []
    try:
        check_values(torch, device, folder / "values")
        print("values are those of the moment of the call, on every stream")
        check_capture(torch, device, folder / "capture")
        print("the capture of a CUDA graph stays whole")
        training = Training(torch, device)
        ours, theirs = SummaryWriter(folder / "ours"), TorchWriter(str(folder / "torch"))

        def log_to(writer: Any) -> Callable[[int, list[Any]], None]:
            def log(step: int, values: list[Any]) -> None:
                for tag, value in zip(TAGS, values, strict=True):
                    writer.add_scalar(tag, value, step)

            return log

        ways: dict[str, Callable[[int, list[Any]], None]] = {
            "without": lambda step, values: None,
            "trainboard": log_to(ours),
            "add_many": lambda step, values: ours.add_many(dict(zip(TAGS, values, strict=True)), step),
            "torch": log_to(theirs),
        }
        times: dict[str, list[np.ndarray]] = {name: [] for name in ways}
        for log in ways.values():
            training.time(20, log)
        for _ in range(3):
            for name, log in ways.items():
                times[name].append(training.time(options.steps, log))
        rows = {name: describe(np.concatenate(found)) for name, found in times.items()}
        print(f"batch of {training.batch}; ms a step; ratio to the loop without logging")
        for name, row in rows.items():
            ratios = {key: value / rows["without"][key] for key, value in row.items()}
            print(f"{name:12}" + "".join(f"{key:>8} {row[key] * 1e3:8.3f} ({ratios[key]:.4f})" for key in row))
            if name in ("trainboard", "add_many"):
                failures += [f"{name}: {key} {ratios[key]:.4f}" for key, most in BUDGET.items() if ratios[key] > most]
        for name in ("trainboard", "torch"):
            counts = find_syncs(torch, training, ways[name])
            print(f"{name}: waits for the GPU in a trace of 5 steps: {counts}")
            if name == "trainboard" and any(counts.values()):
                failures.append(f"logging waits for the GPU: {counts}")
        ours.close()
        theirs.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit("\n".join(failures) if failures else None)


if __name__ == "__main__":
    main()
