"""Pairs the blocks and nodes of two graphs, from the top down: by place, structure and order."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

__all__ = ["Matching", "Side", "match"]

_MOST_CELLS = 250_000  # of the table that finds the best alignment; longer lists are aligned by equal structure alone
# How well two siblings fit; the alignment with the greatest sum is taken, and 0 never pairs.
_SAME, _SAME_STRUCTURE, _SAME_PLACE, _OTHER_CLASS, _SAME_CLASS = 6, 5, 3, 2, 1


@dataclass(frozen=True, slots=True)
class Matching:
    """Of each item of before its partner in after, -1 where it has none."""

    groups: list[int]
    nodes: list[int]


@dataclass(frozen=True, slots=True)
class _Item:
    is_group: bool
    number: int
    name: str  # in its parent, without the class: "0" of "Linear[0]"
    kind: str  # class or op
    structure: int  # equal for equal structure, names apart


class Side:
    """One graph: what each group holds, in order of execution."""

    def __init__(self, columns: dict[str, Any]) -> None:
        """Look at the columns of ``graph_columns``."""
        self.columns = columns
        self._strings: list[str] = columns["strings"]
        self.children: list[list[tuple[bool, int]]] = [[] for _ in columns["group_parent"]]
        parents = columns["group_parent"]
        is_listed = [False] * len(parents)
        is_listed[0] = True
        for node, group in enumerate(columns["node_group"]):
            chain = []
            inner = group
            while not is_listed[inner]:
                is_listed[inner] = True
                chain.append(inner)
                inner = parents[inner]
            for found in reversed(chain):
                self.children[parents[found]].append((True, found))
            self.children[group].append((False, node))

    def structures(self, known: dict[Any, int]) -> tuple[list[int], list[int]]:
        """Number the structure of every group and node; equal structures of two sides get the same numbers."""
        columns = self.columns
        nodes = [
            known.setdefault((op, shape.partition("×")[2], dtype, params), len(known))
            for op, shape, dtype, params in zip(
                (self._strings[op] for op in columns["node_op"]),
                (self._strings[shape] for shape in columns["node_shape"]),
                (self._strings[dtype] for dtype in columns["node_dtype"]),
                columns["node_params"],
                strict=True,
            )
        ]
        groups = [0] * len(self.children)
        for group in range(len(groups) - 1, -1, -1):
            inside = tuple(groups[n] if is_group else nodes[n] for is_group, n in self.children[group])
            groups[group] = known.setdefault((self.class_of(group), inside), len(known))
        return groups, nodes

    def class_of(self, group: int) -> str:
        """Name a group's class, or the group itself where it has none."""
        return str(self._strings[self.columns["group_class"][group]])

    def items(self, group: int, structures: tuple[list[int], list[int]]) -> list[_Item]:
        """List what a group holds."""
        found = []
        for is_group, number in self.children[group]:
            label = self._strings[self.columns["group_name" if is_group else "node_name"][number]]
            kind = self.class_of(number) if is_group else self._strings[self.columns["node_op"][number]]
            own = structures[0 if is_group else 1][number]
            found.append(_Item(is_group, number, _place_of(label), kind, own))
        return found


def match(before: Side, after: Side) -> Matching:
    """Pair the items of two graphs; what is paired lies in groups that are paired."""
    known: dict[Any, int] = {}
    structures = before.structures(known), after.structures(known)
    groups = [-1] * len(before.children)
    nodes = [-1] * len(before.columns["node_name"])
    waiting = [(0, 0)]
    while waiting:
        first, second = waiting.pop()
        groups[first] = second
        for one, two in _aligned(before.items(first, structures[0]), after.items(second, structures[1])):
            if one.is_group:
                waiting.append((one.number, two.number))
            else:
                nodes[one.number] = two.number
    return Matching(groups, nodes)


def _aligned(one: list[_Item], two: list[_Item]) -> list[tuple[_Item, _Item]]:
    """Pair two lists of siblings: the best pairing that keeps their order, then what has only moved."""
    start, end = 0, 0
    while start < min(len(one), len(two)) and _fit(one[start], two[start]) == _SAME:
        start += 1
    while end < min(len(one), len(two)) - start and _fit(one[-1 - end], two[-1 - end]) == _SAME:
        end += 1
    pairs = list(zip(one[:start], two[:start], strict=True))
    if end:
        pairs += zip(one[-end:], two[-end:], strict=True)
    one, two = one[start : len(one) - end], two[start : len(two) - end]
    pairs += _best(one, two) if len(one) * len(two) <= _MOST_CELLS else _by_structure(one, two)
    taken = {id(item) for pair in pairs for item in pair}
    left, right = ([item for item in items if id(item) not in taken] for items in (one, two))
    waiting = {(item.is_group, item.name): item for item in right}
    for item in left:
        other = waiting.get((item.is_group, item.name))
        if other is not None and _fit(item, other):
            pairs.append((item, waiting.pop((item.is_group, item.name))))
    taken = {id(item) for pair in pairs for item in pair}
    lone = [[item for item in items if id(item) not in taken and not item.is_group] for items in (left, right)]
    if all(len(items) == 1 and items[0].kind != "Const" for items in lone):  # one operation in place of another
        pairs.append((lone[0][0], lone[1][0]))
    return pairs


def _fit(one: _Item, two: _Item) -> int:
    if one.is_group != two.is_group:
        return 0
    same_kind, same_name, same_structure = one.kind == two.kind, one.name == two.name, one.structure == two.structure
    if not one.is_group and (not same_kind or (one.kind == "Const" and not same_name)):
        return 0
    if same_name and same_structure:
        return _SAME
    if same_name:
        return _SAME_PLACE if same_kind else _OTHER_CLASS
    if same_structure:
        return _SAME_STRUCTURE
    return _SAME_CLASS if same_kind and one.kind else 0


def _best(one: Sequence[_Item], two: Sequence[_Item]) -> list[tuple[_Item, _Item]]:
    """Find the pairing in order with the greatest sum of fits (Needleman and Wunsch's table, gaps cost nothing)."""
    table = [[0] * (len(two) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        row, below = table[i], table[i + 1]
        for j in range(len(two) - 1, -1, -1):
            fit = _fit(one[i], two[j])
            row[j] = max(below[j], row[j + 1], below[j + 1] + fit if fit else 0)
    pairs = []
    i = j = 0
    while i < len(one) and j < len(two):
        fit = _fit(one[i], two[j])
        if fit and table[i][j] == table[i + 1][j + 1] + fit:
            pairs.append((one[i], two[j]))
            i, j = i + 1, j + 1
        elif table[i][j] == table[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _by_structure(one: Sequence[_Item], two: Sequence[_Item]) -> list[tuple[_Item, _Item]]:
    matcher = SequenceMatcher(None, [item.structure for item in one], [item.structure for item in two], autojunk=False)
    return [
        (one[i + k], two[j + k])
        for i, j, length in matcher.get_matching_blocks()
        for k in range(length)
        if _fit(one[i + k], two[j + k])
    ]


def _place_of(label: str) -> str:
    """Return what a module is called in its parent: "0" of "Linear[0]"; other names as they are."""
    begin, end = label.find("["), label.rfind("]")
    return label[begin + 1 : end] + label[end + 1 :] if 0 < begin < end else label
