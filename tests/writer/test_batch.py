"""Records wait in the buffers that they came in, and a write that stops anywhere leaves whole ones."""

import os
from pathlib import Path

import pytest

from writer.batch import Batch
from writer.format.framing import encode_record

RECORDS = [encode_record(bytes([number]) * size) for number, size in enumerate((0, 3, 40_000, 100, 70_000, 5))]


def fill(batch: Batch) -> None:
    """Add all records, a large one in parts and a small one as an encoder does."""
    for record in RECORDS[:-2]:
        batch.append(record)
    batch.append_parts([RECORDS[-2][:50], memoryview(RECORDS[-2])[50:69_000], bytearray(RECORDS[-2][69_000:])])
    batch.open_tail().extend(RECORDS[-1])
    batch.took(1, len(RECORDS[-1]))


@pytest.mark.parametrize("piece", [1000, 65_536, 1 << 30])
def test_what_is_written_piece_by_piece_is_all(tmp_path: Path, piece: int) -> None:
    batch, whole = Batch(), b"".join(RECORDS)
    fill(batch)
    assert (batch.count, batch.size) == (len(RECORDS), len(whole))
    fd = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    done = 0
    while done < batch.size:
        done += os.writev(fd, [b"".join(batch.next_buffers(done))[:piece]])
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == whole


def test_whole_records_are_dropped_wherever_a_write_stops() -> None:
    whole = b"".join(RECORDS)
    ends = [len(b"".join(RECORDS[:count])) for count in range(len(RECORDS) + 1)]
    for done in sorted({0, 1, *ends, *(end + 1 for end in ends[:-1]), *(end - 1 for end in ends[1:])}):
        batch = Batch()
        fill(batch)
        count = max(number for number, end in enumerate(ends) if end <= done)
        assert batch.drop_written(done) == (count, whole[: ends[count]])
        assert (batch.count, batch.size) == (len(RECORDS) - count, len(whole) - ends[count])
        batch.append(RECORDS[0])
        assert b"".join(batch.take()) == whole[ends[count] :] + RECORDS[0]
        assert (batch.count, batch.size, batch.take()) == (0, 0, [])


def test_many_buffers_are_handed_over_in_turns() -> None:
    batch = Batch()
    large = encode_record(bytes(1 << 15))
    for _ in range(1200):
        batch.append(large)
    buffers = batch.next_buffers(0)
    assert len(buffers) < 1024  # IOV_MAX
    assert batch.next_buffers(len(large) * len(buffers) + 1)[0] == large[1:]
