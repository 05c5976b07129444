"""Undoes what a trial run of somebody's model does: to its tensors and attributes, and to the process's state."""

import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from writer.torch_tensors import iter_tensors

__all__ = ["Undone", "aside"]


class Undone:
    """Puts back what a forward pass does to tensors and attributes that were there before it.

    Buffers are copied at once: some operators change them without saying so (batch normalisation). Any other tensor
    of the model or its input is copied just before something writes to it.
    """

    def __init__(self, model: nn.Module, args: object, kwargs: object) -> None:
        self._attributes: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._storages: dict[int, Any] = {}  # of all tensors that were there before
        self._saved: dict[int, Any] = {}
        self._stack = ExitStack()
        self._given = [tensor for _, tensor in iter_tensors((args, kwargs))]
        self._model = model

    def __enter__(self) -> "Undone":
        for module in self._model.modules():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            for namespace in (vars(module), module._parameters, module._buffers, module._modules):
                self._attributes.append((namespace, dict(namespace)))
            for value in vars(module).values():
                if type(value) in (list, dict, set):
                    self._containers.append((value, value.copy()))
                elif isinstance(value, torch.Generator):
                    self._stack.callback(value.set_state, value.get_state())
                self._given += [tensor for _, tensor in iter_tensors(value)]
        for tensor in (*self._given, *self._model.parameters(), *self._model.buffers()):
            if tensor.layout is torch.strided:
                self._storages[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        for buffer in self._model.buffers():
            self.before_write(buffer)
        return self

    def before_write(self, tensor: Any) -> None:
        """Copy a tensor's storage, if it is one of those and has not been copied yet."""
        if tensor.layout is not torch.strided:
            return
        key = tensor.untyped_storage()._cdata
        if key in self._storages and key not in self._saved:
            self._saved[key] = self._storages[key].clone()
        if key in self._storages and not tensor.is_inference():
            # Autograd compares versions: a backward pass that is still to come must not find this one's writes.
            self._stack.enter_context(torch.autograd.grad_mode._unsafe_preserve_version_counter(tensor))

    def __exit__(self, *exception: object) -> None:
        for key, saved in self._saved.items():
            self._storages[key].copy_(saved)
        self._stack.close()
        for namespace, before in self._attributes:
            for name in namespace.keys() - before.keys():
                del namespace[name]
            namespace.update(before)
        for container, content in self._containers:
            if isinstance(container, list):
                container[:] = content
            else:
                container.clear()
                container.update(content)


@contextmanager
def aside() -> Iterator[None]:
    """Keep a run out of the process's state: random numbers, warnings, autocast's cache, compilation, torch's log."""
    log = logging.getLogger("torch._subclasses.fake_tensor")
    was_disabled, was_cached = log.disabled, torch.is_autocast_cache_enabled()
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with ExitStack() as stack:
        stack.callback(lambda: setattr(log, "disabled", was_disabled))
        stack.callback(torch.set_autocast_cache_enabled, was_cached)  # weights cast without gradients must not stay
        stack.callback(random.setstate, python_state)
        stack.callback(np.random.set_state, numpy_state)
        stack.enter_context(_random_state_kept())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        log.disabled = True
        torch.set_autocast_cache_enabled(False)
        if "torch._dynamo" in sys.modules:  # compiled parts run as they were written
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield


@contextmanager
def _random_state_kept() -> Iterator[None]:
    cuda: Any = torch.cuda  # its functions have no types
    states = [cuda.get_rng_state(i) for i in range(cuda.device_count())] if cuda.is_initialized() else []
    mps_state = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            for i, state in enumerate(states):
                cuda.set_rng_state(state, i)
            if mps_state is not None:
                torch.mps.set_rng_state(mps_state)
