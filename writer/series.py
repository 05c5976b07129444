"""Names what a value is logged under: a tag of the run itself, or of a sub-run."""

from writer.errors import UnsupportedValueError

__all__ = ["Series", "check_tag", "split"]


class Series:
    """A tag in a sub-run. Equal only to itself, which makes it a fast key; whoever makes them keeps them."""

    __slots__ = ("sub_run", "tag")

    def __init__(self, sub_run: str, tag: str) -> None:
        """Name a tag in the folder ``sub_run``, relative to the run's own."""
        self.sub_run = sub_run
        self.tag = tag


def check_tag(tag: object) -> None:
    """Raise UnsupportedValueError where a tag is no string."""
    if not isinstance(tag, str):
        raise UnsupportedValueError(f"a tag is a string, not {type(tag).__name__}")


def split(series: Series | str) -> tuple[str, str]:
    """Tell sub-run and tag apart; a tag, which nobody may have checked yet, is described where it is no string."""
    sub_run, tag = (series.sub_run, series.tag) if isinstance(series, Series) else ("", series)
    return sub_run, tag if isinstance(tag, str) else _describe(tag)


def _describe(tag: object) -> str:
    try:
        return repr(tag)[:100]
    except Exception:  # whatever a stranger's object raises
        return f"a tag of type {type(tag).__name__}"
