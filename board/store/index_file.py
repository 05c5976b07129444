"""The index of one run as a file: written whole under another name, opened without a look at its points.

Layout, little-endian: a header of 64 bytes (magic with the version, offset, length and CRC-32C of the directory, CRC of
these three), blocks of columns one behind the other (of each column its words), the directory. The directory is JSON:
what was known of each event file, and of each series where its blocks lie, with a CRC-32C for every column.
"""

import json
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c

from board.model import Kind, Start, StoredFile, StoredSeries
from board.store.blocks import BLOCK_ROWS, BlockFile, Reread, Residence, StoredBlock, checksum
from board.store.series import Part, width_of

__all__ = ["Index", "IndexedFile", "open_index", "write_index"]

MAGIC = b"trainboard index 1\n"
_HEADER = struct.Struct("<24sQQII")
_HEADER_BYTES = 64

Facts = dict[str, Any]  # ready for JSON


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """What is written of one event file."""

    path: str  # relative to the run's folder
    reader: Facts  # what its reader needs to go on
    starts: tuple[Start, ...]
    parts: tuple[tuple[str, Kind, Part], ...]  # (tag, kind, points)


@dataclass(frozen=True, slots=True)
class Index:
    """An index file that is open: its directory is read, its blocks are not."""

    files: dict[str, tuple[Facts, StoredFile]]


def write_index(
    path: Path,
    folder: str,
    files: Sequence[IndexedFile],
    open_blocks: Callable[[int], BlockFile],
    pause: Callable[[], None] = lambda: None,
) -> Index:
    """Write the index of the run in ``folder`` (an absolute path), in place of the one that is there.

    Nobody sees half of it: it is written under another name in the same folder, and renamed. A process that is killed
    meanwhile leaves that file; one that another process maps stays as it is. ``pause`` is called between two blocks;
    what it raises ends the writing.

    Returns:
        The index, of the very file that was written (``open_blocks`` is given its descriptor): what has the name by
        the time that somebody looks may be another board's.

    Raises:
        OSError: the disk is full, or nothing may be written there.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with temporary.open("w+b") as file:
            file.write(bytes(_HEADER_BYTES))
            written = [_write_file(file, entry, pause) for entry in files]
            directory = json.dumps({"folder": folder, "files": written}).encode()
            offset = file.tell()
            file.write(directory)
            file.seek(0)
            file.write(_header(offset, directory))
            file.flush()
            index = _index_of(written, open_blocks(file.fileno()), offset)
        temporary.replace(path)
        return index
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def open_index(path: Path, folder: str, residence: Residence, reread: Reread, *, maps: bool) -> Index | None:
    """Open the index of the run in ``folder``.

    Args:
        path: of the index file.
        folder: the run's, an absolute path.
        residence: counts what is looked at of its blocks.
        reread: gives all rows of an event file again, should a block be damaged.
        maps: whether the file is mapped; else its columns are read.

    Returns:
        The index; None where there is none, or where it is damaged, of another version or of another run.
    """
    try:
        with path.open("rb") as file:
            magic, offset, length, crc, own_crc = _HEADER.unpack(file.read(_HEADER.size))
            head = _HEADER.pack(magic, offset, length, crc, 0)
            if magic.rstrip(b"\0") != MAGIC or own_crc != google_crc32c.value(head):
                return None
            if offset + length != os.fstat(file.fileno()).st_size:
                return None
            file.seek(offset)
            directory = file.read(length)
            if len(directory) != length or google_crc32c.value(directory) != crc:
                return None
            found = json.loads(directory)
            if found["folder"] != folder:
                return None
            blocks = BlockFile(path, file.fileno(), residence, reread, maps=maps)
        return _index_of(found["files"], blocks, offset)
    except (OSError, struct.error, ValueError, TypeError, LookupError):
        return None  # the event files have it all


def _index_of(entries: Sequence[Facts], blocks: BlockFile, end: int) -> Index:
    return Index({entry["path"]: (entry["reader"], _stored_file(blocks, entry, end)) for entry in entries})


def _header(offset: int, directory: bytes) -> bytes:
    crc = google_crc32c.value(directory)
    own_crc = google_crc32c.value(_HEADER.pack(MAGIC, offset, len(directory), crc, 0))
    return _HEADER.pack(MAGIC, offset, len(directory), crc, own_crc)


def _write_file(file: Any, entry: IndexedFile, pause: Callable[[], None]) -> Facts:
    series = []
    for tag, kind, part in entry.parts:
        blocks = []
        for start in range(0, part.count, BLOCK_ROWS):
            pause()
            words = part.columns.copied(start, min(start + BLOCK_ROWS, part.count))
            blocks.append([file.tell(), words.shape[1], [checksum(column) for column in words]])
            file.write(words.astype("<i8", copy=False).data)
        facts = {name: getattr(part, name) for name in _PART_FACTS}
        series.append({"tag": tag, "kind": kind.value, "blocks": blocks, **facts})
    starts = [[start.step, start.wall_time, start.scalar_row, start.blob_row] for start in entry.starts]
    return {"path": entry.path, "reader": entry.reader, "starts": starts, "series": series}


_PART_FACTS = (
    "session",
    "first_step",
    "last_step",
    "least_step",
    "greatest_step",
    "steps_rise",
    "times_rise",
    "salvaged",
)


def _stored_file(blocks: BlockFile, entry: Facts, end: int) -> StoredFile:
    return StoredFile(
        starts=tuple(Start(*start) for start in entry["starts"]),
        series=tuple(
            StoredSeries(
                tag=series["tag"],
                kind=Kind(series["kind"]),
                blocks=tuple(_blocks_of(blocks, entry["path"], series, end)),
                **{name: series[name] for name in _PART_FACTS},
            )
            for series in entry["series"]
        ),
    )


def _blocks_of(file: BlockFile, path: str, series: Facts, end: int) -> Iterator[StoredBlock]:
    place = (path, series["tag"], Kind(series["kind"]), series["session"])
    width = width_of(place[2])
    start = 0
    for offset, rows, crcs in series["blocks"]:
        if (
            len(crcs) != width
            or offset < _HEADER_BYTES
            or not 0 < rows <= BLOCK_ROWS
            or offset + 8 * rows * width > end
        ):
            raise ValueError("a block lies outside its file")
        yield StoredBlock(file, offset, rows, tuple(crcs), place, start)
        start += rows
