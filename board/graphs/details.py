"""All that a graph says of one node, for the details beside the drawing."""

import math
from typing import Any

from board.graphs.nodes import FUNCTIONS, decode_name, dtype_name, shape_text
from board.graphs.raw_graph import NodeDef, RawGraphDef

__all__ = ["MAX_ITEMS", "MAX_TEXT", "node_details"]

MAX_TEXT = 1000  # characters of one attribute that are shown
MAX_ITEMS = 32  # entries of a list, or values of a tensor


def node_details(graph_def: bytes, name: str) -> dict[str, Any] | None:
    """Find a node by its full name and say what it holds.

    Returns:
        ``{"name", "op", "device", "inputs": [str], "attributes": [{"key", "value", "cut"}]}``, where *cut* is the
        number of characters or entries left out, 0 where all is there; None if the graph has no such node.

    Raises:
        writer.format.messages.DecodeError: the bytes are no GraphDef.
    """
    found = _find(RawGraphDef.FromString(graph_def), name)
    if found is None:
        return None
    node = NodeDef.FromString(found.SerializeToString())  # of this one only the attributes are decoded
    attributes = []
    for entry in node.attr:
        text, cut = _attribute(entry.value)
        attributes.append({"key": decode_name(entry.key), "value": text, "cut": cut})
    return {
        "name": name,
        "op": decode_name(node.op),
        "device": decode_name(node.device),
        "inputs": [decode_name(text) for text in node.input],
        "attributes": sorted(attributes, key=lambda attribute: str(attribute["key"])),
    }


def _find(graph: Any, name: str) -> Any:
    try:
        wanted = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None  # half of a surrogate pair: no file has such a name
    for node in graph.node:
        # a name that is no UTF-8 is shown with its bytes spelled out
        if node.name == wanted or (b"\\x" in wanted and decode_name(node.name) == name):
            return node
    for function in graph.library.function:
        prefix = f"{FUNCTIONS}/{decode_name(function.signature.name)}/"
        if name.startswith(prefix):
            inner = name.removeprefix(prefix)
            return next((node for node in function.node_def if decode_name(node.name) == inner), None)
    return None


def _attribute(value: Any) -> tuple[str, int]:
    """Write an AttrValue on one line; long ones are cut, and by how much is said."""
    which = value.WhichOneof("value")
    if which is None:
        return "", 0
    if which == "list":
        return _list(value.list)
    return _scalar(which, getattr(value, which))


def _scalar(which: str, value: Any) -> tuple[str, int]:
    match which:
        case "s" | "placeholder":
            return _cut(_bytes_text(value))
        case "b":
            return ("true" if value else "false"), 0
        case "f":
            return f"{value:.7g}", 0
        case "type":
            return dtype_name(value), 0
        case "shape":
            return shape_text(value), 0
        case "tensor":
            return _tensor(value)
        case "func":
            return decode_name(value.name), 0
        case _:
            return str(value), 0


def _list(value: Any) -> tuple[str, int]:
    for which in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
        entries = getattr(value, which)
        if len(entries):
            texts = [_scalar(which, entry)[0] for entry in entries[:MAX_ITEMS]]
            text, cut = _cut("[" + ", ".join(texts) + "]")
            return text, cut + max(0, len(entries) - MAX_ITEMS)
    return "[]", 0


def _tensor(tensor: Any) -> tuple[str, int]:
    """Say type and shape of a constant, and its values where it has few."""
    head = f"{dtype_name(tensor.dtype)} {shape_text(tensor.tensor_shape)}"
    if tensor.tensor_content:
        size = math.prod(max(0, dim.size) for dim in tensor.tensor_shape.dim)
        return f"{head}, {len(tensor.tensor_content)} bytes", size
    for which in ("float_val", "double_val", "int_val", "int64_val", "bool_val", "string_val", "uint32_val"):
        values = getattr(tensor, which)
        if len(values):
            shown = ", ".join(
                _bytes_text(value) if isinstance(value, bytes) else f"{value:.7g}" for value in values[:MAX_ITEMS]
            )
            text, cut = _cut(f"{head} {shown}")
            return text, cut + max(0, len(values) - MAX_ITEMS)
    return head, 0


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"{len(value)} bytes"


def _cut(text: str) -> tuple[str, int]:
    return (text, 0) if len(text) <= MAX_TEXT else (text[:MAX_TEXT], len(text) - MAX_TEXT)
