"""Names what a value is logged under: a tag of the run itself, or of a sub-run."""

__all__ = ["Series", "split"]


class Series:
    """A tag in a sub-run. Equal only to itself, which makes it a fast key; whoever makes them keeps them."""

    __slots__ = ("sub_run", "tag")

    def __init__(self, sub_run: str, tag: str) -> None:
        """Name a tag in the folder ``sub_run``, relative to the run's own."""
        self.sub_run = sub_run
        self.tag = tag


def split(series: Series | str) -> tuple[str, str]:
    """Tell sub-run and tag apart; a bare tag, which nobody has checked yet, belongs to the run itself."""
    if isinstance(series, Series):
        return series.sub_run, series.tag
    return "", series if isinstance(series, str) else repr(series)[:100]
