"""The run list and the tags agree with what TensorBoard reads from the same files."""

import json
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.web.conftest import CORPUS, serve_in_process, wait_until_loaded
from writer.format.messages import Event

EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS.parent / "expected.json").read_text())


def test_every_run_is_listed_with_its_facts(corpus: TestClient) -> None:
    answer = corpus.get("/api/runs").json()
    assert {run["name"] for run in answer["runs"]} == set(EXPECTED)
    assert answer["loading"] is False
    assert answer["waiting"] is None
    assert answer["logdir"] == [str(CORPUS)]
    assert sorted(run["color"] for run in answer["runs"]) == list(range(len(EXPECTED)))
    for run in answer["runs"]:
        assert run["bytes_read"] == run["bytes_total"] > 0
        assert run["state"] in ("starting", "live", "stalled", "stopped", "finished")
        assert 1.7e9 < run["start"] <= run["last"]
        assert run["problems"] == []


def test_every_scalar_tag_has_its_runs_and_points(corpus: TestClient) -> None:
    answer = corpus.get("/api/tags", params={"kind": "scalar"}).json()
    found = {(answer["runs"][i], entry["tag"]) for entry in answer["tags"] for i in entry["runs"]}
    expected = {
        (run, tag) for run, tags in EXPECTED.items() for tag, facts in tags.items() if facts.get("plugin") == "scalars"
    }
    assert found == expected
    points = sum(
        facts["count"] for tags in EXPECTED.values() for facts in tags.values() if facts.get("plugin") == "scalars"
    )
    assert sum(entry["points"] for entry in answer["tags"]) == points
    assert corpus.get("/api/counts").json()["scalar"] == len(answer["tags"])


def test_descriptions_are_rendered_and_harmless(tmp_path: Path) -> None:
    event = Event(wall_time=1.7e9, step=1)
    value = event.summary.value.add(tag=b"loss", simple_value=1.0)
    value.metadata.plugin_data.plugin_name = b"scalars"
    value.metadata.summary_description = (
        b"**bold** <img src=x onerror=alert(1)> [a](javascript:alert(1)) "
        b"[b](https://example.org) ![c](http://track.er/x)"
    )
    append_events(tmp_path / "a", [event.SerializeToString()])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        (entry,) = client.get("/api/tags?kind=scalar").json()["tags"]
        html = entry["description_html"]
        assert "<strong>bold</strong>" in html
        assert "&lt;img" in html
        assert "<img" not in html
        assert 'href="javascript' not in html
        assert '<a href="https://example.org" rel="noopener noreferrer nofollow">b</a>' in html


def test_a_wall_time_that_is_no_number_is_no_error(tmp_path: Path) -> None:
    append_events(
        tmp_path / "a", [scalar("x", 1, 0.5, float("nan")), scalar("x", 2, 0.5, float("inf"))], "events.tfevents.1"
    )
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        assert [run["name"] for run in client.get("/api/runs").json()["runs"]] == ["a"]
        text = client.get("/api/scalars.csv?run=a&tag=x").text
        assert text == "step,wall_time,value,superseded\n1,nan,0.5,0\n2,inf,0.5,0\n"


def test_problems_are_told_beside_the_run(tmp_path: Path) -> None:
    path = append_events(tmp_path / "a", [scalar("x", i, 0.5) for i in range(10)])
    data = bytearray(path.read_bytes())
    data[-20] ^= 1  # in the payload of the last record
    path.write_bytes(data)
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        (run,) = client.get("/api/runs").json()["runs"]
        assert run["points"] == 9
        (problem,) = run["problems"]
        assert problem["count"] == 1
        assert problem["code"] == "payload_crc"
        assert str(tmp_path) not in json.dumps(run)
