"""Videos as animated GIFs, which TensorBoard shows as images, and as WebM, which it does not know."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import UnsupportedValueError
from writer.format.messages import Summary, TensorProto
from writer.gif import encode_gif
from writer.media import scale
from writer.summaries import LargeValue
from writer.webm import encode_webm

__all__ = ["VIDEO_PREFIX", "iter_frames", "video_value", "webm_value"]

VIDEO_PREFIX = "_video_/"  # + tag: a tag must be unique in a run across all plugins
_VIDEO_PLUGIN = b"trainboard_video"
_DT_STRING = 7


def video_value(tag: bytes, videos: NDArray[Any], *, fps: float) -> LargeValue:
    """Make a value with an animated GIF, in the image field as in torch's writer.

    Args:
        tag: As it stands in the file.
        videos: As ``iter_frames`` takes them.
        fps: Frames a second; a GIF counts hundredths of a second, and holds 50 at most.

    Raises:
        UnsupportedValueError: Shape, channels or ``fps`` make no video.
        MissingPackageError: Pillow is not installed.
    """
    gif = encode_gif(iter_frames(videos), _rate(fps))
    count, _, _, height, width = videos.shape
    rows, columns = _count_cells(count)
    image = Summary.Image(height=rows * height, width=columns * width, colorspace=3)
    return LargeValue(Summary.Value(tag=tag, image=image), "encoded_image_string", gif)


def webm_value(tag: bytes, videos: NDArray[Any], *, fps: float) -> LargeValue:
    """Make a value with a WebM file (VP9), which every browser plays, for a plugin of our own.

    The tensor holds two strings, the content type and the file; the plugin's content is JSON: version, width, height,
    frames, fps.

    Args:
        tag: As it stands in the file.
        videos: As ``iter_frames`` takes them.
        fps: Frames a second.

    Raises:
        UnsupportedValueError: As ``video_value``.
        MissingPackageError: PyAV is not installed.
        OSError: The process that encodes could not.
    """
    frames, rate = iter_frames(videos), _rate(fps)
    count, time, _, height, width = videos.shape
    rows, columns = _count_cells(count)
    height, width = rows * height, columns * width
    tensor = TensorProto(dtype=_DT_STRING, string_val=[b"video/webm"])
    tensor.tensor_shape.dim.add(size=2)
    made = Summary.Value(tag=tag, tensor=tensor)
    made.metadata.plugin_data.plugin_name = _VIDEO_PLUGIN
    facts = {"version": 1, "width": width, "height": height, "frames": time, "fps": rate}
    made.metadata.plugin_data.content = json.dumps(facts, separators=(",", ":")).encode()
    return LargeValue(made, "string_val", [encode_webm(frames, time, height, width, rate)])


def iter_frames(videos: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    """Lay a batch of videos out side by side, as torch's writer does: filled up to a power of two with black.

    Args:
        videos: Of shape (batch, time, channels, height, width), 1 (grey) or 3 (RGB) channels. uint8 is taken as 0 to
            255, every other dtype as 0 to 1.

    Returns:
        For each time uint8 of shape (height, width, 3); one after the other, as giving a large array back holds the
        GIL.

    Raises:
        UnsupportedValueError: Dimensions or channels are not so.
    """
    if videos.ndim != 5 or not videos.size:
        raise UnsupportedValueError(f"videos have the shape (N, T, C, H, W), not {videos.shape}")
    channels = videos.shape[2]
    if channels not in (1, 3):
        raise UnsupportedValueError(f"a video has 1 or 3 channels, not {channels}")
    return (_lay_out(videos[:, time]) for time in range(videos.shape[1]))


def _lay_out(images: NDArray[Any]) -> NDArray[np.uint8]:
    count, _, height, width = images.shape
    rows, columns = _count_cells(count)
    frame = np.zeros((rows * height, columns * width, 3), np.uint8)
    for number, image in enumerate(images):
        top, left = number // columns * height, number % columns * width
        frame[top : top + height, left : left + width] = scale(image).transpose(1, 2, 0)
    return frame


def _count_cells(count: int) -> tuple[int, int]:
    rows = 1 << (count.bit_length() - 1) // 2
    return rows, (1 << (count - 1).bit_length()) // rows


def _rate(fps: float) -> float:
    rate = float(fps)
    if not 0 < rate < 1000:
        raise UnsupportedValueError(f"a video has some frames a second, not {fps}")
    return rate
