"""The layouts of all runs as one, as TensorBoard's plugin makes it (custom_scalar/custom_scalars_plugin.py)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from board.blob_reader import read_value
from board.errors import BoardError
from board.layouts.decoding import LayoutCategory, LayoutChart, decode_layout
from board.model import Kind
from board.store.recent import Recent
from board.store.store import RunView, Store

__all__ = ["Layouts"]

KEPT_BYTES = 16 << 20


@dataclass(slots=True)
class _Merged:
    is_closed: bool
    charts: dict[LayoutChart, None] = field(default_factory=dict)  # in order, each once


class Layouts:
    """Reads the layouts of all runs, each once."""

    def __init__(self, store: Store, place: Callable[[str], tuple[Any, str]]) -> None:
        """Know the store, and how to find the storage and the folder of a run's files."""
        self._store = store
        self._place = place
        self._recent = Recent(KEPT_BYTES)

    def merged(self) -> tuple[list[LayoutCategory], list[tuple[str, str]]]:
        """Return the layout of all runs, and (run, why) of those that cannot be read.

        As TensorBoard does: by the names of the runs; charts of categories of one title go together, equal ones once;
        the first run that has a category says whether it is closed. A run's last layout counts.
        """
        merged: dict[str, _Merged] = {}
        problems = []
        for view in sorted(self._store.views(), key=lambda view: view.name):
            try:
                layout = self._read(view)
            except BoardError as error:
                problems.append((view.name, str(error)))
                continue
            for category in layout:
                into = merged.setdefault(category.title, _Merged(category.is_closed))
                into.charts.update(dict.fromkeys(category.charts))
        return [LayoutCategory(title, each.is_closed, tuple(each.charts)) for title, each in merged.items()], problems

    def _read(self, view: RunView) -> list[LayoutCategory]:
        categories: list[LayoutCategory] = []
        for (tag, kind), series in sorted(view.series.items()):
            if kind is not Kind.CUSTOM_SCALARS:
                continue
            shown = [ref for ref, hidden in zip(series.blob_refs(), series.superseded, strict=True) if not hidden]
            if not shown:
                continue
            key = (view.name, shown[-1])
            held = self._recent.find(key)
            if not isinstance(held, list):
                held = decode_layout(read_value(*self._place(view.name), shown[-1], kind, tag))
                self._recent.keep(key, held, shown[-1].length)
            categories += held
        return categories
