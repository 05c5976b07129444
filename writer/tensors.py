"""Numpy arrays as tensor messages, with the data types of TensorFlow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import UnsupportedValueError
from writer.format.messages import Summary, TensorProto

__all__ = ["DATA_TYPES", "tensor_of", "tensor_value"]

DATA_TYPES = {  # name in torch and numpy -> number in tensorflow/core/framework/types.proto
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "complex64": 8, "int64": 9, "bool": 10,
    "bfloat16": 14, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip


def tensor_of(array: NDArray[Any]) -> Any:
    """Make a ``TensorProto`` with an array's shape, dtype and values.

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
    tensor.tensor_content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return tensor


def tensor_value(tag: bytes, array: NDArray[Any], plugin: bytes = b"tensor", content: bytes = b"") -> Any:
    """Make a ``Summary.Value`` with a tensor.

    Args:
        tag: As it stands in the file.
        array: Any shape; its dtype is kept.
        plugin: Who shows it; "tensor" is torch's name for nobody.
        content: What that plugin is told beside it.
    """
    made = Summary.Value(tag=tag, tensor=tensor_of(np.asarray(array)))
    made.metadata.plugin_data.plugin_name = plugin
    made.metadata.plugin_data.content = content
    return made
