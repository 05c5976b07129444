"""Streams scalars, images, histograms, texts and graphs from a training loop into TensorBoard event files."""

from importlib import import_module
from typing import TYPE_CHECKING

from writer.errors import MissingPackageError, UnsupportedValueError, WriterError

if TYPE_CHECKING:
    from writer.file_writer import FileWriter
    from writer.summary_writer import SummaryWriter

__all__ = ["FileWriter", "MissingPackageError", "SummaryWriter", "UnsupportedValueError", "WriterError"]

_LATE = {"FileWriter": "writer.file_writer", "SummaryWriter": "writer.summary_writer"}


def __getattr__(name: str) -> type:
    """Import the writers when they are first asked for: who only reads, through writer.format, does without them."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: type = getattr(import_module(_LATE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
