"""PR curves as a page asks for them: of many runs at a step, and the areas at all steps."""

import base64
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext

import board
from tests.board.logged import append_events
from tests.board.tensorboard_plugins import PrCurvesPlugin
from tests.board.web.conftest import CORPUS, serve_in_process, wait_until_loaded
from writer import SummaryWriter
from writer.format.messages import Event

CORPUS_RUNS = {"pr": ["torch/run_a", "torch/run_b", "tensorboardx/run_x"], "pr/pr_curves": ["tf1/mnist_softmax"]}
SERIES = [(run, tag) for tag, runs in CORPUS_RUNS.items() for run in runs]


def decode(column: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(column["bdata"]), "<" + column["dtype"]).astype(float)


def ask(client: TestClient, path: str = "pr_curves", **chart: Any) -> list[dict[str, Any]]:
    answer = client.post(f"/api/{path}", json={"charts": [{"id": "c", **chart}]})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["charts"]
    runs: list[dict[str, Any]] = found["runs"]
    return runs


@pytest.fixture(scope="module")
def tensorboard() -> PrCurvesPlugin:
    multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"pr_curves": 0})
    multiplexer.AddRunsFromDirectory(str(CORPUS))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(CORPUS))
    return PrCurvesPlugin(SimpleNamespace(data_provider=provider, sampling_hints={"pr_curves": 10_000}))


@pytest.mark.parametrize(("run", "tag"), SERIES)
def test_every_step_has_the_points_of_tensorboard(
    corpus: TestClient, tensorboard: PrCurvesPlugin, run: str, tag: str
) -> None:
    theirs = tensorboard.pr_curves_impl(RequestContext(), "", [run], tag)[run]
    with board.open(CORPUS, cache=False) as logs:  # a restart hides points, which TensorBoard shows all the same
        superseded = logs[run].pr_curves[tag].superseded
    kept = [entry for entry, is_hidden in zip(theirs, superseded, strict=True) if not is_hidden]
    assert len(kept) >= 4
    for entry in kept:
        (found,) = ask(corpus, tag=tag, runs=[run], step=entry["step"])
        assert (found["step"], found["total"]) == (str(entry["step"]), len(kept))
        assert found["relative"] == pytest.approx(entry["wall_time"] - theirs[0]["wall_time"])
        drawn = found["curve"]["drawn"]
        for ours, name in (("threshold", "thresholds"), ("precision", "precision"), ("recall", "recall")):
            assert decode(found["curve"][ours])[:drawn].tolist() == pytest.approx(entry[name], abs=1e-7), name
        for name in ("true_positives", "false_positives", "true_negatives", "false_negatives"):
            assert decode(found["curve"][name])[:drawn].tolist() == entry[name]


def test_a_run_shows_its_last_curve_at_or_before_the_step(corpus: TestClient) -> None:
    runs = ["torch/run_a", "torch/run_b", "tf1/mnist_softmax", "no such run"]
    at_end = ask(corpus, tag="pr", runs=runs)
    assert [(run["run"], run["step"]) for run in at_end] == [("torch/run_a", "100"), ("torch/run_b", "60")]
    assert [run["step"] for run in ask(corpus, tag="pr", runs=runs, step=59.5)] == ["40", "40"]
    before = ask(corpus, tag="pr", runs=runs, step=-1)
    assert [(run["step"], run["first_step"], run["curve"]) for run in before] == [(None, "0", None)] * 2


def test_of_too_many_thresholds_the_last_runs_say_so() -> None:
    with board.open(CORPUS / "torch", cache=False) as logs:
        a, b = logs.pr_curves.at("pr", ["run_a", "run_b"], most=200)
    assert a.curve is not None
    assert (b.curve, b.error) == (None, "left out: there are too many thresholds in all")


def test_areas_of_all_steps_are_those_of_the_curves(corpus: TestClient) -> None:
    (areas,) = ask(corpus, "pr_areas", tag="pr", runs=["torch/run_a"])
    assert areas["steps"] == ["0", "20", "40", "60", "80", "100"]
    for step, area, trapezoid in zip(
        areas["steps"], decode(areas["average_precision"]), decode(areas["trapezoid"]), strict=True
    ):
        (found,) = ask(corpus, tag="pr", runs=["torch/run_a"], step=int(step))
        assert (area, trapezoid) == (found["curve"]["average_precision"], found["curve"]["trapezoid"])
    (few,) = ask(corpus, "pr_areas", tag="pr", runs=["torch/run_a"], points=3)
    assert (few["steps"], few["total"]) == (["0", "40", "100"], 6)
    assert decode(few["logged"]).tolist() == [0, 20, 40, 60, 80, 100]
    assert areas["logged"] is None


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    logdir = tmp_path_factory.mktemp("odd")

    def event(step: int, shape: tuple[int, ...]) -> bytes:
        made = Event(wall_time=1.7e9 + step, step=step)
        value = made.summary.value.add(tag=b"pr")
        value.metadata.plugin_data.plugin_name = b"pr_curves"
        value.tensor.dtype = 1
        for size in shape:
            value.tensor.tensor_shape.dim.add(size=size)
        value.tensor.tensor_content = np.ones(shape, "<f4").tobytes()
        return bytes(made.SerializeToString())

    append_events(logdir / "odd", [event(0, (6, 3)), event(1, (5, 3)), event(2, (6,)), event(3, (6, 1))])
    with SummaryWriter(logdir / "none") as writer:
        writer.add_pr_curve("pr", np.zeros(50), np.linspace(0, 1, 50), 0)
    with serve_in_process(logdir) as client:
        wait_until_loaded(client)
        yield client


def test_a_curve_that_is_none_hides_no_other(odd: TestClient) -> None:
    (found,) = ask(odd, tag="pr", runs=["odd"], step=1)
    assert (found["curve"], found["error"]) == (None, "a PR curve has the shape (6, thresholds), this one (5, 3)")
    (areas,) = ask(odd, "pr_areas", tag="pr", runs=["odd"])
    assert (areas["steps"], areas["unreadable"], areas["total"]) == (["0", "3"], 2, 4)


def test_without_positives_the_area_is_none_and_says_why(odd: TestClient) -> None:
    (found,) = ask(odd, tag="pr", runs=["none"])
    assert (found["curve"]["average_precision"], found["curve"]["trapezoid"]) == (None, None)
    assert found["curve"]["problem"] == "nothing is truly positive, so there is no recall"
    assert np.isnan(decode(ask(odd, "pr_areas", tag="pr", runs=["none"])[0]["average_precision"])).all()


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("pr_curves", {"step": "x"}),
        ("pr_curves", {"more": 1}),
        ("pr_areas", {"points": 1}),
        ("pr_areas", {"runs": [str(i) for i in range(400)], "points": 200}),
    ],
)
def test_questions_without_sense_are_refused(odd: TestClient, path: str, wrong: dict[str, Any]) -> None:
    answer = odd.post(f"/api/{path}", json={"charts": [{"id": "c", "tag": "pr", "runs": ["odd"], **wrong}]})
    assert answer.status_code in (400, 422)


def test_python_has_the_tensors_and_the_curves() -> None:
    with board.open(CORPUS / "torch", cache=False) as logs:
        series = logs["run_a"].pr_curves["pr"]
        assert (len(series), series[-1].step, series[-1].value.shape) == (6, 100, (6, 127))
        (found,) = logs.pr_curves.at("pr", ["run_a"])
        assert found.curve is not None
        assert found.curve.precision == pytest.approx(series[-1].value[4].astype(float))
