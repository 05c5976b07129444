"""Sounds and videos as files of many formats, for tests; and events that hold them."""

import io
import wave
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.format.messages import Event

RATE = 16_000


def tone(seconds: float, hertz: float = 440.0) -> NDArray[np.float32]:
    """A sine at half of full scale."""
    return (np.sin(np.arange(int(seconds * RATE)) * 2 * np.pi * hertz / RATE) / 2).astype(np.float32)


def wav_file(samples: NDArray[np.float32], channels: int = 1) -> bytes:
    """16 bits, by Python's own writer."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def encoded(samples: NDArray[np.float32], container: str, codec: str, rate: int = RATE) -> bytes:
    """As FFmpeg encodes it."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = RATE
        stream.codec_context.open()
        wanted = stream.codec_context
        resampler = av.AudioResampler(
            format=wanted.format.name, layout="mono", rate=rate, frame_size=wanted.frame_size or 1024
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


def audio_event(tag: str, step: int, data: bytes, content_type: str = "audio/wav") -> bytes:
    """One Event with one clip as torch's writer logs it, whatever its bytes are."""
    event = Event(wall_time=1.7e9 + step, step=step)
    value = event.summary.value.add(tag=tag.encode())
    value.audio.encoded_audio_string = data
    value.audio.content_type = content_type.encode()
    return bytes(event.SerializeToString())


def string_event(tag: str, step: int, plugin: str, rows: list[list[bytes]], content: bytes = b"") -> bytes:
    """One Event with a tensor of strings, row by row, as TensorFlow's writer logs clips and their labels."""
    event = Event(wall_time=1.7e9 + step, step=step)
    value = event.summary.value.add(tag=tag.encode())
    value.metadata.plugin_data.plugin_name = plugin.encode()
    value.metadata.plugin_data.content = content
    value.tensor.dtype = 7
    value.tensor.tensor_shape.dim.add(size=len(rows))
    value.tensor.tensor_shape.dim.add(size=len(rows[0]))
    value.tensor.string_val.extend(string for row in rows for string in row)
    return bytes(event.SerializeToString())
