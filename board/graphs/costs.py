"""What each block of a graph costs: as our writer counted it, else added up from the nodes inside."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["block_costs", "recorded_blocks"]

_ADDED_UP = (
    "added up from the attributes of the nodes: num_params (or the shape of a TensorFlow variable), macs (or half of "
    "flops), output_bytes (or shape times the size of an element)"
)
# column of the answer -> field of a block in our writer's JSON; totals include the blocks inside
_RECORDED = {"params": "params_total", "macs": "macs_total"}
_MEASURED = {"forward_s": "forward_s", "backward_s": "backward_s", "saved_bytes": "saved_bytes_total"}
_OWN = ("trainable", "buffers")  # of a block itself, so that they are added up
_AS_IT_IS = ("output_bytes", "calls")  # of a block, and of nothing else
_FIGURES = (
    *("params", "trainable", "buffers", "macs", "output_bytes", "saved_bytes"),
    *_RECORDED.values(),
    *_MEASURED.values(),
)
_UNKNOWN = -1


def recorded_blocks(costs: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """Iterate the blocks of the writer's JSON; what is no block is left out, for the file may be anybody's."""
    blocks = (costs or {}).get("blocks")
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict) and isinstance(block.get("path"), str):
            yield block


def block_costs(
    costs: Mapping[str, Any] | None, paths: list[str], parents: list[int], nodes: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Give every group its totals.

    A block that our writer counted has the writer's figures (a tied parameter counts once there); all other groups
    have the sum over the nodes in them. A group that encloses a counted block is not added up again from that block:
    the writer counts enclosing blocks too.

    Args:
        costs: the writer's JSON, or None.
        paths: scope of each group, the whole graph first.
        parents: group around each group, -1 for the first; smaller than the group's own number.
        nodes: columns ``group``, ``macs``, ``params``, ``bytes``, one entry a node; ``forward_s`` likewise or None.

    Returns:
        None where nothing is known of any block; else ``how`` (fake, real, structure, attributes), ``counted`` and
        ``not_counted`` (the rules, for the page), ``input``, ``notes`` (what the tracer fell back to),
        ``group_macs``, ``group_params``, ``group_bytes`` (totals, one a group), ``group_forward_s``,
        ``group_backward_s``, ``group_saved_bytes``, ``group_trainable``, ``group_buffers``, ``group_output_bytes``,
        ``group_calls`` (likewise, -1 where it is not known; None where it is of no group), ``measured`` (where times
        come from) and ``blocks``: what the writer noted of single blocks, each with its ``group``.
    """
    totals = {key: _sums(nodes[key], nodes["group"], parents) for key in ("macs", "params", "bytes")}
    blocks = _blocks(costs, paths)
    times = nodes.get("forward_s")
    if not blocks and not any(column[0] for column in totals.values()) and times is None:
        return None
    for block in blocks:
        for column, field in _RECORDED.items():
            if field in block:
                totals[column][block["group"]] = block[field]
    root = next((block for block in blocks if block.get("name") == ""), None)
    if root is not None and root["group"] != 0:
        # The whole graph is the model and nothing else, whatever its scope is called.
        for column, field in _RECORDED.items():
            totals[column][0] = root.get(field, totals[column][0])
    known = costs if costs is not None and blocks else {}
    return {
        "how": str(known.get("how", "attributes")),
        "counted": str(known.get("counted", _ADDED_UP)),
        "not_counted": _texts(known.get("not_counted")),
        "input": str(known.get("input", "")),
        "notes": _texts(known.get("notes")),
        **{f"group_{key}": column for key, column in totals.items()},
        **_more_totals(blocks, nodes, parents),
        "measured": _measured_by(known.get("measured"), has_times=times is not None),
        "blocks": blocks,
    }


def _more_totals(blocks: list[dict[str, Any]], nodes: Mapping[str, Any], parents: list[int]) -> dict[str, Any]:
    """Give every group what was measured of it, or of all that it holds."""
    nothing: list[float] = [_UNKNOWN] * len(parents)
    more: dict[str, Any] = {}
    for column, field in _MEASURED.items():
        own = _known_sums(nodes["forward_s"], nodes["group"], parents) if column == "forward_s" else nothing
        more[column] = _added_up(own, {b["group"]: b[field] for b in blocks if field in b}, parents)
    for column in _OWN:
        own = list(nothing)
        for block in blocks:
            if column in block:
                own[block["group"]] = max(0, own[block["group"]]) + block[column]
        more[column] = _added_up(own, {}, parents)
    for column in _AS_IT_IS:
        more[column] = list(nothing)
        for block in blocks:
            more[column][block["group"]] = block.get(column, _UNKNOWN)
    return {f"group_{key}": column if any(v >= 0 for v in column) else None for key, column in more.items()}


def _known_sums(values: list[float] | None, groups: list[int], parents: list[int]) -> list[float]:
    """Sum up what is known of each group's own nodes."""
    sums: list[float] = [_UNKNOWN] * len(parents)
    for value, group in zip(values or (), groups, strict=False):
        if value >= 0:
            sums[group] = max(0, sums[group]) + value
    return sums


def _added_up(own: list[float], recorded: Mapping[int, float], parents: list[int]) -> list[float]:
    """Take a group's total as it was recorded, else add up its own and the totals of the groups in it."""
    totals = list(own)
    for group in range(len(parents) - 1, -1, -1):
        totals[group] = recorded.get(group, totals[group])
        above = parents[group]
        if above >= 0 and totals[group] >= 0:
            totals[above] = max(0, totals[above]) + totals[group]
    return totals


def _measured_by(measured: object, *, has_times: bool) -> dict[str, Any] | None:
    if isinstance(measured, dict) and _is_figure(measured.get("steps")):
        return {"by": "watch", "steps": measured["steps"], "on": str(measured.get("clock", "clock"))}
    return {"by": "run metadata", "steps": 1, "on": "clock"} if has_times else None


def _blocks(costs: Mapping[str, Any] | None, paths: list[str]) -> list[dict[str, Any]]:
    """Pair the writer's blocks with the groups of the same scope; a block without nodes has none."""
    number = {path: group for group, path in enumerate(paths)}
    blocks = []
    for block in recorded_blocks(costs):
        group = number.get(block["path"])
        if group is None:
            continue
        kept: dict[str, Any] = {key: block[key] for key in _FIGURES if _is_figure(block.get(key))}
        kept["group"] = group
        kept["name"] = str(block.get("name", ""))
        kept["class"] = str(block.get("class", ""))
        kept["calls"] = block["calls"] if _is_figure(block.get("calls")) else 1
        kept["tied"] = _texts(block.get("tied"))
        kept["device"], kept["dtype"] = str(block.get("device") or ""), str(block.get("dtype") or "")
        blocks.append(kept)
    return blocks


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value >= 0


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _sums(values: list[int], groups: list[int], parents: list[int]) -> list[float]:
    totals: list[float] = [0] * len(parents)
    for value, group in zip(values, groups, strict=True):
        totals[group] += value
    for group in range(len(parents) - 1, 0, -1):
        totals[parents[group]] += totals[group]
    return totals
