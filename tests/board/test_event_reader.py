"""One event file, whatever its bytes."""

import errno
import math
import os
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from board.ingest.clock import Clock
from board.ingest.event_reader import EventReader, NewRows, ReplacedError
from board.ingest.read_buffer import ReadBuffer
from board.model import FileId, FileRows
from board.storage import FileInfo, LocalStorage, OpenFile
from tests.board import event_files
from tests.board.event_files import HandClock, append, end_marker, image, scalar, scalars, text, write, writer_record
from tests.board.storages import FaultyStorage
from writer.format.records import encode_record, masked_crc32c

BUFFER = ReadBuffer()


class Reading:
    """A reader and all rows that it has given so far."""

    def __init__(
        self,
        path: Path,
        clock: Clock | None = None,
        buffer: ReadBuffer = BUFFER,
        storage: LocalStorage | None = None,
    ) -> None:
        storage = storage or LocalStorage(path.parent)
        self.reader = EventReader(storage, path.name, FileId(path.name, 0), f"run/{path.name}", clock or Clock())
        self.rows: list[FileRows] = []
        self.buffer = buffer

    def read(self, deadline: float = math.inf) -> NewRows:
        new = self.reader.read_new(self.buffer, deadline)
        self.rows += new.rows
        return new

    @property
    def points(self) -> list[tuple[str, int, float]]:
        return list(self._iter_points())

    def _iter_points(self) -> Iterator[tuple[str, int, float]]:
        for rows in self.rows:
            for tag, step, value in zip(
                rows.scalar_tag.tolist(), rows.scalar_step.tolist(), rows.scalar_value.tolist(), strict=True
            ):
                yield rows.tags[tag], step, value

    @property
    def steps(self) -> list[int]:
        return [step for _, step, _ in self.points]

    @property
    def problems(self) -> dict[str, tuple[int, int]]:
        """Code -> (count, bytes)."""
        return {p.code: (p.count, p.length) for p in self.reader.facts.problems}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.out.tfevents.1790000000.host"


def read(path: Path, *records: bytes) -> Reading:
    reading = Reading(write(path, *records))
    reading.read()
    return reading


def flipped(record: bytes, bit: int) -> bytes:
    changed = bytearray(record)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


# -- whole files, and files that grow


def test_reads_scalars_blobs_and_what_our_writer_notes(path: Path) -> None:
    records = [*scalars(3), writer_record(), image("img", 7, b"\x89PNG"), end_marker(dropped=5)]
    reading = read(path, *records)
    assert reading.points == [("loss", 0, 0.0), ("loss", 1, 1.0), ("loss", 2, 2.0)]
    (rows,) = reading.rows
    assert [rows.tags[i] for i in rows.blob_tag] == ["img"]
    facts = reading.reader.facts
    assert (facts.size, facts.bytes_read, facts.records) == (path.stat().st_size, path.stat().st_size, len(records))
    assert (facts.writer_uuid, facts.rank, facts.host, facts.pid) == (bytes(range(16)), 3, "node7", 4242)
    assert facts.is_ended
    assert facts.dropped == 5
    assert facts.problems == ()


def test_a_file_that_goes_on_behind_its_end_marker_has_not_ended(path: Path) -> None:
    reading = read(path, *scalars(1), end_marker())
    assert reading.reader.facts.is_ended
    append(path, scalar("loss", 1, 1.0))
    reading.read()
    assert not reading.reader.facts.is_ended


def test_growing_byte_by_byte_is_the_same_as_reading_once(path: Path) -> None:
    whole = b"".join([*scalars(8), image("img", 3, b"x" * 50), scalar("b", -(2**63), math.inf), end_marker()])
    once = read(path, whole)
    path.unlink()
    path.touch()
    reading = Reading(path)
    for byte in whole:
        append(path, bytes([byte]))
        reading.read()
        assert not reading.problems
    assert reading.points == once.points
    assert len(reading.points) == 9
    assert reading.reader.facts == once.reader.facts


def test_a_record_larger_than_the_buffer(path: Path) -> None:
    large = image("img", 0, os.urandom(200_000))
    path.write_bytes(b"")
    reading = Reading(path, buffer=ReadBuffer(4096))
    append(path, *scalars(300), large[:100_000])
    reading.read()
    assert len(reading.steps) == 300
    append(path, large[100_000:], scalar("loss", 300, 1.0))
    reading.read()
    assert len(reading.steps) == 301
    assert sum(len(rows.blob_step) for rows in reading.rows) == 1
    assert reading.problems == {}


