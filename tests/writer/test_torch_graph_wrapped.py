"""Models inside wrappers, with parts made elsewhere, and with habits that could leak."""

import functools
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import distributed, nn

from tests.writer.zoo import Perceptron
from writer.captured_graph import CapturedGraph
from writer.torch_graph import capture

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PERCEPTRON_MACS = 2 * (64 * 128 + 128 * 10)
OPERATIONS = ["linear", "relu", "linear"]


def operations(captured: CapturedGraph) -> list[str]:
    return [node.op for node in captured.nodes if node.kind == "op"]


class Around(nn.Module):
    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


class OverBatch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.vmap(self.linear)(x)


class Forces(nn.Module):
    """Differentiates in its forward pass, as models of physics do."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(self.linear(x).tanh().sum(), x, create_graph=True)[0]


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning", "ignore:.*torch.jit.*:FutureWarning")
@pytest.mark.parametrize("make", [torch.jit.script, lambda model: torch.jit.trace(model, torch.zeros(2, 64))])
def test_scripted_and_traced_models(make: Any) -> None:
    captured = capture(make(Perceptron()), torch.randn(2, 64))
    assert captured.how == "fake"
    assert operations(captured) == ["t", "addmm", "relu", "t", "addmm"]
    assert (captured.blocks[0].macs_total, captured.blocks[0].params_total) == (PERCEPTRON_MACS, 9610)
    assert captured.blocks[0].path == "Perceptron"


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.compile(Perceptron(), backend="eager"),
        lambda: Around(torch.compile(Perceptron(), backend="eager")),
        lambda: nn.DataParallel(Perceptron()),
        lambda: Perceptron().to("meta"),
        lambda: torch.fx.symbolic_trace(Perceptron()),
        lambda: Around(Perceptron()).bfloat16().float(),
    ],
)
def test_wrappers_are_looked_through(make: Any) -> None:
    captured = capture(make(), torch.randn(2, 64))
    assert (captured.how, captured.notes) == ("fake", [])
    assert operations(captured) == OPERATIONS
    assert (captured.blocks[0].macs_total, captured.blocks[0].params_total) == (PERCEPTRON_MACS, 9610)


DISTRIBUTED = """
    import os, sys
    import torch
    from torch import distributed, nn
    from tests.writer.test_torch_graph_wrapped import OPERATIONS, Perceptron, capture, operations

    distributed.init_process_group("gloo", init_method=f"file://{sys.argv[1]}", rank=0, world_size=1)
    model = nn.parallel.DistributedDataParallel(Perceptron())
    captured = capture(model, torch.randn(2, 64))
    assert (captured.how, operations(captured)) == ("fake", OPERATIONS)
    model(torch.randn(2, 64)).sum().backward()
    # Not to the end: torch waits, with the GIL, for a thread of gloo that may want it.
    os._exit(7)
