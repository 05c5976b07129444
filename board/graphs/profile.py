"""What one run of a graph took, node by node: times, memory and shapes out of TensorFlow's run metadata."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from board.graphs.nodes import Facts, decode_name, device_text, shape_text
from writer.format.messages import DecodeError, RunMetadata

__all__ = ["NodeRun", "Profile", "read_profile"]

_MICROSECONDS = 1e-6


class NodeRun(NamedTuple):
    """What one node took in one run, all its executions together."""

    forward_s: float  # from the first moment to the last of each execution
    memory: int  # bytes that were allocated for it
    shapes: tuple[str, ...]  # of its outputs, where the file has them
    device: str  # "GPU:0"


class Profile:
    """The nodes that ran; names are those of the graph."""

    def __init__(self, runs: dict[str, NodeRun]) -> None:
        """Hold what was read."""
        self._runs = runs

    def __len__(self) -> int:
        return len(self._runs)

    def fill(self, name: str, facts: Facts) -> Facts:
        """Add what the graph itself does not say of a node: where it ran, and the shapes that came of it."""
        run = self._runs.get(name)
        if run is None or (facts.device and facts.shapes and "?" not in "".join(facts.shapes)):
            return facts
        return facts._replace(device=facts.device or run.device, shapes=run.shapes or facts.shapes)

    def columns(self, names: list[str]) -> dict[str, list[Any] | None]:
        """Give a column of times, s, and one of bytes, -1 where nothing was measured; None where nothing at all."""
        runs = [self._runs.get(name) for name in names]
        if not any(runs):
            return {"forward_s": None, "memory": None}
        return {
            "forward_s": [-1 if run is None else run.forward_s for run in runs],
            "memory": [-1 if run is None else run.memory for run in runs],
        }


def read_profile(run_metadata: bytes) -> Profile | None:
    """Read the step statistics of a serialised RunMetadata; None where it has none, or cannot be read.

    A device can be listed several times, once with what it computed and once with its streams; as TensorBoard does,
    times of the same node are added up within one device, and the device with most of it holds.
    """
    try:
        metadata = RunMetadata.FromString(run_metadata)
    except DecodeError:
        return None
    best: dict[str, NodeRun] = {}
    for device in metadata.step_stats.dev_stats:
        of_device: dict[str, NodeRun] = {}
        where = device_text(decode_name(device.device).partition("/stream")[0])
        for name, run in _iter_runs(device, where):
            known = of_device.get(name)
            of_device[name] = run if known is None else _joined(known, run)
        for name, run in of_device.items():
            if name not in best or run.forward_s > best[name].forward_s:
                best[name] = run
    return Profile(best) if best else None


def _iter_runs(device: Any, where: str) -> Iterator[tuple[str, NodeRun]]:
    for stats in device.node_stats:
        memory = sum(max(0, used.total_bytes) for used in stats.memory)
        shapes = tuple(shape_text(output.tensor_description.shape) for output in stats.output)
        taken = max(0, stats.all_end_rel_micros) * _MICROSECONDS
        # "name:op" of a GPU's streams, "name:0" of executions
        yield decode_name(stats.node_name).partition(":")[0], NodeRun(taken, memory, shapes, where)


def _joined(first: NodeRun, second: NodeRun) -> NodeRun:
    taken, memory = first.forward_s + second.forward_s, first.memory + second.memory
    return first._replace(forward_s=taken, memory=memory, shapes=first.shapes or second.shapes)