def test_a_deadline_ends_a_read_early_and_nothing_is_lost(path: Path) -> None:
    write(path, *scalars(500))
    reading = Reading(path, buffer=ReadBuffer(2048))
    reads = 1
    while reading.read(deadline=-math.inf).has_more:
        reads += 1
    assert reads > 5
    assert reading.steps == list(range(500))


def test_no_descriptor_stays_open(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    readings = [read(path.with_name(f"{path.name}.{i}"), *scalars(2)) for i in range(50)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert all(len(reading.steps) == 2 for reading in readings)


# -- damage


def test_a_flipped_payload_bit_costs_one_record(path: Path) -> None:
    records = scalars(500)
    records[250] = flipped(records[250], 8 * 20)
    reading = read(path, *records)
    assert reading.steps == [step for step in range(500) if step != 249]
    assert reading.problems == {"payload_crc": (1, len(records[250]))}


def test_a_flipped_length_bit_costs_one_record_and_the_rest_is_salvaged(path: Path) -> None:
    records = scalars(500)
    records[250] = flipped(records[250], 3)
    reading = read(path, *records)
    assert reading.steps == [step for step in range(500) if step != 249]
    assert reading.problems == {"gap": (1, len(records[250]))}
    assert [rows.salvaged for rows in reading.rows] == [False, True]


@pytest.mark.parametrize("filler", [bytes(4096), b"\xff" * 4096, os.urandom(4096)], ids=["zeros", "ones", "random"])
def test_foreign_bytes_in_the_middle_cost_no_record(path: Path, filler: bytes) -> None:
    records = scalars(500)
    reading = read(path, *records[:250], filler, *records[250:])
    assert reading.steps == list(range(500))
    assert reading.problems == {"gap": (1, 4096)}


def test_a_torn_record_does_not_swallow_those_behind_it(path: Path) -> None:
    records = scalars(500)
    torn = image("img", 0, b"x" * 3000)[:500]
    reading = read(path, *records[:250], torn, *records[250:])
    assert reading.steps == list(range(500))
    assert reading.problems == {"gap": (1, 500)}


@pytest.mark.parametrize("length", [1 << 23, 1 << 27])
def test_a_lie_longer_than_the_file_does_not_swallow_a_long_rest(path: Path, length: int) -> None:
    records = scalars(1000)
    rest = b"".join(records[500:]) * 120  # more than fits into the buffer, less than the lie
    assert len(BUFFER) < len(rest) < length
    reading = read(path, *records[:500], header(length), rest)
    assert len(reading.steps) == 499 + 501 * 120
    assert reading.problems == {"gap": (1, 12)}


def test_a_record_that_is_no_event_is_skipped(path: Path) -> None:
    records = scalars(10)
    foreign = encode_record(b"\xff" * 40)
    reading = read(path, *records[:5], foreign, *records[5:])
    assert reading.steps == list(range(10))
    assert reading.problems == {"undecodable": (1, len(foreign))}


@pytest.mark.parametrize("length", [2**31, 2**40, 2**63 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("is_last", [True, False])
def test_a_lying_length_takes_no_memory(path: Path, length: int, is_last: bool) -> None:
    records = scalars(20)
    write(path, *records[:10], header(length), *([] if is_last else records[10:]))
    reading = Reading(path)
    tracemalloc.start()
    reading.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
    assert reading.steps == list(range(9 if is_last else 20))
    assert reading.problems["lying_length"][0] == 1


def test_an_attackers_headers_end_the_search(path: Path) -> None:
    size = 4 << 20
    bait = bytearray(size)
    for offset in range(1, 100_000, 16):
        bait[offset : offset + 12] = header(size - offset - 16)
    reading = read(path, *scalars(5), bytes(bait), scalar("loss", 99, 0.0))
    assert reading.steps == list(range(5))
    assert reading.reader.facts.is_dead
    assert reading.problems["given_up"][0] == 1
    append(path, scalar("loss", 100, 0.0))
    assert reading.read().rows == []


@pytest.mark.timeout(30)
def test_an_attackers_headers_of_records_that_never_come_cost_little(path: Path) -> None:
    records = scalars(20)
    reading = read(path, *records[:10], b"x", header(1 << 27) * 50_000, *records[10:])
    assert reading.steps == list(range(20))
    assert reading.problems == {"gap": (1, 600_001)}


@pytest.mark.timeout(30)
def test_a_hole_of_terabytes_is_stepped_over(path: Path) -> None:
    records = scalars(20)
    write(path, *records[:10])
    with path.open("r+b") as file:
        file.seek(5 << 40)
        file.write(b"".join(records[10:]))
    reading = Reading(path)
    os.utime(path, (1, 1))
    reading.read()
    assert reading.steps == list(range(20))
    assert list(reading.problems) == ["gap"]


def test_a_deadline_ends_a_search_early_and_it_goes_on(path: Path) -> None:
    records = scalars(20)
    write(path, *records[:10], b"x" * (10 << 20), *records[10:])
    os.utime(path, (1, 1))
    reading = Reading(path)
    reads = 1
    while reading.read(deadline=0.0).has_more:
        reads += 1
    assert reads > 5
    assert reading.steps == list(range(20))
    assert reading.problems == {"gap": (1, 10 << 20)}


def test_every_truncation_keeps_what_is_whole(path: Path) -> None:
    records = scalars(5)
    whole = b"".join(records)
    ends = [sum(map(len, records[: i + 1])) for i in range(len(records))]
    for size in range(len(whole)):
        reading = read(path, whole[:size])
        assert len(reading.steps) == max(0, sum(end <= size for end in ends) - 1)
        assert not reading.problems


def test_odd_times_and_steps_are_kept(path: Path) -> None:
    odd = [
        scalar("a", 0, 1.0, wall_time=math.nan),
        scalar("a", 2**63 - 1, 2.0, wall_time=math.inf),
        scalar("a", -(2**63), 3.0, wall_time=-math.inf),
        scalar("a", 5, math.nan),
        *[scalar("a", 5, float(i)) for i in range(100)],
    ]
    reading = read(path, *odd)
    assert reading.steps == [0, 2**63 - 1, -(2**63), 5, *[5] * 100]
    assert reading.problems == {}
    assert reading.reader.facts.first_wall_time == event_files.START + 5


def test_a_tag_that_is_no_utf8_survives(path: Path) -> None:
    record = scalar("aXb", 0, 1.0)
    payload = record[12:-4].replace(b"aXb", b"a\xffb")
    reading = read(path, encode_record(payload))
    assert reading.points == [("a\udcffb", 0, 1.0)]


def rested(path: Path, *records: bytes) -> Reading:
    """Read a file that has not changed for long: every verdict is the last one."""
    write(path, *records)
    os.utime(path, (1, 1))
    reading = Reading(path)
    reading.read()
    return reading


@pytest.mark.parametrize("stray", [0, 1, 11])
def test_a_torn_record_whose_length_ends_with_the_file_does_not_swallow_those_inside_it(path: Path, stray: int) -> None:
    records = scalars(500)
    rest = b"".join(records[250:])
    reading = rested(path, *records[:250], header(len(rest) - 4 - stray), rest)
    assert reading.steps == list(range(500))
    assert reading.problems == {"gap": (1, 12)}
    append(path, scalar("loss", 500, 500.0))
    reading.read()
    assert reading.steps == list(range(501))


def test_a_torn_record_that_swallows_one_larger_than_the_buffer(path: Path) -> None:
    large = image("img", 0, os.urandom(300_000))
    write(path, *scalars(5), header(len(large) + len(scalar("loss", 5, 5.0)) - 4), scalar("loss", 5, 5.0), large)
    os.utime(path, (1, 1))
    reading = Reading(path, buffer=ReadBuffer(4096))
    reading.read()
    assert reading.steps == [0, 1, 2, 3, 4, 5]
    assert sum(len(rows.blob_step) for rows in reading.rows) == 1
    assert reading.problems == {"gap": (1, 12)}


@pytest.mark.parametrize("behind", [header(2**40), header(5000), b"", b"xyz"], ids=["lie", "torn", "nothing", "stray"])
def test_a_bad_record_is_counted_whatever_stands_behind_it(path: Path, behind: bytes) -> None:
    records = scalars(10)
    bad = flipped(records[10], 8 * 20)
    reading = rested(path, *records[:10], bad, behind)
    codes = {12: "lying_length" if behind == header(2**40) else "torn_tail", 3: "torn_tail"}
    expected = {"payload_crc": (1, len(bad))} | ({codes[len(behind)]: (1, len(behind))} if behind else {})
    assert (reading.steps, reading.problems) == (list(range(9)), expected)
    append(path, *records[9:])
    os.utime(path, (2, 2))
    reading.read()
    assert reading.steps == [*range(9), 8, 9]
    assert reading.problems["payload_crc"] == (1, len(bad))
    assert set(reading.problems) <= {"payload_crc", "gap", "lying_length"}


def test_a_deadline_ends_the_look_into_a_bad_last_record_and_it_goes_on(path: Path) -> None:
    records = scalars(20)
    rest = b"".join([b"x" * (10 << 20), *records[10:]])
    write(path, *records[:10], header(len(rest) - 4), rest)
    os.utime(path, (1, 1))
    reading = Reading(path)
    reads = 1
    while reading.read(deadline=0.0).has_more:
        reads += 1
    assert reads > 5
    assert reading.steps == list(range(20))
    assert reading.problems == {"gap": (1, (10 << 20) + 12)}


@pytest.mark.timeout(30)
def test_many_small_gaps_with_an_attackers_headers_cost_no_more_than_one(path: Path) -> None:
    size = 4 << 20
    record = scalar("loss", 1, 1.0)
    bait = bytearray(size)
    for offset in range(0, 2000 * (13 + len(record)), 13 + len(record)):
        bait[offset : offset + 13 + len(record)] = b"x" + header(size - offset - 100) + record
    reading = rested(path, *scalars(1), bytes(bait), scalar("loss", 99, 0.0))
    assert 10 < len(reading.steps) < 30
    assert reading.reader.facts.is_dead
    assert reading.problems["given_up"][0] == 1


# -- the end of a file that grows


def test_a_half_written_record_is_an_error_only_when_the_file_has_rested(path: Path) -> None:
    hand = HandClock(path.parent.stat().st_mtime)
    records = scalars(3)
    write(path, *records[:3], records[3][:20])
    reading = Reading(path, hand.clock)
    reading.read()
    assert reading.problems == {}
    hand.advance(31)
    reading.read()
    assert reading.problems == {"torn_tail": (1, 20)}
    append(path, records[3][20:])
    reading.read()
    assert reading.steps == [0, 1, 2]
    assert reading.problems == {}


@pytest.mark.parametrize("goes_on", [True, False])
def test_nothing_is_resynced_in_the_last_30_s_of_a_growing_file(path: Path, goes_on: bool) -> None:
    hand = HandClock(path.parent.stat().st_mtime)
    records = scalars(30)
    write(path, *records[:11])
    reading = Reading(path, hand.clock)
    reading.read()
    append(path, bytes(500), *records[11:20])
    for step in range(19, 25):
        reading.read()
        assert reading.steps == list(range(10))
        assert reading.problems == {}
        hand.advance(5)
        if goes_on:
            append(path, records[step + 1])
    hand.advance(1)
    reading.read()
    assert reading.steps == list(range(25 if goes_on else 19))
    assert reading.problems == {"gap": (1, 500)}


def test_a_torn_record_in_a_file_that_goes_on_growing_hides_what_follows_for_30_s_only(path: Path) -> None:
    hand = HandClock(path.parent.stat().st_mtime)
    records = scalars(30)
    torn = image("img", 0, bytes(100_000))[:50]  # its length reaches far beyond all that follows
    reading = Reading(write(path, *records[:11]), hand.clock)
    reading.read()
    append(path, torn, *records[11:20])
    for step in range(20, 26):
        reading.read()
        assert (reading.steps, reading.problems) == (list(range(10)), {})
        hand.advance(5)
        append(path, records[step])
    hand.advance(1)
    reading.read()
    assert reading.steps == list(range(25))
    assert reading.problems == {"gap": (1, 50)}


def test_a_record_that_takes_its_writer_a_minute_is_no_damage(path: Path) -> None:
    hand = HandClock(path.parent.stat().st_mtime)
    records = scalars(1)
    large = text("t", 1, "x" * 3_000_000)
    reading = Reading(write(path, *records), hand.clock)
    for start in range(0, len(large), 200_000):
        append(path, large[start : start + 200_000])
        hand.advance(5)
        reading.read()
        assert reading.problems == {}
    append(path, scalar("loss", 1, 1.0))
    reading.read()
    assert reading.steps == [0, 1]
    assert sum(len(rows.blob_step) for rows in reading.rows) == 1
    assert reading.problems == {}


def test_zeros_that_become_a_record_are_no_damage(path: Path) -> None:
    """As a network file system shows what has not arrived yet."""
    hand = HandClock(path.parent.stat().st_mtime)
    records = scalars(4)
    write(path, *records[:3])
    reading = Reading(path, hand.clock)
    reading.read()
    good = path.stat().st_size
    append(path, records[3][:12], bytes(len(records[3]) - 12))
    hand.advance(1)
    reading.read()
    assert reading.steps == [0, 1]
    with path.open("r+b") as file:  # the size stays
        file.seek(good)
        file.write(records[3])
    append(path, scalar("loss", 3, 3.0))
    hand.advance(1)
    reading.read()
    assert reading.steps == [0, 1, 2, 3]
    assert reading.problems == {}


def test_a_bad_last_record_is_counted_at_once_and_for_good_after_30_s(path: Path) -> None:
    hand = HandClock(path.parent.stat().st_mtime)
    records = scalars(3)
    write(path, *records[:3], flipped(records[3], 8 * 20))
    reading = Reading(path, hand.clock)
    reading.read()
    assert reading.problems == {"payload_crc": (1, len(records[3]))}
    assert reading.reader.facts.bytes_read < path.stat().st_size
    hand.advance(31)
    reading.read()
    assert reading.problems == {"payload_crc": (1, len(records[3]))}
    assert reading.reader.facts.bytes_read == path.stat().st_size


# -- a look at a file that nobody has touched


class CountingStorage(LocalStorage):
    """Counts how often a file is opened, on a disk of this machine or another's."""

    opened = 0

    def __init__(self, root: Path, *, is_local: bool) -> None:
        super().__init__(root)
        self.is_local = is_local

    def is_on_local_disk(self, info: FileInfo) -> bool:
        return self.is_local

    def open(self, path: str) -> AbstractContextManager[OpenFile]:
        self.opened += 1
        return super().open(path)


@pytest.mark.parametrize("is_local", [True, False])
def test_what_nobody_has_touched_is_opened_again_only_where_a_stat_may_be_old(path: Path, is_local: bool) -> None:
    storage = CountingStorage(path.parent, is_local=is_local)
    reading = Reading(write(path, *scalars(3)), storage=storage)
    for _ in range(4):
        reading.read()
    assert storage.opened == (1 if is_local else 4)
    assert reading.steps == [0, 1, 2]
    append(path, scalar("loss", 3, 3.0))
    assert reading.read().grew_s_ago == 0.0
    assert reading.steps == [0, 1, 2, 3]
    for change in (lambda: path.chmod(0o600), lambda: os.utime(path, (5.0, 5.0)), lambda: os.link(path, f"{path}.2")):
        reading.read()
        opened = storage.opened
        change()
        reading.read()
        assert storage.opened == opened + 1  # it may be unreadable now, or another file
    path.unlink()
    reading.read()
    assert reading.reader.is_missing
    assert list(reading.problems) == ["unreadable"]
    os.rename(f"{path}.2", path)
    reading.read()
    assert reading.problems == {}
    assert reading.steps == [0, 1, 2, 3]


def test_a_torn_tail_is_judged_after_30_s_though_nobody_touches_the_file(path: Path) -> None:
    hand = HandClock(path.parent.stat().st_mtime)
    storage = CountingStorage(path.parent, is_local=True)
    reading = Reading(write(path, *scalars(3), scalar("loss", 3, 3.0)[:-5]), hand.clock, storage=storage)
    for _ in range(3):
        reading.read()
        assert reading.problems == {}
    hand.advance(31)
    reading.read()
    assert list(reading.problems) == ["torn_tail"]


# -- other bytes under the same name


def test_a_file_put_in_its_place_is_another_one(path: Path) -> None:
    reading = read(path, *scalars(5))
    other = write(path.with_name("new"), *scalars(9))
    other.rename(path)
    with pytest.raises(ReplacedError):
        reading.read()


@pytest.mark.parametrize("size", [0, 100])
def test_a_truncated_file_is_another_one(path: Path, size: int) -> None:
    reading = read(path, *scalars(5))
    os.truncate(path, size)
    with pytest.raises(ReplacedError):
        reading.read()


def test_a_file_rewritten_in_place_is_another_one_though_it_is_longer(path: Path) -> None:
    reading = read(path, *scalars(5))
    path.write_bytes(b"".join([event_files.version(), *scalars(40, tag="other")]))
    with pytest.raises(ReplacedError):
        reading.read()


def test_a_torn_tail_cut_off_by_its_writer_is_the_same_file(path: Path) -> None:
    records = scalars(5)
    reading = read(path, *records, b"torn")
    os.truncate(path, path.stat().st_size - 4)
    append(path, scalar("loss", 5, 5.0))
    reading.read()
    assert reading.steps == [0, 1, 2, 3, 4, 5]


def test_a_file_that_is_no_more_keeps_its_points(path: Path) -> None:
    reading = read(path, *scalars(5))
    path.unlink()
    assert reading.read().rows == []
    assert reading.reader.is_missing
    assert reading.problems["unreadable"][0] == 1
    assert len(reading.steps) == 5


def test_a_file_that_can_be_read_again_says_no_more_that_it_cannot(path: Path) -> None:
    reading = read(path, *scalars(5))
    path.rename(path.with_name("away"))
    reading.read()
    assert reading.problems
    path.with_name("away").rename(path)
    assert reading.read().rows == []
    assert not reading.problems
    assert not reading.reader.is_missing


@pytest.mark.timeout(10)
def test_a_fifo_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    reading = Reading(path)
    reading.read()
    assert list(reading.problems) == ["not_a_file"]


def test_a_file_that_becomes_a_folder_keeps_its_points(path: Path) -> None:
    reading = read(path, *scalars(5))
    path.unlink()
    path.mkdir()
    assert reading.read().rows == []
    assert list(reading.problems) == ["not_a_file"]
    assert len(reading.steps) == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_a_file_that_may_not_be_read_is_said_and_read_as_soon_as_it_may(path: Path) -> None:
    write(path, *scalars(5))
    for folder in list(path.parents)[: len(path.parents) - 1]:
        folder.chmod(folder.stat().st_mode | 0o055)
    path.chmod(0)
    reading = Reading(path)
    os.seteuid(65534)
    try:
        reading.read()
    finally:
        os.seteuid(0)
    assert (reading.steps, reading.problems) == ([], {"unreadable": (1, 0)})
    path.chmod(0o600)
    reading.read()
    assert (reading.steps, reading.problems) == ([0, 1, 2, 3, 4], {})


def test_a_read_that_fails_halfway_goes_on_where_it_was(path: Path) -> None:
    size = len(write(path, *scalars(200)).read_bytes())

    def fail(n: int) -> None:
        if path.stat().st_size > size and n % 3 == 2:
            raise OSError(errno.EIO, "Input/output error")

    reading = Reading(path, storage=FaultyStorage(path.parent, fail), buffer=ReadBuffer(4096))
    reading.read()
    append(path, *scalars(300, first=200)[1:])
    failures = 0
    while len(reading.steps) < 500:
        reading.read()
        failures += reading.problems == {"unreadable": (1, 0)}
    assert failures > 1
    assert reading.steps == list(range(500))


@pytest.mark.parametrize("count", [500, 300])  # as long as before; shorter, but not shorter than what was read
@pytest.mark.parametrize("at", [2, 4])
def test_a_file_rewritten_while_it_is_read_gives_nothing_of_both(path: Path, count: int, at: int) -> None:
    """Records of one length fit behind each other, so that the frames alone cannot tell."""

    def rewrite(n: int) -> None:
        if n == at:
            path.write_bytes(b"".join([event_files.version(1.0), *scalars(count, first=1000)[1:]]))

    reading = Reading(write(path, *scalars(500)), storage=FaultyStorage(path.parent, rewrite), buffer=ReadBuffer(4096))
    with pytest.raises(ReplacedError):
        reading.read()
    assert reading.steps == []
