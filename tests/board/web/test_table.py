"""The table of runs as the page asks for it."""

import base64
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.served import wait_until
from tests.board.web.conftest import serve_in_process, wait_until_loaded

HOSTILE = "</script><img src=x onerror=alert(1)>&amp;|{}$\\"
RUN = f"z{HOSTILE}"  # the last one by its name: all begin at the same time
LONG = "x" * 199 + "é" + "y" * 800_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("table")
    configs: list[dict[str, Any]] = [
        {"lr": 0.1, "n": 1, "opt": "adam", "on": True, "same": 3, "odd": None, "text": LONG, "o": {"x": [1, {"y": 2}]}},
        {"lr": math.nan, "n": 2**60 + 1, "opt": "sgd", "on": False, "same": 3, "odd": 1, HOSTILE: "=1+1"},
        {"lr": -math.inf, "n": None, "opt": "adam", "on": None, "same": 3.0, "odd": "a", "text": LONG + "z"},
    ]
    for at, config in enumerate(configs):
        loss = [1.0, 0.5 + at / 10, 0.69]
        events = [scalar("val/loss", step, value, 1.7e9 + 100 * at) for step, value in enumerate(loss)]
        events += [scalar("acc", 2 * step, 0.1 * step, 1.7e9 + 100 * at) for step in range(4)]
        if at == 1:
            events.append(scalar("acc", 9, math.nan, 1.7e9 + 101))
        append_events(root / f"run{at}", events)
        (root / f"run{at}/config.json").write_text(json.dumps(config))
    append_events(root / RUN, [scalar("big", 2**60, 1.0, 1.8e9)])
    with serve_in_process(root, state=str(tmp_path_factory.mktemp("state"))) as client:
        wait_until_loaded(client)
        yield client


def ask(client: TestClient, path: str = "table", **question: Any) -> dict[str, Any]:
    answer = client.post(f"/api/{path}", json=question)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == 200, found
    return found


def read(column: dict[str, str]) -> list[float]:
    values: list[float] = np.frombuffer(base64.b64decode(column["bdata"]), f"<{column['dtype']}").tolist()
    return values


def test_hparams_as_columns(client: TestClient) -> None:
    found = ask(client)
    assert found["runs"] == ["run0", "run1", "run2", RUN]
    columns = {column["name"]: column for column in found["hparams"]}
    assert list(columns) == ["lr", "n", "opt", "on", "same", "odd", "text", "o.x.0", "o.x.1.y", HOSTILE]
    lr, n = columns["lr"], columns["n"]
    assert (lr["kind"], lr["runs"], lr["distinct"], lr["low"], lr["high"]) == ("number", 3, 3, 0.1, 0.1)
    assert [str(value) for value in read(lr["values"])] == ["0.1", "nan", "-inf", "nan"]
    assert read(lr["gaps"]) == [0, 0, 0, 2]
    assert (n["kind"], n["distinct"], n["integer"], n["exact"]) == ("number", 3, True, {"1": str(2**60 + 1)})
    assert read(n["gaps"]) == [0, 0, 1, 2]
    assert (columns["on"]["kind"], columns["on"]["words"], read(columns["on"]["codes"])) == (
        "bool",
        [True, False],
        [0, 1, -1, -1],
    )
    assert (columns["opt"]["kind"], columns["opt"]["words"]) == ("text", ["adam", "sgd"])
    assert (columns["odd"]["kind"], columns["odd"]["words"]) == ("mixed", [1, "a"])
    assert columns["text"]["words"] == [{"text": LONG[:200], "length": len(LONG) + more} for more in (0, 1)]
    assert columns[HOSTILE]["words"] == ["=1+1"]
    whole = client.get("/api/hparams/run", params={"run": "run0", "name": "text"}).json()
    assert whole["hparams"]["text"] == LONG