"""


def test_distributed_data_parallel(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(DISTRIBUTED), str(tmp_path / "store")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done.stderr


def test_no_other_process_is_waited_for() -> None:
    from torch.testing._internal.distributed.fake_pg import FakeStore

    class Asking(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = super().forward(x)
            return y * y.sum().item()

    distributed.init_process_group("fake", rank=0, world_size=2, store=FakeStore())
    try:
        normalising = nn.Sequential(nn.Linear(64, 8), nn.SyncBatchNorm(8))
        assert operations(capture(normalising, torch.randn(2, 64))) == ["linear", "batch_norm"]
        assert normalising[1].training
        with pytest.warns(UserWarning, match="might wait for the other processes"):
            captured = capture(Asking(nn.Linear(64, 8)), torch.randn(2, 64))
        assert captured.how == "structure"
    finally:
        distributed.destroy_process_group()


def test_normalised_weights_show_how_they_are_made() -> None:
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(64, 8)))
    captured = capture(model, torch.randn(2, 64))
    assert operations(captured) == ["_weight_norm", "linear"]
    assert captured.blocks[0].params_total == 8 * 64 + 8 + 8


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_weights_normalised_by_hooks() -> None:
    model = nn.Sequential(nn.utils.weight_norm(nn.Linear(64, 8)))
    assert operations(capture(model, torch.randn(2, 64))) == ["_weight_norm", "linear"]
    assert len(model[0]._forward_pre_hooks) == 1


@pytest.mark.filterwarnings("ignore:.*quantiz.*", "ignore:.*reduce_range.*", "ignore:.*TypedStorage.*")
def test_quantised_models() -> None:
    model = torch.ao.quantization.quantize_dynamic(Perceptron(), {nn.Linear}, dtype=torch.qint8)
    with pytest.warns(UserWarning, match="run once for real"):
        captured = capture(model, torch.randn(2, 64))
    assert operations(captured) == ["linear_dynamic", "relu", "linear_dynamic"]
    assert captured.blocks[0].macs_total == PERCEPTRON_MACS


def test_edges_go_through_vmap_and_inner_gradients() -> None:
    captured = capture(OverBatch(), torch.randn(2, 64))
    assert [node.kind for node in captured.nodes] == ["input", "parameter", "parameter", "op", "output"]
    assert captured.nodes[3].inputs == [(0, 0), (1, 0), (2, 0)]
    assert operations(capture(Forces(), torch.randn(2, 64))) == ["detach", "linear", "tanh", "sum", "grad"]


def test_lazy_parameters_get_their_shapes_in_the_copy_only() -> None:
    model = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(3))
    captured = capture(model, torch.randn(2, 1, 8, 8))
    assert captured.how == "fake"
    assert operations(captured) == ["conv2d", "batch_norm", "flatten", "linear"]
    assert captured.blocks[0].params_total == (4 * 9 + 4) + 8 + (144 * 3 + 3)
    assert all(nn.parameter.is_lazy(parameter) for parameter in model.parameters())
    assert type(model[3]) is nn.LazyLinear
    assert model(torch.randn(2, 1, 8, 8)).shape == (2, 3)


def test_a_lazy_model_that_needs_values_is_not_run_for_real() -> None:
    class Asking(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = super().forward(x)
            return y * y.sum().item()

    model = Asking(nn.LazyLinear(3))
    with pytest.warns(UserWarning, match="would initialise its lazy parameters"):
        captured = capture(model, torch.randn(2, 4))
    assert captured.how == "structure"
    assert nn.parameter.is_lazy(model[0].weight)


def test_hooks_of_others_run_on_no_copy() -> None:
    seen: list[torch.Tensor] = []
    model = Perceptron()
    model.layers[0].register_forward_hook(lambda module, args, output: seen.append(output))
    assert operations(capture(model, torch.randn(2, 64))) == OPERATIONS
    assert seen == []


@functools.lru_cache
def cached_tables(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(size).float(), torch.ones(size)


table: torch.Tensor | None = None


class Caching(nn.Module):
    """Keeps tensors where no copy of a model reaches."""

    cached: ClassVar[dict[str, torch.Tensor]] = {}
    seen: ClassVar[list[torch.Tensor]] = []
    last: ClassVar[torch.Tensor | None] = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        global table
        if table is None:
            table = torch.ones(4)
        if "scale" not in self.cached:
            self.cached["scale"] = torch.full((4,), 2.0)
        first, second = cached_tables(4)
        y = (x + first) * second * self.cached["scale"] + table
        self.seen.append(y)
        type(self).last = y
        return y


def test_no_tensor_without_content_stays_in_a_cache() -> None:
    model, x = Caching(), torch.randn(2, 4)
    captured = capture(model, x)
    assert (captured.how, captured.notes) == ("fake", [])
    assert (Caching.cached, Caching.seen, Caching.last, table) == ({}, [], None, None)
    expected = (x + torch.arange(4.0)) * 2 + 1
    assert torch.equal(model(x), expected)
    capture(model, x)  # now the caches hold real tensors, and keep them
    assert torch.equal(model(x), expected)
    assert torch.equal(Caching.cached["scale"], torch.full((4,), 2.0))


def test_a_pass_on_real_tensors_keeps_no_activation_alive() -> None:
    class Deep(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(20):
                x = x + 1
                made.append(weakref.ref(x))
                alive.append(sum(reference() is not None for reference in made))
            return x

    made: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []
    captured = capture(Deep(), torch.zeros(3), order=("real",))
    assert len(operations(captured)) == 20
    assert max(alive) == 1
