"""What can go wrong between a value and its event file.

    WriterError
      UnsupportedValueError    a value that cannot be logged: refused, counted, warned of once a tag
        MissingPackageError    ... for want of an optional package: warned of once

None of them reaches a training loop: the writer counts and warns instead.
"""

__all__ = ["CONVERSION_ERRORS", "MissingPackageError", "UnsupportedValueError", "WriterError"]


class WriterError(Exception):
    """Base of the writer's errors."""


class UnsupportedValueError(WriterError):
    """A value cannot be logged as what it was given for; the message says what would be taken."""


class MissingPackageError(UnsupportedValueError):
    """A kind of value needs an optional package; the message says how to install it."""


# What a stranger's value may raise while it is taken or turned into bytes: its own methods run then, and may raise
# anything. Caught where one value is refused and the training goes on, and nowhere else.
CONVERSION_ERRORS = (Exception,)
