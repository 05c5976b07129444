"""Follows which module of a model is running, and names the scope in the graph that each call of a module gets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from writer.captured_graph import readable_part

__all__ = ["Frame", "ModuleScopes", "class_name"]


@dataclass(slots=True)
class Frame:
    """One running call of a module."""

    module: Any
    scope: str
    alias: str | None  # the qualified name by which it was reached; None: it is no part of the model
    block: str  # canonical qualified name of it, or of the nearest module around it that is part of the model


class ModuleScopes:
    """The stack of running modules.

    A scope reads as torch's own add_graph writes it, ``Net/Sequential[layer1]/Conv2d[0]``; a module's second call
    below the same caller ends in ``#1``. A module that was not called itself, but whose parts were (a ModuleList),
    is a scope as well: a *container*.

    Args:
        model: a torch module; only its ``named_modules`` is used.
    """

    def __init__(self, model: Any) -> None:
        self.calls: dict[str, int] = {}  # by qualified name
        self.paths: dict[str, str] = {}  # qualified name -> scope of the first call
        self.containers: set[str] = set()
        self._stack: list[Frame] = []
        self._names: dict[int, list[str]] = {}
        self._classes: dict[str, str] = {}
        self._modules: list[Any] = []  # so that no id is used twice
        for name, module in model.named_modules(remove_duplicate=False):
            self._modules.append(module)
            self._names.setdefault(id(module), []).append(name)
            self._classes[name] = readable_part(class_name(module))
        self._entered: dict[tuple[str, int], int] = {}

    @property
    def scope(self) -> str:
        """Scope of the running module; the model's own where none runs."""
        return self._stack[-1].scope if self._stack else self._classes[""]

    @property
    def block(self) -> str:
        """Qualified name of the innermost running module that is part of the model."""
        return self._stack[-1].block if self._stack else ""

    @property
    def prefix(self) -> str:
        """What the qualified names of the running module's parts begin with."""
        alias = self._stack[-1].alias if self._stack else ""
        return alias + "." if alias else ""

    def enter(self, module: Any) -> None:
        """Note that a module's call begins."""
        names = self._names.get(id(module))
        place, alias = self._place(module, names) if self._stack else (self._classes[""], "")
        count = self._entered.get((place, id(module)), 0)
        self._entered[place, id(module)] = count + 1
        scope = f"{place}#{count}" if count else place
        block = names[0] if names else self.block
        if names:
            self.calls[block] = self.calls.get(block, 0) + 1
            self.paths.setdefault(block, scope)
        self._stack.append(Frame(module, scope, alias if names else None, block))

    def leave(self, module: Any) -> Frame | None:
        """Note that a module's call ended; None where its beginning was not seen."""
        if not any(frame.module is module for frame in self._stack):
            return None
        while (frame := self._stack.pop()).module is not module:
            pass
        return frame

    def static_path(self, name: str) -> str:
        """Name the scope that a module has by its place in the model, whether it was called or not."""
        return "/".join([self._classes[""], *(self._part(above) for above in _prefixes(name) if above)])

    def _place(self, module: Any, names: list[str] | None) -> tuple[str, str]:
        """Find a module's scope below the one that calls it, and the name by which it was reached."""
        above = self._stack[-1].scope
        if not names:
            return f"{above}/{readable_part(class_name(module))}", ""
        around = next((frame.alias for frame in reversed(self._stack) if frame.alias is not None), "")
        prefix = around + "." if around else ""
        below = [name for name in names if name.startswith(prefix) and name != around]
        if not below:  # it stands somewhere else in the tree
            return f"{above}/{self._part(names[0])}", names[0]
        alias = min(below, key=len)
        for container in _prefixes(alias):
            if len(prefix) <= len(container) < len(alias) and container:
                above += "/" + self._part(container)
                self.containers.add(above)
        return f"{above}/{self._part(alias)}", alias

    def _part(self, name: str) -> str:
        attribute = readable_part(name.rpartition(".")[2])
        return f"{self._classes[name]}[{attribute}]" if name else self._classes[""]


def class_name(module: Any) -> str:
    """Name a module's class; a scripted or traced module's is that of the module that it was made from."""
    is_script = any(ancestor.__name__ == "ScriptModule" for ancestor in type(module).__mro__)
    return str(module.original_name) if is_script else type(module).__name__


def _prefixes(name: str) -> Iterator[str]:
    """Yield "a", "a.b", "a.b.c" for "a.b.c"."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])
