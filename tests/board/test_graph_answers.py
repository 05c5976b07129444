"""Answers about graphs: what is kept, what another process does, and what that may cost."""

import gzip
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import board
from board.errors import MalformedValueError, UnknownSeriesError
from board.graph_answers import GraphAnswers
from board.graph_files import GraphFiles
from board.graph_sources import GraphSource
from board.graphs.columns import graph_columns
from board.logs import Logs
from tests.board.graphs.big_graph import big_graph
from writer.format.messages import Event
from writer.format.records import encode_record

PLENTY = 2 << 30


def graph_file(folder: Path, data: bytes) -> GraphSource:
    path = folder / "made.graph"
    path.write_bytes(data)
    return GraphSource(tag="file:1", path=str(path))


def read(answer: bytes) -> Any:
    return json.loads(gzip.decompress(answer))


@pytest.mark.parametrize("large_bytes", [0, 1 << 30])
def test_the_answer_is_the_same_in_either_process(tmp_path: Path, large_bytes: int) -> None:
    data = big_graph(stages=1, blocks=2)
    answers = GraphAnswers(None, PLENTY, large_bytes)
    source = graph_file(tmp_path, data)
    assert read(answers.ask("columns", source, more={"profile": None})) == {**graph_columns(data), "profile": None}
    node = read(answers.ask("node", source, name="input/tokens"))
    assert (node["op"], node["device"]) == ("Placeholder", "/device:CPU:0")
    with pytest.raises(UnknownSeriesError, match="no node 'elsewhere'"):
        answers.ask("node", source, name="elsewhere")
    with pytest.raises(MalformedValueError, match="no GraphDef"):
        answers.ask("columns", graph_file(tmp_path, b"\xff\xff\xff"))


@pytest.mark.skipif(sys.platform != "linux", reason="no limits of memory elsewhere")
def test_a_graph_that_needs_too_much_memory_is_refused_and_the_board_lives_on(tmp_path: Path) -> None:
    answers = GraphAnswers(None, 60 << 20, large_bytes=0)
    with pytest.raises(MalformedValueError, match="within 60 MiB of memory"):
        answers.ask("columns", graph_file(tmp_path, big_graph(stages=8, blocks=40)))
    assert read(GraphAnswers(None, PLENTY, 0).ask("columns", graph_file(tmp_path, b"")))["node_name"] == []


def test_answers_are_kept_beside_the_indexes_and_checked(tmp_path: Path) -> None:
    source = graph_file(tmp_path, big_graph(stages=1, blocks=2))
    folder = tmp_path / "cache"
    first = GraphAnswers(folder, PLENTY).ask("columns", source)
    (kept,) = folder.glob("??/*.graph")
    assert (folder / "CACHEDIR.TAG").exists()
    marked = kept.read_bytes()
    Path(source.path).write_bytes(b"")  # what is asked again need not be there
    assert GraphAnswers(folder, PLENTY).ask("columns", source) == first
    kept.write_bytes(marked[:-9] + b"x" + marked[-8:])  # a damaged one is made anew
    assert read(GraphAnswers(folder, PLENTY).ask("columns", source))["node_name"] == []
    old = folder / "aa" / "old.graph"
    old.parent.mkdir()
    old.write_bytes(b"")
    os.utime(old, (1, 1))
    GraphAnswers(folder, PLENTY).ask("columns", source, more={"profile": None})
    assert not old.exists()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    source = graph_file(tmp_path, big_graph(stages=1, blocks=1))
    assert read(GraphAnswers(tmp_path / "cache", PLENTY).ask("columns", source))["node_name"]


def test_files_come_and_the_oldest_go(tmp_path: Path) -> None:
    files = GraphFiles(GraphAnswers(None, PLENTY))
    given = tmp_path / "one.pb"
    given.write_bytes(big_graph(stages=1, blocks=1))
    first = files.add(given, "one.pb", 1.0)
    assert given.exists()
    second = files.add(given.read_bytes(), "two.pb", 2.0)
    assert [(file.tag, file.name) for file in files.listed()] == [("file:1", "one.pb"), ("file:2", "two.pb")]
    assert read(GraphAnswers(None, PLENTY).ask("columns", files.source(second.tag)))["node_name"]
    with pytest.raises(MalformedValueError, match="is none of"):
        files.add(b"x", "notes.txt", 3.0)
    held = Path(files.source(first.tag).path)
    files.close()
    assert not held.parent.exists()
    with pytest.raises(UnknownSeriesError, match="drop it onto the page again"):
        files.source(first.tag)


