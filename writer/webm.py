"""Encodes WebM in a process of its own: a codec is opened, fed and freed with the GIL held, for milliseconds each."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer import webm_process
from writer.errors import MissingPackageError
from writer.webm_process import HEADER, LENGTH

__all__ = ["encode_webm"]


def encode_webm(frames: Iterator[NDArray[np.uint8]], count: int, height: int, width: int, fps: float) -> bytes:
    """Encode frames as VP9 in a WebM file; the caller's thread waits without the GIL.

    Args:
        frames: uint8 of shape (height, width, 3), RGB.
        count: How many they are.
        height: Pixels.
        width: Pixels.
        fps: Frames a second.

    Raises:
        MissingPackageError: PyAV is not installed.
        OSError: The process could not be started, or it could not encode them; its last words are in the message.
    """
    if importlib.util.find_spec("av") is None:
        raise MissingPackageError("WebM needs PyAV: pip install 'trainboard[video]'")
    from fractions import Fraction  # late: it takes as long to import as five of our modules

    rate = Fraction(fps).limit_denominator(1001)
    # Its folder is not searched (-P): modules of ours are named like others'. Ctrl-C is for the training alone.
    command = [sys.executable, "-P", webm_process.__file__]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process: Any  # its pipes are there
    with subprocess.Popen(command, process_group=0, **pipes) as process:  # noqa: S603 - our file, by this interpreter
        with suppress(BrokenPipeError):  # it has ended, and says why
            process.stdin.write(HEADER.pack(count, height, width, rate.numerator, rate.denominator))
            for frame in frames:
                process.stdin.write(frame.data.cast("B"))
            process.stdin.flush()
        # Lengths, not the ends of the pipes: a process forked meanwhile holds those open.
        head = process.stdout.read(LENGTH.size)
        if len(head) == LENGTH.size:
            (length,) = LENGTH.unpack(head)
            data: bytes = process.stdout.read(length)
            if len(data) == length:
                return data
        with suppress(BrokenPipeError):
            process.stdin.close()
        words = process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
    raise OSError(f"the process that encodes WebM ended: {words or process.returncode}")
