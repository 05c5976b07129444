"""The routes of graphs, asked as the page asks them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fastapi.testclient import TestClient
from torch import nn

from tests.board.graphs.big_graph import big_graph
from tests.board.served import BoardProcess
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from writer import SummaryWriter


class Net(nn.Module):
    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(x))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("graphs")
    for name, width in (("narrow", 8), ("wide", 16)):
        with SummaryWriter(str(folder / name)) as log:
            log.add_graph(Net(width), torch.zeros(2, 4))
            log.add_graph(nn.Linear(4, 4), torch.zeros(2, 4), tag="critic", global_step=7)
            for step in range(5):
                for number, module in enumerate(("encoder.0", "encoder.2", "head")):
                    log.add_scalar(f"grad_norm/{module}", step + number / 10, step)
                log.add_scalar("grad_norm/encoder.0.weight", float("nan") if step == 3 else 1.0, step)
                log.add_scalar("loss", 1.0, step)
            log.add_histogram("weights/head.weight", torch.zeros(8), 0)
    with serve_in_process(folder) as client:
        wait_until_loaded(client)
        yield client


def get(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_graphs_with_and_without_names_are_listed(client: TestClient) -> None:
    entries = get(client, "/api/graphs")["graphs"]
    found = {(entry["run"], entry["tag"], entry["step"]) for entry in entries}
    assert found == {(run, *of) for run in ("narrow", "wide") for of in (("__run_graph__", "0"), ("critic", "7"))}
    assert all(entry["wall_time"] > 1e9 and "file" not in entry for entry in entries)


def test_a_graph_travels_compressed_or_not(client: TestClient) -> None:
    plain = client.get("/api/graph?run=narrow&tag=critic", headers={"accept-encoding": "identity"})
    zipped = client.get("/api/graph?run=narrow&tag=critic", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.json() == zipped.json()
    root = plain.json()["costs"]["blocks"][0]
    assert (root["class"], root["params_total"], root["dtype"], root["device"]) == ("Linear", 20, "float32", "cpu")


def test_two_runs_are_compared(client: TestClient) -> None:
    tag = "__run_graph__"
    diff = get(client, "/api/graph_diff", run="narrow", tag=tag, other_run="wide", other_tag=tag)
    assert diff["counts"]["nodes"][1:3] == [0, 0]
    weights = [change for change in diff["changes"] if change["what"] == "shape" and change["before"] == "8×4"]
    assert [change["after"] for change in weights] == ["16×4"]
    assert get(client, "/api/graph_diff", run="wide", tag=tag, other_run="wide", other_tag=tag)["changes"] == []


def test_series_that_name_a_module_colour_it_at_a_step(client: TestClient) -> None:
    of = {"run": "narrow", "tag": "__run_graph__"}
    listed = get(client, "/api/graph_tags", **of)
    assert listed["metrics"] == [
        {"metric": "grad_norm", "kind": "scalar", "groups": 3},
        {"metric": "weights", "kind": "histogram", "groups": 1},
    ]
    group = {tag["tag"]: tag["group"] for tag in listed["tags"]}
    assert "loss" not in group
    at_two = get(client, "/api/graph_overlay", **of, metric="grad_norm", step="2")
    values = dict(zip(at_two["groups"], at_two["values"], strict=True))
    assert values[group["grad_norm/head"]] == pytest.approx(2.2)
    assert values[group["grad_norm/encoder.0"]] == pytest.approx(5**0.5)  # 2 and 1: a norm of norms
    assert at_two["steps"] == ["2", "2", "2"]
    last = get(client, "/api/graph_overlay", **of, metric="grad_norm")
    values = dict(zip(last["groups"], last["values"], strict=True))
    assert values[group["grad_norm/encoder.0"]] == pytest.approx(17**0.5)
    assert (last["least"], last["greatest"]) == (0.0, pytest.approx(4.2))
    at_three = get(client, "/api/graph_overlay", **of, metric="grad_norm", step="3")
    assert "NaN" in at_three["values"]
    assert get(client, "/api/graph_overlay", **of, metric="grad_norm", step="-1")["groups"] == []
    assert get(client, "/api/graph_overlay", **of, metric="nothing", step="3")["groups"] == []


def test_a_file_dropped_onto_the_page_is_a_graph_like_any_other(client: TestClient) -> None:
    answer = client.post(
        "/api/graph_file", content=big_graph(stages=1, blocks=1), headers={"x-filename": "b%C3%A4r.pb"}
    )
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["run"], made["name"]) == ("", "bär.pb")
    assert get(client, "/api/graph", run="", tag=made["tag"])["node_name"]
    assert get(client, "/api/graph_node", run="", tag=made["tag"], name="input/tokens")["op"] == "Placeholder"
    assert [entry["file"] for entry in get(client, "/api/graphs")["graphs"] if "file" in entry] == ["bär.pb"]
    diff = get(client, "/api/graph_diff", run="", tag=made["tag"], other_run="", other_tag=made["tag"])
    assert diff["changes"] == []


@pytest.mark.parametrize(
    ("name", "data", "status", "said"),
    [
        ("a.pt", b"x", 400, "would have to be run"),
        ("a.pb", b"\x0a", 400, "no GraphDef"),
        ("", b"x", 400, "its name in the header"),
        ("a.pb", b"", 400, "a file is needed"),
        ("../../etc/passwd", b"x", 400, "is none of"),
    ],
)
def test_what_is_no_graph_is_refused_in_words(
    client: TestClient, name: str, data: bytes, status: int, said: str
) -> None:
    answer = client.post("/api/graph_file", content=data, headers={"x-filename": name})
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
    assert said in answer.json()["error"]


def test_a_file_may_be_larger_than_other_bodies_and_not_without_end(client: TestClient) -> None:
    data = big_graph(stages=10, blocks=40)
    assert len(data) > 2 << 20
    answer = client.post("/api/graph_file", content=data, headers={"x-filename": "large.pb"})
    assert answer.status_code == 200
    refused = client.post(
        "/api/graph_file", content=b"x", headers={"x-filename": "a.pb", "content-length": str(1 << 30)}
    )
    assert refused.status_code == 413
    assert client.post("/api/pixels", content=data).status_code == 413
    foreign = client.post(
        "/api/graph_file", content=b"x", headers={"x-filename": "a.pb", "sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403


@pytest.mark.slow
def test_a_model_named_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "net.pb"
    path.write_bytes(big_graph(stages=1, blocks=1))
    with BoardProcess([str(path), "--no-cache"]) as process:
        (entry,) = process.get("/api/graphs")["graphs"]
        assert (entry["file"], entry["run"]) == ("net.pb", "")
        assert process.get("/api/runs")["runs"] == []
