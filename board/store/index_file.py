"""The index of one run as a file: written under another name, grown at its end, opened without a look at its points.

Layout, little-endian: a header of 64 bytes (magic with the version, offset, length and CRC-32C of the directory, CRC of
these three), blocks of columns one behind the other (of each column its words), the directory. The directory is JSON:
what was known of each event file, and of each series where its blocks lie, with a CRC-32C for every column. When the
run has grown, more blocks and another directory come behind it; then the header names that one, in one write. So what
one directory has named is never written again; and only who has made a file lets it grow.
"""

import json
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import google_crc32c

from board.model import Kind, Start, StoredFile, StoredSeries
from board.store.blocks import BLOCK_ROWS, BlockFile, Reread, Residence, StoredBlock, checksum
from board.store.series import Part, width_of

__all__ = ["Index", "IndexedFile", "open_index", "write_index"]

MAGIC = b"trainboard index 2\n"
_HEADER = struct.Struct("<24sQQII")
_HEADER_BYTES = 64

_ALIGNMENT = 64  # of the first block behind a directory
_SMALL_ROWS = 1 << 12  # of a block that may be written again with what comes behind it
_SPARE_BYTES = 1 << 20  # of a file, beside its blocks, before it is written anew

Facts = dict[str, Any]  # ready for JSON
OpenBlocks = Callable[[int, int, object], BlockFile]


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
    grows: "Growing | None" = None  # of one that was written here: how it may grow


@dataclass(frozen=True, slots=True)
class Growing:
    """An index file that this process has made, and may therefore add to."""

    origin: object  # of its blocks
    inode: int
    end: int  # bytes of it that the header speaks for


