"""Columns of graphs that TensorFlow, Keras, torch, tensorboardX and our own writer wrote."""

import json
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.compat.proto.graph_pb2 import GraphDef as TensorBoardGraphDef

from board.graph_encodings import keras_graph, trace_graph
from board.graphs.columns import graph_columns
from tests.board.graphs.big_graph import big_graph
from writer.format.messages import DecodeError, Event
from writer.graph_encoding import graph_events
from writer.torch_graph import capture

CORPUS = Path(__file__).parents[2] / "corpus" / "logs"
TF1 = "tf1/mnist_softmax/events.out.tfevents.1795403177.vm"
TORCH = "torch/run_a/events.out.tfevents.1795403181.vm.28552.0"
TENSORBOARDX = "tensorboardx/run_x/events.out.tfevents.1795403183.vm"
TF2 = "tf2_trace/events.out.tfevents.1795403175.vm.28330.1.v2"
KERAS = "keras/train/events.out.tfevents.1795403176.vm.28330.2.v2"


def events(name: str) -> Iterator[Any]:
    """Events of a file of the corpus, by the plainest loop there is."""
    data = (CORPUS / name).read_bytes()
    offset = 0
    while offset < len(data):
        (length,) = struct.unpack_from("<Q", data, offset)
        yield Event.FromString(data[offset + 12 : offset + 12 + length])
        offset += 16 + length


def graph_def(name: str) -> bytes:
    return next(bytes(event.graph_def) for event in events(name) if event.WhichOneof("what") == "graph_def")


def plugin_value(name: str, plugin: bytes) -> bytes:
    for event in events(name):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == plugin:
                return bytes(value.tensor.string_val[0])
    raise AssertionError(f"{name} has no value of {plugin!r}")


def full_names(columns: dict[str, Any]) -> list[str]:
    """Names as the file has them, put together from the columns as the page does."""
    strings = columns["strings"]
    paths = [""]
    for name, parent in zip(columns["group_name"][1:], columns["group_parent"][1:], strict=True):
        paths.append(f"{paths[parent]}/{strings[name]}".lstrip("/"))
    names = []
    for name, group in zip(columns["node_name"], columns["node_group"], strict=True):
        leaf = strings[name]
        is_scope = group and leaf == f"({paths[group].rpartition('/')[2]})"
        names.append(paths[group] if is_scope else f"{paths[group]}/{leaf}".lstrip("/"))
    return names


def edges(columns: dict[str, Any]) -> Counter[tuple[str, str]]:
    names = full_names(columns)
    ends = columns["edges"]
    return Counter((names[a], names[b]) for a, b in zip(ends[::2], ends[1::2], strict=True))


@pytest.mark.parametrize("name", [TF1, TORCH, TENSORBOARDX])
def test_every_node_and_edge_is_that_of_tensorboards_own_classes(name: str) -> None:
    data = graph_def(name)
    columns = graph_columns(data, None)
    judge = TensorBoardGraphDef.FromString(data)
    assert full_names(columns) == [node.name for node in judge.node]
    assert [columns["strings"][op] for op in columns["node_op"]] == [node.op for node in judge.node]
    known = {node.name for node in judge.node}
    wanted = Counter(
        (source, node.name)
        for node in judge.node
        for text in node.input
        if (source := text.lstrip("^").split(":")[0]) in known
    )
    assert edges(columns) == wanted
    inputs = sum(len(node.input) for node in judge.node)
    assert columns["missing_inputs"] == inputs - wanted.total()


def test_parents_come_before_their_children_and_all_numbers_are_in_range() -> None:
    columns = graph_columns(graph_def(TF1), None)
    assert columns["group_parent"][0] == -1
    assert all(parent < group for group, parent in enumerate(columns["group_parent"]))
    for key in ("group_name", "group_class", "node_name", "node_op", "node_shape", "node_dtype", "node_source"):
        assert all(0 <= number < len(columns["strings"]) for number in columns[key])
    assert len(columns["strings"]) == len(set(columns["strings"]))
    json.dumps(columns, allow_nan=False)


def test_a_node_that_is_also_a_scope_lies_in_it() -> None:
    columns = graph_columns(graph_def(TF1), None)
    strings = columns["strings"]
    at = full_names(columns).index("layer/MatMul")
    assert strings[columns["node_name"][at]] == "(MatMul)"
    assert strings[columns["group_name"][columns["node_group"][at]]] == "MatMul"


def test_shapes_types_and_control_inputs_of_tensorflow() -> None:
    columns = graph_columns(graph_def(TF1), None)
    names = full_names(columns)
    strings = columns["strings"]
    at = names.index("input/x")
    assert strings[columns["node_shape"][at]] == "?×784"
    assert strings[columns["node_dtype"][at]] == "float32"
    judge = TensorBoardGraphDef.FromString(graph_def(TF1))
    assert len(columns["edge_control"]) == sum(text.startswith("^") for node in judge.node for text in node.input)
    ends = columns["edges"]
    shape = {
        (names[ends[2 * e]], names[ends[2 * e + 1]]): strings[number] for e, number in enumerate(columns["edge_shape"])
    }
    assert shape["input/x", "layer/MatMul"] == "?×784"
    assert shape["^W/Assign".lstrip("^"), "init"] == ""


def test_variables_of_tensorflow_are_its_parameters() -> None:
    costs = graph_columns(graph_def(TF1), None)["costs"]
    assert costs["how"] == "attributes"
    assert costs["group_params"][0] == 784 * 10 + 10


def test_a_graph_without_figures_has_no_costs() -> None:
    columns = graph_columns(graph_def(TORCH), None)
    assert columns["costs"] is None
    strings = columns["strings"]
    classes = {strings[c] for c in columns["group_class"]}
    assert {"Conv2d", "Linear", "Dropout", ""} <= classes


