"""A layout of charts as its writer made it (tensorboard/plugins/custom_scalar/layout.proto) -> plain values."""

from dataclasses import dataclass
from typing import Any

from board.errors import MalformedValueError
from writer.format.messages import DecodeError, Layout

__all__ = ["LayoutCategory", "LayoutChart", "MarginSeries", "decode_layout"]

MAX_BYTES = 4 << 20  # of one layout
MAX_CHARTS = 2_000
MAX_PATTERNS = 200  # of one chart
MAX_PATTERN = 1_000  # characters


@dataclass(frozen=True, slots=True)
class MarginSeries:
    """Three tags, letter for letter: a line, and the bounds of the band around it."""

    value: str
    lower: str
    upper: str


@dataclass(frozen=True, slots=True)
class LayoutChart:
    """One chart: the scalars that any of its patterns matches, or lines with bands."""

    title: str
    patterns: tuple[str, ...] = ()  # regular expressions, which have to match a tag from its beginning
    margins: tuple[MarginSeries, ...] = ()

    @property
    def is_margin(self) -> bool:
        """Whether it is one of lines with bands."""
        return bool(self.margins)


@dataclass(frozen=True, slots=True)
class LayoutCategory:
    """Charts under one head."""

    title: str
    is_closed: bool = False  # as its writer wants it at first
    charts: tuple[LayoutChart, ...] = ()


def decode_layout(data: bytes) -> list[LayoutCategory]:
    """Return the categories of a serialised ``Layout``.

    Raises:
        MalformedValueError: it is none, or has more charts than anybody could look at.
    """
    if len(data) > MAX_BYTES:
        raise MalformedValueError(f"the layout has {len(data)} bytes, {MAX_BYTES} are read at most")
    try:
        layout = Layout.FromString(data)
    except DecodeError as error:
        raise MalformedValueError("the layout is not a Layout message") from error
    count = sum(len(category.chart) for category in layout.category)
    if count > MAX_CHARTS:
        raise MalformedValueError(f"the layout has {count} charts, {MAX_CHARTS} are shown at most")
    return [
        LayoutCategory(_text(category.title), category.closed, tuple(_chart(chart) for chart in category.chart))
        for category in layout.category
    ]


def _chart(chart: Any) -> LayoutChart:
    patterns = tuple(_text(tag)[:MAX_PATTERN] for tag in chart.multiline.tag[:MAX_PATTERNS])
    series = tuple(
        MarginSeries(_text(one.value), _text(one.lower), _text(one.upper)) for one in chart.margin.series[:MAX_PATTERNS]
    )
    return LayoutChart(_text(chart.title), patterns, series)


def _text(data: bytes) -> str:
    return bytes(data).decode("utf-8", "surrogateescape")
