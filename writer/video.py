"""Videos as animated GIFs, which TensorBoard shows as images, and as WebM, which it does not know."""

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer import process
from writer.errors import MissingPackageError, UnsupportedValueError
from writer.format.messages import Summary, TensorProto
from writer.media import import_pillow, scale
from writer.summaries import LargeValue

__all__ = ["VIDEO_PREFIX", "to_frames", "video_value", "webm_value"]

VIDEO_PREFIX = "_video_/"  # + tag: a tag must be unique in a run across all plugins
_VIDEO_PLUGIN = b"trainboard_video"
_SHORTEST_MS = 20  # browsers show a shorter frame for 100 ms
_DT_STRING = 7


def video_value(tag: bytes, videos: NDArray[Any], *, fps: float) -> LargeValue:
    """Make a value with an animated GIF, in the image field as in torch's writer.

    Args:
        tag: As it stands in the file.
        videos: As ``to_frames`` takes them.
        fps: Frames a second; a GIF counts hundredths of a second, and holds 50 at most.

    Raises:
        UnsupportedValueError: Shape, channels or ``fps`` make no video.
        MissingPackageError: Pillow is not installed.
    """
    frames = to_frames(videos)
    pillow = import_pillow()
    first, *rest = (pillow.fromarray(frame) for frame in frames)
    duration_ms = max(_SHORTEST_MS, round(1000 / _rate(fps)))
    gif = io.BytesIO()
    first.save(gif, format="GIF", save_all=True, append_images=rest, duration=duration_ms, loop=0)
    _, height, width, channels = frames.shape
    image = Summary.Image(height=height, width=width, colorspace=channels)
    return LargeValue(Summary.Value(tag=tag, image=image), "encoded_image_string", [gif.getbuffer()])


def webm_value(tag: bytes, videos: NDArray[Any], *, fps: float) -> LargeValue:
    """Make a value with a WebM file (VP9), which every browser plays, for a plugin of our own.

    The tensor holds two strings, the content type and the file; the plugin's content is JSON: version, width, height,
    frames, fps.

    Args:
        tag: As it stands in the file.
        videos: As ``to_frames`` takes them.
        fps: Frames a second.

    Raises:
        UnsupportedValueError: As ``video_value``.
        MissingPackageError: PyAV is not installed.
    """
    frames = to_frames(videos)
    count, height, width, _ = frames.shape
    tensor = TensorProto(dtype=_DT_STRING, string_val=[b"video/webm"])
    tensor.tensor_shape.dim.add(size=2)
    made = Summary.Value(tag=tag, tensor=tensor)
    made.metadata.plugin_data.plugin_name = _VIDEO_PLUGIN
    facts = {"version": 1, "width": width, "height": height, "frames": count, "fps": float(fps)}
    made.metadata.plugin_data.content = json.dumps(facts, separators=(",", ":")).encode()
    return LargeValue(made, "string_val", [_encode_webm(frames, _rate(fps))])


def to_frames(videos: NDArray[Any]) -> NDArray[np.uint8]:
    """Lay a batch of videos out side by side, as torch's writer does: filled up to a power of two with black.

    Args:
        videos: Of shape (batch, time, channels, height, width), 1 (grey) or 3 (RGB) channels. uint8 is taken as 0 to
            255, every other dtype as 0 to 1.

    Returns:
        uint8 of shape (time, height, width, 3).

    Raises:
        UnsupportedValueError: Dimensions or channels are not so.
    """
    if videos.ndim != 5 or not videos.size:
        raise UnsupportedValueError(f"videos have the shape (N, T, C, H, W), not {videos.shape}")
    count, time, channels, height, width = videos.shape
    if channels not in (1, 3):
        raise UnsupportedValueError(f"a video has 1 or 3 channels, not {channels}")
    rows = 1 << (count.bit_length() - 1) // 2
    columns = (1 << (count - 1).bit_length()) // rows
    cells = np.zeros((rows * columns, time, channels, height, width), np.uint8)
    cells[:count] = scale(videos)
    grid = cells.reshape(rows, columns, time, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    frames = grid.reshape(time, rows * height, columns * width, channels)
    return np.ascontiguousarray(np.broadcast_to(frames, (*frames.shape[:3], 3)))


def _rate(fps: float) -> float:
    rate = float(fps)
    if not 0 < rate < 1000:
        raise UnsupportedValueError(f"a video has some frames a second, not {fps}")
    return rate


def _encode_webm(frames: NDArray[np.uint8], fps: float) -> memoryview:
    try:
        with process.importing:
            from fractions import Fraction  # late: it takes as long to import as five of our modules

            import av  # late: the writer works without it
    except ImportError as error:
        raise MissingPackageError("WebM needs PyAV: pip install 'trainboard[video]'") from error
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1  # the other cores are the training's
        stream.options = {"crf": "30", "b": "0", "deadline": "good", "cpu-used": "4"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return file.getbuffer()
