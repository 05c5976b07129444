"""Maps a part of a file into memory without keeping a descriptor for it, as Python's own ``mmap`` does."""

import ctypes
import mmap
import os
import threading
import weakref
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mapping", "map_file"]

_MOST = 16_384  # Linux allows a process 65,530 in all

Ints = NDArray[np.int64]


class _Count:
    """How many there are."""

    value = 0
    lock = threading.Lock()

    @classmethod
    def take(cls) -> bool:
        """Whether there may be one more, which is then counted."""
        with cls.lock:
            if cls.value >= _MOST:
                return False
            cls.value += 1
            return True

    @classmethod
    def give(cls) -> None:
        """Count one less. Takes no lock: the garbage collector calls it, perhaps in the middle of ``take``."""
        cls.value -= 1


class Mapping:
    """Some bytes of a file in memory, read-only. They stay there as long as any array of them is used."""

    __slots__ = ("__array_interface__", "__weakref__", "_address", "_length", "_start")

    def __init__(self, address: int, length: int, start: int) -> None:
        """Take what the system has mapped; ``start`` is its offset in the file."""
        # https://numpy.org/doc/stable/reference/arrays.interface.html: arrays made of it keep this object.
        self.__array_interface__ = {"data": (address, True), "shape": (length,), "typestr": "|u1", "version": 3}
        self._address = address
        self._length = length
        self._start = start

    def words(self, offset: int, rows: int) -> Ints:
        """Return so many words, little-endian, that begin at this offset of the file."""
        low = offset - self._start
        if low < 0 or low + 8 * rows > self._length:
            raise ValueError(f"{rows} words at {offset} do not lie in what is mapped")
        found: Ints = np.asarray(self)[low : low + 8 * rows].view("<i8")
        return found

    def give_back(self) -> None:
        """Let the system take the memory; what is looked at again comes again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            _libc().madvise(self._address, self._length, mmap.MADV_DONTNEED)


def map_file(descriptor: int, start: int = 0) -> Mapping | None:
    """Map an open file from about ``start`` to its end; None where the system does not, or there are very many."""
    start = start // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
    length = os.fstat(descriptor).st_size - start
    if length <= 0 or not _Count.take():
        return None
    address = _libc().mmap(None, length, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, start)
    if address in (None, ctypes.c_void_p(-1).value):
        _Count.give()
        return None
    mapping = Mapping(address, length, start)
    # Not at the end of the process: threads may still be looking at it.
    weakref.finalize(mapping, _unmap, address, length).atexit = False
    return mapping


def _unmap(address: int, length: int) -> None:
    _libc().munmap(address, length)
    _Count.give()


@cache
def _libc() -> Any:
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_ssize_t,  # off_t: as wide as a pointer wherever this runs
    ]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return libc
