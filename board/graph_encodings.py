"""The stray encodings of a graph -> one GraphDef: a TF2 trace's function graphs, a Keras model's JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from board.errors import MalformedValueError
from writer.format.messages import DecodeError, GraphDef, RunMetadata

__all__ = ["keras_graph", "merge_graphs", "trace_graph"]

_DTYPES = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8, "int64": 9,
    "bool": 10, "bfloat16": 14, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip


def trace_graph(run_metadata: bytes) -> bytes:
    """Return the graph of ``tf.summary.trace_export``: its functions before optimisation, merged.

    The same as TensorBoard's ``graph_util.merge_graph_defs``, but for control inputs, whose ``^`` stays in front.
    """
    try:
        metadata = RunMetadata.FromString(run_metadata)
    except DecodeError as error:
        raise MalformedValueError("a traced graph is not a RunMetadata message") from error
    graphs = [functions.pre_optimization_graph for functions in metadata.function_graphs]
    return bytes(merge_graphs(graphs or list(metadata.partition_graphs)).SerializeToString())


def merge_graphs(graphs: Sequence[Any]) -> Any:
    """Put several GraphDefs into one, each below ``graph_<i>/``; a single one stays as it is."""
    if len(graphs) == 1:
        return graphs[0]
    merged = GraphDef()
    if graphs:
        merged.versions.CopyFrom(graphs[0].versions)
    for index, graph in enumerate(graphs, start=1):
        prefix = b"graph_%d" % index
        for node in graph.node:
            added = merged.node.add()
            added.CopyFrom(node)
            added.name = prefix + b"/" + node.name
            added.input[:] = [_prefixed(prefix, name) for name in node.input]
            if node.op == b"PartitionedCall":
                for attr in added.attr:
                    if attr.key == b"f":
                        attr.value.func.name = prefix + b"_" + attr.value.func.name
        for function in graph.library.function:
            kept = merged.library.function.add()
            kept.CopyFrom(function)
            kept.signature.name = prefix + b"_" + function.signature.name
    return merged


def _prefixed(prefix: bytes, name: bytes) -> bytes:
    return b"^" + prefix + b"/" + name[1:] if name.startswith(b"^") else prefix + b"/" + name


def keras_graph(model_json: bytes) -> bytes:
    """Return the layers of ``model.to_json()`` as a GraphDef: a node a layer, models as scopes.

    As TensorBoard's ``keras_util.keras_model_to_graph_def``; the edges of Keras 2 models are kept as well.
    """
    try:
        model = json.loads(model_json)
        graph = GraphDef()
        _KerasWalk(graph).add(model)
        return bytes(graph.SerializeToString())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise MalformedValueError(f"a Keras model could not be understood ({error})") from error


class _KerasWalk:
    """Adds layers in the order of the file, and remembers how models are wired to what is around them."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._outputs: dict[str, list[str]] = {}  # a model -> its output layers
        self._feeds: dict[str, str] = {}  # an input layer of an inner model -> what feeds it
        self._previous: str | None = None  # in a sequential model the order is the wiring

    def add(self, layer: dict[str, Any], scope: str = "") -> None:
        config = layer["config"]
        name = f"{scope}/{config.get('name')}" if scope else str(config.get("name"))
        inbound = list(_inbound(layer.get("inbound_nodes") or []))
        if config.get("layers"):
            self._wire_model(config, name, scope, inbound)
            for inner in config["layers"]:
                self.add(inner, name)
            return
        node = self._graph.node.add(name=_encoded(name))
        if layer.get("class_name") is not None:
            node.attr.add(key=b"keras_class").value.s = _encoded(str(layer["class_name"]))
        dtype = config.get("dtype")
        if isinstance(dtype, dict):  # a policy
            dtype = (dtype.get("config") or {}).get("name")
        if dtype in _DTYPES:
            node.attr.add(key=b"dtype").value.type = _DTYPES[dtype]
        if layer.get("inbound_nodes") is not None:
            for source, index in inbound:
                source = f"{scope}/{source}" if scope else source
                outputs = self._outputs.get(source, [source])
                node.input.append(_encoded(outputs[index] if 0 <= index < len(outputs) else outputs[-1]))
        elif self._previous is not None:
            node.input.append(_encoded(self._previous))
        if name in self._feeds:
            node.input.append(_encoded(self._feeds[name]))
        self._previous = name

    def _wire_model(self, config: dict[str, Any], name: str, scope: str, inbound: list[tuple[str, int]]) -> None:
        inputs = _ends(config.get("input_layers"))
        outputs = _ends(config.get("output_layers"))
        is_functional = bool(inputs and outputs)
        if inbound and is_functional:
            for layer, (source, _) in zip(inputs, inbound, strict=False):
                self._feeds[f"{name}/{layer}"] = f"{scope}/{source}" if scope else source
        elif inbound:
            self._previous = f"{scope}/{inbound[0][0]}" if scope else inbound[0][0]
        elif self._previous is not None and is_functional:
            self._feeds[f"{name}/{inputs[0]}"] = self._previous
        last = outputs if is_functional else [config["layers"][-1]["config"]["name"]]
        self._outputs[name] = [f"{name}/{layer}" for layer in last]


def _ends(layers: Any) -> list[str]:
    """``["a", 0, 0]`` or ``[["a", 0, 0], ["b", 0, 0]]`` -> names."""
    if not layers:
        return []
    return [str(entry[0]) for entry in (layers if isinstance(layers[0], list) else [layers])]


def _inbound(nodes: Any) -> Iterator[tuple[str, int]]:
    """What feeds a layer: (name, index of the output), of Keras 3 (dicts) and Keras 2 (lists)."""
    for node in nodes:
        if isinstance(node, dict):
            for argument in node.get("args", []):
                for tensor in argument if isinstance(argument, list) else [argument]:
                    history = tensor.get("config", {}).get("keras_history", []) if isinstance(tensor, dict) else []
                    if len(history) >= 3:
                        yield str(history[0]), int(history[2])
        elif isinstance(node, list):
            for entry in [node] if node and isinstance(node[0], str) else node:
                if isinstance(entry, list) and len(entry) >= 3:
                    yield str(entry[0]), int(entry[2])


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
