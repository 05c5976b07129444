"""Watched trainings are the same to the bit, and what is recorded of them is what they did."""

import copy
import io
import pickle
import random
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.writer.test_torch_graph import bits, state_of
from tests.writer.zoo import ZOO, ConvNet, Perceptron, ResNet
from writer.captured_graph import CapturedGraph
from writer.torch_tensors import iter_tensors
from writer.torch_watch import Watch

ROOT = Path(__file__).parents[2]


class Log:
    """Takes what a watch hands over."""

    def __init__(self) -> None:
        self.graphs: list[CapturedGraph] = []
        self.costs: list[CapturedGraph] = []

    def __call__(self, captured: CapturedGraph, with_nodes: bool) -> bool:
        (self.graphs if with_nodes else self.costs).append(captured)
        return True


def loss_of(output: Any) -> torch.Tensor:
    tensors = [tensor.float() for _, tensor in iter_tensors(output) if tensor.requires_grad]
    return sum((tensor.square().mean() for tensor in tensors), start=torch.zeros(()))


def call(model: Any, given: Any) -> Any:
    if isinstance(given, dict):
        return model(**given)
    return model(*given) if isinstance(given, (tuple, list)) else model(given)


def everything(model: nn.Module) -> dict[str, Any]:
    """Describe all that a training leaves behind, in values that compare with ==."""
    left: dict[str, Any] = {name: bits(value) for name, value in model.state_dict().items()}
    left |= {f"{name}: grad": bits(p.grad) for name, p in model.named_parameters()}
    left["random"] = (random.getstate(), bits(torch.get_rng_state()), str(np.random.get_state()))
    left["hooks"] = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    left["modes"] = (torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack())
    return left


def trained(make: Callable[[], Any], make_input: Callable[[], Any], *, watched: bool, steps: int = 9) -> Any:
    """Train with dropout, momentum, accumulation of two passes, and an evaluation between steps."""
    torch.manual_seed(5)
    model = make()
    log = Log()
    watch = Watch(model, log) if watched else None
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, 0.01, momentum=0.9) if parameters else None
    for step in range(steps):
        output = call(model, make_input())
        loss = loss_of(output)
        if loss.requires_grad:
            loss.backward()
        if optimizer is not None and step % 2:
            optimizer.step()
            optimizer.zero_grad()
        model.eval()
        with torch.no_grad():
            call(model, make_input())
        model.train()
    if watch is not None:
        watch.stop()
    return everything(model), log


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad:UserWarning")
@pytest.mark.parametrize("name", ZOO)
def test_a_watched_training_is_the_same_to_the_bit(name: str) -> None:
    make, make_input = ZOO[name]
    plain, _ = trained(make, make_input, watched=False)
    watched, log = trained(make, make_input, watched=True)
    assert watched == plain
    (graph,) = log.graphs
    (costs,) = log.costs
    assert (graph.how, graph.notes, graph.step) == ("observed", [], 4)
    assert costs.measured is not None
    assert (costs.measured.steps, costs.measured.clock) == (3, "clock")
    assert any(node.kind == "op" and node.forward_s is not None for node in graph.nodes)
    assert costs.blocks[0].forward_s is not None
    assert costs.blocks[0].forward_s > 0


def mixed_precision(*, watched: bool) -> tuple[Any, Log]:
    torch.manual_seed(1)
    model, log = ConvNet(), Log()
    watch = Watch(model, log) if watched else None
    optimizer, scaler = torch.optim.Adam(model.parameters()), torch.amp.GradScaler("cpu")
    for _ in range(9):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(model(torch.randn(4, 3, 32, 32)))
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
    if watch is not None:
        watch.stop()
    return everything(model), log


def test_mixed_precision_is_the_same_to_the_bit() -> None:
    plain, (watched, log) = mixed_precision(watched=False)[0], mixed_precision(watched=True)
    assert watched == plain
    dtypes = {node.outputs[0].dtype for node in log.graphs[0].nodes if node.op == "conv2d"}
    assert dtypes == {"bfloat16"}


class Gradients(nn.Module):
    """Uses torch.func in its forward pass, which refuses hooks for saved tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        slope = torch.func.grad(lambda row: self.linear(row).square().sum())
        return torch.vmap(slope)(x) + torch.func.jacrev(torch.sin)(x[0, :4]).sum()


class Recursive(nn.Module):
    """Calls itself, and writes to its input and to a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 64)
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: torch.Tensor, depth: int = 2) -> torch.Tensor:
        self.count += 1
        with torch.no_grad():
            x.data.mul_(0.5)
        y = self.linear(x)
        return y + self(y.detach().clone(), depth - 1) if depth else y


def weight_normed() -> nn.Module:
    return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(64, 8)), nn.ReLU())


