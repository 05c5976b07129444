"""Captures a torch model as it is executed once: on fake tensors, else for real and undone, else as a module tree.

Never raises into training: what it fell back to is said in one warning.
"""

import copy
import inspect
import itertools
import logging
import os
import sys
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

from writer.block_costs import blocks_of, settle_parameters
from writer.captured_graph import CapturedGraph, How, Node, TensorSpec
from writer.graph_encoding import graph_events
from writer.graph_tidying import prune, scope_names
from writer.leftovers import evict
from writer.module_scopes import ModuleScopes, class_name
from writer.torch_tensors import iter_tensors
from writer.torch_tracer import LimitReached, Tracer
from writer.torch_undo import Undone, aside

__all__ = [
    "MAX_NODES",
    "add_inputs",
    "add_outputs",
    "assemble",
    "capture",
    "capture_call",
    "graph_events",
    "said",
    "unwrap",
    "warn",
]

MAX_NODES = 250_000  # about 60 MB as a GraphDef
_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)
_PACKAGE_DIR = os.path.dirname(__file__)
_TORCH_DIR = os.path.dirname(torch.__file__)


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
        captured = CapturedGraph("structure", [], [], "", {}, [f"nothing was captured ({said(error)})"])
    if captured.notes:
        warn("add_graph", model, captured.notes)
    return captured


def warn(method: str, model: object, notes: list[str]) -> None:
    """Say in one warning, at the line that called this package, what could not be done; never raises."""
    text = f"{method}, {type(model).__name__}: " + "; ".join(notes) + "."
    try:
        warnings.warn(text, stacklevel=_stacklevel())
    except UserWarning:  # where warnings are errors: not into training
        logging.getLogger("writer").warning(text)


def capture_call(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CapturedGraph:
    """Record a model on fake tensors, for a call that is about to be made; else its module tree. Warns of nothing."""
    try:
        return _captured(model, args, kwargs, ("fake",), MAX_NODES)
    except Exception as error:  # as above
        return CapturedGraph("structure", [], [], "", {}, [f"nothing was captured ({said(error)})"])


def _capture(model: object, given: object, order: tuple[How, ...], max_nodes: int) -> CapturedGraph:
    unwrapped = unwrap(model)
    if not isinstance(unwrapped, nn.Module):
        return CapturedGraph("structure", [], [], "", {}, [f"a torch module is needed, not {type(model).__name__}"])
    if given is None:
        return _structure(unwrapped, ["no input was given, so that only the module tree is recorded"])
    return _captured(unwrapped, *_arguments(unwrapped, given), order, max_nodes)


def _captured(
    unwrapped: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], order: tuple[How, ...], max_nodes: int
) -> CapturedGraph:
    notes: list[str] = []
    watched: list[weakref.ref[Any]] = []
    for how in order:
        if how == "real" and (reason := _not_for_real(unwrapped)):
            notes.append(f"it was not run for real, because {reason}")
            continue
        try:
            with aside():
                if how == "fake":
                    captured = _on_fakes(unwrapped, args, kwargs, max_nodes, watched)
                else:
                    captured = _for_real(unwrapped, args, kwargs, max_nodes)
        except Exception as error:  # whatever the model raises is a reason to try the next way
            captured = None
            notes.append(f"it could not be run on {how} tensors ({said(error)})")
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


def unwrap(model: Any) -> Any:
    """Look through what torch wraps around a model."""
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
    given = ""
    try:
        given = add_inputs(tracer, model, args, kwargs)
        with tracer.recording():
            output = model(*args, **kwargs)
        add_outputs(tracer, output)
    except LimitReached:
        tracer.is_full = True
    return assemble(tracer, model, given, how)


def add_inputs(tracer: Tracer, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Give the tracer what the model is called with, and describe it for people.

    Raises:
        LimitReached: the graph is full.
    """
    given = []
    for scope, label, tensor in _named_inputs(model, args, kwargs):
        tracer.add_input(scope, label, tensor)
        given.append(f"{scope + '.' if scope else ''}{label}: {tracer.nodes[-1].outputs[0]}")
    return ", ".join(given)


def add_outputs(tracer: Tracer, output: object) -> None:
    """Give the tracer what the model returned.

    Raises:
        LimitReached: the graph is full.
    """
    for path, tensor in iter_tensors(output):
        tracer.add_output("output" if path else "", path or "output", tensor)


def assemble(tracer: Tracer, model: nn.Module, given: str, how: How) -> CapturedGraph:
    """Make the graph of what a tracer has recorded.

    Args:
        tracer: that has recorded one call.
        model: whose call it was.
        given: what it was called with, for people.
        how: it was run.
    """
    notes = []
    if tracer.is_full:
        notes.append(f"only the first {len(tracer.nodes):,} nodes are recorded")
    if tracer.lost:
        notes.append(f"{tracer.lost:,} operations ran, but could not be recorded")
    nodes = prune(tracer.nodes)
    drawn = scope_names(nodes, tracer.scopes.containers)
    for node in nodes:
        node.scope = drawn(node.scope)
    blocks = blocks_of(model, tracer.scopes, nodes, tracer.returned_bytes, drawn)
    settle_parameters(nodes, blocks)
    return CapturedGraph(how, nodes, blocks, given, tracer.not_counted, notes)


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
    with Undone(model, args, kwargs) as undone, torch.no_grad():
        tracer = Tracer(model, max_nodes=max_nodes, before_write=undone.before_write)
        return _run(model, args, kwargs, tracer, "real")


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


def said(error: BaseException) -> str:
    """Write an error on one line."""
    lines = str(error).strip().splitlines() or [""]
    text = f"{type(error).__name__}: {lines[0]}".removesuffix(": ")
    return text if len(text) <= 160 else text[:159] + "…"


def _stacklevel() -> int:
    """Count the frames up to the first outside this package and torch, as warnings.warn counts them."""
    frame: Any = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE_DIR + os.sep, _TORCH_DIR + os.sep)):
        frame, level = frame.f_back, level + 1
    return level
