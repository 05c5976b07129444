"""Pictures as PNG files, block by block of rows and outside of the GIL (https://www.w3.org/TR/png-3)."""

import struct
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from writer.format.wire import Parts

__all__ = ["encode_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # grey; grey, alpha; RGB; RGBA
_LEVEL, _MEMORY_LEVEL = 6, 9


def encode_png(height: int, width: int, channels: int, blocks: Iterable[NDArray[np.uint8]]) -> Parts:
    """Encode a picture as a PNG, in parts of some 100 KiB.

    Args:
        height: Of the picture, pixels.
        width: Likewise.
        channels: 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).
        blocks: Of shape (rows, width, channels): its rows, from above. Small ones are best: what is made of a large one
            takes fresh memory, and giving that back holds the GIL.
    """
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    parts = [_SIGNATURE, *_chunk(b"IHDR", header)]
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY_LEVEL, zlib.Z_FILTERED)
    above = np.zeros((1, width * channels), np.uint8)
    for block in blocks:
        rows = block.reshape(len(block), width * channels)
        if data := compressor.compress(_filter(rows, above, channels).data):
            parts += _chunk(b"IDAT", data)
        above = rows[-1:]
    return [*parts, *_chunk(b"IDAT", compressor.flush()), *_chunk(b"IEND", b"")]


def _chunk(name: bytes, data: bytes) -> list[bytes]:
    return [struct.pack(">I", len(data)) + name, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))]


def _filter(rows: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Filter each row as the standard advises: by the filter whose output has the least sum of absolute values."""
    filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    least = np.full(len(rows), np.iinfo(np.uint64).max, np.uint64)
    for number, candidate in enumerate(_iter_candidates(rows, np.concatenate([above, rows[:-1]]), step)):
        cost = np.abs(candidate.view(np.int8)).view(np.uint8).sum(axis=1, dtype=np.uint64)
        better = cost < least
        least[better] = cost[better]
        filtered[better, 0] = number
        np.copyto(filtered[:, 1:], candidate, where=better[:, np.newaxis])
    return filtered


def _iter_candidates(raw: NDArray[np.uint8], up: NDArray[np.uint8], step: int) -> Iterator[NDArray[np.uint8]]:
    """The rows by each filter of the standard: none, sub, up, average, Paeth."""
    left, corner = np.zeros_like(raw), np.zeros_like(raw)
    left[:, step:], corner[:, step:] = raw[:, :-step], up[:, :-step]
    yield raw
    yield raw - left
    yield raw - up
    yield raw - (left & up) - ((left ^ up) >> 1)  # their mean without a carry
    wide_left, wide_up, wide_corner = left.astype(np.int16), up.astype(np.int16), corner.astype(np.int16)
    by_left, by_up = wide_up - wide_corner, wide_left - wide_corner
    by_corner = np.abs(by_left + by_up)
    by_left, by_up = np.abs(by_left), np.abs(by_up)
    predicted = np.where(by_up <= by_corner, up, corner)
    np.copyto(predicted, left, where=(by_left <= by_up) & (by_left <= by_corner))
    yield raw - predicted
