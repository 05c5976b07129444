"""Adds up what each module of a traced model holds and computes."""

from collections.abc import Callable, Mapping
from typing import Any

from writer.captured_graph import Block, Node
from writer.module_scopes import ModuleScopes, class_name

__all__ = ["add_up", "blocks_of", "settle_parameters"]


def blocks_of(
    model: Any, scopes: ModuleScopes, nodes: list[Node], returned_bytes: Mapping[str, int], drawn: Callable[[str], str]
) -> list[Block]:
    """Describe every module once, in the order of ``named_modules``, each after the modules around it.

    A tensor that several modules share belongs to the first; the others name it as tied. A total is the sum of what
    is own in the module and below it in the tree, so that the totals of a module's children never exceed its own.

    Args:
        model: the torch module that was traced.
        scopes: where its modules ran.
        nodes: what they computed.
        returned_bytes: by qualified name, what their calls returned.
        drawn: maps a scope as traced to the scope as drawn.
    """
    blocks: dict[str, Block] = {}
    owners: dict[int, str] = {}
    for name, module in model.named_modules():
        path = drawn(scopes.paths.get(name) or scopes.static_path(name))
        block = blocks[name] = Block(name, class_name(module), path, scopes.calls.get(name, 0))
        block.output_bytes = returned_bytes.get(name, 0)
        devices: dict[str, None] = {}
        dtypes: dict[str, None] = {}
        for own, parameter in module.named_parameters(name, recurse=False, remove_duplicate=False):
            if (owner := owners.setdefault(id(parameter), own)) != own:
                block.tied.append(owner)
                continue
            size = elements(parameter)
            devices.setdefault(str(parameter.device))
            dtypes.setdefault(str(parameter.dtype).removeprefix("torch."))
            block.params += size
            block.trainable += size if parameter.requires_grad else 0
        for own, buffer in module.named_buffers(name, recurse=False, remove_duplicate=False):
            if owners.setdefault(id(buffer), own) == own:
                block.buffers += elements(buffer)
        block.device, block.dtype = ", ".join(devices), ", ".join(dtypes)
    for node in nodes:
        if node.block in blocks:
            blocks[node.block].macs += node.macs
    found = list(blocks.values())
    add_up(found, "macs", "macs_total")
    add_up(found, "params", "params_total")
    return found


def add_up(blocks: list[Block], own: str, total: str) -> None:
    """Set one figure of every block to its own and those of all blocks below it; None where all of them are."""
    sums = {block.name: getattr(block, own) for block in blocks}
    for name in sorted(sums, key=lambda name: name.count(".") + bool(name), reverse=True):
        above = name.rpartition(".")[0]
        if name and sums[name] is not None:
            sums[above] = (sums[above] or 0) + sums[name]
    for block in blocks:
        setattr(block, total, sums[block.name])


def settle_parameters(nodes: list[Node], blocks: list[Block]) -> None:
    """Leave each parameter's count at one of its nodes: in its owner's scope if it stands there, else at the first."""
    paths = {block.name: block.path for block in blocks}
    chosen: dict[str, Node] = {}
    for node in nodes:
        if node.kind != "parameter":
            continue
        owned = node.tied_to or node.qualified_name
        held = chosen.get(owned)
        home = paths.get(owned.rpartition(".")[0])
        if held is None or (node.scope == home and held.scope != home):
            chosen[owned] = node
    for node in nodes:
        if node.kind == "parameter" and chosen[node.tied_to or node.qualified_name] is not node:
            node.params = 0


def elements(tensor: Any) -> int:
    """Count a tensor's elements; 0 for a lazy one that has no shape yet."""
    try:
        return int(tensor.numel())
    except (RuntimeError, ValueError):  # torch's answer for an uninitialised parameter
        return 0
