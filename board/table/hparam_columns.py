"""Hyper-parameters as columns: the values of all rows, of what kind they are, and whether they say anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from board.hparams.flat import Value
from board.table.rows import Row

__all__ = ["MISSING", "NONE", "HparamColumn", "HparamKind", "hparam_columns"]

HparamKind = Literal["number", "text", "bool", "mixed"]
NONE, MISSING = 1, 2  # gaps: the value is None, or the run has no such hyper-parameter
_EXACT = 2**53  # beyond it not every integer is a float64


@dataclass(frozen=True, slots=True)
class HparamColumn:
    """One hyper-parameter of all rows."""

    name: str
    kind: HparamKind
    runs: int  # rows that have it, None included
    distinct: int  # values, None included
    gaps: NDArray[np.uint8]  # by row: 0 a value, NONE or MISSING
    numbers: NDArray[np.float64] | None  # by row, of the kind number: NaN in a gap
    exact: dict[int, int]  # rows whose integer float64 does not have
    codes: NDArray[np.int32] | None  # by row, of other kinds: place in ``words``, -1 in a gap
    words: tuple[Value, ...]  # distinct values, in the order of the rows that have them first
    low: float | None = None  # of the finite numbers
    high: float | None = None
    is_integer: bool = False  # all numbers are

    @property
    def is_constant(self) -> bool:
        """Whether every row has it, and the same."""
        return self.distinct == 1 and self.runs == len(self.gaps)

    def value(self, row: int) -> Value:
        """Return the value of a row, None in a gap."""
        if self.gaps[row]:
            return None
        if self.numbers is None:
            return None if self.codes is None else self.words[self.codes[row]]
        if row in self.exact:
            return self.exact[row]
        number = float(self.numbers[row])
        return int(number) if self.is_integer else number


def hparam_columns(rows: Sequence[Row], names: Sequence[str] | None = None) -> list[HparamColumn]:
    """Return the columns of ``names``, those that no row has left out; None: of all, as the runs have them in order."""
    found: dict[str, tuple[list[int], list[Value]]] = {}
    if names is not None:
        found = {name: ([], []) for name in names}
    for at, row in enumerate(rows):
        own = row.hparams.values
        for name in own if names is None else found:
            if name in own:
                places, values = found.setdefault(name, ([], []))
                places.append(at)
                values.append(own[name])
    return [_column(name, len(rows), *own) for name, own in found.items() if own[0]]


def _column(name: str, count: int, places: list[int], values: list[Value]) -> HparamColumn:
    gaps = np.full(count, MISSING, np.uint8)
    at = np.array(places, np.intp)
    is_none = np.array([value is None for value in values], np.bool_)
    gaps[at] = np.where(is_none, np.uint8(NONE), np.uint8(0))
    given = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
    kind = _kind({type(value) for _, value in given})
    has_none = int(bool(is_none.any()))
    if kind == "number":
        return _numbers(name, gaps, given, has_none)
    codes = np.full(count, -1, np.int32)
    known: dict[Any, int] = {}
    words: list[Value] = []
    for place, value in given:
        key = _key(value)
        code = known.setdefault(key, len(words))
        if code == len(words):
            words.append(value)
        codes[place] = code
    return HparamColumn(name, kind, len(places), len(words) + has_none, gaps, None, {}, codes, tuple(words))


def _numbers(name: str, gaps: NDArray[np.uint8], given: list[tuple[int, Any]], has_none: int) -> HparamColumn:
    numbers = np.full(len(gaps), nan)
    exact = {place: value for place, value in given if isinstance(value, int) and abs(value) > _EXACT}
    for place, value in given:
        try:
            numbers[place] = value
        except OverflowError:  # an integer that no float64 comes near
            numbers[place] = np.inf if value > 0 else -np.inf
    own = [value for _, value in given]
    distinct = len({value for value in own if value == value}) + any(value != value for value in own)
    finite = [float(value) for value in numbers[gaps == 0].tolist() if isfinite(value)]
    is_integer = all(isinstance(value, int) or value.is_integer() for value in own)
    runs = int((gaps != MISSING).sum())
    low, high = min(finite, default=None), max(finite, default=None)
    return HparamColumn(
        name, "number", runs, distinct + has_none, gaps, numbers, exact, None, (), low, high, is_integer
    )


def _kind(types: set[type]) -> HparamKind:
    if types and types <= {int, float}:
        return "number"
    if types == {bool}:
        return "bool"
    return "text" if types == {str} else "mixed"


def _key(value: Value) -> Any:
    """Return what is equal for values that are the same: 1 is 1.0, but True is not."""
    if isinstance(value, list):
        return ("list", repr(value))
    if isinstance(value, float) and value != value:
        return ("nan",)
    return (isinstance(value, bool), value)
