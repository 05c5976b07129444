"""How other writers encode values, beyond what the reference logs have: each as the events of one run.

Other languages' writers set fewer fields, or write them in another order; older TensorFlow had other forms; protobuf
allows packed and unpacked numbers, unknown fields and messages in pieces.
"""

import struct
from collections.abc import Sequence
from typing import Any

from tests.writer.format.scans import delimited, metadata, varint
from writer.format.messages import Event

__all__ = ["ENCODINGS"]

FLOAT, DOUBLE, INT32, STRING, INT64, BOOL, HALF = 1, 2, 3, 7, 9, 10, 19
VERSION = Event(wall_time=1e9, file_version=b"brain.Event:2").SerializeToString()


def event(*values: dict[str, Any], step: int = 1, **more: Any) -> bytes:
    message = Event(step=step, wall_time=1e9 + step, **more)
    for value in values:
        message.summary.value.add(**{"tag": b"t", **value})
    return bytes(message.SerializeToString())


def raw(value: bytes, step: int = 1) -> bytes:
    """An event around the bytes of one value, its fields from the last to the first."""
    summary = delimited(5, delimited(1, value + delimited(1, b"t")))
    return summary + b"\x10" + varint(step) + b"\x09" + struct.pack("<d", 1e9 + step)


def tensor(dtype: int, shape: Sequence[int] = (), **fields: Any) -> dict[str, Any]:
    return {"dtype": dtype, "tensor_shape": {"dim": [{"size": size} for size in shape]}, **fields}


def of(plugin: bytes, tensor: dict[str, Any], content: bytes = b"") -> dict[str, Any]:
    return {"metadata": metadata(plugin, content), "tensor": tensor}


def raw_tensor(plugin: bytes, *fields: bytes, step: int = 1) -> bytes:
    meta = delimited(9, metadata(plugin).SerializeToString())
    return raw(b"".join(delimited(8, part) for part in fields) + meta, step)


SCALARS = b"scalars"
F = struct.Struct("<f").pack
PNG = b"\x89PNG\r\n\x1a\n...."

