"""Random events at the edge of the wire format: what a fuzzer would send if it knew the schema."""

import math
import random
import struct
from collections.abc import Callable

from tests.writer.format.scans import delimited, varint

TAGS = [b"a", b"loss", b"x/y", b"", b"\xff\xfe", b"a" * 20, b"tag_num_8"]
PLUGINS = [b"scalars", b"scalars", b"images", b"text", b"trainboard", b"", b"other"]
# DataType -> field of its elements, and width of one in tensor_content; string, complex, invalid and unknown ones too.
ELEMENTS = {
    1: (5, 4), 2: (6, 8), 3: (7, 4), 4: (7, 1), 5: (7, 2), 6: (7, 1), 9: (10, 8), 10: (11, 1), 14: (13, 2),
    17: (7, 2), 19: (13, 2), 22: (16, 4), 23: (17, 8), 7: (8, 3), 8: (9, 8), 18: (12, 16), 0: (5, 4), 99: (5, 4),
}  # fmt: skip
NUMBERS = [0, 1, 5, -3, (1 << 64) - 1, 1 << 63, (1 << 53) + 1, 0x7E01, 0x7C00, 0xFC00, 0x3FF, 1 << 32]
REALS = [0.0, -0.0, 1.5, 1e308, 5e-324, math.nan, math.inf, -math.inf, 1e9]
SIGNALING_NAN = b"\x01\x00\xa0\x7f"

Parts = list[tuple[float, Callable[[], bytes]]]


class EventSoup:
    """Makes payloads; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def event(self) -> bytes:
        pick = self.random.choice
        whats = [self.summary] * 6 + [
            lambda: delimited(3, b"brain.Event:2"),
            lambda: delimited(4, b"graph"),
            lambda: delimited(9, b"meta graph"),
            lambda: delimited(7, self.message([(0.9, lambda: b"\x08" + varint(pick([1, 1, 2, (1 << 32) + 1])))])),
            lambda: delimited(8, self.message([(0.9, lambda: delimited(1, pick(TAGS)))])),
        ]
        parts: Parts = [
            (0.9, lambda: b"\x09" + struct.pack("<d", pick(REALS))),
            (0.9, lambda: b"\x10" + varint(pick(NUMBERS))),
            (0.97, lambda: pick(whats)()),
            (0.1, lambda: delimited(10, self.message([(0.5, lambda: delimited(1, b"w"))]))),
        ]
        payload = bytearray(self.message(parts))
        if payload and self.random.random() < 0.2:
            payload[self.random.randrange(len(payload))] ^= 1 << self.random.randrange(8)
        if self.random.random() < 0.05:
            del payload[self.random.randrange(len(payload) + 1) :]
        return bytes(payload)

    def message(self, parts: Parts) -> bytes:
        """Each part with its probability; sometimes several times, in another order, or with unknown fields."""
        out = []
        for probability, make in parts:
            while self.random.random() < probability:
                out.append(make())
                if self.random.random() > 0.12:
                    break
        if self.random.random() < 0.1:
            out.append(self.unknown())
        if self.random.random() < 0.2:
            self.random.shuffle(out)
        return b"".join(out)

    def summary(self) -> bytes:
        values: Parts = [(0.95, lambda: delimited(1, self.value())), (0.2, lambda: delimited(1, self.value()))]
        return delimited(5, self.message(values))

    def value(self) -> bytes:
        pick = self.random.choice
        contents = [
            lambda: b"\x15" + pick([struct.pack("<f", 2.5), SIGNALING_NAN]),
            lambda: delimited(8, self.tensor()),
            lambda: delimited(8, self.tensor()),
            lambda: delimited(4, self.message([(0.5, lambda: b"\x08\x05"), (0.5, lambda: delimited(4, b"png"))])),
            lambda: delimited(5, self.message([(0.5, lambda: delimited(6, bytes(pick([8, 16, 15]))))])),
            lambda: delimited(6, self.message([(0.5, lambda: delimited(4, b"wav"))])),
            lambda: delimited(3, b"old"),
            lambda: delimited(7, b"node"),
        ]
        parts: Parts = [
            (0.97, lambda: delimited(1, pick(TAGS))),
            (0.4, lambda: delimited(9, self.metadata())),
            (0.95, lambda: pick(contents)()),
        ]
        return self.message(parts)

    def metadata(self) -> bytes:
        pick = self.random.choice
        plugin: Parts = [(0.9, lambda: delimited(1, pick(PLUGINS))), (0.3, lambda: delimited(2, b"content"))]
        parts: Parts = [
            (0.9, lambda: delimited(1, self.message(plugin))),
            (0.2, lambda: delimited(2, b"name")),
            (0.2, lambda: b"\x20" + varint(pick(NUMBERS))),
        ]
        return self.message(parts)

    def tensor(self) -> bytes:
        pick = self.random.choice
        dtype = pick(list(ELEMENTS))
        field, width = ELEMENTS[dtype]
        dim: Parts = [(0.95, lambda: b"\x08" + varint(pick([1, 1, 1, 2, 0, -1, (1 << 32) + 1])))]
        shape: Parts = [
            (0.5, lambda: delimited(2, self.message(dim))),
            (0.1, lambda: b"\x18" + varint(pick([0, 1, 1 << 40]))),
        ]
        parts: Parts = [
            (0.97, lambda: b"\x08" + varint(dtype)),
            (0.6, lambda: delimited(2, self.message(shape))),
            (0.4, lambda: delimited(4, self.random.randbytes(pick([width, width, 3, 0])))),
            (0.7, lambda: self.elements(field if self.random.random() < 0.9 else pick(range(5, 18)))),
        ]
        return self.message(parts)

    def elements(self, field: int) -> bytes:
        """A repeated field of numbers, packed or not."""
        count = self.random.choice([0, 1, 1, 1, 1, 2, 3])
        if field in (8, 14, 15):
            return delimited(field, b"text") * count
        wire = {5: 5, 9: 5, 6: 1, 12: 1}.get(field, 0)
        if wire:
            values = [
                struct.pack("<f" if wire == 5 else "<d", self.random.choice([1.5, math.nan])) for _ in range(count)
            ]
        else:
            values = [varint(self.random.choice(NUMBERS)) for _ in range(count)]
        if self.random.random() < 0.5:
            return b"".join(varint(field << 3 | wire) + value for value in values)
        return delimited(field, b"".join(values) + (b"\x80" if self.random.random() < 0.03 else b""))

    def unknown(self, depth: int = 0) -> bytes:
        pick, chance = self.random.choice, self.random.random()
        if chance < 0.3:
            return varint(pick([2, 7, 12, 30, 1000]) << 3) + varint(pick(NUMBERS))
        if chance < 0.5:
            wire = pick([1, 5])
            return varint(self.random.randrange(1, 20) << 3 | wire) + self.random.randbytes(8 if wire == 1 else 4)
        if chance < 0.7:
            return delimited(self.random.randrange(1, 20), self.random.randbytes(self.random.randrange(6)))
        if chance < 0.9 and depth < 4:  # a group, now and then with another end than its own
            number = self.random.randrange(12)
            inside = b"".join(self.unknown(depth + 1) for _ in range(self.random.randrange(3)))
            return varint(number << 3 | 3) + inside + varint((number + (chance > 0.88)) << 3 | 4)
        return pick([b"", b"", b"\x90\x80\x00\x05", b"\x10" + b"\xff" * 9 + b"\x7f", self.random.randbytes(3)])
