"""Small models, one for each thing that makes a model hard to capture; every call makes a fresh one."""

import dataclasses
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

torch.set_num_threads(1)  # threads that wait for each other on a busy machine take a hundred times what these models do


class Perceptron(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class TalkNet(nn.Module):
    """The talk's convolutional net for MNIST."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.pool2 = nn.MaxPool2d(2)
        self.dense = nn.Linear(7 * 7 * 64, 1024)
        self.dropout = nn.Dropout(0.5)
        self.readout = nn.Linear(1024, 10)

    def forward(self, images: Tensor) -> Tensor:
        x = self.pool1(functional.relu(self.conv1(images)))
        x = self.pool2(functional.relu(self.conv2(x)))
        x = functional.relu(self.dense(x.flatten(1)))
        return self.readout(self.dropout(x))


class ConvNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.2)
        )
        self.dropout = nn.Dropout(0.5)
        self.readout = nn.Linear(8 * 16 * 16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.features(x), 1)
        return functional.log_softmax(self.readout(self.dropout(x)), dim=1)


class Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.conv1(x)), inplace=True)
        y = self.norm2(self.conv2(y))
        y += x if self.shortcut is None else self.shortcut(x)
        return functional.relu(y, inplace=True)


class ResNet(nn.Module):
    def __init__(self, blocks: int = 2) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.layer1 = nn.Sequential(*[Residual(16, 16) for _ in range(blocks)])
        self.layer2 = nn.Sequential(Residual(16, 32, 2), *[Residual(32, 32) for _ in range(blocks - 1)])
        self.readout = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.stem(x)))
        return self.readout(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 64)
        layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3)
        self.head = nn.Linear(64, 100)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.encoder(self.embedding(tokens)))


class SelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.projection = nn.Linear(64, 192)
        self.output = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.projection(x).view(batch, length, 3, 4, 16).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.output(y.transpose(1, 2).reshape(batch, length, width))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, 32, 2, batch_first=True)
        self.readout = nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        outputs, _ = self.lstm(x)
        return self.readout(outputs[:, -1])


class PackedRecurrent(Recurrent):
    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.readout(hidden[-1])


class DataDependent(nn.Module):
    """Loops and branches on the values of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.often = nn.Linear(8, 8)
        self.seldom = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        turns = 0
        while x.abs().sum() > 1.0 and turns < 3:
            x = self.often(x) * 0.5
            turns += 1
        return self.seldom(x) if x.mean().item() > 0 else x


class Nested(nn.Module):
    """Takes a dict, a tuple, keyword-only arguments and a string; returns a nest."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(4, 8)

    def forward(
        self, batch: dict[str, Any], pair: Any, *, scale: float = 1.0, mode: str = "sum", mask: Tensor | None = None
    ) -> dict[str, Any]:
        y = self.first(batch["x"]) + self.second(pair[0]) * scale
        if mask is not None:
            y = y.masked_fill(mask, 0.0)
        return {"y": y, "more": (y.sum(), [y.mean()]), "mode": mode}


@dataclasses.dataclass
class Answer:
    logits: Tensor
    hidden: Tensor


class DataclassOutput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Answer:
        hidden = self.linear(x)
        return Answer(logits=hidden.softmax(-1), hidden=hidden)


class Shared(nn.Module):
    """Calls one module three times, and ties its last weight to its first."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.step = nn.Linear(16, 16)
        self.readout = nn.Linear(16, 50, bias=False)
        self.readout.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        for _ in range(3):
            x = torch.tanh(self.step(x))
        return self.readout(x)


class DoubledRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0) * 2

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * (x > 0) * 2


