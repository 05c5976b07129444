"""A traced model as plain values: its operations, the tensors on the edges between them, what each module costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "COUNTING_RULE",
    "Block",
    "CapturedGraph",
    "How",
    "Kind",
    "Measured",
    "Node",
    "TensorSpec",
    "readable_part",
]

How = Literal["fake", "real", "observed", "structure"]
Kind = Literal["op", "parameter", "buffer", "constant", "input", "output"]

COUNTING_RULE = (
    "Multiply-adds (half the floating-point operations) of matrix products, convolutions, attention and recurrent "
    "cells, in the forward pass. Pointwise operations, normalisation, softmax, pooling, reductions and embedding "
    "look-ups count as 0; causal attention is counted in full. A tied parameter counts once, at its first owner."
)


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What is known of a tensor without its values."""

    shape: tuple[int, ...] | None  # None: it has no single shape (nested tensors)
    dtype: str  # torch's name, without "torch."
    device: str  # torch's spelling: "cpu", "cuda:0"

    def __str__(self) -> str:
        return f"{self.dtype}{'[?]' if self.shape is None else list(self.shape)}"


@dataclass(slots=True)
class Node:
    """One call of a torch function as the user's code made it, or one tensor that was there before."""

    kind: Kind
    label: str  # last part of its name, not yet unique
    op: str
    scope: str  # "Net/Sequential[layer1]"; "" is the top level
    block: str  # qualified name of the innermost module of the model that ran; "" is the model itself
    inputs: list[tuple[int, int]]  # (index of the node that made the tensor, which of its outputs)
    outputs: list[TensorSpec]
    macs: int = 0
    output_bytes: int = 0  # of the tensors that it made; a view of an input makes none
    params: int = 0  # elements; 0 where the parameter is counted at another node
    qualified_name: str = ""  # of a parameter or buffer
    tied_to: str = ""  # qualified name of the owner, where this name is a second one for its parameter
    source: str = ""  # file:line of the first caller outside torch
    aten: dict[str, int] = field(default_factory=dict)  # calls of each operator below
    arguments: dict[str, int | float | bool | str] = field(default_factory=dict)
    start_s: float = 0.0  # since the step began; only where forward_s is known
    forward_s: float | None = None  # in the operators that it became; None: not measured


@dataclass(slots=True)
class Block:
    """One module of the model, with what is its own; totals include all modules below it."""

    name: str  # qualified name; "" is the model itself
    class_name: str
    path: str  # its scope in the graph (of its first call)
    calls: int = 0
    params: int = 0  # elements, without tied ones that another module owns
    trainable: int = 0
    buffers: int = 0
    tied: list[str] = field(default_factory=list)  # qualified names, at their owners, of the parameters that it shares
    macs: int = 0
    output_bytes: int = 0  # of the tensors that its calls returned
    params_total: int = 0
    macs_total: int = 0
    saved_bytes: int | None = None  # kept for backward by what ran in it and in no module below; None: not measured
    saved_bytes_total: int | None = None
    forward_s: float | None = None  # of its calls in one step, from begin to end; None: not measured
    backward_s: float | None = None  # in the backward operators of all that ran in it or below
    device: str = ""  # of its own parameters, in torch's spelling; several are joined by ", "
    dtype: str = ""  # likewise


@dataclass(frozen=True, slots=True)
class Measured:
    """Where times come from."""

    steps: int  # of training, of which a block's time is the median
    clock: str  # "clock" or "CUDA events"


@dataclass(frozen=True, slots=True)
class CapturedGraph:
    """A model as it was executed once; holds no torch object."""

    how: How  # on fake tensors, on real ones, or the module tree alone
    nodes: list[Node]  # inputs of a node always stand before it
    blocks: list[Block]  # in the order of the model's named_modules()
    input: str  # what it was run on, for people
    not_counted: Mapping[str, int]  # calls of each operator that computes but has no formula
    notes: list[str]  # what could not be done, and why
    step: int = 0  # of the training, where it is known
    measured: Measured | None = None


def readable_part(text: str) -> str:
    """Make one part of a node's name of any text.

    "/" builds the hierarchy and ":" separates the output slot in a GraphDef; neither may come from a name.
    """
    return text.replace("/", "_").replace(":", "_") or "_"
