"""What the plugin methods do beyond torch's class, and with values that make no sense."""

import json
import math
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.projector import projector_config_pb2
from tensorboard.util import tensor_util

from tests.writer.tensorboard_reader import find_event_files, read_only_file, read_own, read_python, read_tags
from writer import SummaryWriter

PARTS = ["experiment", "session_end_info", "session_start_info"]


def read_dropped(folder: Path) -> dict[str, int]:
    """Counts in the end marker of a folder's only file."""
    return {entry.tag.decode(): entry.count for entry in read_own(read_only_file(folder)[-1]).end.dropped}


def read_hparams(folder: Path, part: str) -> Any:
    """One of the three messages of a trial."""
    content = read_python(folder).summary_metadata[f"_hparams_/{part}"].plugin_data.content
    return getattr(plugin_data_pb2.HParamsPluginData.FromString(content), part)


def read_config(folder: Path) -> Any:
    """The projector's list."""
    text = (folder / "projector_config.pbtxt").read_text()
    return text_format.Parse(text, projector_config_pb2.ProjectorConfig())


def test_many_scalars_in_one_run(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_scalars("loss/all", {"train": 1.0, "test": 2.0}, 3, one_run=True)
    assert read_tags(tmp_path) == {"scalars": ["loss/all/test", "loss/all/train"]}
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_hparams_in_one_run_with_their_types(tmp_path: Path) -> None:
    given = {"fast": True, "numpy": np.bool_(False), "none": None, "lr": np.float32(0.5), "name": "a"}
    with SummaryWriter(tmp_path) as log:
        log.add_hparams(given, {"accuracy": 0.5}, {"fast": [True, False]}, global_step=9, one_run=True, typed=True)
    assert len(find_event_files(tmp_path)) == 1
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    assert read_tags(tmp_path)["scalars"] == ["accuracy"]
    start = read_hparams(tmp_path, "session_start_info").hparams
    assert start["fast"].WhichOneof("kind") == start["numpy"].WhichOneof("kind") == "bool_value"
    assert (start["fast"].bool_value, start["numpy"].bool_value) == (True, False)
    assert (start["lr"].number_value, start["name"].string_value) == (0.5, "a")
    assert "none" not in start
    infos = {info.name: info for info in read_hparams(tmp_path, "experiment").hparam_infos}
    assert {name: info.type for name, info in infos.items()} == {"fast": 2, "numpy": 2, "lr": 3, "name": 1}
    assert [value.bool_value for value in infos["fast"].domain_discrete.values] == [True, False]


def test_one_bad_hparam_leaves_the_others(tmp_path: Path) -> None:
    given = {"lr": 0.1, "list": [1, 2], "huge": 10**400, "object": object(), "two": torch.zeros(2)}
    with SummaryWriter(tmp_path) as log:
        log.add_hparams(given, {"bad": "metric", "good": 1.0}, {"unknown": [1], "lr": 5}, "trial")  # type: ignore[dict-item]
        log.add_hparams({}, {5: 1.0}, run_name="trial")  # type: ignore[dict-item]
        log.add_hparams(5, {}, run_name="trial")  # type: ignore[arg-type]
        log.add_hparams({}, None, run_name="trial")  # type: ignore[arg-type]
    start = read_hparams(tmp_path / "trial", "session_start_info")
    assert list(start.hparams) == ["lr"]
    assert read_tags(tmp_path / "trial")["scalars"] == ["good"]
    refused = {f"_hparams_/{name}": 1 for name in ("list", "huge", "object", "two", "unknown", "lr")}
    assert read_dropped(tmp_path) == {**refused, "_hparams_/session_start_info": 2}
    assert read_dropped(tmp_path / "trial") == {"bad": 1, "5": 1, "_hparams_/experiment": 1}


MANY = """
    import resource, sys
    from writer import SummaryWriter
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    with SummaryWriter(sys.argv[1]) as log:
        for step in range(2):
            for number in range(150):
                log.add_hparams({"number": number}, {"score": float(step)}, run_name=f"trial{number}", global_step=step)
            log.add_scalars("all", {f"{number}": 1.0 for number in range(150)}, step)
            log.flush()
"""


def test_hundreds_of_sub_runs_need_no_descriptor_each(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(MANY), str(tmp_path)]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True, timeout=60)
    for number in range(150):
        trial, line = tmp_path / f"trial{number}", tmp_path / f"all_{number}"
        assert read_own(read_only_file(trial)[-1]).end.written == 8
        assert [point.value for point in read_python(trial).Scalars("score")] == [0.0, 1.0]
        assert [point.step for point in read_python(line).Scalars("all")] == [0, 1]
        assert len(find_event_files(line)) == 1


