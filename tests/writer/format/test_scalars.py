"""Numbers in tensors: every type, both places, and what is no number."""

import math
import struct

import numpy as np
import pytest
from tensorboard.compat.proto.summary_pb2 import Summary as TensorBoardSummary
from tensorboard.util.tensor_util import make_ndarray

from tests.writer.format.scans import delimited, metadata, scan_payloads, value_event, varint
from writer.format.messages import Event, Summary

NUMBERS = {  # of DataType
    "FLOAT": 1, "DOUBLE": 2, "INT32": 3, "UINT8": 4, "INT16": 5, "INT8": 6, "INT64": 9, "BOOL": 10,
    "BFLOAT16": 14, "UINT16": 17, "HALF": 19, "UINT32": 22, "UINT64": 23,
}  # fmt: skip
CASES = [  # type, tensor_content, field and value of the other way, the number
    ("FLOAT", struct.pack("<f", 0.1), ("float_val", 0.1), float(np.float32(0.1))),
    ("FLOAT", struct.pack("<f", -0.0), ("float_val", -0.0), -0.0),
    ("FLOAT", struct.pack("<f", 1e-45), ("float_val", 1e-45), 2.0**-149),
    ("DOUBLE", struct.pack("<d", 0.1), ("double_val", 0.1), 0.1),
    ("DOUBLE", struct.pack("<d", -math.inf), ("double_val", -math.inf), -math.inf),
    ("INT32", struct.pack("<i", -5), ("int_val", -5), -5.0),
    ("UINT8", b"\xff", ("int_val", 255), 255.0),
    ("INT16", struct.pack("<h", -300), ("int_val", -300), -300.0),
    ("INT8", b"\x80", ("int_val", -128), -128.0),
    ("INT64", struct.pack("<q", -(1 << 63)), ("int64_val", -(1 << 63)), -(2.0**63)),
    ("INT64", struct.pack("<q", (1 << 53) + 1), ("int64_val", (1 << 53) + 1), 2.0**53),
    ("BOOL", b"\x01", ("bool_val", True), 1.0),
    ("BOOL", b"\x00", ("bool_val", False), 0.0),
    ("BFLOAT16", b"\xc0\x3f", ("half_val", 0x3FC0), 1.5),
    ("BFLOAT16", b"\x80\xff", ("half_val", 0xFF80), -math.inf),
    ("UINT16", b"\xff\xff", ("int_val", 65535), 65535.0),
    ("HALF", struct.pack("<e", 0.1), ("half_val", 0x2E66), 0.0999755859375),
    ("HALF", b"\x01\x00", ("half_val", 1), 2.0**-24),
    ("HALF", b"\x00\xfc", ("half_val", 0xFC00), -math.inf),
    ("HALF", b"\x00\x80", ("half_val", 0x8000), -0.0),
    ("UINT32", struct.pack("<I", (1 << 32) - 1), ("uint32_val", (1 << 32) - 1), 2.0**32 - 1),
    ("UINT64", struct.pack("<Q", (1 << 64) - 1), ("uint64_val", (1 << 64) - 1), 2.0**64),
]
SCALARS = metadata(b"scalars")


def scan_tensor(engine, tensor, plugin=SCALARS):
    return scan_payloads(engine, value_event(tag=b"a", metadata=plugin, tensor=tensor))[0]


@pytest.mark.parametrize(("name", "content", "field", "number"), CASES)
@pytest.mark.parametrize("shape", [{}, {"dim": [{"size": 1}]}, {"dim": [{"size": 1}, {"size": 1}]}])
def test_every_type(name, content, field, number, shape, engine):
    for place in ({"tensor_content": content}, {field[0]: [field[1]]}):
        tensor = {"dtype": NUMBERS[name], "tensor_shape": shape, **place}
        scan = scan_tensor(engine, tensor)
        assert list(map(repr, scan.scalar_value.tolist())) == [repr(number)]
        assert len(scan.blob_step) == 0
        if name not in ("BFLOAT16", "UINT32", "UINT64"):  # which TensorBoard cannot read
            data = Summary.Value(tensor=tensor).SerializeToString()
            theirs = make_ndarray(TensorBoardSummary.Value.FromString(data).tensor)
            assert repr(float(theirs.item())) == repr(number)


