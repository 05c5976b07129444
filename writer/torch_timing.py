"""Times one step of training: calls of modules by their borders, the backward pass by autograd's own operators.

No output is wrapped and no gradient is kept: torch's full backward hooks would make models raise that work in
place. Autograd numbers its operators in the order of the forward pass, which tells the module each belongs to.
"""

import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn

from writer.torch_clock import Clock, Mark, is_over, seconds
from writer.torch_tensors import iter_tensors

__all__ = ["Borders", "StepTimes", "is_compiled", "operators_behind"]

_LEAF = "AccumulateGrad"  # adds to a parameter's gradient; shared by all passes


def is_compiled(module: nn.Module) -> bool:
    """Tell whether a call of this very module runs compiled code, which no hook may change."""
    return (
        isinstance(getattr(module, "_orig_mod", None), nn.Module)
        or getattr(module, "_compiled_call_impl", None) is not None
    )


def operators_behind(outputs: object, first: int) -> list[Any]:
    """List autograd's operators between the outputs and those numbered below ``first``, in the order of the forward.

    Args:
        outputs: any nest of tensors.
        first: number of the first operator of the pass, of ``next_operator()`` before it.
    """
    open_ends = [tensor.grad_fn for _, tensor in iter_tensors(outputs) if tensor.grad_fn is not None]
    found: dict[int, Any] = {}
    while open_ends:
        operator = open_ends.pop()
        if operator is None or id(operator) in found or type(operator).__name__ == _LEAF:
            continue
        if operator._sequence_nr() < first:
            continue
        found[id(operator)] = operator
        open_ends.extend(behind for behind, _ in operator.next_functions)
    return sorted(found.values(), key=lambda operator: operator._sequence_nr())


def next_operator() -> int:
    """Return the number that autograd will give to the next operator of this thread."""
    return int(torch._C._autograd._get_sequence_nr())


class Borders:
    """Which block was running when each of autograd's operators was made."""

    def __init__(self) -> None:
        """Begin in the model itself."""
        self._from = [next_operator()]
        self._block = [""]

    @property
    def first(self) -> int:
        """Number of the first operator."""
        return self._from[0]

    def enter(self, block: str) -> None:
        """Note that from now on this block runs."""
        self._from.append(next_operator())
        self._block.append(block)

    def block_of(self, operator: Any) -> str:
        """Return the qualified name of the module in which an operator was made."""
        return self._block[max(0, bisect_right(self._from, operator._sequence_nr()) - 1)]


