"""Puts the seeds of one configuration into one column: runs that agree in everything but the seed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from board.hparams.flat import Value

__all__ = ["Column", "columns_of", "is_seed", "seed_of", "short_names"]

_SEED_NAME = re.compile(r"(?:[a-z0-9]*[_-])*seeds?", re.IGNORECASE)
# seed0, seed-12, seed_3, s=4 is none: in a run's name, or in a text such as its output folder
_SEED_PART = re.compile(r"(?<![a-z])(seed[-_=]?)(\d+)", re.IGNORECASE)


class Column(NamedTuple):
    """One configuration."""

    name: str  # what the names of its runs have in common; unique among the columns
    runs: tuple[str, ...]


def is_seed(name: str) -> bool:
    """Whether a hyper-parameter is a seed by its name: ``seed``, ``trainer.random_seed``, ``data-seed``."""
    return _SEED_NAME.fullmatch(name.rpartition(".")[2]) is not None


def seed_of(run: str, hparams: Mapping[str, Value]) -> str:
    """Return the seed of a run as its hyper-parameters or its name tell it; "" where they tell none."""
    own = [f"{value}" for name, value in sorted(hparams.items()) if is_seed(name)]
    if own:
        return own[0]
    found = _SEED_PART.search(run)
    return found[2] if found else ""


def columns_of(
    runs: Sequence[str], hparams: Mapping[str, Mapping[str, Value]], *, is_apart: bool = False
) -> list[Column]:
    """Return the columns that runs make, in the order of their first runs.

    Runs are one column where their hyper-parameters agree but for seeds, and so do their names: ``a/seed0/train`` and
    ``a/seed1/train`` do, ``a/seed0/val`` belongs to neither. Names need not agree where no name tells a seed and the
    seeds of the hyper-parameters are all different. Runs without any seed stay by themselves: nothing says that they
    are repetitions.

    Args:
        runs: names.
        hparams: of the runs, by name; a run may have none.
        is_apart: every run is a column of its own.
    """
    keys: dict[tuple[object, ...], list[str]] = {}
    for run in runs:
        own = hparams.get(run, {})
        seed = seed_of(run, own)
        key: tuple[object, ...] = (run,)
        if seed and not is_apart:
            has_part = _SEED_PART.search(run) is not None
            settings = tuple(sorted((name, _key(value)) for name, value in own.items() if not is_seed(name)))
            key = (_without_seed(run) if has_part else None, settings)
        keys.setdefault(key, []).append(run)
    members: list[list[str]] = []
    for key, own_runs in keys.items():
        seeds = [seed_of(run, hparams.get(run, {})) for run in own_runs]
        # The same seed twice is no repetition that counts, unless the names say that they are.
        is_one = key[0] is not None or len(set(seeds)) == len(seeds)
        members += [own_runs] if is_one else [[run] for run in own_runs]
    return _named(members)


def short_names(names: Sequence[str]) -> list[str]:
    """Return names without the folders that all of them begin with: ``mnist/cnn`` and ``mnist/mlp`` are cnn and mlp."""
    parts = [name.split("/") for name in names]
    same = 0
    while all(len(own) > same + 1 and own[same] == parts[0][same] for own in parts):
        same += 1
    return ["/".join(own[same:]) for own in parts]


def _named(members: Iterable[list[str]]) -> list[Column]:
    found = [Column(_common_name(runs), tuple(runs)) for runs in members]
    names = [column.name for column in found]
    return [
        column
        if names.count(column.name) == 1
        else Column(column.runs[0] + (f" and {len(column.runs) - 1} more" if len(column.runs) > 1 else ""), column.runs)
        for column in found
    ]


def _common_name(runs: Sequence[str]) -> str:
    if len(runs) == 1:
        return runs[0]
    patterns = {_without_seed(run) for run in runs}
    if len(patterns) == 1:
        (pattern,) = patterns
        short = re.sub(r"[/_.\- ]*\*[/_.\- ]*$", "", pattern)  # "mnist/cnn/*" is mnist/cnn
        return short or pattern
    folder = runs[0]
    for run in runs[1:]:
        while folder and not run.startswith(folder):
            folder = folder[:-1]
    folder = folder if folder in runs else folder[: max(folder.rfind(sign) for sign in "/_-.") + 1]
    return folder.rstrip("/_-. ") or f"{runs[0]} and {len(runs) - 1} more"


def _without_seed(text: str) -> str:
    return _SEED_PART.sub("*", text)


def _key(value: Value) -> str:
    """Return the same text for values that are the same but for a seed in them (an output folder, say)."""
    if isinstance(value, str):
        return _without_seed(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(float(value)) if number and abs(value) < 2**53 else repr(value)  # type: ignore[arg-type]
