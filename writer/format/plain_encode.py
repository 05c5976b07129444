"""Frames scalar events in plain Python: the reference for ``_encode.pyx``, and its fallback."""

import itertools
import math
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import google_crc32c

from writer.format.framing import masked_crc32c
from writer.format.wire import Parts, encode_varint

__all__ = ["BATCH", "MAX_HEADS", "Item", "ScalarEncoder", "Target", "masked_crc32c_of"]

Item = tuple[Any, Any, Any, Any]  # (tag, value, step, wall_time)
BATCH = object()  # stands in the tag's place of an item whose value is a dictionary of values by tag
MAX_HEADS = 16384  # a program that makes a new tag for every step must not fill the memory with them
_BITE = 256  # items between two looks at the clock: about 0.3 ms of the GIL
_CRC_BYTES = 1 << 16  # whose checksum holds the GIL for about 10 us
_pack_crc = struct.Struct("<I").pack
_pack_length = struct.Struct("<Q").pack


class Target(Protocol):
    """Where framed records go."""

    def open_tail(self) -> bytearray:
        """What they are appended to."""

    def took(self, count: int, size: int) -> None:
        """Account for them: records and bytes."""


def masked_crc32c_of(parts: Parts) -> int:
    """Masked CRC-32C of bytes that follow one another."""
    crc = 0
    for part in parts:
        view = memoryview(part)
        for begin in range(0, len(view), _CRC_BYTES):
            crc = google_crc32c.extend(crc, bytes(view[begin : begin + _CRC_BYTES]))  # it takes nothing else
            if len(view) > _CRC_BYTES:
                time.sleep(0)  # it keeps the GIL
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


class _Head:
    """What all records of one scalar tag with equally long steps share."""

    __slots__ = ("append", "middle", "pack", "prefix")

    def __init__(self, tag: bytes, step_length: int, append: Callable[[bytes], None]) -> None:
        # Event: wall_time (0x09) step (0x10) summary (0x2a); Summary: value (0x0a);
        # Value: tag (0x0a), absent where empty, simple_value (0x15).
        tag_field = b"\x0a" + encode_varint(len(tag)) + tag if tag else b""
        value_length = len(tag_field) + 5
        value_field = b"\x0a" + encode_varint(value_length) + tag_field + b"\x15"
        middle = b"\x2a" + encode_varint(len(value_field) + 4) + value_field
        self.middle = middle
        self.pack = struct.Struct(f"<Bd{step_length}s{len(middle)}sf").pack
        length = _pack_length(9 + step_length + len(middle) + 4)
        self.prefix = length + _pack_crc(masked_crc32c(length))
        self.append = append


class ScalarEncoder:
    """Frames scalar events, byte for byte as protobuf serialises them, at about a microsecond a record.

    A wall_time of 0 is written out, where protobuf leaves it away. What is too large for 32 bits becomes an infinity,
    as in torch's writer.
    """

    def __init__(self) -> None:
        """Begin without any tag."""
        self._heads: dict[int, dict[object, _Head]] = {length: {} for length in range(12)}  # of a step's field
        self._records: dict[int, tuple[Target, list[bytes]]] = {}  # by the target's id
        self._names: dict[object, tuple[bytes, Target]] = {}
        self._rest: Iterator[Item] = iter(())
        self.has_rest = False

    def learn(self, tag: object, name: bytes, target: Target) -> None:
        """Let ``take`` frame this tag's items from now on.

        Args:
            tag: What stands in items.
            name: The tag as it stands in the file, UTF-8.
            target: Where its records go.
        """
        if len(self._names) >= MAX_HEADS:
            self._names.clear()
            self._records.clear()
            for heads in self._heads.values():
                heads.clear()
        self._names[tag] = name, target

    def forget(self, tag: object) -> None:
        """Make ``take`` hand this tag's next item to ``encode_odd``."""
        self._names.pop(tag, None)
        for heads in self._heads.values():
            heads.pop(tag, None)

    def take(self, lane: deque[Item], seconds: float, encode_odd: Callable[[Item], None]) -> int:
        """Take items out of a lane and frame them in their order, until it is empty or some time has gone by.

        Args:
            lane: Items: values are floats, steps ints, wall_times floats, seconds since the epoch. An item with BATCH
                as its tag holds a dictionary of values, of any type that ``float`` takes, by tag.
            seconds: How long to go on, about.
            encode_odd: Gets, in its turn, each item that is not so or whose tag ``learn`` has not had; the values of a
                batch one by one, as floats where they can be turned into such.

        Returns:
            How many values were in batches that were taken, beyond one for each batch.
        """
        end = time.perf_counter() + seconds
        excess = 0
        while True:
            items = []
            if self.has_rest:
                items = list(itertools.islice(self._rest, _BITE))
                self.has_rest = bool(items)
            else:
                try:
                    for _ in range(_BITE):
                        item = lane.popleft()
                        if item[0] is BATCH:
                            self._rest = _split(item)
                            self.has_rest = True
                            excess += len(item[1]) - 1
                            break
                        items.append(item)
                except IndexError:
                    end = 0.0
            self._encode(items, encode_odd)
            if time.perf_counter() > end:
                return excess

    def take_rest(self) -> list[Item]:
        """Give up what is left of a batch of which ``take`` has taken a part."""
        rest = list(self._rest) if self.has_rest else []
        self.has_rest = False
        return rest

    def encode(self, item: Item) -> bool:
        """Frame one item, where it is one of those that ``take`` frames."""
        odd: list[Item] = []
        self._encode([item], odd.append)
        return not odd

    def _encode(self, items: list[Item], encode_odd: Callable[[Item], None]) -> None:
        last_step: object = None
        step_field = b""
        heads: dict[object, _Head] = {}
        crc = masked_crc32c
        pack_crc = _pack_crc
        for item in items:
            tag, value, step, wall_time = item
            try:
                if step is not last_step:  # not !=, which a stranger's step may answer with anything
                    step_field = _encode_step(step)
                    heads = self._heads[len(step_field)]
                    last_step = step
                head = heads.get(tag) or self._find_head(tag, len(step_field))
                if type(value) is not float or type(wall_time) is not float:
                    raise TypeError
                try:
                    payload = head.pack(9, wall_time, step_field, head.middle, value)
                except OverflowError:
                    payload = head.pack(9, wall_time, step_field, head.middle, math.copysign(math.inf, value))
            except (KeyError, TypeError, OverflowError):
                last_step = None
                self._hand_over()
                encode_odd(item)
            else:
                head.append(head.prefix + payload + pack_crc(crc(payload)))
        self._hand_over()

    def _find_head(self, tag: object, step_length: int) -> _Head:
        name, target = self._names[tag]
        _, records = self._records.setdefault(id(target), (target, []))
        head = self._heads[step_length][tag] = _Head(name, step_length, records.append)
        return head

    def _hand_over(self) -> None:
        for target, records in self._records.values():
            if records:
                data = b"".join(records)
                target.open_tail().extend(data)
                target.took(len(records), len(data))
                records.clear()


def _split(item: Item) -> Iterator[Item]:
    values: Mapping[Any, Any] = item[1]
    for tag, value in values.items():
        try:
            number: Any = float(value)
        except Exception:  # an integer that no float can hold: whoever gets it says so
            number = value
        yield tag, number, item[2], item[3]


def _encode_step(step: int) -> bytes:
    if type(step) is not int:
        raise TypeError
    if 0 < step < 128:
        return bytes((0x10, step))
    # A 0 is absent from the bytes, as every scalar field of proto3.
    return b"\x10" + encode_varint(step) if step else b""
