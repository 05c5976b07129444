"""Which process of a distributed training this is, and whether it is the one that logs."""

import functools
import os
import re
from collections.abc import Iterator

from writer.herald import warn

__all__ = ["count_ranks", "find_job", "find_lineage", "find_rank", "is_silent_rank", "say_silent_once"]

# Which job this is, and which attempt at it: what tells a restart from another training.
_LINEAGE = (
    "SLURM_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_RESTART_COUNT",
    "TORCHELASTIC_RUN_ID",
    "TORCHELASTIC_RESTART_COUNT",
)


def find_rank() -> int:
    """Find this process's number in a distributed training: torchrun's, SLURM's or Open MPI's variable, else 0."""
    return _read_count("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", otherwise=0)


def count_ranks() -> int:
    """Find how many processes train together, from the same launchers' variables, else 1."""
    return _read_count("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", otherwise=1)


def find_lineage() -> Iterator[tuple[str, str]]:
    """Yield the launcher's variables, with their values, that say which job this is and which attempt at it."""
    for name in _LINEAGE:
        if value := os.environ.get(name):
            yield name, value


def find_job() -> str:
    """Find a name that a job keeps when it is queued again: SLURM's, or torchrun's; "" for none."""
    for name, more in (("SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID"), ("TORCHELASTIC_RUN_ID", "")):
        job = os.environ.get(name, "")
        if job and job != "none":  # torchrun's word for no name
            task = os.environ.get(more, "") if more else ""
            return re.sub(r"[^A-Za-z0-9_.-]", "_", f"{job}_{task}" if task else job)
    return ""


def is_silent_rank(ranks: str | None, *, has_own_folder: bool) -> bool:
    """Decide whether a writer of this process logs nothing, because that is rank 0's to do.

    A script that names its folder may be one of many independent trainings, for which SLURM sets the same variables:
    it always logs. The default folder is named after the second and the host, and would be a run for every rank.

    Args:
        ranks: "all" or "zero" log; None decides by the folder.
        has_own_folder: Whether the caller has named the folder.

    Raises:
        ValueError: ``ranks`` is something else.
    """
    if ranks not in (None, "all", "zero"):
        raise ValueError(f"ranks is 'all', 'zero' or None, not {ranks!r}")
    if ranks == "all" or (ranks is None and has_own_folder):
        return False
    return find_rank() != 0


@functools.cache
def say_silent_once() -> None:
    """Tell that this process logs nothing, and what would make it; the second time it was told already."""
    warn("rank %d logs nothing, as rank 0 does; SummaryWriter(ranks='all') makes every rank log", find_rank())


def _read_count(*names: str, otherwise: int) -> int:
    for name in names:
        text = os.environ.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return otherwise
