"""Framed records that wait to be written, as the buffers that they came in: nothing large is copied together."""

import itertools

from writer.format.framing import FOOTER_BYTES, HEADER_BYTES, LENGTH_BYTES
from writer.format.wire import Parts

__all__ = ["Batch", "Buffer", "count_whole"]

Buffer = bytes | bytearray | memoryview

_LARGE_BYTES = 1 << 15  # below it a copy is cheaper than one more buffer for the system
_MAX_PARTS = 512  # of one writev(2); Linux takes 1024


class Batch:
    """Whole records in order. Used by one thread.

    Attributes:
        count: Records.
        size: Their bytes.
    """

    __slots__ = ("_parts", "_tail", "count", "size")

    def __init__(self) -> None:
        """Begin without any."""
        self._tail: bytearray | None
        self.clear()

    def append(self, record: bytes) -> None:
        """Add one record."""
        self.append_parts((record,))

    def append_parts(self, parts: Parts) -> None:
        """Add one record that comes in several buffers, which nobody may change."""
        for part in parts:
            size = len(part)
            if size < _LARGE_BYTES:
                self.open_tail().extend(part)
            else:
                self._parts.append(part)
                self._tail = None
            self.size += size
        self.count += 1

    def open_tail(self) -> bytearray:
        """Give the buffer at the end, for an encoder to append to; it says with ``took`` what it did."""
        if self._tail is None:
            self._tail = bytearray()
            self._parts.append(self._tail)
        return self._tail

    def took(self, count: int, size: int) -> None:
        """Account for records that were appended to the tail."""
        self.count += count
        self.size += size

    def next_buffers(self, done: int) -> list[Buffer]:
        """Give the next buffers for ``os.writev``, behind ``done`` bytes that were written."""
        buffers: list[Buffer] = []
        for part in self._parts:
            if done >= len(part):
                done -= len(part)
                continue
            buffers.append(memoryview(part)[done:] if done else part)
            done = 0
            if len(buffers) == _MAX_PARTS:
                break
        return buffers

    def drop_written(self, done: int) -> tuple[int, bytes]:
        """Drop the records that lie wholly in the first ``done`` bytes; returns their count, and themselves."""
        data = b"".join(self._parts)
        count, whole = count_whole(data, done)
        left = self.count - count, self.size - whole
        self.clear()
        if left[1]:
            self.open_tail().extend(memoryview(data)[whole:])
            self.took(*left)
        return count, data[:whole]

    def take(self) -> list[Buffer]:
        """Give all buffers away, and begin anew."""
        parts = self._parts
        self.clear()
        return parts

    def clear(self) -> None:
        """Forget all records."""
        self._parts: list[Buffer] = []
        self._tail = None
        self.count = 0
        self.size = 0


def count_whole(records: bytes, limit: int) -> tuple[int, int]:
    """Return how many records lie wholly in the first ``limit`` bytes, and how many bytes those have."""
    whole = 0
    for count in itertools.count():  # noqa: B007
        length = int.from_bytes(records[whole : whole + LENGTH_BYTES], "little") + HEADER_BYTES + FOOTER_BYTES
        if whole + length > min(limit, len(records)):
            break
        whole += length
    return count, whole
