"""Turns the domain's values into what JSON can carry: columns, steps, numbers, names."""

import base64
import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

__all__ = [
    "Column",
    "asked_name",
    "column",
    "drawn_column",
    "exact_column",
    "json_response",
    "json_text",
    "narrow_column",
    "number",
    "shown_name",
]


DRAWN_SHARE = 1e-6  # of a curve's height: a thousandth of a pixel, still under one when zoomed a thousandfold


class Column(TypedDict):
    """An array as Plotly takes it: little-endian bytes in base64."""

    dtype: str
    bdata: str


def column(values: NDArray[Any]) -> Column:
    """Encode an array as float64, shape (n,)."""
    return _encoded(np.ascontiguousarray(values, dtype="<f8"))


def exact_column(values: NDArray[Any]) -> Column:
    """Encode an array, shape (n,), in the fewest bytes that give back the same float64 values: i4, f4 or f8."""
    data = np.ascontiguousarray(values, dtype="<f8")
    for dtype in ("<i4", "<f4"):
        with np.errstate(invalid="ignore", over="ignore"):  # what does not fit is found by the comparison
            narrow = data.astype(dtype)
        if np.array_equal(narrow, data, equal_nan=dtype == "<f4"):
            return _encoded(narrow)
    return _encoded(data)


def narrow_column(values: NDArray[np.uint8] | NDArray[np.int32]) -> Column:
    """Encode an array, shape (n,), as u1 or i4, as it is."""
    return _encoded(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")))


def drawn_column(values: NDArray[np.float64]) -> Column:
    """Encode heights that are only looked at, shape (n,): as f4 where that moves none by a millionth of their span.

    Whoever wants a value exactly asks for the nearest point.
    """
    data = np.ascontiguousarray(values, dtype="<f8")
    with np.errstate(over="ignore"):  # infinity is as far off as can be
        narrow = data.astype("<f4")
    is_finite = np.isfinite(data)
    if is_finite.any():
        heights, off = data[is_finite], np.abs(narrow[is_finite] - data[is_finite]).max()
        if not off <= (heights.max() - heights.min()) * DRAWN_SHARE:
            return _encoded(data)
    return _encoded(narrow)


def _encoded(data: NDArray[Any]) -> Column:
    return {"dtype": data.dtype.str[1:], "bdata": base64.b64encode(data.data).decode("ascii")}


def number(value: float) -> float | str:
    """Return a finite number as it is, others by the names that JavaScript has for them; JSON has none."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


# A name is bytes on disk. Bytes that are no UTF-8 live in our strings as lone surrogates (surrogateescape), which
# a browser cannot put into a URL; so they travel as the last 128 private code points, which it can.
_TO_WIRE = {0xDC80 + i: 0x10FF80 + i for i in range(0x80)}
_FROM_WIRE = {wire: name for name, wire in _TO_WIRE.items()}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def shown_name(name: str) -> str:
    """Return a run's or tag's name as pages and answers spell it."""
    return name if name.isascii() else _LONE_SURROGATE.sub("\ufffd", name.translate(_TO_WIRE))


def asked_name(name: str) -> str:
    """Return the name that a page means, the reverse of ``shown_name``."""
    return name if name.isascii() else name.translate(_FROM_WIRE)


def json_text(content: Mapping[str, Any]) -> str:
    """Encode as strict JSON.

    Raises:
        ValueError: a number is not finite: it should have gone through ``number``.
    """
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def json_response(content: Mapping[str, Any], status: int = 200) -> Response:
    """Answer with a JSON object; encoded here, in the caller's thread, not in the event loop."""
    return Response(json_text(content), status_code=status, media_type="application/json")
