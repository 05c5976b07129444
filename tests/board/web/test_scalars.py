"""Pixels, nearest points and exports of real series; every bound on a question has its two sides."""

import base64
import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from board.web.encoding import drawn_column, exact_column
from tests.board.logged import append_events, scalar
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from tests.board.web.test_runs import EXPECTED

RUN = "torch/run_a"


def decode(column: dict[str, str]) -> NDArray[np.float64]:
    assert column["dtype"] in ("f8", "f4", "i4")
    return np.frombuffer(base64.b64decode(column["bdata"]), f"<{column['dtype']}").astype("f8")


def ask(client: TestClient, **chart: Any) -> dict[str, Any]:
    question = {"id": "a", "width": 400, **chart}
    answer = client.post("/api/pixels", json={"charts": [question]})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["charts"]
    assert result["id"] == "a"
    assert isinstance(result, dict)
    return result


def scalar_tag(run: str = RUN) -> tuple[str, dict[str, Any]]:
    """Return the scalar tag of a run that has the most points."""
    tags = [(tag, facts) for tag, facts in EXPECTED[run].items() if facts.get("plugin") == "scalars"]
    return max(tags, key=lambda pair: int(pair[1]["count"]))


def test_a_chart_has_every_point_where_there_is_room(corpus: TestClient) -> None:
    tag, facts = scalar_tag()
    chart = ask(corpus, tag=tag, runs=[RUN, "torch/run_b", "no such run"])
    assert (chart["axis"], chart["error"]) == ("step", None)
    assert [line["run"] for line in chart["lines"]] == [RUN, "torch/run_b"]
    line = chart["lines"][0]
    assert line["exact"] is True
    assert line["count"] == line["total"] == facts["count"]
    x, y = decode(line["x"]), decode(line["y"])
    assert (x[0], x[-1]) == (facts["first_step"], facts["last_step"])
    assert math.isclose(y[np.isfinite(y)].sum(), facts["sum"], rel_tol=1e-12)
    assert line["raw_x"] is None
    assert line["last"]["step"] == str(facts["last_step"])
    assert line["x_range"] == [facts["first_step"], facts["last_step"]]


def test_smoothing_brings_the_raw_curve_along(corpus: TestClient) -> None:
    tag, _ = scalar_tag()
    raw = ask(corpus, tag=tag, runs=[RUN])["lines"][0]
    line = ask(corpus, tag=tag, runs=[RUN], smoothing={"kind": "ema", "amount": 0.9})["lines"][0]
    assert np.array_equal(decode(line["raw_y"]), decode(raw["y"]))
    assert decode(line["y"]).std() < decode(raw["y"]).std()


def test_every_kind_of_smoothing_and_axis_answers(corpus: TestClient) -> None:
    tag, _ = scalar_tag()
    for kind, amount in (("none", 0), ("ema", 0.6), ("time_ema", 0.6), ("gaussian", 3), ("mean", 5)):
        for x in ("step", "relative", "wall"):
            chart = ask(corpus, tag=tag, runs=[RUN], x=x, smoothing={"kind": kind, "amount": amount})
            assert chart["axis"] == x
            assert decode(chart["lines"][0]["x"]).size > 1


def test_a_range_is_part_of_the_same_curve(corpus: TestClient) -> None:
    tag, facts = scalar_tag()
    low, high = facts["first_step"] + 1, facts["last_step"] - 1
    line = ask(corpus, tag=tag, runs=[RUN], range=[low, high])["lines"][0]
    assert line["count"] == facts["count"] - 2
    assert line["total"] == facts["count"]


