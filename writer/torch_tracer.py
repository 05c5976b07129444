"""Records what torch functions a model's forward pass calls, in which modules, and what each one costs.

Public parts of torch only: a ``TorchFunctionMode`` sees each call as the user wrote it (one node), a
``TorchDispatchMode`` below it sees the operators that the call became (costs), and torch's global module
hooks keep the stack of modules (scopes); no module is touched. Edges follow the tensors themselves, so that
any container may carry them; a write in place is found by the tensor's version.
"""

import inspect
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack, get_testing_overrides
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack

from writer.block_costs import elements
from writer.call_description import calling_line, plain_arguments, readable_name
from writer.captured_graph import Kind, Node
from writer.module_scopes import ModuleScopes
from writer.torch_clock import Clock, Mark
from writer.torch_operators import SAME_DATA, multiply_adds, only_moves, written_arguments
from writer.torch_tensors import bytes_of, iter_tensors, spec_of, storage_of, tensors_in, version_of
from writer.torch_timing import Borders

__all__ = ["LimitReached", "Tracer"]

_TORCH_DIR = os.path.dirname(torch.__file__)
# They make no data: what they return or change is not a tensor's content.
_NO_DATA = frozenset(
    {"size", "dim", "numel", "stride", "is_contiguous", "data_ptr", "storage_offset", "untyped_storage"}
    | {"requires_grad_", "retain_grad", "register_hook", "is_floating_point"}
    | {"__format__", "__repr__", "__len__", "__hash__"}
)
_TO_PYTHON = frozenset({"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__", "__array__"})
_DISTINCT_ATEN = 32  # operators named at one node


class LimitReached(Exception):  # noqa: N818 - not an error: recording stops here
    """The graph has as many nodes as it may have."""


@dataclass(slots=True)
class _Call:
    """One call of a torch function, and what the operators below it cost."""

    func: Callable[..., Any]
    name: str
    args: Any
    kwargs: Mapping[str, Any]
    given: list[Any]  # the tensors among its arguments
    macs: int = 0
    aten: dict[str, int] = field(default_factory=dict)
    spans: list[tuple[Mark, Mark]] = field(default_factory=list)  # of the operators, where they are timed