ENCODINGS: dict[str, list[bytes]] = {
    "simple values, fields in any order": [raw(b"\x15" + F(step), step) for step in range(3)],
    "simple values with a display name": [
        event({"simple_value": 0.5, "metadata": {"display_name": b"Loss", "summary_description": b"*how bad*"}}),
        event({"simple_value": 0.25}, step=2),
    ],
    "simple values with the scalars plugin": [event({"simple_value": 1, "metadata": metadata(SCALARS)})],
    "many values in one event": [event(*[{"tag": b"t%d" % i, "simple_value": i} for i in range(9)])],
    "the older name of a node beside the tag": [event({"simple_value": 1, "node_name": b"node/t"})],
    "who wrote it in each event": [event({"simple_value": 1}, source_metadata={"writer": b"somebody"})],
    "an unpacked float": [raw_tensor(SCALARS, b"\x08\x01", b"\x2d" + F(1.5))],
    "a packed float": [raw_tensor(SCALARS, b"\x08\x01", delimited(5, F(1.5)))],
    "a packed float, and an empty pack": [raw_tensor(SCALARS, b"\x08\x01" + delimited(5, b"") + delimited(5, F(1.5)))],
    "a tensor in pieces": [raw_tensor(SCALARS, delimited(5, F(2.5)), b"\x08\x01", delimited(2, b""))],
    "an unpacked int64": [raw_tensor(SCALARS, b"\x08\x09\x50" + varint(-7))],
    "an unpacked bool": [raw_tensor(SCALARS, b"\x08\x0a\x58\x01")],
    "numbers of every type": [
        event(of(SCALARS, tensor(FLOAT, tensor_content=F(0.1))), step=1),
        event({"tensor": tensor(DOUBLE, double_val=[0.1])}, step=2),
        event({"tensor": tensor(INT32, int_val=[-3])}, step=3),
        event({"tensor": tensor(INT64, [1], int64_val=[1 << 40])}, step=4),
        event({"tensor": tensor(BOOL, [1, 1], bool_val=[True])}, step=5),
        event({"tensor": tensor(HALF, half_val=[0x3E00])}, step=6),
        event({"tensor": tensor(6, tensor_content=b"\xff")}, step=7),
    ],
    "extreme steps and times": [
        event({"simple_value": 1}, step=-(1 << 53)), event({"simple_value": 2}, step=(1 << 53) - 1),
    ],
    "values that are not finite": [event({"simple_value": value}) for value in (float("inf"), float("nan"), 1e-45)],
    "text of rank 0, 1 and 2": [
        event(of(b"text", tensor(STRING, string_val=[b"*a*"]))),
        event(of(b"text", tensor(STRING, [2], string_val=[b"a", "\u00e9".encode()])), step=2),
        event(of(b"text", tensor(STRING, [2, 2], string_val=[b"a", b"b", b"c", b""])), step=3),
    ],
    "text, one for all cells": [event(of(b"text", tensor(STRING, [2, 3], string_val=[b"same"])))],
    "text with its metadata in the first event only": [
        event(of(b"text", tensor(STRING, [1], string_val=[b"a"]))),
        event({"tensor": tensor(STRING, [1], string_val=[b"b"])}, step=2),
    ],
    "an image of the older form": [
        event({"image": {"width": 3, "height": 2, "colorspace": 4, "encoded_image_string": PNG}}),
        event({"image": {"encoded_image_string": PNG}}, step=2),
    ],
    "several images in one tensor": [
        event(of(b"images", tensor(STRING, [4], string_val=[b"3", b"2", PNG, PNG + b"2"]))),
    ],
    "no image at all": [event(of(b"images", tensor(STRING, [2], string_val=[b"3", b"2"])))],
    "audio of the older form": [
        event({"audio": {"sample_rate": 8000, "num_channels": 1, "encoded_audio_string": b"RIFF",
                         "content_type": b"audio/mp3"}}),
    ],
    "audio without labels": [event(of(b"audio", tensor(STRING, [2], string_val=[b"one", b"two"])))],
    "audio with labels": [event(of(b"audio", tensor(STRING, [2, 2], string_val=[b"one", b"label", b"two", b""])))],
    "audio with labels in a column of one": [event(of(b"audio", tensor(STRING, [2, 1], string_val=[b"one", b"two"])))],
    "audio with several labels each": [
        event(of(b"audio", tensor(STRING, [2, 3], string_val=[b"one", b"a", b"b", b"two", b"c", b"d"]))),
    ],
    "histograms of the older form": [
        event({"histo": {"min": -1, "max": 2, "num": 3, "bucket_limit": [-1e308, -0.5, 0, 1, 2, 1e308],
                         "bucket": [0, 1, 0, 1, 1, 0]}}),
        event({"histo": {"min": 5, "max": 5, "bucket_limit": [5, 1.7e308], "bucket": [0, 7]}}, step=2),
        event({"histo": {}}, step=3),
    ],
    "histograms with unpacked buckets": [raw(delimited(5, b"".join([
        b"\x09", struct.pack("<d", 1), b"\x11", struct.pack("<d", 2),
        b"\x31", struct.pack("<d", 1.5), b"\x31", struct.pack("<d", 2), b"\x39", struct.pack("<d", 3),
        b"\x39", struct.pack("<d", 4)])))],
    "histograms of the newer form": [
        event(of(b"histograms", tensor(DOUBLE, [2, 3], double_val=[0, 1, 2, 1, 2, 3]))),
        event(of(b"histograms", tensor(FLOAT, [1, 3], tensor_content=F(0) + F(1) + F(5))), step=2),
        event(of(b"histograms", tensor(FLOAT, [0, 3])), step=3),
    ],
    "a precision-recall curve": [event(of(b"pr_curves", tensor(FLOAT, [6, 2], float_val=range(12)), b"\x10\x02"))],
    "a mesh": [event(of(b"mesh", tensor(FLOAT, [1, 2, 3], tensor_content=F(1) * 6), b"\x12\x01t"))],
    "hparams": [event({"tag": b"_hparams_/session_end_info", "metadata": metadata(b"hparams", b"\x22\x02\x08\x01")})],
    "hparams with a tensor": [event(of(b"hparams", tensor(FLOAT, [0]), b"\x22\x02\x08\x01"))],
    "a layout of custom scalars": [event({"tag": b"custom_scalars__config__",
                                          **of(b"custom_scalars", tensor(STRING, string_val=[b"\x12\x00"]))})],
    "an unknown plugin": [event(of(b"somebodys", tensor(DOUBLE, [2, 2], double_val=[1, 2, 3, 4]), b"\xff"))],
    "an unknown plugin's strings": [event(of(b"somebodys", tensor(STRING, [2], string_val=[b"a", b"\xff"])))],
    "complex numbers": [event(of(b"somebodys", tensor(8, [2], scomplex_val=[1, 2, 3, 4])))],
    "quantised numbers": [
        event(of(b"somebodys", tensor(dtype, [2], int_val=[1, 100]))) for dtype in (11, 12, 13, 15, 16)
    ],
    "unsigned and short numbers": [
        event(of(b"somebodys", tensor(dtype, [3], int_val=[1, 2, 100]))) for dtype in (3, 4, 5, 6, 17)
    ],
    "one number for all elements": [event(of(b"somebodys", tensor(DOUBLE, [2, 3], double_val=[1.5])))],
    "a log message, which nobody reads": [event({"simple_value": 1}), delimited(6, b"\x12\x05hello")],
    "sessions that are checked and stopped": [
        event({"simple_value": 1}), Event(step=1, session_log={"status": 3}).SerializeToString(),
        Event(step=1, session_log={"status": 2}).SerializeToString(),
    ],
}  # fmt: skip
ENCODINGS = {name: [VERSION, *events] for name, events in ENCODINGS.items()}
ENCODINGS["no version at first"] = [event({"simple_value": step}, step=step) for step in range(3)]
