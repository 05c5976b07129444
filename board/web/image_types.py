"""What kind of picture some bytes are and how large it unfolds, from its header alone; nothing is decoded.

Formats: PNG (ISO/IEC 15948 §5, §11.2.2; APNG: third edition §11.3.6.1), JPEG (ITU-T T.81 annex B), GIF89a, WebP
(RFC 9649), BMP (BITMAPINFOHEADER).
"""

import struct
from typing import NamedTuple

__all__ = ["OTHER", "ImageType", "is_too_large", "sniff_image"]

MAX_PIXELS = 40_000_000
MAX_SIDE = 16_384
MAX_BYTES = 32 << 20
MAX_FRAMES = 1_000
OTHER = "application/octet-stream"  # SVG, HTML, whatever a hostile log calls an image


class ImageType(NamedTuple):
    """What a header says."""

    media_type: str  # of a closed list that browsers show as a still picture, else OTHER
    width: int  # pixels; 0 where the header does not say
    height: int
    frames: int = 1  # counted up to MAX_FRAMES + 1

    @property
    def is_image(self) -> bool:
        """Tell whether a browser may show it."""
        return self.media_type != OTHER


def sniff_image(data: bytes) -> ImageType:
    """Read the header. Bytes that are no picture, or a damaged one, are OTHER."""
    for magic, media_type, size, frames in (
        (b"\x89PNG\r\n\x1a\n", "image/png", _png_size, _png_frames),
        (b"\xff\xd8\xff", "image/jpeg", _jpeg_size, _one_frame),
        (b"GIF87a", "image/gif", _gif_size, _gif_frames),
        (b"GIF89a", "image/gif", _gif_size, _gif_frames),
        (b"RIFF", "image/webp", _webp_size, _webp_frames),
        (b"BM", "image/bmp", _bmp_size, _one_frame),
    ):
        if data.startswith(magic):
            try:
                width, height = size(data)
            except (struct.error, IndexError):
                break
            if width <= 0 or height <= 0:
                break
            return ImageType(media_type, width, height, frames(data))
    return ImageType(OTHER, 0, 0)


def is_too_large(facts: ImageType, size_bytes: int) -> bool:
    """Tell whether a browser that unfolds it would choke: a 48 kB PNG can be 1.5 GB of pixels."""
    pixels = facts.width * facts.height
    return (
        size_bytes > MAX_BYTES
        or pixels > MAX_PIXELS
        or max(facts.width, facts.height) > MAX_SIDE
        or facts.frames > MAX_FRAMES
    )


def _one_frame(data: bytes) -> int:
    return 1


def _png_size(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        return 0, 0
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _png_frames(data: bytes) -> int:
    """Read what an APNG says in its acTL chunk, which stands before the pixels."""
    at = 8
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"acTL":
            return max(1, min(int.from_bytes(data[at + 8 : at + 12], "big"), MAX_FRAMES + 1))
        if kind == b"IDAT":
            break
        at += 12 + length
    return 1


def _gif_frames(data: bytes) -> int:
    """Count the image descriptors, passing over what they describe."""

    def after_table(at: int, flags: int) -> int:
        return at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)

    def after_blocks(at: int) -> int:
        while at < len(data) and data[at]:
            at += 1 + data[at]
        return at + 1

    frames, at = 0, after_table(13, data[10] if len(data) > 10 else 0)
    while at + 10 < len(data) and frames <= MAX_FRAMES:
        if data[at] == 0x21:
            at = after_blocks(at + 2)
        elif data[at] == 0x2C:
            frames += 1
            at = after_blocks(after_table(at + 10, data[at + 9]) + 1)
        else:
            break
    return max(1, frames)


def _webp_frames(data: bytes) -> int:
    """Count the ANMF chunks of the container."""
    frames, at = 0, 12
    while at + 8 <= len(data) and frames <= MAX_FRAMES:
        frames += data[at : at + 4] == b"ANMF"
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + (length & 1)
    return max(1, frames)


def _gif_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _bmp_size(data: bytes) -> tuple[int, int]:
    (header,) = struct.unpack_from("<I", data, 14)
    if header < 40:
        return 0, 0
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)  # negative: rows from the top


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Go from marker to marker up to the frame's."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # fill bytes
            at += 1
        if data[at] != 0xFF:
            return 0, 0
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker == 0xD9 or marker == 0xDA:  # the end, or the scan, and no frame before it
            return 0, 0
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # these stand alone
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2:
            return 0, 0
        at += 2 + length


def _webp_size(data: bytes) -> tuple[int, int]:
    if data[8:12] != b"WEBP":
        return 0, 0
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return 0, 0
