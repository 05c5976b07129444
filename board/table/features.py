"""Hyper-parameters as numbers that a forest can split, each as one group of columns; and which say nothing alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.table.hparam_columns import NONE, HparamColumn, HparamKind
from board.table.ranks import average_ranks, rank_correlation

__all__ = ["Feature", "Inseparable", "Skipped", "inseparable", "read_features"]

Floats = NDArray[np.float64]

MAX_FEATURES = 200
MAX_ONE_HOT = 12  # words; of more, each is a number: the place of the word among all
CLOSE = 0.9  # |rho| from which on nobody can tell two apart
_GAP, _NONE, _NAN = -1.0, -2.0, -3.0  # below all ranks: one split sets each apart


class Skipped(NamedTuple):
    """A hyper-parameter that takes no part."""

    name: str
    why: str


class Inseparable(NamedTuple):
    """Hyper-parameters that go together: what one does cannot be told from what the others do."""

    names: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One hyper-parameter of the runs that are used."""

    name: str
    kind: HparamKind
    runs: int  # that have it
    distinct: int
    matrix: Floats  # (runs, columns): what the forest splits
    codes: NDArray[np.intp]  # (runs,): equal where values are; gaps are values of their own
    order: Floats | None  # (runs,): by which "more" has a meaning, NaN in gaps; None: it has none
    high: str | None = None  # of two words: which one is more


def read_features(
    columns: Sequence[HparamColumn], rows: NDArray[np.intp]
) -> tuple[list[Feature], list[str], list[Skipped]]:
    """Return the hyper-parameters of some rows that may matter, the names of constant ones, and what is left out."""
    found: list[Feature] = []
    constant: list[str] = []
    skipped: list[Skipped] = []
    for column in columns:
        feature = _feature(column, rows)
        if feature.distinct < 2:
            constant.append(column.name)
        elif column.kind in ("text", "mixed") and feature.distinct > max(MAX_ONE_HOT, len(rows) // 2):
            skipped.append(Skipped(column.name, f"has {feature.distinct} different values in {len(rows)} runs"))
        elif len(found) == MAX_FEATURES:
            skipped.append(Skipped(column.name, f"comes after the first {MAX_FEATURES}"))
        else:
            found.append(feature)
    return found, constant, skipped


def inseparable(features: Sequence[Feature]) -> list[Inseparable]:
    """Return the hyper-parameters that go together: values one to one, or ranks nearly so."""
    parent = list(range(len(features)))

    def root(at: int) -> int:
        while parent[at] != at:
            at = parent[at]
        return at

    pairs: dict[tuple[int, int], str] = {}
    for i, one in enumerate(features):
        for j in range(i + 1, len(features)):
            why = _pair(one, features[j])
            if why:
                pairs[i, j] = why
                parent[root(j)] = root(i)
    groups: dict[int, list[int]] = {}
    for at in range(len(features)):
        groups.setdefault(root(at), []).append(at)
    said = []
    for own in groups.values():
        if len(own) < 2:
            continue
        whys = {why for (i, j), why in pairs.items() if root(i) == root(own[0])}
        why = next(iter(whys)) if len(whys) == 1 else f"|rho| above {CLOSE} or one-to-one, pair by pair"
        said.append(Inseparable(tuple(features[at].name for at in own), why))
    return said


def _pair(one: Feature, other: Feature) -> str:
    count = len(one.codes)
    if one.distinct == other.distinct and one.distinct <= count // 2:
        both = one.codes * (int(other.codes.max()) + 1) + other.codes
        if len(np.unique(both)) == one.distinct:
            return "one-to-one"
    if one.order is None or other.order is None:
        return ""
    rho, _ = rank_correlation(one.order, other.order)
    return f"rho = {rho:.2f}" if abs(rho) > CLOSE else ""


def _feature(column: HparamColumn, rows: NDArray[np.intp]) -> Feature:
    gaps = column.gaps[rows]
    runs = int((gaps <= NONE).sum())
    if column.numbers is not None:
        return _number(column, rows, gaps, runs)
    assert column.codes is not None  # noqa: S101 - of every other kind
    codes = column.codes[rows].astype(np.intp)
    # words that these rows have, in an order that does not hang on which run came first
    used = sorted({int(code) for code in codes if code >= 0}, key=lambda code: str(column.words[code]))
    place = {code: at for at, code in enumerate(used)}
    own = np.array([place.get(int(code), -1) for code in codes], np.intp)
    own = np.where(own >= 0, own, np.where(gaps == NONE, len(used) + 1, len(used)))
    distinct = len(np.unique(own))
    order = None
    if len(used) == 2:
        order = np.where(own < 2, own.astype(np.float64), np.nan)
    if distinct <= 2:
        matrix = (own == own.max()).astype(np.float64)[:, np.newaxis]
    elif distinct <= MAX_ONE_HOT:
        matrix = (own[:, np.newaxis] == np.unique(own)).astype(np.float64)
    else:
        matrix = own.astype(np.float64)[:, np.newaxis]
    high = str(column.words[used[1]]) if order is not None else None
    return Feature(column.name, column.kind, runs, distinct, matrix, own, order, high)


def _number(column: HparamColumn, rows: NDArray[np.intp], gaps: NDArray[np.uint8], runs: int) -> Feature:
    assert column.numbers is not None  # noqa: S101
    values = column.numbers[rows]
    ranks = average_ranks(values)
    filled = np.where(gaps == NONE, _NONE, np.where(gaps > 0, _GAP, np.where(np.isnan(values), _NAN, ranks)))
    _, codes = np.unique(filled, return_inverse=True)
    distinct = int(codes.max()) + 1 if len(codes) else 0
    order = np.where(np.isnan(values), np.nan, values)
    return Feature(column.name, "number", runs, distinct, filled[:, np.newaxis], codes.astype(np.intp), order)
