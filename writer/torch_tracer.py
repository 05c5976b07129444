"""Records what torch functions a model's forward pass calls, in which modules, and what each one costs.

Public parts of torch only: a ``TorchFunctionMode`` sees each call as the user wrote it (one node), a
``TorchDispatchMode`` below it sees the operators that the call became (costs), and torch's global module
hooks keep the stack of modules (scopes); no module is touched. Edges follow the tensors themselves, so that
any container may carry them; a write in place is found by the tensor's version.
"""

import inspect
import os
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode, get_testing_overrides
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from writer.block_costs import elements
from writer.call_description import calling_line, plain_arguments, readable_name
from writer.captured_graph import Kind, Node, TensorSpec
from writer.module_scopes import ModuleScopes
from writer.multiply_adds import FORMULAS

__all__ = ["LimitReached", "Tracer", "iter_tensors"]

_TORCH_DIR = os.path.dirname(torch.__file__)
# They make no data: what they return or change is not a tensor's content.
_NO_DATA = frozenset(
    {"size", "dim", "numel", "stride", "is_contiguous", "data_ptr", "storage_offset", "untyped_storage"}
    | {"requires_grad_", "retain_grad", "register_hook", "is_floating_point"}
    | {"__format__", "__repr__", "__len__", "__hash__"}
)
_TO_PYTHON = frozenset({"item", "tolist", "numpy", "__bool__", "__float__", "__int__", "__index__", "__array__"})
# Operators that move or name data: neither worth a node of their own nor a line among the uncounted.
_SAME_DATA = frozenset(["aten.detach", "aten.alias", "aten.lift_fresh"])
_MOVES_DATA = _SAME_DATA | {"aten.clone", "aten.copy_", "aten._to_copy", "aten.lift_fresh_copy", "aten._unsafe_view"}
_FACTORY = re.compile(r"aten\.(new_\w+|\w+_like)")
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


