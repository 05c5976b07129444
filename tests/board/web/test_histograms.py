"""Rows of histograms as a page asks for them: every step or all of a column, over bins that runs share."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.board.web.conftest import serve_in_process, wait_until_loaded
from writer import SummaryWriter

STEPS = 100


def decode(column: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(column["bdata"]), "<" + column["dtype"]).astype(float)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    logdir = tmp_path_factory.mktemp("histograms")
    rng = np.random.default_rng(0)
    for run, shift in (("a", 0.0), ("b", 10.0)):
        with SummaryWriter(logdir / run) as writer:
            for step in range(STEPS):
                writer.add_histogram("weights", rng.normal(shift, 1 + step / 50, 500), step)
    with serve_in_process(logdir) as served:
        wait_until_loaded(served)
        yield served


def ask(client: TestClient, **chart: Any) -> dict[str, Any]:
    answer = client.post("/api/histogram_rows", json={"charts": [{"id": "c", "tag": "weights", **chart}]})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["charts"]
    assert isinstance(found, dict)
    return found


def test_runs_share_their_bins_and_each_step_is_a_row(client: TestClient) -> None:
    chart = ask(client, runs=["a", "b", "no such run"], rows=STEPS, bins=40)
    edges = decode(chart["edges"])
    assert len(edges) == 41
    assert [run["run"] for run in chart["runs"]] == ["a", "b"]
    for run, shift in zip(chart["runs"], (0, 10), strict=True):
        assert run["steps"] == [str(step) for step in range(STEPS)]
        counts = decode(run["counts"]).reshape(STEPS, 40)
        assert counts.sum(axis=1) == pytest.approx(500)
        assert (counts @ (edges[:-1] + edges[1:]) / 2 / 500).mean() == pytest.approx(shift, abs=0.3)
        assert decode(run["quantiles"]).reshape(STEPS, 9)[:, 4].mean() == pytest.approx(shift, abs=0.2)
        assert run["unreadable"] == 0


def test_of_more_steps_than_rows_some_are_picked_or_all_are_added_up(client: TestClient) -> None:
    picked = ask(client, runs=["a"], rows=7)["runs"][0]
    assert len(picked["steps"]) == 7
    assert (picked["steps"][0], picked["steps"][-1], picked["total"]) == ("0", "99", STEPS)
    assert decode(picked["merged"]).tolist() == [1] * 7
    merged = ask(client, runs=["a"], rows=7, bins=30, merge=True)["runs"][0]
    assert decode(merged["merged"]).sum() == STEPS
    assert decode(merged["numbers"]).sum() == STEPS * 500
    assert decode(merged["counts"]).sum() == pytest.approx(STEPS * 500)
    parts = decode(merged["quantiles"]).reshape(-1, 9)
    assert (np.diff(parts, axis=1) >= 0).all()


def test_a_range_and_one_step(client: TestClient) -> None:
    inside = ask(client, runs=["a"], rows=50, range=[10, 12])["runs"][0]
    assert inside["steps"] == ["10", "11", "12"]
    single = ask(client, runs=["a", "b"], single=True, range=[None, 41.5])
    assert [run["steps"] for run in single["runs"]] == [["41"], ["41"]]
    newest = ask(client, runs=["a"], single=True)["runs"][0]
    assert newest["steps"] == ["99"]
    assert ask(client, runs=["a"], single=True, range=[None, -1])["runs"][0]["steps"] == []


def test_a_damaged_histogram_hides_no_other(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        for step in range(3):
            writer.add_histogram("weights", np.arange(10.0), step)
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        (file,) = (tmp_path / "run").iterdir()
        data = bytearray(file.read_bytes())
        at = data.index(b"weights", data.index(b"weights") + 20)  # the second histogram, behind the board's back
        data[at + 60] ^= 0xFF
        file.write_bytes(data)
        run = ask(client, runs=["run"])["runs"][0]
        assert run["unreadable"] == 1
        assert decode(run["merged"]).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "wrong", [{"rows": 0}, {"bins": 10_000}, {"x": "loss"}, {"rows": 2000, "bins": 512, "runs": ["a"] * 10}]
)
def test_questions_without_sense_are_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    chart = {"id": "c", "tag": "weights", "runs": ["a"], **wrong}
    assert client.post("/api/histogram_rows", json={"charts": [chart]}).status_code in (400, 422)
