"""Sound frames around strange messages."""

import math
import struct
from collections.abc import Sequence
from typing import Any

from board.kinds import RUN_GRAPH_TAG
from tests.board.event_files import scalar, scalars
from tests.board.robustness_cases_framing import only
from tests.board.robustness_reading import Build, Case
from tests.writer.format.scans import delimited, metadata, varint
from writer.format.messages import Event, GraphDef
from writer.format.records import encode_record

__all__ = ["MESSAGES"]

POINTS = scalars(10)
STEPS = list(range(10))
KEPT = {"loss": STEPS}
UNDECODABLE = {"undecodable": 1}
PLUGIN = metadata(b"scalars")
ONE = struct.pack("<f", 1)


def amid(*payloads: bytes) -> Build:
    """Good frames around these payloads, between the steps 4 and 5."""
    return only(*POINTS[:6], *map(encode_record, payloads), *POINTS[6:])


def event(*values: dict[str, Any], step: int = 5, **more: Any) -> bytes:
    message = Event(step=step, wall_time=1.79e9, **more)
    for value in values:
        message.summary.value.add(**{"tag": b"odd", **value})
    return bytes(message.SerializeToString())


def tensor(dtype: int, *, shape: Sequence[int] = (), plugin: Any = PLUGIN, **fields: Any) -> bytes:
    dim = [{"size": size} for size in shape]
    return event({"metadata": plugin, "tensor": {"dtype": dtype, "tensor_shape": {"dim": dim}, **fields}})


def of_plugin(plugin: bytes, content: bytes = b"", **value: Any) -> bytes:
    return event({"metadata": metadata(plugin, content), **value})


def groups(depth: int) -> bytes:
    return varint(15 << 3 | 3) * depth + varint(15 << 3 | 4) * depth


def refused(number: int, name: str, payload: bytes) -> Case:
    return Case(number, name, amid(payload), KEPT, UNDECODABLE)


def series(number: int, name: str, kind: str, *payloads: bytes, step: int = 5, is_senseless: bool = False) -> Case:
    """One point of the tag "odd" a payload: kind "" for a scalar."""
    key = f"odd ({kind})" if kind else "odd"
    senseless = frozenset({key} if is_senseless else ())
    return Case(number, name, amid(*payloads), {**KEPT, key: [step] * len(payloads)}, senseless=senseless)


def tagged(name: str, tag: bytes) -> Case:
    text = tag.decode("utf-8", "surrogateescape")
    number = 50 if "UTF-8" in name else 51 if not tag else 52 if len(tag) > 1000 else 53
    return Case(number, name, amid(event({"tag": tag, "simple_value": 1})), {**KEPT, text: [5]})


def histogram(limits: Sequence[float], counts: Sequence[float], **more: Any) -> bytes:
    return event({"histo": {"min": 0.0, "max": 1.0, "bucket_limit": limits, "bucket": counts, **more}})


def graph(*nodes: dict[str, Any]) -> Build:
    return amid(bytes(Event(step=5, graph_def=GraphDef(node=nodes).SerializeToString()).SerializeToString()))


def graph_case(name: str, *nodes: dict[str, Any]) -> Case:
    return Case(70, name, graph(*nodes), {**KEPT, f"{RUN_GRAPH_TAG} (graph)": [5]})


def start(step: int, wall_time: float) -> bytes:
    return encode_record(Event(step=step, wall_time=wall_time, session_log={"status": 1}).SerializeToString())


def restarted(*at: int) -> Build:
    """Ten points, a START at each of these steps, then step 7 again."""
    starts = [start(step, 1_790_000_020.0) for step in at]
    return only(*POINTS, *starts, scalar("loss", 7, 7.0, wall_time=1_790_000_030.0))


def wall_times(*times: float) -> Build:
    return only(*[scalar("loss", i, i, wall_time=time) for i, time in enumerate(times)])


