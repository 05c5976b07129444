"""Takes what one read of one file gave apart: to each series its own points, session by session."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.model import FileRows, Kind
from board.store.loops import LOOPS, Floats, Ints

__all__ = ["BLOB_WIDTH", "SCALAR_WIDTH", "Piece", "iter_pieces"]

# Columns of a scalar series: step, wall_time, value; of a blob's the first two, then offset, length, and CRC with
# ordinal in one word.
SCALAR_WIDTH = 3
BLOB_WIDTH = 5
KINDS = tuple(Kind)
_ALL = slice(None)


class Piece(NamedTuple):
    """New points of one series in one session."""

    tag: str
    kind: Kind
    session: int
    words: Ints  # (columns, points), as series.py numbers the columns
    is_own: bool  # nothing else lies in its memory: it may be kept as it is


def iter_pieces(rows: FileRows, session: int) -> Iterator[Piece]:
    """Yield the new points of each series; ``session`` is the number of STARTs in earlier rows of the file."""
    if not rows.starts:
        if len(rows.scalar_step):
            yield from _scalars(rows, _ALL, session)
        if len(rows.blob_step):
            yield from _blobs(rows, _ALL, session)
        return
    scalar_edges = [0, *(start.scalar_row for start in rows.starts), len(rows.scalar_step)]
    blob_edges = [0, *(start.blob_row for start in rows.starts), len(rows.blob_step)]
    for i in range(len(rows.starts) + 1):
        if scalar_edges[i] < scalar_edges[i + 1]:
            yield from _scalars(rows, slice(scalar_edges[i], scalar_edges[i + 1]), session + i)
        if blob_edges[i] < blob_edges[i + 1]:
            yield from _blobs(rows, slice(blob_edges[i], blob_edges[i + 1]), session + i)


def _scalars(rows: FileRows, part: slice, session: int) -> Iterator[Piece]:
    keys = rows.scalar_tag[part]
    table = _table_of(rows) if part is _ALL and _are_alike(keys) else None
    if table is not None:
        yield Piece(rows.tags[keys[0]], Kind.SCALAR, session, table, True)
        return
    columns = rows.scalar_step[part], rows.scalar_wall_time[part], rows.scalar_value[part]
    for tag, words in _split(keys, len(rows.tags), columns):
        yield Piece(rows.tags[tag], Kind.SCALAR, session, words, False)


def _table_of(rows: FileRows) -> Ints | None:
    """Return the array that has all scalars of the rows as its rows, as the compiled scan gives them."""
    table = rows.scalar_step.base
    if not isinstance(table, np.ndarray) or table.shape != (SCALAR_WIDTH, len(rows.scalar_step)):
        return None
    return table if rows.scalar_wall_time.base is table and rows.scalar_value.base is table else None


def _blobs(rows: FileRows, part: slice, session: int) -> Iterator[Piece]:
    checks = np.empty(len(rows.blob_step[part]), np.int64)
    checks.view(np.uint32)[0::2] = rows.blob_crc[part]
    checks.view(np.int32)[1::2] = rows.blob_ordinal[part]
    columns = rows.blob_step[part], rows.blob_wall_time[part], rows.blob_offset[part], rows.blob_length[part], checks
    keys = rows.blob_tag[part] * np.int32(len(KINDS)) + rows.blob_kind[part]
    for key, words in _split(keys.astype(np.int32), len(rows.tags) * len(KINDS), columns):
        tag, kind = divmod(key, len(KINDS))
        yield Piece(rows.tags[tag], KINDS[kind], session, words, False)


def _are_alike(keys: NDArray[np.int32]) -> bool:
    return not np.count_nonzero(keys != keys[0])


def _split(keys: NDArray[np.int32], limit: int, columns: tuple[Ints | Floats, ...]) -> Iterator[tuple[int, Ints]]:
    """Yield each key that occurs, with its rows in file order, as one row of words for each column."""
    if _are_alike(keys):
        yield int(keys[0]), np.array([column.view(np.int64) for column in columns])
        return
    order, bounds = LOOPS.rows_by_tag(keys, limit)
    words = np.empty((len(columns), len(keys)), np.int64)
    for own, column in zip(words, columns, strict=True):
        column.view(np.int64).take(order, out=own, mode="clip")  # "raise" would take a detour
    edges = bounds.tolist()
    for key in range(limit):
        if edges[key] < edges[key + 1]:
            yield key, words[:, edges[key] : edges[key + 1]]
