"""Layouts of several runs become the one that TensorBoard makes; patterns match the tags that it matches."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME as SCALARS

import board
from board.errors import MalformedValueError
from board.layouts.decoding import LayoutCategory, LayoutChart, MarginSeries, decode_layout
from board.layouts.matching import match_tags
from tests.board.logged import append_events, scalar
from tests.board.tensorboard_plugins import CustomScalarsPlugin, ScalarsPlugin
from writer.format.messages import Event, Layout

CORPUS = Path(__file__).resolve().parents[2] / "corpus/logs"
TAGS = ["loss/train", "loss/val", "Loss/test", "a.b", "axb", "acc (top 1)", "deep/loss/x", "é/ü"]


def layout(*categories: tuple[str, list[tuple[str, list[str]]], bool]) -> bytes:
    made = Layout()
    for title, charts, closed in categories:
        category = made.category.add(title=title.encode(), closed=closed)
        for chart_title, tags in charts:
            category.chart.add(title=chart_title.encode()).multiline.tag.extend(tag.encode() for tag in tags)
    return bytes(made.SerializeToString())


def event(data: bytes, step: int = 0) -> bytes:
    made = Event(wall_time=1.7e9 + step, step=step)
    value = made.summary.value.add(tag=b"custom_scalars__config__")
    value.metadata.plugin_data.plugin_name = b"custom_scalars"
    value.tensor.dtype = 7
    value.tensor.tensor_shape.SetInParent()
    value.tensor.string_val.append(data)
    return bytes(made.SerializeToString())


def tensorboard(logdir: Path) -> CustomScalarsPlugin:
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    context = SimpleNamespace(
        data_provider=provider, sampling_hints=None, logdir=str(logdir), plugin_name_to_instance={}
    )
    context.plugin_name_to_instance[SCALARS] = ScalarsPlugin(context)
    return CustomScalarsPlugin(context)


def spelled(categories: list[LayoutCategory]) -> list[Any]:
    """As TensorBoard's JSON has them."""
    return [
        (
            category.title,
            category.is_closed,
            [
                (
                    chart.title,
                    list(chart.patterns),
                    [{"value": s.value, "lower": s.lower, "upper": s.upper} for s in chart.margins],
                )
                for chart in category.charts
            ],
        )
        for category in categories
    ]


def theirs(logdir: Path) -> list[Any]:
    found = json.loads(tensorboard(logdir).layout_impl(RequestContext(), ""))
    return [
        (
            category.get("title", ""),
            category.get("closed", False),
            [
                (
                    chart.get("title", ""),
                    list(chart.get("multiline", {}).get("tag", [])),
                    list(chart.get("margin", {}).get("series", [])),
                )
                for chart in category.get("chart", [])
            ],
        )
        for category in found["category"]
    ]


def test_layouts_of_several_runs_become_the_one_that_tensorboard_makes(tmp_path: Path) -> None:
    first = layout(("losses", [("all", ["loss.*"])], False), ("rest", [("acc", ["acc"])], True))
    second = layout(("rest", [("acc", ["acc"]), ("acc", ["acc.*"])], False), ("new", [("one", ["x"])], True))
    append_events(tmp_path / "b", [event(second)])
    append_events(tmp_path / "a", [event(layout(("gone", [], False))), event(first, 1)])
    with board.open(tmp_path, cache=False) as logs:
        merged, problems = logs.layouts.merged()
        assert problems == []
        assert spelled(merged) == theirs(tmp_path)
        assert [(category.title, category.is_closed, len(category.charts)) for category in merged] == [
            ("losses", False, 1),
            ("rest", True, 2),
            ("new", True, 1),
        ]
        assert [category.title for category in logs["b"].layout] == ["rest", "new"]


def test_layouts_of_the_reference_logs_are_those_of_tensorboard() -> None:
    with board.open(CORPUS, cache=False) as logs:
        merged, problems = logs.layouts.merged()
    assert problems == []
    assert spelled(merged) == theirs(CORPUS)
    assert len(merged) == 2


def test_margins_are_decoded_and_what_is_no_layout_is_said(tmp_path: Path) -> None:
    made = Layout()
    made.category.add(title=b"c").chart.add(title=b"m").margin.series.add(value=b"v", lower=b"l", upper=b"u")
    data = made.SerializeToString()
    assert decode_layout(data) == [LayoutCategory("c", False, (LayoutChart("m", (), (MarginSeries("v", "l", "u"),)),))]
    append_events(tmp_path / "good", [event(data)])
    append_events(tmp_path / "bad", [event(b"\xff\xff\xff")])
    with board.open(tmp_path, cache=False) as logs:
        merged, problems = logs.layouts.merged()
        assert [category.title for category in merged] == ["c"]
        assert problems == [("bad", "the layout is not a Layout message")]
        with pytest.raises(MalformedValueError):
            _ = logs["bad"].layout
    with pytest.raises(MalformedValueError, match="bytes, 4194304 are read at most"):
        decode_layout(b"x" * (4 << 20) + b"x")
    with pytest.raises(MalformedValueError, match="2001 charts"):
        decode_layout(layout(("many", [("", [])] * 2001, False)))


@pytest.mark.parametrize(
    "pattern",
    ["loss.*", "loss/train", "LOSS", "Loss", "a.b", r"a\.b", "train", ".*loss", "^loss/(train|val)$", "é/.", "loss/"],
)
def test_patterns_match_the_tags_that_tensorboard_matches(tmp_path: Path, pattern: str) -> None:
    append_events(tmp_path / "run", [scalar(tag, 0, 1.0) for tag in TAGS])
    found = tensorboard(tmp_path).scalars_impl(RequestContext(), "run", pattern, "")
    assert found["regex_valid"]
    ((matched,),) = match_tags([[pattern]], TAGS)
    assert (sorted(matched.tags), matched.error) == (sorted(found["tag_to_events"]), None)


def test_what_is_no_regex_says_so_unless_it_is_a_tag() -> None:
    ((look, empty, own, open_one),) = match_tags([["(?=x)", "", "acc (top 1)", "acc ("]], [*TAGS, "acc ("])
    assert (look.tags, look.error) == ((), "not a regex, invalid perl operator: (?=")
    assert (empty.tags, empty.error) == ((), "an empty pattern matches nothing")
    assert (own.tags, own.error) == (("acc (top 1)",), None)
    assert (open_one.tags, open_one.error) == (("acc (",), None)
    many = match_tags([[f"loss/{i}" for i in range(2_000)]], TAGS)[0]
    assert many[0].error is None
    assert many[-1].error == "too much to do"
    hostile = "(a*)*" * 20 + "b"
    ((slow,),) = match_tags([[hostile]], ["a" * 3000])
    assert slow.tags == ()
