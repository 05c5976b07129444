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
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(x))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("graphs")
    for name in ("first", "second"):
        with SummaryWriter(str(folder / name)) as log:
            log.add_graph(Net(), torch.zeros(2, 4))
            log.add_graph(nn.Linear(4, 4), torch.zeros(2, 4), tag="critic", global_step=7)
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
    assert found == {(run, *of) for run in ("first", "second") for of in (("__run_graph__", "0"), ("critic", "7"))}
    assert all(entry["wall_time"] > 1e9 and "file" not in entry for entry in entries)


def test_a_graph_travels_compressed_or_not(client: TestClient) -> None:
    plain = client.get("/api/graph?run=first&tag=critic", headers={"accept-encoding": "identity"})
    zipped = client.get("/api/graph?run=first&tag=critic", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.json() == zipped.json()
    root = plain.json()["costs"]["blocks"][0]
    assert (root["class"], root["params_total"], root["dtype"], root["device"]) == ("Linear", 20, "float32", "cpu")


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
