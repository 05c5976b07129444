"""Numpy arrays as tensor messages, with the data types of TensorFlow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import UnsupportedValueError
from writer.format.messages import Summary, TensorProto
from writer.format.wire import Parts
from writer.summaries import LargeValue

__all__ = ["DATA_TYPES", "tensor_value", "to_parts"]

_PART_BYTES = 1 << 18
DATA_TYPES = {  # name in torch and numpy -> number in tensorflow/core/framework/types.proto
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "complex64": 8, "int64": 9, "bool": 10,
    "bfloat16": 14, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip


def _tensor_of(array: NDArray[Any]) -> Any:
    """Make a ``TensorProto`` with an array's shape and dtype.

    Raises:
        UnsupportedValueError: TensorFlow has no such data type.
    """
    data_type = DATA_TYPES.get(array.dtype.name)
    if data_type is None:
        raise UnsupportedValueError(f"a tensor cannot have the dtype {array.dtype}")
    tensor = TensorProto(dtype=data_type)
    tensor.tensor_shape.SetInParent()  # of rank 0, it is empty
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


def to_parts(array: NDArray[Any]) -> Parts:
    """Copy an array's values, little-endian and in the order of their places, in parts of at most 256 KiB."""
    flat = array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1)
    length = max(1, _PART_BYTES // array.itemsize)
    parts = [flat[start : start + length].copy() for start in range(0, flat.size, length)]  # lets the GIL go
    return [part.view(np.uint8).data for part in parts]


def tensor_value(tag: bytes, array: NDArray[Any], plugin: bytes = b"tensor", content: bytes = b"") -> LargeValue:
    """Make a value with a tensor.

    Args:
        tag: As it stands in the file.
        array: Any shape; its dtype is kept.
        plugin: Who shows it; "tensor" is torch's name for nobody.
        content: What that plugin is told beside it.
    """
    array = np.asarray(array)
    made = Summary.Value(tag=tag, tensor=_tensor_of(array))
    made.metadata.plugin_data.plugin_name = plugin
    made.metadata.plugin_data.content = content
    return LargeValue(made, "tensor_content", to_parts(array))
