"""Records a real step of a training that goes on, times a few more, and then steps out of the way entirely.

Nothing but the door stays on the model while it waits: a hook that counts training steps, which copies and pickles
of the model get as a hook that does nothing. A part that is compiled is never touched.
"""

import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from types import FrameType
from typing import Any, Protocol

import torch
from torch import nn

from writer.block_costs import add_up
from writer.captured_graph import CapturedGraph, Measured
from writer.torch_clock import Clock, is_over, seconds
from writer.torch_door import entrance_of, open_door
from writer.torch_graph import MAX_NODES, add_inputs, add_outputs, assemble, capture_call, said, unwrap, warn
from writer.torch_saved import kept_bytes
from writer.torch_tensors import iter_tensors
from writer.torch_timing import StepTimes, is_compiled, operators_behind
from writer.torch_tracer import LimitReached, Tracer

__all__ = ["Watch"]

PATIENCE = 20  # further passes that a backward pass is waited for
_COMPILED = "what is compiled is timed as a whole, and its memory is not counted"
_EVALUATIONS = 20  # passes with gradients, but in eval mode, after which they are taken for the training


class Watch:
    """What watches one model.

    Args:
        model: whose training steps are to be recorded.
        write: takes the graph, once, and then the same with times; returns False where nobody logs any more.
        warmup: training steps that are let pass first.
        steps: that are timed.
    """

    def __init__(
        self, model: nn.Module, write: Callable[[CapturedGraph, bool], bool], *, warmup: int = 3, steps: int = 3
    ) -> None:
        self._write = write
        self._warmup, self._steps = max(0, warmup), max(0, steps)
        root = unwrap(model)
        if not isinstance(root, nn.Module):
            raise TypeError(f"a torch module is needed, not {type(model).__name__}")
        self._root = weakref.ref(root)
        self._door = ExitStack()
        self._seen = 0  # training steps
        self._evaluations = 0
        self._open: _Step | None = None
        self._nested = 0  # calls of the model by itself
        self._graph: CapturedGraph | None = None
        self._pending: Tracer | None = None  # of the graph, whose times have not come yet
        self._timed: list[StepTimes] = []
        self._waited = 0
        self._is_ended = False
        self._thread: int | None = None
        entrance, self._is_compiled = entrance_of(model)
        open_door(self._door, entrance, self._before, self._after)

    # The door

    def _before(self, _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if torch.compiler.is_compiling() or not self._is_ours():
            return
        try:
            if self._open is not None and _is_running(self._open.frame):
                self._nested += 1
            else:
                self._abandon()
                self._begin(args, kwargs, sys._getframe(2))
        except Exception as error:  # never into training
            self._fail(error)

    def _after(self, _module: nn.Module, _args: object, _kwargs: object, output: object) -> None:
        if self._open is None or torch.compiler.is_compiling() or not self._is_ours():
            return
        if self._nested:
            self._nested -= 1
            return
        step, self._open = self._open, None
        try:
            step.end(output)
        except Exception as error:  # likewise
            step.abandon()
            self._fail(error)

    def _is_ours(self) -> bool:
        """Whether this is the thread that was seen first: another one's passes have nothing to do with its."""
        if self._thread is None:
            self._thread = threading.get_ident()
        return self._thread == threading.get_ident()

    def _begin(self, args: tuple[Any, ...], kwargs: dict[str, Any], frame: FrameType) -> None:
        root = self._root()
        if root is None or not self._is_training(root):
            return
        self._settle(root)
        self._seen += 1
        if self._is_ended or self._seen <= self._warmup:
            return
        if self._graph is None and (self._is_compiled or _has_compiled(root)):
            captured = capture_call(root, args, kwargs)
            self._take_graph(root, replace(captured, notes=[*captured.notes, _COMPILED]), captured.notes)
        elif self._graph is None and self._pending is None:
            self._open = _ObservedStep(self, root, args, kwargs, frame)
        elif len(self._timed) < self._steps:
            self._open = _TimedStep(self, root, frame)

    def _is_training(self, root: nn.Module) -> bool:
        if not torch.is_grad_enabled() or torch._C._get_tracing_state() or _is_captured_by_cuda():
            return False
        if not root.training:
            self._evaluations += 1
        return root.training or (not self._seen and self._evaluations > _EVALUATIONS)

    # What comes of the steps

    def take_tracer(self, root: nn.Module, tracer: Tracer, given: str, kept: dict[str, int] | None) -> None:
        """Take what one step recorded."""
        captured = assemble(tracer, root, given, "observed")
        if kept is not None:
            for block in captured.blocks:
                block.saved_bytes = kept.get(block.name, 0)
            add_up(captured.blocks, "saved_bytes", "saved_bytes_total")
        self._pending = tracer
        self._graph = captured
        self._settle(root)

    def take_times(self, times: StepTimes) -> None:
        """Take one step's times."""
        self._timed.append(times)

    def _take_graph(self, root: nn.Module, captured: CapturedGraph, said_of_it: list[str]) -> None:
        """Log the graph, before any block is timed."""
        self._pending = None
        self._graph = captured = replace(captured, step=self._seen)
        if not self._write(captured, True):
            self.end()
        if said_of_it:
            warn("watch", root, said_of_it)

    def _settle(self, root: nn.Module, *, at_once: bool = False) -> None:
        """Go on where what a device was asked has come to pass."""
        if self._pending is not None and self._graph is not None:
            spans = self._pending.spans
            if not at_once and not all(is_over(span[1]) for _, own in spans[-1:] for span in own[-1:]):
                return
            _time_nodes(self._pending)
            self._take_graph(root, self._graph, self._graph.notes)
        if self._is_ended or self._graph is None or len(self._timed) < (1 if at_once else self._steps):
            if at_once or (self._graph is not None and not self._steps):
                self.end()
            return
        self._waited += 1
        if at_once or self._waited > PATIENCE or all(times.is_settled for times in self._timed):
            self._write_times(self._graph)
            self.end()

    def _write_times(self, captured: CapturedGraph) -> None:
        forward = [times.forward_s() for times in self._timed]
        backward = [times.backward_s() for times in self._timed if times.has_backward]
        for block in captured.blocks:
            found = [step[block.name] for step in forward if block.name in step]
            block.forward_s = median(found) if found else None
            if backward:
                block.backward_s = median(step.get(block.name, 0.0) for step in backward)
        add_up(captured.blocks, "backward_s", "backward_s")
        clock = "CUDA events" if any(times.has_events for times in self._timed) else "clock"
        self._write(replace(captured, measured=Measured(len(self._timed), clock)), False)

    # The end

    def stop(self) -> None:
        """End before all is done, and log what there is."""
        root = self._root()
        if self._is_ended:
            return
        self._abandon()
        try:
            if root is not None:
                if self._graph is None:
                    warn("watch", root, [f"nothing was recorded: {self._seen} training steps of it were seen"])
                self._settle(root, at_once=True)
        except Exception as error:  # likewise
            self._fail(error)
        self.end()

    def end(self) -> None:
        """Take everything off the model."""
        self._is_ended = True
        self._door.close()
        for times in self._timed:
            times.is_closed = True
        self._timed, self._pending, self._graph = [], None, None

    def _abandon(self) -> None:
        if self._open is not None:
            step, self._open = self._open, None
            self._nested = 0
            step.abandon()

    def _fail(self, error: Exception) -> None:
        self.end()
        root = self._root()
        warn("watch", root, [f"it has stopped, and the training goes on without it ({said(error)})"])


class _Step(Protocol):
    """One pass that is looked at."""

    frame: FrameType

    def end(self, output: object) -> None:
        """Take what the call returned, or None where it raised; it is about to end."""

    def abandon(self) -> None:
        """Look no longer."""


class _ObservedStep:
    """Records the graph of a pass, with the time of each operator and what is kept for backward."""

    def __init__(
        self, watch: Watch, root: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], frame: FrameType
    ) -> None:
        self.frame = frame
        self._watch, self._root = watch, root
        self._tracer = Tracer(root, max_nodes=MAX_NODES, clock=Clock(), around=frame)
        self._given = ""
        try:
            self._given = add_inputs(self._tracer, root, args, kwargs)
        except LimitReached:
            self._tracer.is_full = True
        self._recording = ExitStack()
        self._recording.enter_context(self._tracer.recording())
        self._tracer.enter_module(root, None)  # its own call is under way
        self._borders = self._tracer.follow_borders()

    def end(self, output: object) -> None:
        self._recording.close()
        self._tracer.leave_module(self._root, None, output)
        if not _has_tensor(output):  # it raised
            return
        try:
            add_outputs(self._tracer, output)
        except LimitReached:
            self._tracer.is_full = True
        owned = [*self._root.parameters(), *self._root.buffers()]
        kept = kept_bytes(operators_behind(output, self._borders.first), self._borders, owned)
        self._watch.take_tracer(self._root, self._tracer, self._given, kept)

    def abandon(self) -> None:
        self._tracer.is_full = True
        if self._tracer.is_innermost:  # else it stays, idle, under a mode of somebody else
            self._recording.close()