class Tracer(TorchFunctionMode):
    """While entered, turns what this thread computes into nodes.

    Args:
        model: names and places modules, parameters and buffers; only looked at.
        max_nodes: recording a further node raises LimitReached.
        before_write: called with each tensor that an operator is about to write to.
        watched: is given a weak reference to each tensor that the model makes.
        clock: times every operator; where a node's time is known later, ``spans`` has it.
        around: frame of the call that is observed. A full graph then ends the recording without raising, and so does
            the end of that call, should it end without a word to us (Ctrl-C).
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        max_nodes: int,
        before_write: Callable[[Any], None] | None = None,
        watched: list[weakref.ref[Any]] | None = None,
        clock: Clock | None = None,
        around: FrameType | None = None,
    ) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self.scopes = ModuleScopes(model)
        self.returned_bytes: dict[str, int] = {}  # by qualified name of a module
        self.not_counted: dict[str, int] = {}
        self.lost = 0  # calls that ran, but could not be recorded
        self.before_write = before_write
        self.is_full = False
        self.clock = clock
        self.spans: list[tuple[Node, list[tuple[Mark, Mark]]]] = []
        self._around = around
        self._borders: Borders | None = None
        self._max_nodes = max_nodes
        self._watched = watched
        self._tensor_names: dict[int, tuple[Kind, list[str]]] = {}
        self._kept: list[Any] = []  # so that no id is used twice
        for name, parameter in model.named_parameters(remove_duplicate=False):
            self._name_tensor("parameter", name, parameter)
        for name, buffer in model.named_buffers(remove_duplicate=False):
            self._name_tensor("buffer", name, buffer)
        # id -> (the tensor, node, output). Weak: a pass on real tensors must not keep its activations in memory.
        self._made: dict[int, tuple[weakref.ref[Any], int, int]] = {}
        self._given: dict[tuple[int, str], int] = {}  # (id of a named tensor, scope) -> node
        # storage -> (its weak handle, node that made it or last wrote to it). While the handle is held, the address
        # is not used again; the memory itself is free.
        self._written: dict[int, tuple[Any, int]] = {}
        self._open: _Call | None = None
        self.is_in_operator = False  # what an operator calls itself is no call of the user's
        for name, module in model.named_modules():
            for attribute, value in vars(module).items():
                if isinstance(value, torch.Tensor):
                    self._name_tensor("constant", f"{name}.{attribute}".lstrip("."), value)
        self._thread = threading.get_ident()

    def _name_tensor(self, kind: Kind, name: str, tensor: Any) -> None:
        self._kept.append(tensor)
        self._tensor_names.setdefault(id(tensor), (kind, []))[1].append(name)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record until the block ends; whatever happens in it, nothing of the tracer stays behind."""
        with ExitStack() as stack:
            before = register_module_forward_pre_hook(self.enter_module)
            stack.callback(before.remove)
            after = register_module_forward_hook(self.leave_module, always_call=True)
            stack.callback(after.remove)
            stack.enter_context(_Operators(self))  # not an attribute: the tracer has to end with its last user
            stack.enter_context(self)
            yield

    @property
    def is_observer(self) -> bool:
        """Whether it looks on while somebody else calls the model."""
        return self._around is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be recorded any more, though the recording has not been ended."""
        if not self.is_full and self._around is not None:
            frame: FrameType | None = sys._getframe(2)
            while frame is not None and frame is not self._around:
                frame = frame.f_back
            self.is_full = frame is None
        return self.is_full

    @property
    def is_innermost(self) -> bool:
        """Whether no mode of somebody else has been entered since, so that the recording may be ended."""
        functions: Any = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
        operators: Any = _get_current_dispatch_mode_stack()
        return bool(
            functions
            and functions[-1] is self
            and operators
            and isinstance(operators[-1], _Operators)
            and operators[-1].tracer is self
        )

    def follow_borders(self) -> Borders:
        """Begin to note, too, in which block each of autograd's operators is made."""
        self._borders = Borders()
        return self._borders

    def enter_module(self, module: nn.Module, _args: object) -> None:
        """Note that a module's call begins."""
        if threading.get_ident() == self._thread:
            self.scopes.enter(module)
            if self._borders is not None:
                self._borders.enter(self.scopes.block)

    def leave_module(self, module: nn.Module, _args: object, output: object) -> None:
        """Note that a module's call ended."""
        if threading.get_ident() != self._thread:
            return
        frame = self.scopes.leave(module)
        if self._borders is not None:
            self._borders.enter(self.scopes.block)
        if frame is not None and frame.alias is not None:
            size = sum(bytes_of(tensor) for _, tensor in iter_tensors(output))
            self.returned_bytes[frame.block] = self.returned_bytes.get(frame.block, 0) + size

    # Nodes

    def add_input(self, scope: str, label: str, tensor: Any) -> None:
        """Add a tensor that was handed to the model."""
        node = self._add(Node("input", label, "Placeholder", scope, "", [], [spec_of(tensor)]))
        self._remember(tensor, node, 0)
        self._note_write(tensor, node)

    def add_output(self, scope: str, label: str, tensor: Any) -> None:
        """Add a tensor that the model returned."""
        self._add(Node("output", label, "Identity", scope, "", self._sources(tensor), [spec_of(tensor)]))

    def _add(self, node: Node) -> int:
        if len(self.nodes) >= self._max_nodes:
            raise LimitReached
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _remember(self, tensor: Any, node: int, output: int) -> None:
        reference = weakref.ref(tensor)
        self._made[id(tensor)] = (reference, node, output)
        if self._watched is not None:
            self._watched.append(reference)

    def _note_write(self, tensor: Any, node: int) -> None:
        if storage := storage_of(tensor):
            self._written[storage[0]] = (StorageWeakRef(storage[1]), node)  # type: ignore[no-untyped-call]

    def _maker(self, tensor: Any) -> tuple[int, int] | None:
        made = self._made.get(id(tensor))
        return (made[1], made[2]) if made and made[0]() is tensor else None

    def _sources(self, tensor: Any) -> list[tuple[int, int]]:
        """Find the nodes that a tensor's content comes from, adding one for a tensor that was there before."""
        made = self._maker(tensor)
        storage = storage_of(tensor)
        written = self._written.get(storage[0]) if storage else None
        if made is not None:
            # The last write to the storage stands for all before it: its node read what they had left.
            return [made] if written is None or written[1] <= made[0] else [(written[1], 0)]
        if written is not None:
            return [(written[1], 0)]
        return [(self._add_given(tensor), 0)]

    def _add_given(self, tensor: Any) -> int:
        """Add a parameter, buffer or constant, once in each scope that uses it: no web of edges across the graph."""
        scope, block = self.scopes.scope, self.scopes.block
        named = self._tensor_names.get(id(tensor))
        if named is None:
            index = self._add(Node("constant", "constant", "Const", scope, block, [], [spec_of(tensor)]))
            self._remember(tensor, index, 0)
            return index
        known = self._given.get((id(tensor), scope))
        if known is not None:
            return known
        kind, names = named
        prefix = self.scopes.prefix
        name = next((name for name in names if name.startswith(prefix)), "")
        label = name[len(prefix) :] if name else names[0].rpartition(".")[2]
        node = Node(kind, label, "Const", scope, block, [], [spec_of(tensor)], qualified_name=name or names[0])
        node.tied_to = names[0] if node.qualified_name != names[0] else ""
        node.params = elements(tensor) if kind == "parameter" else 0
        index = self._given[id(tensor), scope] = self._add(node)
        return index

    # Calls

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a torch function and record it; whatever goes wrong in the recording stays here."""
        kwargs = kwargs or {}
        name = getattr(getattr(func, "_overloadpacket", func), "__name__", str(func))
        if name in _NO_DATA or self._open is not None or self.is_in_operator or self.is_idle:
            return func(*args, **kwargs)
        call = self._open = _Call(func, name, args, kwargs, tensors_in((args, kwargs)))
        versions = [version_of(tensor) for tensor in call.given]
        try:
            result = func(*args, **kwargs)
        finally:
            self._open = None
        try:
            changed = [
                tensor for tensor, version in zip(call.given, versions, strict=True) if version_of(tensor) != version
            ]
            self._record(call, changed, result)
        except LimitReached:
            self.is_full = True
            if not self.is_observer:
                raise
        except Exception:  # a tracer never raises into training; what is missing is counted and said
            self.lost += 1
        return result

    def _record(self, call: _Call, changed: list[Any], result: Any) -> None:
        name, given, made = call.name, call.given, tensors_in(result)
        if is_property := name == "__get__":
            name = getattr(getattr(call.func, "__self__", None), "__name__", "property")
        if not made and not changed and name not in _TO_PYTHON:
            return
        fresh = [tensor for tensor in made if not any(tensor is other for other in given)]
        if not fresh and not changed and made:
            return  # .contiguous(), .to(...) with nothing to do
        if is_property and name in ("data", "grad"):  # other names of what is there; .T and .real are operations
            self._alias(given, fresh)
            return
        node = self._operation(readable_name(name), given, made or changed)
        node.macs, node.aten = call.macs, call.aten
        if call.spans:
            self.spans.append((node, call.spans))
        node.arguments = plain_arguments(_argument_names(call.func), call.args, call.kwargs)
        self._finish(node, given, made, changed)

    def _operation(self, op: str, given: list[Any], made: list[Any]) -> Node:
        outputs = [spec_of(tensor) for tensor in made]
        node = Node("op", op, op, self.scopes.scope, self.scopes.block, self._inputs(given), outputs)
        node.source = calling_line(_TORCH_DIR)
        return node

    def _finish(self, node: Node, given: list[Any], made: list[Any], changed: list[Any]) -> None:
        """Add a node; from now on what it made and changed comes from it."""
        shared = {storage[0] for storage in map(storage_of, given) if storage}
        new = [tensor for tensor in made if (storage := storage_of(tensor)) is None or storage[0] not in shared]
        node.output_bytes = sum(map(bytes_of, new))
        index = self._add(node)
        for tensor in new:
            self._note_write(tensor, index)
        for output, tensor in enumerate(made):
            self._remember(tensor, index, output)
        for tensor in changed:
            if not any(tensor is other for other in made):
                self._remember(tensor, index, 0)
            self._note_write(tensor, index)

    def _alias(self, given: list[Any], fresh: list[Any]) -> None:
        if len(given) == 1 and fresh:
            for tensor in fresh:
                self._remember(tensor, *self._sources(given[0])[0])

    def _inputs(self, given: list[Any]) -> list[tuple[int, int]]:
        return list(dict.fromkeys(source for tensor in given for source in self._sources(tensor)))

    def record_operator(self, func: Any, args: Any, kwargs: Any, result: Any, span: tuple[Mark, Mark] | None) -> None:
        """Charge one operator to the call that it belongs to, or make it a node (TorchScript, C++ extensions)."""
        name = str(func)
        packet = str(getattr(func, "_overloadpacket", func))
        if name.startswith("prim."):
            return
        given, made = tensors_in((args, kwargs)), tensors_in(result)
        macs = multiply_adds(func, packet, args, kwargs, result)
        if macs is None and given and made and not only_moves(func, packet):
            self.not_counted[packet] = self.not_counted.get(packet, 0) + 1
        call = self._open
        if call is not None:
            call.macs += macs or 0
            if span is not None:
                call.spans.append(span)
            if packet not in SAME_DATA and (name in call.aten or len(call.aten) < _DISTINCT_ATEN):
                call.aten[name] = call.aten.get(name, 0) + 1
            return
        fresh = [tensor for tensor in made if not any(tensor is other for other in given)]
        if packet in SAME_DATA:
            self._alias(given, fresh)
            return
        if not given and not made:
            return
        changed = written_arguments(func, args, kwargs)
        node = self._operation(readable_name(packet.rpartition(".")[2]), given, made or changed)
        node.macs, node.aten = macs or 0, {name: 1}
        if span is not None:
            self.spans.append((node, [span]))
        self._finish(node, given, made, changed)


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch declares no types here
    """Hands every operator that is executed to the tracer."""

    supports_higher_order_operators = True

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tracer = tracer

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tracer = self.tracer
        if tracer.is_idle:
            return func(*args, **kwargs)
        if tracer.before_write is not None:
            for tensor in written_arguments(func, args, kwargs):
                tracer.before_write(tensor)
        outer, tracer.is_in_operator = tracer.is_in_operator, True
        clock, span = tracer.clock, None
        try:
            begin = clock.mark(_device_of(args)) if clock is not None else None
            result = func(*args, **kwargs)
            if clock is not None and begin is not None:
                span = (begin, clock.mark(_device_of(args)))
        finally:
            tracer.is_in_operator = outer
        try:
            tracer.record_operator(func, args, kwargs, result, span)
        except LimitReached:
            tracer.is_full = True
            if not tracer.is_observer:
                raise
        except Exception:  # as above
            tracer.lost += 1
        return result


def _device_of(args: Any) -> Any:
    """Find where an operator runs; None for the CPU."""
    for argument in args:
        first = argument[0] if isinstance(argument, (list, tuple)) and argument else argument
        if isinstance(first, torch.Tensor):
            return first.device
    return None


@cache
def _argument_names(func: Any) -> tuple[str, ...]:
    known: dict[Any, Any] = get_testing_overrides()  # torch's own table: built-ins have no signature
    for candidate in (known.get(func, func), func):
        try:
            return tuple(inspect.signature(candidate).parameters)
        except (TypeError, ValueError):
            continue
    return ()
