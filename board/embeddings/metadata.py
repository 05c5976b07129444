"""What is known of the points of an embedding: columns of a tab-separated table, a row a point."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from board.embeddings.points import lines_of
from board.errors import MalformedValueError
from board.storage import OpenFile

__all__ = ["MetadataColumn", "MetadataTable", "read_metadata"]

MAX_BYTES = 64 << 20
MAX_COLUMNS = 100
MAX_CELL = 1_000  # characters; what is longer is cut


@dataclass(frozen=True, slots=True, eq=False)
class MetadataColumn:
    """One column; equal cells are kept once."""

    name: str  # hostile, as are the words
    words: tuple[str, ...]  # distinct, in the order of their first row
    codes: NDArray[np.int32]  # (points): index of each point's word
    numbers: NDArray[np.float64] | None  # (points), where every word is a number or empty (NaN)

    def __getitem__(self, point: int) -> str:
        return self.words[int(self.codes[point])]


@dataclass(frozen=True, slots=True, eq=False)
class MetadataTable:
    """All columns; of points that the file has no row for, cells are empty."""

    columns: tuple[MetadataColumn, ...] = ()
    notes: tuple[str, ...] = ()
    size: int = 0  # bytes that it takes, about


class _Gathered:
    """A column while it is read."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.codes: list[int] = []

    def add(self, word: str) -> None:
        self.codes.append(self.words.setdefault(word, len(self.words)))


def read_metadata(file: OpenFile, points: int) -> MetadataTable:
    """Read the table of an embedding of so many points.

    The first row holds the names of the columns where there is a row more than points; else, as in TensorBoard, where
    there are several columns and not as many rows as points.

    Raises:
        MalformedValueError: it is too large; one sentence.
    """
    if file.info.size > MAX_BYTES:
        raise MalformedValueError(f"the metadata has {file.info.size} bytes; at most {MAX_BYTES} are read")
    gathered: list[_Gathered] = []
    rows, ragged, dropped = 0, 0, 0
    for lines in lines_of(file):
        for line in lines:
            if rows > points:
                dropped += 1
                continue
            cells = line.decode("utf-8", "replace").split("\t")
            if not gathered:
                gathered = [_Gathered() for _ in cells[:MAX_COLUMNS]]
                width = len(cells)
            ragged += len(cells) != width
            for column, cell in zip(gathered, cells + [""] * (len(gathered) - len(cells)), strict=False):
                column.add(cell if len(cell) <= MAX_CELL else f"{cell[:MAX_CELL]}…")
            rows += 1
    if not gathered:
        return MetadataTable((), ("The metadata is empty.",))
    whole = rows + dropped
    has_names = whole == points + 1 or (width > 1 and whole != points)
    notes = []
    if whole - has_names != points:
        notes.append(f"The metadata has {whole - has_names} rows for {points} points.")
    if ragged:
        notes.append(f"{ragged} of {rows} rows of the metadata have not {width} columns, as the first one has.")
    if width > MAX_COLUMNS:
        notes.append(f"Of {width} columns of metadata {MAX_COLUMNS} are shown.")
    columns = tuple(_column(one, place, points, has_names) for place, one in enumerate(gathered))
    size = sum(column.codes.nbytes + sum(map(len, column.words)) + 60 * len(column.words) for column in columns)
    return MetadataTable(columns, tuple(notes), size)


def _column(gathered: _Gathered, place: int, points: int, has_names: bool) -> MetadataColumn:
    words, codes = list(gathered.words), gathered.codes
    name = words[codes[0]] if has_names else ("label" if place == 0 else f"column {place + 1}")
    own = np.array(codes[has_names : points + has_names], np.int32)
    if len(own) < points:
        words.append("")
        own = np.concatenate([own, np.full(points - len(own), len(words) - 1, np.int32)])
    used, places = np.unique(own, return_inverse=True)  # the head's name may be nobody's word
    kept = tuple(words[i] for i in used.tolist())
    return MetadataColumn(name, kept, places.astype(np.int32), _numbers(kept, places))


def _numbers(words: tuple[str, ...], codes: NDArray[np.intp]) -> NDArray[np.float64] | None:
    values = np.full(len(words), np.nan)
    try:
        for i, word in enumerate(words):
            if word.strip():
                values[i] = float(word)
    except ValueError:
        return None
    return values[codes] if np.isfinite(values).any() else None