class CustomGradient(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return DoubledRelu.apply(self.linear(x))


class InPlaceViews(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        result = torch.zeros(x.shape[0], 16)
        hidden = self.linear(x)
        result[:, :8] = hidden
        result[:, 8:].add_(hidden * 2)
        return result.sum(1)


class ThroughNumpy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.linear(x)
        return hidden + torch.from_numpy(hidden.detach().cpu().numpy() * 2)


class SideEffects(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.calls = 0
        self.history: list[float] = []

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        hidden = self.linear(x)
        self.history.append(float(hidden.sum()))
        return hidden


class Checkpointed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = Perceptron()

    def forward(self, x: Tensor) -> Tensor:
        return checkpoint(self.body, x, use_reentrant=False)


class Selecting(nn.Module):
    """The shape of its result depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.linear(x)
        return hidden[(hidden.sum(1) > 0).nonzero().squeeze(1)].mean(0)


class Autocast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = Perceptron()

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.body(x)


class AnyNumber(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, *parts: Tensor, **options: Any) -> Tensor:
        return self.linear(sum(parts))


class UNet(nn.Module):
    """Pools between the items of a list, and joins the halves: the lists are no boxes."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)])
        self.up = nn.ModuleList([nn.Conv2d(12, 4, 3, padding=1)])
        self.body = nn.ModuleList([nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1)])

    def forward(self, x: Tensor) -> Tensor:
        kept = self.down[0](x)
        x = self.down[1](functional.max_pool2d(kept, 2))
        for layer in self.body:
            x = layer(x)
        return self.up[0](torch.cat([functional.interpolate(x, scale_factor=2), kept], 1))


class StatefulUpdates(nn.Module):
    """Writes to a frozen parameter, to a plain tensor and to a rebound buffer, and asks for a value."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.codebook = nn.Parameter(torch.zeros(8), requires_grad=False)
        self.register_buffer("mean", torch.zeros(8))
        self.plain = torch.zeros(8)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.linear(x)
        with torch.no_grad():
            self.codebook.add_(hidden.mean(0))
            self.plain[:4] += 1
            self.mean = 0.9 * self.mean + hidden.mean(0)
        self.last = hidden
        return hidden * float(hidden.detach().abs().max() > 0)


class MixtureOfExperts(nn.Module):
    """Sends each row to its two best experts: how many rows an expert gets depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(16, 4)
        self.experts = nn.ModuleList([nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 16)) for _ in range(4)])
        self.readout = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        weights, chosen = self.router(x).softmax(-1).topk(2, -1)
        result = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows, slot = torch.where(chosen == number)
            if rows.numel():
                result.index_add_(0, rows, expert(x[rows]) * weights[rows, slot, None])
        return self.readout(result)


class UntilDone(nn.Module):
    """Steps a recurrent cell until it says that it is done: the length depends on values."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 16)
        self.halt = nn.Linear(16, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        state = x.new_zeros(x.shape[0], 16)
        done = x.new_zeros(())
        for _ in range(6):
            state = self.cell(x, state)
            done = done + self.halt(state).sigmoid().mean()
            if done > 1.5:
                break
        return state, done


class Adversaries(nn.Module):
    """A generator, and the discriminator that is called on what is real and on what is not."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 4, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
            nn.ConvTranspose2d(16, 1, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip
        self.discriminator = nn.Sequential(
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 16, 4, 2, 1)), nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(), nn.Linear(16 * 16, 1),
        )  # fmt: skip

    def forward(self, noise: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        return self.discriminator(self.generator(noise)), self.discriminator(real)


def _tokens(batch: int, length: int, count: int) -> Tensor:
    return torch.arange(batch * length).reshape(batch, length) % count


# name -> (makes the model, makes what add_graph is given)
ZOO: dict[str, tuple[Callable[[], nn.Module], Callable[[], Any]]] = {
    "perceptron": (Perceptron, lambda: torch.randn(2, 64)),
    "conv_dropout": (ConvNet, lambda: torch.randn(2, 3, 32, 32)),
    "resnet_in_place": (ResNet, lambda: torch.randn(2, 3, 64, 64)),
    "transformer": (Transformer, lambda: _tokens(2, 12, 100)),
    "attention": (SelfAttention, lambda: torch.randn(2, 16, 64)),
    "lstm": (Recurrent, lambda: torch.randn(2, 7, 16)),
    "lstm_packed": (PackedRecurrent, lambda: (torch.randn(2, 7, 16), torch.tensor([7, 5]))),
    "data_dependent": (DataDependent, lambda: torch.randn(2, 8)),
    "nested_arguments": (
        Nested,
        lambda: {
            "batch": {"x": torch.randn(2, 8), "note": "text"},
            "pair": (torch.randn(2, 4), 3),
            "scale": 2.0,
            "mask": torch.zeros(2, 8, dtype=torch.bool),
        },
    ),
    "dataclass_output": (DataclassOutput, lambda: torch.randn(2, 8)),
    "shared_and_tied": (Shared, lambda: _tokens(2, 5, 50)),
    "custom_gradient": (CustomGradient, lambda: torch.randn(2, 8)),
    "in_place_views": (InPlaceViews, lambda: torch.randn(2, 8)),
    "through_numpy": (ThroughNumpy, lambda: torch.randn(2, 8)),
    "side_effects": (SideEffects, lambda: torch.randn(2, 8)),
    "checkpointed": (Checkpointed, lambda: torch.randn(2, 64)),
    "selecting": (Selecting, lambda: torch.randn(2, 8)),
    "autocast": (Autocast, lambda: torch.randn(2, 64)),
    "any_number": (AnyNumber, lambda: [torch.randn(2, 8), torch.randn(2, 8)]),
    "unet_lists": (UNet, lambda: torch.randn(1, 1, 8, 8)),
    "stateful_updates": (StatefulUpdates, lambda: torch.randn(2, 8)),
    "experts": (MixtureOfExperts, lambda: torch.randn(12, 16)),
    "until_done": (UntilDone, lambda: torch.randn(3, 8)),
    "adversaries": (Adversaries, lambda: (torch.randn(2, 8, 1, 1), torch.randn(2, 1, 8, 8))),
    "talk_net": (TalkNet, lambda: torch.randn(2, 1, 28, 28)),
}
