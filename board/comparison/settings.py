"""What differs in the hyper-parameters and configuration of the columns, and what is the same."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from board.comparison.columns import Column, is_seed
from board.hparams.flat import Value

__all__ = ["MISSING", "Setting", "settings_of", "text_of"]

MISSING = object()  # a run that lacks the name; None is a value


class Setting(NamedTuple):
    """One hyper-parameter over all columns."""

    name: str
    values: tuple[tuple[object, ...], ...]  # for each column what its runs have, each value once; or MISSING
    differs: bool


def settings_of(columns: Sequence[Column], hparams: Mapping[str, Mapping[str, Value]]) -> list[Setting]:
    """Return every hyper-parameter of the columns in the order in which they stand, those that differ first.

    Seeds are left out where they do not tell columns apart: each column has some.
    """
    names = dict.fromkeys(name for column in columns for run in column.runs for name in hparams.get(run, {}))
    found = []
    for name in names:
        values = tuple(_values_of(column, name, hparams) for column in columns)
        keys = {tuple(map(text_of, own)) for own in values}
        differs = len(keys) > 1
        if not (differs and is_seed(name) and any(len(column.runs) > 1 for column in columns)):
            found.append(Setting(name, values, differs))
    return sorted(found, key=lambda setting: not setting.differs)


def text_of(value: object) -> str:
    """Return a value as text, the same for the same: NaN equals NaN, 1 equals 1.0, a text is in quotes."""
    if value is MISSING:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return json.dumps(value, ensure_ascii=True, default=str)


def _values_of(column: Column, name: str, hparams: Mapping[str, Mapping[str, Value]]) -> tuple[object, ...]:
    own: dict[str, object] = {}
    for run in column.runs:
        value = hparams.get(run, {}).get(name, MISSING)
        own.setdefault(text_of(value), value)
    return tuple(own.values())
