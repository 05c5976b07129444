"""PNGs as Pillow reads them, of any size, number of channels and content; and about as small as Pillow's own."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import writer.png

SMOOTH = np.add.outer(np.arange(120) * 2, np.arange(200)).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 12, (120, 200, 3), np.uint8)


def encode_png(pixels: np.ndarray, rows: int = 50) -> Any:
    """Encode in blocks of so many rows."""
    blocks = (pixels[start : start + rows] for start in range(0, len(pixels), rows))
    return writer.png.encode_png(*pixels.shape, blocks)


def decode(parts: Any) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(b"".join(parts))))
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 1 << 32), st.sampled_from([2, 256]))
def test_pixels_come_back(height: int, width: int, channels: int, seed: int, values: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, values, (height, width, channels)).astype(np.uint8)
    assert np.array_equal(decode(encode_png(pixels, rows=1 + seed % 5)), pixels)


@pytest.mark.parametrize("shape", [(700, 300, 3), (3, 100_000, 3), (400, 1, 4)])
def test_blocks_of_rows_fit_each_other(shape: tuple[int, int, int]) -> None:
    steps = np.random.default_rng(0).integers(0, 3, shape)
    pixels = steps.cumsum(axis=0).astype(np.uint8)
    assert np.array_equal(decode(encode_png(pixels)), pixels)


@pytest.mark.parametrize("transform", [np.asarray, np.asfortranarray, lambda pixels: pixels[::-1, ::2]])
def test_pixels_of_any_strides(transform: Any) -> None:
    assert np.array_equal(decode(encode_png(transform(NOISE))), transform(NOISE))


@pytest.mark.parametrize(
    "pixels", [SMOOTH[..., np.newaxis] + NOISE, np.zeros((120, 200, 3), np.uint8), NOISE * 20, SMOOTH[..., np.newaxis]]
)
def test_it_is_about_as_small_as_pillows(pixels: np.ndarray) -> None:
    theirs = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(theirs, format="PNG")
    assert sum(map(len, encode_png(pixels))) < 1.2 * len(theirs.getvalue()) + 50  # which is made by zlib-ng
