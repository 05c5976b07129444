"""All runs of some logdirs as Python values."""

import itertools
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import board
from board.ingest.clock import Clock
from board.ingest.logdir import parse_logdirs
from board.ingest.logdir_loader import LogdirLoader
from board.logs import Kind, Logs, PixelRequest, RunState, Smoothing
from board.store.store import Store
from tests.board.event_files import START, append, image, scalar, scalars, text, version, write
from writer import SummaryWriter
from writer.format.messages import Event, GraphDef
from writer.format.records import encode_record

A, B = "events.out.tfevents.1790000000.a", "events.out.tfevents.1790000100.b"


def test_the_readme_example(tmp_path: Path) -> None:
    path = write(tmp_path / "mnist" / "cnn" / A, *scalars(3, tag="loss/train"), image("inputs", 2, b"\x89PNG"))
    logs = board.open(tmp_path)
    assert logs.runs == ["mnist/cnn"]
    run = logs["mnist/cnn"]
    assert run.tags == {"inputs": (Kind.IMAGE,), "loss/train": (Kind.SCALAR,)}
    s = run.scalars["loss/train"]
    assert (s.step.tolist(), s.value.tolist()) == ([0, 1, 2], [0.0, 1.0, 2.0])
    assert s.wall_time.tolist() == [START, START + 1, START + 2]
    assert s.superseded.tolist() == [False] * 3
    assert run.images["inputs"][-1].png == b"\x89PNG"
    append(path, scalar("loss/train", 3, 9.0))
    delta = logs.refresh()
    assert delta.grew == {"mnist/cnn": frozenset({("loss/train", Kind.SCALAR)})}
    assert len(run.scalars["loss/train"]) == 3  # what was handed out stays
    assert logs["mnist/cnn"].scalars["loss/train"].value.tolist() == [0, 1, 2, 9]
    assert logs.problems == []


def test_importing_board_loads_no_web_server() -> None:
    code = "import sys, board; print(sorted({'fastapi', 'uvicorn', 'starlette', 'jinja2', 'torch'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_public_names_are_sorted_and_there() -> None:
    assert board.__all__ == sorted(board.__all__)
    assert all(hasattr(board, name) for name in board.__all__)


def test_blobs_are_read_when_asked_for(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r" / A, version(), image("img", 1, b"one"), image("img", 2, b"two"), text("t", 1, "a", "b")
    )
    logs = board.open(tmp_path)
    rows = logs.blobs("r", "img", Kind.IMAGE)
    assert [row.step for row in rows] == [1, 2]
    assert logs.read_blob("r", "img", Kind.IMAGE, rows[1].ref)[0].data == b"two"
    assert logs["r"].texts["t"][0].value.tolist() == ["a", "b"]
    with pytest.raises(board.MalformedValueError):  # the reference of one tag is no key to another
        logs.read_blob("r", "t", Kind.TEXT, rows[0].ref)
    with pytest.raises(board.BadRequestError):
        logs.read_blob("r", "img", Kind.IMAGE, "0-1-2")
    elsewhere = rows[0].ref.rsplit("-", 1)[0] + "-..%2F..%2Fetc%2Fpasswd"
    with pytest.raises(board.UnknownSeriesError):
        logs.read_blob("r", "img", Kind.IMAGE, elsewhere)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"two", b"2.2"))
    with pytest.raises(board.MalformedValueError):
        logs.read_blob("r", "img", Kind.IMAGE, rows[1].ref)
    path.unlink()
    with pytest.raises(board.UnknownSeriesError):
        logs.read_blob("r", "img", Kind.IMAGE, rows[0].ref)


def test_a_reference_that_somebody_made_up_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "r" / A, version(), image("img", 1, b"one"))
    logs = board.open(tmp_path)
    (row,) = logs.blobs("r", "img", Kind.IMAGE)
    os.truncate(path, 2 << 30)
    generation, offset, _, rest = row.ref.split("-", 3)
    tracemalloc.start()
    for length in (100 << 20, 1 << 30, 10**19 - 1):
        for at in (offset, "0", "5"):
            with pytest.raises(board.MalformedValueError, match="other bytes"):
                logs.read_blob("r", "img", Kind.IMAGE, f"{generation}-{at}-{length}-{rest}")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert logs.read_blob("r", "img", Kind.IMAGE, row.ref)[0].data == b"one"


