"""What is captured of each model of the zoo, and that capturing leaves no trace."""

import random
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_module

from tests.writer.zoo import ZOO, ConvNet, DataDependent, Perceptron, Shared, SideEffects, TalkNet, UNet
from writer.captured_graph import CapturedGraph, Node
from writer.graph_encoding import graph_def, node_names
from writer.torch_graph import capture
from writer.torch_tensors import iter_tensors

# Values decide what these compute, or leave torch: fake tensors have none.
NEEDS_VALUES = {"lstm_packed", "data_dependent", "through_numpy", "side_effects", "selecting", "stateful_updates"} | {
    "experts", "until_done"
}  # fmt: skip
HOOKS = [name for name in vars(nn.Module()) if "hooks" in name]


def quiet_capture(*args: Any, **options: Any) -> CapturedGraph:
    """Capture; what it fell back to is another test's matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return capture(*args, **options)


def bits(tensor: torch.Tensor | None) -> bytes | None:
    return None if tensor is None else tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def state_of(model: nn.Module, *more: Any) -> dict[str, Any]:
    """Describe everything that capturing must not change, in values that compare with ==."""
    state: dict[str, Any] = {
        "random": (random.getstate(), bits(torch.get_rng_state()), str(np.random.get_state())),
        "grad mode": torch.is_grad_enabled(),
        "autocast cache": torch.is_autocast_cache_enabled(),
        "global hooks": [len(value) for name, value in vars(torch_module).items() if name.startswith("_global_")
                         and hasattr(value, "__len__")],
        "filters": list(warnings.filters),
        "more": [(bits(tensor), tensor._version) for _, tensor in iter_tensors(more)],
    }  # fmt: skip
    for name, module in model.named_modules():
        state[f"{name}: hooks"] = [len(getattr(module, hooks)) for hooks in HOOKS]
        for key, value in {**vars(module), **module._parameters, **module._buffers}.items():
            if isinstance(value, torch.Tensor):
                grad = bits(value.grad)
                state[f"{name}.{key}"] = (id(value), bits(value), value._version, value.requires_grad, grad)
            elif not isinstance(value, dict):
                state[f"{name}.{key}"] = repr(value)
    return state


def names_of(captured: CapturedGraph) -> list[str]:
    return node_names(captured.nodes)


def sources(captured: CapturedGraph, label: str) -> list[str]:
    """Name what flows into the only node of that label."""
    names = names_of(captured)
    (node,) = [node for node in captured.nodes if node.label == label]
    return [names[i] for i, _ in node.inputs]


def reached(nodes: list[Node]) -> set[int]:
    """Find all nodes from which the data of an output came."""
    found = {i for i, node in enumerate(nodes) if node.kind == "output"}
    for i in range(len(nodes) - 1, -1, -1):
        if i in found:
            found.update(source for source, _ in nodes[i].inputs)
    return found


@pytest.mark.parametrize("name", ZOO)
def test_every_model_of_the_zoo_is_captured_whole(name: str) -> None:
    make, make_input = ZOO[name]
    captured = quiet_capture(make(), make_input())
    assert captured.how == ("real" if name in NEEDS_VALUES else "fake")
    nodes, kinds = captured.nodes, [node.kind for node in captured.nodes]
    assert kinds.count("output") >= 1
    assert kinds.count("input") == len(list(iter_tensors(make_input())))
    for index, node in enumerate(nodes):
        for source, output in node.inputs:
            assert source < index
            assert output < len(nodes[source].outputs)
        if node.kind == "op":
            assert "zoo.py:" in node.source, node
    used = {source for node in nodes for source, _ in node.inputs}
    assert all(index in used for index, node in enumerate(nodes) if node.kind in ("parameter", "buffer", "constant"))
    computing = {index for index, node in enumerate(nodes) if node.macs}
    assert computing <= reached(nodes)
    assert sum(node.params for node in nodes) <= captured.blocks[0].params_total
    assert all(block.calls for block in captured.blocks if block.macs)


@pytest.mark.parametrize("how", ["fake", "real"])
@pytest.mark.parametrize("name", ZOO)
def test_capturing_leaves_model_and_process_as_they_were(name: str, how: Any) -> None:
    make, make_input = ZOO[name]
    model, given = make().train(), make_input()
    model.register_forward_hook(lambda module, args, output: None)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = state_of(model, given)
    captured = quiet_capture(model, given, order=(how,))
    assert state_of(model, given) == before
    if how == "real":
        assert captured.how == "real"


def test_training_goes_on_to_the_bit_as_if_nothing_had_been_captured() -> None:
    def train(*, captures: bool) -> list[torch.Tensor]:
        torch.manual_seed(3)
        model, x = ConvNet(), torch.randn(4, 3, 32, 32)
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        for _ in range(2):
            loss = model(x).logsumexp(1).mean()
            if captures:  # between forward and backward: what autograd saved must be untouched
                for order in (("fake",), ("real",)):
                    quiet_capture(model, x, order=order)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        return list(model.state_dict().values())

    plain, watched = train(captures=False), train(captures=True)
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))


@pytest.mark.parametrize("how", ["fake", "real"])
def test_capturing_inside_autocast_leaves_no_weights_without_gradients_in_its_cache(how: Any) -> None:
    model, x = Perceptron(), torch.randn(2, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert quiet_capture(model, x, order=(how,)).how == how
        assert torch.is_autocast_cache_enabled()
        model(x).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_talk_net_has_one_scope_a_module_and_all_edges_with_shapes() -> None:
    captured = capture(TalkNet(), torch.zeros(50, 1, 28, 28))
    assert not captured.notes
    names = names_of(captured)
    scopes = {name.rpartition("/")[0] for name in names} - {""}
    assert scopes == {
        "TalkNet",
        "TalkNet/Conv2d[conv1]", "TalkNet/MaxPool2d[pool1]", "TalkNet/Conv2d[conv2]", "TalkNet/MaxPool2d[pool2]",
        "TalkNet/Linear[dense]", "TalkNet/Dropout[dropout]", "TalkNet/Linear[readout]",
    }  # fmt: skip
    data = [(name, captured.nodes[i]) for i, name in enumerate(names) if captured.nodes[i].op != "Const"]
    chain = [(name, list(node.outputs[0].shape or ())) for name, node in data]
    assert chain == [
        ("images", [50, 1, 28, 28]),
        ("TalkNet/Conv2d[conv1]/conv2d", [50, 32, 28, 28]),
        ("TalkNet/relu", [50, 32, 28, 28]),
        ("TalkNet/MaxPool2d[pool1]/max_pool2d", [50, 32, 14, 14]),
        ("TalkNet/Conv2d[conv2]/conv2d", [50, 64, 14, 14]),
        ("TalkNet/relu_1", [50, 64, 14, 14]),
        ("TalkNet/MaxPool2d[pool2]/max_pool2d", [50, 64, 7, 7]),
        ("TalkNet/flatten", [50, 3136]),
        ("TalkNet/Linear[dense]/linear", [50, 1024]),
        ("TalkNet/relu_2", [50, 1024]),
        ("TalkNet/Dropout[dropout]/dropout", [50, 1024]),
        ("TalkNet/Linear[readout]/linear", [50, 10]),
        ("output", [50, 10]),
    ]
    edges = {(names[source], name) for (name, node) in data for source, _ in node.inputs}
    along = {(chain[i][0], chain[i + 1][0]) for i in range(len(chain) - 1)}
    given = {
        (f"TalkNet/{module}/{tensor}", f"TalkNet/{module}/{op}")
        for module, op in [("Conv2d[conv1]", "conv2d"), ("Conv2d[conv2]", "conv2d"), ("Linear[dense]", "linear"),
                           ("Linear[readout]", "linear")]
        for tensor in ("weight", "bias")
    }  # fmt: skip
    assert edges == along | given
    pool = captured.nodes[names.index("TalkNet/MaxPool2d[pool1]/max_pool2d")]
    assert (pool.arguments["kernel_size"], pool.arguments["stride"]) == (2, 2)
    assert pool.source.partition(".py:")[0].endswith("zoo")


def test_lists_are_boxes_only_where_the_flow_does_not_leave_and_come_back() -> None:
    captured = capture(UNet(), torch.randn(1, 1, 8, 8))
    scopes = {node.scope for node in captured.nodes}
    assert {"UNet/Conv2d[down.0]", "UNet/Conv2d[down.1]", "UNet/ModuleList[body]/Conv2d[0]"} <= scopes
    paths = {block.name: block.path for block in captured.blocks}
    assert paths["down.1"] == "UNet/Conv2d[down.1]"
    assert paths["body.2"] == "UNet/ModuleList[body]/Conv2d[2]"
    assert all(
        any(scope == path or scope.startswith(path + "/") for path in paths.values()) for scope in scopes if scope
    )


def test_a_module_called_again_gets_a_scope_of_its_own_and_a_tied_weight_one_owner() -> None:
    captured = capture(Shared(), torch.zeros(2, 5, dtype=torch.int64))
    scopes = {node.scope for node in captured.nodes}
    assert {"Shared/Linear[step]", "Shared/Linear[step]#1", "Shared/Linear[step]#2"} <= scopes
    blocks = {block.name: block for block in captured.blocks}
    assert (blocks["step"].calls, blocks["step"].params, blocks["step"].macs) == (3, 272, 3 * 10 * 16 * 16)
    assert (blocks["readout"].params, blocks["readout"].tied) == (0, ["embedding.weight"])
    assert (blocks["embedding"].params, blocks[""].params_total) == (800, 1072)
    assert sum(node.params for node in captured.nodes) == 1072
    (tied,) = [node for node in captured.nodes if node.tied_to]
    assert (tied.qualified_name, tied.tied_to, tied.params) == ("readout.weight", "embedding.weight", 0)


def test_bookkeeping_of_buffers_is_left_out() -> None:
    captured = capture(ConvNet(), torch.zeros(2, 3, 32, 32))
    assert [node.op for node in captured.nodes if node.kind == "op"] == [
        "conv2d", "batch_norm", "relu", "max_pool2d", "dropout2d", "flatten", "dropout", "linear", "log_softmax"
    ]  # fmt: skip
    buffers = {node.qualified_name for node in captured.nodes if node.kind == "buffer"}
    assert buffers == {"features.1.running_mean", "features.1.running_var"}


def test_writes_in_place_are_followed_through_views() -> None:
    make, make_input = ZOO["in_place_views"]
    captured = capture(make(), make_input())
    assert sources(captured, "setitem") == ["InPlaceViews/zeros", "InPlaceViews/Linear[linear]/linear"]
    assert sources(captured, "add_") == ["InPlaceViews/getitem", "InPlaceViews/mul"]
    assert sources(captured, "sum") == ["InPlaceViews/add_"]
    assert sources(captured, "getitem") == ["InPlaceViews/setitem"]


def test_arguments_keep_their_names_whatever_they_are_held_in() -> None:
    make, make_input = ZOO["nested_arguments"]
    captured = capture(make(), make_input())
    names = names_of(captured)
    assert [name for name, node in zip(names, captured.nodes, strict=True) if node.kind == "input"] == [
        "batch/x", "pair/0", "mask"
    ]  # fmt: skip
    assert [name for name, node in zip(names, captured.nodes, strict=True) if node.kind == "output"] == [
        "output/y", "output/more.0", "output/more.1.0"
    ]  # fmt: skip
    assert captured.input == "batch.x: float32[2, 8], pair.0: float32[2, 4], mask: bool[2, 8]"


class OneDict(nn.Module):
    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return batch["x"] + 1


class OneList(nn.Module):
    def forward(self, images: list[torch.Tensor]) -> torch.Tensor:
        return torch.stack(images)


class Optional(nn.Module):
    def forward(self, x: torch.Tensor, *, y: torch.Tensor) -> torch.Tensor:
        return x + y


@pytest.mark.parametrize(
    ("model", "given", "inputs"),
    [
        (OneDict(), {"x": torch.zeros(2)}, ["batch/x"]),
        (OneList(), [torch.zeros(2), torch.zeros(2)], ["images/0", "images/1"]),
        (Optional(), (torch.zeros(2), {"y": torch.zeros(2)}), ["x", "y"]),
        (Optional(), {"x": torch.zeros(2), "y": torch.zeros(2)}, ["x", "y"]),
    ],
)
def test_input_is_read_as_torch_does_and_else_as_the_signature_allows(
    model: nn.Module, given: Any, inputs: list[str]
) -> None:
    captured = capture(model, given)
    names = names_of(captured)
    assert [name for name, node in zip(names, captured.nodes, strict=True) if node.kind == "input"] == inputs


def test_one_warning_says_what_it_fell_back_to() -> None:
    expected = r"could not be run on fake tensors \(DataDependentOutputException.*run once for real"
    with pytest.warns(UserWarning, match=expected) as caught:
        captured = capture(DataDependent(), torch.ones(2, 8))
    (warning,) = caught
    assert warning.filename == __file__
    assert captured.how == "real"


def test_without_input_the_module_tree_is_recorded() -> None:
    with pytest.warns(UserWarning, match="no input was given"):
        captured = capture(TalkNet())
    assert captured.how == "structure"
    assert captured.blocks[0].params_total == 3_274_634
    assert "TalkNet/Conv2d[conv1]/weight" in names_of(captured)
    assert "TalkNet/MaxPool2d[pool1]/maxpool2d" in names_of(captured)
    assert not any(node.inputs for node in captured.nodes)


class Failing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.linear(x)
        raise ValueError("not today")


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        (Failing(), torch.ones(2, 8), "ValueError: not today"),
        (Perceptron(), torch.ones(2, 3), "only the module tree"),
        (Perceptron(), "text", "only the module tree"),
        (Perceptron(), (1, 2, 3), "only the module tree"),
        (len, torch.ones(1), "a torch module is needed"),
        (None, None, "a torch module is needed"),
    ],
)
def test_whatever_fails_is_said_and_not_raised(model: Any, given: Any, said: str) -> None:
    before = len(torch_module._global_forward_hooks)
    with pytest.warns(UserWarning, match=said):
        captured = capture(model, given)
    assert captured.how == "structure"
    assert len(torch_module._global_forward_hooks) == before
    assert bool(captured.blocks) == isinstance(model, nn.Module)


def test_recording_stops_at_the_limit() -> None:
    with pytest.warns(UserWarning, match="only the first 10 nodes"):
        captured = capture(TalkNet(), torch.zeros(1, 1, 28, 28), max_nodes=10)
    assert 0 < len(captured.nodes) <= 10
    assert captured.blocks[0].params_total == 3_274_634


def test_a_real_run_puts_python_attributes_back() -> None:
    model = SideEffects()
    assert quiet_capture(model, torch.ones(2, 8)).how == "real"
    assert (model.calls, model.history) == (0, [])


def test_names_are_unique_and_no_name_is_also_a_scope() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleDict({"a/b:c": nn.Linear(2, 2), "relu": nn.ReLU()})
            self.register_buffer("ReLU[relu]", torch.ones(2))

        def forward(self, Odd: torch.Tensor) -> torch.Tensor:  # noqa: N803 - the name of the scope
            x = self.parts["relu"](self.parts["a/b:c"](Odd))
            return x + getattr(self, "ReLU[relu]") + torch.relu(x).relu()

    captured = capture(Odd(), torch.ones(2, 2))
    names = names_of(captured)
    assert len(set(names)) == len(names)
    scopes = {"/".join(name.split("/")[:i]) for name in names for i in range(1, name.count("/") + 1)}
    assert scopes.isdisjoint(names)
    assert "Odd/ModuleDict[parts]/Linear[a_b_c]/linear" in names
    assert not any(":" in name for name in names)
    encoded = graph_def(captured.nodes)
    known = {node.name for node in encoded.node}
    assert all(source.partition(b":")[0] in known for node in encoded.node for source in node.input)


def test_a_source_line_tells_nothing_of_the_machine() -> None:
    captured = capture(*(made() for made in ZOO["talk_net"]))
    lines = {node.source for node in captured.nodes if node.source}
    assert {line.partition(":")[0] for line in lines} == {"tests/writer/zoo.py"}