class _TimedStep:
    """Times the modules of a pass, and what is backward of them."""

    def __init__(self, watch: Watch, root: nn.Module, frame: FrameType) -> None:
        self.frame = frame
        self._watch = watch
        self._times = StepTimes(root, Clock())
        self._times.start()

    def end(self, output: object) -> None:
        self._times.stop(output)
        if _has_tensor(output):
            self._watch.take_times(self._times)

    def abandon(self) -> None:
        self._times.is_closed = True
        self._times.remove_hooks()


def _has_compiled(root: nn.Module) -> bool:
    """Tell whether something in this model or program is compiled: it would be compiled anew under a tracer."""
    dynamo: Any = sys.modules.get("torch._dynamo.utils")
    return any(map(is_compiled, root.modules())) or (dynamo is not None and bool(dynamo.counters["frames"]["total"]))


def _is_running(frame: FrameType) -> bool:
    caller: FrameType | None = sys._getframe(1)
    while caller is not None and caller is not frame:
        caller = caller.f_back
    return caller is not None


def _is_captured_by_cuda() -> bool:
    cuda: Any = torch.cuda  # its functions have no types
    return bool(cuda.is_initialized() and cuda.is_current_stream_capturing())


def _has_tensor(output: object) -> bool:
    return any(True for _ in iter_tensors(output))


def _time_nodes(tracer: Tracer) -> None:
    first = tracer.spans[0][1][0][0] if tracer.spans else None
    for node, spans in tracer.spans:
        taken = [seconds(begin, end) for begin, end in spans]
        if None not in taken:
            node.forward_s = sum(value for value in taken if value is not None)
            node.start_s = seconds(first, spans[0][0]) or 0.0
    tracer.spans = []
