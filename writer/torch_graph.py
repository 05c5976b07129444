"""Captures a torch model as it is executed once: on fake tensors, else for real and undone, else as a module tree.

Never raises into training: what it fell back to is said in one warning.
"""

import copy
import inspect
import itertools
import logging
import os
import random
import sys
import warnings
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

from writer.block_costs import blocks_of, settle_parameters
from writer.captured_graph import CapturedGraph, How, Node, TensorSpec
from writer.graph_encoding import graph_events
from writer.graph_tidying import prune, scope_names
from writer.leftovers import evict
from writer.module_scopes import ModuleScopes, class_name
from writer.torch_tracer import LimitReached, Tracer, iter_tensors

__all__ = ["capture", "graph_events"]

MAX_NODES = 250_000  # about 60 MB as a GraphDef
_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)
_PACKAGE_DIR = os.path.dirname(__file__)


def capture(
    model: object,
    input_to_model: object = None,
    *,
    order: tuple[How, ...] = ("fake", "real"),
    max_nodes: int = MAX_NODES,
) -> CapturedGraph:
    """Record a model's graph as one call of it goes: loops unrolled, the branches that this input takes.

    The model is left as it was: parameters, gradients, buffers, attributes, hooks, training mode and random state.

    Args:
        model: a module; torch.compile, DataParallel and DistributedDataParallel are looked through.
        input_to_model: a tensor; a tuple or list of positional arguments; a dict of keyword arguments (or the one
            argument, where the model's signature says so); None records the module tree only.
        order: how it may be run, tried one after the other.
        max_nodes: recording stops there.

    Returns:
        The graph; without operations where nothing worked. Its ``notes`` are what the one warning says.
    """
    try:
        captured = _capture(model, input_to_model, order, max_nodes)
    except Exception as error:  # never into training
        captured = CapturedGraph("structure", [], [], "", {}, [f"nothing was captured ({_said(error)})"])
    if captured.notes:
        what = type(model).__name__
        warnings.warn(f"add_graph, {what}: " + "; ".join(captured.notes) + ".", stacklevel=_stacklevel())
    return captured


def _capture(model: object, given: object, order: tuple[How, ...], max_nodes: int) -> CapturedGraph:
    unwrapped = _unwrap(model)
    if not isinstance(unwrapped, nn.Module):
        return CapturedGraph("structure", [], [], "", {}, [f"a torch module is needed, not {type(model).__name__}"])
    if given is None:
        return _structure(unwrapped, ["no input was given, so that only the module tree is recorded"])
    args, kwargs = _arguments(unwrapped, given)
    notes: list[str] = []
    watched: list[weakref.ref[Any]] = []
    for how in order:
        if how == "real" and (reason := _not_for_real(unwrapped)):
            notes.append(f"it was not run for real, because {reason}")
            continue
        try:
            with _aside():
                if how == "fake":
                    captured = _on_fakes(unwrapped, args, kwargs, max_nodes, watched)
                else:
                    captured = _for_real(unwrapped, args, kwargs, max_nodes)
        except Exception as error:  # whatever the model raises is a reason to try the next way
            captured = None
            notes.append(f"it could not be run on {how} tensors ({_said(error)})")
        if left := evict(watched):
            notes.append(f"tensors without content are left in the model's caches ({', '.join(left)})")
        watched.clear()
        if captured is None:
            continue
        if how == "real" and notes:
            notes.append("it was run once for real; buffers, attributes and random state were put back")
        captured.notes[:0] = notes
        return captured
    return _structure(unwrapped, [*notes, "only the module tree is recorded, without operations and edges"])


def _unwrap(model: Any) -> Any:
    while True:
        if isinstance(getattr(model, "_orig_mod", None), nn.Module):  # torch.compile
            model = model._orig_mod
        elif isinstance(model, _WRAPPERS):
            model = model.module
        elif isinstance(getattr(model, "_fsdp_wrapped_module", None), nn.Module):
            model = model._fsdp_wrapped_module
        else:
            return model


