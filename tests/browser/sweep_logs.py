"""A made-up sweep: many runs with hparams of which two matter, written small and fast."""

import math
import random
from pathlib import Path

from writer import SummaryWriter

MODELS = ("convnext-t", "resnet18", "vit-s16")
UNIMPORTANT = ("weight_decay", "dropout", "momentum", "clip", "beta", "label_smoothing", "ema")


def write_sweep(logdir: Path, runs: int, *, seed: int = 0, every: int = 3) -> None:
    """Write ``runs`` runs of 12 hparams: ``lr`` (with an optimum inside) and ``model`` decide, the others do not."""
    draw = random.Random(seed)
    for i in range(runs):
        lr, model = 10 ** draw.uniform(-4, -1), draw.choice(MODELS)
        hparams: dict[str, float | int | str | bool] = {
            "lr": lr,
            "model": model,
            "batch_size": draw.choice((128, 256, 512)),
            "augment": draw.random() < 0.5,
            "epochs": 30,
        }
        hparams |= {name: round(draw.random(), 3) for name in UNIMPORTANT}
        best = 0.9 - 0.12 * (math.log10(lr) + 2.5) ** 2 - 0.05 * MODELS.index(model) + draw.gauss(0, 0.01)
        with SummaryWriter(logdir / f"sweep-07/t{i:04d}") as writer:
            writer.add_hparams(hparams, {}, one_run=True)
            for step in range(every):
                part = (step + 1) / every
                writer.add_scalar("val/accuracy", best * (0.6 + 0.4 * part), 1000 * (step + 1))
                writer.add_scalar("val/loss", 1.2 - best * part + draw.gauss(0, 0.01), 1000 * (step + 1))
