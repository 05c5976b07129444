"""Turns values into serialised events by protobuf: all but the old style's scalars, and among those the odd ones."""

from typing import Any, NamedTuple

from writer.errors import UnsupportedValueError
from writer.format.messages import Event, Summary, TensorProto
from writer.format.wire import Parts, count_bytes, enclose

__all__ = [
    "LargeValue",
    "NewStyle",
    "encode_event",
    "encode_tag",
    "tensor_scalar",
    "text_value",
]

# DataType of tensorflow/core/framework/types.proto
_DT_FLOAT = 1
_DT_DOUBLE = 2
_DT_STRING = 7

_VALUE = 1  # number of a summary's values
_SUMMARY = 5  # and of an event's summary
_LARGE_BYTES = 1 << 16
_TEXT_SUFFIX = b"/text_summary"  # torch's writer adds it, so that people's saved views go on working


def encode_tag(tag: str) -> bytes:
    """Encode a tag or a text as UTF-8; what has no UTF-8 becomes a visible escape, as TensorBoard refuses the rest."""
    return tag.encode("utf-8", "backslashreplace")


class LargeValue(NamedTuple):
    """A ``Summary.Value`` whose image, sound or tensor has one large field, which is never copied into messages."""

    value: Any  # with all else
    field: str  # its name in the image, sound or tensor
    parts: Parts


def encode_event(value: Any, step: int, wall_time: float) -> Parts:
    """Serialise an event that holds a summary.

    Args:
        value: A ``Summary.Value``, a ``LargeValue``, or a list of such.
        step: int64.
        wall_time: Seconds since the epoch.
    """
    values = value if isinstance(value, list) else [value]
    event = Event(wall_time=wall_time, step=step)
    if not any(isinstance(each, LargeValue) for each in values):
        event.summary.value.extend(values)
        return [event.SerializeToString()]
    summary = [part for each in values for part in enclose(_VALUE, _encode_value(each))]
    return [event.SerializeToString(), *enclose(_SUMMARY, summary)]


def _encode_value(value: Any) -> Parts:
    if not isinstance(value, LargeValue):
        return [value.SerializeToString()]
    name = value.value.WhichOneof("value")
    message = getattr(value.value, name)
    content = [message.SerializeToString()]
    if count_bytes(value.parts):
        content += enclose(message.DESCRIPTOR.fields_by_name[value.field].number, value.parts)
    number = Summary.Value.DESCRIPTOR.fields_by_name[name].number
    value.value.ClearField(name)
    return [value.value.SerializeToString(), *enclose(number, content)]


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
    encoded = encode_tag(text)
    tensor = TensorProto(dtype=_DT_STRING)
    tensor.tensor_shape.dim.add(size=1)
    made = Summary.Value(tag=tag if plain_tag else tag + _TEXT_SUFFIX, tensor=tensor)
    made.metadata.plugin_data.plugin_name = b"text"
    if len(encoded) >= _LARGE_BYTES:
        return LargeValue(made, "string_val", [encoded])
    made.tensor.string_val.append(encoded)
    return made
