"""What people keep of runs, as the pages ask for it: chosen, rendered, searched, exported, and told to everybody."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.served import BoardProcess, wait_until
from tests.board.web.conftest import serve_in_process, wait_until_loaded

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    for run in ("a", "b", "c"):
        append_events(tmp_path / "logs" / run, [scalar("loss", 0, 1.0)])
    with serve_in_process(tmp_path / "logs", state=str(tmp_path / "state.sqlite")) as client:
        wait_until_loaded(client)
        yield client


def choose(client: TestClient, *runs: str, **chosen: Any) -> None:
    answer = client.post("/api/runs/choose", json={"runs": list(runs), **chosen})
    assert answer.status_code == 200, answer.json()


def found(client: TestClient, query: str) -> list[str] | None:
    answer: dict[str, Any] = client.post("/api/query", json={"query": query}).json()
    assert answer["error"] is None, answer
    runs: list[str] | None = answer["runs"]
    return runs


def test_a_note_is_rendered_and_harmless(client: TestClient) -> None:
    choose(client, "a", note=f"**bold** {HOSTILE} [x](javascript:alert(1))", title=HOSTILE, tags=["x", HOSTILE])
    chosen = client.get("/api/runs/chosen", params={"run": "a"}).json()
    assert chosen["note"].startswith("**bold**")
    assert "<strong>bold</strong>" in chosen["note_html"]
    assert "<script" not in chosen["note_html"]
    assert "href" not in chosen["note_html"]
    assert (chosen["title"], chosen["tags"], chosen["kept"]) == (HOSTILE, [HOSTILE, "x"], True)
    row = next(run for run in client.get("/api/runs").json()["runs"] if run["name"] == "a")
    assert (row["title"], row["noted"], row["tags"]) == (HOSTILE, True, [HOSTILE, "x"])
    assert client.post("/api/note", json={"text": "*a*"}).json() == {"html": "<p><em>a</em></p>\n"}
    assert client.get("/api/runs/chosen", params={"run": "nowhere"}).status_code == 404
    assert client.get("/api/runs/chosen", params={"run": "b"}).json()["tags"] == []


def test_what_is_kept_is_searched(client: TestClient) -> None:
    choose(client, "a", "b", add_tags=["paper"])
    choose(client, "b", star=True, title="The Good One")
    choose(client, "c", archived=True)
    assert found(client, "tag = paper") == ["a", "b"]
    assert found(client, "starred") == found(client, "star = true") == ["b"]
    assert found(client, "archived") == ["c"]
    assert found(client, "not archived and tag = paper") == ["a", "b"]
    assert found(client, "good one") == ["b"]  # a title is looked for as a name is
    choose(client, "a", remove_tags=["paper"])
    assert found(client, "tag = paper") == ["b"]


def test_a_run_that_is_called_archived_is_found_by_its_name(tmp_path: Path) -> None:
    append_events(tmp_path / "archived/x", [scalar("loss", 0, 1.0)])
    append_events(tmp_path / "b", [scalar("loss", 0, 1.0)])
    with serve_in_process(tmp_path, state=str(tmp_path / "state.sqlite")) as client:
        wait_until_loaded(client)
        assert found(client, "archived") == ["archived/x"]


def test_all_of_it_goes_out_and_in_again(client: TestClient) -> None:
    choose(client, "a", title="A", note="n", tags=["t"], star=True)
    sent = client.get("/api/state/export")
    assert "attachment" in sent.headers["content-disposition"]
    state = sent.json()
    choose(client, "a", title="other", note="", tags=[], star=False)
    assert client.post("/api/state/import", json=state).json()["runs"] == 1
    chosen = client.get("/api/runs/chosen", params={"run": "a"}).json()
    assert (chosen["title"], chosen["note"], chosen["tags"], chosen["star"]) == ("A", "n", ["t"], True)
    for wrong in (
        {},
        {"format": "trainboard state"},
        {"format": "trainboard state", "layout": 99},
        {**state, "runs": [{"x": 1}]},
    ):
        assert client.post("/api/state/import", json=wrong).status_code == 400
    assert client.post("/api/state/import", json=[1]).status_code == 400
    assert client.get("/api/runs/chosen", params={"run": "a"}).json()["title"] == "A"


def test_the_logdir_is_never_touched(client: TestClient, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "logs").rglob("*")}
    choose(client, "a", "b", title="x", note="y", star=True, archived=True, tags=["z"], baseline=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "logs").rglob("*")} == before
    assert [run["name"] for run in client.get("/api/runs").json()["runs"]] == ["a", "b", "c"]


def test_two_boards_on_one_state_tell_their_pages(tmp_path: Path) -> None:
    append_events(tmp_path / "logs/a", [scalar("loss", 0, 1.0)])
    options = [str(tmp_path / "logs"), "--state", str(tmp_path / "state.sqlite")]
    with BoardProcess(options) as one, BoardProcess(options) as other:
        for board in (one, other):
            wait_until(lambda board=board: board.get("/api/counts").get("scalar"), "the first read")  # type: ignore[misc]
        boot = other.get("/api/runs")["boot"]
        stream = other.stream(f"/api/live?boot={boot}&interests=runs")
        body = json.dumps({"runs": ["a"], "title": "A colleague's"}).encode()
        headers = {"Content-Type": "application/json"}
        assert one.request("/api/runs/choose", method="POST", headers=headers, body=body)[0] == 200
        for event in stream.events():
            if event.name == "delta" and "a" in event.data["changed"]:
                break
        else:
            raise AssertionError("the stream ended")
        assert other.get("/api/runs")["runs"][0]["title"] == "A colleague's"
        stream.close()
