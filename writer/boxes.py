"""Draws boxes and their labels on an image as torch's writer does."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer import process
from writer.errors import UnsupportedValueError
from writer.media import import_pillow, pixels_value, to_pixels

__all__ = ["boxes_value"]

_BOX_COLOR = "Red"
_TEXT_COLOR = "black"
_LINE_PX = 2
_MOST_PIXELS = 64 << 20


def boxes_value(
    tag: bytes,
    array: NDArray[Any],
    boxes: NDArray[Any],
    *,
    rescale: float,
    dataformats: str,
    labels: Sequence[str] | None,
) -> Any:
    """Make a ``Summary.Value`` with a PNG of an image with boxes on it.

    Args:
        tag: As it stands in the file.
        array: As ``media.to_pixels`` takes it.
        boxes: Of shape (count, 4): left, top, right and bottom, in pixels. One with NaN or infinities is left out.
        rescale: The picture's size in the log, as a multiple of its own.
        dataformats: As ``media.to_pixels`` takes it.
        labels: One a box; not drawn where there are more or fewer.

    Raises:
        UnsupportedValueError: The arrays are no image and boxes.
        MissingPackageError: Pillow is not installed.
    """
    pillow = import_pillow()
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise UnsupportedValueError(f"boxes have the shape (count, 4), not {boxes.shape}")
    texts = [labels] if isinstance(labels, str) else labels or ()
    pixels = to_pixels(array, dataformats)
    width, height = int(pixels.shape[1] * rescale), int(pixels.shape[0] * rescale)
    if not 0 < width * height <= _MOST_PIXELS:
        raise UnsupportedValueError(f"rescaled by {rescale}, the image has {width} x {height} pixels")
    image = pillow.fromarray(pixels)
    for number, box in enumerate(boxes.tolist()):
        if np.isfinite(box).all():
            _draw(image, box, str(texts[number]) if len(texts) == len(boxes) else "")
    if (width, height) != image.size:
        image = image.resize((width, height), pillow.Resampling.LANCZOS)
    return pixels_value(tag, np.asarray(image))


def _draw(image: Any, box: list[float], label: str) -> None:
    with process.importing:
        from PIL import ImageDraw, ImageFont  # late, as import_pillow

    left, top, right, bottom = box
    draw = ImageDraw.Draw(image)
    outline = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
    draw.line(outline, width=_LINE_PX, fill=_BOX_COLOR)
    if not label:
        return
    font = ImageFont.load_default()
    text_left, text_top, text_right, text_bottom = font.getbbox(label)
    text_width, text_height = text_right - text_left, text_bottom - text_top
    margin = np.ceil(0.05 * text_height)
    background = [(left, bottom - text_height - 2 * margin), (left + text_width, bottom)]
    draw.rectangle(background, fill=_BOX_COLOR)
    draw.text((left + margin, bottom - text_height - margin), label, fill=_TEXT_COLOR, font=font)