def test_layouts_of_several_calls_stand_side_by_side(tmp_path: Path) -> None:
    tags = ["a", "b"]
    with SummaryWriter(tmp_path) as log:
        log.add_custom_scalars_multilinechart(tags, "first", "lines")
        tags.append("changed later")
        log.add_custom_scalars_marginchart(["v", "l", "u"], "first", "band")
        log.add_custom_scalars_marginchart(["v", "l", "u"], "first", "band")
        log.add_custom_scalars_marginchart(["v2", "l", "u"], "first", "band")
        log.add_custom_scalars({"second": {"lines": ["Multiline", ["c"]]}, "first": {"lines": ["Multiline", ["d"]]}})
        for bad in (5, {"a": 5}, {"a": {"b": ["Margin", ["x"]]}}, {"a": {"b": ["Multiline"]}}, {1: {}}):
            log.add_custom_scalars(bad)  # type: ignore[arg-type]
    points = read_python(tmp_path).Tensors("custom_scalars__config__")
    layouts = [layout_pb2.Layout.FromString(point.tensor_proto.string_val[0]) for point in points]
    assert list(layouts[0].category[0].chart[0].multiline.tag) == ["a", "b"]
    found = {
        each.title: [(chart.title, chart.WhichOneof("content")) for chart in each.chart]
        for each in layouts[-1].category
    }
    assert found == {
        "first": [("lines", "multiline"), ("band", "margin"), ("band", "margin")],
        "second": [("lines", "multiline")],
    }
    first = layouts[-1].category[0]
    assert list(first.chart[0].multiline.tag) == ["d"]
    assert [chart.margin.series[0].value for chart in first.chart[1:]] == ["v", "v2"]
    assert read_dropped(tmp_path) == {"custom_scalars__config__": 5}


def test_embeddings_of_several_sessions_stay_in_the_list(tmp_path: Path) -> None:
    points = torch.zeros(3, 2)
    with SummaryWriter(tmp_path) as log:
        log.add_embedding(points, ["a\nb", "c\td", None], tag="labels")
        log.add_embedding(points, torch.tensor([3, 1, 2]), tag="numbers")
        log.flush()
        assert (tmp_path / "00000/labels/metadata.tsv").read_text() == "a b\nc d\nNone\n"
    with SummaryWriter(tmp_path) as log:
        points[:] = 1
        log.add_embedding(points, [torch.tensor(1), np.int64(2), 3], tag="labels")
        points[:] = 2
        log.add_embedding(points.bfloat16(), global_step=torch.tensor(123456), tag="..")
    names = [each.tensor_name for each in read_config(tmp_path).embeddings]
    assert names == ["numbers:00000", "labels:00000", "..:123456"]
    assert (tmp_path / "00000/labels/metadata.tsv").read_text() == "1\n2\n3\n"
    assert (tmp_path / "00000/numbers/metadata.tsv").read_text() == "3\n1\n2\n"
    assert (tmp_path / "00000/labels/tensors.tsv").read_text() == "1.0\t1.0\n" * 3
    assert (tmp_path / "123456/%2e%2e/tensors.tsv").read_text() == "2.0\t2.0\n" * 3


