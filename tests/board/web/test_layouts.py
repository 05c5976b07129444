"""Custom scalars as a page asks for them: the layout with the tags it means, and bands around lines."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.board.web.conftest import serve_in_process, wait_until_loaded
from writer import SummaryWriter


def decode(column: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(column["bdata"]), "<" + column["dtype"]).astype(float)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    logdir = tmp_path_factory.mktemp("layouts")
    for run, every in (("a", 1), ("b", 2)):
        with SummaryWriter(logdir / run) as writer:
            writer.add_custom_scalars(
                {"losses": {"both": ["Multiline", ["loss/.*", "(?=x)"]], "band": ["Margin", ["mid", "low", "high"]]}}
            )
            for step in range(10):
                writer.add_scalar("loss/train", step, step)
                writer.add_scalar("mid", step, step)
                if step % every == 0:
                    writer.add_scalar("low", step - 1, step)
                    writer.add_scalar("high", step + 2, step)
            for i in range(70):
                writer.add_scalar(f"loss/{i}", 0, 0)
    with SummaryWriter(logdir / "c") as writer:
        writer.add_scalar("mid", 1, 0)
        writer.add_scalar("mid", 1, 1)
    with serve_in_process(logdir) as served:
        wait_until_loaded(served)
        yield served


def test_a_chart_has_the_tags_that_it_means_and_says_what_it_does_not(client: TestClient) -> None:
    answer = client.get("/api/layouts").json()
    assert answer["problems"] == []
    (category,) = answer["categories"]
    assert (category["title"], category["closed"]) == ("losses", False)
    both, band = category["charts"]
    assert (both["title"], len(both["tags"]), both["more"]) == ("both", 64, 7)
    assert [(one["pattern"], one["count"]) for one in both["patterns"]] == [("loss/.*", 71), ("(?=x)", 0)]
    assert both["patterns"][1]["error"].startswith("not a regex, ")
    assert band["margins"] == [{"value": "mid", "lower": "low", "upper": "high"}]
    assert (band["tags"], band["patterns"]) == ([], [])


def test_the_reference_logs_have_their_charts(corpus: TestClient) -> None:
    categories = {one["title"]: one["charts"] for one in corpus.get("/api/layouts").json()["categories"]}
    assert [chart["tags"] for chart in categories["Taiwan"]] == [["loss/train", "loss/val"]]
    assert [chart["title"] for chart in categories["losses"]] == ["all"]
    assert {"loss/a", "loss/b"} <= set(categories["losses"][0]["tags"])


def test_a_band_stands_around_the_line_of_each_run_that_has_both_bounds(client: TestClient) -> None:
    question = {"id": "m", "tag": "mid", "runs": ["a", "b", "c"], "width": 100}
    bounds = {"margin": {"lower": "low", "upper": "high"}}
    (chart,) = client.post("/api/pixels", json={"charts": [{**question, **bounds}]}).json()["charts"]
    assert [line["run"] for line in chart["lines"]] == ["a", "b", "c"]
    a, b = chart["margins"]
    assert (a["run"], a["joined"], a["left_out"], b["run"], b["joined"], b["left_out"]) == ("a", 10, 0, "b", 5, 5)
    assert decode(b["x"]).tolist() == [0, 2, 4, 6, 8]
    assert decode(b["low"]).tolist() == [-1, 1, 3, 5, 7]
    assert decode(b["high"]).tolist() == [2, 4, 6, 8, 10]
    (plain,) = client.post("/api/pixels", json={"charts": [question]}).json()["charts"]
    assert "margins" not in plain
    for axis in ("relative", "wall"):
        (timed,) = client.post("/api/pixels", json={"charts": [{**question, **bounds, "x": axis}]}).json()["charts"]
        assert decode(timed["margins"][0]["low"]).tolist() == list(range(-1, 9))
        assert set(decode(timed["margins"][0]["x"])) <= set(decode(timed["lines"][0]["x"]))