EXTREMES = [-1, -(2**63), 2**63 - 1, 5, 4, 4, 2**53 + 1]
NAN_BITS = [b"\x01\x00\xa0\x7f", b"\xff\xff\xff\xff"]
VALUES = [math.inf, -math.inf, math.nan, 1e-45, -0.0, 3.4028234663852886e38]

MESSAGES = [
    refused(41, "garbage", b"\xde\xad\xbe\xef" * 5),
    refused(41, "text", b"the quick brown fox"),
    refused(42, "a varint cut short", b"\x10\x80"),
    refused(42, "a double cut short", b"\x09\0\0"),
    refused(42, "a length beyond the end", b"\x2a\x05\x0a"),
    refused(43, "a varint of 11 bytes", b"\x10" + b"\xff" * 10 + b"\x01"),
    Case(44, "wrong wire type for the step", amid(delimited(2, b"\x07") + event({"simple_value": 1})),
         {**KEPT, "odd": [5]}),
    Case(45, "a group", amid(groups(3) + event({"simple_value": 1})), {**KEPT, "odd": [5]}),
    refused(45, "the end of a group that did not begin", b"\x7c"),
    refused(45, "a group without end", b"\x7b"),
    refused(46, "field 0", b"\x00\x01"),
    Case(46, "field 2^29 - 1", amid(varint((1 << 29) - 1 << 3) + b"\x01" + event({"simple_value": 1})),
         {**KEPT, "odd": [5]}),
    refused(46, "field 2^29", varint(1 << 32) + b"\x01"),
    refused(47, "groups nested 10,000 deep", groups(10_000)),
    series(48, "unknown fields of 1 MB", "", delimited(77, bytes(1 << 20)) + event({"simple_value": 1})),
    Case(49, "two summaries are one", amid(event({"simple_value": 1}) + event({"simple_value": 2})),
         {**KEPT, "odd": [5, 5]}),
    Case(49, "the last of several contents counts", amid(event({"simple_value": 1}) + delimited(3, b"brain.Event:2")),
         KEPT),
    Case(49, "the last of several values counts", amid(delimited(5, delimited(1, delimited(4, b"") + b"\x15\0\0\0\0"))),
         {**KEPT, "": [0]}),
    tagged("a tag that is no UTF-8", b"a\xff\xc3\x28"),
    tagged("an empty tag", b""),
    tagged("a tag of 1 MB", b"x" * (1 << 20)),
    *[tagged(f"the tag {tag!r}", tag) for tag in (b"nul\0", b"two\nlines", b"\x1b[31mred", "\u202elorac".encode(),
                                                  b"</script><script>", b"../../etc/passwd", b"a" + b"/" * 99)],
    Case(54, "20,000 values in one event",
         amid(event(*[{"tag": b"odd%d" % (i % 4), "simple_value": i} for i in range(20_000)])),
         {**KEPT, **{f"odd{i}": [5] * 5000 for i in range(4)}}),
    Case(55, "no file version", only(*POINTS[1:]), KEPT),
    *[
        Case(56, f"the file version {version!r}",
             only(encode_record(Event(file_version=version).SerializeToString()), *POINTS[1:]), KEPT)
        for version in (b"brain.Event:1", b"brain.Event:99", b"brain.Event:", b"\xff")
    ],
    Case(57, "odd wall times", wall_times(math.nan, math.inf, -math.inf, 1e308, -5.0, 0.0, 5e-324),
         {"loss": [0, 1, 2, 3, 4, 5, 6]}),
    Case(57, "no usable wall time at all", wall_times(math.nan, math.nan), {"loss": [0, 1]}),
    Case(57, "a NaN of other bits", amid(b"\x09" + b"\xff" * 8 + event({"simple_value": 1})[9:]), {**KEPT, "odd": [5]}),
    Case(58, "steps at the end of their range", only(*[scalar("odd", step, 1, wall_time=9) for step in EXTREMES]),
         {"odd": EXTREMES}),
    Case(58, "one step for all", only(*[scalar("odd", 0, i) for i in range(200)]), {"odd": [0] * 200}),
    Case(58, "falling steps", only(*reversed(POINTS)), {"loss": STEPS[::-1]}),
    series(59, "values that are not finite, or hardly there", "", *[event({"simple_value": v}) for v in VALUES]),
    series(59, "NaNs of other bits", "", *[
        delimited(5, delimited(1, delimited(1, b"odd") + b"\x15" + bits)) + b"\x10\x05" for bits in NAN_BITS
    ]),
    series(60, "a scalar of two elements", "tensor", tensor(1, shape=[2], float_val=[1, 2])),
    series(60, "a scalar that is a string", "tensor", tensor(7, string_val=[b"1"])),
    series(60, "a scalar without a value", "tensor", tensor(1)),
    series(60, "a scalar of an unknown type", "tensor", tensor(99, tensor_content=ONE), is_senseless=True),
    series(61, "a shape whose product is beyond 2^64", "tensor",
           tensor(1, shape=[274177, 67280421310721], tensor_content=ONE), is_senseless=True),
    series(61, "a shape of 2^62 elements", "tensor", tensor(1, shape=[2**31, 2**31], float_val=[1]), is_senseless=True),
    series(61, "a negative dimension", "tensor", tensor(1, shape=[-1], float_val=[1]), is_senseless=True),
    series(61, "a product that is right, of negative dimensions", "tensor",
           tensor(1, shape=[-1, -1], float_val=[1]), is_senseless=True),
    series(61, "a rank of 300", "tensor", tensor(1, shape=[1] * 299 + [2], float_val=[1, 2]), is_senseless=True),
    series(61, "an unknown rank", "tensor", event({"metadata": PLUGIN, "tensor": {
        "dtype": 1, "tensor_shape": {"unknown_rank": True}, "tensor_content": ONE}})),
    series(62, "content that is too short", "tensor", tensor(1, tensor_content=ONE[:3]), is_senseless=True),
    series(62, "content that is too long", "tensor", tensor(1, shape=[1], tensor_content=ONE * 2), is_senseless=True),
    series(62, "content of a fraction of an element", "tensor", tensor(2, shape=[3], tensor_content=ONE * 3),
           is_senseless=True),
    series(63, "half and bfloat16", "", tensor(19, half_val=[0x3C00]), tensor(14, half_val=[0x3FC0])),
    series(63, "complex numbers", "tensor", tensor(8, scomplex_val=[1, 0]), tensor(18, dcomplex_val=[1, 0])),
    *[series(63, f"data type {dtype}", "tensor", tensor(dtype, tensor_content=b"\x01"), is_senseless=True)
      for dtype in (13, 15, 16, 20, 21, 24, 25, 29, 30, 101)],
    series(63, "quantised numbers", "tensor", *[tensor(dtype, tensor_content=b"\x01") for dtype in (11, 12)]),
    Case(64, "a tag that changes its kind", amid(
        event({"simple_value": 1}), event({"image": {"encoded_image_string": b"x"}}), event({"simple_value": 2}),
        of_plugin(b"text", tensor={"dtype": 7, "string_val": [b"a"]})),
        {**KEPT, "odd": [5, 5], "odd (image)": [5], "odd (text)": [5]}),
    Case(65, "metadata in the second event only", amid(
        event({"tensor": {"dtype": 7, "string_val": [b"a"]}}),
        of_plugin(b"text", tensor={"dtype": 7, "string_val": [b"b"]}),
        event({"tensor": {"dtype": 7, "string_val": [b"c"]}})),
        {**KEPT, "odd (text)": [5, 5, 5]}),  # as TensorBoard has it: what a tag is holds for the whole run
    Case(65, "other metadata each time", amid(
        *[of_plugin(plugin, tensor={"dtype": 7, "string_val": [b"1", b"1"], "tensor_shape": {"dim": [{"size": 2}]}})
          for plugin in (b"text", b"images", b"", b"nobody's")]),
        {**KEPT, "odd (text)": [5, 5], "odd (image)": [5], "odd (tensor)": [5]}),
    series(66, "an unknown plugin", "tensor", of_plugin(b"nobody's", b"\xff", tensor={"dtype": 1, "float_val": [1]})),
    series(66, "an unknown plugin without a value", "tensor", of_plugin(b"nobody's", b"\xff")),
    series(66, "a plugin's name that is no UTF-8", "tensor", of_plugin(b"\xff", tensor={"dtype": 1, "float_val": [1]})),
    series(67, "a histogram that is not sorted", "histogram", histogram([3, 1, 2], [1, 1, 1])),
    series(67, "a histogram with NaN", "histogram", histogram([math.nan, 1], [1, math.nan], min=math.nan)),
    series(67, "a histogram with NaNs that signal", "histogram",
           of_plugin(b"histograms", tensor={"dtype": 1, "tensor_shape": {"dim": [{"size": 1}, {"size": 3}]},
                                            "tensor_content": NAN_BITS[0] * 3})),
    series(67, "buckets without width", "histogram", histogram([1, 1, 1], [1, 2, 3], min=1.0)),
    series(67, "one bucket", "histogram", histogram([1], [1])),
    series(67, "no bucket", "histogram", histogram([], [])),
    series(67, "100,000 buckets", "histogram", histogram(range(100_000), [1] * 100_000)),
    series(67, "negative counts", "histogram", histogram([1, 2], [-1, -2])),
    series(68, "sums that do not add up", "histogram", histogram([1, 2], [1, 2], num=99, sum=-1e308)),
    series(68, "as many limits as counts, but one", "histogram", histogram([1, 2], [1]), is_senseless=True),
    series(69, "hparams that are no message", "hparams", of_plugin(b"hparams", b"\xff\xff")),
    series(69, "hparams of 1 MB", "hparams", of_plugin(b"hparams", b"\x12" + varint(1 << 20) + bytes(1 << 20))),
    series(69, "hparams whose session never ends", "hparams", of_plugin(b"hparams", b"\x1a\x00")),
    graph_case("2,000 nodes in a circle", *[{"name": b"n%d" % i, "input": [b"n%d" % ((i + 1) % 2000)]}
                                            for i in range(2000)]),
    graph_case("a node that is its own input", {"name": b"a", "input": [b"a", b"^a", b"a:1"]}),
    graph_case("names twice", {"name": b"a"}, {"name": b"a", "input": [b"a"]}, {"name": b""}, {"name": b""}),
    graph_case("inputs that are not there", {"name": b"a", "input": [b"gone", b"", b":", b"^", b"a:b:c"]}),
    graph_case("odd names", {"name": b"/"}, {"name": b"a//b"}, {"name": b"\xff/b"}, {"name": b"a/" * 500}),
    graph_case("a large attribute", {"name": b"a", "attr": [{"key": b"value", "value": {"s": bytes(1 << 22)}}]}),
    Case(70, "a graph that is no message", amid(Event(step=5, graph_def=b"\xff\xff").SerializeToString()),
         {**KEPT, f"{RUN_GRAPH_TAG} (graph)": [5]}, senseless=frozenset({f"{RUN_GRAPH_TAG} (graph)"})),
    Case(71, "START at a lower step", restarted(7), {"loss": [*STEPS, 7]}, hidden={"loss": [7, 8, 9]}),
    Case(71, "START at step 0", restarted(0), {"loss": [*STEPS, 7]}, hidden={"loss": STEPS}),
    Case(71, "START twice", restarted(9, 8), {"loss": [*STEPS, 7]}, hidden={"loss": [8, 9]}),
    Case(71, "START at the greatest step", restarted(2**63 - 1), {"loss": [*STEPS, 7]}),
]  # fmt: skip