def test_unknown_names_are_clear_errors(tmp_path: Path) -> None:
    write(tmp_path / "r" / A, *scalars(1))
    logs = board.open(tmp_path)
    with pytest.raises(board.UnknownRunError, match="nope"):
        logs["nope"]
    with pytest.raises(board.UnknownSeriesError, match="acc"):
        logs.scalar_series(["r"], ["acc"])
    with pytest.raises(board.UnknownSeriesError):
        logs.blobs("r", "loss", Kind.IMAGE)
    assert "r" in logs
    assert "nope" not in logs


def test_a_tag_of_two_kinds_is_two_series(tmp_path: Path) -> None:
    write(tmp_path / "r" / A, version(), scalar("x", 0, 1.0), image("x", 1, b"png"), scalar("x", 2, 3.0))
    logs = board.open(tmp_path)
    assert logs["r"].tags == {"x": (Kind.IMAGE, Kind.SCALAR)}
    assert logs["r"].scalars["x"].value.tolist() == [1.0, 3.0]
    assert len(logs["r"].images["x"]) == 1
    assert logs.counts() == {Kind.SCALAR: 1, Kind.IMAGE: 1}


def test_two_writers_side_by_side_are_two_lines(tmp_path: Path) -> None:
    write(tmp_path / "r" / A, *scalars(50))
    write(
        tmp_path / "r" / B, version(), *[scalar("loss", step, -1.0, wall_time=START + 20 + step) for step in range(20)]
    )
    points = board.open(tmp_path)["r"].scalars["loss"]
    assert points.lines == [(A, 50), (B, 20)]
    assert not points.superseded.any()
    assert len(points.step) == len(points.value) == len(points.wall_time) == 70


def test_a_resumed_run_hides_what_was_done_again(tmp_path: Path) -> None:
    write(tmp_path / "r" / A, *scalars(50))
    write(
        tmp_path / "r" / B,
        version(START + 100),
        *[scalar("loss", step, -1.0, wall_time=START + 100 + step) for step in range(30, 60)],
    )
    series = board.open(tmp_path)["r"].scalars["loss"]
    assert len(series) == 80
    assert series.step[~series.superseded].tolist() == list(range(60))
    assert series.value[series.superseded].tolist() == [float(step) for step in range(30, 50)]


def test_overview_tags_pixels_and_nearest(tmp_path: Path) -> None:
    write(tmp_path / "b" / A, *scalars(100))
    write(tmp_path / "a" / B, *scalars(10), scalar("only", 0, np.nan))
    logs = board.open(tmp_path)
    overview = logs.overview()
    assert {run.name: run.color_index for run in overview.runs} == {"b": 0, "a": 1}  # b's file has the earlier stamp
    assert {run.name: (run.points, run.files) for run in overview.runs} == {"b": (100, 1), "a": (11, 1)}
    assert overview.bytes_read == overview.bytes_total == sum(path.stat().st_size for path in tmp_path.rglob("events*"))
    assert not overview.loading
    assert overview.waiting is None
    assert [(t.tag, sorted(t.runs), t.points) for t in logs.tags(Kind.SCALAR)] == [
        ("loss", ["a", "b"], 110),
        ("only", ["a"], 1),
    ]
    lines = logs.charts.pixels("loss", ["b", "a", "gone"], PixelRequest(width=1000))
    assert [(line.run, line.pixels.count, line.last_step, line.last_value) for line in lines] == [
        ("b", 100, 99, 99.0),
        ("a", 10, 9, 9.0),
    ]
    (point, _) = logs.charts.nearest("loss", ["b", "a"], "step", 41.4, Smoothing())
    assert (point.run, point.step, point.value, point.relative) == ("b", 41, 41.0, 41.0)


