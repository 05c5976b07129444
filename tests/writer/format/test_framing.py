"""Frames and checksums, against known vectors and TensorBoard's own writer."""

import io
import struct

import google_crc32c
import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from writer.format import records
from writer.format.compiled import load_compiled

FILE_VERSION = bytes.fromhex("0900008038 99d6d7411a0d".replace(" ", "")) + b"brain.Event:2"


@pytest.mark.parametrize(
    ("data", "masked"),
    [(struct.pack("<Q", 24), 0x224B7FA3), (FILE_VERSION, 0xAB364B12), (bytes(8), 0x07980329)],
)
def test_masked_crc32c_vectors(data, masked):
    assert records.masked_crc32c(data) == masked
    assert records.masked_crc32c(bytearray(data)) == masked
    assert records.masked_crc32c(memoryview(b"x" + data)[1:]) == masked


def test_check_value_of_the_polynomial():
    rotated = (records.masked_crc32c(b"123456789") - 0xA282EAD8) & 0xFFFFFFFF
    assert ((rotated >> 17) | (rotated << 15)) & 0xFFFFFFFF == 0xE3069283


@pytest.mark.parametrize("payload", [b"", b"x", FILE_VERSION, bytes(range(256)) * 40])
def test_a_record_is_what_tensorboard_writes(payload):
    theirs = io.BytesIO()
    RecordWriter(theirs).write(payload)
    assert records.encode_record(payload) == theirs.getvalue()
    assert records.encode_record(memoryview(payload)) == theirs.getvalue()
    assert len(theirs.getvalue()) == records.HEADER_BYTES + len(payload) + records.FOOTER_BYTES


@pytest.mark.parametrize("by_table", [False, True])
def test_the_compiled_checksums_agree_at_every_length_and_alignment(by_table):
    compiled, reason = load_compiled("writer.format._records")
    if compiled is None:
        pytest.skip(reason)
    data = bytes((i * 73 + i // 7) & 255 for i in range(400))
    for begin in range(9):
        for end in range(begin, 300):
            piece = data[begin:end]
            assert compiled.crc32c_of(memoryview(data)[begin:end], by_table) == google_crc32c.value(piece)
    large = bytes(i * i * 31 >> 7 & 255 for i in range(40_000))  # long enough for three lanes side by side
    for begin in range(9):
        for length in (6143, 6144, 6145, 6151, 6152, 12_287, 12_288, 18_431, 18_440, 39_990):
            piece = large[begin : begin + length]
            assert compiled.crc32c_of(piece, by_table) == google_crc32c.value(piece)
