"""The search for the next record behind bytes that are none."""

import random
import struct

import pytest

from tests.writer.format.scans import value_event
from tests.writer.format.seed_file import seed_payloads
from writer.format.records import Search, encode_record, find_record, masked_crc32c

RECORDS = [encode_record(payload) for payload in seed_payloads()]
GOOD = RECORDS[1]


def header(length):
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


@pytest.mark.parametrize("gap", [0, 1, 7, 11, 12, 13, 16, 100, 65535, 65536, 65537, 200_000])
@pytest.mark.parametrize("fill", ["zeros", "ones", "random"])
def test_a_record_behind_any_gap(gap, fill):
    junk = {"zeros": bytes(gap), "ones": b"\xff" * gap, "random": random.Random(1).randbytes(gap)}[fill]
    data = junk + GOOD + b"tail"
    assert find_record(data) == Search(gap, gap, len(GOOD) - 16, False)
    assert find_record(bytearray(data), gap).offset == gap
    assert find_record(data, gap + 1) == Search(None, len(data) - 11, 0, False)


def test_every_record_of_a_file_is_found():
    data, at, offsets = b"".join(RECORDS), 0, []
    while (search := find_record(data, at)).offset is not None:
        offsets.append(search.offset)
        at = search.offset + 1
    assert offsets == [sum(map(len, RECORDS[:i])) for i in range(len(RECORDS))]


def test_a_record_nested_in_a_damaged_one_is_found():
    """It cannot be told from a real one: the reader marks what it finds as salvaged."""
    outer = encode_record(value_event(tag=b"t", tensor={"dtype": 7, "string_val": [GOOD]}))
    assert find_record(outer + GOOD, 1).offset == outer.index(GOOD)


def test_headers_that_lead_nowhere_are_passed_over():
    liars = header(5) + b"\0" * 9 + header(0) + b"\0\0\0\0" + header(1 << 40) + header(1 << 28) + header((1 << 64) - 1)
    undecodable = encode_record(b"\x2a\x05\x0a")
    data = liars + undecodable + GOOD
    search = find_record(data)
    assert search.offset == len(liars) + len(undecodable)
    assert find_record(data, max_record_bytes=len(GOOD) - 17).offset is None


def test_a_record_that_goes_on_beyond_the_data_is_waited_for():
    data = b"junk" + GOOD
    for cut in range(16, len(data)):
        search = find_record(data[:cut], limit=len(data))
        assert search == Search(None, 4, 0, False)
        assert find_record(data[:cut]).offset is None  # all there is: such a record lies
        assert find_record(data[:cut]).resume == cut - 11
    assert find_record(data[:15], limit=len(data)).resume == 4  # the header itself is not whole yet


def test_the_budget_of_bytes_to_checksum():
    # Each header claims all the rest: without a budget this is quadratic.
    data = header(4000) * 300 + bytes(4000)
    free = find_record(data)
    assert (free.offset, free.is_over_budget) == (None, False)
    assert free.checksummed > 200 * 4000
    capped = find_record(data, checksum_budget=10_000)
    assert capped == Search(None, 2 * 12, 8000, True)
    assert find_record(data + GOOD, len(data) - 10, checksum_budget=len(GOOD)).offset == len(data)
