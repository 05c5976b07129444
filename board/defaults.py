"""What holds unless somebody says otherwise: where our own files lie, and how much memory points may take."""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["cache_folder", "default_memory", "state_folder"]


def cache_folder() -> Path:
    """Return the folder of the indexes, which may be deleted at any moment."""
    return _own_folder("XDG_CACHE_HOME", ".cache")


def state_folder() -> Path:
    """Return the folder of what people chose: names, notes, views."""
    return _own_folder("XDG_STATE_HOME", ".local/state")


def default_memory() -> int:
    """Return half of the memory of this machine or of the control group that we run in, bytes."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError, ValueError):  # no such group, or "max"
        limits.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))  # v2, as containers and batch systems set it
    return min(limits) // 2


def _own_folder(variable: str, otherwise: str) -> Path:
    """Return our folder as the XDG base directory specification has it: a relative path there is to be ignored."""
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / otherwise) / "trainboard"
