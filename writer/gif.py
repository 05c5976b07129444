"""Animated GIFs, frame by frame and outside of the GIL: what changed, with a palette of its own each (GIF89a)."""

import os
import struct
import tempfile
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from writer.format.wire import Parts
from writer.media import import_pillow

__all__ = ["encode_gif"]

_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_LEAST_DELAY, _MOST_DELAY = 2, 65_535  # hundredths of a second; browsers show a shorter frame for 0.1 s
_SCREEN_BYTES = 13  # the head of a file: signature, size of the screen, what colours there are
_HAS_COLOURS, _SIZE_OF_COLOURS = 0x80, 0x07
_IMAGE, _IMAGE_BYTES = 0x2C, 10


def encode_gif(frames: Iterable[NDArray[np.uint8]], fps: float) -> Parts:
    """Encode frames that are shown for ever, in a part each.

    Pillow makes a palette and encodes, each frame as a file of its own whose image is taken over: only into a file of
    the system does it write without the GIL, and whole animations it compares with the GIL held.

    Args:
        frames: Of shape (height, width, 3), all alike; one at least.
        fps: Frames a second; a GIF counts hundredths of a second, and is shown with 50 at most.

    Raises:
        MissingPackageError: Pillow is not installed.
    """
    pillow = import_pillow()
    delay = min(max(_LEAST_DELAY, round(100 / fps)), _MOST_DELAY)
    images: list[bytes] = []
    delays: list[int] = []
    height = width = 0
    before: NDArray[np.uint8] | None = None
    with _open_scratch() as scratch:
        for frame in frames:
            height, width, _ = frame.shape
            top, bottom, left, right = _find_change(before, frame)
            if top == bottom and delays[-1] + delay <= _MOST_DELAY:
                delays[-1] += delay
                continue
            changed = np.ascontiguousarray(frame[top : max(bottom, top + 1), left : max(right, left + 1)])
            images.append(_encode_image(pillow, changed, left, top, scratch))
            delays.append(delay)
            before = frame
    parts = [b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0), _FOR_EVER]
    for image, hundredths in zip(images, delays, strict=True):
        parts += [struct.pack("<BBBBHBB", 0x21, 0xF9, 4, 0b100, hundredths, 0, 0), image]
    return [*parts, b"\x3b"]


def _open_scratch() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("trainboard-gif"), "w+b")
    return tempfile.TemporaryFile()


def _find_change(before: NDArray[np.uint8] | None, frame: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Find the rectangle outside of which nothing changed: top, bottom, left, right; empty where nothing did."""
    if before is None:
        return 0, frame.shape[0], 0, frame.shape[1]
    differs = (frame != before).any(axis=2)
    rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return 0, 0, 0, 0
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _encode_image(pillow: Any, pixels: NDArray[np.uint8], left: int, top: int, scratch: IO[bytes]) -> bytes:
    """Encode one frame as an image block with its own colours."""
    scratch.seek(0)
    picture = pillow.fromarray(pixels).convert("P", palette=pillow.Palette.ADAPTIVE)
    picture.save(scratch, format="GIF", optimize=False, interlace=False)
    scratch.flush()
    file = os.pread(scratch.fileno(), scratch.tell(), 0)
    size_of_colours = file[10] & _SIZE_OF_COLOURS
    start = _SCREEN_BYTES + 3 * (2 << size_of_colours)
    height, width, _ = pixels.shape
    image = struct.pack("<BHHHHB", _IMAGE, left, top, width, height, _HAS_COLOURS | size_of_colours)
    return image + file[_SCREEN_BYTES:start] + file[start + _IMAGE_BYTES : -1]  # all but the file's end mark
