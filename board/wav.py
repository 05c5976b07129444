"""WAV files: what their header says, and their samples (Multimedia Programming Interface 1.0, RIFF WAVE; RFC 2361)."""

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Wav", "parse_wav", "read_samples"]

_EXTENSIBLE = 0xFFFE  # the encoding itself stands further on


class Wav(NamedTuple):
    """Where the samples lie, and what they are."""

    encoding: int  # 1: integers, 3: floats; others are not for us to decode
    channels: int
    sample_rate: int  # Hz
    bits: int  # a sample
    start: int  # of the samples in the file, bytes
    length: int  # of those that are there, bytes

    @property
    def frames(self) -> int:
        """Samples of each channel; 0 where the header makes no sense."""
        frame = self.channels * self.bits // 8
        return self.length // frame if frame else 0


def parse_wav(data: bytes) -> Wav | None:
    """Go from chunk to chunk; None where the bytes are no WAV file with samples."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    at, head = 12, None
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt " and length >= 16 and at + 16 <= len(data):
            encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            if encoding == _EXTENSIBLE and length >= 26 and at + 26 <= len(data):
                encoding = int.from_bytes(data[at + 24 : at + 26], "little")
            head = (encoding, channels, rate, bits)
        elif name == b"data":  # its length may be one that was never filled in
            return Wav(*head, at, min(length, len(data) - at)) if head and all(head) else None
        at += length + (length & 1)
    return None


def read_samples(data: bytes, wav: Wav) -> NDArray[np.float32] | None:
    """Return the samples from -1 to 1, shape (frames, channels); None where they are encoded otherwise."""
    count = wav.frames * wav.channels
    raw = data[wav.start : wav.start + count * (wav.bits // 8)]
    samples: NDArray[np.float32]
    match wav.encoding, wav.bits:
        case (1, 8):
            samples = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / np.float32(128)
        case (1, 16):
            samples = np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(2**15)
        case (1, 24):
            wide = np.zeros((count, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(count, 3)
            samples = wide.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
        case (1, 32):
            samples = np.frombuffer(raw, "<i4").astype(np.float32) / np.float32(2**31)
        case (3, 32):
            samples = np.frombuffer(raw, "<f4").astype(np.float32)
        case (3, 64):
            samples = np.frombuffer(raw, "<f8").astype(np.float32)
        case _:
            return None
    return samples.reshape(-1, wav.channels)
