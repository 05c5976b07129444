"""Counts the memory that autograd keeps for the backward pass, by the module that made it keep it."""

from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from typing import Any

from writer.torch_tensors import bytes_of, storage_of
from writer.torch_timing import Borders

__all__ = ["kept_bytes"]

_COMPILED = "CompiledFunctionBackward"  # unpacks what it saved by itself


def kept_bytes(operators: Iterable[Any], borders: Borders, owned: Iterable[Any]) -> dict[str, int]:
    """Sum the storages that autograd's operators have saved, each once, at the block that saved it first.

    Looking at a saved tensor is registering hooks that give it back as it is: the documented way that neither
    unpacks one (which would compute a checkpointed block again) nor is on while the model runs (which
    ``torch.func`` refuses). Tensors with hooks of others (checkpoints, offloading) are not kept, and not counted.

    Args:
        operators: in the order of the forward pass.
        borders: which block made each.
        owned: parameters and buffers, which are there anyway.
    """
    counted = {storage[0] for tensor in owned if (storage := storage_of(tensor))}
    held: list[Any] = []  # storages, so that no number is used twice
    sums: dict[str, int] = {}
    for operator in operators:
        block = borders.block_of(operator)

        def count(tensor: Any, block: str = block) -> Any:
            storage = storage_of(tensor)
            if storage is None:
                sums[block] = sums.get(block, 0) + bytes_of(tensor)
            elif storage[0] not in counted:
                counted.add(storage[0])
                held.append(storage[1])
                sums[block] = sums.get(block, 0) + storage[1].nbytes()
            return tensor

        for saved in _saved_by(operator):
            try:
                saved.register_hooks(count, _as_it_is)
            except RuntimeError:  # it has hooks of others, holds nothing, or was written to since
                continue
    return sums


def _as_it_is(tensor: Any) -> Any:
    return tensor


def _saved_by(operator: Any) -> Iterator[Any]:
    if type(operator).__name__ == _COMPILED:
        return
    for name in _names_of_saved(_kind(operator)):
        try:
            saved = getattr(operator, name)
        except RuntimeError:  # freed already
            continue
        yield from (entry for entry in (saved if isinstance(saved, (list, tuple)) else [saved]) if entry is not None)


def _kind(operator: Any) -> Hashable:
    kind: Any = type(operator)
    return kind  # type: ignore[no-any-return] # a class is hashable, whatever mypy says


@cache
def _names_of_saved(kind: Any) -> tuple[str, ...]:
    return tuple(name for name in dir(kind) if name.startswith("_raw_saved_"))
