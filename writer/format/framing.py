"""One record of an event file: length, its checksum, payload, its checksum."""

import struct

import google_crc32c

__all__ = ["FOOTER_BYTES", "HEADER", "HEADER_BYTES", "LENGTH_BYTES", "encode_record", "masked_crc32c"]

LENGTH_BYTES = 8
HEADER = struct.Struct("<QI")  # payload length, masked CRC-32C of those eight bytes
HEADER_BYTES = HEADER.size
FOOTER_BYTES = 4  # masked CRC-32C of the payload

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """CRC-32C (Castagnoli), rotated and shifted as TFRecord files store it.

    Format: tensorflow/core/lib/hash/crc32c.h, "masked" so that checksums of data that holds checksums stay sound.
    """
    crc: int = google_crc32c.value(data if isinstance(data, bytes) else bytes(data))  # it takes nothing else
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def encode_record(payload: bytes | bytearray | memoryview) -> bytes:
    """Frame one payload: ``len(payload) + 16`` bytes, little-endian on every machine."""
    length = _LENGTH.pack(len(payload))
    return b"".join((length, _CRC.pack(masked_crc32c(length)), payload, _CRC.pack(masked_crc32c(payload))))
