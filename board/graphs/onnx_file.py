"""ONNX models -> a GraphDef: a node for each operation, scopes out of the exporter's names, shapes if known.

Format: onnx/onnx.proto. Weights are not looked at, and those in files beside it are not read.
"""

from collections.abc import Iterator
from contextlib import suppress
from math import prod
from typing import Any

from board.errors import MalformedValueError
from board.graphs.graph_builder import GraphBuilder

__all__ = ["onnx_graph"]

_TYPES = {  # TensorProto.DataType -> types.proto
    1: 1, 2: 4, 3: 6, 4: 17, 5: 5, 6: 3, 7: 9, 8: 7, 9: 10, 10: 19, 11: 2, 12: 22, 13: 23, 14: 8, 15: 18, 16: 14,
}  # fmt: skip
_MAX_TEXT = 1000  # characters of an attribute


def onnx_graph(data: bytes) -> bytes:
    """Make a serialised GraphDef of a serialised ONNX model.

    Raises:
        MalformedValueError: it is none, or the package onnx is not installed.
    """
    try:
        import onnx  # late: an extra
    except ImportError as error:
        raise MalformedValueError("ONNX files need onnx: pip install 'trainboard[onnx]'") from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's, which is not ours to import
        raise MalformedValueError("that is no ONNX model") from error
    if not model.graph.node:
        raise MalformedValueError("that ONNX model has no operations")
    with suppress(Exception):  # an operator that it does not know: the shapes that are there must do
        model = onnx.shape_inference.infer_shapes(model)
    return _Walk(model.graph).build()


class _Walk:
    """Adds an ONNX graph to a GraphDef; values have names of their own there, nodes need not."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._to = GraphBuilder()
        self._made: dict[str, tuple[str, int]] = {}  # value -> (node, output)
        self._types = {value.name: value.type.tensor_type for value in _values(graph)}
        self._weights = {tensor.name: tensor for tensor in graph.initializer}

    def build(self) -> bytes:
        for value in self._graph.input:
            if value.name not in self._weights:
                name = self._to.add(_path(value.name), "Placeholder", [], **self._described([value.name]))
                self._made[value.name] = (name, 0)
        for node in self._graph.node:
            self._add(node)
        for value in self._graph.output:
            if value.name in self._made:
                self._to.add(_path(value.name), "Identity", [self._made[value.name]], **self._described([value.name]))
        return self._to.serialize()

    def _add(self, node: Any) -> None:
        outputs = [name for name in node.output if name]
        path = _path(node.name) or _path(next(iter(outputs), "")) or node.op_type
        scope = path.rpartition("/")[0]
        inputs = [self._source(name, scope) for name in node.input if name]
        texts = {attribute.name: _text(attribute) for attribute in node.attribute}
        name = self._to.add(path, node.op_type, inputs, texts=texts, **self._described(outputs))
        for index, output in enumerate(outputs):
            self._made[output] = (name, index)

    def _source(self, value: str, scope: str) -> tuple[str, int]:
        if value not in self._made and value in self._weights:
            tensor = self._weights[value]
            shape = tuple(tensor.dims)
            label = _path(value).rpartition("/")[2]
            name = self._to.add(
                f"{scope}/{label}".lstrip("/"),
                "Const",
                [],
                shapes=[shape],
                dtype=_TYPES.get(tensor.data_type, 0),
                figures={"num_params": prod(shape)},
            )
            self._made[value] = (name, 0)
        elif value not in self._made:
            self._made[value] = (self._to.add(_path(value) or "input", "Placeholder", []), 0)
        return self._made[value]

    def _described(self, outputs: list[str]) -> dict[str, Any]:
        """Describe what a node puts out, as far as the file knows."""
        types = [self._types[name] for name in outputs if name in self._types]
        if len(types) < len(outputs) or not types:
            return {}
        shapes = [_shape(kind) for kind in types]
        return {"shapes": shapes, "dtype": _TYPES.get(types[0].elem_type, 0)}


def _values(graph: Any) -> Iterator[Any]:
    for values in (graph.value_info, graph.input, graph.output):
        yield from values


def _shape(kind: Any) -> tuple[int, ...] | None:
    if not kind.HasField("shape"):
        return None
    return tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.shape.dim)


def _path(name: str) -> str:
    """Make a path of a name: torch's exporters write ``/layer1/conv1/Conv``, others ``onnx::Conv_12``."""
    return "/".join(part for part in name.replace("::", "_").replace(":", "_").split("/") if part)


def _text(attribute: Any) -> str:
    """Write an attribute on a line; of tensors and inner graphs only that they are there (AttributeProto)."""
    match attribute.type:
        case 1:
            text = f"{attribute.f:.7g}"
        case 2:
            text = str(attribute.i)
        case 3:
            text = attribute.s.decode("utf-8", "replace")
        case 6:
            text = str([round(value, 7) for value in attribute.floats[:64]])
        case 7:
            text = str(list(attribute.ints[:64]))
        case 8:
            text = str([value.decode("utf-8", "replace") for value in attribute.strings[:64]])
        case 4:
            text = f"tensor {list(attribute.t.dims)}"
        case 5:
            text = f"a graph of {len(attribute.g.node)} nodes"
        case _:
            text = "…"
    return text[:_MAX_TEXT]
