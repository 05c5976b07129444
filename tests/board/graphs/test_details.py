"""All that a graph says of one node."""

from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef as TensorBoardGraphDef

from board.graphs.details import MAX_ITEMS, MAX_TEXT, node_details
from tests.board.graphs.test_columns import TF1, TORCH, graph_def
from writer.format.messages import DecodeError


def attributes(details: dict[str, Any] | None) -> dict[str, tuple[str, int]]:
    assert details is not None
    return {entry["key"]: (entry["value"], entry["cut"]) for entry in details["attributes"]}


def test_a_node_of_tensorflow() -> None:
    details = node_details(graph_def(TF1), "layer/MatMul")
    assert details is not None
    assert details["op"] == "MatMul"
    assert details["inputs"] == ["input/x", "layer/MatMul/ReadVariableOp"]
    found = attributes(details)
    assert found["T"] == ("float32", 0)
    assert found["transpose_a"] == ("false", 0)
    assert found["_output_shapes"] == ("[?×10]", 0)


def test_a_node_of_torch() -> None:
    found = attributes(node_details(graph_def(TORCH), "Net/Linear[fc1]/154"))
    assert found["attr"] == ("{}", 0)
    assert found["_output_shapes"] == ("[1×32]", 0)


def test_long_attributes_are_cut_and_it_is_said() -> None:
    graph = TensorBoardGraphDef()
    node = graph.node.add(name="n", op="X", device="/device:GPU:0")
    node.attr["text"].s = b"x" * (MAX_TEXT + 7)
    node.attr["list"].list.i.extend(range(MAX_ITEMS + 5))
    node.attr["empty"].list.SetInParent()
    node.attr["bytes"].s = b"\xff\xfe\x00"
    node.attr["float"].f = 0.1
    node.attr["few"].tensor.dtype = 1
    node.attr["few"].tensor.float_val.extend([1.5, 2.5])
    node.attr["few"].tensor.tensor_shape.dim.add(size=2)
    node.attr["many"].tensor.dtype = 1
    node.attr["many"].tensor.tensor_content = np.zeros(1000, np.float32).tobytes()
    node.attr["many"].tensor.tensor_shape.dim.add(size=1000)
    node.attr["nothing"].SetInParent()
    details = node_details(graph.SerializeToString(), "n")
    found = attributes(details)
    assert details is not None
    assert details["device"] == "/device:GPU:0"
    assert found["text"] == ("x" * MAX_TEXT, 7)
    assert found["list"] == ("[" + ", ".join(map(str, range(MAX_ITEMS))) + "]", 5)
    assert found["empty"] == ("[]", 0)
    assert found["bytes"] == ("3 bytes", 0)
    assert found["float"] == ("0.1", 0)
    assert found["few"] == ("float32 2 1.5, 2.5", 0)
    assert found["many"] == ("float32 1000, 4000 bytes", 1000)
    assert found["nothing"] == ("", 0)


def test_every_node_of_the_corpus_can_be_asked_for() -> None:
    data = graph_def(TF1)
    for node in TensorBoardGraphDef.FromString(data).node:
        details = node_details(data, node.name)
        assert details is not None
        assert details["op"] == node.op
        assert {entry["key"] for entry in details["attributes"]} == set(node.attr)


@pytest.mark.parametrize("name", ["", "no such node", "functions/f/none", "\ud800"])
def test_a_name_that_the_graph_does_not_have(name: str) -> None:
    assert node_details(graph_def(TF1), name) is None


def test_nodes_of_functions_and_names_that_are_no_utf8() -> None:
    graph = TensorBoardGraphDef()
    function = graph.library.function.add()
    function.signature.name = "f"
    function.node_def.add(name="a", op="Add")
    inside = node_details(graph.SerializeToString(), "functions/f/a")
    assert inside is not None
    assert inside["op"] == "Add"
    odd = node_details(b"\x0a\x07\x0a\x02\xffa\x12\x01X", "\\xffa")
    assert odd is not None
    assert odd["op"] == "X"


def test_bytes_that_are_no_graph_are_refused() -> None:
    with pytest.raises(DecodeError):
        node_details(b"\xff\xff\xff", "a")
