"""Memory for copies of arrays, used again and touched beforehand: fresh pages cost 0.4 ms a MiB, used ones 0.03."""

import bisect
import contextlib
import mmap
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from writer.errors import WriterError

__all__ = ["Buffers", "HeldArray"]

_PAGE_BYTES = 4096
_SMALL_BYTES = 1 << 16  # below it the C library has used memory at hand
_SHORT_BYTES = 2 << 20
_AHEAD_BYTES = 4 << 20
_TOUCH_BYTES = 1 << 20
_WIPE_ON_FORK = 18  # MADV_WIPEONFORK, which Python does not name


class Readable(Protocol):
    """What gives an array later."""

    def read(self) -> NDArray[Any]:
        """Wait for it."""


class HeldArray:
    """An array as it was when it was taken, until ``release``.

    Attributes:
        size: What it keeps in memory, bytes.
    """

    __slots__ = ("_convert", "_layout", "_place", "_source", "size")

    def __init__(
        self,
        source: "NDArray[np.uint8] | Readable",
        size: int,
        layout: "tuple[np.dtype[Any], tuple[int, ...], list[int] | None] | None" = None,
        place: "tuple[Buffers, NDArray[np.uint8], int, int] | None" = None,
    ) -> None:
        """Hold a copy.

        Args:
            source: The bytes, or what reads the array.
            size: As the class says.
            layout: Of the bytes: dtype, shape, and where the axes lie in the array if not in that order.
            place: Where the bytes are to be given back: buffers, their memory, begin and end.
        """
        self.size = size
        self._source: NDArray[np.uint8] | Readable | None = source
        self._layout = layout
        self._place = place
        self._convert: Callable[[NDArray[Any]], NDArray[Any]] | None = None

    def read(self) -> NDArray[Any]:
        """The array, valid until ``release``; waits for an accelerator."""
        source = self._source
        if source is None:
            raise WriterError("the array was released")
        if not isinstance(source, np.ndarray):
            return source.read()
        if self._layout is None:
            return source
        dtype, shape, order = self._layout
        array: NDArray[Any] = source.view(dtype).reshape(shape)
        if order is not None:
            array = array.transpose(np.argsort(order))
        return array if self._convert is None else self._convert(array)

    def convert_with(self, convert: "Callable[[NDArray[Any]], NDArray[Any]]") -> Self:
        """Let ``read`` turn the copy into what was meant: so the caller need not wait for that."""
        self._convert = convert
        return self

    def release(self) -> None:
        """Give the memory back for the next array."""
        place, self._place = self._place, None
        self._source = None
        if place is not None:
            place[0].give(*place[1:])

    def __del__(self) -> None:
        """Release what was dropped on its way."""
        self.release()


class Buffers:
    """One stretch of memory, given out from its beginning on: what was used last is in the processor's cache.

    Any thread may call.
    """

    def __init__(self, limit_bytes: int) -> None:
        """Reserve addresses for so many bytes; pages come when they are touched."""
        self._limit = limit_bytes // _PAGE_BYTES * _PAGE_BYTES
        self.forget()

    def forget(self) -> None:
        """Begin again, in a forked child."""
        self._lock = threading.RLock()  # a signal handler may log, too
        self._memory: NDArray[np.uint8] | None = None
        self._free = [(0, self._limit)] if self._limit else []  # begin and end, in order; neighbours are joined
        self._returned: deque[tuple[NDArray[np.uint8], int, int]] = deque()
        self._high = 0  # the end of what was ever given out
        self._touched = 0  # pages up to here exist

    @property
    def free_bytes(self) -> int:
        """How much of what was ever given out is free."""
        with self._lock:
            self._join_returned()
            return sum(max(0, min(end, self._high) - start) for start, end in self._free)

    def copy(self, array: NDArray[Any]) -> HeldArray:
        """Copy an array of any strides, in the order in which it lies in memory."""
        nbytes = array.nbytes
        place = None
        if nbytes >= _SMALL_BYTES:
            place = self._take(nbytes)
        memory = np.empty(nbytes, np.uint8) if place is None else place[1][place[2] : place[2] + nbytes]
        dtype, shape, order = array.dtype, array.shape, None
        if not array.flags.c_contiguous:
            # Widest stride first: a transposed image is then copied in long runs.
            strides = array.strides
            order = sorted(range(array.ndim), key=lambda axis: -abs(strides[axis]))
            array = array.transpose(order)
            shape = array.shape
        if array.flags.c_contiguous:
            flat = array.reshape(-1).view(np.uint8)
            if nbytes <= _SHORT_BYTES:
                memory.data[:] = flat.data  # to let the GIL go, and wait for it again, would take longer
            else:
                np.copyto(memory, flat)
        else:
            np.copyto(memory.view(dtype).reshape(shape), array)
        return HeldArray(memory, nbytes, (dtype, shape, order), place)

    def give(self, memory: NDArray[np.uint8], start: int, end: int) -> None:
        """Take memory back. Takes no lock: the garbage collector may call it at any moment."""
        self._returned.append((memory, start, end))

    def touch_ahead(self) -> None:
        """Make pages for twice as much as was ever needed, on a thread that has time."""
        while True:
            with self._lock:
                memory = self._memory
                begin = self._touched = max(self._touched, self._high)
                end = min(2 * self._high + _AHEAD_BYTES, begin + _TOUCH_BYTES, self._limit)
                if memory is None or begin >= end:
                    return
                # Nobody is given these pages meanwhile: all behind `_high` is free, in one piece.
                start, limit = self._free.pop()
                self._free += [(start, begin)] * (start < begin) + [(end, limit)] * (end < limit)
            memory[begin:end].fill(0)  # lets the GIL go
            with self._lock:
                self._touched = end
                self._insert(begin, end)

    def _take(self, nbytes: int) -> "tuple[Buffers, NDArray[np.uint8], int, int] | None":
        size = (nbytes + _PAGE_BYTES - 1) // _PAGE_BYTES * _PAGE_BYTES
        with self._lock:
            if self._memory is None:
                self._memory = _reserve(self._limit)
                if self._memory is None:
                    return None
            self._join_returned()
            for index, (start, end) in enumerate(self._free):
                if end - start >= size:
                    middle = start + size
                    if middle == end:
                        del self._free[index]
                    else:
                        self._free[index] = (middle, end)
                    if middle > self._high:
                        self._high = middle
                    return self, self._memory, start, middle
        return None

    def _join_returned(self) -> None:
        while self._returned:
            memory, start, end = self._returned.popleft()
            if memory is self._memory:  # else a parent's, from before a fork
                self._insert(start, end)

    def _insert(self, start: int, end: int) -> None:
        index = bisect.bisect(self._free, (start, end))
        if index < len(self._free) and self._free[index][0] == end:
            end = self._free.pop(index)[1]
        if index and self._free[index - 1][1] == start:
            index -= 1
            start = self._free.pop(index)[0]
        self._free.insert(index, (start, end))


def _reserve(size: int) -> "NDArray[np.uint8] | None":
    """Addresses without pages; None where there are none to be had."""
    try:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, ValueError):  # ValueError: of no bytes
        return None
    # A child then does not share these pages: each of ours that is written first would have to be copied.
    with contextlib.suppress(OSError, AttributeError):  # macOS, old Linux
        memory.madvise(_WIPE_ON_FORK)
    return np.frombuffer(memory, np.uint8)
