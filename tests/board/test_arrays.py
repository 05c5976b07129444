"""Images, sounds and videos as arrays: what was logged comes back, whoever encoded it."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import board
from board.arrays import picture_array, sound_array, video_array
from board.errors import BadRequestError, MalformedValueError, UnknownSeriesError
from board.wav import parse_wav, read_samples
from tests.board.logged import append_events
from tests.board.sounds import RATE, audio_event, encoded, string_event, tone, wav_file
from writer import SummaryWriter

CORPUS = Path(__file__).resolve().parents[1] / "corpus/logs"


def test_what_was_logged_comes_back(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 7), np.uint8)
    video = np.zeros((1, 4, 3, 32, 48), np.uint8)
    video[0, :, 1] = 200
    with SummaryWriter(tmp_path / "run") as log:
        log.add_image("image", pixels, 1)
        log.add_audio("sound", tone(0.1), 1, RATE)
        log.add_video("clip", video, 1, fps=5, webm=True)
        log.add_tensor("tensor", np.arange(6.0).reshape(2, 3), 1)
        log.add_histogram("histogram", np.arange(9.0), 1)
    run = board.open(tmp_path, cache=False)["run"]
    np.testing.assert_array_equal(run.images["image"][0].numpy(), pixels.transpose(1, 2, 0))
    sound = run.audio["sound"][0].numpy()
    assert (sound.shape, sound.dtype) == ((1600, 1), np.float32)
    np.testing.assert_allclose(sound[:, 0], tone(0.1), atol=1e-4)
    frames = run.videos["_video_/clip"][0].numpy()
    assert frames.shape == (4, 32, 48, 3)
    assert np.abs(frames[..., 1].astype(int) - 200).mean() < 8
    assert run.videos["_video_/clip"][0].value.fps == 5
    assert run.images["clip"][0].numpy().shape == (32, 48, 3)  # nothing moves, so that the GIF has one frame
    np.testing.assert_array_equal(run.tensors["tensor"][0].numpy(), np.arange(6.0).reshape(2, 3))
    assert run.histograms["histogram"][0].numpy().shape[1] == 3
    assert "_video_/clip" not in run.tensors
    with pytest.raises(UnknownSeriesError, match="no number 1"):
        run.images["image"][0].numpy(1)


def test_every_image_and_sound_of_the_reference_logs_is_an_array() -> None:
    logs = board.open(CORPUS, cache=False)
    sounds = [blob.numpy() for name in logs for series in logs[name].audio.values() for blob in series]
    images = [blob.numpy() for name in logs for series in logs[name].images.values() for blob in series[:2]]
    assert len(sounds) > 30
    assert all(sound.ndim == 2 and np.isfinite(sound).all() for sound in sounds)
    assert len(images) > 10
    assert all(image.dtype == np.uint8 and image.ndim == 3 for image in images)


def test_pictures_of_any_mode() -> None:
    for mode, channels in (("1", 1), ("L", 1), ("LA", 2), ("P", 3), ("RGB", 3), ("RGBA", 4), ("CMYK", 3)):
        file = io.BytesIO()
        Image.new(mode, (5, 3)).save(file, format="TIFF" if mode == "CMYK" else "PNG")
        assert picture_array(file.getvalue()).shape == (3, 5, channels), mode


def wide(samples: NDArray[np.float32]) -> bytes:
    """24 bits, little-endian."""
    whole = (samples.astype(np.float64) * 2**23).astype("<i4")
    return whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


@pytest.mark.parametrize(
    ("encoding", "bits", "pack", "error"),
    [
        (1, 8, lambda x: (x * 128 + 128).astype(np.uint8).tobytes(), 1 / 128),
        (1, 16, lambda x: (x * 2**15).astype("<i2").tobytes(), 2**-15),
        (1, 24, wide, 2**-22),
        (1, 32, lambda x: (x.astype(np.float64) * 2**31).astype("<i4").tobytes(), 2**-22),
        (3, 32, lambda x: x.tobytes(), 0),
        (3, 64, lambda x: x.astype("<f8").tobytes(), 0),
    ],
)
@pytest.mark.parametrize("is_extensible", [False, True])
def test_wav_files_of_every_width(encoding: int, bits: int, pack: object, error: float, is_extensible: bool) -> None:
    samples = tone(0.05)
    data = pack(samples)  # type: ignore[operator]
    shape = [2, RATE, RATE * 2 * bits // 8, 2 * bits // 8, bits]
    tag = 0xFFFE if is_extensible else encoding
    head = b"".join(
        value.to_bytes(size, "little") for value, size in zip([tag, *shape], (2, 2, 4, 4, 2, 2), strict=True)
    )
    if is_extensible:
        head += (22).to_bytes(2, "little") + bytes(6) + encoding.to_bytes(2, "little") + bytes(14)
    body = b"WAVE" + b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    body += b"fmt " + len(head).to_bytes(4, "little") + head + b"data" + (2**32 - 1).to_bytes(4, "little") + data
    file = b"RIFF" + (2**32 - 1).to_bytes(4, "little") + body  # both lengths as of a stream that was never closed
    wav = parse_wav(file)
    assert wav is not None
    found = read_samples(file, wav)
    assert found is not None
    assert found.shape == (len(samples) // 2, 2)
    np.testing.assert_allclose(found.ravel(), samples, atol=error)


@pytest.mark.parametrize("cut", [0, 4, 12, 20, 36, 43])
def test_a_wav_file_that_is_cut_is_none(cut: int) -> None:
    assert parse_wav(wav_file(tone(0.01))[:cut]) is None


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("flac", "flac", RATE), ("ogg", "libopus", 48_000), ("mp3", "libmp3lame", RATE), ("wav", "pcm_mulaw", RATE)],
)
def test_compressed_sounds(container: str, codec: str, rate: int) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    samples = sound_array(encoded(tone(0.5), container, codec, rate))
    assert samples.shape[1] == 1
    assert abs(len(samples) / rate - 0.5) < 0.1
    assert 0.4 < np.abs(samples).max() < 0.6


def test_what_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    for decode in (picture_array, sound_array, video_array):
        for data in (b"", b"<svg/>", b"OggS" + bytes(60), b"\x89PNG\r\n\x1a\n" + bytes(40)):
            with pytest.raises(MalformedValueError):
                decode(data)
    events = [
        string_event("video", 1, "trainboard_video", [[b"video/webm"]]),
        string_event("fps", 1, "trainboard_video", [[b"video/webm", b"x"]], b'{"fps": 1e999}'),
        audio_event("sound", 1, b"x"),
    ]
    append_events(tmp_path / "run", events)
    run = board.open(tmp_path, cache=False)["run"]
    with pytest.raises(MalformedValueError, match="its type and its bytes"):
        run.videos["video"][0].numpy()
    assert run.videos["fps"][0].value.fps is None
    with pytest.raises(MalformedValueError):
        run.audio["sound"][0].numpy()
    graph = board.open(CORPUS, cache=False)["torch/run_a"].graphs["__run_graph__"][0]
    with pytest.raises(BadRequestError, match="no array"):
        graph.numpy()
