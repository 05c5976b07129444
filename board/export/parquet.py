"""Points as Parquet, row group by row group, through pyarrow where it is installed."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from board.errors import MissingExtraError
from board.store.batches import Batch

__all__ = ["parquet_parts"]

GROUP_ROWS = 1 << 19  # of a row group: what of the table is in memory at once


def parquet_parts(named: Iterable[tuple[str, str, str, Batch]], is_smoothed: bool) -> Iterator[bytes]:
    """Yield the bytes of a Parquet file.

    Raises:
        MissingExtraError: pyarrow is not installed; at once, not with the first part.
    """
    try:
        import pyarrow as pa  # late: an extra that weighs more than all else together
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("Parquet", "pyarrow", "export") from None
    name = pa.dictionary(pa.int32(), pa.string())
    fields = [("run", name), ("tag", name), ("line", name), ("step", pa.int64())]
    fields += [("wall_time", pa.float64()), ("value", pa.float64())]
    fields += [("smoothed", pa.float64())] if is_smoothed else []
    schema = pa.schema([*fields, ("superseded", pa.bool_())])

    def parts() -> Iterator[bytes]:
        sink = _Sink()
        with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema) as writer:
            for group in _grouped(named):
                writer.write_table(_table(pa, group, schema))
                yield sink.taken()
        yield sink.taken()

    return parts()


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken; nothing is ever read back or written again."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _grouped(named: Iterable[tuple[str, str, str, Batch]]) -> Iterator[list[tuple[str, str, str, Batch]]]:
    group: list[tuple[str, str, str, Batch]] = []
    rows = 0
    for item in named:
        group.append(item)
        rows += len(item[3].step)
        if rows >= GROUP_ROWS:
            yield group
            group, rows = [], 0
    if group:
        yield group


def _table(pa: Any, group: list[tuple[str, str, str, Batch]], schema: Any) -> Any:
    counts = [len(batch.step) for *_, batch in group]
    names = []
    for column in range(3):
        words = list(dict.fromkeys(str(item[column]) for item in group))
        places = np.repeat(np.array([words.index(str(item[column])) for item in group], np.int32), counts)
        names.append(pa.DictionaryArray.from_arrays(pa.array(places), pa.array(words)))
    batches = [batch for *_, batch in group]
    columns = [np.concatenate([batch.step for batch in batches])]
    columns += [np.concatenate([batch.wall_time for batch in batches]), np.concatenate([b.value for b in batches])]
    if "smoothed" in schema.names:
        columns.append(np.concatenate([batch.smoothed for batch in batches if batch.smoothed is not None]))
    columns.append(np.concatenate([batch.superseded for batch in batches]))
    return pa.Table.from_arrays([*names, *map(pa.array, columns)], schema=schema)
