"""Every encoding of a value, with TensorBoard as the judge where it reads the same bytes."""

import json
from typing import Any

import numpy as np
import pytest
from tensorboard import data_compat
from tensorboard.compat.proto import graph_pb2, summary_pb2, tensor_pb2
from tensorboard.plugins.graph import graph_util, keras_util
from tensorboard.util import tensor_util

from board import kinds
from board.errors import MalformedValueError
from board.model import Kind
from board.tensors import decode_tensor
from writer.format.messages import Event, GraphDef, MetaGraphDef, RunMetadata, TensorProto
from writer.format.records import Encoding


def value_event(**fields: Any) -> tuple[Any, Any]:
    event = Event()
    return event, event.summary.value.add(tag=b"t", **fields)


def string_event(plugin: bytes, strings: list[bytes], shape: list[int]) -> bytes:
    event, value = value_event()
    value.metadata.plugin_data.plugin_name = plugin
    value.tensor.dtype = 7
    value.tensor.string_val.extend(strings)
    for size in shape:
        value.tensor.tensor_shape.dim.add(size=size)
    return bytes(event.SerializeToString())


def tensor_event(array: Any) -> bytes:
    event, value = value_event()
    value.tensor.ParseFromString(tensor_util.make_tensor_proto(array).SerializeToString())
    return bytes(event.SerializeToString())


@pytest.mark.parametrize(
    ("field", "plugin", "kind"),
    [
        ("simple_value", b"", Kind.SCALAR),
        ("image", b"", Kind.IMAGE),
        ("histo", b"histograms", Kind.HISTOGRAM),
        ("audio", b"", Kind.AUDIO),
        ("tensor", b"images", Kind.IMAGE),
        ("tensor", b"audio", Kind.AUDIO),
        ("tensor", b"histograms", Kind.HISTOGRAM),
        ("tensor", b"text", Kind.TEXT),
        ("tensor", b"pr_curves", Kind.PR_CURVE),
        ("tensor", b"mesh", Kind.MESH),
        ("tensor", b"custom_scalars", Kind.CUSTOM_SCALARS),
        ("none", b"hparams", Kind.HPARAMS),
        ("graph_def", b"", Kind.GRAPH),
        ("meta_graph_def", b"", Kind.GRAPH),
        ("tensor", b"graphs", Kind.GRAPH),
        ("tensor", b"graph_run_metadata", Kind.GRAPH),
        ("tensor", b"graph_run_metadata_graph", Kind.GRAPH),
        ("tensor", b"graph_keras_model", Kind.GRAPH),
        ("tagged_run_metadata", b"", Kind.RUN_METADATA),
        ("tensor", b"trainboard_graph_costs", Kind.RUN_METADATA),
        ("tensor", b"scalars", Kind.TENSOR),  # what the scan found to be no scalar
        ("tensor", b"somebody's", Kind.TENSOR),
        ("tensor", b"", Kind.TENSOR),
        ("obsolete_old_style_histogram", b"", Kind.TENSOR),
        ("a field to come", b"", Kind.TENSOR),
    ],
)
def test_kind_of_an_encoding(field: str, plugin: bytes, kind: Kind) -> None:
    assert kinds.kind_of(Encoding(field, plugin)) is kind


def test_images_of_both_forms() -> None:
    event, value = value_event()
    value.image.width, value.image.height, value.image.encoded_image_string = 3, 2, b"png"
    assert kinds.decode(Kind.IMAGE, event.SerializeToString(), 0) == [kinds.EncodedImage(b"png", 3, 2)]
    new = string_event(b"images", [b"3", b"2", b"one", b"two"], [4])
    assert kinds.decode(Kind.IMAGE, new, 0) == [kinds.EncodedImage(b"one", 3, 2), kinds.EncodedImage(b"two", 3, 2)]
    lying = string_event(b"images", [b"9" * 30, b"-2", b"one"], [3])
    assert kinds.decode(Kind.IMAGE, lying, 0) == [kinds.EncodedImage(b"one", 0, 0)]


