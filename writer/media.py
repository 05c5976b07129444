"""Turns arrays into PNG images as torch's writer does, so that a picture looks the same in both."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer import process
from writer.errors import MissingPackageError, UnsupportedValueError
from writer.format.messages import Summary
from writer.format.wire import Parts
from writer.png import encode_png
from writer.summaries import LargeValue

__all__ = ["encode_picture", "image_value", "import_pillow", "make_grid", "pixels_value", "scale", "to_pixels"]

_GRID_COLUMNS = 8
_BLOCK_BYTES = 1 << 17  # of pixels: enough to be worth Python's own work on it


def image_value(tag: bytes, array: NDArray[Any], dataformats: str) -> LargeValue:
    """Make a value with a PNG.

    Args:
        tag: As it stands in the file.
        array: As ``to_pixels`` takes it.
        dataformats: Likewise.

    Raises:
        UnsupportedValueError: The array is no image in these dataformats.
    """
    return _png_value(tag, _lay_out(array, dataformats))


def pixels_value(tag: bytes, pixels: NDArray[np.uint8]) -> LargeValue:
    """Make a value with a PNG of pixels, height x width x channels."""
    return _png_value(tag, pixels[np.newaxis])


def to_pixels(array: NDArray[Any], dataformats: str) -> NDArray[np.uint8]:
    """Lay an image, or a batch of them as a grid, out as height x width x channels.

    Args:
        array: Of as many dimensions as ``dataformats`` has letters. uint8 is taken as 0 to 255, every other
            dtype as 0 to 1 (clipped; NaN is black). Channels are 1 (grey), 2 (grey, alpha), 3 (RGB) or
            4 (RGBA); in a batch 1 or 3.
        dataformats: Any order of H and W, of H, W and C, or of N, C, H and W.

    Returns:
        uint8; a grey image has three equal channels. A batch stands in rows of eight.

    Raises:
        UnsupportedValueError: Dimensions or channels are not so.
    """
    return np.concatenate(list(_iter_blocks(_lay_out(array, dataformats))))


def encode_picture(pixels: NDArray[np.uint8]) -> Parts:
    """Encode height x width x 3 channels as a PNG file."""
    height, width, channels = pixels.shape
    return encode_png(height, width, channels, _iter_blocks(pixels[np.newaxis]))


def _png_value(tag: bytes, batch: NDArray[Any]) -> LargeValue:
    count, height, width, channels = batch.shape
    columns = min(count, _GRID_COLUMNS)
    shape = -(-count // columns) * height, columns * width, 3 if channels == 1 else channels
    image = Summary.Image(height=shape[0], width=shape[1], colorspace=shape[2])
    png = encode_png(*shape, _iter_blocks(batch))
    return LargeValue(Summary.Value(tag=tag, image=image), "encoded_image_string", png)


def _lay_out(array: NDArray[Any], dataformats: str) -> NDArray[Any]:
    """Look at an image, or a batch, as NHWC."""
    letters = dataformats.upper()
    canonical = {2: "HW", 3: "HWC", 4: "NHWC"}.get(len(letters), "")
    if not canonical or sorted(letters) != sorted(canonical):
        raise UnsupportedValueError(f"dataformats are some order of HW, CHW or NCHW, not {dataformats!r}")
    if array.ndim != len(letters):
        raise UnsupportedValueError(f"shape {array.shape} does not fit dataformats {dataformats!r}")
    if not array.size:
        raise UnsupportedValueError(f"an image of shape {array.shape} has no pixels")
    array = array.transpose([letters.index(letter) for letter in canonical])
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    channels = array.shape[-1]
    allowed = (1, 3) if array.ndim == 4 else (1, 2, 3, 4)
    if channels not in allowed:
        raise UnsupportedValueError(f"an image has {' or '.join(map(str, allowed))} channels, not {channels}")
    return array if array.ndim == 4 else array[np.newaxis]


def _iter_blocks(batch: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    """Yield the rows of a grid of images (NHWC), so many of them a row, in blocks of height x width x channels."""
    count, height, width, channels = batch.shape
    columns = min(count, _GRID_COLUMNS)
    channels = 3 if channels == 1 else channels
    length = max(1, _BLOCK_BYTES // (columns * width * channels))
    for first in range(0, count, columns):
        for start in range(0, height, length):
            parts = [scale(image[start : start + length]) for image in batch[first : first + columns]]
            block = np.zeros((len(parts[0]), columns, width, channels), np.uint8)
            for column, part in enumerate(parts):
                block[:, column] = part
            yield block.reshape(len(block), columns * width, channels)


def make_grid(batch: NDArray[Any], columns: int) -> NDArray[Any]:
    """Stand images (NHWC) side by side, so many a row, the rest of the last row black."""
    count, height, width, channels = batch.shape
    columns = min(count, columns)
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), batch.dtype)
    cells[:count] = batch
    grid = cells.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, channels)


def scale(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn brightness into bytes: uint8 is taken as 0 to 255, every other dtype as 0 to 1, clipped; NaN is black."""
    if array.dtype == np.uint8:
        return array
    with np.errstate(over="ignore"):
        scaled = array.astype(np.float32)
    np.nan_to_num(scaled, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    scaled *= 255
    return scaled.clip(0, 255).astype(np.uint8)


def import_pillow() -> Any:
    """Import ``PIL.Image``, late: the writer works without it.

    Raises:
        MissingPackageError: Pillow is not installed.
    """
    try:
        with process.importing:
            from PIL import Image

            Image.preinit()  # and of its formats the common ones, which saving would import
    except ImportError as error:
        raise MissingPackageError("boxes on images and GIFs need Pillow: pip install 'trainboard[media]'") from error
    return Image