def test_a_broken_list_of_embeddings_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "projector_config.pbtxt").write_bytes(b"embeddings { \xff")
    with SummaryWriter(tmp_path) as log:
        log.add_embedding(np.ones((2, 2)))
    assert [each.tensor_name for each in read_config(tmp_path).embeddings] == ["default:00000"]


def test_embeddings_that_make_no_sense_are_counted(tmp_path: Path) -> None:
    (tmp_path / "00000").mkdir()
    (tmp_path / "00000/file").write_text("in the way")
    points = np.ones((3, 2))
    with SummaryWriter(tmp_path) as log:
        log.add_embedding(np.ones(3))
        log.add_embedding(np.ones((0, 3)))
        log.add_embedding("no points")
        log.add_embedding(points, ["too", "few"])
        log.add_embedding(points, 5)
        log.add_embedding(points, ["a", "b", "c"], metadata_header=["x", "y"])
        log.add_embedding(points, label_img=np.zeros((3, 2, 4, 4)))
        log.add_embedding(points, global_step="one")
        log.add_embedding(points, tag=5)  # type: ignore[arg-type]
        log.add_embedding(points, tag="file")
        log.add_scalar("a", 1.0, 1)
    assert read_dropped(tmp_path) == {"default": 8, "5": 1, "file": 1}
    assert not (tmp_path / "projector_config.pbtxt").exists()


def test_curves_with_odd_values(tmp_path: Path) -> None:
    truth = np.array([1, 0, 1, 1])
    with SummaryWriter(tmp_path) as log:
        log.add_pr_curve("whole", truth[:2], np.array([0.9, 0.2]), 0, 5)
        log.add_pr_curve("odd", truth, np.array([0.9, 0.2, math.nan, 7.0]), 0, 5)
        log.add_pr_curve("empty", np.zeros(0), np.zeros(0), 0, 5)
        log.add_pr_curve("one weight", [True, False], [[0.9], [0.2]][0] + [0.2], 0, 5, weights=2.0)
        log.add_pr_curve("shapes", truth, np.zeros(3))
        log.add_pr_curve("none", truth, None)
        log.add_pr_curve("thresholds", truth, truth, num_thresholds=0)
        log.add_pr_curve_raw("lengths", [1], [1], [1], [1], [1], [1, 2])
        log.add_pr_curve_raw("words", "a", "b", "c", "d", "e", "f")
    reader = read_python(tmp_path)
    rows = {tag: tensor_util.make_ndarray(reader.Tensors(tag)[0].tensor_proto) for tag in reader.Tags()["tensors"]}
    assert sorted(rows) == ["empty", "odd", "one weight", "whole"]
    np.testing.assert_array_equal(rows["odd"], rows["whole"])
    np.testing.assert_array_equal(rows["one weight"][:4], 2 * rows["whole"][:4])
    assert not rows["empty"].any()
    assert set(read_dropped(tmp_path)) == {"shapes", "none", "thresholds", "lengths", "words"}


