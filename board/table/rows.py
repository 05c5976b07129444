"""Which runs are rows: sub-runs that a training makes for its parts belong to the row of the run that they are of."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from board.hparams.reading import EVENT_SOURCE, RunHparams, is_trial_of
from board.store.run_view import RunView

__all__ = ["Row", "rows_of"]

# Sub-runs that Keras, Lightning's users and TensorBoard's own demo make: the parts of one training.
_PART = re.compile(r"train(ing)?|val(id|idation)?|test(ing)?|eval(uation)?|dev", re.IGNORECASE)
_NO_HPARAMS = RunHparams()


class Row(NamedTuple):
    """One run, with those of its sub-runs that are no rows of their own."""

    name: str
    hparams: RunHparams
    parts: Mapping[str, tuple[RunView, ...]]  # by group, "" the run itself; where several have a tag the first counts
    inner: tuple[str, ...] = ()  # names of the sub-runs


def rows_of(
    views: Sequence[RunView],
    hparams: Mapping[str, RunHparams],
    asked: Collection[str] | None = None,
    *,
    is_folded: bool = True,
) -> tuple[Row, ...]:
    """Return the rows, in the order of ``views``.

    A sub-run without hyper-parameters is part of the run above it that has some where an hparams event gave them (what
    TensorBoard calls a session); or where it is called like a part (``train``, ``val``) or like the group of a metric
    that an experiment names. The only trial that torch's ``add_hparams`` made below a run is part of it, too; of
    several such trials each is a row.

    Args:
        views: all runs.
        hparams: of the runs.
        asked: the runs that are wanted; None: all. What is part of one of them is none by itself.
        is_folded: False: every run is a row.
    """
    wanted = {view.name for view in views} if asked is None else set(asked)
    parts = _parts(views, hparams) if is_folded else {}
    taken = {view.name for parent, own in parts.items() if parent in wanted for _, view in own}
    rows = []
    for view in views:
        if view.name not in wanted or view.name in taken:
            continue
        own: dict[str, tuple[RunView, ...]] = {"": (view,)}
        for group, part in parts.get(view.name, ()):
            own[group] = (*own.get(group, ()), part)
        inner = tuple(part.name for _, part in parts.get(view.name, ()))
        rows.append(Row(view.name, hparams.get(view.name, _NO_HPARAMS), own, inner))
    return tuple(rows)


def _parts(views: Sequence[RunView], hparams: Mapping[str, RunHparams]) -> dict[str, list[tuple[str, RunView]]]:
    """Return the sub-runs that are parts, by the run above, each with its group."""
    groups = {info.group for own in hparams.values() for info in own.infos if info.group}
    sessions = {run for run, own in hparams.items() if run != "." and EVENT_SOURCE in own.sources.values()}
    below: dict[str, list[tuple[str, RunView]]] = {}
    trials: dict[str, list[RunView]] = {}
    for view in views:
        has_own = bool(hparams.get(view.name, _NO_HPARAMS).values)
        parent = _above(view.name, hparams)
        if parent is None:
            continue
        group = view.name if parent == "." else view.name[len(parent) + 1 :]
        if is_trial_of(view.name, parent):
            trials.setdefault(parent, []).append(view)
        elif not has_own and (parent in sessions or group in groups or _PART.fullmatch(group)):
            below.setdefault(parent, []).append((group, view))
    for parent, own in trials.items():
        if len(own) == 1:
            below.setdefault(parent, []).append(("", own[0]))
    return below


def _above(name: str, hparams: Mapping[str, RunHparams]) -> str | None:
    """Return the nearest run above one that has hyper-parameters."""
    while name != ".":
        name = name.rpartition("/")[0] or "."
        if hparams.get(name, _NO_HPARAMS).values:
            return name
    return None
