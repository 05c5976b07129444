"""Tensors as pages ask for them: whatever was logged is described, shown piece by piece, and given as a file."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

import board
from tests.board.logged import append_events
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from tests.board.web.test_blobs import steps_of
from writer import SummaryWriter
from writer.format.messages import Event

WEIGHTS = np.random.default_rng(0).normal(size=(2, 3, 100, 80)).astype("f4")


def other(
    tag: str, plugin: bytes, content: bytes = b"", strings: tuple[bytes, ...] = (), dims: tuple[int, ...] = ()
) -> bytes:
    """One value of a plugin that nobody knows; without strings a tag and nothing more."""
    event = Event(wall_time=1.7e9, step=3)
    value = event.summary.value.add(tag=tag.encode())
    value.metadata.plugin_data.plugin_name, value.metadata.plugin_data.content = plugin, content
    if strings:
        value.tensor.dtype = 7
        value.tensor.string_val.extend(strings)
        for size in dims:
            value.tensor.tensor_shape.dim.add(size=size)
    return bytes(event.SerializeToString())


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensors")
    with SummaryWriter(folder / "run") as writer:
        writer.add_tensor("weights", WEIGHTS, 0)
        writer.add_tensor("weights", WEIGHTS * 2, 1)
        writer.add_tensor("counter", np.int64(2**60 + 1), 0)
        writer.add_tensor("mixed", np.array([0.1, np.nan, -np.inf], "f4"), 0)
        writer.add_tensor("spectrum", np.array([3 + 4j], "c8"), 0)
        writer.add_tensor("flags", np.array([True, False]), 0)
    strings = (b"<b>one</b>", b"two", b"\xff\x00", b"x" * 300)
    unknown, texts = other("unknown", b"my_plugin", b"\x08\x01\xff"), other("texts", b"vocab", b"", strings, (2, 2))
    append_events(folder / "odd", [other("empty", b"markers"), unknown, texts])
    return folder


@pytest.fixture(scope="module")
def client(logdir: Path) -> Any:
    with serve_in_process(logdir) as served:
        wait_until_loaded(served)
        yield served


def asked(client: TestClient, run: str, tag: str, step: int = 0, **more: Any) -> dict[str, Any]:
    ref = steps_of(client, "tensor", run, tag)["refs"][step]
    return {"run": run, "tag": tag, "ref": ref, **more}


def described(client: TestClient, run: str, tag: str, step: int = 0, **more: Any) -> dict[str, Any]:
    answer = client.get("/api/tensor", params=asked(client, run, tag, step, **more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_tensor_is_described_and_cut(client: TestClient) -> None:
    found = described(client, "run", "weights", 1, index=[1, 2], row=10, column=70)
    assert (found["dtype"], found["shape"], found["error"]) == ("float32", [2, 3, 100, 80], None)
    assert found["statistics"]["mean"] == pytest.approx(float((WEIGHTS * 2).astype("f8").mean()))
    piece = found["piece"]
    assert (piece["row"], piece["column"], piece["rows"], piece["columns"]) == (10, 70, 100, 80)
    assert np.array_equal(np.array(piece["values"], "f4"), (WEIGHTS * 2)[1, 2, 10:74, 70:])
    heat = described(client, "run", "weights", form="heat")["piece"]
    sent = np.frombuffer(base64.b64decode(heat["heat"]["bdata"]), f"<{heat['heat']['dtype']}").reshape(100, 80)
    assert np.array_equal(sent, WEIGHTS[0, 0])
    too_far = client.get("/api/tensor", params=asked(client, "run", "weights", index=[2]))
    assert too_far.status_code == 400


def test_every_number_has_the_digits_of_its_type(client: TestClient) -> None:
    assert described(client, "run", "mixed")["piece"]["values"] == [[0.1], ["NaN"], ["-Infinity"]]
    assert described(client, "run", "mixed")["statistics"]["least"] == pytest.approx(0.1)
    assert described(client, "run", "counter")["piece"]["values"] == [[str(2**60 + 1)]]
    assert described(client, "run", "counter")["statistics"]["greatest"] == str(2**60 + 1)
    assert described(client, "run", "spectrum")["piece"]["values"] == [["3+4j"]]
    assert described(client, "run", "flags")["piece"]["values"] == [[True], [False]]


def test_what_no_page_is_for_is_described_all_the_same(client: TestClient) -> None:
    empty = described(client, "odd", "empty")
    assert (empty["encoding"], empty["size"], empty["error"]) == ("none", 0, None)
    unknown = described(client, "odd", "unknown")
    assert (unknown["plugin"], unknown["size"], unknown["head"]) == ("my_plugin", 3, "08 01 ff")
    texts = described(client, "odd", "texts", form="heat")  # which texts have none
    assert (texts["plugin"], texts["dtype"], texts["shape"]) == ("vocab", "string", [2, 2])
    assert texts["piece"]["values"][0] == ["<b>one</b>", "two"]
    assert len(texts["piece"]["values"][1][1]) == 200
    assert texts["statistics"]["longest"] == 300


def test_files_are_what_was_logged(client: TestClient) -> None:
    def file(run: str, tag: str, step: int = 0) -> tuple[str, bytes]:
        answer = client.get("/api/tensor_file", params=asked(client, run, tag, step))
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        return answer.headers["x-file-suffix"], answer.content

    suffix, data = file("run", "weights", 1)
    assert suffix == ".npy"
    assert np.array_equal(np.load(io.BytesIO(data), allow_pickle=False), WEIGHTS * 2)
    assert file("odd", "unknown") == (".bin", b"\x08\x01\xff")
    assert file("odd", "texts")[0] == ".json"
    refused = client.get("/api/tensor_file", params={**asked(client, "run", "weights"), "kind": "image"})
    assert refused.status_code == 400


def test_python_has_them_too(logdir: Path) -> None:
    tensors = board.open(logdir, cache=False)["run"].tensors
    assert sorted(tensors) == ["counter", "flags", "mixed", "spectrum", "weights"]
    assert np.array_equal(tensors["weights"][-1].value, WEIGHTS * 2)
