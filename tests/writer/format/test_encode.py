"""Both encoders of scalars agree with protobuf byte for byte, and protobuf with TensorBoard's classes."""

import math
import struct
from collections import deque
from collections.abc import Callable
from typing import Any

import google_crc32c
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2

from writer.batch import Batch
from writer.format.encode import BATCH, ENCODERS, frame
from writer.format.framing import encode_record
from writer.format.messages import Event, Summary
from writer.format.plain_encode import MAX_HEADS
from writer.format.wire import enclose, encode_varint

Item = tuple[Any, Any, Any, Any]
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
STEPS = INT64 | st.integers(0, 300) | st.sampled_from([0, 127, 128, 16383, 16384, (1 << 63) - 1, -1])
OVER = math.nextafter(3.4028235677973366e38, 0)
FLOATS = (
    st.floats(width=64)
    | st.floats(width=32)
    | st.sampled_from([-0.0, 1e39, -1e39, 3.4028235e38, OVER, -OVER, 3.4028235677973366e38, 5e-324])
)
WALL_TIMES = st.floats(allow_nan=True).filter(lambda value: struct.pack("<d", value) != bytes(8))
TAGS = st.text(st.characters(codec="utf-8"), max_size=200)
ENGINES = pytest.mark.parametrize("make", ENCODERS.values(), ids=ENCODERS)


def encode_all(make: Callable[[], Any], items: list[Item], seconds: float = 10.0) -> tuple[bytes, list[Item], int]:
    """Frame items as the writer's thread does; what is odd, and how many values were in batches, are returned, too."""
    encoder, batch, lane = make(), Batch(), deque(items)
    odd: list[Item] = []
    excess = 0

    def encode_odd(item: Item) -> None:
        tag = item[0]
        if isinstance(tag, str):
            encoder.learn(tag, tag.encode(), batch)
            if encoder.encode(item):
                return
        odd.append(item)

    while lane or encoder.has_rest:
        excess += encoder.take(lane, seconds, encode_odd)
    data = b"".join(batch.take())
    return data, odd, excess


def encode_by_protobuf(tag: str, value: float, step: int, wall_time: float) -> bytes:
    """Frame one scalar by our messages."""
    summary = Summary(value=[Summary.Value(tag=tag.encode(), simple_value=value)])
    return encode_record(Event(wall_time=wall_time, step=step, summary=summary).SerializeToString())


@ENGINES
@settings(max_examples=60, deadline=None)
@given(items=st.lists(st.tuples(TAGS, FLOATS, STEPS, WALL_TIMES), max_size=6).map(lambda items: items * 2))
def test_bytes_are_protobufs(make: Callable[[], Any], items: list[Item]) -> None:
    data, odd, _ = encode_all(make, list(items))
    records = [encode_by_protobuf(*item) for item in items]
    assert (data, odd) == (b"".join(records), [])
    for record, (tag, value, step, wall_time) in zip(records, items, strict=True):
        event = event_pb2.Event.FromString(record[12:-4])
        assert (event.step, event.summary.value[0].tag) == (step, tag)
        assert np.array(event.wall_time).tobytes() == np.array(wall_time).tobytes()
        with np.errstate(over="ignore"):
            expected = np.float32(value)
        assert np.array_equal(np.float32(event.summary.value[0].simple_value), expected, equal_nan=True)


NUMBERS = FLOATS | INT64 | st.booleans() | FLOATS.map(np.float64) | st.floats(width=16).map(np.float16)
NUMBERS |= st.integers(-128, 127).map(np.int8) | st.just(np.bool_(True))


@ENGINES
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TAGS, NUMBERS), STEPS, WALL_TIMES, st.sampled_from([0.0, 10.0]))
def test_a_batch_is_its_values_one_by_one(
    make: Callable[[], Any], numbers: dict[str, Any], step: int, wall_time: float, seconds: float
) -> None:
    items = [(BATCH, numbers, step, wall_time), ("behind", 1.0, 1, 5.0)] * 2
    single = [(tag, float(value), step, wall_time) for tag, value in numbers.items()] + [items[1]]
    data, odd, excess = encode_all(make, items, seconds)
    assert data == b"".join(encode_by_protobuf(*item) for item in single * 2)
    assert (odd, excess) == ([], 2 * (len(numbers) - 1))