def test_one_spike_and_one_nan_among_many_survive(tmp_path: Path) -> None:
    values = [math.sin(i / 100) for i in range(30_000)]
    values[17_777] = 1e6
    values[21_000], values[21_005] = math.nan, math.inf
    append_events(tmp_path / "a", [scalar("x", i, value) for i, value in enumerate(values)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        (line,) = ask(client, tag="x", runs=["a"], width=300)["lines"]
        x, y = decode(line["x"]), decode(line["y"])
        assert line["exact"] is False
        assert line["count"] == 30_000
        assert len(x) <= 4 * 300
        assert y[x == 17_777] == 1e6
        assert {mark["value"]: mark["x"] for mark in line["nonfinite"]} == {"NaN": 21_000, "Infinity": 21_005}
        assert line["y_range"][1] == 1e6
        assert line["y_inner"][1] < 2


def test_a_series_of_one_step_says_that_its_axis_is_the_ordinal(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [scalar("x", 0, i / 10, 1.7e9 + i) for i in range(5)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        chart = ask(client, tag="x", runs=["a"])
        assert chart["axis"] == "ordinal"
        assert decode(chart["lines"][0]["x"]).size == 5


def test_the_nearest_point_is_exact_beyond_2_to_53(tmp_path: Path) -> None:
    step = 2**60 + 1
    append_events(tmp_path / "a", [scalar("x", 1, 0.5), scalar("x", step, 0.25)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        question = {"id": "a", "tag": "x", "runs": ["a"], "x": "step", "at": 2.0**60}
        (chart,) = client.post("/api/nearest", json={"charts": [question]}).json()["charts"]
        (point,) = chart["points"]
        assert (point["run"], point["step"], point["value"]) == ("a", str(step), 0.25)


def test_an_export_has_every_point_as_it_is(corpus: TestClient) -> None:
    for run in (RUN, "keras/train"):
        tag, facts = scalar_tag(run)
        answer = corpus.get("/api/scalars.csv", params={"run": run, "tag": tag})
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"].startswith("attachment; ")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == facts["count"]
        assert {row["superseded"] for row in rows} == {"0"}
        values = [float(row["value"]) for row in rows]
        assert math.isclose(sum(v for v in values if math.isfinite(v)), facts["sum"], rel_tol=1e-12)


def test_an_exports_name_breaks_no_header(tmp_path: Path) -> None:
    name = 'a\r\nSet-Cookie: x="1'
    append_events(tmp_path / "r", [scalar(name, 1, 0.5)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        answer = client.get("/api/scalars.csv", params={"run": "r", "tag": name})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-disposition"].count('"') == 2


GOOD = {"id": "a", "tag": "x", "runs": ["r"], "width": 100}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"width": 1}, 200),
        ({"width": 0}, 400),
        ({"width": 16_384}, 200),
        ({"width": 16_385}, 400),
        ({"width": "100; drop"}, 400),
        ({"runs": ["r"] * 5000}, 200),
        ({"runs": ["r"] * 5001}, 400),
        ({"runs": "r"}, 400),
        ({"tag": "x" * 4000}, 200),
        ({"tag": "x" * 4001}, 400),
        ({"tag": None}, 400),
        ({"x": "steps"}, 400),
        ({"range": [0, 1]}, 200),
        ({"range": [1, 0]}, 400),
        ({"range": [0]}, 400),
        ({"range": ["a", "b"]}, 400),
        ({"range": [0, float("nan")]}, 400),
        ({"range": [-float("inf"), 0]}, 400),
        ({"smoothing": {"kind": "ema", "amount": 0.999}}, 200),
        ({"smoothing": {"kind": "ema", "amount": 1}}, 400),
        ({"smoothing": {"kind": "ema", "amount": -0.1}}, 400),
        ({"smoothing": {"kind": "mean", "amount": 1e9}}, 200),
        ({"smoothing": {"kind": "mean", "amount": 1e10}}, 400),
        ({"smoothing": {"kind": "fourier"}}, 400),
        ({"x": "scalar", "x_tag": "t"}, 200),
        ({"x": "scalar"}, 400),
        ({"x_tag": "t"}, 400),
        ({"groups": [{"name": "g", "runs": ["r"]}], "centre": "iqm", "spread": "bootstrap"}, 200),
        ({"groups": [{"name": "g", "runs": ["r"]}] * 1000}, 200),
        ({"groups": [{"name": "g", "runs": ["r"]}] * 1001}, 400),
        ({"groups": [{"name": "g"}]}, 400),
        ({"centre": "mode"}, 400),
        ({"spread": "iqr"}, 400),
        ({"since": 5.5}, 200),
        ({"since": float("inf")}, 400),
        ({"unheard": 1}, 400),
    ],
)
def test_bounds_of_a_question(corpus: TestClient, change: dict[str, Any], status: int) -> None:
    import json

    body = json.dumps({"charts": [{**GOOD, **change}]})  # by hand: the client's own refuses NaN
    answer = corpus.post("/api/pixels", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    if status == 400:
        assert next(iter(change)).removesuffix("_tag") in answer.json()["error"]


def test_bounds_of_a_request(corpus: TestClient) -> None:
    def send(charts: int, runs: int, width: int = 100) -> int:
        chart = {**GOOD, "runs": [f"r{i}" for i in range(runs)], "width": width}
        return corpus.post("/api/pixels", json={"charts": [chart] * charts}).status_code

    assert send(100, 1) == 200
    assert send(101, 1) == 400
    assert send(4, 5000) == 200
    assert send(5, 4001) == 400
    assert send(4, 1000, 1000) == 200
    assert send(4, 1000, 1001) == 400
    assert corpus.post("/api/pixels", json=[]).status_code == 400
    assert corpus.post("/api/pixels", json={}).status_code == 400


def test_a_run_that_is_named_again_and_again_is_drawn_once(corpus: TestClient) -> None:
    tag, _ = scalar_tag()
    assert [line["run"] for line in ask(corpus, tag=tag, runs=[RUN] * 1000)["lines"]] == [RUN]
    near = {"id": "a", "tag": tag, "runs": [RUN] * 1000, "at": 0}
    assert len(corpus.post("/api/nearest", json={"charts": [near]}).json()["charts"][0]["points"]) == 1


def ask_at(client: TestClient, path: str, **chart: Any) -> dict[str, Any]:
    answer = client.post(path, json={"charts": [{"id": "a", **chart}]})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["charts"]
    assert isinstance(result, dict)
    return result


def test_groups_scalar_axes_and_ranges_travel(tmp_path: Path) -> None:
    for name, shift, steps in (("a", 0.0, range(0, 100, 2)), ("b", 1.0, range(0, 60, 3)), ("c\udcff", 5.0, range(4))):
        events = [scalar("loss", step, step / 10 + shift) for step in steps]
        events += [scalar("epoch", step, step // 10) for step in steps if step % 4 == 0]
        append_events(tmp_path / name, events)
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        odd = "c\U0010ffff"  # as pages spell a byte that is no UTF-8
        groups = [{"name": "both", "runs": ["a", "b"]}, {"name": "odd", "runs": [odd]}, {"name": "none", "runs": ["z"]}]
        chart = ask(client, tag="loss", runs=[], groups=groups, spread="std")
        assert chart["lines"] == []
        assert [each["group"] for each in chart["bands"]] == ["both", "odd"]
        band = chart["bands"][0]
        assert band["runs"]["dtype"] == "i4"
        runs = np.frombuffer(base64.b64decode(band["runs"]["bdata"]), "<i4")
        x, centre, low = (decode(band[name]) for name in ("x", "centre", "low"))
        assert runs[x == 6].tolist() == [2]
        assert runs[x == 98].tolist() == [1]
        assert centre[x == 6] == pytest.approx(1.1)
        assert low[x == 6] == pytest.approx(1.1 - math.sqrt(0.5))
        assert band["ends"] == [{"x": 57.0, "run": "b"}]
        assert (band["count"], band["members"], band["x_range"]) == (70, 2, [0.0, 98.0])

        (line,) = ask(client, tag="loss", runs=["a"], x="scalar", x_tag="epoch")["lines"]
        assert (line["axis"], line["rising"], line["unplaced"], line["total"]) == ("scalar", True, 25, 25)
        assert decode(line["x"]).tolist() == [step // 10 for step in range(0, 100, 4)]
        assert decode(line["steps"]).tolist() == list(range(0, 100, 4))
        near = ask_at(client, "/api/nearest", tag="loss", runs=["a"], x="scalar", x_tag="epoch", at=3.2)
        assert near["points"][0]["step"] == "36"

        found = ask_at(client, "/api/ranges", tag="loss", runs=["a", "b", odd], x="step", range=[50, 3])
        assert [each["run"] for each in found["lines"]] == ["a", "b", odd]
        a = found["lines"][0]
        assert (a["count"], a["nonfinite"], a["start"]["step"], a["end"]["step"]) == (24, 0, "4", "50")
        assert a["change"] == pytest.approx(4.6)
        assert a["percent"] == pytest.approx(1150)
        assert (a["min"]["step"], a["max"]["step"]) == ("4", "50")
        assert a["mean"] == pytest.approx(2.7)


def test_a_range_without_a_finite_point_has_no_statistics(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [scalar("x", 1, math.nan), scalar("x", 2, 0.0), scalar("x", 3, 5.0)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        (line,) = ask_at(client, "/api/ranges", tag="x", runs=["a"], range=[0, 1])["lines"]
        assert (line["count"], line["nonfinite"], line["mean"], line["min"]) == (1, 1, None, None)
        (line,) = ask_at(client, "/api/ranges", tag="x", runs=["a"], range=[2, 3])["lines"]
        assert (line["change"], line["percent"]) == (5.0, None)  # of zero there is no per cent


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0, 1, -5, 2**31 - 1], "i4"),
        ([0.5, 1e10, math.nan, math.inf], "f4"),
        ([2.0**31], "f4"),
        ([0.1], "f8"),
        ([1e300], "f8"),
        ([1.0, math.nan], "f4"),
        ([], "i4"),
    ],
)
def test_columns_are_as_narrow_as_their_values_allow(values: list[float], dtype: str) -> None:
    encoded = exact_column(np.array(values))
    assert encoded["dtype"] == dtype
    np.testing.assert_array_equal(decode(dict(encoded)), values)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0.1, 0.2, math.nan], "f4"),
        ([1e9 + 0.1, 1e9 + 0.2], "f8"),  # all that differs is in the last digits
        ([1e300, 0.0], "f8"),
        ([0.1, 0.1], "f8"),
        ([0.5, 0.5], "f4"),
        ([math.nan], "f4"),
        ([], "f4"),
    ],
)
def test_what_is_only_looked_at_moves_by_less_than_can_be_seen(values: list[float], dtype: str) -> None:
    encoded = drawn_column(np.array(values))
    assert encoded["dtype"] == dtype
    seen = decode(dict(encoded))
    height = np.ptp(np.array(values)[np.isfinite(values)]) if np.isfinite(values).any() else 0.0
    np.testing.assert_allclose(seen, values, rtol=0, atol=height * 1e-6)


@pytest.mark.parametrize("kind", ["ema", "time_ema", "gaussian", "mean"])
def test_without_the_raw_curve_marks_are_the_same(kind: str, tmp_path: Path) -> None:
    values = [math.sin(i) if i % 97 else math.nan for i in range(3000)]
    values[500], values[501] = math.inf, -math.inf
    append_events(tmp_path / "run", [scalar("loss", i, v) for i, v in enumerate(values)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        smoothing = {"kind": kind, "amount": 0.5 if "ema" in kind else 5}
        (full,) = ask(client, tag="loss", runs=["run"], smoothing=smoothing)["lines"]
        (bare,) = ask(client, tag="loss", runs=["run"], smoothing=smoothing, raw=False)["lines"]
    assert full["raw_y"] is not None
    assert full["nonfinite"]
    assert bare == {**full, "raw_x": None, "raw_y": None}


def test_what_has_come_since_is_the_end_of_the_whole(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [scalar("x", step, step % 13) for step in range(3000)])
    append_events(tmp_path / "b", [scalar("x", step, 1.0) for step in (0, 2, 1)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        smoothing = {"kind": "ema", "amount": 0.8}
        (whole,) = ask(client, tag="x", runs=["a"], width=4000, smoothing=smoothing)["lines"]
        (tail,) = ask(client, tag="x", runs=["a"], width=40, smoothing=smoothing, since=2950)["lines"]
        assert decode(tail["x"]).tolist() == list(range(2949, 3000))  # one beside it, as with any range
        assert np.allclose(decode(tail["y"]), decode(whole["y"])[2949:], atol=1e-5)
        assert (tail["total"], tail["count"], tail["x_range"], tail["in_order"]) == (3000, 50, [0.0, 2999.0], True)
        (mixed,) = ask(client, tag="x", runs=["b"])["lines"]
        assert mixed["in_order"] is False
