"""Writes a captured graph as the events that TensorBoard draws it from, and its costs as a summary of our own."""

import json
import time
from collections.abc import Iterable
from math import prod
from typing import Any

from writer.captured_graph import COUNTING_RULE, CapturedGraph, Node, TensorSpec, readable_part
from writer.format.messages import Event, GraphDef
from writer.tensors import DATA_TYPES

__all__ = ["COSTS_PLUGIN", "graph_def", "graph_events", "node_names"]

COSTS_PLUGIN = "trainboard_graph_costs"
_DT_STRING = 7
# TensorBoard takes these from a node's attributes, or shows them in its own way.
_RESERVED = frozenset(["_output_shapes", "dtype", "_class", "_too_large_attrs"])


def graph_events(captured: CapturedGraph, *, tag: str = "graph", wall_time: float | None = None) -> list[Any]:
    """Encode a captured graph.

    Args:
        captured: what capture() returned.
        tag: names the costs, ``_stats_/<tag>``: a tag must be unique in a run across all plugins, or TensorBoard
            answers neither.
        wall_time: seconds since the epoch; now if None.

    Returns:
        Event messages in the order in which they are to be written: the run's graph, and the costs of its blocks.
        None where nothing was captured.
    """
    if not captured.nodes and not captured.blocks:
        return []
    wall_time = time.time() if wall_time is None else wall_time
    graph = Event(wall_time=wall_time, graph_def=graph_def(captured.nodes).SerializeToString())
    costs = Event(wall_time=wall_time)
    value = costs.summary.value.add(tag=f"_stats_/{tag}".encode("utf-8", "surrogateescape"))
    value.metadata.plugin_data.plugin_name = COSTS_PLUGIN.encode()
    value.metadata.plugin_data.content = b'{"version":1}'
    value.tensor.dtype = _DT_STRING
    value.tensor.tensor_shape.SetInParent()  # a scalar
    value.tensor.string_val.append(_costs(captured))
    return [graph, costs]


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
            "forward_s": block.forward_s,
            "backward_s": block.backward_s,
        }
        for block in captured.blocks
    ]
    content = {
        "version": 1,
        "how": captured.how,
        "counted": COUNTING_RULE,
        "not_counted": sorted(captured.not_counted),
        "input": captured.input,
        "notes": captured.notes,
        "blocks": blocks,
    }
    return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