@pytest.mark.parametrize(
    "histogram",
    [
        {"min": -1.5, "max": 7.5, "bucket_limit": [-1e308, -1, 0, 3, 8, 1e308], "bucket": [0, 2, 0, 5, 1, 0]},
        {"min": 2, "max": 2, "bucket_limit": [1, 3], "bucket": [0, 4]},
        {"min": 0, "max": 0, "bucket_limit": [1, 2, 3], "bucket": [0, 0, 0]},
        {"min": 0, "max": 0, "bucket_limit": [], "bucket": []},
    ],
)
def test_an_older_histogram_becomes_what_tensorboard_makes_of_it(histogram: dict[str, Any]) -> None:
    event, value = value_event()
    for key in ("min", "max"):
        setattr(value.histo, key, histogram[key])
    value.histo.bucket_limit.extend(histogram["bucket_limit"])
    value.histo.bucket.extend(histogram["bucket"])
    judged = data_compat.migrate_value(summary_pb2.Summary.Value.FromString(value.SerializeToString()))
    rows = kinds.decode(Kind.HISTOGRAM, event.SerializeToString(), 0)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows.astype(np.float32), tensor_util.make_ndarray(judged.tensor).reshape(-1, 3))


def test_an_older_histogram_keeps_64_bits() -> None:
    event, value = value_event()
    value.histo.min, value.histo.max = 0.1, 2**53 + 1
    value.histo.bucket_limit.extend([1.0])
    value.histo.bucket.extend([16_777_217])
    assert kinds.decode(Kind.HISTOGRAM, event.SerializeToString(), 0).tolist() == [[0.1, 2**53, 16_777_217]]


def test_text_of_any_rank_keeps_its_shape() -> None:
    flat = kinds.decode(Kind.TEXT, string_event(b"text", [b"*a*"], []), 0)
    assert (flat.shape, flat.item()) == ((), "*a*")
    table = kinds.decode(Kind.TEXT, string_event(b"text", [b"a", b"b", b"c", b"\xff"], [2, 2]), 0)
    assert table.tolist() == [["a", "b"], ["c", "\udcff"]]
    assert kinds.decode(Kind.TEXT, string_event(b"text", [], [0]), 0).shape == (0,)


def test_audio_of_both_forms() -> None:
    event, value = value_event()
    value.audio.encoded_audio_string, value.audio.content_type, value.audio.sample_rate = b"RIFF", b"audio/wav", 8000
    (old,) = kinds.decode(Kind.AUDIO, event.SerializeToString(), 0)
    assert (old.data, old.content_type, old.sample_rate) == (b"RIFF", "audio/wav", 8000)
    new = kinds.decode(Kind.AUDIO, string_event(b"audio", [b"one", b"_x_", b"two", b""], [2, 2]), 0)
    assert [(clip.data, clip.label) for clip in new] == [(b"one", "_x_"), (b"two", "")]


