"""Finds the next whole record behind bytes that are none."""

from collections.abc import Iterator
from typing import NamedTuple

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from writer.format.framing import FOOTER_BYTES, HEADER, HEADER_BYTES, LENGTH_BYTES, masked_crc32c
from writer.format.messages import DecodeError, Event
from writer.format.scan import MAX_RECORD_BYTES

__all__ = ["Search", "find_record"]

_BLOCK = 1 << 16  # offsets looked at in one go: a few arrays of 512 KiB


class Search(NamedTuple):
    """What a look through a buffer for a record came to."""

    offset: int | None  # of the first whole good record; None where the buffer has none
    resume: int  # nothing before this offset begins a record: look again from here, with more bytes or more budget
    checksummed: int  # payload bytes that were checksummed
    is_over_budget: bool  # the search ended at `resume` because the next payload would have gone beyond the budget
    first_open: int | None = None  # offset of the first record that was passed over because it ends beyond the limit
    open_end: int | None = None  # the lowest end of such a record


def find_record(
    data: bytes | bytearray | memoryview,
    start: int = 0,
    *,
    limit: int | None = None,
    checksum_budget: int | None = None,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> Search:
    """Find the next offset where length checksum, payload checksum and event message all agree.

    Checksums of lengths are linear in the bytes searched and not counted; those of payloads can be made quadratic by an
    attacker's headers, hence the budget.

    Args:
        data: A window of the file; offsets count from its start.
        start: First offset to look at.
        limit: End of the file on the same scale (default: ``len(data)``). A record that would end beyond it is passed
            over, and noted as open; one that ends beyond the data but not beyond the limit ends the search, with
            ``resume`` at its start.
        checksum_budget: Most payload bytes to checksum; None for no limit.
        max_record_bytes: A longer record is passed over.
    """
    view = memoryview(data).cast("B")
    limit = len(view) if limit is None else limit
    checksummed = 0
    first_open: int | None = None
    open_end: int | None = None
    for at in _iter_headers(view, start):
        length, _ = HEADER.unpack_from(view, at)
        begin, end = at + HEADER_BYTES, at + HEADER_BYTES + length
        if length > max_record_bytes:
            continue
        if end + FOOTER_BYTES > limit:
            first_open = at if first_open is None else first_open
            open_end = end + FOOTER_BYTES if open_end is None else min(open_end, end + FOOTER_BYTES)
            continue
        if end + FOOTER_BYTES > len(view):
            return Search(None, at, checksummed, False, first_open, open_end)
        if checksum_budget is not None and checksummed + length > checksum_budget:
            return Search(None, at, checksummed, True, first_open, open_end)
        checksummed += length
        if masked_crc32c(view[begin:end]).to_bytes(FOOTER_BYTES, "little") == view[end : end + FOOTER_BYTES]:
            try:
                Event.FromString(view[begin:end])
            except DecodeError:
                continue
            return Search(at, at, checksummed, False, first_open, open_end)
    return Search(None, max(start, len(view) - HEADER_BYTES + 1), checksummed, False, first_open, open_end)


def _crc_tables() -> NDArray[np.uint32]:
    """``tables[k][byte]``: what a byte with k bytes behind it adds to a CRC-32C, which is linear in its input."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1).astype(np.uint32)
    tables = [table]
    for _ in range(LENGTH_BYTES - 1):
        tables.append((tables[-1] >> 8) ^ table[tables[-1] & 0xFF])
    return np.stack(tables)


_TABLES = _crc_tables()
_ZEROS = np.uint32(google_crc32c.value(bytes(LENGTH_BYTES)))  # each byte that is not zero adds its own share


def _iter_headers(view: memoryview, start: int) -> Iterator[int]:
    """Offsets from ``start`` on where a length and its right checksum stand."""
    octets = np.frombuffer(view, np.uint8)
    count = len(octets) - HEADER_BYTES + 1
    for first in range(max(start, 0), count, _BLOCK):
        n = min(_BLOCK, count - first)
        crc = np.full(n, _ZEROS, np.uint32)
        for k in range(LENGTH_BYTES):
            crc ^= _TABLES[LENGTH_BYTES - 1 - k][octets[first + k : first + k + n]]
        masked = ((crc >> 15) | (crc << 17)) + np.uint32(0xA282EAD8)
        stored = np.zeros(n, np.uint32)
        for k in range(HEADER_BYTES - LENGTH_BYTES):
            behind = first + LENGTH_BYTES + k
            stored |= octets[behind : behind + n].astype(np.uint32) << np.uint32(8 * k)
        for hit in np.flatnonzero(masked == stored):
            yield first + int(hit)
