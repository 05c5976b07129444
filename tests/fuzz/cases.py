"""What the bytes of one fuzzer's input mean: an event file made of parts, and the pieces in which it arrives.

An input is two bytes of options, the places of the cuts, then parts: a byte that says how the part is framed, two bytes
for its size, its content. Any bytes are an input: what goes too far is cut short, numbers are taken modulo what there
is. A fuzzer cannot guess a CRC-32C: checksums are computed here, so that its bytes reach the decoding of messages.
"""

import struct
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from tests.writer.format.scans import delimited
from writer.format.framing import HEADER, LENGTH_BYTES, encode_record, masked_crc32c
from writer.format.scan import MAX_RECORD_BYTES

__all__ = ["FRAMINGS", "SEEDS", "Case", "Part", "framed", "seeds"]

SEEDS = Path(__file__).with_name("seeds.zip")

# How a part becomes bytes of the file. The input's byte is taken modulo 16: most parts are records as they should be.
FRAMINGS = ("record",) * 9 + ("long", "raw", "bad payload", "bad length", "lying length", "lying length", "torn")
LONG = 6144  # bytes from which on checksums go by lanes, and more than inputs have
MOST_CUTS = 7
MOST_CONTENT = (1 << 16) - 1
LIMITS = (MAX_RECORD_BYTES, MAX_RECORD_BYTES, 64, (1 << 64) - 1)
OFFSETS = (0, 12345, 1 << 40, (1 << 62) - 1)

Part = tuple[int, bytes]  # framing, content


def framed(part: Part) -> bytes:
    """A part as bytes of the file."""
    framing, content = FRAMINGS[part[0] % len(FRAMINGS)], part[1]
    if framing == "raw":
        return content
    if framing == "lying length":  # the content begins with the length that the header states
        length = content[:LENGTH_BYTES].ljust(LENGTH_BYTES, b"\0")
        return HEADER.pack(int.from_bytes(length, "little"), masked_crc32c(length)) + content[LENGTH_BYTES:]
    if framing == "long":  # an unknown field of some thousand bytes goes first
        size = LONG + 37 * sum(content) % (2 * LONG)
        content = delimited(77, (content + b"\1").ljust(size, content[-1:] or b"\2")) + content
    record = bytearray(encode_record(content))
    if framing == "bad payload":
        record[-1] ^= 1
    elif framing == "bad length":
        record[8] ^= 1
    elif framing == "torn":
        del record[len(record) * 3 // 4 :]
    return bytes(record)


@dataclass(frozen=True)
class Case:
    """One input, taken apart."""

    options: int = 0
    is_resumed: bool = False  # each piece gets a scanner of its own, which goes on where the last one ended
    marks: tuple[int, ...] = ()  # places of the cuts, modulo the size of the file
    parts: tuple[Part, ...] = ()

    @property
    def max_record_bytes(self) -> int:
        """The scanner's limit."""
        return LIMITS[self.options & 3]

    @property
    def offset(self) -> int:
        """Where the file's first byte is said to lie."""
        return OFFSETS[self.options >> 2 & 3]

    def file(self) -> bytes:
        """The bytes of the event file."""
        return b"".join(map(framed, self.parts))

    def cuts(self, size: int) -> list[int]:
        """Where the pieces end that come before the last one."""
        return sorted(mark % (size + 1) for mark in self.marks)

    def with_parts(self, parts: list[Part]) -> "Case":
        """The same with other parts."""
        return replace(self, parts=tuple(parts))

    def encode(self) -> bytes:
        """The input that means this case."""
        head = bytes([self.options & 255, len(self.marks[:MOST_CUTS]) | self.is_resumed << 3])
        marks = struct.pack(f"<{len(self.marks[:MOST_CUTS])}H", *(mark & 0xFFFF for mark in self.marks[:MOST_CUTS]))
        parts = [struct.pack("<BH", framing & 255, len(content[:MOST_CONTENT])) + content[:MOST_CONTENT]
                 for framing, content in self.parts]  # fmt: skip
        return head + marks + b"".join(parts)

    @classmethod
    def decode(cls, data: bytes) -> "Case":
        """The case that an input means."""
        options, second = data[:2].ljust(2, b"\0")
        count = min(second & MOST_CUTS, len(data[2:]) // 2)
        at = 2 + 2 * count
        marks = struct.unpack(f"<{count}H", data[2:at])
        parts = []
        while at + 3 <= len(data):
            framing, size = struct.unpack_from("<BH", data, at)
            parts.append((framing, data[at + 3 : at + 3 + size]))
            at += 3 + size
        return cls(options, bool(second & 8), marks, tuple(parts))


def seeds() -> dict[str, bytes]:
    """The kept inputs: together they reach all that a long run reached."""
    if not SEEDS.exists():
        return {}
    with zipfile.ZipFile(SEEDS) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
