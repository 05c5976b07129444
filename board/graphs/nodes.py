"""What a node of a GraphDef says, in words: names, shapes, element types and costs, whoever wrote it."""

import math
import re
from typing import Any, NamedTuple

from board.graphs.raw_graph import AttrEntry

__all__ = [
    "FUNCTIONS",
    "Facts",
    "NodeReader",
    "decode_name",
    "device_text",
    "dtype_name",
    "shape_text",
    "split_input",
    "strip_slot",
]

FUNCTIONS = "functions"  # scope under which the functions of TensorFlow graphs are shown

# tensorflow/core/framework/types.proto: number -> (name, bytes an element); a reference type is its number + 100
_DTYPES: dict[int, tuple[str, int]] = {
    1: ("float32", 4),
    2: ("float64", 8),
    3: ("int32", 4),
    4: ("uint8", 1),
    5: ("int16", 2),
    6: ("int8", 1),
    7: ("string", 0),
    8: ("complex64", 8),
    9: ("int64", 8),
    10: ("bool", 1),
    11: ("qint8", 1),
    12: ("quint8", 1),
    13: ("qint32", 4),
    14: ("bfloat16", 2),
    17: ("uint16", 2),
    18: ("complex128", 16),
    19: ("float16", 2),
    20: ("resource", 0),
    21: ("variant", 0),
    22: ("uint32", 4),
    23: ("uint64", 8),
    24: ("float8_e5m2", 1),
    25: ("float8_e4m3fn", 1),
}
_REFERENCE = 100
_VARIABLES = frozenset({b"VariableV2", b"Variable", b"VarHandleOp", b"AutoReloadVariable"})
# Attributes that name the element type of what a node puts out, the surest first.
_DTYPE_KEYS = (b"dtype", b"output_types", b"out_type", b"DstT", b"T")
_WANTED = frozenset(
    {
        *(b"_output_shapes", b"shape", b"macs", b"flops", b"num_params", b"output_bytes", b"source"),
        *(b"keras_class", b"torch_dtype"),
        *_DTYPE_KEYS,
    }
)
_DEVICE = re.compile(
    r"^(?:/job:(?P<job>[^/]*))?(?:/replica:\d+)?(?:/task:(?P<task>\d+))?"
    r"(?:/device:|/)(?P<kind>[A-Za-z_]+):(?P<number>\d+)$"
)
_UNKNOWN = -1
_NO_SHAPES: tuple[tuple[str, ...], int] = ((), _UNKNOWN)
_KEY_TAG = 0x0A
_ONE_BYTE_LENGTH = 128  # of a varint


class Facts(NamedTuple):
    """What the columns keep of one node."""

    op: str  # a Keras layer has no op, but a class
    shapes: tuple[str, ...]  # one an output, as far as the file has them
    dtype: str  # of the first output; "" where the file does not say
    macs: int
    params: int
    output_bytes: int  # 0 where unknown
    source: str  # "file:line"; "" where the file does not say
    device: str  # "GPU:0"; "" where the file does not say


def decode_name(name: bytes) -> str:
    """Make any bytes a name that JSON and the browser take; different bytes stay different names."""
    return name.decode("utf-8", "backslashreplace")


def dtype_name(number: int) -> str:
    """Name an element type of ``types.proto``; references are named like the type itself."""
    known = _DTYPES.get(number % _REFERENCE)
    return known[0] if known else f"type {number}"


def device_text(device: str) -> str:
    """Shorten a device's name: "/device:GPU:0" is "GPU:0", of another machine's task "worker/1 GPU:0"."""
    found = _DEVICE.search(device)
    if found is None:
        return device
    place = f"{found['job']}/{found['task'] or 0} " if found["job"] not in (None, "localhost") else ""
    return f"{place}{found['kind'].upper()}:{found['number']}"


def shape_text(shape: Any) -> str:
    """Write a TensorShapeProto as people read it: ``1×3×224×224``, ``?`` for an unknown size."""
    if shape.unknown_rank:
        return "?"
    return "×".join(str(dim.size) if dim.size >= 0 else "?" for dim in shape.dim) or "scalar"


