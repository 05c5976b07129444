"""The compiled engine against the plain one, which decodes with protobuf: equal to the bit on any bytes."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.writer.format.event_soup import EventSoup
from tests.writer.format.scans import exact, scan_payloads, value_event, varint
from writer.format import records
from writer.format.messages import DecodeError, Event
from writer.format.records import Scanner, encode_record

needs_compiled = pytest.mark.skipif("compiled" not in records.ENGINES, reason=records.ENGINE_REASON)


def both(data):
    seen = []
    for name in ("plain", "compiled"):
        scanner = Scanner(engine=name)
        seen.append(exact(scanner.scan(data, 12345), scanner))
    return seen


@needs_compiled
@pytest.mark.parametrize("seed", range(8))
def test_random_events_at_the_edge_of_the_format(seed):
    soup, chance = EventSoup(seed), random.Random(seed)
    kinds = dict.fromkeys(("scalars", "blobs", "starts", "own", "undecodable", "payload_crc"), 0)
    for _ in range(100):
        data = bytearray(b"".join(encode_record(soup.event()) for _ in range(20)))
        if chance.random() < 0.3:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        plain, compiled = both(bytes(data))
        assert compiled == plain, bytes(data).hex()
        kinds["scalars"] += len(plain["scalar_tag"][1]) // 4
        kinds["blobs"] += len(plain["blob_tag"][1]) // 4
        kinds["own"] += len(plain["own"])
        kinds["starts"] += plain["starts"].count("SessionStart(")
        for found in plain["found"]:
            kinds[found.code] += 1
    assert min(kinds.values()) > 0, kinds  # the soup has some of everything
    assert kinds["undecodable"] < kinds["scalars"] + kinds["blobs"]


@needs_compiled
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_random_payloads_have_protobufs_verdict(payload):
    plain, compiled = both(encode_record(payload))
    assert compiled == plain
    try:
        Event.FromString(payload)
    except DecodeError:
        assert [found.code for found in compiled["found"]] == ["undecodable"]
    else:
        assert compiled["records"] == 1


@needs_compiled
@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_random_files(data):
    plain, compiled = both(data)
    assert compiled == plain


int64s = st.integers(-(1 << 63), (1 << 63) - 1)


@pytest.mark.parametrize("name", records.ENGINES)
@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(int64s, st.floats(), st.floats(width=32), st.binary(max_size=40)), max_size=30))
def test_scalars_come_back_as_they_were_written(name, points):
    payloads = [
        value_event(step=step, wall_time=wall_time, tag=tag, simple_value=value)
        for step, wall_time, value, tag in points
    ]
    scan, scanner = scan_payloads(name, *payloads)
    assert scan.scalar_step.tolist() == [point[0] for point in points]
    assert list(map(repr, scan.scalar_wall_time.tolist())) == [repr(point[1]) for point in points]
    assert list(map(repr, scan.scalar_value.tolist())) == [repr(point[2]) for point in points]
    assert [scanner.tags[i] for i in scan.scalar_tag] == [point[3] for point in points]
    assert scanner.tags == list(dict.fromkeys(point[3] for point in points))
    stamps = [point[1] for point in points if point[1] and math.isfinite(point[1])]
    assert scan.first_wall_time == (stamps[0] if stamps else None)
    assert scan.last_wall_time == (max(stamps) if stamps else None)


@needs_compiled
@pytest.mark.parametrize("tag", [b"", b"loss", b"loss/tr", b"loss/train/seed0", b"loss/train/seed01", b"t" * 82])
@pytest.mark.parametrize("step", [0, 127, 128, 1 << 56, (1 << 63) - 1, -1])
def test_any_byte_of_a_lone_scalar_changed(tag, step):
    """The compiled engine has a short cut for this one form, which most files are full of."""
    value = b"\x0a" + bytes([len(tag)]) + tag + b"\x15\x00\x00\xc0\x7f"
    summary = b"\x0a" + bytes([len(value)]) + value
    event = Event(wall_time=1.5).SerializeToString() + b"\x10" + varint(step)
    event += b"\x2a" + bytes([len(summary)]) + summary
    data = bytearray()
    for at in range(len(event)):
        for byte in (0x00, 0x0A, 0x7F, 0x80, event[at] ^ 1, event[at] + 1 & 255):
            data += encode_record(event[:at] + bytes([byte]) + event[at + 1 :]) + encode_record(event)
        data += encode_record(event[:at])  # and a shorter one
    plain, compiled = both(bytes(data))
    assert compiled == plain
    assert compiled["records"] > len(event)


@needs_compiled
def test_tags_in_any_order():
    """What came next the last time is only a guess."""
    chance = random.Random(0)
    tags = [b"", b"a", b"b", b"tag/1", b"tag/2", b"a/longer/tag", b"a/longer/tag/1", b"a/longer/tag/2"]
    order = tags * 3 + [chance.choice(tags) for _ in range(500)]
    plain, compiled = both(b"".join(encode_record(value_event(tag=tag, simple_value=1.0)) for tag in order))
    assert compiled == plain
    assert len(plain["scalar_tag"][1]) == 4 * len(order)
