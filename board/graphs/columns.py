"""A GraphDef as columns for the browser: names, groups, shapes, costs and edges, each string once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from board.graphs.costs import block_costs, recorded_blocks
from board.graphs.details import node_details
from board.graphs.nodes import FUNCTIONS, Facts, NodeReader, decode_name, split_input, strip_slot
from board.graphs.profile import Profile
from board.graphs.raw_graph import RawGraphDef

__all__ = ["graph_columns", "node_details"]


def graph_columns(
    graph_def: bytes, costs: Mapping[str, Any] | None = None, profile: Profile | None = None
) -> dict[str, Any]:
    """Turn a serialised GraphDef of any writer into the columns that the graph page draws.

    A scope is a group: ``a/b`` of node ``a/b/c``. Group 0 is the whole graph (parent -1); a parent's number is
    smaller than its children's. A node whose name is also a scope is put inside it, as ``(name)``. Integers are
    counts (multiply-adds, parameters, bytes); ``*_name``, ``*_shape`` ... index ``strings``; ``edges`` alternates
    from and to, in the order of the file; ``edge_control`` lists the edges (by number) that only say *after*.
    ``node_forward_s`` and ``node_memory`` (bytes) are None where nothing was measured, -1 at a node that was not.

    Args:
        graph_def: the bytes, for example of ``Event.graph_def``.
        costs: the decoded JSON of our writer's costs for this graph, where it wrote one.
        profile: what one run of the graph took, from run metadata.

    Raises:
        writer.format.messages.DecodeError: the bytes are no GraphDef.
    """
    graph = RawGraphDef.FromString(graph_def)
    strings = _Strings()
    groups = _Groups(strings)
    nodes = list(graph.node)
    spelt = [node.name for node in nodes]
    names = [decode_name(name) for name in spelt]
    for scope, node in _of_functions(graph):
        nodes.append(node)
        names.append(f"{scope}/{decode_name(node.name)}")
    parts = [name.rpartition("/") for name in names]
    scopes = groups.add_all([scope for scope, _, _ in parts])  # all scopes first: a node may be one too
    reader, rows = NodeReader(), _Rows(strings)
    facts = [reader.read(node) for node in nodes]
    if profile is not None:
        facts = [profile.fill(name, fact) for name, fact in zip(names, facts, strict=True)]
    columns = rows.columns(facts)
    own = [groups.find(name) for name in names]
    leaves = [leaf if group is None else f"({leaf})" for (_, _, leaf), group in zip(parts, own, strict=True)]
    node_group = [scope if group is None else group for scope, group in zip(scopes, own, strict=True)]
    columns |= {"name": strings.add_all(leaves), "group": node_group}
    times = profile.columns(names) if profile is not None else {"forward_s": None, "memory": None}
    outputs = [rows.outputs(fact) for fact in facts]
    edges, edge_shape, edge_control, missing = _edges(nodes, names, spelt, outputs)
    described = block_costs(costs, groups.paths, groups.parent, columns | times)
    return {
        "group_name": groups.name,
        "group_parent": groups.parent,
        "group_class": [strings.add(text) for text in _classes(groups.paths, costs)],
        "group_device": _of_groups(columns["device"], node_group, groups.parent, strings),
        "group_dtype": _of_groups(columns["dtype"], node_group, groups.parent, strings),
        **{f"node_{key}": column for key, column in (columns | times).items()},
        "edges": edges,
        "edge_shape": edge_shape,
        "edge_control": edge_control,
        "missing_inputs": missing,
        "costs": described,
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

    def add_all(self, texts: list[str]) -> list[int]:
        """Number many; the few that are new are added."""
        for text in dict.fromkeys(texts):
            self.add(text)
        return list(map(self._number.__getitem__, texts))


class _Rows:
    """Facts as numbers; those of equal facts, which are one object, are made once."""

    _KEYS = ("op", "shape", "dtype", "macs", "params", "bytes", "source", "device")

    def __init__(self, strings: _Strings) -> None:
        self._add = strings.add
        self._made: dict[int, tuple[int, ...]] = {}
        self._outputs: dict[int, tuple[int, ...]] = {}

    def columns(self, facts: list[Facts]) -> dict[str, list[int]]:
        made = self._made
        for fact in facts:
            if id(fact) not in made:
                made[id(fact)] = self._row(fact)
                self._outputs[id(fact)] = tuple(self._add(shape) for shape in fact.shapes)
        rows = [made[id(fact)] for fact in facts]
        return {key: [row[i] for row in rows] for i, key in enumerate(self._KEYS)}

    def outputs(self, fact: Facts) -> tuple[int, ...]:
        return self._outputs[id(fact)]

    def _row(self, fact: Facts) -> tuple[int, ...]:
        add = self._add
        return (
            add(fact.op),
            add(", ".join(fact.shapes)),
            add(fact.dtype),
            fact.macs,
            fact.params,
            fact.output_bytes,
            add(fact.source),
            add(fact.device),
        )


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

    def add_all(self, paths: list[str]) -> list[int]:
        """Number many scopes; each is added once."""
        for path in dict.fromkeys(paths):
            self.add(path)
        return list(map(self._number.__getitem__, paths))

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


def _of_functions(graph: Any) -> Iterator[tuple[str, Any]]:
    """Yield the nodes inside functions, with the scope under which a function is shown."""
    for function in graph.library.function:
        scope = f"{FUNCTIONS}/{decode_name(function.signature.name)}"
        for node in function.node_def:
            yield scope, node


def _edges(
    nodes: list[Any], names: list[str], spelt: list[bytes], outputs: list[tuple[int, ...]]
) -> tuple[list[int], list[int], list[int], int]:
    """Pair every input with the node it comes from; what names no node of this graph is counted.

    Args:
        nodes: those of functions last.
        names: of all of them.
        spelt: names as the file spells them, without those of functions.
        outputs: shapes of each node's outputs.
    """
    number = {name: index for index, name in enumerate(names)}
    # An input that is a name and nothing else, and most are, needs no other look.
    known = {name: index for index, name in enumerate(spelt)}
    first_shapes = [shapes[0] if shapes else 0 for shapes in outputs]
    edges: list[int] = []
    edge_shape: list[int] = []
    edge_control: list[int] = []
    missing = 0
    for to, node in enumerate(nodes):
        in_function = to >= len(spelt)
        scope = "/".join(names[to].split("/", 2)[:2]) + "/" if in_function else ""
        for text in node.input:
            found = None if in_function else known.get(text)
            if found is not None:
                edges += (found, to)
                edge_shape.append(first_shapes[found])
                continue
            raw, slot, is_control = split_input(text)
            found = number.get(scope + decode_name(strip_slot(raw) if in_function else raw))
            if found is None:
                # an argument of the function is no node of it
                missing += not in_function
                continue
            if is_control:
                edge_control.append(len(edge_shape))
            shapes = outputs[found]
            edges += (found, to)
            edge_shape.append(0 if is_control or slot >= len(shapes) else shapes[slot])
    return edges, edge_shape, edge_control, missing


def _of_groups(values: list[int], node_group: list[int], parents: list[int], strings: _Strings) -> list[int]:
    """Name what the nodes inside each group have, as one string; what most of the graph has comes first."""
    common = [value for value, _ in Counter(values).most_common() if value]
    bit = {value: 1 << i for i, value in enumerate(common)}
    masks = [0] * len(parents)
    for value, group in zip(values, node_group, strict=True):
        masks[group] |= bit.get(value, 0)
    for group in range(len(parents) - 1, 0, -1):
        masks[parents[group]] |= masks[group]
    texts: dict[int, int] = {}
    for mask in masks:
        if mask not in texts:
            texts[mask] = strings.add(", ".join(strings.texts[value] for value in common if mask & bit[value]))
    return [texts[mask] for mask in masks]


def _classes(paths: list[str], costs: Mapping[str, Any] | None) -> Iterator[str]:
    """Name each group's class: of our writer's costs, else of a scope in torch's manner, ``Class[attribute]``."""
    recorded = {block["path"]: str(block.get("class", "")) for block in recorded_blocks(costs)}
    for path in paths:
        leaf = path.rpartition("/")[2]
        bracket = leaf.find("[")
        in_scope = leaf[:bracket] if bracket > 0 and leaf.rstrip("#0123456789").endswith("]") else ""
        yield recorded.get(path) or in_scope
