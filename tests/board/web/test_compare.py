"""Runs side by side as the page asks for them."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.web.conftest import serve_in_process, wait_until_loaded

HOSTILE = "</script><img src=x onerror=alert(1)>&amp;"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("compare")
    for at, name in enumerate(("a", "b")):
        for seed in range(3):
            folder = root / f"{name}/seed{seed}"
            values = [0.1, 0.5 + at / 10 + seed / 100]
            start = 1.7e9 + 1000 * at + seed
            append_events(folder, [scalar("val/acc", i, value, start + i) for i, value in enumerate(values)])
            config = {
                "lr": 0.1 + at,
                "text": "\n".join("xyz"[at:] * 9),
                "nan": math.nan,
                "seed": seed,
                "list": list(range(100, 180 + at))[at:],
            }
            (folder / "config.json").write_text(json.dumps(config))
    append_events(root / HOSTILE, [scalar(HOSTILE, 0, math.nan), scalar(HOSTILE, 1, 1.0)])
    for i in range(9):
        append_events(root / f"many/run{i}", [scalar("x", 0, 1.0, 1.9e9 + i)])
    with serve_in_process(root, state=str(tmp_path_factory.mktemp("state"))) as client:
        wait_until_loaded(client)
        yield client


RUNS = [f"{name}/seed{seed}" for name in "ab" for seed in range(3)]


def ask(client: TestClient, path: str = "", **question: Any) -> dict[str, Any]:
    answer = client.post(f"/api/compare{path}", json={"runs": RUNS, **question})
    found: dict[str, Any] = answer.json()
    assert answer.status_code == 200, found
    return found


def test_columns_verdict_settings_and_facts(client: TestClient) -> None:
    found = ask(client)
    assert [(one["name"], one["label"], len(one["runs"])) for one in found["columns"]] == [("a", "a", 3), ("b", "b", 3)]
    assert found["headline"] == "b is better than a: val/acc 0.6100 against 0.5100, +0.100."
    assert (found["judge"], found["measure"], found["judgement"]) == ("val/acc", "best", "better")
    assert [(one["name"], one["differs"]) for one in found["settings"]] == [
        ("lr", True),
        ("text", True),
        ("list", True),
        ("nan", False),
        ("seed", False),
    ]
    assert found["settings"][0]["values"] == [[0.1], [1.1]]
    assert found["settings"][3]["values"] == [[{"number": "NaN"}], [{"number": "NaN"}]]
    assert found["facts"]["a/seed0"]["steps"] == 2
    assert (found["tags"], found["alone"]) == (["val/acc"], 0)


def test_the_baseline_is_the_one_that_is_asked_for_or_kept(client: TestClient) -> None:
    assert ask(client, baseline="b/seed1")["columns"][0]["name"] == "b"
    assert ask(client, baseline="nowhere")["columns"][0]["name"] == "a"
    assert client.post("/api/runs/choose", json={"runs": ["b/seed2"], "baseline": True}).status_code == 200
    assert ask(client)["columns"][0]["name"] == "b"
    assert ask(client, baseline="a/seed0")["columns"][0]["name"] == "a"
    client.post("/api/runs/choose", json={"runs": ["b/seed2"], "baseline": False})


def test_a_title_stands_in_the_sentences(client: TestClient) -> None:
    client.post("/api/runs/choose", json={"runs": ["a/seed0"], "title": "the old one"})
    found = ask(client, runs=["a/seed0", "b/seed0"])
    assert found["columns"][0]["label"] == "the old one"
    assert found["headline"].endswith("more than the old one; whether that is more than chance cannot be told.")
    client.post("/api/runs/choose", json={"runs": ["a/seed0"], "title": ""})


def test_metrics(client: TestClient) -> None:
    (metric,) = ask(client, "/metrics", tags=["val/acc"])["metrics"]
    assert (metric["direction"], metric["steps"]) == (1, ["0", "1"])
    base, other = metric["cells"]["last"]
    assert base["difference"] is None
    assert other["values"] == pytest.approx([0.6, 0.61, 0.62])
    assert other["difference"]["delta"] == pytest.approx(0.1)
    assert other["difference"]["low"] < 0.1 < other["difference"]["high"]
    assert other["judgement"] == "better"
    assert metric["cells"]["area"][0]["mean"] == pytest.approx(0.305)
    (nothing,) = ask(client, "/metrics", tags=["no such tag"])["metrics"]
    assert nothing["cells"]["best"][0] == {
        "values": [None] * 3, "mean": None, "spread": None, "finite": 0, "difference": None, "judgement": "",
    }  # fmt: skip


def test_apart(client: TestClient) -> None:
    found = ask(client, apart=True)
    assert [one["name"] for one in found["columns"]] == RUNS
    assert found["settings"][0]["name"] == "seed" or "seed" in [one["name"] for one in found["settings"]]


def test_texts(client: TestClient) -> None:
    found = ask(client, "/text", name="text", runs=["a/seed0", "b/seed0"])
    assert not found["cut"]
    assert found["removed"] == 9
    assert {"kind": "removed", "left": 1, "right": None, "parts": [["x", False]]} in found["rows"]
    long = ask(client, "/text", name="list", runs=["a/seed0", "b/seed0"])
    assert (long["added"], long["removed"]) == (2, 2)  # of eighty values on one line
    for question in ({"name": "no", "runs": RUNS[:2]}, {"name": "text", "runs": ["no", "a/seed0"]}):
        assert client.post("/api/compare/text", json=question).status_code == 404


def test_hostile_names_come_as_they_are(client: TestClient) -> None:
    found = ask(client, runs=[HOSTILE, "a/seed0"])
    assert HOSTILE in [one["name"] for one in found["columns"]]
    (metric,) = ask(client, "/metrics", runs=[HOSTILE, "a/seed0"], tags=[HOSTILE])["metrics"]
    assert metric["tag"] == HOSTILE


@pytest.mark.parametrize(
    ("question", "status", "said"),
    [
        ({"runs": ["a/seed0", "nowhere"]}, 404, "There is no run 'nowhere'."),
        ({"runs": ["a/seed0"]}, 200, "2 to 8 columns are compared; these runs make one column."),
        ({"runs": [f"many/run{i}" for i in range(9)]}, 200, "2 to 8 columns are compared; these runs make 9 columns."),
        ({"runs": ["x"] * 201}, 400, None),
        ({"runs": []}, 400, None),
        ({"runs": RUNS, "measure": "worst"}, 400, None),
        ({"runs": RUNS, "judge": "x" * 5000}, 400, None),
        ({"runs": ["../../etc/passwd", "a/seed0"]}, 404, None),
        ({"runs": RUNS, "else": 1}, 400, None),
    ],
)
def test_what_cannot_be_compared_is_said(client: TestClient, question: Any, status: int, said: str | None) -> None:
    answer = client.post("/api/compare", json=question)
    assert answer.status_code == status, answer.json()
    assert said is None or answer.json()["error"] == said
