"""Reads training logs: ``board.open("runs")`` gives every run, tag and point as Python values."""

from board.errors import (
    BadRequestError,
    BoardError,
    LogdirError,
    MalformedValueError,
    UnknownRunError,
    UnknownSeriesError,
)
from board.logs import open  # noqa: A004 - read as board.open

__all__ = [
    "BadRequestError",
    "BoardError",
    "LogdirError",
    "MalformedValueError",
    "UnknownRunError",
    "UnknownSeriesError",
    "open",
]
