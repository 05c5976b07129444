"""Frames records: scalars with the compiled encoder or the plain one, all else around their payloads."""

import struct
from collections.abc import Callable
from typing import Any

from writer.format import plain_encode
from writer.format.compiled import load_compiled
from writer.format.plain_encode import BATCH
from writer.format.wire import Parts, count_bytes

__all__ = ["BATCH", "ENCODERS", "ScalarEncoder", "frame"]

ENCODERS: dict[str, Callable[[], Any]] = {"plain": plain_encode.ScalarEncoder}
_compiled, _ = load_compiled("writer.format._encode")
if _compiled is not None:
    ENCODERS["compiled"] = _compiled.ScalarEncoder
ScalarEncoder: Callable[[], Any] = (_compiled or plain_encode).ScalarEncoder
_masked_crc32c_of: Callable[[Parts], int] = (_compiled or plain_encode).masked_crc32c_of

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")


def frame(payload: Parts) -> list[bytes | bytearray | memoryview]:
    """Frame a payload that comes in parts, as ``framing.encode_record`` does one; large ones without the GIL."""
    length = _LENGTH.pack(count_bytes(payload))
    crc = _CRC.pack(_masked_crc32c_of(payload))
    return [length + _CRC.pack(_masked_crc32c_of((length,))), *payload, crc]
