"""Hyper-parameters as JSON: numbers that JSON lacks by name, long ones shortened where many are listed."""

import math
from typing import Any

from board.web.encoding import number, shown_name

__all__ = ["shown_value", "whole_value"]

MAX_TEXT = 200  # characters
MAX_LIST = 20
MAX_INT = 2**53  # beyond it a browser has no integers: it gets digits


def shown_value(value: Any) -> Any:
    """Return a value for a list of many; ``{"text", "length"}`` and ``{"list", "length"}`` are the beginning of one."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return {"text": shown_name(value[:MAX_TEXT]), "length": len(value)}
    if isinstance(value, list):
        shown = [shown_value(one) for one in value[:MAX_LIST]]
        return shown if len(value) <= MAX_LIST else {"list": shown, "length": len(value)}
    return whole_value(value)


def whole_value(value: Any) -> Any:
    """Return a value as it is; ``{"number": "NaN"}`` is one that JSON lacks."""
    if isinstance(value, str):
        return shown_name(value)
    if isinstance(value, list):
        return [whole_value(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": number(value)}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INT:
        return {"number": str(value)}
    return value
