"""Takes out of a traced graph what clutters its picture: book-keeping nodes, and containers that cut the flow apart."""

from collections.abc import Callable, Collection

from writer.captured_graph import Node

__all__ = ["prune", "scope_names"]

_GIVEN = frozenset(["parameter", "buffer", "constant"])


def prune(nodes: list[Node]) -> list[Node]:
    """Leave out updates that no data flows into or out of, and given tensors that nothing uses.

    Batch normalisation counts its batches by adding 1 to a buffer: true, and in nobody's way but the reader's.
    """
    used = {source for node in nodes for source, _ in node.inputs}
    kept = []
    for index, node in enumerate(nodes):
        counts = (
            node.kind == "op"
            and node.op.endswith("_")
            and index not in used
            and node.inputs
            and all(nodes[source].kind in _GIVEN for source, _ in node.inputs)
        )
        if not counts:
            kept.append(index)
    used = {source for index in kept for source, _ in nodes[index].inputs}
    kept = [index for index in kept if nodes[index].kind not in _GIVEN or index in used]
    place = {index: i for i, index in enumerate(kept)}
    for index in kept:
        nodes[index].inputs = [(place[source], output) for source, output in nodes[index].inputs]
    return [nodes[index] for index in kept]


def scope_names(nodes: list[Node], containers: Collection[str]) -> Callable[[str], str]:
    """Decide which containers are drawn as a scope.

    A ModuleList whose items are called one after the other is one. Where other operations stand between its
    items (``for conv, norm in zip(self.convs, self.norms)``; the halves of a U-Net), a box around them would have
    edges that leave it and come back: its items are named ``Conv2d[convs.0]`` in the scope above instead.

    Returns:
        What maps a scope as traced to the scope as drawn.
    """
    inside: dict[str, list[int]] = {}
    for index, node in enumerate(nodes):
        scope = node.scope
        while scope := scope.rpartition("/")[0]:
            if scope in containers:
                inside.setdefault(scope, []).append(index)
    cut = sorted((name for name, members in inside.items() if _is_cut(nodes, members)), key=len, reverse=True)

    def drawn(scope: str) -> str:
        for container in cut:  # the innermost first: its items become items of the next one around it
            if scope.startswith(container + "/"):
                above, _, own = container.rpartition("/")
                label = own[own.index("[") + 1 : own.rindex("]")]
                item, slash, rest = scope[len(container) + 1 :].partition("/")
                scope = f"{above}/{item.replace('[', f'[{label}.', 1)}{slash}{rest}"
        return scope

    return drawn


def _is_cut(nodes: list[Node], inside: list[int]) -> bool:
    """Tell whether a path leaves the members and comes back; nodes stand in the order of execution."""
    members = set(inside)
    after: set[int] = set()  # outside, and downstream of a member
    for index in range(inside[0], inside[-1] + 1):
        sources = [source for source, _ in nodes[index].inputs]
        if index in members:
            if not after.isdisjoint(sources):
                return True
        elif not (after.isdisjoint(sources) and members.isdisjoint(sources)):
            after.add(index)
    return False
