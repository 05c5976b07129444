"""Long columns of numbers as bytes in base64, which a browser decodes ten times as fast as a list."""

import base64
from typing import Any

import numpy as np

__all__ = ["packed"]

_LONG = 1024  # entries
_TYPES = {"i4": "<i4", "f8": "<f8"}


def packed(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns, and those of the costs in them, with long lists of numbers as ``{"dtype", "bdata"}``."""
    return {key: _packed(value) if key != "strings" else value for key, value in columns.items()}


def _packed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _packed(inner) for key, inner in value.items()}
    if not isinstance(value, list) or len(value) < _LONG or not isinstance(value[0], (int, float)):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        return value
    is_small = array.dtype.kind != "f" and array.min() >= -(2**31) and array.max() < 2**31
    dtype = "i4" if is_small else "f8"
    return {"dtype": dtype, "bdata": base64.b64encode(array.astype(_TYPES[dtype]).tobytes()).decode("ascii")}
