"""What a spawned child of ``test_process`` runs: it has to be importable."""

from writer import SummaryWriter


def log_values(folder: str) -> None:
    """Log 100 scalars, and return without closing."""
    log = SummaryWriter(folder, flush_secs=1000, max_queue=1000000)
    for step in range(100):
        log.add_scalar("a", 1.0, step)
