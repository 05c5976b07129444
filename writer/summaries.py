"""Turns values into serialised events: scalars by a hand-written encoder, all else by protobuf."""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from writer.errors import UnsupportedValueError
from writer.format.framing import encode_record, masked_crc32c
from writer.format.messages import Event, Summary, TensorProto

__all__ = [
    "MAX_HEADS",
    "NewStyle",
    "ScalarEncoder",
    "encode_event",
    "encode_scalar",
    "encode_tag",
    "encode_varint",
    "tensor_scalar",
    "text_value",
]

# DataType of tensorflow/core/framework/types.proto
_DT_FLOAT = 1
_DT_DOUBLE = 2
_DT_STRING = 7

_TEXT_SUFFIX = b"/text_summary"  # torch's writer adds it, so that people's saved views go on working
MAX_HEADS = 16384  # a program that makes a new tag for every step must not fill the memory with them
_pack_crc = struct.Struct("<I").pack
_pack_header = struct.Struct("<Q").pack


def encode_tag(tag: str) -> bytes:
    """Encode a tag or a text as UTF-8; what has no UTF-8 becomes a visible escape, as TensorBoard refuses the rest."""
    return tag.encode("utf-8", "backslashreplace")


def encode_varint(number: int) -> bytes:
    """Encode an int64 as protobuf does: seven bits a byte, least significant first; negative ones take ten bytes.

    Raises:
        UnsupportedValueError: The number is no int64.
    """
    if not -(1 << 63) <= number < 1 << 63:
        raise UnsupportedValueError(f"{number} is outside of the 64-bit range")
    if number < 0:
        number += 1 << 64
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def encode_event(value: Any, step: int, wall_time: float) -> bytes:
    """Serialise an event that holds a summary.

    Args:
        value: A ``Summary.Value``, or a list of them.
        step: int64.
        wall_time: Seconds since the epoch.
    """
    summary = Summary(value=value if isinstance(value, list) else [value])
    return Event(wall_time=wall_time, step=step, summary=summary).SerializeToString()  # type: ignore[no-any-return]


class NewStyle(NamedTuple):
    """A scalar that is to be written as a tensor."""

    value: Any  # float, or on its way
    is_double: bool


def tensor_scalar(tag: bytes, value: float, *, is_double: bool) -> Any:
    """Make torch's «new style» scalar: a tensor of rank 0 of the plugin ``scalars``, DT_FLOAT or DT_DOUBLE."""
    if is_double:
        tensor = TensorProto(dtype=_DT_DOUBLE, double_val=[value])
    else:
        tensor = TensorProto(dtype=_DT_FLOAT, float_val=[value])
    made = Summary.Value(tag=tag, tensor=tensor)
    made.metadata.plugin_data.plugin_name = b"scalars"
    return made


def text_value(tag: bytes, text: str, *, plain_tag: bool) -> Any:
    """Make a text as torch's writer does: DT_STRING of shape [1] under ``<tag>/text_summary``, plugin ``text``.

    Args:
        tag: As it stands in the file.
        text: Any string.
        plain_tag: Leave the tag as it is.

    Raises:
        UnsupportedValueError: The text is no string.
    """
    if not isinstance(text, str):
        raise UnsupportedValueError(f"a text is a string, not {type(text).__name__}")
    tensor = TensorProto(dtype=_DT_STRING, string_val=[encode_tag(text)])
    tensor.tensor_shape.dim.add(size=1)
    made = Summary.Value(tag=tag if plain_tag else tag + _TEXT_SUFFIX, tensor=tensor)
    made.metadata.plugin_data.plugin_name = b"text"
    return made


