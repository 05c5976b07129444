"""What can be said of any tensor of torch, fake, sparse and wrapped ones included; nothing here raises."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import nn
from torch.utils import _pytree as pytree

from writer.captured_graph import TensorSpec

__all__ = ["bytes_of", "iter_tensors", "spec_of", "storage_of", "tensors_in", "version_of"]


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


def tensors_in(value: object) -> list[Any]:
    """List the tensors in containers that torch itself looks into."""
    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, torch.Tensor)]


def version_of(tensor: Any) -> int:
    """Count the writes in place to a tensor so far; 0 where torch does not."""
    try:
        return int(tensor._version)
    except Exception:  # inference tensors have none
        return 0


def storage_of(tensor: Any) -> tuple[int, Any] | None:
    """Return a number for the memory that a tensor lies in, and that memory; None where it has none of its own."""
    try:
        while torch._C._functorch.is_functorch_wrapped_tensor(tensor):  # inside torch.vmap, torch.func.grad
            tensor = torch._C._functorch.get_unwrapped(tensor)
        storage = tensor.untyped_storage()
        return int(storage._cdata), storage
    except Exception:  # sparse, nested and wrapped tensors have none
        return None


def spec_of(tensor: Any) -> TensorSpec:
    """Describe shape, element type and device."""
    try:
        shape: tuple[int, ...] | None = tuple(int(size) for size in tensor.shape)
    except Exception:  # nested, or not yet initialised
        shape = None
    return TensorSpec(shape, str(tensor.dtype).removeprefix("torch."), str(tensor.device))


def bytes_of(tensor: Any) -> int:
    """Return the size of the elements, bytes; 0 where it is not known."""
    try:
        return int(tensor.numel() * tensor.element_size())
    except Exception:  # likewise
        return 0
