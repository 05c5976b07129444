"""ONNX models as computation graphs, with the nodes of torch's writer."""

from typing import IO, Any

from writer import process
from writer.errors import MissingPackageError
from writer.format.messages import Event, GraphDef
from writer.tensors import DATA_TYPES

__all__ = ["onnx_event"]

_MOST_TEXT = 4096  # characters of a node's attributes: a constant can hold all weights
_ELEMENT_TYPES = {  # onnx/onnx.proto, TensorProto.DataType -> name of the type
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}  # fmt: skip


def onnx_event(file: IO[bytes], wall_time: float) -> bytes:
    """Serialise the event with an ONNX model's graph: a node for each input, output and operation.

    Args:
        file: The model, opened; closed here. Weights that lie beside it are not read.
        wall_time: Seconds since the epoch.

    Raises:
        MissingPackageError: The package onnx is not installed.
        Exception: What onnx raises for a file that it cannot read.
    """
    with file:
        try:
            with process.importing:
                import onnx  # late: the writer works without it
        except ImportError as error:
            raise MissingPackageError("ONNX graphs need onnx: pip install 'trainboard[onnx]'") from error
        model = onnx.load(file, load_external_data=False)
    event = Event(wall_time=wall_time, graph_def=_graph_of(model).SerializeToString())
    encoded: bytes = event.SerializeToString()
    return encoded


def _graph_of(model: Any) -> Any:
    graph = GraphDef()
    graph.versions.producer = 22
    for port in (*model.graph.input, *model.graph.output):
        node = graph.node.add(name=port.name.encode(), op=b"Variable")
        tensor = port.type.tensor_type
        element = DATA_TYPES.get(_ELEMENT_TYPES.get(tensor.elem_type, ""), 0)
        node.attr.add(key=b"dtype").value.type = element
        shape = node.attr.add(key=b"shape").value.shape
        shape.SetInParent()
        for dimension in tensor.shape.dim:
            shape.dim.add(size=dimension.dim_value)
    for operation in model.graph.node:
        name = next((output for output in operation.output if output), operation.name)
        node = graph.node.add(name=name.encode(), op=operation.op_type.encode())
        node.input.extend(source.encode() for source in operation.input)
        text = ", ".join(_describe(attribute) for attribute in operation.attribute)
        node.attr.add(key=b"parameters").value.s = text[:_MOST_TEXT].encode()
    return graph


def _describe(attribute: Any) -> str:
    return " = ".join(str(value)[:_MOST_TEXT] for _, value in attribute.ListFields())