@pytest.mark.parametrize(
    "dtype",
    [np.dtype(code).name for code in "e f d F D ? b h i q B H I Q".split()],  # noqa: SIM905 - shorter to read
)
@pytest.mark.parametrize("shape", [(), (1,), (3, 2), (0, 3)])
def test_tensors_of_every_type_are_what_tensorboard_reads(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(int(np.prod(shape)), dtype=np.float64).astype(dtype).reshape(shape)
    proto = tensor_util.make_tensor_proto(array)
    packed = TensorProto.FromString(proto.SerializeToString())
    decoded = decode_tensor(packed)
    assert decoded.dtype == array.dtype
    np.testing.assert_array_equal(decoded, array)
    if proto.dtype not in (22, 23):  # TensorBoard writes uint32 and uint64, but reads neither from a field
        np.testing.assert_array_equal(decoded, tensor_util.make_ndarray(proto).reshape(shape))


def test_tensor_values_in_fields_and_a_repeated_last_one() -> None:
    for dtype, field, values in [(1, "float_val", [1.5]), (3, "int_val", [-3]), (19, "half_val", [0x3C00])]:
        proto = tensor_pb2.TensorProto(dtype=dtype, **{field: values})
        proto.tensor_shape.dim.add(size=4)
        decoded = decode_tensor(TensorProto.FromString(proto.SerializeToString()))
        np.testing.assert_array_equal(decoded, tensor_util.make_ndarray(proto))
    bfloat16 = TensorProto(dtype=14, half_val=[0x3FC0, 0xC000])
    assert decode_tensor(bfloat16).tolist() == [1.5, -2.0]


def test_a_shape_takes_no_memory_by_its_own_say_so() -> None:
    proto = TensorProto(dtype=1, float_val=[1.0])
    for size in (2**30, 2**30):
        proto.tensor_shape.dim.add(size=size)
    with pytest.raises(MalformedValueError, match="only 1 values"):
        decode_tensor(proto)


# -- graphs


def test_graphs_of_events() -> None:
    graph = GraphDef()
    graph.node.add(name=b"a", op=b"Const")
    data = graph.SerializeToString()
    assert kinds.decode(Kind.GRAPH, Event(graph_def=data).SerializeToString(), -1) == data
    meta = MetaGraphDef(graph_def=graph).SerializeToString()
    assert kinds.decode(Kind.GRAPH, Event(meta_graph_def=meta).SerializeToString(), -1) == data
    assert kinds.decode(Kind.GRAPH, string_event(b"graphs", [data], []), 0) == data


def test_traced_functions_are_merged_as_tensorboard_merges_them() -> None:
    metadata, judged = RunMetadata(), []
    for number in (1, 2):
        graph = metadata.function_graphs.add().pre_optimization_graph
        graph.versions.producer = 22
        graph.node.add(name=b"x", op=b"Placeholder")
        call = graph.node.add(name=b"call", op=b"PartitionedCall", input=[b"x", b"x:1"])
        call.attr.add(key=b"f").value.func.name = b"inner"
        graph.library.function.add().signature.name = b"inner%d" % number
        judged.append(graph_pb2.GraphDef.FromString(graph.SerializeToString()))
    for plugin in (b"graph_run_metadata", b"graph_run_metadata_graph", b""):
        data = kinds.decode(Kind.GRAPH, string_event(plugin, [metadata.SerializeToString()], []), 0)
        assert graph_pb2.GraphDef.FromString(data) == graph_util.merge_graph_defs(judged)
    one = RunMetadata(function_graphs=metadata.function_graphs[:1])
    data = kinds.decode(Kind.GRAPH, string_event(b"graph_run_metadata", [one.SerializeToString()], []), 0)
    assert graph_pb2.GraphDef.FromString(data) == judged[0]


def history(name: str, tensor: int = 0) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, tensor]}}


def layer(name: str, *inputs: str, class_name: str = "Dense", **more: Any) -> dict[str, Any]:
    sources = [history(source) for source in inputs]
    nodes = [{"args": [sources] if len(sources) > 1 else sources}]
    return {
        "class_name": class_name,
        "config": {"name": name, "dtype": {"config": {"name": "float32"}}, **more},
        "inbound_nodes": nodes if inputs else [],
    }


