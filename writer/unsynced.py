"""What was written to a file and may not be on the disk yet, kept to be written anew where the disk fails."""

from collections import deque
from collections.abc import Sequence

from writer.batch import Buffer

__all__ = ["Unsynced"]

_MOST_BYTES = 16 << 20


class Unsynced:
    """The last batches of one file: of all files together about 16 MiB.

    Attributes:
        start: The file's offset from which on everything is here.
    """

    def __init__(self) -> None:
        """Begin with an empty file."""
        self._most_bytes = _MOST_BYTES
        self.begin(0)

    def begin(self, start: int) -> None:
        """Forget everything; what is added next stands at this offset."""
        self.start = start
        self._batches: deque[tuple[int, Sequence[Buffer]]] = deque()  # offset behind it, its buffers

    def share(self, files: int) -> None:
        """Keep less, where so many files keep some."""
        self._most_bytes = _MOST_BYTES // files

    def add(self, buffers: Sequence[Buffer], end: int) -> None:
        """Keep a batch of whole records; ``end`` is the file's offset behind it. It must not change any more."""
        self._batches.append((end, buffers))
        while end - self.start > self._most_bytes:
            self._drop_first()

    def keep_after(self, offset: int) -> None:
        """Forget what stands before an offset: it is on the disk."""
        while self._batches and self._batches[0][0] <= offset:
            self._drop_first()

    def take(self) -> bytes:
        """Return all that is kept, and forget it."""
        kept = b"".join(buffer for _, buffers in self._batches for buffer in buffers)
        self.begin(self.start)
        return kept

    def _drop_first(self) -> None:
        self.start, _ = self._batches.popleft()