def _arguments(model: nn.Module, given: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Read ``input_to_model`` as torch does, and otherwise as the model's signature allows it."""
    candidates: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    if isinstance(given, dict):
        if all(isinstance(key, str) for key in given):
            candidates.append(((), given))
    elif isinstance(given, (tuple, list)) and not hasattr(given, "_fields"):
        candidates.append((tuple(given), {}))
        if given and isinstance(given[-1], dict) and all(isinstance(key, str) for key in given[-1]):
            candidates.append((tuple(given[:-1]), given[-1]))
    candidates.append(((given,), {}))
    return next(((a, k) for a, k in candidates if _bound(model, a, k) is not None), candidates[0])


def _bound(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments | None:
    try:
        return inspect.signature(model.forward).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return None


def _named_inputs(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield (scope, label, tensor): an argument that is a tensor stands at the top, others are scopes."""
    bound = _bound(model, args, kwargs)
    named: dict[str, Any] = {f"argument_{i}": value for i, value in enumerate(args)} | kwargs
    if bound is not None:
        named = {}
        for name, value in bound.arguments.items():
            if bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                named.update(value)
            else:
                named[name] = value
    for name, value in named.items():
        for path, tensor in iter_tensors(value):
            yield (name, path, tensor) if path else ("", name, tensor)


def _run(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], tracer: Tracer, how: How) -> CapturedGraph:
    """Call the model once under the tracer."""
    notes, given = [], []
    try:
        for scope, label, tensor in _named_inputs(model, args, kwargs):
            tracer.add_input(scope, label, tensor)
            given.append(f"{scope + '.' if scope else ''}{label}: {tracer.nodes[-1].outputs[0]}")
        with tracer.recording():
            output = model(*args, **kwargs)
        for path, tensor in iter_tensors(output):
            tracer.add_output("output" if path else "", path or "output", tensor)
    except LimitReached:
        notes.append(f"only the first {len(tracer.nodes):,} nodes are recorded")
    if tracer.lost:
        notes.append(f"{tracer.lost:,} operations ran, but could not be recorded")
    nodes = prune(tracer.nodes)
    drawn = scope_names(nodes, tracer.scopes.containers)
    for node in nodes:
        node.scope = drawn(node.scope)
    blocks = blocks_of(model, tracer.scopes, nodes, tracer.returned_bytes, drawn)
    settle_parameters(nodes, blocks)
    return CapturedGraph(how, nodes, blocks, ", ".join(given), tracer.not_counted, notes)


def _on_fakes(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    max_nodes: int,
    watched: list[weakref.ref[Any]],
) -> CapturedGraph:
    """Run a copy whose tensors have shapes, but no content.

    A copy is essential: on the user's model, fake tensors would stay in plain attributes (rotary tables, caches)
    and break the training later.
    """
    from torch._subclasses.fake_tensor import FakeCopyMode, FakeTensorMode

    memo: dict[int, Any] = {}
    lazy = [tensor for tensor in itertools.chain(model.parameters(), model.buffers()) if is_lazy(tensor)]
    for tensor in lazy:
        memo[id(tensor)] = _LazyParameter(tensor) if isinstance(tensor, nn.Parameter) else _LazyBuffer(tensor)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        inputs = [tensor for _, tensor in iter_tensors((args, kwargs)) if tensor.device.type == "meta"]
        for tensor in itertools.chain(model.parameters(), model.buffers(), inputs):
            memo.setdefault(id(tensor), tensor if is_lazy(tensor) else _fake(tensor))
        with FakeCopyMode(mode):
            twin = copy.deepcopy(model, memo)
            args, kwargs = copy.deepcopy((args, kwargs), memo)
        for module in twin.modules():
            _strip_hooks(module)
            if isinstance(module, nn.SyncBatchNorm):
                module.training = False  # it would wait for the other processes
        if lazy:  # the copy's parameters get their shapes in a first run
            for tensor in lazy:
                memo[id(tensor)].model = twin
            twin(*args, **kwargs)
        return _run(twin, args, kwargs, Tracer(twin, max_nodes=max_nodes, watched=watched), "fake")


class _LazyStandIn:
    """A lazy tensor of the copy: when its shape is known, a fake tensor takes its place in the modules."""

    model: nn.Module

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        fake = torch.empty(shape, device=device or self.device, dtype=dtype or self.dtype)
        made = nn.Parameter(fake, self.requires_grad) if isinstance(self, nn.Parameter) else fake
        for module in self.model.modules():
            for tensors in (module._parameters, module._buffers):
                for name in [name for name, tensor in tensors.items() if tensor is self]:
                    tensors[name] = made


class _LazyParameter(_LazyStandIn, UninitializedParameter):
    def __new__(cls, like: Any) -> "_LazyParameter":
        return super().__new__(cls, like.requires_grad, like.device, like.dtype)


class _LazyBuffer(_LazyStandIn, UninitializedBuffer):
    def __new__(cls, like: Any) -> "_LazyBuffer":
        return super().__new__(cls, like.requires_grad, like.device, like.dtype)


def _fake(tensor: Any) -> Any:
    """Make a tensor of the same shape under the active fake mode; one on "meta" becomes one of the CPU."""
    device = "cpu" if tensor.device.type == "meta" else tensor.device
    fake = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=device)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(fake, requires_grad=tensor.requires_grad)
    return fake.requires_grad_(tensor.requires_grad)


def _strip_hooks(module: nn.Module) -> None:
    """Take other people's hooks off a copy: they would carry fake tensors out. Torch's own compute (weight_norm)."""
    for hooks in (
        module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks
    ):  # fmt: skip
        for key, hook in list(hooks.items()):
            made_in = getattr(hook, "__module__", None) or type(hook).__module__
            if not made_in.startswith("torch."):
                del hooks[key]


def _not_for_real(model: nn.Module) -> str:
    if any(is_lazy(tensor) for tensor in itertools.chain(model.parameters(), model.buffers())):
        return "that would initialise its lazy parameters"
    distributed: Any = torch.distributed  # its functions have no types
    if distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1:
        return "it might wait for the other processes of the group"
    return ""


def _for_real(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], max_nodes: int) -> CapturedGraph:
    """Run the model itself, without gradients, and put back what that changes."""
    with _Undone(model, args, kwargs) as undone, torch.no_grad():
        tracer = Tracer(model, max_nodes=max_nodes, before_write=undone.before_write)
        return _run(model, args, kwargs, tracer, "real")


class _Undone:
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

    def __enter__(self) -> "_Undone":
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
def _aside() -> Iterator[None]:
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


def _structure(model: nn.Module, notes: list[str]) -> CapturedGraph:
    """Describe the module tree: parameters, and one node for each module that has no parts."""
    scopes = ModuleScopes(model)
    nodes: list[Node] = []
    for name, module in model.named_modules():
        scope = scopes.static_path(name)
        for label, parameter in module.named_parameters(recurse=False):
            shape = None if is_lazy(parameter) else tuple(parameter.shape)
            spec = TensorSpec(shape, str(parameter.dtype).removeprefix("torch."), str(parameter.device))
            node = Node("parameter", label, "Const", scope, name, [], [spec])
            node.qualified_name = f"{name}.{label}" if name else label
            node.params = 0 if is_lazy(parameter) else parameter.numel()
            nodes.append(node)
        if next(module.children(), None) is None:
            kind = class_name(module)
            nodes.append(Node("op", kind.lower(), kind, scope, name, [], []))
    blocks = blocks_of(model, scopes, nodes, {}, lambda scope: scope)
    return CapturedGraph("structure", nodes, blocks, "", {}, notes)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    text = f"{type(error).__name__}: {lines[0]}".removesuffix(": ")
    return text if len(text) <= 160 else text[:159] + "…"


def _stacklevel() -> int:
    """Count the frames up to the first outside this package, as warnings.warn counts them from capture()."""
    frame: Any = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE_DIR + os.sep):
        frame, level = frame.f_back, level + 1
    return level
