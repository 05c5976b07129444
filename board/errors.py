"""What can go wrong in the board, as one tree.

BoardError
  LogdirError           a logdir that is a file, or cannot be listed: the command ends with exit code 2
  UnknownRunError       404
  UnknownSeriesError    404: no such tag, kind or step in the run, or its bytes are no more
  UnknownViewError      404: no such view, or short link
  MalformedValueError   404: the bytes are there, but say nothing that can be shown
  LostPointsError       404: points of which the index is damaged and the event file is no more
  BadRequestError       400
    QueryError          a query for runs that cannot be understood, with its place
  StateError            the state database cannot be used as asked: exit code 2
  NotKeptError          503: what a person chose cannot be kept now
  MissingExtraError     501: a package that is not installed
"""

__all__ = [
    "BadRequestError",
    "BoardError",
    "LogdirError",
    "LostPointsError",
    "MalformedValueError",
    "MissingExtraError",
    "NotKeptError",
    "QueryError",
    "StateError",
    "UnknownRunError",
    "UnknownSeriesError",
    "UnknownViewError",
]


class BoardError(Exception):
    """Base of everything that the board raises on purpose; its text is one sentence for a person."""


class LogdirError(BoardError):
    """A logdir that cannot be read at all."""


class UnknownRunError(BoardError, LookupError):
    """No run of that name."""


class UnknownSeriesError(BoardError, LookupError):
    """No such series in the run, or no such point in the series."""


class UnknownViewError(BoardError, LookupError):
    """No view of that id."""


class MalformedValueError(BoardError, ValueError):
    """A value whose bytes do not make sense as the kind that they claim to be."""


class LostPointsError(BoardError, LookupError):
    """Points that were read once: their index is damaged, and the event file that had them is no more."""


class BadRequestError(BoardError, ValueError):
    """A question that makes no sense."""


class QueryError(BadRequestError):
    """A query for runs that cannot be understood."""

    def __init__(self, message: str, column: int) -> None:
        """Say what is wrong, and where: ``column`` counts characters from 1."""
        super().__init__(f"{message}, column {column}")
        self.column = column


class StateError(BoardError):
    """A place for the state database that cannot be used, and what to do about it."""


class NotKeptError(BoardError):
    """What a person chose cannot be kept: the state database cannot be written at this moment."""


class MissingExtraError(BoardError):
    """Something that needs a package which is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        """Say what needs it, and the command that installs it."""
        super().__init__(f"{what} needs {package}: pip install 'trainboard[{extra}]'")