def write_index(
    path: Path,
    folder: str,
    files: Sequence[IndexedFile],
    open_blocks: OpenBlocks,
    pause: Callable[[], None] = lambda: None,
) -> Index:
    """Write the index of the run in ``folder`` (an absolute path), in place of the one that is there.

    Nobody sees half of it: it is written under another name in the same folder, and renamed. A process that is killed
    meanwhile leaves that file; one that another process maps stays as it is. ``pause`` is called between two blocks;
    what it raises ends the writing.

    Returns:
        The index, of the very file that was written (``open_blocks`` is given its descriptor, where its blocks begin,
        and their origin): what has the name by the time that somebody looks may be another board's.

    Raises:
        OSError: the disk is full, or nothing may be written there.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with temporary.open("w+b") as file:
            file.write(bytes(_HEADER_BYTES))
            index = _write_rest(file, folder, files, open_blocks, pause, _HEADER_BYTES, object())
        temporary.replace(path)
        return index
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def grow_index(
    path: Path,
    folder: str,
    files: Sequence[IndexedFile],
    known: Growing,
    open_blocks: OpenBlocks,
    pause: Callable[[], None] = lambda: None,
) -> Index | None:
    """Add to an index what is not in it, and make the header name what it has then; else as ``write_index``.

    Nobody sees half of it, and whoever reads the file as it was goes on doing so. Of each series the last blocks are
    written again together with what is new where they are small, so that a series of n points has about log(n) of them.

    Returns:
        The index; None where it should be written whole: the name leads elsewhere by now, or half of the file would
        be blocks that nobody needs any more.

    Raises:
        OSError: the disk is full, or nothing may be written there; the index is as it was.
    """
    live = sum(8 * part.columns.width * part.count for entry in files for _, _, part in entry.parts)
    if known.end > 2 * live + _SPARE_BYTES:
        return None
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return None
    with file:
        if os.fstat(file.fileno()).st_ino != known.inode:
            return None
        try:
            return _write_rest(file, folder, files, open_blocks, pause, known.end, known.origin)
        except BaseException:
            with suppress(OSError):  # the header still names what was there
                os.ftruncate(file.fileno(), known.end)
            raise


def _write_rest(
    file: BinaryIO,
    folder: str,
    files: Sequence[IndexedFile],
    open_blocks: OpenBlocks,
    pause: Callable[[], None],
    end: int,
    origin: object,
) -> Index:
    """Write what the file has no blocks of from ``end`` on, the directory, and the header."""
    start = -(-end // _ALIGNMENT) * _ALIGNMENT
    file.seek(start)
    kept: dict[int, StoredBlock] = {}  # by offset
    written = [_write_file(file, entry, pause, origin, kept) for entry in files]
    directory = json.dumps({"folder": folder, "files": written}).encode()
    offset = file.tell()
    file.write(directory)
    file.flush()
    # Past the buffer and in one piece: who opens it at this moment sees one directory or the other.
    os.pwrite(file.fileno(), _header(offset, directory), 0)
    blocks = open_blocks(file.fileno(), start, origin)
    grows = Growing(origin, os.fstat(file.fileno()).st_ino, offset + len(directory))
    return Index(_files_of(written, blocks, offset, kept), grows)


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
            if offset + length > os.fstat(file.fileno()).st_size:  # more may be there: somebody is adding to it
                return None
            file.seek(offset)
            directory = file.read(length)
            if len(directory) != length or google_crc32c.value(directory) != crc:
                return None
            found = json.loads(directory)
            if found["folder"] != folder:
                return None
            blocks = BlockFile(path, file.fileno(), residence, reread, maps=maps)
        return Index(_files_of(found["files"], blocks, offset, {}))
    except (OSError, struct.error, ValueError, TypeError, LookupError):
        return None  # the event files have it all


def _files_of(
    entries: Sequence[Facts], blocks: BlockFile, end: int, kept: dict[int, StoredBlock]
) -> dict[str, tuple[Facts, StoredFile]]:
    return {entry["path"]: (entry["reader"], _stored_file(blocks, entry, end, kept)) for entry in entries}


def _header(offset: int, directory: bytes) -> bytes:
    crc = google_crc32c.value(directory)
    own_crc = google_crc32c.value(_HEADER.pack(MAGIC, offset, len(directory), crc, 0))
    return _HEADER.pack(MAGIC, offset, len(directory), crc, own_crc)


def _write_file(
    file: BinaryIO, entry: IndexedFile, pause: Callable[[], None], origin: object, kept: dict[int, StoredBlock]
) -> Facts:
    series = []
    for tag, kind, part in entry.parts:
        own, done = _kept_blocks(part, origin)
        kept |= {block.offset: block for block in own}
        blocks = [[block.offset, block.rows, list(block.crcs)] for block in own]
        for start in range(done, part.count, BLOCK_ROWS):
            pause()
            words = part.columns.copied(start, min(start + BLOCK_ROWS, part.count))
            blocks.append([file.tell(), words.shape[1], [checksum(column) for column in words]])
            file.write(words.astype("<i8", copy=False).data)
        facts = {name: getattr(part, name) for name in _PART_FACTS}
        series.append({"tag": tag, "kind": kind.value, "blocks": blocks, **facts})
    starts = [[start.step, start.wall_time, start.scalar_row, start.blob_row] for start in entry.starts]
    return {"path": entry.path, "reader": entry.reader, "starts": starts, "series": series}


def _kept_blocks(part: Part, origin: object) -> tuple[list[StoredBlock], int]:
    """Return the blocks at the start of a part that the file has and that may stay, and how many rows they are."""
    own: list[StoredBlock] = []
    for chunk in part.columns.chunks:
        block = chunk.words
        if not isinstance(block, StoredBlock) or block.file.origin is not origin:
            break
        own.append(block)
    done = sum(block.rows for block in own)
    while own and done < part.count and own[-1].rows < min(_SMALL_ROWS, part.count - done + 1):
        done -= own.pop().rows
    return own, done


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


def _stored_file(blocks: BlockFile, entry: Facts, end: int, kept: dict[int, StoredBlock]) -> StoredFile:
    return StoredFile(
        starts=tuple(Start(*start) for start in entry["starts"]),
        series=tuple(
            StoredSeries(
                tag=series["tag"],
                kind=Kind(series["kind"]),
                blocks=tuple(_blocks_of(blocks, entry["path"], series, end, kept)),
                **{name: series[name] for name in _PART_FACTS},
            )
            for series in entry["series"]
        ),
    )


def _blocks_of(
    file: BlockFile, path: str, series: Facts, end: int, kept: dict[int, StoredBlock]
) -> Iterator[StoredBlock]:
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
        yield kept.get(offset) or StoredBlock(file, offset, rows, tuple(crcs), place, start)
        start += rows
