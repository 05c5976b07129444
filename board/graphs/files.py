"""Files with graphs of other programs -> a GraphDef: nothing in them is ever executed.

TensorFlow's ``.pb`` and ``.pbtxt``, Keras' JSON, ONNX, and what torch.export saves as far as it is data.
"""

from typing import Any

from google.protobuf import text_format

from board.errors import MalformedValueError
from board.graph_encodings import keras_graph
from board.graphs.exported_program import exported_graph
from board.graphs.onnx_file import onnx_graph
from writer.format.messages import DecodeError, Event, GraphDef, MetaGraphDef

__all__ = ["SUFFIXES", "read_graph_file"]

SUFFIXES = (".pb", ".pbtxt", ".json", ".onnx", ".pt2")
_PICKLED = (".pt", ".pth", ".pkl", ".bin", ".ckpt", ".safetensors", ".h5", ".keras", ".pkl.gz")


def read_graph_file(data: bytes, name: str) -> bytes:
    """Make a serialised GraphDef of a file.

    Args:
        data: the file.
        name: of it; its end says what it is.

    Raises:
        MalformedValueError: it cannot be read, with the reason.
    """
    lower = name.lower()
    if lower.endswith(".pbtxt"):
        return _of_text(data)
    if lower.endswith(".pb"):
        return _of_binary(data)
    if lower.endswith(".json"):
        return keras_graph(data)
    if lower.endswith(".onnx"):
        return onnx_graph(data)
    if lower.endswith(".pt2"):
        return exported_graph(data)
    if lower.endswith(_PICKLED):
        raise MalformedValueError(
            f"{name} holds weights, or a program that would have to be run to see its graph; export the model to ONNX "
            "or with torch.export, or log it with add_graph"
        )
    raise MalformedValueError(f"{name} is none of {', '.join(SUFFIXES)}")


def _of_text(data: bytes) -> bytes:
    """Read text format: of a GraphDef, else of a MetaGraphDef."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedValueError("a .pbtxt is text, and this is none") from error
    reasons = []
    for kind in (GraphDef, _MetaGraph):
        try:
            read: Any = text_format.Parse(text, kind(), allow_unknown_field=True)
        except text_format.ParseError as error:
            reasons.append(str(error))
            continue
        graph = read if kind is GraphDef else read.graph_def
        if graph.node:
            return bytes(graph.SerializeToString())
        reasons.append("it has no nodes")
    raise MalformedValueError(f"that is no GraphDef in text format: {reasons[0]}")


def _of_binary(data: bytes) -> bytes:
    """Read a GraphDef, a MetaGraphDef or the first graph of a SavedModel, whichever has nodes with names."""
    for read in (GraphDef.FromString, _graph_of_meta, _graph_of_saved_model):
        try:
            graph: Any = read(data)
        except DecodeError:
            continue
        if graph is not None and graph.node and any(node.op for node in graph.node):
            return bytes(graph.SerializeToString())
    raise MalformedValueError("that .pb is no GraphDef, MetaGraphDef or SavedModel with a graph in it")


def _graph_of_meta(data: bytes) -> Any:
    return MetaGraphDef.FromString(data).graph_def


def _graph_of_saved_model(data: bytes) -> Any:
    # saved_model.proto: field 1 is a version, field 2 a MetaGraphDef; this message has bytes at field 2.
    found = Event(tagged_run_metadata={}).tagged_run_metadata
    found.ParseFromString(data[2:] if data[:1] == b"\x08" else data)
    return MetaGraphDef.FromString(found.run_metadata).graph_def


_MetaGraph: Any = MetaGraphDef