@ENGINES
def test_what_is_odd_comes_in_its_turn(make: Callable[[], Any]) -> None:
    items: list[Item] = [
        ("a", 1.0, 1, 5.0),
        ("a", "not a float", 2, 5.0),
        ("a", math.nan, 3, 5.0),
        ("a", 1.0, 1 << 63, 5.0),
        ([], 1.0, 4, 5.0),
        (BATCH, {"a": 1.0, "b": 10**400, "c": None, 4: 2.0}, 5, 5.0),
        (BATCH, {"a": 1.0}, "a step that comes later", 5.0),
        (BATCH, {}, 5, 5.0),
        ("a", 1.0, True, 5.0),
        ("a", 1.0, 6, 5),
        ("a", 2.0, 7, 5.0),
    ]
    data, odd, _ = encode_all(make, items)
    found = [items[0], items[2], ("a", 1.0, 5, 5.0), items[-1]]
    assert data == b"".join(encode_by_protobuf(*item) for item in found)
    unknown = [
        ("b", 10**400, 5, 5.0),
        ("c", None, 5, 5.0),
        (4, 2.0, 5, 5.0),
        ("a", 1.0, "a step that comes later", 5.0),
    ]
    assert odd == [items[1], items[3], items[4], *unknown, items[8], items[9]]


@ENGINES
def test_a_tag_that_was_forgotten_is_odd_again(make: Callable[[], Any]) -> None:
    encoder, batch = make(), Batch()
    encoder.learn("a", b"name", batch)
    item = ("a", 1.0, 1, 5.0)
    assert encoder.encode(item)
    encoder.forget("a")
    encoder.forget("a")
    assert not encoder.encode(item)
    assert b"".join(batch.take()) == encode_by_protobuf("name", *item[1:])


@ENGINES
def test_each_tag_has_its_own_target(make: Callable[[], Any]) -> None:
    encoder, batches, items = make(), [Batch() for _ in range(40)], []
    for number, batch in enumerate(batches):
        encoder.learn(number, b"", batch)
    for step in range(200):  # enough for the GIL to be let go
        items += [(number, 0.5, step, 5.0) for number in range(len(batches))]
    encoder.take(deque(items), 10.0, items.append)
    records = b"".join(encode_by_protobuf("", 0.5, step, 5.0) for step in range(200))
    for batch in batches:
        assert (batch.count, batch.size) == (200, len(records))
        assert b"".join(batch.take()) == records


@ENGINES
def test_it_ends_when_its_time_is_over(make: Callable[[], Any]) -> None:
    encoder, batch = make(), Batch()
    encoder.learn("a", b"a", batch)
    lane: deque[Item] = deque([("a", 1.0, step, 5.0) for step in range(2000)])
    encoder.take(lane, 0.0, lane.append)
    assert len(lane) + batch.count == 2000
    assert 1 <= batch.count <= 256
    numbers = {"a": 1.0} | {f"unknown{number}": 1.0 for number in range(2000)}
    left: list[Item] = []
    before = batch.count
    lane = deque([(BATCH, numbers, 1, 5.0)])
    assert encoder.take(lane, 0.0, left.append) == 2000
    assert encoder.has_rest
    left += encoder.take_rest()
    assert not encoder.has_rest
    assert left == [(tag, 1.0, 1, 5.0) for tag in numbers][batch.count - before :]


@ENGINES
def test_a_new_tag_for_every_step_does_not_fill_the_memory(make: Callable[[], Any]) -> None:
    encoder, batch = make(), Batch()
    for number in range(MAX_HEADS + 10):
        encoder.learn(number, b"t", batch)
    known = [number for number in range(MAX_HEADS + 10) if encoder.encode((number, 1.0, 1, 5.0))]
    assert known == list(range(MAX_HEADS, MAX_HEADS + 10))


@given(INT64)
def test_varints_are_protobufs(number: int) -> None:
    assert b"\x10" + encode_varint(number) == (Event(step=number).SerializeToString() or b"\x10\0")


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1])
def test_a_step_beyond_int64_is_refused(number: int) -> None:
    with pytest.raises(OverflowError):
        encode_varint(number)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=50) | st.sampled_from([bytes(100_000), bytearray(range(256)) * 40]), max_size=5))
def test_parts_are_framed_as_one(parts: list[bytes]) -> None:
    assert b"".join(frame(parts)) == encode_record(b"".join(parts))
    assert b"".join(frame([memoryview(part) for part in parts])) == encode_record(b"".join(parts))
    assert Event.FromString(b"".join(enclose(4, parts))).graph_def == b"".join(parts)  # bytes graph_def = 4


def test_the_plain_checksum_of_parts() -> None:
    from writer.format import plain_encode

    parts = [b"", b"ab", bytes(200_000), b"c"]
    crc = google_crc32c.value(b"".join(parts))
    assert plain_encode.masked_crc32c_of(parts) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
