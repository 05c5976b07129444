"""What is known of an operator of torch: what it costs, what it writes to, whether it only moves data."""

import re
from typing import Any

from torch.utils.flop_counter import flop_registry

from writer.multiply_adds import FORMULAS
from writer.torch_tensors import tensors_in

__all__ = ["SAME_DATA", "multiply_adds", "only_moves", "written_arguments"]

# Operators that move or name data: neither worth a node of their own nor a line among the uncounted.
SAME_DATA = frozenset(["aten.detach", "aten.alias", "aten.lift_fresh"])
_MOVES_DATA = SAME_DATA | {"aten.clone", "aten.copy_", "aten._to_copy", "aten.lift_fresh_copy", "aten._unsafe_view"}
_FACTORY = re.compile(r"aten\.(new_\w+|\w+_like)")


def written_arguments(func: Any, args: Any, kwargs: Any) -> list[Any]:
    """List the tensors that an operator is about to write to."""
    schema = getattr(func, "_schema", None)
    if schema is None or not schema.is_mutable:
        return []
    written = []
    for i, argument in enumerate(schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            written += tensors_in(args[i] if i < len(args) else kwargs.get(argument.name))
    return written


def only_moves(func: Any, packet: str) -> bool:
    """Tell whether an operator computes nothing: views, copies, new tensors."""
    return packet in _MOVES_DATA or getattr(func, "is_view", False) or _FACTORY.fullmatch(packet) is not None


def multiply_adds(func: Any, packet: str, args: Any, kwargs: Any, result: Any) -> int | None:
    """Count by our formulas, then by torch's registry (which counts two operations a multiply-add)."""
    try:
        if packet in FORMULAS:
            return FORMULAS[packet](*args, **kwargs, out_val=result)
        formula = flop_registry.get(getattr(func, "_overloadpacket", func))
        return None if formula is None else int(formula(*args, **kwargs, out_val=result)) // 2
    except Exception:  # then it is named among the uncounted
        return None
