"""Counts of well-known models against what was published of them, and one far larger than this machine's memory."""

import resource
import time

import pytest
import torch

from tests.writer.large_models import GPT2, Llama, ResNet50, on_meta
from writer.torch_graph import capture


def test_resnet_50() -> None:
    captured = capture(ResNet50(), torch.zeros(1, 3, 224, 224))
    assert (captured.how, captured.notes) == ("fake", [])
    root = captured.blocks[0]
    assert root.params_total == 25_557_032
    # convolutions: each output's size times its kernel; the readout: 2048 x 1000. Published as 4.09 G (torchvision).
    assert root.macs_total == 4_089_184_256
    assert round(root.macs_total / 1e9, 2) == 4.09
    stages = {block.name: block for block in captured.blocks if block.name in ("layer1", "layer2", "layer3", "layer4")}
    assert [stage.params_total for stage in stages.values()] == [215_808, 1_219_584, 7_098_368, 14_964_736]
    buffers = sum(block.buffers for block in captured.blocks)
    assert buffers == 53_120 + 53  # means and variances, and 53 counters


def test_gpt_2_small() -> None:
    length = 1024
    captured = capture(on_meta(GPT2), torch.zeros(1, length, dtype=torch.int64, device="meta"))
    assert (captured.how, captured.notes) == ("fake", [])
    blocks = {block.name: block for block in captured.blocks}
    assert blocks[""].params_total == 124_439_808
    assert blocks["lm_head"].tied == ["wte.weight"]
    # a layer: 12 width² a token, and q·k and p·v; the readout: words x width a token
    layer = length * 12 * 768**2 + 2 * length * length * 768
    assert blocks["h.0"].macs_total == layer
    assert blocks[""].macs_total == 12 * layer + length * 50_257 * 768


@pytest.mark.slow
def test_seventy_billion_parameters_take_seconds_and_no_memory() -> None:
    model = on_meta(Llama)
    tokens = torch.zeros(1, 2048, dtype=torch.int64, device="meta")
    capture(on_meta(Llama, layers=1), tokens)  # what torch loads at the first time
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    captured = capture(model, tokens)
    taken = time.perf_counter() - begin
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    parameters = sum(parameter.numel() for parameter in model.parameters())
    root = captured.blocks[0]
    assert (captured.how, captured.notes) == ("fake", [])
    assert root.params_total == parameters == 68_976_648_192
    # as published for such models: 2 operations a parameter and token, and attention's 4 length² width a layer
    products = parameters - 32_000 * 8192 - (2 * 80 + 1) * 8192
    assert root.macs_total == products * 2048 + 80 * 2 * 2048 * 2048 * 8192
    assert grown < 100 << 20
    assert taken < 30, "a few seconds on an idle machine"
    print(f"\n{len(captured.nodes):,} nodes in {taken:.1f} s, {grown / 1e6:.0f} MB more")
