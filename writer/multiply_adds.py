"""Multiply-adds of the operators for which torch's own registry has no formula, from shapes alone."""

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

__all__ = ["FORMULAS"]


def _matrices(arguments: Sequence[Any]) -> Iterator[Any]:
    """Yield the weight matrices among a recurrent operator's arguments; biases and states have 1 or 3 dimensions."""
    for argument in arguments:
        if isinstance(argument, (list, tuple)):
            yield from (item for item in argument if len(item.shape) == 2)


def _attention(query: Any, key: Any, value: Any, *rest: Any, **options: Any) -> int:
    """Count q·k and p·v for (batch, heads, length, width), causal masks in full, as torch's registry does."""
    batch, heads, length, width = query.shape
    return int(batch * heads * length * key.shape[-2] * (width + value.shape[-1]))


def _recurrent(data: Any, *rest: Any, **options: Any) -> int:
    """Count each gate's two matrix products in every layer and direction: each weight works once per row of data.

    data is (time, batch, width) in either order, or (rows, width) where sequences are packed.
    """
    return int(prod(data.shape[:-1]) * sum(prod(matrix.shape) for matrix in _matrices(rest)))


def _mkldnn_recurrent(data: Any, input_weight: Any, hidden_weight: Any, *rest: Any, **options: Any) -> int:
    return int(prod(data.shape[:-1]) * (prod(input_weight.shape) + prod(hidden_weight.shape)))


def _trilinear(
    first: Any,
    second: Any,
    third: Any,
    expand_first: Sequence[int],
    expand_second: Sequence[int],
    expand_third: Sequence[int],
    summed: Sequence[int],
    *rest: Any,
    **options: Any,
) -> int:
    """Count Σ first·second·third as two contractions, one summed dimension after the other (nn.Bilinear: i, then j)."""
    full: list[int] = []
    for tensor, expand in ((first, expand_first), (second, expand_second), (third, expand_third)):
        shape = list(tensor.shape)
        for dimension in sorted(expand):
            shape.insert(dimension, 1)
        full = [max(a, b) for a, b in zip(full or shape, shape, strict=True)]
    size = prod(full)
    return size + (size // full[summed[0]] if summed else size)


def _grouped_product(first: Any, second: Any, *rest: Any, out_val: Any, **options: Any) -> int:
    """Count products of groups of rows with one matrix each (mixtures of experts)."""
    if len(first.shape) == 2 and len(second.shape) == 2:  # the summed dimension is the one cut into groups
        return int(first.shape[0] * first.shape[1] * second.shape[1])
    return int(prod(out_val.shape) * first.shape[-1])


def _product(first: Any, *rest: Any, out_val: Any, **options: Any) -> int:
    """Count first·second, where the last dimension of the first is the one that is summed."""
    return int(prod(out_val.shape) * first.shape[-1])


def _added_product(_bias: Any, first: Any, *rest: Any, out_val: Any, **options: Any) -> int:
    return int(prod(out_val.shape) * first.shape[-1])


# Operator, without its overload -> formula(*arguments, out_val=result, **keyword arguments).
FORMULAS: dict[str, Callable[..., int]] = {
    "aten._scaled_dot_product_flash_attention_for_cpu": _attention,
    "aten._scaled_dot_product_fused_attention_overrideable": _attention,
    "aten._scaled_dot_product_attention_math_for_mps": _attention,
    "aten.lstm": _recurrent,
    "aten.gru": _recurrent,
    "aten.rnn_tanh": _recurrent,
    "aten.rnn_relu": _recurrent,
    "aten._cudnn_rnn": _recurrent,
    "aten.miopen_rnn": _recurrent,
    "aten.mkldnn_rnn_layer": _mkldnn_recurrent,
    "aten.mv": _product,
    "aten.dot": _product,
    "aten.vdot": _product,
    "aten._int_mm": _product,
    "aten.addmv": _added_product,
    "aten._addmm_activation": _added_product,
    "aten._trilinear": _trilinear,
    "aten._grouped_mm": _grouped_product,
    "quantized.linear": _product,
    "quantized.linear_relu": _product,
    "quantized.linear_dynamic": _product,
    "quantized.linear_relu_dynamic": _product,
}
