"""What an event file has, read again because its index is damaged: on disk, so that it takes no memory."""

import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from board.model import FileRows, Kind
from board.store.rows import iter_pieces

__all__ = ["Recovered"]

Ints = NDArray[np.int64]
SeriesPlace = tuple[str, Kind, int]  # tag, kind, session


class Recovered:
    """All points of one event file, by series. One thread at a time."""

    def __init__(self, all_rows: Iterable[FileRows], folder: Path) -> None:
        """Write them to a nameless file in the folder, or where there is room; to memory where there is none."""
        self._file = _open(folder)
        self._pieces: dict[SeriesPlace, list[tuple[int, int, int]]] = {}  # (first row, rows, offset)
        session = 0
        for rows in all_rows:
            for piece in iter_pieces(rows, session):
                known = self._pieces.setdefault((piece.tag, piece.kind, piece.session), [])
                first = known[-1][0] + known[-1][1] if known else 0
                known.append((first, piece.words.shape[1], self._append(np.ascontiguousarray(piece.words))))
            session += len(rows.starts)

    def column(self, place: SeriesPlace, start: int, rows: int, column: int) -> Ints | None:
        """Return some rows of one column of a series; None where there are not so many."""
        found = np.empty(rows, np.int64)
        done = 0
        for first, count, offset in self._pieces.get(place, ()):
            low, high = max(start - first, 0), min(start + rows - first, count)
            if low < high:
                self._file.seek(offset + 8 * (count * column + low))
                found[done : done + high - low] = np.frombuffer(self._file.read(8 * (high - low)), np.int64)
                done += high - low
        return found if done == rows else None

    def __del__(self) -> None:
        self._file.close()

    def _append(self, words: Ints) -> int:
        offset = self._file.seek(0, os.SEEK_END)
        try:
            self._file.write(words.data)
            self._file.flush()
        except OSError:  # the disk is full
            self._file.seek(0)
            self._file = io.BytesIO(self._file.read(offset))
            self._file.seek(offset)
            self._file.write(words.data)
        return offset


def _open(folder: Path) -> IO[bytes]:
    for place in (folder, None):
        try:
            return tempfile.TemporaryFile(dir=place)
        except OSError:
            continue
    return io.BytesIO()
