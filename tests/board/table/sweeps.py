"""Made-up sweeps, as tables: runs of which it is known what moves the metric."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.hparams.reading import RunHparams
from board.metrics import Metrics
from board.store.run_view import RunView
from board.table.metric_cells import MetricCells, MetricChoice, MetricColumn
from board.table.rows import Row
from board.table.tables import RunTable

__all__ = ["LOSS", "sweep", "table_of"]

LOSS = MetricChoice("loss")


class GivenTable(RunTable):
    """Rows whose metric is given: no event file has to be written for a thousand runs."""

    def __init__(self, rows: tuple[Row, ...], values: NDArray[np.float64], has: NDArray[np.bool_]) -> None:
        super().__init__(1, rows, MetricCells(Metrics()), [])
        self.values, self.has = values, has

    def metric(self, choice: MetricChoice) -> MetricColumn:
        return MetricColumn(choice, "min", "name", self.values, self.has, (None,) * len(self.rows))


def table_of(hparams: Sequence[Mapping[str, Any]], values: Sequence[float | None]) -> RunTable:
    """Return a table of those runs; None is a run without the metric."""
    rows = [Row(f"run{at}", RunHparams(dict(own)), {"": (RunView(f"run{at}"),)}) for at, own in enumerate(hparams)]
    given = np.array([np.nan if value is None else value for value in values], np.float64)
    return GivenTable(tuple(rows), given, np.array([value is not None for value in values], np.bool_))


def sweep(runs: int, noise: float = 0.15) -> tuple[list[dict[str, Any]], list[float]]:
    """Twelve hparams, of which lr (best in the middle of its decades) and opt (with it) move the loss."""
    random = np.random.default_rng(7)
    hparams, losses = [], []
    for _ in range(runs):
        own = {
            "lr": float(10 ** random.uniform(-5, -1)),
            "opt": str(random.choice(["adam", "sgd", "lion"])),
            "units": int(2 ** random.integers(4, 10)),
            "dropout": float(random.uniform(0, 0.5)),
            "bn": bool(random.integers(2)),
            "act": str(random.choice(["relu", "gelu"])),
            "batch": int(random.choice([32, 64, 128])),
            "decay": float(10 ** random.uniform(-6, -2)),
            "layers": int(random.integers(1, 9)),
            "warmup": None if random.integers(2) else 100,
            "clip": float(random.uniform(0, 1)),
            "seed": int(random.integers(2**31)),
        }
        far = np.log10(own["lr"]) + 3  # least at 1e-3: neither more nor less is better
        loss = 0.2 * far**2 + {"adam": 0.0, "sgd": 0.5, "lion": 0.2}[own["opt"]] * (1 + 0.5 * (far > 0))
        hparams.append(own)
        losses.append(float(loss + noise * random.standard_normal()))
    return hparams, losses