def weight_normed_by_hooks() -> nn.Module:
    return nn.Sequential(nn.utils.weight_norm(nn.Linear(64, 8)), nn.ReLU())


def with_lazy_parts() -> nn.Module:
    model = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.Linear(8, 4))
    model(torch.zeros(2, 64))
    return model


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
@pytest.mark.parametrize("make", [Gradients, Recursive, weight_normed, weight_normed_by_hooks, with_lazy_parts])
def test_odd_models_are_the_same_to_the_bit(make: Callable[[], nn.Module]) -> None:
    plain, _ = trained(make, lambda: torch.randn(3, 64), watched=False)
    watched, log = trained(make, lambda: torch.randn(3, 64), watched=True)
    assert watched == plain
    assert log.graphs[0].how == "observed"
    assert len(log.costs) == 1


def compiled(model: nn.Module) -> Any:
    return torch.compile(model, backend="aot_eager", fullgraph=True)


def compiled_in_place() -> nn.Module:
    model = Perceptron()
    model.compile(backend="aot_eager", fullgraph=True)
    return model


def compiled_inside() -> nn.Module:
    model = Perceptron()
    model.layers[0] = compiled(model.layers[0])
    return model


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
@pytest.mark.parametrize(
    ("make", "timed"),
    [
        (lambda: compiled(Perceptron()), {""}),
        (compiled_in_place, {""}),
        (compiled_inside, {"", "layers", "layers.0", "layers.1", "layers.2"}),
        (lambda: torch.jit.script(Perceptron()), {""}),
    ],
)
def test_compiled_models_are_the_same_to_the_bit(make: Callable[[], Any], timed: set[str]) -> None:
    def counted(*, watched: bool) -> tuple[Any, Log, int]:
        torch._dynamo.reset()
        torch._dynamo.utils.counters.clear()
        left, log = trained(make, lambda: torch.randn(2, 64), watched=watched)
        return left, log, torch._dynamo.utils.counters["frames"]["total"]

    plain, _, frames = counted(watched=False)
    watched, log, frames_watched = counted(watched=True)
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    assert watched == plain
    assert frames_watched == frames  # nothing was compiled once more
    assert [node.op for node in log.graphs[0].nodes if node.kind == "op"][-3:] in (
        ["linear", "relu", "linear"],
        ["relu", "t", "addmm"],
    )
    assert {block.name for block in log.costs[0].blocks if block.forward_s is not None} == timed


def test_times_and_memory_are_those_of_the_model() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 32))
    log = Log()
    watch = Watch(model, log, warmup=1, steps=2)
    for _ in range(5):
        model(torch.randn(50, 64)).sum().backward()
    assert len(log.costs) == 1  # by itself, not by stop
    watch.stop()
    assert len(log.costs) == 1
    root, first, relu, last = log.costs[0].blocks
    # autograd keeps the input of the first layer and the relu's output, which is the input of the last
    assert (first.saved_bytes, relu.saved_bytes, last.saved_bytes) == (50 * 64 * 4, 50 * 128 * 4, 0)
    assert root.saved_bytes_total == 50 * (64 + 128) * 4
    for times in ([b.forward_s for b in (root, first, relu, last)], [b.backward_s for b in (root, first, relu, last)]):
        assert all(value is not None and value > 0 for value in times)
    assert root.forward_s is not None
    assert root.forward_s >= sum(block.forward_s or 0 for block in (first, relu, last)) * 0.999
    assert root.backward_s == pytest.approx(sum(block.backward_s or 0 for block in (first, relu, last)), rel=0.7)


class Slow(torch.autograd.Function):
    """Takes its time, backwards even more."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        spin(0.004)
        return x * 2

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        spin(0.012)
        return gradient * 2


def spin(seconds: float) -> None:
    import time

    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class SlowPart(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return Slow.apply(x)


class Branches(nn.Module):
    """Two branches side by side: what is backward of one must not be charged to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.quick, self.slow, self.twice = nn.Linear(8, 8), SlowPart(), SlowPart()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x * 1.0
        return self.quick(x) + self.slow(x) + self.twice(self.twice(x))


def test_each_branch_is_charged_its_own_time() -> None:
    log = Log()
    model = Branches()
    watch = Watch(model, log, warmup=0, steps=3)
    for _ in range(5):
        model(torch.randn(4, 8, requires_grad=True)).sum().backward()
    watch.stop()
    blocks = {block.name: block for block in log.costs[0].blocks}
    assert blocks["twice"].calls == 2
    assert (blocks["quick"].backward_s or 1) < (blocks["twice"].backward_s or 0)
    assert (blocks["slow"].backward_s or 0) >= 0.012
    assert (blocks["twice"].backward_s or 0) >= 0.024
    assert (blocks["slow"].forward_s or 0) >= 0.004
    assert (blocks[""].backward_s or 0) >= 0.036


