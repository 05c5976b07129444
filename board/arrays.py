"""Pictures, clips and videos as numpy arrays, through Pillow and PyAV where they are installed."""

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.errors import MalformedValueError, MissingExtraError
from board.wav import parse_wav, read_samples

__all__ = ["picture_array", "sound_array", "video_array"]


def picture_array(data: bytes) -> NDArray[np.uint8]:
    """Decode a picture: uint8 (height, width, channels), an animated one (frames, height, width, channels).

    Channels are 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA); an animation has 3 or 4.

    Raises:
        MissingExtraError: Pillow is not installed. MalformedValueError: it cannot be decoded, or is too large.
    """
    try:
        from PIL import Image, ImageSequence  # late: the board works without it
    except ImportError as error:
        raise MissingExtraError("A picture as an array", "Pillow", "media") from error
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if getattr(image, "n_frames", 1) > 1:
                mode = "RGBA" if image.has_transparency_data and image.format != "GIF" else "RGB"
                return np.stack([np.asarray(frame.convert(mode)) for frame in ImageSequence.Iterator(image)])
            mode = image.mode
            if mode not in ("L", "LA", "RGB", "RGBA"):
                mode = "RGBA" if image.has_transparency_data else "L" if mode in ("1", "I;16", "I", "F") else "RGB"
            pixels = np.asarray(image.convert(mode))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MalformedValueError(f"the picture cannot be decoded: {error}") from error
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def sound_array(data: bytes) -> NDArray[np.float32]:
    """Decode a clip: float32 (samples, channels), from -1 to 1. WAV needs no package, all else PyAV.

    Raises:
        MissingExtraError: PyAV is needed and not installed. MalformedValueError: it cannot be decoded.
    """
    wav = parse_wav(data)
    samples = read_samples(data, wav) if wav else None
    if samples is not None:
        return samples
    av = _import_av("A clip that is no plain WAV as an array")
    try:
        with av.open(io.BytesIO(data)) as container:
            resampler = av.AudioResampler(format="fltp")
            frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
            parts = [made.to_ndarray() for made in (*frames, *resampler.resample(None))]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MalformedValueError(f"the clip cannot be decoded: {error}") from error
    if not parts:
        raise MalformedValueError("the clip holds no sound")
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T, np.float32)


def video_array(data: bytes) -> NDArray[np.uint8]:
    """Decode a video: uint8 (frames, height, width, 3).

    Raises:
        MissingExtraError: PyAV is not installed. MalformedValueError: it cannot be decoded.
    """
    av = _import_av("A video as an array")
    try:
        with av.open(io.BytesIO(data)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MalformedValueError(f"the video cannot be decoded: {error}") from error
    if not frames:
        raise MalformedValueError("the video holds no frame")
    return np.stack(frames)


def _import_av(what: str) -> Any:
    try:
        import av  # late: the board works without it
    except ImportError as error:
        raise MissingExtraError(what, "PyAV", "video") from error
    return av
