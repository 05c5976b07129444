"""A GraphDef as columns for the browser: names, groups, shapes, costs and edges, each string once."""

from collections.abc import Iterator, Mapping
from typing import Any

from board.graphs.costs import block_costs, recorded_blocks
from board.graphs.details import node_details
from board.graphs.nodes import FUNCTIONS, NodeReader, decode_name, split_input, strip_slot
from board.graphs.raw_graph import RawGraphDef

__all__ = ["graph_columns", "node_details"]


def graph_columns(graph_def: bytes, costs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Turn a serialised GraphDef of any writer into the columns that the graph page draws.

    A scope is a group: ``a/b`` of node ``a/b/c``. Group 0 is the whole graph (parent -1); a parent's number is
    smaller than its children's. A node whose name is also a scope is put inside it, as ``(name)``. Integers are
    counts (multiply-adds, parameters, bytes); ``*_name``, ``*_shape`` ... index ``strings``; ``edges`` alternates
    from and to, in the order of the file; ``edge_control`` lists the edges (by number) that only say *after*.

    Args:
        graph_def: the bytes, for example of ``Event.graph_def``.
        costs: the decoded JSON of our writer's costs for this graph, where it wrote one.

    Raises:
        writer.format.messages.DecodeError: the bytes are no GraphDef.
    """
    graph = RawGraphDef.FromString(graph_def)
    strings = _Strings()
    groups = _Groups(strings)
    named = list(_iter_nodes(graph))
    scopes = [groups.add(name.rpartition("/")[0]) for name, _ in named]  # all scopes first: a node may be one too
    reader = NodeReader()
    facts = [reader.read(node) for _, node in named]
    node_name, node_group = [], []
    for (name, _), scope in zip(named, scopes, strict=True):
        leaf = name.rpartition("/")[2]
        own = groups.find(name)
        node_name.append(strings.add(leaf if own is None else f"({leaf})"))
        node_group.append(scope if own is None else own)
    rows = {
        "name": node_name,
        "group": node_group,
        "op": [strings.add(fact.op) for fact in facts],
        "shape": [strings.add(", ".join(fact.shapes)) for fact in facts],
        "dtype": [strings.add(fact.dtype) for fact in facts],
        "macs": [fact.macs for fact in facts],
        "params": [fact.params for fact in facts],
        "bytes": [fact.output_bytes for fact in facts],
        "source": [strings.add(fact.source) for fact in facts],
    }
    outputs = [tuple(strings.add(shape) for shape in fact.shapes) for fact in facts]
    edges, edge_shape, edge_control, missing = _edges(named, outputs)
    return {
        "group_name": groups.name,
        "group_parent": groups.parent,
        "group_class": [strings.add(text) for text in _classes(groups.paths, costs)],
        **{f"node_{key}": column for key, column in rows.items()},
        "edges": edges,
        "edge_shape": edge_shape,
        "edge_control": edge_control,
        "missing_inputs": missing,
        "costs": block_costs(costs, groups.paths, groups.parent, rows),
        "strings": strings.texts,  # last: the lines above add to it
    }


class _Strings:
    """Every string once; others refer to it by number."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._number: dict[str, int] = {"": 0}

    def add(self, text: str) -> int:
        number = self._number.get(text)
        if number is None:
            number = self._number[text] = len(self.texts)
            self.texts.append(text)
        return number


class _Groups:
    """The tree of scopes, parents before children."""

    def __init__(self, strings: _Strings) -> None:
        self._strings = strings
        self._number: dict[str, int] = {"": 0}
        self.paths: list[str] = [""]
        self.name: list[int] = [0]
        self.parent: list[int] = [-1]

    def find(self, path: str) -> int | None:
        return self._number.get(path) if path else None

    def add(self, path: str) -> int:
        """Number a scope and, before it, those that it lies in; iterative, for a name may have any depth."""
        missing = []
        while (group := self._number.get(path)) is None:
            missing.append(path)
            path = path.rpartition("/")[0]
        for inner in reversed(missing):
            self.parent.append(group)
            self.name.append(self._strings.add(inner.rpartition("/")[2]))
            self.paths.append(inner)
            group = self._number[inner] = len(self.paths) - 1
        return group


def _iter_nodes(graph: Any) -> Iterator[tuple[str, Any]]:
    for node in graph.node:
        yield decode_name(node.name), node
    for function in graph.library.function:
        scope = f"{FUNCTIONS}/{decode_name(function.signature.name)}"
        for node in function.node_def:
            yield f"{scope}/{decode_name(node.name)}", node


def _edges(named: list[tuple[str, Any]], outputs: list[tuple[int, ...]]) -> tuple[list[int], list[int], list[int], int]:
    """Pair every input with the node it comes from; what names no node of this graph is counted."""
    number = {name: index for index, (name, _) in enumerate(named)}
    edges: list[int] = []
    edge_shape: list[int] = []
    edge_control: list[int] = []
    missing = 0
    prefix = f"{FUNCTIONS}/"
    for to, (name, node) in enumerate(named):
        in_function = name.startswith(prefix)
        scope = "/".join(name.split("/", 2)[:2]) + "/" if in_function else ""
        for text in node.input:
            raw, slot, is_control = split_input(text)
            found = number.get(scope + decode_name(strip_slot(raw) if in_function else raw))
            if found is None:
                # an argument of the function is no node of it
                missing += not in_function
                continue
            if is_control:
                edge_control.append(len(edge_shape))
            shapes = outputs[found]
            edges.extend((found, to))
            edge_shape.append(0 if is_control or slot >= len(shapes) else shapes[slot])
    return edges, edge_shape, edge_control, missing


def _classes(paths: list[str], costs: Mapping[str, Any] | None) -> Iterator[str]:
    """Name each group's class: of our writer's costs, else of a scope in torch's manner, ``Class[attribute]``."""
    recorded = {block["path"]: str(block.get("class", "")) for block in recorded_blocks(costs)}
    for path in paths:
        leaf = path.rpartition("/")[2]
        bracket = leaf.find("[")
        in_scope = leaf[:bracket] if bracket > 0 and leaf.rstrip("#0123456789").endswith("]") else ""
        yield recorded.get(path) or in_scope
