"""One variable of a TensorFlow checkpoint, where an embedding's values lie in one, read without TensorFlow.

Formats: tensorflow/core/util/tensor_bundle (``PREFIX.index`` and ``PREFIX.data-00000-of-00001``), whose index is a
LevelDB table (github.com/google/leveldb/blob/main/doc/table_format.md), its blocks plain or compressed by Snappy
(github.com/google/snappy/blob/main/format_description.txt).
"""

import re
from collections.abc import Iterator

import numpy as np

from board.embeddings.config import EmbeddingSource
from board.embeddings.points import MAX_DIMENSIONS, MAX_POINTS, MAX_VALUES, Points, whole_rows
from board.errors import MalformedValueError, UnknownSeriesError
from board.storage import LocalStorage, OutsideError

__all__ = ["find_checkpoint", "read_variable"]

MAX_INDEX_BYTES = 16 << 20
_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER_BYTES = 48
_COMPRESSIONS = (b"\0", b"\1")  # of a block: none, Snappy
_LATEST = re.compile(r'^model_checkpoint_path:\s*"([^"\n]*)"', re.MULTILINE)
_DTYPES = {1: "<f4", 2: "<f8", 19: "<f2"}  # tensorflow/core/framework/types.proto
_SUFFIXES = ("", "/.ATTRIBUTES/VARIABLE_VALUE")


def find_checkpoint(storage: LocalStorage, folder: str, source: EmbeddingSource) -> str:
    """Return the prefix of a checkpoint's files in the run's folder: the one that the config names, else the latest.

    Of an absolute path, which training scripts like to write, only the last part counts: the folder may have moved.

    Raises:
        UnknownSeriesError: there is none.
    """
    if source.checkpoint:
        named = source.checkpoint
        return named.rpartition("/")[2] if named.startswith("/") else named
    try:
        with storage.open_beneath(folder, "checkpoint") as file:
            found = _LATEST.search(file.pread(1 << 16, 0).decode("utf-8", "replace"))
    except OSError:
        found = None
    if found is None or not found[1]:
        raise UnknownSeriesError(f"{source.tag!r} has no tensor_path, and there is no checkpoint in the run's folder")
    return found[1].rpartition("/")[2]


