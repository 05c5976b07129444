"""Puts runs into groups: by folder, by a hyper-parameter, by what a regular expression finds in their names."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from board.errors import BadRequestError, QueryError
from board.hparams.flat import Value
from board.hparams.reading import RunHparams
from board.query.evaluate import encodable, pattern_of, said

__all__ = ["Group", "group_runs"]

_DIGITS = re.compile(r"(\d+)")


class Group(NamedTuple):
    """Runs that belong together."""

    name: str
    runs: list[str]
    value: Value = None  # of the hyper-parameter that they share


def group_runs(by: str, name: str, runs: Iterable[str], hparams: Mapping[str, RunHparams]) -> list[Group]:
    """Return the groups in the order in which they are shown; runs that belong to none are in none.

    Args:
        by: "folder" (what stands before the last slash of a run's name), "hparam" (its value), or "regex": what the
            pattern's groups find in a run's name, else what it finds as a whole.
        name: the hyper-parameter, or the pattern.
        runs: names, in the order of their starts.
        hparams: of the runs; only looked at for "hparam".

    Raises:
        QueryError: the pattern is none.
        BadRequestError: ``by`` is none of the three.
    """
    if by == "folder":
        return _collected((run.rpartition("/")[0], run, None) for run in runs)
    if by == "regex":
        if not name:
            raise QueryError("expected a regular expression", 1)
        pattern = pattern_of(name)
        found = ((run, pattern.search(encodable(run))) for run in runs)
        return _collected((_found_name(match), run, None) for run, match in found if match is not None)
    if by != "hparam":
        raise BadRequestError(f"runs are grouped by folder, hparam or regex, not by {by}")
    values = ((run, hparams[run].values) for run in runs if run in hparams)
    return _collected((said(own[name])[:200], run, own[name]) for run, own in values if name in own)


def _found_name(match: re.Match[str]) -> str:
    groups = [group for group in match.groups() if group]
    return "/".join(groups) if match.re.groups else match.group()


def _collected(rows: Iterable[tuple[str, str, Value]]) -> list[Group]:
    groups: dict[str, Group] = {}
    for name, run, value in rows:
        groups.setdefault(name, Group(name, [], value)).runs.append(run)
    return sorted(groups.values(), key=_place)


def _place(group: Group) -> tuple[int, float, list[tuple[int, int, str]]]:
    """Numbers by size, then names as people sort them."""
    if isinstance(group.value, int | float) and group.value == group.value:
        return 0, group.value, []
    return 1, 0, [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(group.name) if part]
