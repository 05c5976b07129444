"""Every flipped bit, every cut, every missing byte of a small file, and streams that nobody thought of."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board.ingest.event_reader import EventReader
from board.ingest.read_buffer import ReadBuffer
from board.model import FileId, FileRows, Kind
from tests.board.event_files import HandClock
from tests.board.storages import MemoryStorage
from tests.writer.format.damaged_streams import Piece, damaged_streams
from tests.writer.format.seed_file import seed_file, seed_payloads
from writer.format.records import encode_record

SEED = seed_file()
RECORDS = [encode_record(payload) for payload in seed_payloads()]
ENDS = {sum(map(len, RECORDS[: i + 1])) for i in range(len(RECORDS))}
KINDS = tuple(Kind)
BUFFER = ReadBuffer(256)  # smaller than the file, larger than most of its records


class Reading:
    """A file in memory that a test may change, its reader, and all that it has read."""

    def __init__(self, data: bytes = b"") -> None:
        self.hand = HandClock()
        self.storage = MemoryStorage({"x": data}, self.hand.wall - 1000)
        self.reader = EventReader(self.storage, "x", FileId("x", 0), "x", self.hand.clock)
        self.rows: list[tuple[Any, ...]] = []  # of scalars, other values and STARTs, in file order of each
        self.places: list[int] = []  # where the values lie that are no scalars
        self.read()

    def read(self) -> None:
        for rows in self.reader.read_new(BUFFER).rows:
            self.rows += rows_of(rows)
            self.places += rows.blob_offset.tolist()

    def grow(self, data: bytes) -> None:
        self.storage.files["x"], self.storage.mtime = data, self.hand.wall
        self.read()

    def rest(self) -> None:
        self.hand.advance(31)
        self.read()

    @property
    def problems(self) -> dict[str, tuple[int, int]]:
        return {p.code: (p.count, p.length) for p in self.reader.facts.problems}

    @property
    def count(self) -> int:
        return sum(p.count for p in self.reader.facts.problems)


def rows_of(rows: FileRows) -> list[tuple[Any, ...]]:
    """Each row as a value that can be compared, floats as their bits, offsets left out."""
    scalars = zip(
        [rows.tags[i] for i in rows.scalar_tag],
        rows.scalar_step.tolist(),
        rows.scalar_wall_time.view("i8").tolist(),
        rows.scalar_value.view("i8").tolist(),
        strict=True,
    )
    blobs = zip(
        [rows.tags[i] for i in rows.blob_tag],
        [KINDS[i] for i in rows.blob_kind],
        rows.blob_step.tolist(),
        rows.blob_wall_time.view("i8").tolist(),
        rows.blob_length.tolist(),
        rows.blob_crc.tolist(),
        rows.blob_ordinal.tolist(),
        strict=True,
    )
    return [*scalars, *blobs, *(("START", start.step, start.wall_time) for start in rows.starts)]


WHOLE = Reading(SEED)
TRUE = Counter(WHOLE.rows)


def check_every_bit(step: int = 1) -> None:
    """Exactly the record that was hit is lost, and that is counted; nothing else changes."""
    for bit in range(0, len(SEED) * 8, step):
        damaged = bytearray(SEED)
        damaged[bit // 8] ^= 1 << bit % 8
        reading = Reading(bytes(damaged))
        assert not Counter(reading.rows) - TRUE, bit
        assert reading.reader.facts.records == WHOLE.reader.facts.records - 1, bit
        assert reading.count == 1, bit


def test_no_flipped_bit_yields_another_value_or_goes_uncounted() -> None:
    assert WHOLE.problems == {}
    assert len(WHOLE.rows) > 15
    check_every_bit()


def test_nor_in_plain_python() -> None:
    program = "from tests.board.test_robustness_exhaustive import check_every_bit; check_every_bit(11)"
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"TRAINBOARD_PURE": "1"}, check=True)


def test_every_truncation_keeps_what_is_whole_and_counts_the_rest() -> None:
    for size in range(len(SEED)):
        reading = Reading(SEED[:size])
        assert reading.reader.facts.records == sum(end <= size for end in ENDS)
        assert not Counter(reading.rows) - TRUE
        torn = size - max((end for end in ENDS if end <= size), default=0)
        assert reading.problems == ({"torn_tail": (1, torn)} if torn else {})


@pytest.mark.parametrize("change", ["left out", "put in", "zeroed"])
def test_every_byte_left_out_or_put_in_and_every_block_zeroed(change: str) -> None:
    for at in range(0, len(SEED), 16 if change == "zeroed" else 1):
        if change == "left out":
            damaged = SEED[:at] + SEED[at + 1 :]
        elif change == "put in":
            damaged = SEED[:at] + b"\x5a" + SEED[at:]
        else:
            damaged = SEED[:at] + bytes(len(SEED[at : at + 16])) + SEED[at + 16 :]
        reading = Reading(damaged)
        assert not Counter(reading.rows) - TRUE
        lost = WHOLE.reader.facts.records - reading.reader.facts.records
        assert lost <= (2 if change == "zeroed" else 1)
        assert reading.count or not lost
        assert reading.count or damaged == SEED


def test_every_cut_in_two_is_the_same_as_one_read() -> None:
    for cut in range(len(SEED) + 1):
        reading = Reading()
        reading.grow(SEED[:cut])
        assert not reading.problems
        reading.grow(SEED)
        assert (Counter(reading.rows), reading.places) == (TRUE, WHOLE.places)
        assert reading.reader.facts == WHOLE.reader.facts


# -- streams that nobody thought of


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def cut_up(data: bytes, cuts: list[float]) -> list[bytes]:
    """The data as it grows."""
    return [data[:end] for end in [*sorted(int(cut * len(data)) for cut in cuts), len(data)]]


cuts = st.lists(st.floats(0, 1), max_size=6)


@settings(max_examples=150, deadline=None)
@given(damaged_streams(torn=False))
def test_behind_any_damage_each_sound_record_is_read(pieces: list[Piece]) -> None:
    reading = Reading(joined(pieces))
    sound = Reading(joined([piece for piece in pieces if piece.is_record]))
    assert Counter(reading.rows) == Counter(sound.rows)
    assert reading.reader.facts.records == sound.reader.facts.records
    assert bool(reading.problems) == any(not piece.is_record for piece in pieces)


@settings(max_examples=150, deadline=None)
@given(damaged_streams(), cuts)
def test_in_any_pieces_a_file_is_the_same(pieces: list[Piece], cuts: list[float]) -> None:
    data = joined(pieces)
    once = Reading(data)
    reading = Reading()
    for part in cut_up(data, cuts):
        reading.grow(part)
    reading.rest()
    assert Counter(reading.rows) == Counter(once.rows)
    assert reading.places == once.places
    assert reading.problems == once.problems
    assert reading.reader.facts == once.reader.facts


@settings(max_examples=150, deadline=None)
@given(damaged_streams(), cuts, st.lists(st.floats(0, 40), min_size=7, max_size=7))
def test_however_slowly_it_comes_no_value_is_made_up_or_lost_without_a_word(
    pieces: list[Piece], cuts: list[float], waits: list[float]
) -> None:
    data = joined(pieces)
    true = Counter(Reading(joined([piece for piece in pieces if piece.is_record])).rows)
    reading = Reading()
    for part, wait in zip(cut_up(data, cuts), waits, strict=False):
        reading.grow(part)
        reading.hand.advance(wait)
        reading.read()
        assert not Counter(reading.rows) - true
    reading.rest()
    assert not Counter(reading.rows) - true
    assert reading.problems or Counter(reading.rows) == true
    assert all(one <= other for one, other in pairwise(reading.places))