def steps_of(model: nn.Module, count: int, make_input: Callable[[], torch.Tensor]) -> Iterator[torch.Tensor]:
    for _ in range(count):
        loss = loss_of(model(make_input()))
        loss.backward()
        yield loss


def test_after_its_steps_nothing_is_left() -> None:
    model, log = ResNet(), Log()
    before = state_of(model)
    hooks = [key for key in before if "hooks" in key]
    watch = Watch(model, log, warmup=1, steps=1)
    for _ in steps_of(model, 4, lambda: torch.randn(2, 3, 32, 32)):
        pass
    after = state_of(model)
    assert {key: after[key] for key in hooks} == {key: before[key] for key in hooks}
    assert len(log.costs) == 1
    watch.stop()


def test_copies_and_pickles_take_no_watch_along() -> None:
    model, log = Perceptron(), Log()
    watch = Watch(model, log)
    other = copy.deepcopy(model)
    file = io.BytesIO()
    torch.save(model, file)
    loaded = torch.load(io.BytesIO(file.getvalue()), weights_only=False)
    for twin in (other, loaded, pickle.loads(pickle.dumps(model))):
        for _ in range(10):
            loss_of(twin(torch.randn(2, 64))).backward()
    assert log.graphs == []
    assert b"torch_watch" not in file.getvalue()
    assert b"torch_door" not in file.getvalue()
    watch.end()


def test_a_pass_that_raises_or_is_interrupted_leaves_nothing_and_the_next_is_recorded() -> None:
    class Breaking(Perceptron):
        raises: BaseException | None = None

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = super().forward(x)
            if self.raises is not None:
                raise self.raises
            return y

    model, log = Breaking(), Log()
    watch = Watch(model, log, warmup=0, steps=1)
    for error in (ValueError("not today"), KeyboardInterrupt(), KeyboardInterrupt(), ValueError("nor now")):
        model.raises = error
        with pytest.raises(type(error)):
            model(torch.randn(2, 64))
        torch.ones(3) + 1  # of somebody else: no node of the graph
        model.raises = None
        if isinstance(error, KeyboardInterrupt):
            break
    loss_of(model(torch.randn(2, 64))).backward()
    assert (torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()) == (0, 0)
    model.raises = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        model(torch.randn(2, 64))  # while it is timed
    model.raises = None
    for _ in range(3):
        loss_of(model(torch.randn(2, 64))).backward()
    watch.stop()
    assert [node.op for node in log.graphs[0].nodes if node.kind == "op"] == ["linear", "relu", "linear"]
    assert len(log.costs) == 1
    assert len(model._forward_hooks) == len(model.layers[0]._forward_hooks) == 0


def test_hooks_of_others_that_raise_are_heard_as_ever() -> None:
    model, log = Perceptron(), Log()

    def refuse(module: Any, args: Any, output: Any) -> None:
        raise ValueError("a hook's own")

    Watch(model, log, warmup=0)
    handle = model.layers[1].register_forward_hook(refuse)
    with pytest.raises(ValueError, match="a hook's own"):
        model(torch.randn(2, 64))
    handle.remove()
    assert (torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()) == (0, 0)


def test_a_discriminator_called_twice_before_its_backward_pass_is_timed() -> None:
    model, log = Perceptron(), Log()
    watch = Watch(model, log, warmup=1, steps=2)
    for _ in range(5):
        (model(torch.randn(2, 64)).sum() + model(torch.randn(2, 64)).sum()).backward()
    watch.stop()
    assert log.costs[0].blocks[0].backward_s is not None


def test_a_model_that_is_only_evaluated_is_said_to_be_unseen() -> None:
    model, log = Perceptron(), Log()
    watch = Watch(model, log)
    with torch.no_grad():
        for _ in range(5):
            model(torch.randn(2, 64))
    with pytest.warns(UserWarning, match="0 training steps of it were seen"):
        watch.stop()
    assert log.graphs == []


def test_a_watch_that_cannot_go_on_says_so_and_lets_the_training_go_on() -> None:
    def full(captured: CapturedGraph, with_nodes: bool) -> bool:
        raise OSError("no room")

    model = Perceptron()
    Watch(model, full, warmup=0)
    with pytest.warns(UserWarning, match=r"the training goes on without it \(OSError: no room\)") as caught:
        losses = list(steps_of(model, 3, lambda: torch.randn(2, 64)))
    assert (len(caught), len(losses)) == (1, 3)
    assert len(model._forward_hooks) == 0
    with warnings.catch_warnings():  # even where warnings are errors
        warnings.simplefilter("error")
        model = Perceptron()
        Watch(model, full, warmup=0)
        for _ in range(3):
            loss_of(model(torch.randn(2, 64))).backward()


