"""Multiply-adds and parameters against values computed by hand."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.writer.zoo import ConvNet, ResNet
from writer.multiply_adds import FORMULAS
from writer.torch_graph import capture
from writer.torch_operators import multiply_adds


class Calls(nn.Module):
    """Calls a function of tensors."""

    def __init__(self, function: Any, **options: Any) -> None:
        super().__init__()
        self.function = function
        self.options = options

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return self.function(*tensors, **self.options)


class Attention(nn.Module):
    def __init__(self, *, weights: bool) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.weights = weights

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x, need_weights=self.weights)[0]


def recurrent(gates: int, width: int, hidden: int, layers: int, directions: int, rows: int) -> int:
    """Count each gate's products with the layer's input and with the state, for rows = time · batch."""
    inputs = [width] + [hidden * directions] * (layers - 1)
    return sum(directions * gates * hidden * (below + hidden) for below in inputs) * rows


def by_mathematics(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        return functional.scaled_dot_product_attention(q, k, v)


def batches(*shapes: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.randn(shape) for shape in shapes)


# 20 = 2 · 10 rows; four projections 64x64, and q·k and p·v of 4 heads over 10 x 10 positions.
ATTENTION = 20 * 64 * 64 * 4 + 2 * (2 * 10 * 10 * 64)
CASES = {
    "linear 2d": (nn.Linear(100, 200), batches((32, 100)), 32 * 100 * 200),
    "linear 3d": (nn.Linear(100, 200), batches((4, 7, 100)), 28 * 100 * 200),
    "conv1d": (nn.Conv1d(4, 8, 5), batches((2, 4, 20)), 2 * 16 * 8 * 4 * 5),
    "conv2d": (nn.Conv2d(3, 16, 3, padding=1), batches((2, 3, 32, 32)), 2 * 32 * 32 * 16 * 3 * 9),
    "conv2d strided, grouped, dilated": (
        nn.Conv2d(8, 16, 3, stride=2, groups=4, dilation=2), batches((2, 8, 33, 33)), 2 * 15 * 15 * 16 * 2 * 9,
    ),
    "conv2d depthwise": (nn.Conv2d(32, 32, 3, padding=1, groups=32), batches((1, 32, 16, 16)), 16 * 16 * 32 * 9),
    "conv1d depthwise": (nn.Conv1d(12, 24, 5, groups=12), batches((2, 12, 20)), 2 * 16 * 24 * 5),
    "conv transposed, grouped": (
        nn.ConvTranspose2d(8, 4, 4, 2, 1, groups=4), batches((1, 8, 8, 8)), 8 * 8 * 8 * 1 * 16,
    ),
    "conv3d": (nn.Conv3d(2, 4, 3), batches((1, 2, 8, 8, 8)), 6**3 * 4 * 2 * 27),
    "conv transposed": (nn.ConvTranspose2d(8, 4, 4, 2, 1), batches((1, 8, 8, 8)), 8 * 8 * 8 * 4 * 16),
    "bmm": (Calls(torch.matmul), batches((3, 5, 7), (3, 7, 11)), 3 * 5 * 7 * 11),
    "matrix times vector": (Calls(torch.matmul), batches((5, 7), (7,)), 5 * 7),
    "einsum": (Calls(lambda a, b: torch.einsum("bij,bjk->bik", a, b)), batches((3, 5, 7), (3, 7, 11)), 3 * 5 * 7 * 11),
    "bilinear": (nn.Bilinear(8, 9, 5), batches((4, 8), (4, 9)), 4 * 5 * 8 * 9 + 4 * 5 * 9),
    "attention": (
        Calls(functional.scaled_dot_product_attention), batches(*[(2, 4, 64, 16)] * 3), 2 * (2 * 4 * 64 * 64 * 16),
    ),
    "attention, causal counted in full": (
        Calls(functional.scaled_dot_product_attention, is_causal=True), batches(*[(2, 4, 64, 16)] * 3),
        2 * (2 * 4 * 64 * 64 * 16),
    ),
    "attention, other keys": (
        Calls(functional.scaled_dot_product_attention), batches((2, 4, 64, 16), (2, 4, 32, 16), (2, 4, 32, 16)),
        2 * (2 * 4 * 64 * 32 * 16),
    ),
    "attention, with a mask": (
        Calls(functional.scaled_dot_product_attention), (*batches(*[(2, 4, 64, 16)] * 3), torch.ones(64, 64).bool()),
        2 * (2 * 4 * 64 * 64 * 16),
    ),
    "attention, by its mathematics": (
        Calls(by_mathematics), batches(*[(2, 4, 64, 16)] * 3), 2 * (2 * 4 * 64 * 64 * 16),
    ),
    "attention, with dropout": (
        Calls(functional.scaled_dot_product_attention, dropout_p=0.1), batches(*[(2, 4, 64, 16)] * 3),
        2 * (2 * 4 * 64 * 64 * 16),
    ),
    "attention, four queries to a key": (
        Calls(functional.scaled_dot_product_attention, enable_gqa=True),
        batches((2, 8, 64, 16), (2, 2, 64, 16), (2, 2, 64, 16)), 2 * (2 * 8 * 64 * 64 * 16),
    ),
    "attention, wider values": (
        Calls(functional.scaled_dot_product_attention), batches((2, 4, 64, 16), (2, 4, 64, 16), (2, 4, 64, 24)),
        2 * 4 * 64 * 64 * (16 + 24),
    ),
    "multi-head attention": (Attention(weights=False), batches((2, 10, 64)), ATTENTION),
    "multi-head attention with weights": (Attention(weights=True), batches((2, 10, 64)), ATTENTION),
    "transformer layer": (
        nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), batches((2, 10, 64)), ATTENTION + 2 * 20 * 64 * 128,
    ),
    "transformer layer, evaluated": (
        nn.TransformerEncoderLayer(64, 4, 128, batch_first=True).eval(), batches((2, 10, 64)),
        ATTENTION + 2 * 20 * 64 * 128,
    ),
    "lstm": (nn.LSTM(16, 32, 2, batch_first=True), batches((2, 7, 16)), recurrent(4, 16, 32, 2, 1, 14)),
    "lstm, two directions": (
        nn.LSTM(16, 32, 2, bidirectional=True), batches((7, 2, 16)), recurrent(4, 16, 32, 2, 2, 14),
    ),
    "lstm with a projection": (
        nn.LSTM(16, 32, proj_size=8), batches((7, 2, 16)), 14 * (4 * 32 * (16 + 8) + 32 * 8),
    ),
    "gru, two directions": (nn.GRU(16, 32, bidirectional=True), batches((7, 2, 16)), recurrent(3, 16, 32, 1, 2, 14)),
    "rnn": (nn.RNN(16, 32), batches((7, 2, 16)), recurrent(1, 16, 32, 1, 1, 14)),
    "lstm cell": (nn.LSTMCell(16, 32), batches((2, 16)), recurrent(4, 16, 32, 1, 1, 2)),
    "batch norm": (nn.BatchNorm2d(8), batches((2, 8, 4, 4)), 0),
    "pointwise and softmax": (Calls(lambda x: torch.relu(x + x * x).softmax(-1)), batches((8, 8)), 0),
}  # fmt: skip


@pytest.mark.parametrize("how", ["fake", "real"])
@pytest.mark.parametrize("name", CASES)
def test_multiply_adds_are_those_computed_by_hand(name: str, how: Any) -> None:
    model, given, macs = CASES[name]
    captured = capture(model, given, order=(how,))
    assert captured.how == how
    assert captured.blocks[0].macs_total == macs
    assert sum(node.macs for node in captured.nodes) == macs


def test_formulas_of_operators_that_need_other_devices() -> None:
    def shaped(*shape: int) -> torch.Tensor:
        return torch.empty(shape, device="meta")

    # Two layers of an LSTM as cuDNN is given them: per layer two matrices of 4 gates, and two biases.
    weights = [shaped(128, 16), shaped(128, 32), shaped(128), shaped(128)]
    weights += [shaped(128, 32), shaped(128, 32), shaped(128), shaped(128)]
    state = shaped(2, 2, 32)
    macs = recurrent(4, 16, 32, 2, 1, 14)
    assert FORMULAS["aten._cudnn_rnn"](shaped(7, 2, 16), weights, 4, None, state, state, 2, 32, out_val=()) == macs
    assert FORMULAS["aten.lstm"](shaped(7, 2, 16), [state, state], weights, True, 2, out_val=()) == macs
    packed = FORMULAS["aten.gru"](shaped(14, 16), shaped(7), state, weights[:2], True, 1, out_val=())
    assert packed == 14 * 128 * (16 + 32)
    # 10 rows in groups, each group with one of 3 matrices 8x5; and 10 summed rows in groups.
    grouped = FORMULAS["aten._grouped_mm"]
    assert grouped(shaped(10, 8), shaped(3, 8, 5), shaped(3), out_val=shaped(10, 5)) == 10 * 8 * 5
    assert grouped(shaped(8, 10), shaped(10, 5), shaped(3), out_val=shaped(3, 8, 5)) == 10 * 8 * 5


@pytest.mark.parametrize(
    "name", ["flash_attention", "efficient_attention", "cudnn_attention", "flash_attention_for_cpu"]
)
def test_every_kernel_of_attention_has_a_formula(name: str) -> None:
    packet = getattr(torch.ops.aten, f"_scaled_dot_product_{name}")
    q, k, v = (torch.empty(2, 4, 64, 16, device="meta") for _ in range(3))
    out = (torch.empty(2, 4, 64, 16, device="meta"),)
    counted = multiply_adds(packet.default, f"aten._scaled_dot_product_{name}", (q, k, v), {}, out)
    assert counted == 2 * (2 * 4 * 64 * 64 * 16)


def test_what_has_no_formula_is_named() -> None:
    captured = capture(ConvNet(), torch.zeros(1, 3, 32, 32))
    assert set(captured.not_counted) == {
        "aten.add_", "aten.native_batch_norm", "aten.relu", "aten.max_pool2d_with_indices", "aten.bernoulli_",
        "aten.div_", "aten.mul", "aten._log_softmax",
    }  # fmt: skip


def test_blocks_of_a_convolutional_net_hold_exactly_what_is_theirs() -> None:
    model = ConvNet()
    model.features[0].weight.requires_grad_(False)
    captured = capture(model, torch.zeros(2, 3, 32, 32))
    rows = [(b.name, b.class_name, b.params, b.trainable, b.buffers, b.macs, b.output_bytes) for b in captured.blocks]
    assert rows == [
        ("", "ConvNet", 0, 0, 0, 0, 2 * 10 * 4),
        ("features", "Sequential", 0, 0, 0, 0, 2 * 8 * 16 * 16 * 4),
        ("features.0", "Conv2d", 8 * 3 * 9 + 8, 8, 0, 2 * 32 * 32 * 8 * 27, 2 * 8 * 32 * 32 * 4),
        ("features.1", "BatchNorm2d", 16, 16, 17, 0, 2 * 8 * 32 * 32 * 4),
        ("features.2", "ReLU", 0, 0, 0, 0, 2 * 8 * 32 * 32 * 4),
        ("features.3", "MaxPool2d", 0, 0, 0, 0, 2 * 8 * 16 * 16 * 4),
        ("features.4", "Dropout2d", 0, 0, 0, 0, 2 * 8 * 16 * 16 * 4),
        ("dropout", "Dropout", 0, 0, 0, 0, 2 * 2048 * 4),
        ("readout", "Linear", 20490, 20490, 0, 2 * 2048 * 10, 2 * 10 * 4),
    ]
    totals = {block.name: (block.params_total, block.macs_total) for block in captured.blocks}
    assert totals["features"] == (240, 442_368)
    assert totals[""] == (sum(p.numel() for p in model.parameters()), 442_368 + 40_960)


def test_totals_add_up_in_a_residual_net() -> None:
    model = ResNet()
    captured = capture(model, torch.zeros(1, 3, 64, 64))
    root = captured.blocks[0]
    assert root.params_total == sum(block.params for block in captured.blocks) == 45_146
    assert root.macs_total == sum(block.macs for block in captured.blocks) == sum(n.macs for n in captured.nodes)
    assert sum(block.buffers for block in captured.blocks) == sum(buffer.numel() for buffer in model.buffers())
    for block in captured.blocks:
        below = [other for other in captured.blocks if other.name.rpartition(".")[0] == block.name and other.name]
        assert block.macs_total == block.macs + sum(other.macs_total for other in below)
