"""Writes a captured graph as the events that TensorBoard draws it from, and its costs as a summary of our own."""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from math import prod
from typing import Any

from writer.captured_graph import COUNTING_RULE, CapturedGraph, Node, TensorSpec, readable_part
from writer.format.messages import Event, GraphDef, RunMetadata, StepStats
from writer.tensors import DATA_TYPES

__all__ = ["COSTS_PLUGIN", "RUN_GRAPH", "costs_event", "graph_def", "graph_events", "node_names", "step_stats"]

COSTS_PLUGIN = "trainboard_graph_costs"
RUN_GRAPH = "graph"  # the tag of a graph that has no name: the run's own
_GRAPH_PLUGIN = "graph_run_metadata"  # of TensorFlow's traces: TensorBoard lists each under its tag
_DT_STRING = 7
_BEGIN_MICROS = 1_000_000  # a start of 0 is taken for none
# TensorBoard takes these from a node's attributes, or shows them in its own way.
_RESERVED = frozenset(["_output_shapes", "dtype", "_class", "_too_large_attrs"])


def graph_events(
    captured: CapturedGraph, *, tag: str = RUN_GRAPH, wall_time: float | None = None, step: int | None = None
) -> list[Any]:
    """Encode a captured graph.

    Args:
        captured: what capture() returned.
        tag: name of the graph; the nameless one is the run's own, of which TensorBoard shows the last. The costs are
            ``_stats_/<tag>``: a tag must be unique in a run across all plugins, or TensorBoard answers neither.
        wall_time: seconds since the epoch; now if None.
        step: of the events; that of the captured graph if None.

    Returns:
        Event messages in the order in which they are to be written: the graph, the costs of its blocks, and for the
        run's own the times of its nodes, where they are known; a named one has them with it. None where nothing was
        captured.
    """
    if not captured.nodes and not captured.blocks:
        return []
    wall_time = time.time() if wall_time is None else wall_time
    step = captured.step if step is None else step
    definition = graph_def(captured.nodes)
    times = step_stats(captured.nodes)
    if tag == RUN_GRAPH:
        graph = Event(wall_time=wall_time, step=step, graph_def=definition.SerializeToString())
    else:
        metadata = RunMetadata(step_stats=times)
        metadata.function_graphs.add().pre_optimization_graph.CopyFrom(definition)
        graph = _single_string(tag, _GRAPH_PLUGIN, b"1", metadata.SerializeToString(), wall_time, step)
    events = [graph, costs_event(captured, tag=tag, wall_time=wall_time, step=step)]
    if tag == RUN_GRAPH and times is not None:
        profile = Event(wall_time=wall_time, step=step)
        profile.tagged_run_metadata.tag = b"step %d" % captured.step
        profile.tagged_run_metadata.run_metadata = RunMetadata(step_stats=times).SerializeToString()
        events.append(profile)
    return events


def costs_event(
    captured: CapturedGraph, *, tag: str = RUN_GRAPH, wall_time: float | None = None, step: int | None = None
) -> Any:
    """Encode what the blocks of a graph cost; of several such events of a tag the last one holds."""
    wall_time = time.time() if wall_time is None else wall_time
    step = captured.step if step is None else step
    return _single_string(f"_stats_/{tag}", COSTS_PLUGIN, b'{"version":1}', _costs(captured), wall_time, step)


def _single_string(tag: str, plugin: str, content: bytes, data: bytes, wall_time: float, step: int) -> Any:
    event = Event(wall_time=wall_time, step=step)
    value = event.summary.value.add(tag=tag.encode("utf-8", "surrogateescape"))
    value.metadata.plugin_data.plugin_name = plugin.encode()
    value.metadata.plugin_data.content = content
    value.tensor.dtype = _DT_STRING
    value.tensor.tensor_shape.SetInParent()  # a scalar
    value.tensor.string_val.append(data)
    return event


def step_stats(nodes: list[Node]) -> Any:
    """Encode when each operation of a step began and how long it took, by device; None where nothing was timed."""
    if all(node.forward_s is None for node in nodes):
        return None
    stats = StepStats()
    devices: dict[bytes, Any] = {}
    for node, name in zip(nodes, node_names(nodes), strict=True):
        if node.forward_s is None or not node.outputs:
            continue
        device = _device(node.outputs[0].device)
        if device not in devices:
            devices[device] = stats.dev_stats.add(device=device)
        taken = max(1, round(node.forward_s * 1e6))
        timed = devices[device].node_stats.add(
            node_name=name.encode("utf-8", "replace"),
            all_start_micros=_BEGIN_MICROS + round(node.start_s * 1e6),
            op_end_rel_micros=taken,
            all_end_rel_micros=taken,
        )
        if node.output_bytes:
            timed.memory.add(allocator_name=device, total_bytes=node.output_bytes)
        for slot, output in enumerate(node.outputs):
            shape = timed.output.add(slot=slot).tensor_description.shape
            for size in output.shape or ():
                shape.dim.add(size=size)
    return stats


