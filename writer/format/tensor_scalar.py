"""The one number of a numeric tensor."""

import math
import struct
from typing import Any

__all__ = ["read_tensor_scalar"]

# DataType -> how one element lies in tensor_content, and the repeated field that holds elements otherwise
# (tensorflow/core/framework/types.proto and tensor.proto). A bfloat16 is the upper half of a float.
_ELEMENTS = {
    1: ("<f", "float_val"),
    2: ("<d", "double_val"),
    3: ("<i", "int_val"),
    4: ("<B", "int_val"),
    5: ("<h", "int_val"),
    6: ("<b", "int_val"),
    9: ("<q", "int64_val"),
    10: ("<?", "bool_val"),
    14: ("bfloat16", "half_val"),
    17: ("<H", "int_val"),
    19: ("<e", "half_val"),
    22: ("<I", "uint32_val"),
    23: ("<Q", "uint64_val"),
}


def read_tensor_scalar(tensor: Any) -> float | None:
    """The value of a ``TensorProto`` of exactly one real number, as float64; None for any other tensor.

    Content of another length than one element's, no element or several, a dimension other than 1, an unknown rank:
    all of these are no scalar. Integers beyond 2^53 are rounded to the nearest, ties to even.
    """
    element = _ELEMENTS.get(tensor.dtype)
    shape = tensor.tensor_shape
    if element is None or shape.unknown_rank or any(dim.size != 1 for dim in shape.dim):
        return None
    layout, field = element
    content = tensor.tensor_content
    if not content:
        values = getattr(tensor, field)
        if len(values) != 1:
            return None
        if field != "half_val":
            return float(values[0])
        content = struct.pack("<H", values[0] & 0xFFFF)
    if layout == "bfloat16":
        layout, content = "<f", b"\0\0" + content
    if len(content) != struct.calcsize(layout):
        return None
    value = float(struct.unpack(layout, content)[0])
    return math.nan if math.isnan(value) else value
