"""Describes a call of a torch function for people: its name, its plain arguments, the line that made it."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

__all__ = ["calling_line", "plain_arguments", "readable_name"]

Plain = int | float | bool | str

_PACKAGE_DIR = os.path.dirname(__file__)
_OPERATORS = {
    "truediv": "div",
    "floordiv": "floor_divide",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
}
_BINARY = _OPERATORS.keys() | {"add", "sub", "mul", "matmul", "div", "mod", "pow", "lshift", "rshift"}


def readable_name(name: str) -> str:
    """Name an operator as torch's functions do: ``__iadd__`` is add_, ``__rsub__`` is sub."""
    if not (name.startswith("__") and name.endswith("__")):
        return name
    plain, suffix = name.strip("_"), ""
    if plain not in _BINARY and plain[1:] in _BINARY and plain[0] in "ir":
        plain, suffix = plain[1:], "_" if plain[0] == "i" else ""
    return _OPERATORS.get(plain, plain) + suffix


def calling_line(torch_dir: str) -> str:
    """Find the first caller outside torch and this package, as ``file:line``; "" if there is none.

    The file is named from the nearest folder of ``sys.path``, or from the working directory: a log that is
    handed on tells nobody how the machine that wrote it is laid out.
    """
    frame: Any = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((torch_dir, _PACKAGE_DIR, "<")):
            return f"{_short_path(file)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@cache
def _short_path(file: str) -> str:
    path = os.path.abspath(file)
    folders = {os.path.join(os.path.abspath(folder), "") for folder in (os.getcwd(), *sys.path)}
    nearest = max((folder for folder in folders if path.startswith(folder)), key=len, default="")
    return path.removeprefix(nearest) if nearest else os.path.basename(path)


def plain_arguments(names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Plain]:
    """Keep what is no tensor: stride, padding, p, dim ...

    Args:
        names: of the positional arguments; those beyond are numbered.
        args: positional arguments.
        kwargs: keyword arguments.
    """
    named = {names[i] if i < len(names) else f"argument_{i}": value for i, value in enumerate(args)}
    kept: dict[str, Plain] = {}
    for name, value in {**named, **kwargs}.items():
        if name.startswith("_"):
            continue
        if isinstance(value, (int, float, str)):
            kept[name] = value
        elif isinstance(value, (list, tuple)) and value and all(isinstance(item, (int, float)) for item in value):
            kept[name] = str(list(value))
        elif type(value).__module__ == "torch" and type(value).__name__ in ("dtype", "device"):
            kept[name] = str(value)
    return kept