def write(path: Path, *events: Event) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode_record(event.SerializeToString()) for event in events))


def noted(tag: bytes, text: bytes, wall_time: float = 0.0) -> Any:
    event = Event(wall_time=wall_time)
    value = event.summary.value.add(tag=tag)
    value.metadata.plugin_data.plugin_name = b"trainboard_graph_costs"
    value.tensor.dtype = 7
    value.tensor.string_val.append(text)
    return event


def test_each_graph_of_a_run_has_its_own_costs(tmp_path: Path) -> None:
    one, two = (Event(graph_def=big_graph(stages=1, blocks=blocks)) for blocks in (1, 2))
    costs = [noted(b"_stats_/graph", b'{"how": "h%d", "blocks": [{"path": "Big", "name": ""}]}' % i) for i in range(3)]
    write(
        tmp_path / "r" / "events.out.tfevents.1.a", one, costs[0], costs[1], two, costs[2], noted(b"_stats_/b", b"{}")
    )
    logs = board.open(tmp_path, cache=False)
    refs = [blob.ref for blob in logs["r"].graphs["__run_graph__"]]
    assert [logs.graph("r", "__run_graph__", ref)["costs"]["how"] for ref in refs] == ["h1", "h2"]


def test_times_of_a_run_can_be_chosen(tmp_path: Path) -> None:
    from tensorboard.compat.proto.config_pb2 import RunMetadata

    def profile(tag: bytes, micros: int, when: float) -> Any:
        metadata = RunMetadata()
        device = metadata.step_stats.dev_stats.add(device="/device:CPU:0")
        device.node_stats.add(node_name="input/tokens", all_end_rel_micros=micros)
        event = Event(wall_time=when, step=int(when))
        event.tagged_run_metadata.tag = tag
        event.tagged_run_metadata.run_metadata = metadata.SerializeToString()
        return event

    graph = Event(graph_def=big_graph(stages=1, blocks=1))
    write(tmp_path / "r" / "events.out.tfevents.1.a", graph, profile(b"step 5", 7, 5.0), profile(b"step 2", 9, 2.0))
    logs = board.open(tmp_path, cache=False)
    answer = read(logs.graphs.columns("r", "__run_graph__"))
    assert ([row["tag"] for row in answer["profiles"]], answer["profile"]) == (["step 2", "step 5"], "step 5")
    assert max(answer["node_forward_s"]) == pytest.approx(7e-6)
    other = read(logs.graphs.columns("r", "__run_graph__", profile="step 2"))
    assert max(other["node_forward_s"]) == pytest.approx(9e-6)
    none = read(logs.graphs.columns("r", "__run_graph__", profile=""))
    assert (none["node_forward_s"], none["profile"]) == (None, None)


def test_whoever_asks_at_the_same_time_waits_for_one_answer(tmp_path: Path) -> None:
    import threading

    answers = GraphAnswers(tmp_path / "cache", PLENTY, large_bytes=0)
    source = graph_file(tmp_path, big_graph(stages=2, blocks=20))
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(answers.ask("columns", source))) for _ in range(6)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(list((tmp_path / "cache").glob("??/*.graph"))) == 1
    assert time.perf_counter() - begin < 60


def test_a_model_alone_is_enough_for_a_board(tmp_path: Path) -> None:
    path = tmp_path / "net.pb"
    path.write_bytes(big_graph(stages=1, blocks=1))
    logs = Logs(cache=False, graph_files=[path])
    logs.refresh()
    assert (logs.runs, [file.name for file in logs.graphs.files]) == ([], ["net.pb"])
    assert read(logs.graphs.columns("", "file:1"))["node_name"]
    logs.close()


def test_a_large_graph_is_decoded_before_somebody_asks(tmp_path: Path) -> None:
    from tests.board.served import wait_until

    data = big_graph(stages=16, blocks=40)
    assert len(data) > 4 << 20
    write(tmp_path / "logs" / "r" / "events.out.tfevents.1.a", Event(graph_def=data))
    logs = Logs(tmp_path / "logs", cache=tmp_path / "cache")
    logs.watch(lambda delta: None)
    wait_until(lambda: list((tmp_path / "cache").glob("??/*.graph")), "the columns")
    (kept,) = (tmp_path / "cache").glob("??/*.graph")
    before = kept.stat().st_ino
    assert len(read(logs.graphs.columns("r", "__run_graph__"))["strings"]) > 10
    assert kept.stat().st_ino == before
    logs.close()
