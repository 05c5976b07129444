"""Sorts the values of a dictionary, nested or not, by the method of SummaryWriter that logs them."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from writer.device_values import FIXED_NUMBERS

__all__ = ["iter_values"]


def iter_values(data: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield the name of a method, a tag, and what the method takes.

    Numbers, and arrays and tensors of one element, are scalars; larger ones histograms, as in W&B's ``log``. Pictures
    of Pillow are images, matplotlib's figures figures, strings texts. Mappings in mappings give tags with "/".
    """
    pillow, figures = sys.modules.get("PIL.Image"), sys.modules.get("matplotlib.figure")
    for key, value in data.items():
        tag = f"{prefix}{key}"
        if type(value) in FIXED_NUMBERS:
            yield "add_scalar", tag, value
        elif isinstance(value, Mapping):
            yield from iter_values(value, f"{tag}/")
        elif isinstance(value, str):
            yield "add_text", tag, value
        elif pillow is not None and isinstance(value, pillow.Image):
            has_plain_pixels = value.mode in ("L", "LA", "RGB", "RGBA")
            pixels = np.asarray(value if has_plain_pixels else value.convert("RGBA"))
            yield "add_image", tag, pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
        elif figures is not None and isinstance(value, figures.Figure):
            yield "add_figure", tag, value
        else:
            yield ("add_histogram" if _count(value) != 1 else "add_scalar"), tag, value


def _count(value: Any) -> int:
    """Return how many elements an array or tensor has; 1 for all else."""
    shape = getattr(value, "shape", ())
    count = 1
    for length in shape if isinstance(shape, tuple) else ():
        count *= int(length)
    return count
