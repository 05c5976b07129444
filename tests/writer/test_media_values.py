"""Sounds, videos, boxes, figures and texts beyond torch's class, and with values that make no sense."""

import io
import json
import math
import shutil
import sys
import threading
import wave
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.figure
import numpy as np
import pytest
import torch
from matplotlib import pyplot
from PIL import Image
from tensorboard.util import tensor_util

from tests.writer.tensorboard_reader import read_only_file, read_own, read_python, read_tags
from writer import SummaryWriter
from writer.video import iter_frames


def read_dropped(folder: Path) -> dict[str, int]:
    """Counts in the end marker of a folder's only file."""
    return {entry.tag.decode(): entry.count for entry in read_own(read_only_file(folder)[-1]).end.dropped}


def read_samples(folder: Path, tag: str) -> Any:
    """A clip's samples and rate, by Python's own reader of WAV."""
    (clip,) = read_python(folder).Audio(tag)
    with wave.open(io.BytesIO(clip.encoded_audio_string)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert clip.length_frames == file.getnframes()
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").tolist(), file.getframerate()


def test_odd_sounds(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_audio("bytes", np.array([0, -5, 32767], np.int16), 1, 16000)
        log.add_audio("odd", torch.tensor([[math.nan, math.inf, -math.inf, 0.5]]), 1)
        log.add_audio("half", torch.tensor([1.0, -1.0], dtype=torch.float16), 1)
        log.add_audio("ints", [0, 1, 7], 1)
        log.add_audio("one", 0.5, 1, 8000.4)
        log.add_audio("stereo", torch.zeros(2, 10), 1)
        log.add_audio("empty", torch.zeros(1, 0), 1)
        log.add_audio("rate", torch.zeros(1, 10), 1, 0)
        log.add_audio("rate of nan", torch.zeros(1, 10), 1, math.nan)
        log.add_audio("text", "sound", 1)
    assert read_samples(tmp_path, "bytes") == ([0, -5, 32767], 16000)
    assert read_samples(tmp_path, "odd") == ([0, 32767, -32767, 16383], 44100)
    assert read_samples(tmp_path, "half") == ([32767, -32767], 44100)
    assert read_samples(tmp_path, "ints") == ([0, 32767, 32767], 44100)
    assert read_samples(tmp_path, "one") == ([16383], 8000)
    assert set(read_dropped(tmp_path)) == {"stereo", "empty", "rate", "rate of nan", "text"}


def test_videos_stand_side_by_side_as_torchs() -> None:
    from torch.utils.tensorboard._utils import _prepare_video

    for count in range(1, 10):
        videos = np.random.default_rng(count).random((count, 3, 3, 4, 5)).astype(np.float32)
        expected = (_prepare_video(videos).astype(np.float32) * 255).clip(0, 255).astype(np.uint8)
        np.testing.assert_array_equal(np.stack(list(iter_frames(videos))), expected)


def test_a_video_is_an_animated_gif_with_its_colours_and_times(tmp_path: Path) -> None:
    frames = np.zeros((1, 3, 3, 6, 8), np.uint8)
    frames[0, 0, 0], frames[0, 1, 1], frames[0, 2, 2] = 255, 255, 255
    with SummaryWriter(tmp_path) as log:
        log.add_video("colours", frames, 3, 5)
        log.add_video("grey", torch.rand(1, 2, 1, 6, 8), 3, 1000 / 7)
        frames[:] = 0
    (point,) = read_python(tmp_path).Images("colours")
    gif = Image.open(io.BytesIO(point.encoded_image_string))
    assert (gif.n_frames, gif.size, gif.info["duration"], gif.info["loop"]) == (3, (8, 6), 200, 0)
    for number, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        gif.seek(number)
        assert gif.convert("RGB").getpixel((4, 3)) == colour
    grey = Image.open(io.BytesIO(read_python(tmp_path).Images("grey")[0].encoded_image_string))
    assert grey.info["duration"] == 20


def test_a_video_as_webm_beside_the_gif(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    ramp = torch.linspace(0, 1, 33).expand(1, 6, 3, 21, 33)
    with SummaryWriter(tmp_path) as log:
        log.add_video("clip", ramp, 3, 2.5, webm=True)
    (point,) = read_python(tmp_path).Tensors("_video_/clip")
    content_type, file = tensor_util.make_ndarray(point.tensor_proto).tolist()
    metadata = read_python(tmp_path).summary_metadata["_video_/clip"].plugin_data
    assert (content_type, metadata.plugin_name) == (b"video/webm", "trainboard_video")
    assert json.loads(metadata.content) == {"version": 1, "width": 33, "height": 21, "frames": 6, "fps": 2.5}
    with av.open(io.BytesIO(file)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert float(container.streams.video[0].average_rate) == 2.5
    assert len(frames) == 6
    assert np.abs(frames[3].astype(int) - list(iter_frames(ramp.numpy()))[3]).mean() < 8
    assert read_tags(tmp_path)["images"] == ["clip"]


def test_an_encoder_that_fails_costs_its_video_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with SummaryWriter(tmp_path) as log:
        log.add_video("clip", torch.rand(1, 8, 3, 256, 256), 3, webm=True)  # more than the pipe holds
        log.add_scalar("after", 1.0, 3)
    assert read_dropped(tmp_path) == {"_video_/clip": 1}
    assert "encodes WebM" in caplog.text
    assert read_tags(tmp_path)["images"] == ["clip"]
    assert read_tags(tmp_path)["scalars"] == ["after"]


def test_videos_that_make_no_sense_are_counted(tmp_path: Path) -> None:
    video = torch.zeros(1, 2, 3, 4, 4)
    with SummaryWriter(tmp_path) as log:
        log.add_video("four", video[0])
        log.add_video("channels", torch.zeros(1, 2, 2, 4, 4), webm=True)
        log.add_video("empty", torch.zeros(1, 0, 3, 4, 4))
        for fps in (0, -1, math.nan, math.inf, "fast", None):
            log.add_video("fps", video, fps=fps)  # type: ignore[arg-type]
    assert read_dropped(tmp_path) == {"four": 1, "channels": 1, "_video_/channels": 1, "empty": 1, "fps": 6}


def test_boxes(tmp_path: Path) -> None:
    image = np.zeros((3, 40, 50))
    box = np.array([[5, 6, 20, 30], [math.nan, 0, 1, 1]])
    with SummaryWriter(tmp_path) as log:
        log.add_image_with_boxes("box", image, box, 1)
        log.add_image_with_boxes("twice", image, box, 1, rescale=2)
        log.add_image_with_boxes("none", image, np.zeros((0, 4)), 1)
        log.add_image_with_boxes("far away", image, [[-1e9, -5, 1e9, 1e30]], 1)
        log.add_image_with_boxes("flat", image, np.zeros(4), 1)
        log.add_image_with_boxes("image", np.zeros((2, 40, 50, 7)), box, 1)
        for rescale in (0, -1, 1e9, math.nan, "large"):
            log.add_image_with_boxes("rescale", image, box, 1, rescale=rescale)  # type: ignore[arg-type]
        log.add_image_with_boxes("labels", image, box, 1, labels=5)  # type: ignore[arg-type]
    reader = read_python(tmp_path)
    points = {tag: reader.Images(tag)[0] for tag in reader.Tags()["images"]}
    assert sorted(points) == ["box", "far away", "none", "twice"]
    pixels = {tag: Image.open(io.BytesIO(point.encoded_image_string)) for tag, point in points.items()}
    assert [pixels["box"].getpixel(at) for at in ((5, 15), (12, 6), (12, 15))] == [(255, 0, 0), (255, 0, 0), (0, 0, 0)]
    assert pixels["twice"].size == (100, 80)
    assert (points["twice"].width, points["twice"].height) == (100, 80)
    assert read_dropped(tmp_path) == {"flat": 1, "image": 1, "rescale": 5, "labels": 1}


def test_figures(tmp_path: Path) -> None:
    kept, closed = pyplot.figure(), pyplot.figure()
    canvas = kept.canvas
    alone = matplotlib.figure.Figure(figsize=(1, 1))  # pyplot knows nothing of it
    broken = pyplot.figure()
    broken.text(0.5, 0.5, "$\\no such command$")
    with SummaryWriter(tmp_path) as log:
        log.add_figure("kept", kept, 1, close=False)
        log.add_figure("closed", closed, 1)
        log.add_figure("alone", alone, 1)
        log.add_figure("broken", broken, 1)
        log.add_figure("sizes", [alone, kept], 1, close=False)
        log.add_figure("empty", [], 1)
        log.add_figure("text", "figure", 1)
    assert pyplot.get_fignums() == [kept.number]
    assert kept.canvas is canvas
    pyplot.close(kept)
    assert read_tags(tmp_path) == {"images": ["alone", "closed", "kept"]}
    assert read_dropped(tmp_path) == dict.fromkeys(["broken", "sizes", "empty", "text"], 1)


def test_pictures_are_made_on_the_encoders_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    encode = Image.Image.save

    def save(self: Any, *args: Any, **kwargs: Any) -> None:
        threads.append(threading.current_thread().name)
        encode(self, *args, **kwargs)

    def compress(*args: Any) -> Any:
        threads.append(threading.current_thread().name)
        return zlib.compressobj(*args)

    monkeypatch.setattr(Image.Image, "save", save)
    monkeypatch.setattr("writer.png.zlib", SimpleNamespace(**vars(zlib) | {"compressobj": compress}))
    with SummaryWriter(tmp_path) as log:
        log.add_figure("figure", matplotlib.figure.Figure(figsize=(1, 1)), 1)
        log.add_video("video", torch.zeros(1, 2, 3, 4, 4), 1)
        log.add_image_with_boxes("boxes", np.zeros((3, 9, 9)), np.zeros((1, 4)), 1)
    assert set(threads) == {"trainboard-encoder"}
    assert len(threads) == 3


def test_texts_under_their_own_tag(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_text("note", "text", 1, plain_tag=True)
    (point,) = read_python(tmp_path).Tensors("note")
    assert tensor_util.make_ndarray(point.tensor_proto).tolist() == [b"text"]
    assert read_python(tmp_path).summary_metadata["note"].plugin_data.plugin_name == "text"


MISSING = {
    "PIL": "add_video",
    "av": "webm",
    "matplotlib.backends.backend_agg": "add_figure",
    "onnx": "add_onnx_graph",
}


@pytest.mark.parametrize("package", MISSING)
def test_a_missing_package_is_counted_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, package: str
) -> None:
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "model").touch()
    with SummaryWriter(tmp_path / "run") as log:
        for tag in ("a", "b"):
            if MISSING[package] == "add_figure":
                log.add_figure(tag, matplotlib.figure.Figure(), 1)
            elif MISSING[package] == "add_onnx_graph":
                log.add_onnx_graph(tmp_path / "model")
            else:
                log.add_video(tag, torch.zeros(1, 1, 3, 2, 2), webm=MISSING[package] == "webm")
    assert sum(read_dropped(tmp_path / "run").values()) == 2
    assert len(caplog.records) == 1
    assert "pip install" in caplog.text
