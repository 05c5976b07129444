"""Streams scalars, images, histograms, texts and graphs from a training loop into TensorBoard event files."""

from writer.errors import MissingPackageError, UnsupportedValueError, WriterError
from writer.summary_writer import SummaryWriter

__all__ = ["MissingPackageError", "SummaryWriter", "UnsupportedValueError", "WriterError"]
