"""Says what a report of a fault should contain: versions, what is compiled, limits, folders."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from board.assets import find_assets, find_plotly
from writer.format.compiled import load_compiled

__all__ = ["examine", "installed_version"]

PACKAGES = ("fastapi", "starlette", "uvicorn", "numpy", "protobuf", "google-crc32c", "watchfiles", "plotly", "torch")
COMPILED = {  # what it means to be without: benchmarks/ingest.py and benchmarks/pixels.py measure it
    "writer.format._encode": "which logs scalars a fifth as fast",
    "writer.format._records": "which reads logs about 80 times as slowly",
    "board.store._series": "which draws long curves several times as slowly",
}
INOTIFY = Path("/proc/sys/fs/inotify")


def examine(cache_dir: Path, state_dir: Path) -> Iterator[tuple[str, str]]:
    """Yield topics and findings; what is missing is a finding, never an error."""
    yield "trainboard", installed_version("trainboard")
    yield "python", f"{platform.python_version()}, {platform.platform()}, {os.cpu_count()} processors"
    for name in PACKAGES:
        yield name, installed_version(name)
    for module, meaning in COMPILED.items():
        loaded, reason = load_compiled(module)
        yield module.rpartition(".")[2].strip("_"), reason if loaded else f"plain Python, {meaning}: {reason}"
    yield "plotly.min.js", _found(lambda: find_plotly().path)
    yield "static", _found(lambda: find_assets("static"))
    yield "templates", _found(lambda: find_assets("templates"))
    yield "inotify", _inotify()
    yield "cache", _folder(cache_dir)
    yield "state", _folder(state_dir)


def installed_version(name: str) -> str:
    """Return the version of an installed distribution, or that there is none, as in a bare checkout."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _found(find: Callable[[], Path]) -> str:
    try:
        return str(find())
    except FileNotFoundError as error:
        return str(error)


def _inotify() -> str:
    """Say how many watchers this user may have: at the limit the board polls."""
    if sys.platform != "linux":
        return "not on this system"
    try:
        limits = {name: (INOTIFY / name).read_text().strip() for name in ("max_user_instances", "max_user_watches")}
    except OSError as error:
        return f"unknown ({error.strerror})"
    return ", ".join(f"{name} {limit}" for name, limit in limits.items())


def _folder(folder: Path) -> str:
    """Say whether we may write there; nothing is made."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    if not os.access(existing, os.W_OK):
        return f"{folder}, which cannot be written ({existing} belongs to somebody else)"
    return f"{folder}" if folder.is_dir() else f"{folder}, not made yet"