def test_meshes_that_make_no_sense_are_counted(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_mesh("flat", np.zeros((4, 3)))
        log.add_mesh("two", np.zeros((1, 4, 2)))
        log.add_mesh("none", None)
        log.add_mesh("config", np.zeros((1, 4, 3)), config_dict={"a": object()})
        log.add_mesh("faces", np.zeros((1, 4, 3)), faces=np.zeros(3))
        log.add_mesh("odd", np.full((1, 2, 3), math.nan))
        log.add_mesh("empty", np.zeros((1, 0, 3)))
    assert read_dropped(tmp_path) == dict.fromkeys(["flat", "two", "none", "config", "faces"], 1)
    assert read_tags(tmp_path)["tensors"] == ["empty_VERTEX", "odd_VERTEX"]


def test_tensors_that_torchs_class_writes_in_fields_nobody_reads(tmp_path: Path) -> None:
    values = {
        "half": torch.tensor([0.1, -2.0], dtype=torch.float16),
        "bytes": torch.tensor([0, 255], dtype=torch.uint8),
        "bfloat16": torch.tensor([0.5, 3.0], dtype=torch.bfloat16),
        "uint32": np.array([1 << 31], np.uint32),
        "big endian": np.array([1, 2], ">i4"),
        "list": [[1.5], [2.5]],
        "odd": torch.tensor([math.nan, math.inf]),
    }
    with SummaryWriter(tmp_path) as log:
        for tag, value in values.items():
            log.add_tensor(tag, value, 1)
        log.add_tensor("text", "no number", 1)
        log.add_tensor("objects", np.array([None]), 1)
        log.add_tensor("long", np.zeros(2, np.longdouble), 1)
        log.add_histogram_raw("raw", 0, 1, 2, 3, 4, [1, 2], [1], 1)
        log.add_histogram_raw("raw", "a", 1, 2, 3, 4, [1], [1], 1)
    reader = read_python(tmp_path)
    for tag, value in values.items():
        array = tensor_util.make_ndarray(reader.Tensors(tag)[0].tensor_proto)
        expected = value.float().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        np.testing.assert_array_equal(array, expected)
    assert read_dropped(tmp_path) == {"text": 1, "objects": 1, "long": 1, "raw": 2}


def test_values_are_those_of_the_moment_of_the_call(tmp_path: Path) -> None:
    array, hparams = np.full((1, 4, 3), 1.0), {"lr": 1.0}
    with SummaryWriter(tmp_path) as log:
        log.add_mesh("mesh", array)
        log.add_tensor("tensor", array)
        log.add_embedding(array[0])
        log.add_hparams(hparams, {}, one_run=True)
        array[:] = 9
        hparams["lr"] = 9
    reader = read_python(tmp_path)
    for tag in ("mesh_VERTEX", "tensor"):
        assert (tensor_util.make_ndarray(reader.Tensors(tag)[0].tensor_proto) == 1).all()
    assert read_hparams(tmp_path, "session_start_info").hparams["lr"].number_value == 1
    assert "9" not in (tmp_path / "00000/default/tensors.tsv").read_text()


def test_nothing_is_encoded_on_the_callers_thread(tmp_path: Path) -> None:
    class Label:
        def __str__(self) -> str:
            threads.append(threading.current_thread().name)
            return "label"

    threads: list[str] = []
    with SummaryWriter(tmp_path) as log:
        log.add_embedding(np.ones((2, 2)), [Label(), Label()])
    assert threads == ["trainboard-encoder"] * 2


def test_onnx_graphs(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
    value, helper = onnx.helper.make_tensor_value_info, onnx.helper
    constant = helper.make_tensor("weights", onnx.TensorProto.FLOAT, [9000], [1.0] * 9000)
    nodes = [
        helper.make_node("Constant", [], ["weights"], value=constant),
        helper.make_node("Gather", ["weights", "in"], ["out"], axis=0),
    ]
    sides = [value("in", onnx.TensorProto.INT64, ["batch", 2])], [value("out", onnx.TensorProto.FLOAT, [None])]
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "graph", *sides)), path)
    with SummaryWriter(tmp_path / "run") as log:
        log.add_onnx_graph(path)
        path.unlink()
        log.add_onnx_graph(path)
        (tmp_path / "text").write_text("no model")
        log.add_onnx_graph(str(tmp_path / "text"))
        log.add_onnx_graph(5)  # type: ignore[arg-type]
    nodes = {node.name: node for node in read_python(tmp_path / "run").Graph().node}
    assert set(nodes) == {"in", "out", "weights"}
    assert nodes["in"].attr["dtype"].type == 9  # TensorFlow's number of int64
    assert [dim.size for dim in nodes["in"].attr["shape"].shape.dim] == [0, 2]
    assert len(nodes["weights"].attr["parameters"].s) <= 4096
    assert json.loads(json.dumps(read_dropped(tmp_path / "run"))) == {"__run_graph__": 3}
