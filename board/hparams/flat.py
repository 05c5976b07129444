"""Makes nested configuration flat: ``{"optim": {"lr": 0.1}}`` becomes ``{"optim.lr": 0.1}``, however deep it is."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["MAX_NAMES", "Value", "flatten"]

Value = bool | int | float | str | None | list["Value"]

MAX_NAMES = 10_000  # of one run
MAX_DEPTH = 64
MAX_BITS = 10_000  # of an integer: Python itself writes none of more than 4,300 digits
MAX_ITEMS = 100_000  # of all lists of a run: what is named once and referred to often is counted each time


class _Room:
    """What may still be made of one source: aliases of YAML can make a small file into an endless tree."""

    def __init__(self) -> None:
        self.names = MAX_NAMES
        self.items = MAX_ITEMS


def flatten(nested: Mapping[Any, Any], prefix: str = "") -> dict[str, Value]:
    """Return the leaves by their dotted names, in the order in which they stand.

    Lists of plain values stay lists; a list that holds mappings is taken apart by index (``blocks.0.width``). An empty
    mapping is None: its name is there. What is of no plain type (a date of YAML) becomes its text, an
    integer of thousands of digits its hexadecimal one. Of a name that comes
    twice (``{"a.b": 1, "a": {"b": 2}}``) the last one counts. Beyond 10,000 names the rest is left out.
    """
    return dict(_leaves(nested, prefix, 0, _Room()))


def _leaves(value: Any, name: str, depth: int, room: _Room) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        if not value and name:
            yield from _leaf(name, None, room)
        for key, below in value.items():
            if room.names <= 0:
                return
            own = key if isinstance(key, str) else _text(key)
            yield from _leaves(below, f"{name}.{own}" if name else own, depth + 1, room)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value) and depth < MAX_DEPTH:
        for place, item in enumerate(value):
            if room.names <= 0:
                return
            yield from _leaves(item, f"{name}.{place}", depth + 1, room)
    else:
        yield from _leaf(name, _plain(value, depth, room), room)


def _leaf(name: str, value: Value, room: _Room) -> Iterator[tuple[str, Value]]:
    room.names -= 1
    yield name, value


def _plain(value: Any, depth: int, room: _Room) -> Value:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return _text(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | set | frozenset) and depth < MAX_DEPTH:
        made: list[Value] = []
        for item in value:
            if room.items <= 0:
                break
            room.items -= 1
            made.append(_plain(item, depth + 1, room))
        return made
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return "…"
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return hex(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
