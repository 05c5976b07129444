"""Regexes over tags: right where TensorBoard's are, harmless where JavaScript's and Python's hang."""

import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.web.conftest import serve_in_process, wait_until_loaded

TAGS = ["train/loss", "train/acc", "val/Loss", "a" * 5_000 + "!", "lr(0)", "<b>", "größe"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    logdir: Path = tmp_path_factory.mktemp("tags")
    append_events(logdir / "run", [scalar(tag, 0, 1.0) for tag in TAGS])
    client = serve_in_process(logdir)
    with client:
        wait_until_loaded(client)
        return client


def found(client: TestClient, pattern: str) -> list[str]:
    answer = client.get("/api/tags/match", params={"kind": "scalar", "pattern": pattern}).json()
    assert answer["error"] is None
    return list(answer["tags"])


@pytest.mark.parametrize(
    ("pattern", "tags"),
    [
        ("^train/", ["train/acc", "train/loss"]),
        ("loss|acc", ["train/acc", "train/loss", "val/Loss"]),
        ("L.ss$", ["val/Loss"]),
        (r"lr\(\d\)", ["lr(0)"]),
        ("gr.ße", ["größe"]),
        ("nothing", []),
    ],
)
def test_patterns_find_tags(client: TestClient, pattern: str, tags: list[str]) -> None:
    assert found(client, pattern) == tags


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*a){20}$", "(x+x+)+y", "(a?){200}a{200}$"])
def test_no_pattern_hangs(client: TestClient, pattern: str) -> None:
    began = time.monotonic()
    found(client, pattern)
    assert time.monotonic() - began < 2  # an engine that backtracks takes longer than the sun lasts


@pytest.mark.parametrize("pattern", ["lr(", "[", "a**{", "(?<=a)b", "(a{1000}){1000}", "\\"])
def test_what_is_no_regex_is_said(client: TestClient, pattern: str) -> None:
    answer = client.get("/api/tags/match", params={"kind": "scalar", "pattern": pattern}).json()
    assert answer["tags"] == []
    assert answer["error"].startswith("Not a regex, ")


def test_a_pattern_has_a_bound(client: TestClient) -> None:
    ask = "/api/tags/match"
    assert client.get(ask, params={"kind": "scalar", "pattern": "a" * 1_000}).status_code == 200
    assert client.get(ask, params={"kind": "scalar", "pattern": "a" * 1_001}).status_code in (400, 422)
    assert client.get(ask, params={"kind": "nonsense", "pattern": "a"}).status_code in (400, 422)
