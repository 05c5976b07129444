"""What kind of clip or video some bytes are, and how long it lasts, from its headers alone; nothing is decoded.

Formats: WAV (``board.wav``), FLAC (RFC 9639 §8.2), Ogg (RFC 3533) with Vorbis I (§4.2.2) or Opus (RFC 7845 §5.1), MP3
(ISO/IEC 11172-3 §2.4.1.3; ID3v2), ADTS (ISO/IEC 14496-3 §1.A.2), MP4 (ISO/IEC 14496-12 §4.3), WebM (RFC 8794).
"""

import struct
from typing import Literal, NamedTuple

from board.wav import parse_wav

__all__ = ["OTHER", "ClipKind", "ClipType", "is_too_large", "sniff_clip"]

ClipKind = Literal["audio", "video"]
MAX_BYTES = 64 << 20
MAX_DECODED_BYTES = 512 << 20  # as 32-bit samples, which is what a browser makes of sound
OTHER = "application/octet-stream"  # whatever else a hostile log calls a clip


class ClipType(NamedTuple):
    """What a header says; None where it does not, so that only decoding it tells."""

    media_type: str  # of a closed list that browsers play, else OTHER
    sample_rate: float | None = None  # Hz
    channels: int | None = None
    duration: float | None = None  # s

    @property
    def is_playable(self) -> bool:
        """Tell whether a browser may play it."""
        return self.media_type != OTHER


def sniff_clip(data: bytes, kind: ClipKind) -> ClipType:
    """Read the header. Bytes that are nothing of the kind are OTHER."""
    try:
        return _sniff_sound(data) if kind == "audio" else _sniff_video(data)
    except (struct.error, IndexError):
        return ClipType(OTHER)


def is_too_large(facts: ClipType, size_bytes: int) -> bool:
    """Tell whether a browser that plays it would choke: silence unfolds to ten thousand times its size."""
    decoded = (facts.duration or 0.0) * (facts.sample_rate or 48_000.0) * (facts.channels or 2) * 4
    return size_bytes > MAX_BYTES or decoded > MAX_DECODED_BYTES


def _sniff_video(data: bytes) -> ClipType:
    if data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64]:
        return ClipType("video/webm")
    if data[4:8] == b"ftyp":
        return ClipType("video/mp4")
    return ClipType(OTHER)


def _sniff_sound(data: bytes) -> ClipType:
    if wav := parse_wav(data):
        return ClipType("audio/wav", wav.sample_rate, wav.channels, wav.frames / wav.sample_rate)
    if data.startswith(b"fLaC"):
        return _sniff_flac(data)
    if data.startswith(b"OggS"):
        return _sniff_ogg(data)
    if data.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in data[:64]:
        return ClipType("audio/webm")
    if data[4:8] == b"ftyp":
        return ClipType("audio/mp4")
    if data.startswith(b"ID3"):
        return ClipType("audio/mpeg")
    if data[:1] == b"\xff" and data[1] & 0xF6 == 0xF0:
        return ClipType("audio/aac")
    if data[:1] == b"\xff" and data[1] & 0xE0 == 0xE0 and data[1] & 0x06:
        return ClipType("audio/mpeg")
    return ClipType(OTHER)


def _sniff_flac(data: bytes) -> ClipType:
    (packed,) = struct.unpack_from(">Q", data, 18)
    rate, channels, frames = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    if not rate:
        return ClipType(OTHER)
    return ClipType("audio/flac", rate, channels, frames / rate if frames else None)


def _sniff_ogg(data: bytes) -> ClipType:
    head = data[27 + data[26] :]
    skipped = 0
    if head.startswith(b"\x01vorbis"):
        channels, rate = struct.unpack_from("<BI", head, 11)
    elif head.startswith(b"OpusHead"):
        channels, skipped = struct.unpack_from("<BH", head, 9)
        rate = 48_000
    else:
        return ClipType("audio/ogg")
    (last,) = struct.unpack_from("<q", data, data.rindex(b"OggS") + 6)
    duration = (last - skipped) / rate if rate and last > skipped else None
    return ClipType("audio/ogg", rate or None, channels or None, duration)