def test_inspect_says_everything_but_the_values(tmp_path: Path) -> None:
    records = scalars(5)
    write(tmp_path / "r" / A, *records[:3], b"\0" * 40, *records[3:])
    found = board.open(tmp_path).inspect()
    run = found["runs"]["r"]
    assert run["tags"] == [
        {"tag": "loss", "kind": "scalar", "count": 5, "superseded": 0, "salvaged": 3, "first_step": 0, "last_step": 4}
    ]
    assert [(p["file"], p["code"], p["length"]) for p in run["problems"]] == [(f"r/{A}", "gap", 40)]
    assert run["files"][0]["records"] == 6


def test_a_graph_with_its_costs_and_nodes(tmp_path: Path) -> None:
    graph = GraphDef()
    graph.node.add(name=b"net/a", op=b"Placeholder")
    graph.node.add(name=b"net/b", op=b"MatMul", input=[b"net/a"])
    costs = Event()
    value = costs.summary.value.add(tag=b"_stats_/__run_graph__")
    value.metadata.plugin_data.plugin_name = b"trainboard_graph_costs"
    value.tensor.dtype = 7
    value.tensor.string_val.append(
        b'{"version": 1, "how": "fake", "blocks": [{"path": "net", "name": "", "macs_total": 6}]}'
    )
    event = Event(graph_def=graph.SerializeToString())
    meta = Event(meta_graph_def=b"\x12\x00")  # as a TF1 writer adds it: not a second graph
    write(tmp_path / "r" / A, *(encode_record(e.SerializeToString()) for e in (event, meta, costs)))
    write(tmp_path / "s" / A, encode_record(event.SerializeToString()))
    logs = board.open(tmp_path)
    assert logs.counts()[Kind.GRAPH] == 2  # of one name, and no less two
    assert list(logs["r"].graphs) == ["__run_graph__"]
    columns = logs.graph("r", "__run_graph__")
    assert len(columns["node_name"]) == 2
    assert columns["costs"]["how"] == "fake"
    assert logs.graph_node("r", "__run_graph__", "net/b")["op"] == "MatMul"
    with pytest.raises(board.UnknownSeriesError):
        logs.graph_node("r", "__run_graph__", "net/c")


def test_a_thousand_small_runs(tmp_path: Path) -> None:
    whole = b"".join(scalars(10))
    for i in range(1000):
        write(tmp_path / f"{i % 10}" / f"run_{i:04d}" / f"events.out.tfevents.{1_790_000_000 - i}.host", whole)
    logs = board.open(tmp_path)
    assert len(logs.runs) == 1000
    assert sum(run.points for run in logs.overview().runs) == 10_000
    assert logs.overview().runs[0].state is RunState.LIVE
    assert {run.name: run.color_index for run in logs.overview().runs}["9/run_0999"] == 0  # the first by its stamp
    descriptors = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    assert not [
        path for path in map(os.path.realpath, descriptors) if "tfevents" in path and path.startswith(str(tmp_path))
    ]
    assert logs.refresh().grew == {}


INTERRUPTED = """
import signal, sys
from board.logs import Logs

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
cut_off = 0
for half_milliseconds in range(1, 13):
    logs = Logs(sys.argv[1])
    try:
        signal.setitimer(signal.ITIMER_REAL, half_milliseconds / 2000)
        logs.refresh()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except (KeyboardInterrupt, RuntimeError):  # the latter of Python's own threading, when it is cut off
        cut_off += 1
    logs.refresh()
    found = [logs[run].scalars["loss"].value.tolist() for run in logs.runs]
    assert found == [list(range(int(sys.argv[3])))] * int(sys.argv[2]), [len(values) for values in found]
print(cut_off > 0)
"""


@pytest.mark.parametrize("runs", [1, 4])
def test_ctrl_c_while_reading_loses_no_point_and_doubles_none(tmp_path: Path, runs: int) -> None:
    points = 20_000 // runs
    data = b"".join(scalars(points))
    for i in range(runs):
        write(tmp_path / f"r{i}" / A, data)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", INTERRUPTED, str(tmp_path), str(runs), str(points)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == "True", ran.stderr


