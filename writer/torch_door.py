"""The one place at which a model is watched from outside: what is called when its call begins and ends.

Copies and pickles of the model get a hook that does nothing, and compiled code none at all.
"""

from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from writer.torch_graph import unwrap
from writer.torch_timing import is_compiled

__all__ = ["entrance_of", "open_door"]


class _Hook:
    """A hook that no copy of the model takes along."""

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function

    def __call__(self, *given: Any) -> None:
        if not torch.compiler.is_compiling():
            self._function(*given)

    def __reduce__(self) -> Any:  # of Python's own: whoever loads the model need not have this package
        return getattr, (nullcontext(), "__exit__")


def entrance_of(model: Any) -> tuple[nn.Module, bool]:
    """Find the module whose call is a step: the outermost that is compiled, else the model inside its wrappers."""
    root = unwrap(model)
    layer = model
    while layer is not root:
        if is_compiled(layer):
            return layer, True
        layer = next(inner for inner in layer.children())
    return root, is_compiled(root)


def open_door(door: ExitStack, module: nn.Module, before: Callable[..., None], after: Callable[..., None]) -> None:
    if isinstance(module, torch.jit.ScriptModule):  # takes no hooks: those for all modules, then

        def if_it(function: Callable[..., None]) -> Callable[..., None]:
            return lambda called, args, *more: function(called, args, {}, *more) if called is module else None

        door.callback(register_module_forward_pre_hook(if_it(before)).remove)
        door.callback(register_module_forward_hook(if_it(after), always_call=True).remove)
    elif module._compiled_call_impl is not None:  # compiled in place: a hook would be compiled, too
        door.callback(_around_call(module, before, after))
    else:
        hooks = [
            module.register_forward_pre_hook(_Hook(before), with_kwargs=True, prepend=True),
            module.register_forward_hook(_Hook(after), with_kwargs=True, always_call=True),
        ]
        for hook in hooks:
            door.callback(hook.remove)


def _around_call(module: Any, before: Callable[..., None], after: Callable[..., None]) -> Callable[[], None]:
    call = module._compiled_call_impl

    def passing(*args: Any, **kwargs: Any) -> Any:
        before(module, args, kwargs)
        output = None
        try:
            output = call(*args, **kwargs)
        finally:
            after(module, args, kwargs, output)
        return output

    def restore() -> None:
        if module._compiled_call_impl is passing:
            module._compiled_call_impl = call

    module._compiled_call_impl = passing
    return restore
