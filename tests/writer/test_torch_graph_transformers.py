"""Models of Hugging Face's transformers, small and with random weights, as their users call them."""

import warnings
from typing import Any

import pytest
import torch

from tests.writer.test_torch_watch import Log, everything
from writer.block_costs import elements
from writer.torch_graph import capture
from writer.torch_watch import Watch

transformers = pytest.importorskip("transformers", reason="needs trainboard[models]")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
TOKENS = {"input_ids": torch.arange(24).reshape(2, 12) % 90}
PICTURE = {"pixel_values": torch.linspace(-1, 1, 2 * 3 * 16 * 16).reshape(2, 3, 16, 16)}
# name -> (class, class of its configuration, the configuration, what it is called with, where it runs)
MODELS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], str]] = {
    "gpt2": (
        "GPT2LMHeadModel", "GPT2Config", {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 100}, TOKENS, "fake",
    ),
    "bert": ("BertForMaskedLM", "BertConfig", {**SMALL, "vocab_size": 100}, TOKENS, "fake"),
    "llama": (
        "LlamaForCausalLM", "LlamaConfig", {**SMALL, "vocab_size": 100, "num_key_value_heads": 2}, TOKENS, "fake",
    ),
    "t5": (
        "T5ForConditionalGeneration", "T5Config",
        {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "vocab_size": 100,
         "decoder_start_token_id": 0},
        {**TOKENS, "decoder_input_ids": TOKENS["input_ids"][:, :5]}, "fake",
    ),
    "vit": ("ViTForImageClassification", "ViTConfig", {**SMALL, "image_size": 16, "patch_size": 4}, PICTURE, "fake"),
    "mixtral": (
        "MixtralForCausalLM", "MixtralConfig",
        {**SMALL, "vocab_size": 100, "num_key_value_heads": 2, "num_local_experts": 4}, TOKENS, "real",
    ),
    "whisper": (
        "WhisperForConditionalGeneration", "WhisperConfig",
        {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
         "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "vocab_size": 100,
         "max_source_positions": 20, "num_mel_bins": 8, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
         "decoder_start_token_id": 1, "suppress_tokens": None, "begin_suppress_tokens": None},
        {"input_features": torch.linspace(-1, 1, 2 * 8 * 40).reshape(2, 8, 40),
         "decoder_input_ids": TOKENS["input_ids"][:, :5]}, "fake",
    ),
    "clip": (
        "CLIPModel", "CLIPConfig",
        {"text_config": {**SMALL, "vocab_size": 100}, "vision_config": {**SMALL, "image_size": 16, "patch_size": 4},
         "projection_dim": 16}, {**TOKENS, **PICTURE}, "fake",
    ),
}  # fmt: skip


def make(name: str) -> tuple[Any, dict[str, Any], str]:
    model, configuration, options, given, how = MODELS[name]
    torch.manual_seed(0)
    return getattr(transformers, model)(getattr(transformers, configuration)(**options)), given, how


@pytest.mark.parametrize("name", MODELS)
def test_captured_whole(name: str) -> None:
    model, given, how = make(name)
    before = everything(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captured = capture(model, given)
    assert everything(model) == before
    assert captured.how in ("fake", how)  # a newer torch may need no real tensors
    root = captured.blocks[0]
    assert root.params_total == sum(parameter.numel() for parameter in model.parameters())
    assert sum(block.buffers for block in captured.blocks) == sum(elements(b) for b in model.buffers())
    assert root.macs_total == sum(node.macs for node in captured.nodes) > 0
    assert sum(node.kind == "output" for node in captured.nodes) >= 1
    assert {node.label for node in captured.nodes if node.kind == "input"} == set(given)


@pytest.mark.parametrize("name", MODELS)
def test_watched_training_is_the_same_to_the_bit(name: str) -> None:
    def train(*, watched: bool) -> tuple[dict[str, Any], Log]:
        model, given, _ = make(name)
        model.train()
        log = Log()
        watch = Watch(model, log, warmup=1, steps=1) if watched else None
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        for _ in range(4):
            output = model(**given)
            first = next(value for value in output.values() if torch.is_tensor(value))
            first.float().square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
        if watch is not None:
            watch.stop()
        return everything(model), log

    plain, (left, log) = train(watched=False)[0], train(watched=True)
    assert left == plain
    assert (log.graphs[0].how, log.graphs[0].notes) == ("observed", [])
    assert log.costs[0].blocks[0].backward_s is not None
    assert (log.costs[0].blocks[0].saved_bytes_total or 0) > 0
