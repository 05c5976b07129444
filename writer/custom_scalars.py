"""Layouts of charts that show several scalars at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from writer.errors import UnsupportedValueError
from writer.format.messages import Layout, LayoutChart, Summary, TensorProto
from writer.summaries import encode_tag

__all__ = ["LAYOUT_TAG", "extend_layout", "layout_value"]

LAYOUT_TAG = "custom_scalars__config__"
_DT_STRING = 7


def extend_layout(layout: Any, added: Any, *, replace: bool) -> Any:
    """Return a copy of a ``Layout`` with more charts.

    Args:
        layout: What there is so far.
        added: Category -> title of a chart -> its kind, "Multiline" or "Margin", and its tags. Of a margin chart
            these are value, lower and upper bound. A tag of the other kind is a regular expression. Pairs may
            stand for either mapping.
        replace: A chart takes the place of one with its category and title; otherwise only of its equal.

    Raises:
        UnsupportedValueError: A margin chart has not three tags.
    """
    extended = Layout()
    extended.CopyFrom(layout)
    for title, charts in _pairs(added):
        name = encode_tag(title)
        category = next((each for each in extended.category if each.title == name), None)
        if category is None:
            category = extended.category.add(title=name)
        for chart_title, (kind, tags, *_) in _pairs(charts):
            chart = _chart(chart_title, kind, tags)
            matches = [each for each in category.chart if each == chart or (replace and each.title == chart.title)]
            same = matches[0] if matches else None
            (category.chart.add() if same is None else same).CopyFrom(chart)
    return extended


def layout_value(tag: bytes, layout: Any) -> Any:
    """Make the ``Summary.Value`` that holds a ``Layout``."""
    tensor = TensorProto(dtype=_DT_STRING, string_val=[layout.SerializeToString()])
    tensor.tensor_shape.SetInParent()  # a scalar
    made = Summary.Value(tag=tag, tensor=tensor)
    made.metadata.plugin_data.plugin_name = b"custom_scalars"
    return made


def _pairs(items: Any) -> Any:
    return items.items() if isinstance(items, Mapping) else items


def _chart(title: str, kind: str, tags: Sequence[str]) -> Any:
    chart = LayoutChart(title=encode_tag(title))
    names = [encode_tag(tag) for tag in ([tags] if isinstance(tags, str) else tags)]
    if kind != "Margin":
        chart.multiline.tag.extend(names)
        return chart
    if len(names) != 3:
        raise UnsupportedValueError(f"a margin chart has three tags, value, lower and upper, not {len(names)}")
    value, lower, upper = names
    chart.margin.series.add(value=value, lower=lower, upper=upper)
    return chart