class Tracer(TorchFunctionMode):
    """While entered, turns what this thread computes into nodes.

    Args:
        model: names and places modules, parameters and buffers; only looked at.
        max_nodes: recording a further node raises LimitReached.
        before_write: called with each tensor that an operator is about to write to.
        watched: is given a weak reference to each tensor that the model makes.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        max_nodes: int,
        before_write: Callable[[Any], None] | None = None,
        watched: list[weakref.ref[Any]] | None = None,
    ) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self.scopes = ModuleScopes(model)
        self.returned_bytes: dict[str, int] = {}  # by qualified name of a module
        self.not_counted: dict[str, int] = {}
        self.lost = 0  # calls that ran, but could not be recorded
        self.before_write = before_write
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
            before = register_module_forward_pre_hook(self._enter_module)
            stack.callback(before.remove)
            after = register_module_forward_hook(self._leave_module, always_call=True)
            stack.callback(after.remove)
            stack.enter_context(_Operators(self))  # not an attribute: the tracer has to end with its last user
            stack.enter_context(self)
            yield

    def _enter_module(self, module: nn.Module, _args: object) -> None:
        if threading.get_ident() == self._thread:
            self.scopes.enter(module)

    def _leave_module(self, module: nn.Module, _args: object, output: object) -> None:
        if threading.get_ident() != self._thread:
            return
        frame = self.scopes.leave(module)
        if frame is not None and frame.alias is not None:
            size = sum(_bytes(tensor) for _, tensor in iter_tensors(output))
            self.returned_bytes[frame.block] = self.returned_bytes.get(frame.block, 0) + size

    # Nodes

    def add_input(self, scope: str, label: str, tensor: Any) -> None:
        """Add a tensor that was handed to the model."""
        node = self._add(Node("input", label, "Placeholder", scope, "", [], [_spec(tensor)]))
        self._remember(tensor, node, 0)
        self._note_write(tensor, node)

    def add_output(self, scope: str, label: str, tensor: Any) -> None:
        """Add a tensor that the model returned."""
        self._add(Node("output", label, "Identity", scope, "", self._sources(tensor), [_spec(tensor)]))

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
        if storage := _storage(tensor):
            self._written[storage[0]] = (StorageWeakRef(storage[1]), node)  # type: ignore[no-untyped-call]

    def _maker(self, tensor: Any) -> tuple[int, int] | None:
        made = self._made.get(id(tensor))
        return (made[1], made[2]) if made and made[0]() is tensor else None

    def _sources(self, tensor: Any) -> list[tuple[int, int]]:
        """Find the nodes that a tensor's content comes from, adding one for a tensor that was there before."""
        made = self._maker(tensor)
        storage = _storage(tensor)
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
            index = self._add(Node("constant", "constant", "Const", scope, block, [], [_spec(tensor)]))
            self._remember(tensor, index, 0)
            return index
        known = self._given.get((id(tensor), scope))
        if known is not None:
            return known
        kind, names = named
        prefix = self.scopes.prefix
        name = next((name for name in names if name.startswith(prefix)), "")
        label = name[len(prefix) :] if name else names[0].rpartition(".")[2]
        node = Node(kind, label, "Const", scope, block, [], [_spec(tensor)], qualified_name=name or names[0])
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
        if name in _NO_DATA or self._open is not None or self.is_in_operator:
            return func(*args, **kwargs)
        call = self._open = _Call(func, name, args, kwargs, _tensors((args, kwargs)))
        versions = [_version(tensor) for tensor in call.given]
        try:
            result = func(*args, **kwargs)
        finally:
            self._open = None
        try:
            changed = [
                tensor for tensor, version in zip(call.given, versions, strict=True) if _version(tensor) != version
            ]
            self._record(call, changed, result)
        except LimitReached:
            raise
        except Exception:  # a tracer never raises into training; what is missing is counted and said
            self.lost += 1
        return result

    def _record(self, call: _Call, changed: list[Any], result: Any) -> None:
        name, given, made = call.name, call.given, _tensors(result)
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
        node.arguments = plain_arguments(_argument_names(call.func), call.args, call.kwargs)
        self._finish(node, given, made, changed)

    def _operation(self, op: str, given: list[Any], made: list[Any]) -> Node:
        outputs = [_spec(tensor) for tensor in made]
        node = Node("op", op, op, self.scopes.scope, self.scopes.block, self._inputs(given), outputs)
        node.source = calling_line(_TORCH_DIR)
        return node

    def _finish(self, node: Node, given: list[Any], made: list[Any], changed: list[Any]) -> None:
        """Add a node; from now on what it made and changed comes from it."""
        shared = {storage[0] for storage in map(_storage, given) if storage}
        new = [tensor for tensor in made if (storage := _storage(tensor)) is None or storage[0] not in shared]
        node.output_bytes = sum(map(_bytes, new))
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

    def record_operator(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Charge one operator to the call that it belongs to, or make it a node (TorchScript, C++ extensions)."""
        name = str(func)
        packet = str(getattr(func, "_overloadpacket", func))
        if name.startswith("prim."):
            return
        given, made = _tensors((args, kwargs)), _tensors(result)
        macs = _multiply_adds(func, packet, args, kwargs, result)
        if macs is None and given and made and not _only_moves(func, packet):
            self.not_counted[packet] = self.not_counted.get(packet, 0) + 1
        call = self._open
        if call is not None:
            call.macs += macs or 0
            if packet not in _SAME_DATA and (name in call.aten or len(call.aten) < _DISTINCT_ATEN):
                call.aten[name] = call.aten.get(name, 0) + 1
            return
        fresh = [tensor for tensor in made if not any(tensor is other for other in given)]
        if packet in _SAME_DATA:
            self._alias(given, fresh)
            return
        if not given and not made:
            return
        changed = _written_arguments(func, args, kwargs)
        node = self._operation(readable_name(packet.rpartition(".")[2]), given, made or changed)
        node.macs, node.aten = macs or 0, {name: 1}
        self._finish(node, given, made, changed)


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch declares no types here
    """Hands every operator that is executed to the tracer."""

    supports_higher_order_operators = True

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tracer = tracer

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self._tracer.before_write is not None:
            for tensor in _written_arguments(func, args, kwargs):
                self._tracer.before_write(tensor)
        outer, self._tracer.is_in_operator = self._tracer.is_in_operator, True
        try:
            result = func(*args, **kwargs)
        finally:
            self._tracer.is_in_operator = outer
        try:
            self._tracer.record_operator(func, args, kwargs, result)
        except LimitReached:
            raise
        except Exception:  # as above
            self._tracer.lost += 1
        return result


def iter_tensors(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield (path, tensor) for the tensors in any nest of containers, dataclasses and plain objects."""
    items: Any = ()
    if isinstance(value, torch.Tensor):
        yield path, value
    elif depth >= 6 or isinstance(value, (str, bytes, int, float, nn.Module, type)) or callable(value):
        return
    elif isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        items = zip(value._fields, value, strict=False)
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    elif is_dataclass(value):
        items = ((entry.name, getattr(value, entry.name)) for entry in fields(value))
    elif hasattr(value, "__dict__"):
        items = list(vars(value).items())
    for key, item in items:
        yield from iter_tensors(item, f"{path}.{key}" if path else str(key), depth + 1)


def _tensors(value: object) -> list[Any]:
    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def _version(tensor: Any) -> int:
    try:
        return int(tensor._version)
    except Exception:  # inference tensors have none
        return 0


def _storage(tensor: Any) -> tuple[int, Any] | None:
    try:
        while torch._C._functorch.is_functorch_wrapped_tensor(tensor):  # inside torch.vmap, torch.func.grad
            tensor = torch._C._functorch.get_unwrapped(tensor)
        storage = tensor.untyped_storage()
        return int(storage._cdata), storage
    except Exception:  # sparse, nested and wrapped tensors have none
        return None


def _spec(tensor: Any) -> TensorSpec:
    try:
        shape: tuple[int, ...] | None = tuple(int(size) for size in tensor.shape)
    except Exception:  # nested, or not yet initialised
        shape = None
    return TensorSpec(shape, str(tensor.dtype).removeprefix("torch."), str(tensor.device))


def _bytes(tensor: Any) -> int:
    try:
        return int(tensor.numel() * tensor.element_size())
    except Exception:  # likewise
        return 0


@cache
def _argument_names(func: Any) -> tuple[str, ...]:
    known: dict[Any, Any] = get_testing_overrides()  # torch's own table: built-ins have no signature
    for candidate in (known.get(func, func), func):
        try:
            return tuple(inspect.signature(candidate).parameters)
        except (TypeError, ValueError):
            continue
    return ()


def _written_arguments(func: Any, args: Any, kwargs: Any) -> list[Any]:
    schema = getattr(func, "_schema", None)
    if schema is None or not schema.is_mutable:
        return []
    written = []
    for i, argument in enumerate(schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            written += _tensors(args[i] if i < len(args) else kwargs.get(argument.name))
    return written


def _only_moves(func: Any, packet: str) -> bool:
    return packet in _MOVES_DATA or getattr(func, "is_view", False) or _FACTORY.fullmatch(packet) is not None


def _multiply_adds(func: Any, packet: str, args: Any, kwargs: Any, result: Any) -> int | None:
    """Count by our formulas, then by torch's registry (which counts two operations a multiply-add)."""
    try:
        if packet in FORMULAS:
            return FORMULAS[packet](*args, **kwargs, out_val=result)
        formula = flop_registry.get(getattr(func, "_overloadpacket", func))
        return None if formula is None else int(formula(*args, **kwargs, out_val=result)) // 2
    except Exception:  # then it is named among the uncounted
        return None
