"""Images, histograms, texts and graphs of the reference logs; what a hostile log calls an image."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.board.event_files import text, version, write
from tests.board.logged import NAME, append_events, image
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from tests.board.web.test_image_types import png_header
from tests.board.web.test_pages import parse
from tests.board.web.test_runs import EXPECTED

SANDBOX = "sandbox; default-src 'none'"


def series(plugin: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (run, tag, facts)
        for run, tags in EXPECTED.items()
        for tag, facts in tags.items()
        if facts.get("plugin") == plugin
    ]


def steps_of(client: TestClient, kind: str, run: str, tag: str) -> dict[str, Any]:
    answer = client.get("/api/blobs", params={"kind": kind, "run": run, "tag": tag})
    assert answer.status_code == 200, answer.text
    steps = answer.json()
    assert isinstance(steps, dict)
    return steps


def test_every_image_of_every_writer_opens(corpus: TestClient) -> None:
    found = series("images")
    assert found
    for run, tag, facts in found:
        steps = steps_of(corpus, "image", run, tag)
        assert len(steps["refs"]) == len(steps["steps"]) == len(steps["wall_times"]) == facts["count"]
        assert (steps["steps"][0], steps["steps"][-1]) == (str(facts["first_step"]), str(facts["last_step"]))
        asked = {"run": run, "tag": tag, "ref": steps["refs"][-1]}
        described = corpus.get("/api/image_info", params=asked).json()["images"]
        assert described
        for index, facts_of_one in enumerate(described):
            answer = corpus.get("/api/image", params={**asked, "index": index})
            assert answer.headers["content-type"] == facts_of_one["type"] == "image/png"
            assert answer.headers["content-security-policy"] == SANDBOX
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cache-control"].startswith("private")
            assert "content-encoding" not in answer.headers
            assert Image.open(io.BytesIO(answer.content)).size == (facts_of_one["width"], facts_of_one["height"])
        assert corpus.get("/api/image", params={**asked, "index": len(described)}).status_code == 404
        assert corpus.get("/api/image", params={**asked, "ref": "0"}).status_code == 400


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"",
    ],
)
def test_what_is_no_picture_is_only_ever_saved(tmp_path: Path, data: bytes) -> None:
    append_events(tmp_path / "a", [image("x", 1, data)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        ref = steps_of(client, "image", "a", "x")["refs"][0]
        answer = client.get("/api/image", params={"run": "a", "tag": "x", "ref": ref})
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"] == SANDBOX
        assert answer.content == data


def test_a_bomb_is_described_not_sent(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [image("x", 1, png_header(20_000, 20_000) + b"\0" * 48_000)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        ref = steps_of(client, "image", "a", "x")["refs"][0]
        answer = client.get("/api/image", params={"run": "a", "tag": "x", "ref": ref})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/json"
        assert (answer.json()["width"], answer.json()["height"]) == (20_000, 20_000)
        (info,) = client.get("/api/image_info", params={"run": "a", "tag": "x", "ref": ref}).json()["images"]
        assert info["too_large"] is True


def test_a_file_that_is_gone_is_404(tmp_path: Path) -> None:
    path = append_events(tmp_path / "a", [image("x", 1, b"x")])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        ref = steps_of(client, "image", "a", "x")["refs"][0]
        path.unlink()
        answer = client.get("/api/image", params={"run": "a", "tag": "x", "ref": ref})
        assert answer.status_code == 404
        assert str(tmp_path) not in answer.text


def test_histograms_have_edges_and_counts(corpus: TestClient) -> None:
    for run, tag, facts in series("histograms"):
        answer = corpus.get("/api/histograms", params={"run": run, "tag": tag}).json()
        assert answer["total"] == len(answer["rows"]) == facts["count"]
        for row in answer["rows"]:
            left, right, count = (
                np.frombuffer(base64.b64decode(row[key]["bdata"])) for key in ("left", "right", "count")
            )
            assert len(left) == len(right) == len(count)
            assert (left <= right).all()


def test_texts_are_sent_as_written_and_rendered_harmless(corpus: TestClient) -> None:
    found = series("text")
    assert found
    everything = ""
    for run, tag, facts in found:
        answer = corpus.get("/api/texts", params={"run": run, "tag": tag}).json()
        assert answer["total"] == facts["count"]
        everything += "".join(html for row in answer["rows"] for html in row["html"])
    parsed = parse(everything)
    assert {"h1", "table"} <= set(parsed.tags)
    assert not {"script", "img", "iframe", "style", "form"} & set(parsed.tags)
    assert parsed.attributes <= {"href", "title", "rel"}
    assert 'href="javascript' not in everything


def test_graphs_are_listed_and_come_as_columns(corpus: TestClient) -> None:
    graphs = corpus.get("/api/graphs").json()["graphs"]
    assert {graph["run"] for graph in graphs} >= {"torch/run_a", "tf1/mnist_softmax"}
    for graph in graphs:
        asked = {key: graph[key] for key in ("run", "tag", "ref")}
        columns = corpus.get("/api/graph", params=asked).json()
        assert len(columns["node_name"]) == len(columns["node_op"]) > 0
        assert columns["group_parent"][0] == -1
        names = [columns["strings"][i] for i in columns["node_name"]]
        groups = [columns["strings"][i] for i in columns["group_name"]]
        top = [i for i, group in enumerate(columns["node_group"]) if group == 0]
        if top:
            node = corpus.get("/api/graph_node", params={**asked, "name": names[top[0]].strip("()")}).json()
            assert node["op"] == columns["strings"][columns["node_op"][top[0]]]
        assert groups[0] == ""
        assert corpus.get("/api/graph_node", params={**asked, "name": "no/such/node"}).status_code == 404


def test_a_damaged_text_hides_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "r" / NAME, version(), text("t", 1, "one"), text("t", 2, "two"))
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        data = path.read_bytes()
        path.write_bytes(data.replace(b"one", b"eno"))  # the checksum is wrong now
        rows = client.get("/api/texts", params={"run": "r", "tag": "t"}).json()["rows"]
    assert "other bytes" in rows[0]["error"]
    assert rows[1]["texts"] == ["two"]


def test_scalars_are_no_blobs(corpus: TestClient) -> None:
    answer = corpus.get("/api/blobs", params={"kind": "scalar", "run": "torch/run_a", "tag": "x"})
    assert answer.status_code == 400