def test_every_half_and_bfloat16(engine):
    bits = np.arange(65536, dtype="<u2")
    with np.errstate(invalid="ignore"):  # signalling NaNs among them
        numbers = {
            "HALF": bits.view("<f2").astype("f8"),
            "BFLOAT16": (bits.astype("<u4") << 16).view("<f4").astype("f8"),
        }
    for name, expected in numbers.items():
        expected[np.isnan(expected)] = np.nan  # one NaN, whatever its bits were
        values = [{"tag": b"a", "metadata": SCALARS, "tensor": {"dtype": NUMBERS[name], "half_val": [0]}}]
        values += [{"tag": b"a", "tensor": {"dtype": NUMBERS[name], "half_val": [i]}} for i in range(1, 65536, 7)]
        values += [{"tag": b"a", "tensor": {"dtype": NUMBERS[name], "tensor_content": b"\x01\xfc"}}]
        scan, _ = scan_payloads(engine, Event(summary={"value": values}).SerializeToString())
        rows = [0, *range(1, 65536, 7), 0xFC01]
        assert scan.scalar_value.tobytes() == expected[rows].tobytes()


ONE = struct.pack("<f", 1)
BLOBS = {
    "two elements": {"dtype": 1, "tensor_shape": {"dim": [{"size": 2}]}, "tensor_content": ONE * 2},
    "no element": {"dtype": 1, "tensor_shape": {"dim": [{"size": 0}]}},
    "no value at all": {"dtype": 1},
    "negative dimensions": {"dtype": 1, "tensor_shape": {"dim": [{"size": -1}, {"size": -1}]}, "tensor_content": ONE},
    "a product of 2^64 + 1 dimensions": {
        "dtype": 1,
        "tensor_shape": {"dim": [{"size": 274177}, {"size": 67280421310721}]},
        "tensor_content": ONE,
    },
    "unknown rank": {"dtype": 1, "tensor_shape": {"unknown_rank": True}, "tensor_content": ONE},
    "content too short": {"dtype": 1, "tensor_content": ONE[:3]},
    "content too long": {"dtype": 1, "tensor_content": ONE * 2},
    "content of another type": {"dtype": 2, "tensor_content": ONE},
    "several values": {"dtype": 1, "float_val": [1, 2]},
    "values of another type": {"dtype": 2, "float_val": [1]},
    "a string": {"dtype": 7, "string_val": [b"1"]},
    "complex": {"dtype": 8, "scomplex_val": [1, 0]},
    "complex content": {"dtype": 8, "tensor_content": ONE * 2},
    "quantised": {"dtype": 11, "tensor_content": b"\x01"},
    "int4": {"dtype": 29, "tensor_content": b"\x01"},
    "no type": {"tensor_content": ONE},
}


@pytest.mark.parametrize("name", BLOBS)
def test_no_number(name, engine):
    scan = scan_tensor(engine, BLOBS[name])
    assert (len(scan.scalar_step), len(scan.blob_step), scan.found) == (0, 1, ())


@pytest.mark.parametrize("plugin", [b"text", b"images", b"tensor"])
def test_a_number_of_another_plugin_is_no_scalar(plugin, engine):
    scan = scan_tensor(engine, {"dtype": 1, "float_val": [1]}, metadata(plugin))
    assert (len(scan.scalar_step), len(scan.blob_step)) == (0, 1)


def test_content_counts_before_values(engine):
    scan = scan_tensor(engine, {"dtype": 1, "tensor_content": ONE, "float_val": [5, 6]})
    assert scan.scalar_value.tolist() == [1]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e-45, -0.0, 3.4028234663852886e38])
def test_simple_values_of_every_kind(value, engine):
    scan, _ = scan_payloads(engine, value_event(tag=b"a", simple_value=value))
    assert repr(scan.scalar_value[0].item()) == repr(float(np.float32(value)))


def test_a_tensor_in_pieces_merges(engine):
    """Protobuf merges repeated occurrences of a message; a value set in between starts it anew."""
    first, second = delimited(8, b"\x08\x01"), delimited(8, delimited(4, ONE))
    tag = delimited(1, b"a") + delimited(9, SCALARS.SerializeToString())
    merged = delimited(5, delimited(1, tag + first + second))
    parted = delimited(5, delimited(1, tag + first + delimited(3, b"") + second))
    assert scan_payloads(engine, merged)[0].scalar_value.tolist() == [1]
    assert len(scan_payloads(engine, parted)[0].blob_step) == 1


def test_unpacked_and_packed_elements(engine):
    tag = delimited(1, b"a") + delimited(9, SCALARS.SerializeToString())
    for elements in (b"\x38\x07", delimited(7, b"\x07"), delimited(7, b"") + delimited(7, b"\x07")):
        payload = delimited(5, delimited(1, tag + delimited(8, b"\x08" + varint(3) + elements)))
        assert scan_payloads(engine, payload)[0].scalar_value.tolist() == [7]
