"""What a person chose on the command line, as one value."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "LEAST_MEMORY", "Settings"]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 6006  # where a hand that knows TensorBoard types it

LEAST_MEMORY = 64_000_000  # bytes; below it moving points to and fro would be all that happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Made once, in ``cli.py``, and handed down; nothing below reads the environment."""

    logdirs: tuple[str, ...]  # as given: a folder, or ``name=folder``
    graph_files: tuple[Path, ...] = ()  # models in files of their own: .onnx, .pb, .pbtxt, .pt2
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT  # 0: any free one
    opens_browser: bool = True
    base_path: str = ""  # "" or "/a/b": what stands before every path behind a proxy that doesn't strip it
    allowed_hosts: tuple[str, ...] = ()  # names beyond loopback and ``host`` that this board answers to; "*" is all
    cache_dir: Path | None = None  # None: no index is kept
    memory: int | None = None  # bytes that the points may take; None: half of the machine's
    state: str | None = None  # where choices are kept: a path or a URL; None: nowhere
