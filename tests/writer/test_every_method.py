"""One script that uses every method, under torch's class and ours; TensorBoard reads the same from both."""

import dataclasses
import io
import os
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import torch
from google.protobuf import text_format
from matplotlib import pyplot
from PIL import Image
from tensorboard.compat.proto import graph_pb2, summary_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.mesh import metadata as mesh_metadata
from tensorboard.plugins.pr_curve import metadata as pr_curve_metadata
from tensorboard.plugins.projector import projector_config_pb2
from tensorboard.util import tensor_util
from torch.utils import tensorboard as torchs

import board
from board.model import Kind
from tests.writer.tensorboard_reader import KINDS, pixels_of, read_only_file, read_python, rustboard
from writer import SummaryWriter

matplotlib.use("Agg")
START = 1_700_000_000.25


def log_everything(log: Any) -> None:
    """Use every method but those for graphs and videos: torch's needs packages that are not there, and draws others."""
    random = np.random.default_rng(0)
    colours = random.random((3, 40, 50))
    boxes = np.array([[3, 4, 30, 28], [10.5, 12.25, 45.0, 39.0]])
    for step in range(2):
        when = START + step
        log.add_scalar("scalar", 0.5 * step, step, when)
        log.add_scalars("many", {"a": 1.0, "b": 2.0}, step, when)
        log.add_text("text", f"step {step}", step, when)
        log.add_histogram("histogram", random.normal(size=100), step, walltime=when)
        log.add_histogram_raw("raw histogram", 0.0, 3, 6, 9.5, 20, [1.0, 2.0, 3.0], np.array([1, 2, 3]), step, when)
        log.add_image("image", colours, step, when)
        log.add_images("images", colours[np.newaxis], step, when)
        log.add_image_with_boxes("boxes", colours, boxes, step, when)
        log.add_image_with_boxes(
            "labels", torch.from_numpy(colours), torch.from_numpy(boxes), step, when, labels=["cat", "dog"]
        )
        log.add_image_with_boxes("one label", colours, boxes[:1], step, when, labels="frog")
        log.add_image_with_boxes("too many labels", colours, boxes, step, when, labels=["a", "b", "c"])
        log.add_image_with_boxes("grey", (colours[0] * 255).astype(np.uint8), boxes, step, when, dataformats="HW")
        log.add_figure("figure", draw(step), step, walltime=when)
        log.add_figure("figures", [draw(1), draw(2)], step, walltime=when)
        log.add_audio("audio", np.sin(np.arange(400) / 7.0)[np.newaxis], step, 8000, when)
        log.add_audio("loud", torch.linspace(-3, 3, 99), step, walltime=when)
        log.add_tensor("tensor", torch.arange(12.0).reshape(3, 4) * 0.1, step, when)
        for name in ("float64", "int8", "int16", "int32", "int64", "bool"):
            log.add_tensor(name, torch.arange(-3, 3).to(getattr(torch, name)), step, when)
        log.add_tensor("complex64", torch.tensor([1 + 2j, -0.5j]), step, when)
        log.add_tensor("rank 0", torch.tensor(2.5), step, when)
        log.add_tensor("empty", torch.zeros(0, 3), step, when)
        truth, guesses = random.integers(0, 2, 300), random.random(300)
        log.add_pr_curve("curve", truth, guesses, step, walltime=when)
        log.add_pr_curve("weighted", truth, guesses, step, 11, random.random(300), when)
        log.add_pr_curve(
            "torch curve", torch.from_numpy(truth), torch.from_numpy(guesses).float(), step, 300, walltime=when
        )
        counts = [np.arange(5.0), np.arange(5), [4, 3, 2, 1, 0], torch.arange(5)]
        log.add_pr_curve_raw("raw curve", *counts, random.random(5), random.random(5), step, 5, walltime=when)
        log.add_mesh("cloud", random.random((1, 7, 3)), global_step=step, walltime=when)
        log.add_mesh(
            "mesh",
            torch.rand(2, 4, 3, generator=torch.Generator().manual_seed(0)),
            colors=torch.randint(0, 256, (2, 4, 3), generator=torch.Generator().manual_seed(0)),
            faces=np.array([[[0, 2, 3], [0, 3, 1]]] * 2),
            config_dict={"material": {"cls": "PointsMaterial", "size": 0.1}},
            global_step=step,
            walltime=when,
        )
    log.add_custom_scalars(
        {"one": {"lines": ["Multiline", ["a/.*", "b"]], "band": ["Margin", ["v", "l", "u"]]}, "two": {}}
    )
    hparams = {"lr": 0.1, "layers": 3, "name": "é", "fast": True, "none": None, "tensor": torch.tensor([0.5])}
    log.add_hparams(
        hparams, {"accuracy": 0.9, "loss": torch.tensor(0.1)}, {"layers": [1, 2, 3], "name": ["é", "x"]}, "trial", 4
    )
    log.add_hparams({"lr": 1e-3}, {}, run_name="no metrics")
    labels = [f"point {number}" for number in range(10)]
    pictures = torch.rand(10, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    points = torch.randn(10, 4, generator=torch.Generator().manual_seed(0))
    log.add_embedding(points, labels, pictures)
    log.add_embedding(
        points.numpy().astype(np.float64), [[label, str(len(label))] for label in labels], None, 7, "a/b%", ["x", "y"]
    )
    log.add_embedding(torch.arange(12).reshape(4, 3), label_img=pictures[:4, :1], global_step=12, tag="ints")
    assert str(log.get_logdir()) == str(log.log_dir)
    log.flush()


def draw(number: int) -> Any:
    """Make a figure that pyplot knows of."""
    figure = pyplot.figure(figsize=(2, 1.5))
    figure.gca().plot([0, number, 1])
    return figure


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the script left behind, by class."""
    folder = tmp_path_factory.mktemp("every")
    for name, kind in {"torch": torchs.SummaryWriter, "ours": SummaryWriter}.items():
        with kind(folder / name) as log:
            log_everything(log)
        assert pyplot.get_fignums() == []  # closed
    return {name: folder / name for name in ("torch", "ours")}


def read(folder: Path) -> dict[str, dict[tuple[str, str], Any]]:
    """All that TensorBoard reads: run -> (kind, tag) -> metadata and points."""
    runs = {}
    for where, _, files in os.walk(folder):
        if not any("tfevents" in file for file in files):
            continue
        reader = read_python(Path(where))
        series = {}
        for kind in KINDS:
            for tag in reader.Tags()[kind]:
                points = getattr(reader, kind.capitalize())(tag)
                metadata = reader.summary_metadata.get(tag)
                series[kind, tag] = metadata, [(point.step, point.wall_time, values_of(point)) for point in points]
        for tag, metadata in reader.summary_metadata.items():
            if metadata.plugin_data.plugin_name == "hparams":  # which has nothing else
                series["metadata", tag] = metadata, []
        runs[os.path.relpath(where, folder)] = series
    return runs


def values_of(point: Any) -> Any:
    """A point's own values, comparable: NaN equal to itself, tensors by what they hold and not how."""
    if hasattr(point, "tensor_proto"):
        array = tensor_util.make_ndarray(point.tensor_proto)
        return array.dtype.str, array.shape, array.tolist()
    if hasattr(point, "encoded_image_string"):
        return point.width, point.height, pixels_of(point.encoded_image_string)
    return str(dataclasses.replace(point, wall_time=0, step=0))


def parse(metadata: Any) -> Any:
    """A value's metadata, the plugin's part by the plugin's own parser: maps have no order on the wire."""
    if metadata is None:
        return None
    plugin, content = metadata.plugin_data.plugin_name, metadata.plugin_data.content
    parsers = {
        "pr_curves": pr_curve_metadata.parse_plugin_metadata,
        "mesh": mesh_metadata.parse_plugin_metadata,
        "hparams": HParamsPluginData.FromString,
    }
    rest = summary_pb2.SummaryMetadata()
    rest.CopyFrom(metadata)
    rest.plugin_data.content = b""
    return rest, parsers[plugin](content) if plugin in parsers else content


def test_tensorboard_reads_the_same(folders: dict[str, Path]) -> None:
    theirs, ours = read(folders["torch"]), read(folders["ours"])
    assert sorted(theirs) == [".", "many_a", "many_b", "no metrics", "trial"]
    assert sorted(ours) == sorted(theirs)
    assert ("metadata", "_hparams_/session_start_info") in ours["trial"]
    for run, series in theirs.items():
        assert sorted(ours[run]) == sorted(series), run
        for name, (metadata, points) in series.items():
            metadata_of_ours, points_of_ours = ours[run][name]
            assert parse(metadata_of_ours) == parse(metadata), name
            assert [(step, value) for step, _, value in points_of_ours] == [(step, value) for step, _, value in points]
            # Both give hyper-parameters and the layout the moment of the call.
            if run not in ("trial", "no metrics") and name[1] != "custom_scalars__config__":
                assert [when for _, when, _ in points_of_ours] == [when for _, when, _ in points], name


def test_rustboard_reads_the_same_runs_and_plugins(folders: dict[str, Path], tmp_path: Path) -> None:
    read_by = {}
    for name, folder in folders.items():
        (tmp_path / name).mkdir()
        with rustboard(folder, tmp_path / name) as server:
            kinds = [server.scalars(), *map(server.tensors, ["pr_curves", "mesh", "hparams", "custom_scalars", "text"])]
            points = [sorted((run, tag, repr(each[run][tag])) for run in each for tag in each[run]) for each in kinds]
            read_by[name] = (server.runs(), server.plugins(), points, server.complaints())
    assert read_by["ours"] == read_by["torch"]
    assert len(read_by["ours"][2][2]) == 4


def test_hyper_parameters_come_in_the_same_order_at_the_same_steps(folders: dict[str, Path]) -> None:
    read_by = []
    for folder in folders.values():
        events = [event for event in read_only_file(folder / "trial") if event.HasField("summary")]
        values = [(event.step, value.tag) for event in events for value in event.summary.value]
        read_by.append([(step, tag) for step, tag in values if tag.startswith(b"_hparams_")])
    assert read_by[0] == read_by[1]
    assert [step for step, _ in read_by[1]] == [4, 4, 4]


def test_layouts_are_the_same(folders: dict[str, Path]) -> None:
    layouts = []
    for folder in folders.values():
        (point,) = read_python(folder).Tensors("custom_scalars__config__")
        layouts.append(layout_pb2.Layout.FromString(point.tensor_proto.string_val[0]))
    assert layouts[0] == layouts[1]
    assert [category.title for category in layouts[1].category] == ["one", "two"]


def test_embeddings_are_the_same(folders: dict[str, Path]) -> None:
    files = [
        {
            path.relative_to(folder).as_posix(): pixels_of(path.read_bytes())
            for path in folder.rglob("*")
            if path.suffix in (".tsv", ".png", ".pbtxt")
        }
        for folder in folders.values()
    ]
    assert sorted(files[0]) == sorted(files[1])
    assert "00007/a%2fb%25/metadata.tsv" in files[1]
    assert len(files[1]) == 8
    for name, data in files[0].items():
        assert files[1][name] == data, name
    config = projector_config_pb2.ProjectorConfig()
    text_format.Parse(files[1]["projector_config.pbtxt"], config)
    assert [each.tensor_name for each in config.embeddings] == ["default:00000", "a/b%:00007", "ints:00012"]


def test_the_board_knows_every_kind(folders: dict[str, Path]) -> None:
    logs = board.open(folders["ours"], cache=False)
    kinds = {
        **dict.fromkeys(["scalar"], Kind.SCALAR),
        **dict.fromkeys(
            ["image", "images", "boxes", "labels", "one label", "too many labels", "grey", "figure", "figures"],
            Kind.IMAGE,
        ),
        **dict.fromkeys(["histogram", "raw histogram"], Kind.HISTOGRAM),
        **dict.fromkeys(["audio", "loud"], Kind.AUDIO),
        **dict.fromkeys(["curve", "weighted", "torch curve", "raw curve"], Kind.PR_CURVE),
        **dict.fromkeys(["cloud_VERTEX", "mesh_VERTEX", "mesh_FACE", "mesh_COLOR"], Kind.MESH),
        "text/text_summary": Kind.TEXT,
        "custom_scalars__config__": Kind.CUSTOM_SCALARS,
    }
    found = logs["."].tags
    assert {tag: found[tag] for tag in kinds} == {tag: (kind,) for tag, kind in kinds.items()}
    assert set(logs["trial"].tags["_hparams_/experiment"]) == {Kind.HPARAMS}
    assert list(logs.problems) == []


def test_videos_and_graphs_go_where_torchs_do(tmp_path: Path) -> None:
    """Torch's class cannot write these here; what TensorBoard reads of ours."""
    model = tmp_path / "model.onnx"
    onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Conv", ["in", "kernel"], ["out"], kernel_shape=[3, 3], auto_pad="VALID")
    sides = [value("in", onnx.TensorProto.FLOAT, [1, 2, 8, 8])], [value("out", onnx.TensorProto.FLOAT, [1, 2, 6, 6])]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "graph", *sides)), model)
    with SummaryWriter(tmp_path / "ours") as log:
        log.add_video("video", torch.rand(2, 3, 3, 10, 12), 5, 2)
        log.add_onnx_graph(model)
        model.rename(tmp_path / "moved.onnx")
    with torchs.SummaryWriter(tmp_path / "torch") as log:
        log.add_onnx_graph(str(tmp_path / "moved.onnx"))
    graphs = [read_python(tmp_path / name).Graph() for name in ("torch", "ours")]
    assert isinstance(graphs[1], graph_pb2.GraphDef)
    assert graphs[0] == graphs[1]
    (point,) = read_python(tmp_path / "ours").Images("video")
    assert (point.step, point.width, point.height) == (5, 24, 10)
    assert point.encoded_image_string[:6] == b"GIF89a"


