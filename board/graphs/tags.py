"""Which series of a run tell of which block of its graph, by the module's path in their tags."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["TaggedBlock", "block_names", "match_tags", "metrics_of"]

_PARTS = re.compile(r"[/.]")
_BRACKET = re.compile(r"\[([^\[\]]*)\](?:#\d+)?$")
# A module called "0" is in many tags by accident: only words that speak of weights make it one.
_OF_WEIGHTS = re.compile(r"grad|norm|weight|param|activ|update|hist|bias|saved", re.IGNORECASE)
_PARAMETERS = frozenset({"weight", "bias"})


class TaggedBlock(NamedTuple):
    """A series that tells of one block."""

    tag: str
    kind: str  # "scalar" or "histogram"
    group: int
    metric: str  # the tag without the module's path
    parameter: str  # of the module, "" where the series is about all of it


def block_names(columns: dict[str, Any]) -> dict[str, int]:
    """Map the dotted path of each module, as ``named_modules`` has it, to its group.

    It is what our writer noted; else what scopes in torch's manner say, ``Net/Sequential[layer1]/Conv2d[0]`` is
    layer1.0; else the scope itself with dots.
    """
    strings, parents = columns["strings"], columns["group_parent"]
    noted = (columns["costs"] or {}).get("blocks", [])
    if noted:
        return {block["name"]: block["group"] for block in reversed(noted) if block["name"]}
    names: dict[str, int] = {}
    paths = [""] * len(parents)
    has_brackets = any(_BRACKET.search(strings[name]) for name in columns["group_name"])
    for group in range(1, len(parents)):
        label = strings[columns["group_name"][group]]
        bracket = _BRACKET.search(label)
        own = bracket[1] if bracket else "" if has_brackets else label
        above = paths[parents[group]]
        paths[group] = f"{above}.{own}" if above and own else above or own
        if own:
            names.setdefault(paths[group], group)
    return names


def match_tags(columns: dict[str, Any], tags: Iterable[tuple[str, str]]) -> list[TaggedBlock]:
    """Find the tags in which a module's path stands, with dots or slashes, and whatever before and after it.

    Args:
        columns: of the graph.
        tags: (tag, kind) of the run's series.
    """
    names = block_names(columns)
    parameters = _parameters_by_group(columns)
    deepest = max((name.count(".") + 1 for name in names), default=0)
    found = []
    for tag, kind in tags:
        parts = _PARTS.split(tag)
        place = _longest_path(parts, names, deepest)
        if place is None:
            continue
        begin, end, group = place
        rest = parts[end:]
        parameter = rest[0] if rest and (rest[0] in _PARAMETERS or rest[0] in parameters.get(group, ())) else ""
        metric = "/".join([*parts[:begin], *(rest[1:] if parameter else rest)])
        if all(part.isdecimal() for part in parts[begin:end]) and not _OF_WEIGHTS.search(f"{metric}/{parameter}"):
            continue
        found.append(TaggedBlock(tag, kind, group, metric or "value", parameter))
    return found


def metrics_of(tagged: Iterable[TaggedBlock]) -> list[dict[str, Any]]:
    """List what is told of blocks, that which is told of most of them first."""
    blocks = Counter((metric, kind) for metric, kind, _ in {(t.metric, t.kind, t.group) for t in tagged})
    listed = sorted(blocks.items(), key=lambda entry: (-entry[1], entry[0]))
    return [{"metric": metric, "kind": kind, "groups": count} for (metric, kind), count in listed]


def _longest_path(parts: list[str], names: dict[str, int], deepest: int) -> tuple[int, int, int] | None:
    for length in range(min(deepest, len(parts)), 0, -1):
        for begin in range(len(parts) - length, -1, -1):  # of two the last: "encoder/grad_norm/encoder"
            group = names.get(".".join(parts[begin : begin + length]))
            if group is not None:
                return begin, begin + length, group
    return None


def _parameters_by_group(columns: dict[str, Any]) -> dict[int, set[str]]:
    strings = columns["strings"]
    found: dict[int, set[str]] = {}
    for name, op, group in zip(columns["node_name"], columns["node_op"], columns["node_group"], strict=True):
        if strings[op] == "Const":
            found.setdefault(group, set()).add(strings[name])
    return found
