"""What run metadata tells of a graph: times, memory, shapes and devices."""

import gzip
import json
from typing import Any

import pytest
from tensorboard.compat.proto.config_pb2 import RunMetadata

import board
from board.graphs.columns import graph_columns
from board.graphs.profile import read_profile
from tests.board.graphs.test_columns import CORPUS, full_names
from writer.captured_graph import Node, TensorSpec
from writer.format.messages import GraphDef
from writer.graph_encoding import graph_def


def graph() -> bytes:
    made: Any = GraphDef()
    made.node.add(name=b"net/a/x", op=b"Placeholder")
    made.node.add(name=b"net/a/y", op=b"MatMul", input=[b"net/a/x"])
    made.node.add(name=b"net/b/z", op=b"Relu", input=[b"net/a/y"], device=b"/job:worker/task:3/device:GPU:1")
    return bytes(made.SerializeToString())


def metadata() -> RunMetadata:
    made = RunMetadata()
    cpu = made.step_stats.dev_stats.add(device="/job:localhost/replica:0/task:0/device:CPU:0")
    stats = cpu.node_stats.add(node_name="net/a/x", all_start_micros=5, all_end_rel_micros=7)
    gpu = made.step_stats.dev_stats.add(device="/job:localhost/replica:0/task:0/device:GPU:0")
    for taken in (100, 50):
        stats = gpu.node_stats.add(node_name="net/a/y", all_start_micros=9, all_end_rel_micros=taken)
    stats.memory.add(allocator_name="GPU_0_bfc", total_bytes=4096)
    output = stats.output.add(slot=0)
    output.tensor_description.shape.dim.add(size=2)
    output.tensor_description.shape.dim.add(size=3)
    streams = made.step_stats.dev_stats.add(device="/device:GPU:0/stream:all")
    streams.node_stats.add(node_name="net/a/y:MatMul", all_start_micros=9, all_end_rel_micros=40)
    return made


def test_times_memory_shapes_and_devices_reach_the_nodes_and_their_groups() -> None:
    columns = graph_columns(graph(), None, read_profile(metadata().SerializeToString()))
    at = {name: i for i, name in enumerate(full_names(columns))}
    x, y, z = at["net/a/x"], at["net/a/y"], at["net/b/z"]
    assert columns["node_forward_s"] == pytest.approx([7e-6, 150e-6, -1])
    assert [columns["node_memory"][i] for i in (x, y, z)] == [0, 4096, -1]
    strings = columns["strings"]
    assert [strings[columns["node_device"][i]] for i in (x, y, z)] == ["CPU:0", "GPU:0", "worker/3 GPU:1"]
    assert strings[columns["node_shape"][y]] == "2×3"
    names = [strings[name] for name in columns["group_name"]]
    group = {name: i for i, name in enumerate(names)}
    times = columns["costs"]["group_forward_s"]
    assert times == pytest.approx([157e-6 if g in (0, group["net"], group["a"]) else -1 for g in range(len(names))])
    assert strings[columns["group_device"][group["a"]]] == "CPU:0, GPU:0"
    assert strings[columns["group_device"][group["b"]]] == "worker/3 GPU:1"
    assert columns["costs"]["measured"] == {"by": "run metadata", "steps": 1, "on": "clock"}
    assert columns["costs"]["group_backward_s"] is None


def test_without_a_profile_nothing_was_measured() -> None:
    columns = graph_columns(graph(), None, None)
    assert (columns["node_forward_s"], columns["node_memory"], columns["costs"]) == (None, None, None)
    other = RunMetadata()
    other.step_stats.dev_stats.add(device="d").node_stats.add(node_name="elsewhere", all_end_rel_micros=3)
    assert graph_columns(graph(), None, read_profile(other.SerializeToString()))["node_forward_s"] is None


@pytest.mark.parametrize("data", [b"", b"\xff\xff", RunMetadata().SerializeToString()])
def test_metadata_without_times_are_no_profile(data: bytes) -> None:
    assert read_profile(data) is None