class _Head:
    """What all records of one scalar tag with equally long steps share."""

    __slots__ = ("append", "middle", "pack", "prefix")

    def __init__(self, tag: bytes, step_length: int, append: Callable[[bytes], None]) -> None:
        # Event: wall_time (0x09) step (0x10) summary (0x2a); Summary: value (0x0a);
        # Value: tag (0x0a), absent where empty, simple_value (0x15).
        tag_field = b"\x0a" + encode_varint(len(tag)) + tag if tag else b""
        value_length = len(tag_field) + 5
        value_field = b"\x0a" + encode_varint(value_length) + tag_field + b"\x15"
        middle = b"\x2a" + encode_varint(len(value_field) + 4) + value_field
        self.middle = middle
        self.pack = struct.Struct(f"<Bd{step_length}s{len(middle)}sf").pack
        length = _pack_header(9 + step_length + len(middle) + 4)
        self.prefix = length + _pack_crc(masked_crc32c(length))
        self.append = append


class ScalarEncoder:
    """Frames scalar events, byte for byte as protobuf serialises them, at about a microsecond a record.

    It keeps, for every tag and length of the step's varint, the record's first twelve bytes and all that stands
    between step and value.
    """

    def __init__(self) -> None:
        """Begin without any tag."""
        self._heads: dict[int, dict[object, _Head]] = {}
        self._count = 0

    def forget(self, tag: object) -> None:
        """Make ``encode`` hand this tag's next item to ``encode_odd``."""
        for heads in self._heads.values():
            self._count -= heads.pop(tag, None) is not None

    def encode_one(
        self, tag: object, name: bytes, value: float, step: int, wall_time: float, append: Callable[[bytes], None]
    ) -> None:
        """Frame one scalar, whatever its value, and prepare its tag for ``encode``.

        Args:
            tag: What ``encode`` is given as the tag.
            name: The tag as it stands in the file, UTF-8.
            value: Any float; what is too large for 32 bits becomes an infinity, as in torch's writer.
            step: int64.
            wall_time: Seconds since the epoch.
            append: Takes this and all later records of this tag.

        Raises:
            UnsupportedValueError: The step is no int64.
        """
        step_field = _encode_step(step)
        heads = self._heads.setdefault(len(step_field), {})
        head = heads.get(tag)
        if head is None:
            if self._count >= MAX_HEADS:
                self._heads.clear()
                self._count = 0
                heads = self._heads.setdefault(len(step_field), {})
            head = heads[tag] = _Head(name, len(step_field), append)
            self._count += 1
        try:
            payload = head.pack(9, wall_time, step_field, head.middle, value)
        except OverflowError:
            payload = encode_scalar(name, value, step, wall_time)
        append(encode_record(payload))

    def encode(
        self, items: list[tuple[Any, Any, Any, float]], encode_odd: Callable[[tuple[Any, Any, Any, float]], None]
    ) -> None:
        """Frame items (tag, value, step, wall_time) in their order, each to where its tag's records go.

        Args:
            items: Values are floats, steps ints, wall_times seconds since the epoch. (A wall_time of 0 is written
                out, where protobuf leaves it away.)
            encode_odd: Gets, in its turn, each item that is not so or whose tag ``encode_one`` has not had.
        """
        last_step: object = None
        step_field = b""
        heads: dict[object, _Head] = {}
        crc = masked_crc32c
        pack_crc = _pack_crc
        all_heads = self._heads
        for item in items:
            tag, value, step, wall_time = item
            try:
                if step is not last_step:  # not !=, which a stranger's step may answer with anything
                    step_field = _encode_step(step)
                    heads = all_heads[len(step_field)]
                    last_step = step
                head = heads[tag]
                payload = head.pack(9, wall_time, step_field, head.middle, value)
            except (KeyError, TypeError, OverflowError, UnsupportedValueError, struct.error):
                last_step = None
                encode_odd(item)
            else:
                head.append(head.prefix + payload + pack_crc(crc(payload)))


def _encode_step(step: int) -> bytes:
    if 0 < step < 128:
        return bytes((0x10, step))
    # A 0 is absent from the bytes, as every scalar field of proto3.
    return b"\x10" + encode_varint(step) if step else b""


def encode_scalar(name: bytes, value: float, step: int, wall_time: float) -> bytes:
    """Serialise one scalar by protobuf: what ``ScalarEncoder`` agrees with, and for values that struct refuses."""
    return encode_event(Summary.Value(tag=name, simple_value=value), step, wall_time)
