"""The talk's opening demo: a small net learns to tell two kinds of points apart.

    python examples/playground.py --data spiral --features x,y,sinx,siny --hidden 8,4
    board runs

Streamed: the loss, the decision surface, and what each hidden neuron has learnt, as it learns.
"""

import argparse
import contextlib
import itertools
import math

import torch
from pictures import ORANGE_BLUE, diverging
from torch import nn
from torch.nn.functional import mse_loss

from writer import SummaryWriter

FEATURES = {
    "x": lambda x, y: x,
    "y": lambda x, y: y,
    "x2": lambda x, y: x * x,
    "y2": lambda x, y: y * y,
    "xy": lambda x, y: x * y,
    "sinx": lambda x, y: torch.sin(x),
    "siny": lambda x, y: torch.sin(y),
}


def make_points(kind: str, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points (n, 2) in -6..6, and their class, 1 or -1, as (n, 1)."""
    side = torch.arange(n) % 2 * 2.0 - 1
    if kind == "circle":
        r = torch.where(side > 0, 2.5 * torch.rand(n).sqrt(), 3.5 + 1.5 * torch.rand(n))
        angle = 2 * math.pi * torch.rand(n)
        points = torch.stack([r * angle.cos(), r * angle.sin()], 1)
    elif kind == "xor":
        points = torch.rand(n, 2) * 10 - 5
        points += 0.3 * points.sign()
        side = points.prod(1).sign()
    elif kind == "gauss":
        points = torch.randn(n, 2) + 2 * side[:, None]
    else:  # spiral
        r = 5 * torch.rand(n).sqrt()
        angle = 0.7 * math.pi * r + torch.where(side > 0, 0.0, math.pi)
        points = r[:, None] * torch.stack([angle.sin(), angle.cos()], 1) + 0.15 * torch.randn(n, 2)
    return points, side[:, None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=["circle", "xor", "gauss", "spiral"], default="circle")
    parser.add_argument("--features", default="x,y", help=f"any of {','.join(FEATURES)}")
    parser.add_argument("--hidden", default="4,2", help="neurons of each hidden layer")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--every", type=int, default=50, help="steps between pictures")
    parser.add_argument("--rate", type=float, default=0.03, help="learning rate")
    parser.add_argument("--log-dir", help="default: runs/playground/DATA")
    args = parser.parse_args()
    chosen = args.features.split(",")
    if unknown := [name for name in chosen if name not in FEATURES]:
        parser.error(f"unknown feature {unknown[0]!r}: choose from {', '.join(FEATURES)}")
    torch.manual_seed(0)
    points, side = make_points(args.data, 500)
    grid = torch.cartesian_prod(torch.linspace(6, -6, 64), torch.linspace(-6, 6, 64)).flip(1)

    def features(p: torch.Tensor) -> torch.Tensor:
        return torch.stack([FEATURES[name](p[:, 0], p[:, 1]) for name in chosen], 1)

    sizes = [len(chosen), *map(int, args.hidden.split(",")), 1]
    model = nn.Sequential(*(nn.Sequential(nn.Linear(a, b), nn.Tanh()) for a, b in itertools.pairwise(sizes)))
    optimizer = torch.optim.SGD(model.parameters(), args.rate)
    x, x_test, y, y_test = features(points[:250]), features(points[250:]), side[:250], side[250:]

    with SummaryWriter(args.log_dir or f"runs/playground/{args.data}") as writer:
        writer.add_graph(model, x[:10])
        for step in range(args.steps + 1):
            pick = torch.randint(len(x), (10,))
            optimizer.zero_grad()
            mse_loss(model(x[pick]), y[pick]).div(2).backward()
            optimizer.step()
            with torch.no_grad():
                if step % 10 == 0:
                    writer.add_scalar("loss/train", mse_loss(model(x), y) / 2, step)
                    writer.add_scalar("loss/test", mse_loss(model(x_test), y_test) / 2, step)
                if step % args.every == 0:
                    value = features(grid)
                    for i, layer in enumerate(model, 1):
                        value = layer(value)
                        for k, surface in enumerate(value.T.reshape(-1, 1, 64, 64), 1):
                            tag = "decision_surface" if i == len(model) else f"hidden{i}/neuron{k}"
                            writer.add_image(tag, diverging(surface, ORANGE_BLUE)[0], step)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
