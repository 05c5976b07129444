"""What runs are chosen by, as pages ask for it."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.served import wait_until
from tests.board.web.conftest import serve_in_process, wait_until_loaded


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("choosing")
    configs = [{"lr": 0.1, "text": "x" * 300, "list": list(range(30)), "nan": math.nan}, {"lr": 0.2, "big": 2**60}, {}]
    for at, config in enumerate(configs):
        values = [3.0, 1.0 + at, 2.0, math.nan if at == 2 else 1.5]
        append_events(root / f"run{at}", [scalar("val/loss", i, value) for i, value in enumerate(values)])
        (root / f"run{at}/config.json").write_text(json.dumps(config))
    with serve_in_process(root, state=str(tmp_path_factory.mktemp("state"))) as client:
        wait_until_loaded(client)
        yield client


def test_hparams_are_listed_short_and_told_whole(client: TestClient) -> None:
    names = {one["name"]: one for one in client.get("/api/hparams").json()["names"]}
    assert names["lr"] == {"name": "lr", "runs": 2, "distinct": 2, "kind": "number", "low": 0.1, "high": 0.2}
    assert names["text"]["kind"] == "text"
    runs = {run["name"]: run for run in client.get("/api/runs?hparams=1").json()["runs"]}
    assert runs["run0"]["hparams"] == {
        "lr": 0.1,
        "text": {"text": "x" * 200, "length": 300},
        "list": {"list": list(range(20)), "length": 30},
        "nan": {"number": "NaN"},
    }
    assert runs["run1"]["hparams"]["big"] == {"number": str(2**60)}
    assert runs["run2"]["hparams"] == {}
    assert "hparams" not in client.get("/api/runs").json()["runs"][0]
    whole = client.get("/api/hparams/run", params={"run": "run0", "name": "text"}).json()
    assert whole["hparams"] == {"text": "x" * 300}
    assert whole["sources"] == {"text": "config.json"}
    assert client.get("/api/hparams/run", params={"run": "run0", "name": "no"}).status_code == 404
    assert client.get("/api/hparams/values?name=lr").json()["values"] == [0.1, 0.2]


def test_queries(client: TestClient) -> None:
    def ask(query: str) -> dict[str, object]:
        answer: dict[str, object] = client.post("/api/query", json={"query": query}).json()
        return answer

    assert ask("lr < 0.15")["runs"] == ["run0"]
    assert ask("")["runs"] is None
    assert ask("run[12]")["runs"] == ["run1", "run2"]
    assert ask("lr <")["error"] == {"message": "expected a value after <, column 5", "column": 5}
    assert ask("nope > 1")["note"] == "no run has nope"
    found = client.post("/api/query/complete", json={"query": "val", "cursor": 3}).json()
    assert found == {
        "from": 0,
        "to": 3,
        "options": [{"text": "val/loss", "kind": "metric", "note": "last value, 3 runs"}],
    }
    assert client.post("/api/query", json={"query": "x" * 5000}).status_code == 400


def test_one_scalar_of_every_run(client: TestClient) -> None:
    answer = client.get("/api/metric", params={"tag": "val/loss", "of": "best"}).json()
    assert answer["less_is_better"] is True
    assert dict(zip(answer["runs"], answer["values"], strict=True)) == {"run0": 1.0, "run1": 1.5, "run2": 2.0}
    answer = client.get("/api/metric", params={"tag": "val/loss"}).json()
    assert answer["values"][answer["runs"].index("run2")] == "NaN"


def test_groups(client: TestClient) -> None:
    answer = client.post("/api/groups", json={"by": "hparam", "name": "lr"}).json()
    assert [(group["name"], group["runs"], group["value"]) for group in answer["groups"]] == [
        ("0.1", ["run0"], 0.1),
        ("0.2", ["run1"], 0.2),
    ]
    assert client.post("/api/groups", json={"by": "regex", "name": "("}).json()["error"]["column"] == 1
    assert client.post("/api/groups", json={"by": "colour"}).status_code == 400


def test_notices_come_by_themselves(client: TestClient) -> None:
    def found() -> list[dict[str, object]]:
        answer = client.get("/api/notices").json()
        assert len(answer["rules"]) == 5
        notices: list[dict[str, object]] = answer["notices"]
        return notices

    (notice,) = wait_until(found, "the notice of a NaN")
    assert (notice["rule"], notice["run"], notice["tag"], notice["step"]) == ("nonfinite", "run2", "val/loss", "3")
    assert client.post("/api/query", json={"query": "notice = nonfinite"}).json()["runs"] == ["run2"]


def test_what_a_person_chose_of_a_run_is_listed_and_found(client: TestClient) -> None:
    chosen = {"runs": ["run1"], "colour": "#00ff00", "tags": ["baseline"], "star": True, "title": "Mine"}
    assert client.post("/api/runs/choose", json=chosen).status_code == 200
    run = client.get("/api/runs").json()["runs"][1]
    assert (run["colour"], run["tags"], run["star"], run["title"]) == ("#00ff00", ["baseline"], True, "Mine")
    assert client.post("/api/query", json={"query": "tag = baseline and lr > 0"}).json()["runs"] == ["run1"]
    assert client.post("/api/runs/choose", json={"runs": ["run1"], "colour": None}).status_code == 200
    assert client.get("/api/runs").json()["runs"][1]["colour"] is None
    assert client.post("/api/runs/choose", json={"runs": ["none"], "star": True}).status_code == 404
    assert client.post("/api/runs/choose", json={"runs": ["run1"], "colour": "red"}).status_code == 400


def test_views_and_short_links(client: TestClient) -> None:
    view = {"name": "Best", "page": "scalars", "query": "?show=a#b&x=\r\nSet-Cookie: a"}
    id_ = client.post("/api/views", json=view).json()["id"]
    answer = client.get(f"/v/{id_}", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == "../scalars?show=a%23b&x=%0D%0ASet-Cookie:%20a"
    assert "set-cookie" not in answer.headers
    assert [one["name"] for one in client.get("/api/views").json()["views"]] == ["Best"]
    assert client.post("/api/views/rename", json={"id": id_, "name": "Better"}).status_code == 200
    assert client.post("/api/views/delete", json={"id": id_}).status_code == 200
    assert client.get(f"/v/{id_}", follow_redirects=False).status_code == 404
    assert client.get("/v/../../etc", follow_redirects=False).status_code == 404


def test_a_board_that_keeps_nothing_says_so(tmp_path: Path) -> None:
    with serve_in_process(tmp_path) as client:
        assert client.get("/api/state").json() == {"kept": False, "where": "", "reason": "no place was given"}
        answer = client.post("/api/views", json={"page": "scalars", "query": ""})
        assert (answer.status_code, answer.json()) == (503, {"error": "Nothing is kept: no place was given."})
        assert client.get("/api/views").json() == {"kept": False, "reason": "no place was given", "views": []}
