"""Odd models are captured, or said not to be, and are to the bit what they were; whatever they do in their forward."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tests.writer.test_torch_graph import quiet_capture, state_of
from tests.writer.test_torch_watch import Gradients, Recursive, compiled, weight_normed, weight_normed_by_hooks
from tests.writer.zoo import ConvNet, Perceptron
from writer.captured_graph import CapturedGraph


def raising_hook() -> nn.Module:
    def refuse(module: Any, args: Any, output: Any) -> None:
        raise ValueError("a hook's own")

    model = Perceptron()
    model.layers[1].register_forward_hook(refuse)
    return model


def changing_hook() -> nn.Module:
    model = Perceptron()
    model.layers[1].register_forward_hook(lambda module, args, output: output * 2)
    model.layers[0].register_full_backward_hook(lambda module, before, after: None)
    return model


class MovesItself(nn.Module):
    """Writes to its input, its parameters and its attributes, and adds a part to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 64)
        self.seen: list[torch.Tensor] = []
        self.generator = torch.Generator().manual_seed(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x.mul_(2)
        with torch.no_grad():
            self.linear.weight.mul_(0.5)
        self.seen.append(x)
        self.calls = len(self.seen)
        if not hasattr(self, "late"):
            self.late = nn.Linear(64, 4)
        noise = torch.rand(64, generator=self.generator) + torch.rand(64)
        return self.late(self.linear(x) + noise)


class SwitchesModes(nn.Module):
    """Changes training mode and requires_grad in its forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.dropout = nn.Linear(64, 8), nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.dropout.eval()
        return self.dropout(self.linear(x))


class Endless(nn.Module):
    """Calls itself without end."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self(x + 1)


class Stubborn(nn.Module):
    """Cannot be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 8)

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("one of a kind")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class Quits(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise StopIteration


class Bags(nn.Module):
    """Sparse gradients, sparse and complex tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(64, 4, sparse=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sparse = x.relu().to_sparse()
        return torch.sparse.mm(sparse, self.table.weight).to(torch.complex64).real


def quantised() -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(Perceptron(), {nn.Linear}, dtype=torch.qint8)


def scripted() -> Any:
    return torch.jit.script(Perceptron())


def pruned() -> nn.Module:
    from torch.nn.utils import prune

    model = Perceptron()
    prune.l1_unstructured(model.layers[0], "weight", amount=0.3)
    return model


def swapped() -> nn.Module:
    """Two parts at each other's names, one of them twice."""
    model = nn.ModuleDict({"a": nn.Linear(64, 64), "b": nn.ReLU()})
    return nn.Sequential(model["a"], model["b"], model["a"], nn.Sequential(model["a"]))


MODELS: dict[str, Callable[[], Any]] = {
    "functional gradients": Gradients,
    "recursive": Recursive,
    "weight norm": weight_normed,
    "weight norm by hooks": weight_normed_by_hooks,
    "a hook that raises": raising_hook,
    "hooks that change": changing_hook,
    "moves itself": MovesItself,
    "switches modes": SwitchesModes,
    "endless": Endless,
    "no copy": Stubborn,
    "quits": Quits,
    "sparse": Bags,
    "quantised": quantised,
    "scripted": scripted,
    "compiled": lambda: compiled(Perceptron()),
    "pruned": pruned,
    "shared parts": swapped,
    "frozen": lambda: Perceptron().requires_grad_(False),
    "half": lambda: Perceptron().half().float(),
    "nothing": nn.Module,
    "no parts": nn.Identity,
}
# Their forward raises, with a hook or by itself.
FAILING = {"endless", "quits", "nothing", "a hook that raises"}


def plain_state(model: Any, *more: Any) -> dict[str, Any]:
    """What state_of says, of models that keep no tensors elsewhere."""
    inner = getattr(model, "_orig_mod", model)
    return state_of(inner, *more) if not isinstance(inner, torch.jit.ScriptModule) else {
        name: value.clone().tolist() for name, value in inner.state_dict().items()
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["fake", "real"])
@pytest.mark.parametrize("name", MODELS)
def test_left_as_it_was(name: str, how: Any) -> None:
    torch.manual_seed(0)
    model, given = MODELS[name](), torch.randn(3, 64)
    model.train()
    before, given_before = plain_state(model, given), given.clone()
    is_scripted = isinstance(model, torch.jit.ScriptModule)
    captured: CapturedGraph = quiet_capture(model, given, order=(how,))
    if name not in FAILING and not is_scripted:
        assert captured.how in (how, "structure")
    assert plain_state(model, given) == before
    assert torch.equal(given, given_before)
    assert captured.notes or captured.how == how
    modes = torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()
    assert modes == (0, 0)


def test_a_pass_after_capturing_is_the_one_without() -> None:
    """Statistics of batches, masks of dropout and what autograd keeps go on as if nothing had been."""

    def passes(*, captures: bool) -> list[torch.Tensor]:
        torch.manual_seed(4)
        model, x = ConvNet().train(), torch.randn(2, 3, 32, 32)
        results = []
        for _ in range(2):
            if captures:
                quiet_capture(model, x, order=("fake",))
                quiet_capture(model, x, order=("real",))
            results.append(model(x))
        results[-1].sum().backward()
        return [*results, *(p.grad for p in model.parameters()), *model.buffers()]

    assert all(torch.equal(a, b) for a, b in zip(passes(captures=False), passes(captures=True), strict=True))