def read_by_board(folder: Path) -> dict[tuple[str, str], list[Any]]:
    """Steps and values of every series of every run, as our board has them; wall times as far as they were given."""
    found = {}
    logs = board.open(folder, cache=False)
    for name in logs.runs:
        run = logs[name]
        for tag, series in run.scalars.items():
            # Both give hyper-parameters' metrics the moment of the call.
            times = [0.0] * len(series.step) if name in ("trial", "no metrics") else series.wall_time.tolist()
            found[name, tag] = list(zip(series.step.tolist(), series.value.tolist(), times, strict=True))
        for tag, images in run.images.items():
            found[name, tag] = [(step, open_pixels(images[i].png)) for i, step in enumerate(images.step.tolist())]
        for tag, texts in run.texts.items():
            found[name, tag] = [(step, str(texts[i].value)) for i, step in enumerate(texts.step.tolist())]
        for tag, histograms in run.histograms.items():
            found[name, tag] = [(step, repr(histograms[i].value)) for i, step in enumerate(histograms.step.tolist())]
        for tag, kinds in run.tags.items():
            found[name, f"{tag} is"] = sorted(kinds)
    assert list(logs.problems) == []
    return found


def open_pixels(png: bytes) -> bytes:
    """Pixels of a picture, however it is compressed."""
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGBA").tobytes()


def test_the_board_reads_the_same_from_both(folders: dict[str, Path]) -> None:
    theirs, ours = read_by_board(folders["torch"]), read_by_board(folders["ours"])
    assert sorted(ours) == sorted(theirs)
    for name, points in theirs.items():
        assert ours[name] == points, name
    assert len(ours) > 60
