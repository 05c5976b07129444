"""Reads training logs: ``board.open("runs")`` gives every run, tag and point as Python values."""

from board.errors import (
    BadRequestError,
    BoardError,
    LogdirError,
    MalformedValueError,
    UnknownRunError,
    UnknownSeriesError,
)

TYPE_CHECKING = False  # as type checkers know it: importing typing is most of what this file would take
if TYPE_CHECKING:
    from board.opening import open  # noqa: A004 - read as board.open

__all__ = [
    "BadRequestError",
    "BoardError",
    "LogdirError",
    "MalformedValueError",
    "UnknownRunError",
    "UnknownSeriesError",
    "open",
]


def __getattr__(name: str) -> object:
    # Late, so that the command can see to Ctrl-C before numpy is imported.
    if name == "open":
        from board.opening import open as open_logs

        return open_logs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