def test_traces_of_tf2_and_models_of_keras_are_graphs_too() -> None:
    traced = graph_columns(trace_graph(plugin_value(TF2, b"graph_run_metadata_graph")), None)
    assert {"MatMul", "Relu"} <= {traced["strings"][op] for op in traced["node_op"]}
    keras = graph_columns(keras_graph(plugin_value(KERAS, b"graph_keras_model")), None)
    ops = [keras["strings"][op] for op in keras["node_op"]]
    assert ops[:3] == ["InputLayer", "Conv2D", "MaxPooling2D"]
    assert len(keras["edges"]) == 2 * (len(ops) - 1)


class Tied(torch.nn.Module):
    """Two layers that share one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(50, 8)
        self.body = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 8))
        self.head = torch.nn.Linear(8, 50, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(self.body(self.embed(tokens)))
        return out


def test_costs_of_our_writer_stand_at_the_blocks_they_belong_to() -> None:
    model = Tied()
    graph, noted = graph_events(capture(model, torch.zeros(2, 3, dtype=torch.int64)))
    costs = json.loads(noted.summary.value[0].tensor.string_val[0])
    columns = graph_columns(bytes(graph.graph_def), costs)
    strings = columns["strings"]
    params = sum(parameter.numel() for parameter in model.parameters())
    macs = 2 * 3 * (8 * 16 + 16 * 8 + 8 * 50)
    assert columns["costs"]["group_params"][0] == params  # the shared weight counts once
    assert columns["costs"]["group_macs"][0] == macs
    by_name = {block["name"]: block for block in columns["costs"]["blocks"]}
    assert by_name["head"]["tied"] == ["embed.weight"]
    assert strings[columns["group_class"][by_name["body"]["group"]]] == "Sequential"
    assert columns["costs"]["group_macs"][by_name["body"]["group"]] == 2 * 3 * (8 * 16 + 16 * 8)
    assert columns["costs"]["counted"] == costs["counted"]
    assert columns["costs"]["how"] == costs["how"] != "attributes"
    # added up from the nodes instead, the figures are the same
    plain = graph_columns(bytes(graph.graph_def), None)["costs"]
    assert (plain["group_params"][0], plain["group_macs"][0]) == (params, macs)


@pytest.mark.parametrize(
    "costs",
    [
        {"blocks": None},
        {"blocks": ["x", {"path": 3}, {"path": "Net", "params_total": "many", "macs_total": float("nan"), "tied": 7}]},
        {"blocks": [{"path": "Net", "macs_total": -1, "calls": None}], "not_counted": 3},
    ],
)
def test_costs_that_make_no_sense_are_left_out(costs: dict[str, Any]) -> None:
    columns = graph_columns(graph_def(TORCH), costs)
    json.dumps(columns, allow_nan=False)
    assert full_names(columns) == full_names(graph_columns(graph_def(TORCH), None))


def test_bytes_that_are_no_graph_are_refused() -> None:
    with pytest.raises(DecodeError):
        graph_columns(b"\xff\xff\xff", None)


@pytest.mark.parametrize("attribute", [b"\x0a", b"", b"\x0a\x05shape", b"\x0a\x05shape\x12\x02\x12\x00", b"\x12\x00"])
def test_attributes_that_make_no_sense_do_not_stop_anything_else(attribute: bytes) -> None:
    node = b"\x0a\x01n\x12\x0bVarHandleOp\x2a" + bytes([len(attribute)]) + attribute
    try:
        columns = graph_columns(b"\x0a" + bytes([len(node)]) + node, None)
    except DecodeError:
        assert attribute == b"\x0a"  # cut off in the middle: the file itself is damaged
    else:
        assert full_names(columns) == ["n"]


def test_names_that_are_no_utf8_stay_apart_and_deep_ones_are_taken() -> None:
    graph = TensorBoardGraphDef()
    data = b"".join(b"\x0a" + bytes([len(node)]) + node for node in (b"\x0a\x02\xffa", b"\x0a\x02\xfea", b"\x0a\x00"))
    assert full_names(graph_columns(data, None)) == ["\\xffa", "\\xfea", ""]
    deep = "/".join(["s"] * 5000)
    graph.node.add(name=deep, op="X")
    assert full_names(graph_columns(graph.SerializeToString(), None)) == [deep]


def test_functions_of_a_graph_have_scopes_of_their_own() -> None:
    graph = TensorBoardGraphDef()
    graph.node.add(name="call", op="PartitionedCall")
    function = graph.library.function.add()
    function.signature.name = "f"
    function.node_def.add(name="a", op="Add", input=["x"])
    function.node_def.add(name="b", op="Mul", input=["a:z:0", "^a"])
    columns = graph_columns(graph.SerializeToString(), None)
    assert full_names(columns) == ["call", "functions/f/a", "functions/f/b"]
    assert edges(columns) == Counter({("functions/f/a", "functions/f/b"): 2})
    assert columns["missing_inputs"] == 0  # x is an argument


def test_work_grows_with_the_size_of_the_graph_and_no_faster() -> None:
    large, small = big_graph(stages=10, blocks=40), big_graph(stages=1, blocks=40)
    columns = graph_columns(large, None)
    assert len(columns["node_name"]) > 11_000
    assert columns["costs"]["group_params"][0] == sum(columns["node_params"])

    def calls(data: bytes) -> int:
        counted = Counter[str]()
        sys.setprofile(lambda frame, event, argument: counted.update([event]))
        try:
            graph_columns(data, None)
        finally:
            sys.setprofile(None)
        return counted["call"] + counted["c_call"]

    assert calls(large) < 11 * calls(small)
