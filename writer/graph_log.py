"""Takes the graph of a watched model, and its costs when they are known, to the event file."""

import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

from writer.captured_graph import CapturedGraph
from writer.file_writer import GRAPH_TAG
from writer.graph_encoding import costs_event, graph_events
from writer.handover import Handover

__all__ = ["GraphLog"]

_EVENTS = 3  # of a graph, at most: see graph_events
_NODE_BYTES = 1024  # of memory that a node takes while it waits


class GraphLog:
    """Hands graphs over to be encoded on the writer's thread; does not keep a writer that nobody else has."""

    def __init__(self, handover: Handover, tag: str) -> None:
        """Log under this tag."""
        self._handover = weakref.ref(handover)
        self._tag = tag

    def __call__(self, captured: CapturedGraph, with_nodes: bool) -> bool:
        """Log a graph, or its costs alone; False where the writer is gone."""
        handover = self._handover()
        if handover is None:
            return False
        # The blocks get their times later, while these may still wait to be encoded.
        kept = replace(captured, blocks=[replace(block) for block in captured.blocks])
        if with_nodes:
            encoded = _Once(partial(graph_events, kept, tag=self._tag, wall_time=time.time()))
            count, size = _EVENTS, len(kept.nodes) * _NODE_BYTES
        else:
            encoded = _Once(lambda: [costs_event(kept, tag=self._tag)])
            count, size = 1, len(kept.blocks) * _NODE_BYTES
        for index in range(count):
            handover.put_event(GRAPH_TAG, partial(encoded.payload, index), size)
        return True


class _Once:
    """Makes several events at once, when the first is asked for."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        self._make: Callable[[], list[Any]] | None = make
        self._lock = Lock()
        self._payloads: list[bytes] = []

    def payload(self, index: int) -> bytes:
        """Serialise one; b"" where there is none of that number."""
        with self._lock:
            if self._make is not None:
                self._payloads = [event.SerializeToString() for event in self._make()]
                self._make = None
            return self._payloads[index] if index < len(self._payloads) else b""