def read_variable(storage: LocalStorage, folder: str, source: EmbeddingSource) -> Points:
    """Read an embedding's values out of a checkpoint.

    Raises:
        UnknownSeriesError: there is no checkpoint, or no such variable in it.
        MalformedValueError: it makes no sense, or holds no matrix of floats.
    """
    prefix = find_checkpoint(storage, folder, source)
    try:
        with storage.open_beneath(folder, f"{prefix}.index") as file:
            if file.info.size > MAX_INDEX_BYTES:
                raise MalformedValueError(f"the checkpoint's index has {file.info.size} bytes; 16 MiB are read at most")
            entries = dict(_entries(file.pread(MAX_INDEX_BYTES, 0)))
        wanted = [name + suffix for name in (source.tensor_name, source.tag) for suffix in _SUFFIXES]
        entry = next((entries[name.encode()] for name in wanted if name.encode() in entries), None)
        if entry is None:
            raise UnknownSeriesError(f"the checkpoint {prefix!r} has no variable {source.tag!r}")
        fields, shards = _fields(entry), _number(_fields(entries.get(b"", b"")), 1) or 1
        dtype, shape = _number(fields, 1), [_number(_fields(dim), 1) for dim in _dims(fields)]
        if dtype not in _DTYPES or len(shape) != 2 or not 0 < shape[1] <= MAX_DIMENSIONS or not shape[0]:
            raise MalformedValueError(f"the variable {source.tag!r} is no matrix of floats but has the shape {shape}")
        rows = min(shape[0], MAX_POINTS, MAX_VALUES // shape[1])
        length = rows * shape[1] * np.dtype(_DTYPES[dtype]).itemsize
        with storage.open_beneath(folder, f"{prefix}.data-{_number(fields, 3):05d}-of-{shards:05d}") as file:
            data = file.pread(length, _number(fields, 4))
    except OutsideError as error:
        raise MalformedValueError(f"the checkpoint {prefix!r} is not read: {error}") from error
    except OSError as error:
        raise UnknownSeriesError(f"the checkpoint {prefix!r} cannot be read: {error.strerror or error}") from error
    except (IndexError, KeyError, ValueError) as error:
        if isinstance(error, MalformedValueError):
            raise
        raise MalformedValueError(f"the index of the checkpoint {prefix!r} makes no sense") from error
    if len(data) != length:
        raise MalformedValueError(f"the checkpoint {prefix!r} ends within the variable {source.tag!r}")
    values = np.frombuffer(data, _DTYPES[dtype]).astype(np.float32).reshape(rows, shape[1])
    notes = (f"Only the first {rows} points are shown.",) if rows < shape[0] else ()
    return Points(values, whole_rows(values), notes)


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over the keys and values of a whole table."""
    footer = table[-_FOOTER_BYTES:]
    if footer[-8:] != _MAGIC:
        raise ValueError("no table")
    _, at = _varint(footer, 0)
    _, at = _varint(footer, at)
    for _, handle in _block(table, footer[at:]):
        yield from _block(table, handle)


def _block(table: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over the entries of one block: each key shares its beginning with the one before."""
    offset, at = _varint(handle, 0)
    size, _ = _varint(handle, at)
    block, how = table[offset : offset + size], table[offset + size : offset + size + 1]
    if len(block) != size or how not in _COMPRESSIONS:
        raise ValueError("a block that is cut, or compressed in a way that nobody knows")
    block = _unsnapped(block) if how == b"\1" else block
    size = len(block)
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")  # behind it: where keys stand whole
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        rest, at = _varint(block, at)
        length, at = _varint(block, at)
        if at + rest + length > size or shared > len(key):
            raise ValueError("an entry beyond its block")
        key = key[:shared] + block[at : at + rest]
        yield key, block[at + rest : at + rest + length]
        at += rest + length


def _unsnapped(data: bytes) -> bytes:
    """Decompress one block: literals, and copies of what came before."""
    length, at = _varint(data, 0)
    if length > MAX_INDEX_BYTES:
        raise ValueError("a block larger than an index may be")
    out = bytearray()
    while at < len(data):
        tag, at = data[at], at + 1
        size, kind = tag >> 2, tag & 3
        if kind == 0:
            if size > 59:  # the length stands in the next bytes
                size, at = int.from_bytes(data[at : at + size - 59], "little"), at + size - 59
            out += data[at : at + size + 1]
            at += size + 1
            continue
        if kind == 1:
            count, back, at = (size & 7) + 4, (tag >> 5) << 8 | data[at], at + 1
        else:
            width = 2 if kind == 2 else 4
            count, back, at = size + 1, int.from_bytes(data[at : at + width], "little"), at + width
        if not 0 < back <= len(out) or len(out) + count > length:
            raise ValueError("a copy of what is not there")
        for _ in range(count):  # may overlap what it makes
            out.append(out[-back])
    if len(out) != length:
        raise ValueError("a block of another length than it says")
    return bytes(out)


def _fields(message: bytes) -> dict[int, list[int | bytes]]:
    """Split a small protobuf message by field number."""
    found: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(message):
        head, at = _varint(message, at)
        if head & 7 == 0:
            value: int | bytes
            value, at = _varint(message, at)
        else:
            length, at = _varint(message, at) if head & 7 == 2 else ({1: 8, 5: 4}[head & 7], at)
            value, at = message[at : at + length], at + length
        found.setdefault(head >> 3, []).append(value)
    return found


def _dims(fields: dict[int, list[int | bytes]]) -> list[bytes]:
    shape = fields.get(2, [b""])[-1]
    return [dim for dim in _fields(shape).get(2, []) if isinstance(dim, bytes)] if isinstance(shape, bytes) else []


def _number(fields: dict[int, list[int | bytes]], field: int) -> int:
    value = fields.get(field, [0])[-1]
    if not isinstance(value, int):
        raise ValueError(f"field {field} is no number")
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
        if shift > 63:
            raise ValueError("a number without end")
