"""The hand-written encoder agrees with protobuf byte for byte, and protobuf with TensorBoard's classes."""

import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2

from writer.errors import UnsupportedValueError
from writer.format.framing import encode_record
from writer.format.messages import Event, Summary
from writer.summaries import MAX_HEADS, ScalarEncoder, encode_varint

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
STEPS = INT64 | st.integers(0, 300) | st.sampled_from([0, 127, 128, 16383, 16384, (1 << 63) - 1, -1])
FLOATS = st.floats(width=64) | st.floats(width=32) | st.sampled_from([-0.0, 1e39, -1e39, 3.4028235e38, 3.4028236e38])
WALL_TIMES = st.floats(allow_nan=True).filter(lambda value: struct.pack("<d", value) != bytes(8))
TAGS = st.text(st.characters(codec="utf-8"), max_size=200)


def encode_all(items: list[tuple[str, float, int, float]]) -> list[bytes]:
    """Frame items as the writer's thread does: in one pass, tags that are new by ``encode_one``."""
    encoder = ScalarEncoder()
    records: list[bytes] = []

    def encode_odd(item: Any) -> None:
        tag, value, step, wall_time = item
        encoder.encode_one(tag, tag.encode(), value, step, wall_time, records.append)

    encoder.encode(list(items), encode_odd)
    return records


def encode_by_protobuf(tag: str, value: float, step: int, wall_time: float) -> bytes:
    """Frame one scalar by our messages."""
    summary = Summary(value=[Summary.Value(tag=tag.encode(), simple_value=value)])
    return encode_record(Event(wall_time=wall_time, step=step, summary=summary).SerializeToString())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TAGS, FLOATS, STEPS, WALL_TIMES), max_size=6).map(lambda items: items * 2))
def test_bytes_are_protobufs(items: list[tuple[str, float, int, float]]) -> None:
    records = encode_all(items)
    assert records == [encode_by_protobuf(*item) for item in items]
    for record, (tag, value, step, wall_time) in zip(records, items, strict=True):
        event = event_pb2.Event.FromString(record[12:-4])
        assert (event.step, event.summary.value[0].tag) == (step, tag)
        assert np.array(event.wall_time).tobytes() == np.array(wall_time).tobytes()
        with np.errstate(over="ignore"):
            expected = np.float32(value)
        assert np.array_equal(np.float32(event.summary.value[0].simple_value), expected, equal_nan=True)


@given(INT64)
def test_varints_are_protobufs(number: int) -> None:
    assert b"\x10" + encode_varint(number) == (Event(step=number).SerializeToString() or b"\x10\0")


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1])
def test_a_step_beyond_int64_is_refused(number: int) -> None:
    with pytest.raises(UnsupportedValueError):
        encode_varint(number)


def test_order_is_kept_among_odd_items() -> None:
    items = [
        ("a", 1.0, 1, 5.0),
        ("a", 1e300, 2, 5.0),
        ("a", math.nan, 3, 5.0),
        ("a", 1.0, 1 << 40, 5.0),
        ("a", 2.0, 4, 5.0),
    ]
    assert [Event.FromString(record[12:-4]).step for record in encode_all(items)] == [1, 2, 3, 1 << 40, 4]


def test_a_new_tag_for_every_step_does_not_fill_the_memory() -> None:
    encoder = ScalarEncoder()
    for number in range(MAX_HEADS + 10):
        encoder.encode_one(number, b"t", 1.0, 1, 5.0, lambda record: None)
    assert encoder._count == 10
    assert sum(map(len, encoder._heads.values())) == encoder._count
