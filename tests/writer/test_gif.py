"""Animated GIFs: what Pillow reads from them, beside what Pillow itself would have written."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from writer.gif import encode_gif


def read(gif: bytes) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """Frames as they are shown, and for how long, ms."""
    with Image.open(io.BytesIO(gif)) as image:
        frames, times = [], []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
            times.append(image.info["duration"])
        assert image.info["loop"] == 0
        return frames, times


def encode(frames: list[NDArray[np.uint8]], fps: float = 5) -> bytes:
    return b"".join(encode_gif(frames, fps))


def make_film(count: int, height: int, width: int) -> list[NDArray[np.uint8]]:
    """Soft colours that move, with some noise, as a camera's."""
    y, x = np.mgrid[:height, :width] / 40
    noise = np.random.default_rng(0).normal(0, 5, (height, width, 3))
    waves = [np.stack([np.sin(x + t), np.cos(y + t), np.sin(x + y - t)], axis=-1) for t in range(count)]
    return [(wave * 100 + 128 + noise).clip(0, 255).astype(np.uint8) for wave in waves]


def measure_error(shown: list[NDArray[np.uint8]], frames: list[NDArray[np.uint8]]) -> float:
    """Peak signal to noise, dB."""
    errors = [np.square(a.astype(float) - b).mean() for a, b in zip(shown, frames, strict=True)]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def test_as_true_as_pillows_own() -> None:
    frames = make_film(5, 90, 131)
    own = io.BytesIO()
    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(own, format="GIF", save_all=True, append_images=rest, duration=200, loop=0)
    shown, times = read(encode(frames))
    assert times == [200] * 5
    assert measure_error(shown, frames) > measure_error(read(own.getvalue())[0], frames) - 0.01
    assert measure_error(shown, frames) > 27


def test_only_what_changed_is_written() -> None:
    frames = [np.full((200, 300, 3), 77, np.uint8) for _ in range(6)]
    for number, frame in enumerate(frames[1:], 1):
        frame[8 + number : 14, 290:] = number * 40
    frames[3] = frames[2].copy()
    gif = encode(frames)
    shown, times = read(gif)
    assert times == [200, 200, 400, 200, 200]
    for got, expected in zip(shown, [*frames[:3], *frames[4:]], strict=True):
        np.testing.assert_array_equal(got, expected)
    assert len(gif) < 1.5 * len(encode(frames[:1])) + 200


@pytest.mark.parametrize(("fps", "shown_ms"), [(1000 / 7, 20), (15, 70), (40, 20), (0.0001, 655_350)])
def test_delays(fps: float, shown_ms: int) -> None:
    frames = [np.full((1, 1, 3), value, np.uint8) for value in (0, 255)]
    assert read(encode(frames, fps))[1] == [shown_ms, shown_ms]


def test_stills_stay_as_long_as_their_frames() -> None:
    still = np.zeros((4, 5, 3), np.uint8)
    shown, times = read(encode([still] * 9, 3))
    assert (len(shown), times) == (1, [9 * 330])
    assert read(encode([still] * 3, 0.002))[1] == [500_000] * 3  # longer than one delay can say
