"""Damaged files: never a value that differs from the original, and never a loss without a word."""

import gzip
import struct
import tracemalloc
import zlib
from collections import Counter

import google_crc32c
import pytest
from hypothesis import given, settings

from tests.writer.format.damaged_streams import Piece, damaged_streams
from tests.writer.format.scans import exact, read, value_event
from tests.writer.format.seed_file import seed_file, seed_payloads
from writer.format.records import ENGINES, Scanner, encode_record, find_record, masked_crc32c

SEED = seed_file()
GOOD = encode_record(value_event(tag=b"a", simple_value=1))


def read_on(data, engine):
    """Read to the end, past whatever is no record; the gaps come out as well."""
    scanner, at, scans, gaps = Scanner(engine=engine), 0, [], []
    while True:
        scan = scanner.scan(data[at:], at)
        scans.append((scan, scanner))
        at += scan.consumed
        if scan.stop != "length_crc":
            return scans, gaps, scan.stop
        search = find_record(data, at + 1)
        begin, at = at, len(data) if search.offset is None else search.offset
        gaps.append((begin, at))
        if search.offset is None:
            return scans, gaps, "length_crc"


def rows_of(scans):
    total = read(b"", "plain")
    for scan, scanner in scans:
        total.add(scan, scanner)
    return total


def test_every_flipped_bit(engine):
    whole = read(SEED, engine)
    scalars, blobs = Counter(whole.scalars), Counter(whole.blobs)
    for bit in range(len(SEED) * 8):
        damaged = bytearray(SEED)
        damaged[bit // 8] ^= 1 << bit % 8
        scans, gaps, stop = read_on(bytes(damaged), engine)
        total = rows_of(scans)
        assert not Counter(total.scalars) - scalars  # no row that the original does not have
        assert not Counter(total.blobs) - blobs
        assert total.records == whole.records - 1  # exactly the record that was hit is lost ...
        assert len(total.found) + len(gaps) == 1  # ... and said
        assert (stop == "length_crc") == bool(gaps and gaps[0][1] == len(SEED))  # nothing stands behind the last one


def test_every_zeroed_block(engine):
    whole = read(SEED, engine)
    scalars, blobs = Counter(whole.scalars), Counter(whole.blobs)
    for begin in range(0, len(SEED), 16):
        damaged = SEED[:begin] + bytes(len(SEED[begin : begin + 16])) + SEED[begin + 16 :]
        scans, gaps, stop = read_on(damaged, engine)
        total = rows_of(scans)
        assert not Counter(total.scalars) - scalars
        assert not Counter(total.blobs) - blobs
        assert whole.records - 2 <= total.records <= whole.records - 1
        assert total.found or gaps or stop


@settings(max_examples=150, deadline=None)
@given(damaged_streams())
def test_the_engines_agree_on_any_damage(pieces: list[Piece]):
    data = b"".join(piece.data for piece in pieces)
    seen = []
    for name in ENGINES:
        scans, gaps, stop = read_on(data, name)
        seen.append(([exact(scan, scanner) for scan, scanner in scans], gaps, stop))
    assert all(other == seen[0] for other in seen)


def test_a_bad_payload_skips_exactly_that_record(engine):
    second = bytearray(GOOD)
    second[-5] ^= 1
    third = bytearray(GOOD)
    third[-1] ^= 1
    scan = Scanner(engine=engine).scan(GOOD + bytes(second) + GOOD + bytes(third) + GOOD, 1000)
    n = len(GOOD)
    assert (scan.records, scan.consumed, scan.stop, len(scan.scalar_step)) == (3, 5 * n, "", 3)
    assert [found[:3] for found in scan.found] == [("payload_crc", 1000 + n, n), ("payload_crc", 1000 + 3 * n, n)]
    assert "checksum" in scan.found[0].message


def test_an_undecodable_message_is_skipped(engine):
    bad = encode_record(b"\x2a\x05\x0a")
    scan = Scanner(engine=engine).scan(GOOD + bad + GOOD, 0)
    assert (scan.records, scan.stop) == (2, "")
    assert [found[:3] for found in scan.found] == [("undecodable", len(GOOD), len(bad))]


@pytest.mark.parametrize("length", [2**31 - 1, 2**31, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 16, 2**64 - 4, 2**64 - 1])
def test_a_lying_length_costs_nothing(length, engine):
    packed = struct.pack("<Q", length)
    data = GOOD + packed + struct.pack("<I", masked_crc32c(packed)) + GOOD
    tracemalloc.start()
    scan = Scanner(engine=engine).scan(data, 0)
    patient = Scanner(engine=engine, max_record_bytes=2**64 - 1).scan(data, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (scan.records, scan.consumed, scan.stop, scan.stop_length) == (1, len(GOOD), "too_long", length)
    assert (patient.consumed, patient.stop, patient.stop_length) == (len(GOOD), "incomplete", length)
    assert peak < 100_000


def test_a_length_that_ends_at_or_one_past_the_end(engine):
    payload = value_event(tag=b"a", simple_value=1)
    for missing in (0, 1):
        record = encode_record(payload)
        scan = Scanner(engine=engine).scan(record[: len(record) - missing], 0)
        assert (scan.records, scan.stop) == ((0, "incomplete") if missing else (1, ""))


def header(length, crc):
    return struct.pack("<QI", length, crc)


PAYLOAD = seed_payloads()[1]
LENGTH = struct.pack("<Q", len(PAYLOAD))
NO_HEADERS = {
    "length bit": header(len(PAYLOAD) ^ 4, masked_crc32c(LENGTH)) + PAYLOAD,
    "checksum bit": header(len(PAYLOAD), masked_crc32c(LENGTH) ^ 1) + PAYLOAD,
    "not masked": header(len(PAYLOAD), google_crc32c.value(LENGTH)) + PAYLOAD,
    "zlib's crc32": header(len(PAYLOAD), zlib.crc32(LENGTH)) + PAYLOAD,
    "big-endian": struct.pack(">QI", len(PAYLOAD), masked_crc32c(struct.pack(">Q", len(PAYLOAD)))) + PAYLOAD,
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
    "gzip": gzip.compress(SEED),
    "html": b"<!doctype html><title>events.out.tfevents</title>",
    "utf-16": b"\xff\xfe" + "text".encode("utf-16le") * 4,
    "png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
}


@pytest.mark.parametrize("name", NO_HEADERS)
def test_what_is_no_record_stops_the_scan(name, engine):
    data = NO_HEADERS[name]
    scan = Scanner(engine=engine).scan(GOOD + data + GOOD, 0)
    assert (scan.records, scan.consumed, scan.stop) == (1, len(GOOD), "length_crc")
    # Big-endian with its own right checksum is a length like any other: a lie, hence the name of the stop.
    search = find_record(GOOD + data + GOOD, len(GOOD) + 1)
    assert search.offset == len(GOOD) + len(data)


def test_an_empty_payload_is_an_empty_event(engine):
    scan = Scanner(engine=engine).scan(encode_record(b""), 0)
    assert (scan.records, scan.consumed, scan.stop, scan.found) == (1, 16, "", ())
    assert (scan.first_wall_time, scan.last_wall_time) == (None, None)


def test_a_longer_record_than_the_limit(engine):
    scanner = Scanner(engine=engine, max_record_bytes=len(GOOD) - 16)
    longer = encode_record(value_event(tag=b"aa", simple_value=1))
    scan = scanner.scan(GOOD + longer + GOOD, 0)
    assert (scan.records, scan.stop, scan.stop_length) == (1, "too_long", len(longer) - 16)