def split_input(text: bytes) -> tuple[bytes, int, bool]:
    """Split an entry of ``NodeDef.input`` into node, output slot and whether it only says *after*.

    ``^name`` is a control input, ``name:1`` the second output; inside functions ``name:out:1`` names an argument too.
    """
    if text.startswith(b"^"):
        return text[1:], 0, True
    name, colon, slot = text.rpartition(b":")
    if not colon or not slot.isdigit():
        return text, 0, False
    return name, int(slot), False


def strip_slot(name: bytes) -> bytes:
    """Drop the name of an output argument, ``node:out`` -> ``node``, as inputs inside functions carry it."""
    return name.partition(b":")[0]


class NodeReader:
    """Reads what the columns need out of raw nodes; nodes with equal attributes, and most are, are read once."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[bytes, Any]] = {}
        self._facts: dict[tuple[bytes, ...], Facts] = {}

    def read(self, node: Any) -> Facts:
        """Read one node of a ``RawGraphDef``; equal facts are one object.

        Parameters are ``num_params`` of our writer's nodes, else the size of a TensorFlow variable of known shape.
        Multiply-adds are ``macs``, else half of ``flops``. Bytes are ``output_bytes``, else all output shapes times
        the size of an element, where both are known; a constant puts nothing out while the model runs.

        Raises:
            writer.format.messages.DecodeError: an attribute makes no sense.
        """
        attributes = [
            raw
            for raw in node.attr
            # an entry starts with its key: field 1, its length, its bytes
            if len(raw) < 2 or raw[2 : 2 + raw[1]] in _WANTED or raw[0] != _KEY_TAG or raw[1] >= _ONE_BYTE_LENGTH
        ]
        key = (node.op, node.device, *attributes)
        facts = self._facts.get(key)
        if facts is None:
            facts = self._facts[key] = self._read(*key)
        return facts

    def _read(self, op: bytes, device: bytes, *attributes: bytes) -> Facts:
        found: dict[bytes, Any] = {}
        for raw in attributes:
            known = self._known.get(raw)
            if known is None:
                known = self._known[raw] = _decode_attribute(raw)
            found[known[0]] = known[1]
        texts, elements = found.get(b"_output_shapes") or found.get(b"shape") or _NO_SHAPES
        number = next((number for key in _DTYPE_KEYS if (number := found.get(key, 0))), 0)
        name, size = _DTYPES.get(number % _REFERENCE, ("", 0))
        macs = found.get(b"macs", _UNKNOWN)
        params = found.get(b"num_params", _UNKNOWN)
        output_bytes = found.get(b"output_bytes", _UNKNOWN)
        if params < 0 and op in _VARIABLES and b"shape" in found:
            params = (found[b"shape"] or _NO_SHAPES)[1]
        return Facts(
            op=decode_name(op or found.get(b"keras_class", b"")),
            shapes=texts,
            dtype=name or (dtype_name(number) if number else decode_name(found.get(b"torch_dtype", b""))),
            macs=max(0, macs if macs >= 0 else found.get(b"flops", 0) // 2),
            params=max(0, params),
            output_bytes=output_bytes if output_bytes >= 0 else 0 if op == b"Const" else max(0, elements) * size,
            source=decode_name(found.get(b"source", b"")),
            device=device_text(decode_name(device)),
        )


def _decode_attribute(raw: bytes) -> tuple[bytes, Any]:
    """Decode an entry of ``NodeDef.attr`` to what ``read`` wants of it: shapes, a type's number, bytes, an integer."""
    entry = AttrEntry.FromString(raw)
    key, value = bytes(entry.key), entry.value
    if key in (b"_output_shapes", b"shape"):
        which = value.WhichOneof("value")
        shapes = list(value.list.shape) if which == "list" else [value.shape] if which == "shape" else []
        counts = [_elements(shape) for shape in shapes]
        elements = _UNKNOWN if _UNKNOWN in counts else sum(counts)
        return key, (tuple(shape_text(shape) for shape in shapes), elements) if shapes else None
    if key in _DTYPE_KEYS:
        return key, value.type or (value.list.type[0] if value.list.type else 0)
    if key in (b"source", b"keras_class", b"torch_dtype"):
        return key, bytes(value.s)
    return key, value.i


def _elements(shape: Any) -> int:
    sizes = [dim.size for dim in shape.dim]
    return _UNKNOWN if shape.unknown_rank or any(size < 0 for size in sizes) else math.prod(sizes)
