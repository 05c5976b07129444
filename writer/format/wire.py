"""Protobuf's wire format by hand: varints, and fields around bytes that are too large to be copied about."""

from collections.abc import Sequence

__all__ = ["Parts", "count_bytes", "enclose", "encode_varint"]

Parts = Sequence[bytes | bytearray | memoryview]  # bytes that follow one another


def encode_varint(number: int) -> bytes:
    """Encode an int64 as protobuf does: seven bits a byte, least significant first; negative ones take ten bytes.

    Raises:
        OverflowError: The number is no int64.
    """
    if not -(1 << 63) <= number < 1 << 63:
        raise OverflowError(f"{number} is outside of the 64-bit range")
    if number < 0:
        number += 1 << 64
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def count_bytes(parts: Parts) -> int:
    """Count the bytes of all parts."""
    return sum(map(len, parts))


def enclose(number: int, parts: Parts) -> list[bytes | bytearray | memoryview]:
    """Make a field of a message, a string or bytes (wire type 2) of what follows one another in ``parts``."""
    return [encode_varint(number << 3 | 2) + encode_varint(count_bytes(parts)), *parts]
