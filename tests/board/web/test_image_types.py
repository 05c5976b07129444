"""Pictures are known by their bytes: Pillow makes them, we read their headers."""

import io
import struct
import zlib

import pytest
from PIL import Image

from board.web.image_types import OTHER, ImageType, is_too_large, sniff_image


def encode(fmt: str, size: tuple[int, int] = (37, 23), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, fmt, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("fmt", "options", "media_type"),
    [
        ("PNG", {}, "image/png"),
        ("JPEG", {}, "image/jpeg"),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + b"x" * 5000, "comment": b"c" * 900}, "image/jpeg"),
        ("GIF", {}, "image/gif"),
        ("WEBP", {}, "image/webp"),
        ("WEBP", {"lossless": True}, "image/webp"),
        ("WEBP", {"exif": b"Exif\0\0x"}, "image/webp"),
        ("BMP", {}, "image/bmp"),
    ],
)
def test_type_and_size_are_read(fmt: str, options: dict[str, object], media_type: str) -> None:
    data = encode(fmt, **options)
    assert sniff_image(data) == ImageType(media_type, 37, 23)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_cut_anywhere_it_is_known_or_not_but_never_an_error(fmt: str) -> None:
    data = encode(fmt)
    for length in range(min(len(data), 700)):
        facts = sniff_image(data[:length])
        assert facts in (ImageType(OTHER, 0, 0), sniff_image(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"BM<script>",
        b"GIF89a\x00\x00\x00\x00",
        b"\x89PNG\r\n\x1a\n<script>",
        b"\xff" * 5000,
    ],
)
def test_anything_else_is_only_bytes(data: bytes) -> None:
    assert sniff_image(data) == ImageType(OTHER, 0, 0)


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.mark.parametrize(
    ("width", "height", "size", "too_large"),
    [
        (8000, 5000, 1000, False),
        (8000, 5001, 1000, True),
        (16_384, 10, 1000, False),
        (16_385, 10, 1000, True),
        (10, 2**31 - 1, 1000, True),
        (2**32 - 1, 2**32 - 1, 1000, True),
        (10, 10, 32 << 20, False),
        (10, 10, (32 << 20) + 1, True),
    ],
)
def test_what_unfolds_too_far_is_told_by_the_header(width: int, height: int, size: int, too_large: bool) -> None:
    facts = sniff_image(png_header(width, height))
    assert (facts.width, facts.height) == (width, height)
    assert is_too_large(facts, size) is too_large


@pytest.mark.parametrize(("fmt", "options"), [("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True})])
def test_frames_are_counted_and_too_many_are_too_large(fmt: str, options: dict[str, object]) -> None:
    for count in (2, 1_001):
        frames = [Image.new("RGB", (3, 2), (i % 256, i // 256, 9)) for i in range(count)]
        out = io.BytesIO()
        frames[0].save(out, fmt, save_all=True, append_images=frames[1:], duration=20, **options)
        facts = sniff_image(out.getvalue())
        assert facts.frames == count
        assert is_too_large(facts, len(out.getvalue())) is (count > 1_000)
        for cut in range(1, 200):  # damaged: some count, and an end
            assert 1 <= sniff_image(out.getvalue()[:-cut]).frames <= count