def test_constant_is_what_every_row_has(client: TestClient) -> None:
    def constant(**question: Any) -> list[str]:
        return [column["name"] for column in ask(client, **question)["hparams"] if column["constant"]]

    assert constant() == []  # one run has none at all
    assert constant(runs=["run0", "run1", "run2"]) == ["same"]
    assert constant(runs=["run0", "run2", "nowhere"]) == ["opt", "same"]


def test_metrics_of_every_sort(client: TestClient) -> None:
    asked = [
        {"tag": "val/loss"},
        {"tag": "val/loss", "of": "best"},
        {"tag": "val/loss", "of": "max"},
        {"tag": "val/loss", "of": "mean"},
        {"tag": "acc", "of": "at", "step": "3"},
        {"tag": "acc", "of": "with", "by": "val/loss"},
        {"tag": "val/loss", "of": "with", "by": "acc", "goal": "min"},
        {"tag": "acc", "of": "last"},
        {"tag": "big"},
        {"tag": "nowhere", "of": "best"},
    ]
    found = ask(client, metrics=asked, hparams=["lr"])
    assert [column["name"] for column in found["hparams"]] == ["lr"]
    values = [read(column["values"])[:3] for column in found["metrics"]]
    f4 = lambda *given: pytest.approx(given, rel=1e-6)  # noqa: E731
    assert values[0] == f4(0.69, 0.69, 0.69)
    assert values[1] == f4(0.5, 0.6, 0.69)
    assert values[2] == f4(1, 1, 1)
    assert values[3] == f4(2.19 / 3, 2.29 / 3, 2.39 / 3)
    assert values[4] == f4(0.1, 0.1, 0.1)
    assert values[5] == f4(0, 0, 0.1)
    assert values[6] == f4(1, 1, 1)
    assert math.isnan(values[7][1])
    steps = [column["steps"] for column in found["metrics"]]
    assert steps[1][:2] == ["1", "1"]
    assert (steps[3], steps[4][:3], steps[5][:3]) == ([None] * 4, ["2"] * 3, ["0", "0", "2"])
    assert steps[8] == [None, None, None, str(2**60)]
    assert [(column["goal"], column["goal_from"]) for column in found["metrics"][:2]] == [("min", "name")] * 2
    assert (found["metrics"][6]["goal"], found["metrics"][6]["goal_from"]) == ("min", "asked")
    assert (found["metrics"][8]["goal"], found["metrics"][8]["goal_from"]) == ("max", "guess")
    assert (found["metrics"][7]["runs"], found["metrics"][7]["nonfinite"]) == (3, 1)
    assert (found["metrics"][9]["runs"], found["metrics"][9]["low"]) == (0, None)
    assert [(tag["tag"], tag["runs"]) for tag in found["tags"]] == [("val/loss", 3), ("acc", 3), ("big", 1)]


def test_a_table_grows_with_its_runs(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [scalar("x", 0, 1.0)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        question = {"metrics": [{"tag": "x", "of": "max"}, {"tag": "x", "of": "mean"}]}
        assert read(ask(client, **question)["metrics"][0]["values"]) == [1.0]
        append_events(tmp_path / "a", [scalar("x", 1, 3.0)])
        append_events(tmp_path / "b", [scalar("x", 1, 5.0)])

        wait_until(lambda: len(ask(client)["runs"]) == 2, "the other run")
        wait_until(lambda: read(ask(client, **question)["metrics"][0]["values"]) == [3.0, 5.0], "the new points")
        assert read(ask(client, **question)["metrics"][1]["values"]) == [2.0, 5.0]


@pytest.mark.parametrize(
    "question",
    [
        {"metrics": [{"tag": "x", "of": "median"}]},
        {"metrics": [{"tag": "x"}] * 61},
        {"metrics": [{"tag": "x" * 4001}]},
        {"metrics": [{"tag": "x", "step": 2**63}]},
        {"metrics": [{"tag": "x", "goal": "up"}]},
        {"hparams": ["x"] * 501},
        {"runs": ["x"] * 20_001},
        {"columns": []},
    ],
)
def test_what_cannot_be_asked(client: TestClient, question: dict[str, Any]) -> None:
    answer = client.post("/api/table", json=question)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