def test_figures_of_a_watched_model_stand_at_its_blocks() -> None:
    costs = {
        "measured": {"by": "watch", "steps": 3, "clock": "clock"},
        "blocks": [
            {"path": "net", "name": "", "forward_s": 0.5, "backward_s": 1.0, "saved_bytes_total": 30, "trainable": 1},
            {"path": "net/a", "name": "a", "forward_s": 0.2, "saved_bytes": 10, "saved_bytes_total": 20, "trainable": 4,
             "device": "cuda:0", "calls": 2},
            {"path": "net/nowhere", "name": "n", "forward_s": 9.0},
        ],
    }  # fmt: skip
    described = graph_columns(graph(), costs, read_profile(metadata().SerializeToString()))["costs"]
    assert described["measured"] == {"by": "watch", "steps": 3, "on": "clock"}
    # "" and net are the model, a is as it was noted; b has no times
    assert described["group_forward_s"] == [0.5, 0.5, 0.2, -1]
    assert described["group_backward_s"] == [1.0, 1.0, -1, -1]
    assert described["group_saved_bytes"] == [30, 30, 20, -1]
    assert described["group_trainable"] == [5, 5, 4, -1]
    assert described["group_calls"] == [-1, 1, 2, -1]
    assert described["group_buffers"] is None
    assert described["blocks"][1]["device"] == "cuda:0"


def test_parts_of_a_model_on_several_devices_are_told_apart() -> None:
    """As a model split over two graphics processors is recorded; none is needed to read it."""
    first, second = (TensorSpec((2, 8), "bfloat16", device) for device in ("cuda:0", "cuda:1"))
    nodes = [
        Node("input", "x", "Placeholder", "", "", [], [first]),
        Node("op", "linear", "linear", "Pipe/Linear[first]", "first", [(0, 0)], [first]),
        Node("op", "to", "to", "Pipe", "", [(1, 0)], [second]),
        Node("op", "linear", "linear", "Pipe/Linear[second]", "second", [(2, 0)], [second]),
    ]
    columns = graph_columns(bytes(graph_def(nodes).SerializeToString()), None)
    strings = columns["strings"]
    assert [strings[device] for device in columns["node_device"]] == ["GPU:0", "GPU:0", "GPU:1", "GPU:1"]
    names = [strings[name] for name in columns["group_name"]]
    devices = dict(zip(names, (strings[device] for device in columns["group_device"]), strict=True))
    assert devices == {"": "GPU:0, GPU:1", "Pipe": "GPU:0, GPU:1", "Linear[first]": "GPU:0", "Linear[second]": "GPU:1"}
    assert strings[columns["group_dtype"][0]] == "bfloat16"


def test_times_of_a_real_run_of_tensorflow_are_those_that_tensorboard_reads() -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = CORPUS / "tf1" / "mnist_softmax"
    judge = EventAccumulator(str(folder))
    judge.Reload()
    logs = board.open(CORPUS, cache=False)
    profiles = json.loads(gzip.decompress(logs.graphs.columns("tf1/mnist_softmax", "__run_graph__")))["profiles"]
    assert [row["tag"] for row in profiles] == judge.Tags()["run_metadata"] == ["step009", "step019", "step029"]
    for row in profiles:
        answer = logs.graphs.columns("tf1/mnist_softmax", "__run_graph__", profile=row["tag"])
        columns = json.loads(gzip.decompress(answer))
        wanted: dict[str, float] = {}
        for device in judge.RunMetadata(row["tag"]).step_stats.dev_stats:
            for stats in device.node_stats:
                wanted[stats.node_name] = wanted.get(stats.node_name, 0.0) + stats.all_end_rel_micros * 1e-6
        names = full_names(columns)
        read = {name: taken for name, taken in zip(names, columns["node_forward_s"], strict=True) if taken >= 0}
        assert len(read) > 30
        assert read == pytest.approx({name: wanted[name] for name in read})
        assert wanted.keys() & set(names) == read.keys()