def test_passes_of_other_threads_are_not_mixed_in() -> None:
    class Asking(Perceptron):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if threading.current_thread() is threading.main_thread():
                other = threading.Thread(target=lambda: results.append(self(x)))
                other.start()
                other.join()
            return super().forward(x)

    results: list[torch.Tensor] = []
    model, log = Asking(), Log()
    watch = Watch(model, log, warmup=1, steps=1)
    list(steps_of(model, 4, lambda: torch.randn(2, 64)))
    watch.stop()
    assert len(results) == 4
    assert [node.op for node in log.graphs[0].nodes if node.kind == "op"] == ["linear", "relu", "linear"]
    assert (log.costs[0].blocks[0].calls, len(log.costs)) == (1, 1)
    assert (torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()) == (0, 0)


DISTRIBUTED = """
    import os, sys
    import torch
    from torch import distributed, nn
    from torch.distributed.tensor import DTensor
    from tests.writer.test_torch_watch import Log, Perceptron, loss_of
    from writer.torch_watch import Watch

    def whole(tensor):
        return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor

    def train(wrap, watched):
        torch.manual_seed(2)
        model = wrap(Perceptron())
        log = Log()
        watch = Watch(model, log) if watched else None
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        for _ in range(9):
            optimizer.zero_grad()
            loss_of(model(torch.randn(4, 64))).backward()
            optimizer.step()
        if watch is not None:
            watch.stop()
        return [whole(p) for p in model.parameters()] + [whole(p.grad) for p in model.parameters()], log

    def sharded(model):
        from torch.distributed.fsdp import fully_shard
        fully_shard(model.layers[0])
        fully_shard(model)
        return model

    distributed.init_process_group("gloo", init_method=f"file://{sys.argv[1]}", rank=0, world_size=1)
    wrap = {"ddp": nn.parallel.DistributedDataParallel, "fsdp": sharded}[sys.argv[2]]
    plain, _ = train(wrap, False)
    watched, log = train(wrap, True)
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))
    assert log.graphs[0].how == "observed", log.graphs[0].notes
    operations = [node.op for node in log.graphs[0].nodes if node.kind == "op" and node.op != "copy_"]  # unsharding
    assert operations == ["linear", "relu", "linear"], operations
    assert log.costs[0].blocks[0].backward_s > 0
    os._exit(7)
"""


@pytest.mark.slow
@pytest.mark.parametrize("wrapper", ["ddp", "fsdp"])
def test_distributed_training_is_the_same_to_the_bit(wrapper: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(DISTRIBUTED), str(tmp_path / "store"), wrapper]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 7, done.stderr


def test_the_writer_logs_a_watched_model_and_reads_as_ever(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    import board
    from writer import SummaryWriter

    generator, discriminator = Perceptron(), ConvNet()
    with SummaryWriter(str(tmp_path)) as log:
        log.watch(generator, warmup=1, steps=2)
        log.watch(discriminator, tag="discriminator", warmup=1, steps=2)
        for step in range(6):
            loss_of(generator(torch.randn(2, 64))).backward()
            loss_of(discriminator(torch.randn(2, 3, 32, 32))).backward()
            log.add_scalar("loss", 1.0, step)
    logs = board.open(tmp_path, cache=False)
    own, named = logs.graph(".", "__run_graph__"), logs.graph(".", "discriminator")
    for columns, classes in ((own, "Perceptron"), (named, "ConvNet")):
        root = next(block for block in columns["costs"]["blocks"] if block["name"] == "")
        assert root["class"] == classes
        assert root["forward_s"] > 0
        assert root["backward_s"] > 0
        assert root["saved_bytes_total"] > 0
        assert columns["costs"]["how"] == "observed"
    accumulator = EventAccumulator(str(tmp_path))
    accumulator.Reload()
    assert accumulator.Tags()["run_metadata"] == ["step 2"]
    timed = accumulator.RunMetadata("step 2").step_stats.dev_stats[0]
    assert timed.device == "/device:CPU:0"
    names = {node.name for node in accumulator.Graph().node}
    assert {stats.node_name for stats in timed.node_stats} <= names
    assert all(stats.all_end_rel_micros >= 1 for stats in timed.node_stats)
    starts = [stats.all_start_micros for stats in timed.node_stats]
    assert starts == sorted(starts)


def test_a_writer_that_nobody_keeps_ends_the_watch(tmp_path: Path) -> None:
    from writer import SummaryWriter

    model = Perceptron()
    log = SummaryWriter(str(tmp_path))
    log.watch(model, warmup=0)
    log._queue.close()
    del log
    for _ in range(3):
        loss_of(model(torch.randn(2, 64))).backward()
    assert len(model._forward_hooks) == 0
