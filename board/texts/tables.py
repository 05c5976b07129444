"""Tensors of strings as what a page can show: one text, or a table of two dimensions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "TextTable", "as_one_text", "as_table", "is_captured", "without_indent"]

MAX_ROWS = 200
MAX_COLUMNS = 50


@dataclass(frozen=True, slots=True)
class TextTable:
    """What is shown of a tensor of strings."""

    shape: tuple[int, ...]  # of the whole tensor
    cells: NDArray[Any]  # object array of str, shape (rows, columns); (1, 1) where there is one text
    is_single: bool  # one text alone, of whatever rank: torch's writer makes a list of one of each
    is_cut: bool  # there are rows or columns that are not in ``cells``

    @property
    def is_slice(self) -> bool:
        """Whether dimensions were left out: TensorBoard, too, shows the first slice of such a tensor."""
        return len(self.shape) > 2 and not self.is_single


def as_table(value: NDArray[Any]) -> TextTable:
    """Return what is shown of an object array of str: a list as one column, of more than two ranks the first slice."""
    if value.size == 1:
        return TextTable(value.shape, value.reshape(1, 1), is_single=True, is_cut=False)
    if value.size == 0:
        cells = np.empty((0, 0), dtype=object)
    elif value.ndim == 1:
        cells = value.reshape(-1, 1)
    else:
        cells = value[(0,) * (value.ndim - 2)]
    shown = cells[:MAX_ROWS, :MAX_COLUMNS]
    return TextTable(value.shape, shown, is_single=False, is_cut=shown.size < cells.size)


def as_one_text(value: NDArray[Any]) -> str:
    """Return an object array of str as one text: the rows of a table as lines, its columns apart by tabs."""
    if value.size == 1:
        return str(value.reshape(-1)[0])
    rows = value.reshape(-1, 1) if value.ndim <= 1 or value.size == 0 else value.reshape(-1, value.shape[-1])
    return "\n".join("\t".join(str(cell) for cell in row) for row in rows)


def is_captured(tag: str) -> bool:
    """Whether a tag is that of what our writer captured of a process's output: see ``writer/output_capture.py``."""
    return tag in ("output/stdout", "output/stderr")


def without_indent(text: str) -> str:
    """Return captured output as it was printed: it is logged as Markdown, each line set in by four spaces."""
    return "\n".join(line.removeprefix("    ") for line in text.split("\n"))
