"""Streams of records with damage between them, made by hypothesis."""

import struct
from typing import NamedTuple

from hypothesis import strategies as st

from tests.writer.format.scans import value_event
from tests.writer.format.seed_file import seed_payloads
from writer.format.records import encode_record, masked_crc32c

__all__ = ["Piece", "damaged_streams"]


class Piece(NamedTuple):
    """One part of a stream."""

    data: bytes
    is_record: bool  # whole and sound
    is_torn: bool = False  # says that it is longer than it is: it may swallow records behind it


def damaged_streams(*, torn: bool = True, sound: bool = False) -> st.SearchStrategy[list[Piece]]:
    """Lists of pieces; without ``torn``, each sound record must come out; ``sound``: no damage at all."""
    return st.lists(_PIECES["sound"] if sound else _PIECES["torn"] if torn else _PIECES["damaged"], max_size=12)


def _header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


def _flip(record: bytes, bit: int) -> Piece:
    changed = bytearray(record)
    changed[bit // 8 % len(record)] ^= 1 << bit % 8
    return Piece(bytes(changed), False)


_scalars = st.builds(
    lambda step, tag, value: encode_record(value_event(step=step, tag=tag, simple_value=value)),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.sampled_from([b"a", b"b", b"\xff"]),
    st.floats(width=32),
)
_records = _scalars | st.sampled_from([encode_record(payload) for payload in seed_payloads()])
_sound = st.builds(lambda record: Piece(record, True), _records)
_damage = st.one_of(
    st.builds(lambda data: Piece(data, False), st.binary(min_size=1, max_size=40)),
    st.builds(lambda n: Piece(bytes(n), False), st.integers(1, 300)),
    st.builds(_flip, _records, st.integers(0, 1 << 20)),
    st.builds(lambda payload: Piece(encode_record(b"\xff" + payload), False), st.binary(max_size=20)),
)
_torn = st.one_of(
    st.builds(
        lambda record, cut: Piece(record[: 12 + cut % (len(record) - 12)], False, True), _records, st.integers(0)
    ),
    st.builds(lambda length: Piece(_header(length), False, True), st.integers(0, 300) | st.integers(0, (1 << 64) - 1)),
)
_PIECES = {"sound": _sound, "damaged": _sound | _damage, "torn": _sound | _damage | _torn}
