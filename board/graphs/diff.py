"""Two graphs as one: what is the same, added, removed or changed, matched by module path, class, op and order."""

import re
from collections import Counter
from typing import Any, NamedTuple

from board.graphs.matching import Matching, Side, match

__all__ = ["MAX_CHANGES", "diff_columns"]

MAX_CHANGES = 20_000
SAME, ADDED, REMOVED, CHANGED, INSIDE = range(5)
_NODE_TEXTS = ("name", "op", "shape", "dtype", "source", "device")
_NODE_FIGURES = ("macs", "params", "bytes")
_GROUP_FIGURES = ("macs", "params", "bytes")
_GROUP_KNOWN = ("forward_s", "backward_s", "saved_bytes", "trainable", "buffers", "output_bytes", "calls")


def diff_columns(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Merge the columns of two graphs.

    A block is matched with the one at the same place in its parent, or with the next one that has the same
    structure: an inserted block leaves those after it the same. Shapes are compared without regard to the size of
    the batch. Sources and devices may differ without being a change.

    Returns:
        Columns as ``graph_columns`` gives them, of *after* where something is in both, and
        ``group_change``, ``node_change`` (0 same, 1 added, 2 removed, 3 changed, 4 a group in which something differs),
        ``edge_change``, ``group_before``, ``group_after``, ``node_before``, ``node_after`` (numbers in the two
        graphs' own columns, -1 where it is not there), ``group_name_before``, ``node_name_before`` (-> strings, 0
        where it is the same), ``changes`` (at most MAX_CHANGES), ``changes_left_out``, ``counts``, ``batch``,
        ``costs_before``.
    """
    matching = match(Side(before), Side(after))
    merged = _Merged(before, after, matching)
    merged.add_groups()
    merged.add_nodes()
    merged.add_edges()
    return merged.answer()


class _Pair(NamedTuple):
    before: int  # -1: not there
    after: int


class _Merged:
    """The graph of both sides, while it is put together."""

    def __init__(self, before: dict[str, Any], after: dict[str, Any], matching: Matching) -> None:
        self._sides = (before, after)
        self._matching = matching
        self._batch = _batches(before, after)
        self._strings: list[str] = [""]
        self._number: dict[str, int] = {"": 0}
        self._changes: list[dict[str, Any]] = []
        self._left_out = 0
        self._out: dict[str, Any] = {}
        self._group_pairs: list[_Pair] = []
        self._place: tuple[dict[int, int], dict[int, int]] = ({}, {})  # group of a side -> group of the merged graph
        self._node_place: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def add_groups(self) -> None:
        """Number the groups of both, parents first, each side's own in its order."""
        before, after = self._sides
        pairs = _ordered(self._matching.groups, len(before["group_parent"]), len(after["group_parent"]))
        for index, pair in enumerate(pairs):
            for of, number in enumerate(pair):
                if number >= 0:
                    self._place[of][number] = index
        parents = []
        for pair in pairs:
            of = 1 if pair.after >= 0 else 0
            above = self._sides[of]["group_parent"][pair[of]]
            parents.append(-1 if above < 0 else self._place[of][above])
        order = _parents_first(parents)
        self._group_pairs = [pairs[old] for old in order]
        new = {old: index for index, old in enumerate(order)}
        self._place = (_renumbered(self._place[0], new), _renumbered(self._place[1], new))
        self._out["group_parent"] = [-1 if parents[old] < 0 else new[parents[old]] for old in order]
        for key in ("name", "class", "device", "dtype"):
            self._out[f"group_{key}"] = [self._text(f"group_{key}", pair) for pair in self._group_pairs]
        self._out["group_before"] = [pair.before for pair in self._group_pairs]
        self._out["group_after"] = [pair.after for pair in self._group_pairs]
        self._out["group_name_before"] = self._old_names("group_name", self._group_pairs)
        self._out["group_change"] = [
            self._change("group", index, pair, ("class",)) for index, pair in enumerate(self._group_pairs)
        ]

    def add_nodes(self) -> None:
        """Put the nodes of both in one order of execution."""
        before, after = self._sides
        pairs = _ordered(self._matching.nodes, len(before["node_name"]), len(after["node_name"]))
        for index, pair in enumerate(pairs):
            for of, number in enumerate(pair):
                if number >= 0:
                    self._node_place[of][number] = index
        sides = [(1, pair.after) if pair.after >= 0 else (0, pair.before) for pair in pairs]
        self._out["node_group"] = [self._place[side][self._sides[side]["node_group"][n]] for side, n in sides]
        for key in _NODE_TEXTS:
            self._out[f"node_{key}"] = [self._text(f"node_{key}", pair) for pair in pairs]
        for key in _NODE_FIGURES:
            self._out[f"node_{key}"] = [self._sides[side][f"node_{key}"][n] for side, n in sides]
        for key in ("forward_s", "memory"):
            columns = [side[f"node_{key}"] for side in self._sides]
            known = [(columns[side] or {}, n) for side, n in sides]
            values = [column[n] if column else -1 for column, n in known]
            self._out[f"node_{key}"] = values if any(columns) else None
        self._out["node_before"] = [pair.before for pair in pairs]
        self._out["node_after"] = [pair.after for pair in pairs]
        self._out["node_name_before"] = self._old_names("node_name", pairs)
        changes = [self._change("node", i, pair, ("op", "shape", "dtype", "params")) for i, pair in enumerate(pairs)]
        self._out["node_change"] = changes
        groups, parents = self._out["group_change"], self._out["group_parent"]
        inside = [False] * len(parents)
        for change, group in zip(changes, self._out["node_group"], strict=True):
            inside[group] = inside[group] or change != SAME
        for group in range(len(parents) - 1, 0, -1):
            inside[parents[group]] = inside[parents[group]] or inside[group] or groups[group] != SAME
        self._out["group_change"] = [INSIDE if c == SAME and i else c for c, i in zip(groups, inside, strict=True)]

    def add_edges(self) -> None:
        """Take after's edges, then those of before that are no more."""
        ends: list[int] = []
        shapes: list[int] = []
        control: list[int] = []
        change: list[int] = []
        found: tuple[Counter[tuple[int, int]], ...] = tuple(
            Counter(_placed(side["edges"], self._node_place[of])) for of, side in enumerate(self._sides)
        )
        for of in (1, 0):
            side, other = self._sides[of], Counter(found[1 - of])
            controls = set(side["edge_control"])
            for number, edge in enumerate(_placed(side["edges"], self._node_place[of])):
                is_in_both = other[edge] > 0
                other[edge] -= is_in_both
                if of == 0 and is_in_both:
                    continue
                if number in controls:
                    control.append(len(shapes))
                ends.extend(edge)
                shapes.append(self._add(side["strings"][side["edge_shape"][number]]))
                change.append(SAME if is_in_both else ADDED if of else REMOVED)
        self._out |= {"edges": ends, "edge_shape": shapes, "edge_control": control, "edge_change": change}

    def answer(self) -> dict[str, Any]:
        """Return all of it."""
        costs = [self._costs(of) for of in (0, 1)]
        counts = {
            item: [self._out[f"{item[:-1]}_change"].count(code) for code in (SAME, ADDED, REMOVED, CHANGED)]
            for item in ("groups", "nodes")
        }
        counts["groups"][SAME] += self._out["group_change"].count(INSIDE)
        return {
            **self._out,
            "missing_inputs": self._sides[1]["missing_inputs"],
            "changes": self._changes,
            "changes_left_out": self._left_out,
            "counts": counts,
            "batch": self._batch,
            "costs": costs[1] or costs[0],
            "costs_before": costs[0],
            "strings": self._strings,
        }

    def _change(self, item: str, index: int, pair: _Pair, keys: tuple[str, ...]) -> int:
        if pair.before < 0:
            return ADDED
        if pair.after < 0:
            return REMOVED
        code = SAME
        for key in keys:
            old, new = (self._shown(side, f"{item}_{key}", n) for side, n in zip(self._sides, pair, strict=True))
            if old == new or (key == "shape" and self._batch is not None and _same_shape(old, new, *self._batch)):
                continue
            code = CHANGED
            if len(self._changes) < MAX_CHANGES:
                self._changes.append({"item": item, "index": index, "what": key, "before": old, "after": new})
            else:
                self._left_out += 1
        return code

    def _costs(self, of: int) -> dict[str, Any] | None:
        costs = self._sides[of]["costs"]
        if costs is None:
            return None
        other = self._sides[1 - of]["costs"] if of else None  # of what was removed the figures before it was
        kept = {key: value for key, value in costs.items() if not key.startswith("group_")}
        for key in (*_GROUP_FIGURES, *_GROUP_KNOWN):
            column = costs[f"group_{key}"]
            nothing = 0 if key in _GROUP_FIGURES else -1
            instead = other[f"group_{key}"] if other is not None else None
            values = []
            for pair in self._group_pairs:
                here, there = pair[of], pair[1 - of]
                if here >= 0:
                    values.append(nothing if column is None else column[here])
                else:
                    values.append(instead[there] if instead is not None else nothing)
            kept[f"group_{key}"] = None if column is None and instead is None else values
        kept["blocks"] = [{**block, "group": self._place[of][block["group"]]} for block in costs["blocks"]]
        gone = {pair.before: index for index, pair in enumerate(self._group_pairs) if pair.after < 0}
        if other is not None:
            kept["blocks"] += [{**b, "group": gone[b["group"]]} for b in other["blocks"] if b["group"] in gone]
        return kept

    def _old_names(self, key: str, pairs: list[_Pair]) -> list[int]:
        before, after = self._sides
        names = []
        for pair in pairs:
            old = before["strings"][before[key][pair.before]] if min(pair) >= 0 else ""
            is_same = min(pair) < 0 or old == after["strings"][after[key][pair.after]]
            names.append(0 if is_same else self._add(old))
        return names

    def _text(self, key: str, pair: _Pair) -> int:
        side = self._sides[1 if pair.after >= 0 else 0]
        return self._add(side["strings"][side[key][pair.after if pair.after >= 0 else pair.before]])

    @staticmethod
    def _shown(side: dict[str, Any], key: str, index: int) -> str:
        value = side[key][index]
        return str(value) if key == "node_params" else str(side["strings"][value])

    def _add(self, text: str) -> int:
        number = self._number.get(text)
        if number is None:
            number = self._number[text] = len(self._strings)
            self._strings.append(text)
        return number


def _ordered(matched: list[int], count_before: int, count_after: int) -> list[_Pair]:
    """Order the items of both: after's in its order, one of before only behind the one that stood before it."""
    placed = [((after, 0, 0), _Pair(-1, after)) for after in range(count_after)]
    last = -1
    for before in range(count_before):
        after = matched[before]
        if after >= 0:
            last = after
            placed[after] = ((after, 0, 0), _Pair(before, after))
        else:
            placed.append(((last, 1, before), _Pair(before, -1)))
    return [pair for _, pair in sorted(placed)]


def _parents_first(parents: list[int]) -> list[int]:
    """Order groups so that each stands behind its parent, and otherwise as they stood."""
    depth = [0] * len(parents)
    for group, above in enumerate(parents):
        while above >= 0:
            depth[group] += 1
            above = parents[above]
    return sorted(range(len(parents)), key=lambda group: (depth[group], group))


def _renumbered(place: dict[int, int], new: dict[int, int]) -> dict[int, int]:
    return {own: new[old] for own, old in place.items()}


def _placed(edges: list[int], place: dict[int, int]) -> list[tuple[int, int]]:
    return [(place[a], place[b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _batches(before: dict[str, Any], after: dict[str, Any]) -> list[int] | None:
    """Find the two sizes of the batch, where the first inputs differ in nothing else."""
    shapes = []
    for side in (before, after):
        found = [
            side["strings"][shape]
            for op, shape in zip(side["node_op"], side["node_shape"], strict=True)
            if side["strings"][op] == "Placeholder"
        ]
        shapes.append(next(iter(found), ""))
    first, second = (re.match(r"(\d+)((?:×\d+)*)$", shape) for shape in shapes)
    if (
        first is None
        or second is None
        or first[2] != second[2]
        or first[1] == second[1]
        or "0" in (first[1], second[1])
    ):
        return None
    return [int(first[1]), int(second[1])]


def _same_shape(before: str, after: str, old_batch: int, new_batch: int) -> bool:
    """Tell whether two shapes are the same but for the batch, which may be folded into the first dimension."""
    one, two = before.split("×"), after.split("×")
    if one[1:] != two[1:] or not (one[0].isdecimal() and two[0].isdecimal()):
        return False
    return int(one[0]) * new_batch == int(two[0]) * old_batch
