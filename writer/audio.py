"""Sound clips as WAV files: 16 bits, one channel, as in torch's writer."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer import process
from writer.errors import UnsupportedValueError
from writer.format.messages import Summary

__all__ = ["audio_value"]

_LARGEST = np.iinfo(np.int16).max


def audio_value(tag: bytes, samples: NDArray[Any], *, sample_rate: float) -> Any:
    """Make a ``Summary.Value`` with a WAV file.

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
    with process.importing:
        import wave  # late: few need it
    file = io.BytesIO()
    with wave.open(file, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(rate)
        clip.writeframes(channel.astype("<i2", copy=False).tobytes())
    audio = Summary.Audio(
        sample_rate=float(sample_rate),
        num_channels=1,
        length_frames=channel.size,
        encoded_audio_string=file.getvalue(),
        content_type=b"audio/wav",
    )
    return Summary.Value(tag=tag, audio=audio)
