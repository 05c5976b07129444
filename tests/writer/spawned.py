"""What spawned children run: it has to be importable."""

import sys
import time
from pathlib import Path
from typing import Any

from writer import SummaryWriter


def log_values(folder: str) -> None:
    """Log 100 scalars, and return without closing."""
    log = SummaryWriter(folder, flush_secs=1000, max_queue=1000000)
    for step in range(100):
        log.add_scalar("a", 1.0, step)


def train_rank(rank: int, folder: str) -> None:
    """Be one of two ranks of ``torch.multiprocessing.spawn``; the second fails, for which the first is ended."""
    log = SummaryWriter(folder, ranks="all")
    for step in range(100):
        log.add_scalar(f"rank{rank}", 1.0, step)
    log.flush()
    Path(folder, f"flushed{rank}").touch()
    while not Path(folder, "flushed0").exists() or not Path(folder, "flushed1").exists():
        time.sleep(0.01)
    if rank:
        raise ValueError("on purpose")
    while True:
        log.add_scalar("until the end", 1.0, 1)
        time.sleep(0.01)


class LoggingDataset:
    """Logs from the workers of a DataLoader, through a writer of their own or one that they were forked with."""

    def __init__(self, folder: str, log: SummaryWriter | None) -> None:
        """Remember who logs."""
        self._folder = folder
        self._log = log

    def __len__(self) -> int:
        """How many items there are."""
        return 40

    def __getitem__(self, index: int) -> int:
        """Log the index under the worker's name."""
        if self._log is None:
            self._log = SummaryWriter(self._folder)
        self._log.add_scalar("item", float(index), index)
        return index


def load_data(folder: str, method: str) -> None:
    """Go twice through a DataLoader whose workers log, and log beside them."""
    import torch

    log = SummaryWriter(folder)
    data: Any = LoggingDataset(folder, log if method == "fork" else None)
    loader = torch.utils.data.DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context=method)
    step = 0
    for _ in range(2):
        for _batch in loader:
            log.add_scalar("batch", 1.0, step)
            step += 1
    log.close()


if __name__ == "__main__":
    import torch.multiprocessing

    {
        "spawn": lambda: torch.multiprocessing.spawn(train_rank, args=(sys.argv[2],), nprocs=2),
        "load": lambda: load_data(sys.argv[2], sys.argv[3]),
    }[sys.argv[1]]()
