"""Streams scalars, images, histograms, texts and graphs from a training loop into TensorBoard event files."""

from writer.errors import MissingPackageError, UnsupportedValueError, WriterError
from writer.file_writer import FileWriter
from writer.summary_writer import SummaryWriter

__all__ = ["FileWriter", "MissingPackageError", "SummaryWriter", "UnsupportedValueError", "WriterError"]