def graph_def(nodes: list[Node]) -> Any:
    """Encode nodes as a GraphDef message.

    TensorBoard's rules: "/" in a name is the hierarchy; ``_output_shapes`` labels the edges and sets their width; a
    "Const" is drawn as a dot beside its reader; a device has to read ``/device:TYPE:NUMBER``; every other attribute
    is shown as it stands.
    """
    graph = GraphDef()
    graph.versions.producer = 22
    names = [name.encode("utf-8", "replace") for name in node_names(nodes)]
    for node, name in zip(nodes, names, strict=True):
        encoded = graph.node.add(name=name, op=node.op.encode("utf-8", "replace"))
        inputs = (names[i] + (b":%d" % output if output else b"") for i, output in node.inputs)
        encoded.input.extend(dict.fromkeys(inputs))
        if node.outputs:
            encoded.device = _device(node.outputs[0].device)
            _add_shapes(encoded, node.outputs)
        _add_attributes(encoded, node)
    return graph


def node_names(nodes: list[Node]) -> list[str]:
    """Name nodes by scope and label, each name once and none also a scope (TensorBoard would rename those)."""
    used = _with_enclosing(node.scope for node in nodes)
    counts: dict[str, int] = {}
    names = []
    for node in nodes:
        name = first = f"{node.scope}/{readable_part(node.label)}".lstrip("/")
        while name in used:
            counts[first] = counts.get(first, 0) + 1
            name = f"{first}_{counts[first]}"
        used.add(name)
        names.append(name)
    return names


def _with_enclosing(scopes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for scope in scopes:
        while scope and scope not in found:
            found.add(scope)
            scope = scope.rpartition("/")[0]
    return found


def _device(device: str) -> bytes:
    kind, _, index = device.partition(":")
    return f"/device:{'GPU' if kind == 'cuda' else kind.upper()}:{index or 0}".encode()


def _add_shapes(encoded: Any, outputs: list[TensorSpec]) -> None:
    shapes = encoded.attr.add(key=b"_output_shapes").value.list
    for output in outputs:
        shape = shapes.shape.add()
        if output.shape is None:
            shape.unknown_rank = True
        for size in output.shape or ():
            shape.dim.add(size=size)
    if outputs[0].dtype in DATA_TYPES:
        encoded.attr.add(key=b"dtype").value.type = DATA_TYPES[outputs[0].dtype]
    else:
        encoded.attr.add(key=b"torch_dtype").value.s = outputs[0].dtype.encode()


def _add_attributes(encoded: Any, node: Node) -> None:
    attributes: dict[str, int | float | bool | str] = {}
    if node.macs:
        attributes |= {"macs": node.macs, "flops": 2 * node.macs}
    if node.params:
        attributes["num_params"] = node.params
    if node.output_bytes:
        attributes["output_bytes"] = node.output_bytes
    elif node.kind in ("parameter", "buffer") and node.outputs[0].shape is not None:
        attributes["elements"] = prod(node.outputs[0].shape)
    attributes |= {
        "qualified_name": node.qualified_name,
        "tied_to": node.tied_to,
        "source": node.source,
        "aten": " ".join(name if count == 1 else f"{name}×{count}" for name, count in node.aten.items()),
    }
    for name, value in node.arguments.items():
        key = f"argument_{name}" if name in attributes or name in _RESERVED else name
        attributes[key] = value
    for key, value in attributes.items():
        if value == "":
            continue
        entry = encoded.attr.add(key=key.encode("utf-8", "replace")).value
        if isinstance(value, bool):
            entry.b = value
        elif isinstance(value, int) and -(2**63) <= value < 2**63:
            entry.i = value
        elif isinstance(value, float):
            entry.f = value
        else:
            entry.s = str(value).encode("utf-8", "replace")


def _costs(captured: CapturedGraph) -> bytes:
    """Encode the costs of all blocks as JSON; the fields are those of Block, and fixed by the version."""
    blocks = [
        {
            "path": block.path,
            "name": block.name,
            "class": block.class_name,
            "calls": block.calls,
            "params": block.params,
            "params_total": block.params_total,
            "trainable": block.trainable,
            "buffers": block.buffers,
            "tied": block.tied,
            "macs": block.macs,
            "macs_total": block.macs_total,
            "output_bytes": block.output_bytes,
            "saved_bytes": block.saved_bytes,
            "saved_bytes_total": block.saved_bytes_total,
            "forward_s": block.forward_s,
            "backward_s": block.backward_s,
            "device": block.device,
            "dtype": block.dtype,
        }
        for block in captured.blocks
    ]
    content = {
        "version": 1,
        "how": captured.how,
        "counted": COUNTING_RULE,
        "not_counted": sorted(captured.not_counted),
        "input": captured.input,
        "step": captured.step,
        "measured": None if captured.measured is None else {"by": "watch", **asdict(captured.measured)},
        "notes": captured.notes,
        "blocks": blocks,
    }
    return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
