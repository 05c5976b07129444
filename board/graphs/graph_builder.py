"""Builds a GraphDef node by node: names unique, none of them also a scope."""

from collections.abc import Mapping, Sequence
from typing import Any

from writer.format.messages import GraphDef

__all__ = ["GraphBuilder"]


class GraphBuilder:
    """Takes nodes in the order of execution."""

    def __init__(self) -> None:
        """Begin without nodes."""
        self._graph: Any = GraphDef()
        self._used: dict[str, int] = {}

    def add(
        self,
        name: str,
        op: str,
        inputs: Sequence[tuple[str, int]],
        *,
        shapes: Sequence[tuple[int, ...] | None] = (),
        dtype: int = 0,
        texts: Mapping[str, str] | None = None,
        figures: Mapping[str, int] | None = None,
    ) -> str:
        """Add a node.

        Args:
            name: its path; numbered where another node has it.
            op: what it does.
            inputs: (name as this method returned it, number of the output).
            shapes: of its outputs, -1 for an unknown size, None for an unknown shape; none where nothing is known.
            dtype: of the first output, number in types.proto; 0 where it is not known.
            texts: attributes.
            figures: attributes.

        Returns:
            The name that it has got.
        """
        count = self._used.get(name, 0)
        self._used[name] = count + 1
        unique = f"{name}_{count}" if count else name
        while count and unique in self._used:
            unique += "_"
        self._used.setdefault(unique, 1)
        node = self._graph.node.add(name=_encoded(unique), op=_encoded(op))
        node.input.extend(_encoded(f"{source}:{slot}" if slot else source) for source, slot in inputs)
        if shapes:
            listed = node.attr.add(key=b"_output_shapes").value.list
            for shape in shapes:
                added = listed.shape.add(unknown_rank=shape is None)
                for size in shape or ():
                    added.dim.add(size=size)
        if dtype:
            node.attr.add(key=b"dtype").value.type = dtype
        for key, text in (texts or {}).items():
            node.attr.add(key=_encoded(key)).value.s = _encoded(text)
        for key, figure in (figures or {}).items():
            node.attr.add(key=_encoded(key)).value.i = figure
        return unique

    def serialize(self) -> bytes:
        """Return the GraphDef."""
        return bytes(self._graph.SerializeToString())


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