class StepTimes:
    """Between ``start`` and ``stop`` times the calls of a model's modules; after that, what is backward of them.

    Attributes:
        is_closed: set to True, it takes no more times.
    """

    def __init__(self, model: nn.Module, clock: Clock) -> None:
        """Look at the model; hooks are on it only between ``start`` and ``stop``."""
        self.is_closed = False
        self.has_backward = False
        self.borders = Borders()
        self._model = model
        self._clock = clock
        self._device = next((p.device for p in model.parameters() if p.device.type != "cpu"), None)
        self._stack: list[tuple[nn.Module, str, Mark, Any]] = []
        self._forward: list[tuple[str, Mark, Mark]] = []
        self._backward: list[tuple[str, Mark, Mark]] = []
        self._hooks = ExitStack()
        self._thread = threading.get_ident()

    @property
    def is_elsewhere(self) -> bool:
        """Whether a hook is called by another thread's pass, or while code is being compiled."""
        return torch.compiler.is_compiling() or threading.get_ident() != self._thread

    def start(self) -> None:
        """Begin with the model's own call, which is under way."""
        for name, module in _visible_modules(self._model):
            device = self._device and next((p.device for p in module.parameters()), self._device)
            before = module.register_forward_pre_hook(_Entered(self, name, device), prepend=True)
            self._hooks.callback(before.remove)
            after = module.register_forward_hook(self._leave, always_call=True)
            self._hooks.callback(after.remove)
        self.enter(self._model, "", self._device)

    def enter(self, module: nn.Module, block: str, device: Any) -> None:
        """Note that a module's call begins."""
        self._stack.append((module, block, self._clock.mark(device), device))
        self.borders.enter(block)

    def _leave(self, module: nn.Module, _args: object, _output: object) -> None:
        if self.is_elsewhere or not any(open_call[0] is module for open_call in self._stack):
            return
        while True:
            called, block, begin, device = self._stack.pop()
            if called is module:
                break
        if not any(above[1] == block for above in self._stack):  # one that calls itself counts once
            self._forward.append((block, begin, self._clock.mark(device)))
        self.borders.enter(self._stack[-1][1] if self._stack else "")

    def remove_hooks(self) -> None:
        """Leave the modules as they were."""
        self._hooks.close()

    def stop(self, output: object) -> None:
        """End with the model's own call, which is about to return ``output``; its backward pass is timed."""
        self.remove_hooks()
        self._leave(self._model, None, None)
        for operator in operators_behind(output, self.borders.first):
            timed = _TimedOperator(self, self.borders.block_of(operator))
            operator.register_prehook(timed.begin)
            operator.register_hook(timed.end)

    def mark(self, gradients: Any) -> Mark:
        """Mark a moment of the backward pass, on the device of these gradients."""
        if self._device is None:
            return self._clock.mark()
        return self._clock.mark(next((g.device for g in gradients if g is not None), self._device))

    def add_backward(self, block: str, begin: Mark, end: Mark) -> None:
        """Take the times of one operator of the backward pass."""
        self.has_backward = True
        self._backward.append((block, begin, end))

    @property
    def has_events(self) -> bool:
        """Whether a device told the times, and not the process's clock."""
        return self._clock.has_events

    @property
    def is_settled(self) -> bool:
        """Whether there was a backward pass, and all that was marked is over."""
        return self.has_backward and all(is_over(end) for _, _, end in (*self._forward[-1:], *self._backward[-1:]))

    def forward_s(self) -> dict[str, float]:
        """Sum the calls of each block, s; what was not measured is left out."""
        return _sums(self._forward)

    def backward_s(self) -> dict[str, float]:
        """Sum the backward operators of what ran in each block itself, s; likewise."""
        return _sums(self._backward)


class _Entered:
    """Forward pre-hook of one module."""

    def __init__(self, times: StepTimes, block: str, device: Any) -> None:
        self._times, self._block, self._device = times, block, device

    def __call__(self, module: nn.Module, _args: object) -> None:
        if not self._times.is_elsewhere:
            self._times.enter(module, self._block, self._device)


class _TimedOperator:
    """Pre-hook and hook of one operator of autograd; knows the operator not, which would then never be freed."""

    __slots__ = ("_begin", "_block", "_times")

    def __init__(self, times: StepTimes, block: str) -> None:
        self._times, self._block = times, block
        self._begin: Mark = None

    def begin(self, gradients: Any) -> None:
        if not self._times.is_closed:
            self._begin = self._times.mark(gradients)

    def end(self, _made: Any, gradients: Any) -> None:
        if not self._times.is_closed and self._begin is not None:
            self._times.add_backward(self._block, self._begin, self._times.mark(gradients))


def _visible_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules below a model that run as Python, each once, by its first name."""
    hidden = {id(model)}
    modules: list[Any] = list(model.modules())
    for module in modules:
        is_script = isinstance(module, torch.jit.ScriptModule)
        if is_script or is_compiled(module):
            # what torch.compile returned is called as Python, whatever it calls
            is_called = not is_script and module._compiled_call_impl is None
            hidden.update(id(inner) for inner in module.modules() if inner is not module or not is_called)
    for name, module in model.named_modules():
        if id(module) not in hidden:
            yield name, module


def _sums(spans: list[tuple[str, Mark, Mark]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for block, begin, end in spans:
        taken = seconds(begin, end)
        if taken is not None:
            sums[block] = sums.get(block, 0.0) + taken
    return sums
