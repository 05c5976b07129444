"""TensorProto -> numpy array, of every type that a log can hold (tensorflow/core/framework/tensor.proto)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.errors import MalformedValueError

__all__ = ["DT_STRING", "decode_strings", "decode_tensor"]

DT_STRING = 7
_BFLOAT16 = 14

# DataType -> (dtype of tensor_content, the repeated field that holds the values otherwise)
_NUMERIC: dict[int, tuple[str, str]] = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("<u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("<i1", "int_val"),
    8: ("<c8", "scomplex_val"),
    9: ("<i8", "int64_val"),
    10: ("?", "bool_val"),
    11: ("<i1", "int_val"),  # quantised, as plain numbers
    12: ("<u1", "int_val"),
    13: ("<i4", "int_val"),
    _BFLOAT16: ("<u2", "half_val"),
    15: ("<i2", "int_val"),
    16: ("<u2", "int_val"),
    17: ("<u2", "int_val"),
    18: ("<c16", "dcomplex_val"),
    19: ("<f2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
}

# A shape may say more elements than there are values (the last one is repeated), so it must not say how much
# memory we take: this much beyond the bytes that exist.
_MAX_REPEATED_BYTES = 64 << 20


def decode_strings(tensor: Any) -> NDArray[Any]:
    """Return a DT_STRING tensor as an object array of bytes, of its own shape."""
    if tensor.dtype != DT_STRING:
        raise MalformedValueError(f"expected a tensor of strings, found data type {tensor.dtype}")
    values = np.empty(len(tensor.string_val), dtype=object)
    values[:] = list(tensor.string_val)
    return _shaped(values, tensor, empty=b"")


def decode_tensor(tensor: Any) -> NDArray[Any]:
    """Return a tensor as an array of its own type and shape; bfloat16 as float32, strings as objects.

    Raises:
        MalformedValueError: a type that we do not know, or a shape that its values do not fill.
    """
    if tensor.dtype == DT_STRING:
        return decode_strings(tensor)
    if tensor.dtype not in _NUMERIC:
        raise MalformedValueError(f"tensors of data type {tensor.dtype} cannot be read")
    dtype, field = _NUMERIC[tensor.dtype]
    if tensor.tensor_content:
        if len(tensor.tensor_content) % np.dtype(dtype).itemsize:
            raise MalformedValueError("a tensor's content is not a whole number of elements")
        values: NDArray[Any] = np.frombuffer(tensor.tensor_content, dtype)
    else:
        values = _from_field(getattr(tensor, field), dtype)
    if tensor.dtype == _BFLOAT16:  # the upper half of a float32
        values = (values.astype("<u4") << 16).view("<f4")
    return _shaped(values, tensor, empty=0)


def _from_field(raw: Any, dtype: str) -> NDArray[Any]:
    if dtype == "<f2":  # half_val has the bits, one int32 each
        return np.array(raw, "<i4").astype("<u2").view("<f2")
    if dtype in ("<c8", "<c16"):
        parts = np.array(raw, "<f4" if dtype == "<c8" else "<f8")
        return parts[: len(parts) // 2 * 2].view(dtype)
    if dtype in ("<u1", "<i2", "<i1", "<u2"):
        return np.array(raw, "<i4").astype(dtype)
    return np.array(raw, dtype)


def _shaped(values: NDArray[Any], tensor: Any, *, empty: Any) -> NDArray[Any]:
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if not shape and len(values) != 1:  # no shape was written; a scalar has one value
        return values
    if any(size < 0 for size in shape):
        raise MalformedValueError(f"a tensor has the shape {shape}")
    count = math.prod(shape)
    if len(values) < count:
        if (count - len(values)) * max(8, values.dtype.itemsize) > _MAX_REPEATED_BYTES:
            raise MalformedValueError(f"a tensor of shape {shape} has only {len(values)} values")
        filler = values[-1] if len(values) else empty
        filled = np.empty(count, dtype=values.dtype)
        filled[: len(values)] = values
        filled[len(values) :] = filler
        values = filled
    if len(values) != count:
        raise MalformedValueError(f"a tensor of shape {shape} has {len(values)} values")
    try:
        return values.reshape(shape)
    except ValueError as error:  # more dimensions than numpy has
        raise MalformedValueError(f"a tensor of rank {len(shape)} cannot be read") from error