INNER = layer(
    "inner", "in", layers=[layer("i_in", class_name="InputLayer"), layer("i_a", "i_in"), layer("i_b", "i_a")],
    input_layers=["i_in", 0, 0], output_layers=[["i_a", 0, 0], ["i_b", 0, 0]], class_name="Functional",
)  # fmt: skip
FUNCTIONAL = {
    "class_name": "Functional",
    "config": {
        "name": "model",
        "layers": [layer("in", class_name="InputLayer"), INNER, layer("x", "in"), layer("sum", "x", "inner")],
        "input_layers": ["in", 0, 0],
        "output_layers": ["sum", 0, 0],
    },
}
SEQUENTIAL = {
    "class_name": "Sequential",
    "config": {
        "name": "seq",
        "layers": [
            {"class_name": "Conv2D", "config": {"name": "conv", "dtype": "float16"}},
            {"class_name": "Sequential", "config": {"name": "body", "layers": [
                {"class_name": "Dense", "config": {"name": "d1", "dtype": "not a type"}},
                {"class_name": "Dense", "config": {"name": "d2"}},
            ]}},
            {"class_name": "Dense", "config": {"name": "out"}},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("model", [FUNCTIONAL, SEQUENTIAL], ids=["functional", "sequential"])
def test_a_keras_model_is_the_graph_that_tensorboard_draws(model: dict[str, Any]) -> None:
    payload = string_event(b"graph_keras_model", [json.dumps(model).encode()], [])
    graph = graph_pb2.GraphDef.FromString(kinds.decode(Kind.GRAPH, payload, 0))
    assert graph == keras_util.keras_model_to_graph_def(model)
    assert sum(len(node.input) for node in graph.node) >= 3


def test_a_keras_2_model_keeps_its_edges() -> None:
    model = {
        "config": {
            "name": "m",
            "layers": [
                {"config": {"name": "in"}, "inbound_nodes": []},
                {"config": {"name": "a"}, "inbound_nodes": [[["in", 0, 0, {}]]]},
                {"config": {"name": "b"}, "inbound_nodes": [[["in", 0, 0, {}], ["a", 0, 0, {}]]]},
            ],
        }
    }
    graph = GraphDef.FromString(
        kinds.decode(Kind.GRAPH, string_event(b"graph_keras_model", [json.dumps(model).encode()], []), 0)
    )
    assert [(n.name, list(n.input)) for n in graph.node] == [
        (b"m/in", []),
        (b"m/a", [b"m/in"]),
        (b"m/b", [b"m/in", b"m/a"]),
    ]


# -- what makes no sense


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.IMAGE, string_event(b"images", [b"3"], [1])),
        (Kind.IMAGE, tensor_event(np.zeros(3))),
        (Kind.IMAGE, Event(step=1).SerializeToString()),
        (Kind.HISTOGRAM, tensor_event(np.zeros((2, 4)))),
        (Kind.HISTOGRAM, string_event(b"histograms", [b"a", b"b", b"c"], [1, 3])),
        (Kind.TEXT, tensor_event(np.zeros(3))),
        (Kind.TEXT, string_event(b"text", [b"a", b"b"], [3, -1])),
        (Kind.TEXT, string_event(b"text", [b"a", b"b"], [1])),
        (Kind.GRAPH, string_event(b"graph_keras_model", [b"[" * 100_000], [])),
        (Kind.GRAPH, string_event(b"graph_keras_model", [b'{"config": {"name": 1, "layers": [3]}}'], [])),
        (Kind.GRAPH, string_event(b"graph_run_metadata", [b"\xff\xff"], [])),
        (Kind.GRAPH, string_event(b"graphs", [b"a", b"b"], [2])),
        (Kind.AUDIO, b"\xff\xff"),
    ],
)
def test_nonsense_is_one_clear_error(kind: Kind, payload: bytes) -> None:
    with pytest.raises(MalformedValueError):
        kinds.decode(kind, payload, 0)


def test_a_value_of_another_tag_is_not_given_out() -> None:
    payload = string_event(b"text", [b"secret"], [])
    assert kinds.decode(Kind.TEXT, payload, 0, tag="t").item() == "secret"
    with pytest.raises(MalformedValueError):
        kinds.decode(Kind.TEXT, payload, 0, tag="other")


def test_costs_are_json_or_nothing() -> None:
    assert kinds.decode_costs(string_event(b"trainboard_graph_costs", [b'{"version": 1}'], []), 0) == {"version": 1}
    for strange in (b"[1]", b"{", b"[" * 100_000):
        assert kinds.decode_costs(string_event(b"trainboard_graph_costs", [strange], []), 0) is None
    assert kinds.decode_costs(b"\xff", 0) is None
