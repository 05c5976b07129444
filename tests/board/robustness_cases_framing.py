"""Bad frames: bytes that are no records, or not quite."""

import gzip
import random
import struct
import zlib
from pathlib import Path

import google_crc32c

from tests.board.event_files import image, scalar, scalars, write
from tests.board.robustness_reading import Build, Case
from writer.format.messages import Event
from writer.format.records import encode_record, masked_crc32c

__all__ = ["FRAMING", "NAME", "only"]

NAME = "events.out.tfevents.1790000000.host"
POINTS = scalars(10)  # a version, then "loss" at the steps 0 to 9
STEPS = list(range(10))
WHOLE = b"".join(POINTS)
ONE = POINTS[6]  # step 5
PAYLOAD = ONE[12:-4]
TORN = image("img", 0, bytes(3000))[:500]
ZEROS = bytes(4096)


def only(*parts: bytes, name: str = NAME) -> Build:
    """A run of one file of these bytes."""

    def build(folder: Path) -> None:
        write(folder / "run" / name, *parts)

    return build


def amid(*parts: bytes) -> Build:
    """Something between the steps 4 and 5."""
    return only(*POINTS[:6], *parts, *POINTS[6:])


def instead(record: bytes) -> Build:
    """Something in place of step 5."""
    return only(*POINTS[:6], record, *POINTS[7:])


def behind(*parts: bytes) -> Build:
    """Something at the end."""
    return only(WHOLE, *parts)


def flipped(bit: int) -> bytes:
    changed = bytearray(ONE)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def framed(length: bytes, length_crc: int, payload_crc: int | None = None) -> bytes:
    crc = masked_crc32c(PAYLOAD) if payload_crc is None else payload_crc
    return length + struct.pack("<I", length_crc) + PAYLOAD + struct.pack("<I", crc)


def header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


def nested(data: bytes, *, is_damaged: bool = False) -> bytes:
    """A text that is an event file."""
    event = Event(step=4, wall_time=1.0)
    value = event.summary.value.add(tag=b"note")
    value.metadata.plugin_data.plugin_name = b"text"
    value.tensor.dtype = 7
    value.tensor.string_val.append(data)
    record = bytearray(encode_record(event.SerializeToString()))
    record[-1] ^= is_damaged
    return bytes(record)


def suffixes(folder: Path) -> None:
    for suffix in (".profile-empty", ".sagemaker-uploaded"):
        write(folder / "run" / f"{NAME}{suffix}", WHOLE)


LENGTH = struct.pack("<Q", len(PAYLOAD))
KEPT = {"loss": STEPS}
WITHOUT_5 = {"loss": [step for step in STEPS if step != 5]}
GAP = {"gap": 1}
TORN_TAIL = {"torn_tail": 1}
UNREADABLE = {"unreadable_tail": 1}
LIE = {"lying_length": 1, "gap": 1}

