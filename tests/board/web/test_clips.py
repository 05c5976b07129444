"""Sounds and videos over HTTP: their types by their bytes, what their headers say, labels that are clean."""

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from board.web.clip_types import MAX_BYTES, OTHER, ClipType, is_too_large, sniff_clip
from tests.board.logged import append_events
from tests.board.sounds import RATE, audio_event, encoded, string_event, tone, wav_file
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from tests.board.web.test_blobs import SANDBOX, series, steps_of
from writer import SummaryWriter


def test_every_sound_of_every_writer_opens(corpus: TestClient) -> None:
    found = series("audio")
    assert len(found) >= 5
    for run, tag, facts in found:
        steps = steps_of(corpus, "audio", run, tag)
        assert len(steps["refs"]) == facts["count"]
        asked = {"kind": "audio", "run": run, "tag": tag, "ref": steps["refs"][-1]}
        (clip,) = corpus.get("/api/clip_info", params=asked).json()["clips"]
        assert (clip["type"], clip["sample_rate"], clip["channels"]) == ("audio/wav", 8000, 1)
        assert clip["duration"] > 0
        answer = corpus.get("/api/clip", params=asked)
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.headers["content-security-policy"] == SANDBOX
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"].startswith("private")
        assert len(answer.content) == clip["bytes"]
        assert corpus.get("/api/clip", params={**asked, "index": 1}).status_code == 404
        assert corpus.get("/api/clip", params={**asked, "kind": "image"}).status_code == 400


@pytest.mark.parametrize("data", [b"<svg onload=alert(1)>", b"<!doctype html><script>alert(1)</script>", b"", b"\xff"])
@pytest.mark.parametrize("claimed", ["text/html", "image/svg+xml", "audio/wav"])
def test_what_is_no_sound_is_only_ever_saved(tmp_path: Path, data: bytes, claimed: str) -> None:
    append_events(tmp_path / "a", [audio_event("x", 1, data, claimed)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        asked = {"kind": "audio", "run": "a", "tag": "x", "ref": steps_of(client, "audio", "a", "x")["refs"][0]}
        answer = client.get("/api/clip", params=asked)
        assert answer.headers["content-type"] == OTHER
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"] == SANDBOX
        assert client.get("/api/clip_info", params=asked).json()["clips"][0]["type"] == OTHER


def test_several_clips_of_one_step_and_their_labels(tmp_path: Path) -> None:
    rows = [[wav_file(tone(0.1 * n)), f"**clip {n}** <img src=x onerror=alert(1)>".encode()] for n in (1, 2, 3)]
    append_events(tmp_path / "a", [string_event("x", 1, "audio", rows)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        asked = {"kind": "audio", "run": "a", "tag": "x", "ref": steps_of(client, "audio", "a", "x")["refs"][0]}
        clips = client.get("/api/clip_info", params=asked).json()["clips"]
        assert [clip["duration"] for clip in clips] == pytest.approx([0.1, 0.2, 0.3])
        assert "<strong>clip 2</strong>" in clips[1]["label_html"]
        assert "<img" not in clips[1]["label_html"]
        for index, (data, _) in enumerate(rows):
            assert client.get("/api/clip", params={**asked, "index": index}).content == data
        saved = client.get("/api/clip", params={**asked, "download": 1})
        assert (saved.content, saved.headers["content-type"]) == (rows[0][0], OTHER)


def test_a_video_beside_its_gif(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    with SummaryWriter(tmp_path / "a") as log:
        for step in (1, 2):
            log.add_video("clip", np.full((1, 3, 1, 16, 16), step / 3), step, fps=10, webm=True)
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        (tag,) = client.get("/api/tags", params={"kind": "video"}).json()["tags"]
        assert (tag["tag"], tag["points"]) == ("_video_/clip", 2)
        assert [tag["tag"] for tag in client.get("/api/tags", params={"kind": "image"}).json()["tags"]] == ["clip"]
        assert client.get("/api/tags", params={"kind": "tensor"}).json()["tags"] == []
        for ref in steps_of(client, "video", "a", "_video_/clip")["refs"]:
            asked = {"kind": "video", "run": "a", "tag": "_video_/clip", "ref": ref}
            (clip,) = client.get("/api/clip_info", params=asked).json()["clips"]
            assert (clip["type"], clip["fps"]) == ("video/webm", 10)
            assert client.get("/api/clip", params=asked).headers["content-type"] == "video/webm"
        assert 'href="video"' in client.get("/scalars").text


@pytest.mark.parametrize(
    ("container", "codec", "rate", "expected"),
    [
        ("flac", "flac", RATE, ClipType("audio/flac", RATE, 1, 0.5)),
        ("ogg", "libopus", 48_000, ClipType("audio/ogg", 48_000, 1, 0.5)),
        ("mp3", "libmp3lame", RATE, ClipType("audio/mpeg")),
        ("adts", "aac", RATE, ClipType("audio/aac")),
        ("mp4", "aac", RATE, ClipType("audio/mp4")),
        ("webm", "libopus", 48_000, ClipType("audio/webm")),
    ],
)
def test_types_by_content(container: str, codec: str, rate: int, expected: ClipType) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    data = encoded(tone(0.5), container, codec, rate)
    found = sniff_clip(data, "audio")
    assert found[:3] == expected[:3]
    assert found.duration == (None if expected.duration is None else pytest.approx(expected.duration, abs=0.03))
    for end in range(0, 80, 7):
        sniff_clip(data[:end], "audio")
        sniff_clip(data[:end], "video")


def test_what_would_choke_a_browser_is_refused(tmp_path: Path) -> None:
    head = bytearray(b"fLaC\x00\x00\x00\x22" + bytes(34))
    head[18:26] = (16_000 << 44 | 0 << 41 | 15 << 36 | (1 << 36) - 1).to_bytes(8, "big")  # 50 days in 42 bytes
    assert is_too_large(sniff_clip(bytes(head), "audio"), len(head))
    assert is_too_large(ClipType("video/webm"), MAX_BYTES + 1)
    assert not is_too_large(ClipType("audio/wav", 48_000, 2, 600), 230 << 18)
    append_events(tmp_path / "a", [audio_event("x", 1, bytes(head))])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        asked = {"kind": "audio", "run": "a", "tag": "x", "ref": steps_of(client, "audio", "a", "x")["refs"][0]}
        answer = client.get("/api/clip", params=asked)
        assert (answer.status_code, answer.json()["bytes"]) == (413, len(head))
        assert client.get("/api/clip_info", params=asked).json()["clips"][0]["too_large"]
        assert client.get("/api/clip", params={**asked, "download": 1}).content == bytes(head)
