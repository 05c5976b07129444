"""Turns values into serialised events by protobuf: all but the old style's scalars, and among those the odd ones."""

from typing import Any, NamedTuple

from writer.errors import UnsupportedValueError
from writer.format.messages import Event, Summary, TensorProto

__all__ = [
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

_TEXT_SUFFIX = b"/text_summary"  # torch's writer adds it, so that people's saved views go on working


def encode_tag(tag: str) -> bytes:
    """Encode a tag or a text as UTF-8; what has no UTF-8 becomes a visible escape, as TensorBoard refuses the rest."""
    return tag.encode("utf-8", "backslashreplace")


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