FRAMING = [
    Case(1, "empty file", only()),
    Case(2, "1 byte", only(b"\x18"), {}, TORN_TAIL),
    Case(3, "7 bytes of a length", behind(ONE[:7]), KEPT, TORN_TAIL),
    *[Case(4, f"{n} bytes of a header", behind(ONE[:n]), KEPT, TORN_TAIL) for n in (8, 9, 10, 11)],
    Case(5, "a header alone", behind(ONE[:12]), KEPT, TORN_TAIL),
    Case(6, "a header and part of the payload", behind(ONE[:20]), KEPT, TORN_TAIL),
    Case(7, "a payload without its checksum", behind(ONE[:-4]), KEPT, TORN_TAIL),
    Case(8, "a payload and part of its checksum", behind(ONE[:-1]), KEPT, TORN_TAIL),
    *[Case(9, f"bit {bit} of a length", instead(flipped(bit)), WITHOUT_5, GAP) for bit in (0, 5, 30, 63)],
    Case(10, "a bit of a length's checksum", instead(flipped(8 * 9)), WITHOUT_5, GAP),
    Case(11, "a bit of a payload", instead(flipped(8 * 20)), WITHOUT_5, {"payload_crc": 1}),
    Case(11, "a bit of the last payload", only(*POINTS[:6], flipped(8 * 20)), {"loss": STEPS[:5]}, {"payload_crc": 1}),
    Case(12, "a bit of a payload's checksum", instead(flipped(8 * len(ONE) - 1)), WITHOUT_5, {"payload_crc": 1}),
    Case(13, "a length's checksum not masked", instead(framed(LENGTH, google_crc32c.value(LENGTH))), WITHOUT_5, GAP),
    Case(
        13,
        "a payload's checksum not masked",
        instead(framed(LENGTH, masked_crc32c(LENGTH), google_crc32c.value(PAYLOAD))),
        WITHOUT_5,
        {"payload_crc": 1},
    ),
    Case(14, "CRC-32 in place of CRC-32C", instead(framed(LENGTH, zlib.crc32(LENGTH))), WITHOUT_5, GAP),
    Case(15, "a big-endian length", instead(framed(LENGTH[::-1], masked_crc32c(LENGTH[::-1]))), WITHOUT_5, LIE),
    Case(15, "a big-endian length, the checksum of the other", instead(framed(LENGTH[::-1], masked_crc32c(LENGTH))),
         WITHOUT_5, GAP),
    Case(16, "an empty payload is an empty event", amid(encode_record(b"")), KEPT),
    *[
        Case(number, f"length 2^{exponent} + {more}", amid(header(2**exponent + more)), KEPT, LIE)
        for number, exponent, more in [
            (17, 31, 0), (18, 40, 0), (19, 63, -1), (20, 64, -1), (20, 64, -4), (20, 64, -16)
        ]
    ],
    *[
        Case(number, f"length 2^{exponent} + {more} at the end", behind(header(2**exponent + more)), KEPT,
             {"lying_length": 1})
        for number, exponent, more in [(17, 31, 0), (18, 40, 0), (19, 63, -1), (20, 64, -1)]
    ],
    Case(21, "a length as long as the file", amid(header(len(WHOLE) + 12)), KEPT, GAP),
    Case(21, "a length to exactly the end", amid(header(len(b"".join(POINTS[6:])) - 4)), KEPT, GAP),
    Case(21, "the same, behind it a rest of a header",
         amid(header(len(b"".join(POINTS[6:])) - 9)), KEPT, GAP),
    Case(22, "a length to one byte beyond the end", amid(header(len(b"".join(POINTS[6:])) - 3)), KEPT, GAP),
    Case(23, "zeros at the head", only(ZEROS, WHOLE), KEPT, GAP),
    Case(24, "zeros in the middle", amid(ZEROS), KEPT, GAP),
    Case(25, "zeros at the tail", behind(ZEROS), KEPT, UNREADABLE),
    Case(26, "a megabyte of zeros", only(bytes(1 << 20)), {}, UNREADABLE),
    Case(27, "a megabyte of ones", only(b"\xff" * (1 << 20)), {}, UNREADABLE),
    Case(28, "a megabyte of random bytes", only(random.Random(1).randbytes(1 << 20)), {}, UNREADABLE),
    Case(28, "random bytes amid records", amid(random.Random(2).randbytes(1 << 16)), KEPT, GAP),
    Case(29, "a torn record, then good ones", amid(TORN), KEPT, GAP),
    Case(30, "two torn records in a row", amid(TORN, TORN[:77]), KEPT, GAP),
    Case(30, "two torn records apart", only(*POINTS[:3], TORN, *POINTS[3:6], TORN, *POINTS[6:]), KEPT, {"gap": 2}),
    Case(31, "a record twice", amid(ONE, ONE), {"loss": [*STEPS[:5], 5, 5, *STEPS[5:]]}),
    Case(32, "a record cut by another writer's", instead(ONE[:20] + scalar("other", 7, 1) + ONE[20:]),
         {**WITHOUT_5, "other": [7]}, {"gap": 2}),
    Case(33, "gzip", only(gzip.compress(WHOLE, mtime=0)), {}, UNREADABLE),
    Case(34, "records compressed with zlib", only(zlib.compress(WHOLE)), {}, UNREADABLE),
    *[
        Case(35, f"{word[:7].decode()}...", only(word), {}, UNREADABLE)
        for word in (b"plain text of any length\n" * 9, b"<!doctype html><title>Log in</title>", b'{"events": []}')
    ],
    Case(36, "UTF-16 first", only(b"\xff\xfe", WHOLE), KEPT, GAP),
    Case(36, "UTF-16 alone", only("tfevents, as text".encode("utf-16")), {}, UNREADABLE),
    Case(37, "a picture", only(b"\x89PNG\r\n\x1a\n", bytes(40)), {}, UNREADABLE),
    Case(38, "a pointer of Git LFS", only(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"), {},
         UNREADABLE),
    Case(39, "markers of other tools", suffixes, runs=()),
    Case(40, "an event file in a text", amid(nested(WHOLE)), {**KEPT, "note (text)": [4]}),
    Case(40, "an event file in a damaged text", amid(nested(WHOLE, is_damaged=True)), KEPT, {"payload_crc": 1}),
    Case(40, "an event file in a damaged last text", behind(nested(WHOLE, is_damaged=True)), KEPT, {"payload_crc": 1}),
    Case(40, "an event file as a payload", amid(encode_record(WHOLE)), KEPT, {"undecodable": 1}),
]  # fmt: skip
