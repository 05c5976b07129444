"""The one buffer that a reading thread reuses for every file."""

__all__ = ["READ_BYTES", "ReadBuffer"]

READ_BYTES = 2 << 20


class ReadBuffer:
    """Two mebibytes; more only while a record that lies in its file as a whole is larger."""

    def __init__(self, size: int = READ_BYTES) -> None:
        self.bytes = bytearray(size)
        self._usual = size

    def __len__(self) -> int:
        return len(self.bytes)

    def grow(self, size: int, keep: int) -> None:
        """Make room for ``size`` bytes and a little of what follows; the first ``keep`` bytes stay."""
        larger = bytearray(size + self._usual)
        larger[:keep] = memoryview(self.bytes)[:keep]
        self.bytes = larger

    def shrink(self) -> None:
        """Give back what a large record needed; what was in the buffer is lost."""
        if len(self.bytes) > self._usual:
            self.bytes = bytearray(self._usual)
