"""Sound clips as WAV files: 16 bits, one channel, as in torch's writer."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import UnsupportedValueError
from writer.format.messages import Summary
from writer.summaries import LargeValue
from writer.tensors import to_parts

__all__ = ["audio_value"]

_LARGEST = np.iinfo(np.int16).max


def audio_value(tag: bytes, samples: NDArray[Any], *, sample_rate: float) -> LargeValue:
    """Make a value with a WAV file.

    Args:
        tag: As it stands in the file.
        samples: One channel, whatever dimensions of size 1 surround it. int16 is written as it is; every other dtype
            is taken as -1 to 1, clipped, with NaN as silence.
        sample_rate: Hz.

    Raises:
        UnsupportedValueError: There are several channels, or no samples.
    """
    channel = samples.reshape(-1)
    if max(samples.shape, default=1) != channel.size:
        raise UnsupportedValueError(f"one channel of sound is wanted, not an array of shape {samples.shape}")
    if not channel.size:
        raise UnsupportedValueError("a clip has samples, this one has none")
    if channel.dtype != np.int16:
        wide = channel.astype(np.promote_types(channel.dtype, np.float32))
        channel = (np.nan_to_num(wide, nan=0.0).clip(-1, 1) * _LARGEST).astype("<i2")
    rate = round(float(sample_rate))
    if not 0 < rate < 1 << 32:
        raise UnsupportedValueError(f"a sample rate is some Hz, not {sample_rate}")
    data = channel.astype("<i2", copy=False).view(np.uint8)
    # RIFF: one channel of 16 bits, uncompressed (format 1).
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + 8 + data.size, b"WAVE") + form
    parts = [head + struct.pack("<4sI", b"data", data.size), *to_parts(data)]
    audio = Summary.Audio(
        sample_rate=float(sample_rate),
        num_channels=1,
        length_frames=channel.size,
        content_type=b"audio/wav",
    )
    return LargeValue(Summary.Value(tag=tag, audio=audio), "encoded_audio_string", parts)