@pytest.mark.parametrize("runs", [1, 4])
def test_a_read_that_runs_out_of_time_is_finished_later(tmp_path: Path, runs: int) -> None:
    data = b"".join(scalars(60_000))  # more than one buffer full
    for i in range(runs):
        write(tmp_path / f"r{i}" / A, data)
    ticks = itertools.count()
    clock = Clock(monotonic=lambda: 0.2 * next(ticks))  # each look at it takes a fifth of a second
    loader = LogdirLoader(parse_logdirs([tmp_path]), Store(), clock=clock)
    names = loader.sweep()
    rounds = 0
    while names:
        loader.load(names, until=clock.monotonic() + 1.0)
        names = set(loader.unfinished)
        rounds += 1
    assert rounds > 1
    for view in loader.store.views():
        assert view.series["loss", Kind.SCALAR].value.tolist() == list(range(60_000))
    assert len(loader.store.runs()) == runs


def test_one_bad_file_harms_no_other(tmp_path: Path) -> None:
    for i in range(20):
        write(tmp_path / f"good_{i}" / A, *scalars(10))
    write(tmp_path / "bad" / A, os.urandom(5000))
    write(tmp_path / "empty" / A)
    write(tmp_path / "good_0" / B, b"\xff" * 3000)
    logs = board.open(tmp_path)
    assert len(logs.runs) == 22
    assert all(len(logs[f"good_{i}"].scalars["loss"]) == 10 for i in range(20))
    assert {problem.file for problem in logs.problems} == {f"bad/{A}", f"good_0/{B}"}
    assert logs["empty"].state is RunState.STARTING


# -- logdirs


def test_a_logdir_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(board.LogdirError, match="is a file"):
        Logs(tmp_path / "file")
    with pytest.raises(board.LogdirError, match="does not exist"):
        board.open(tmp_path / "nothing")
    Logs(tmp_path / "nothing").close()  # what is watched may come later
    with pytest.raises(board.LogdirError, match="at least one"):
        board.open()


def test_names_of_logdirs(tmp_path: Path) -> None:
    for folder in ("x/logs", "y/logs", "lr=0.1"):
        write(tmp_path / folder / "run" / A, *scalars(1))
    assert board.open(tmp_path / "lr=0.1").runs == ["run"]
    assert board.open(str(tmp_path / "lr=0.1")).runs == ["run"]
    assert sorted(board.open(tmp_path / "x" / "logs", tmp_path / "y" / "logs").runs) == ["logs-2/run", "logs/run"]
    assert board.open(f"base={tmp_path / 'x' / 'logs'}").runs == ["base/run"]
    assert parse_logdirs([f"new={tmp_path}/none=yet"])[0].path == f"{tmp_path}/none=yet"
    with pytest.raises(board.LogdirError, match="named 'a'"):
        parse_logdirs([f"a={tmp_path}", f"a={tmp_path / 'x'}"])


# -- our own writer


def test_what_our_writer_writes(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path / "run")) as writer:
        for step in range(100):
            writer.add_scalar("loss/train", step / 7, step)
        writer.add_image("img", np.zeros((3, 4, 5), np.uint8), 3)
        writer.add_histogram("h", np.arange(10.0), 4)
        writer.add_text("note", "**hello**", 5)
        writer.flush()
        logs = board.open(tmp_path)
        assert logs["run"].state is RunState.LIVE
        assert {"dropped", "host", "pid", "rank", "steps_per_s", "state"} <= logs["run"].facts.keys()
        assert logs["run"].facts["pid"] == os.getpid()
    logs.refresh()
    run = logs["run"]
    assert run.state is RunState.FINISHED
    assert run.scalars["loss/train"].value.tolist() == [float(np.float32(step / 7)) for step in range(100)]
    assert (run.images["img"][0].value[0].width, run.images["img"][0].value[0].height) == (5, 4)
    assert run.histograms["h"][0].value[:, 2].sum() == 10
    (text_tag,) = run.texts
    assert run.texts[text_tag][0].value.tolist() == ["**hello**"]
    assert not any(tag.startswith("_trainboard_") for tag in run.tags)
    assert logs.problems == []
