"""Makes large logdirs fast: what a training loop would have written, a million scalars a second and more.

The records of scalars with equally long tags and steps are equally long, so they are built as one table of bytes, and
their checksums column by column: a CRC is linear, so each byte adds its own share to it.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from writer.format.messages import EndMarker, Event, PluginContent, Summary, WriterRecord
from writer.format.records import HEADER_BYTES, OWN_PLUGIN, encode_record

__all__ = ["START", "tag_names", "write_finished_run", "write_images", "write_scalars"]

START = 1.7e9  # wall_time of the first event, seconds since the epoch
_BLOCK_ROWS = 1 << 16
_LONGEST = 128  # bytes of a payload of a scalar
_FILE = "events.out.tfevents.1700000000.bench"


def tag_names(count: int) -> list[str]:
    """Tags of one length."""
    return [f"train/metric_{i:02d}" for i in range(count)]


def write_scalars(folder: Path, tags: Sequence[str], steps: int, seed: int = 0) -> int:
    """Write one run, each tag's scalar at each step; returns the file's size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).standard_normal((len(tags), steps)).cumsum(axis=1).astype("<f4")
    version = Event(wall_time=START, file_version=b"brain.Event:2").SerializeToString()
    with (folder / _FILE).open("wb") as file:
        file.write(encode_record(version))
        first = 0
        while first < steps:
            same_length = 1 << 7 * _varint_bytes(first)  # up to here a step's number takes as many bytes
            last = min(steps, same_length, first + max(1, _BLOCK_ROWS // len(tags)))
            file.write(_scalar_records(tags, first, values[:, first:last]).tobytes())
            first = last
        return file.tell()


def write_images(folder: Path, count: int, image_bytes: int) -> int:
    """Write one run of images that nothing can compress, none of which is a picture; returns the file's size."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    with (folder / _FILE).open("wb") as file:
        for step in range(count):
            image = Summary.Image(height=512, width=512, colorspace=4, encoded_image_string=rng.bytes(image_bytes))
            value = Summary.Value(tag=b"samples", image=image)
            event = Event(wall_time=START + step, step=step, summary=Summary(value=[value]))
            file.write(encode_record(event.SerializeToString()))
        file.flush()
        os.fsync(file.fileno())  # pages that are not on the disk yet cannot be dropped from the cache
        return file.tell()


def write_finished_run(folder: Path, tags: Sequence[str], steps: int, seed: int = 0) -> int:
    """Write one small run as our writer leaves it: with who wrote it, and an end marker; returns the file's size."""
    opening = PluginContent(
        writer=WriterRecord(uuid=os.urandom(16), world_size=1, host=b"bench", start_wall_time=START)
    )
    ending = PluginContent(end=EndMarker(status=1, written=len(tags) * steps))
    size = write_scalars(folder, tags, steps, seed)
    path = folder / _FILE
    data = path.read_bytes()
    version = HEADER_BYTES + int.from_bytes(data[:8], "little") + 4
    own = [_own_record(b"_trainboard_/writer", opening), _own_record(b"_trainboard_/end", ending)]
    path.write_bytes(data[:version] + own[0] + data[version:] + own[1])
    return size + sum(map(len, own))


def _own_record(tag: bytes, content: PluginContent) -> bytes:
    value = Summary.Value(tag=tag)
    value.metadata.plugin_data.plugin_name = OWN_PLUGIN
    value.metadata.plugin_data.content = content.SerializeToString()
    return encode_record(Event(wall_time=START, summary=Summary(value=[value])).SerializeToString())


def _scalar_records(tags: Sequence[str], first: int, values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Records (step, tag, bytes) of the values (tag, step), whose steps from ``first`` on are varints of one length."""
    steps = np.arange(first, first + values.shape[1])
    varint = _varint_bytes(first)
    tag_bytes = np.array([list(tag.encode()) for tag in tags], np.uint8)
    width = tag_bytes.shape[1]
    value_bytes = 2 + width + 5
    payload_bytes = 10 + varint + 4 + value_bytes
    records = np.empty((len(steps), len(tags), HEADER_BYTES + payload_bytes + 4), np.uint8)
    records[..., :HEADER_BYTES] = np.frombuffer(encode_record(bytes(payload_bytes))[:HEADER_BYTES], np.uint8)
    payload = records[..., HEADER_BYTES:-4]
    payload[..., 0] = 0x09  # wall_time
    payload[..., 1:9] = (START + steps * 1e-2).astype("<f8").view(np.uint8).reshape(-1, 1, 8)
    payload[..., 9] = 0x10  # step
    for i in range(varint):
        payload[..., 10 + i] = (steps >> 7 * i & 0x7F | (0x80 if i < varint - 1 else 0)).reshape(-1, 1)
    at = 10 + varint
    payload[..., at : at + 4] = (0x2A, value_bytes + 2, 0x0A, value_bytes)  # summary, value
    payload[..., at + 4 : at + 6] = (0x0A, width)
    payload[..., at + 6 : at + 6 + width] = tag_bytes
    payload[..., at + 6 + width] = 0x15  # simple_value
    payload[..., at + 7 + width :] = np.ascontiguousarray(values.T).view(np.uint8).reshape(len(steps), len(tags), 4)
    records[..., -4:] = _masked_crcs(payload)[..., None].view(np.uint8)
    return records


def _varint_bytes(number: int) -> int:
    return max(1, -(-number.bit_length() // 7))


def _masked_crcs(payload: NDArray[np.uint8]) -> NDArray[np.uint32]:
    length = payload.shape[-1]
    crc = np.full(payload.shape[:-1], google_crc32c.value(bytes(length)), np.uint32)
    for i in range(length):
        crc ^= _SHARES[length - 1 - i][payload[..., i]]
    return ((crc >> 15) | (crc << 17)) + np.uint32(0xA282EAD8)


# _SHARES[k][byte]: what a byte with k bytes behind it adds to the CRC-32C of as many zeros.
_SHARES = np.array(
    [
        [google_crc32c.value(bytes([byte]) + bytes(k)) ^ google_crc32c.value(bytes(k + 1)) for byte in range(256)]
        for k in range(_LONGEST)
    ],
    np.uint32,
)
