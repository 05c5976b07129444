"""Meshes of other writers and broken ones: parts are joined, and what cannot be drawn is left out and said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import board
from board.errors import MalformedValueError, UnknownSeriesError
from board.logs import Kind
from board.meshes import MeshItem, encode_ply, mesh_name
from tests.board.logged import append_events
from writer import SummaryWriter
from writer.format.messages import Event

CORPUS = Path(__file__).resolve().parents[1] / "corpus/logs"
DTYPES = {"f": 1, "i": 3, "S": 7, "b": 10}  # tensorflow/core/framework/types.proto
BOX = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)


@pytest.mark.parametrize(
    ("run", "name", "faces", "colors"),
    [
        ("torch/run_a", "mesh", 10, False),
        ("tensorboardx/run_x", "mesh", 10, False),
        ("tf2_api/train", "cloud", None, True),
    ],
)
def test_parts_of_other_writers_are_joined(run: str, name: str, faces: int | None, colors: bool) -> None:
    with board.open(CORPUS, cache=False) as logs:
        assert list(logs[run].meshes) == [name]
        (mesh,) = logs[run].meshes[name]
        item = mesh.item(0)
        own = {tag: series[0].value for tag, series in logs[run].blobs(Kind.MESH).items()}
    assert np.array_equal(item.vertices, own.get(f"{name}_VERTEX", own.get(f"{name}_1"))[0])
    assert (None if item.faces is None else len(item.faces)) == faces
    assert (item.colors is not None) == colors
    assert item.notes == ()
    assert (mesh.step, mesh.superseded) == (0, False)
    with pytest.raises(UnknownSeriesError):
        mesh.item(1)


def test_our_own_writer_s_with_its_settings(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        for step in (1, 2):
            config = {"camera": {"cls": "PerspectiveCamera", "fov": 75}, "material": {"size": 2}}
            writer.add_mesh("a/b", BOX[None] * step, colors=np.full((1, 4, 3), 9), config_dict=config, global_step=step)
    with board.open(tmp_path, cache=False) as logs:
        series = logs["run"].meshes["a/b"]
        assert [mesh.step for mesh in series] == [1, 2]
        assert series[1].vertices.max() == 2
        assert series[0].config["camera"]["fov"] == 75
        assert logs.counts()[Kind.MESH] == 1
        assert series.find(series[1].ref).step == 2


def logged(folder: Path, **parts: NDArray[Any]) -> Path:
    """Log parts as they are, whatever their shape."""
    event = Event(wall_time=1.7e9, step=3)
    for part, array in parts.items():
        value = event.summary.value.add(tag=f"m_{part}".encode())
        value.metadata.plugin_data.plugin_name = b"mesh"
        found = np.asarray(array)
        value.tensor.dtype = DTYPES[found.dtype.kind]
        for size in found.shape:
            value.tensor.tensor_shape.dim.add(size=size)
        if found.dtype.kind == "S":
            value.tensor.string_val.extend(found.ravel().tolist())
        else:
            value.tensor.tensor_content = found.astype(found.dtype.newbyteorder("<")).tobytes()
    append_events(folder, [event.SerializeToString()])
    return folder.parent


def item_of(logdir: Path, index: int = 0) -> MeshItem:
    with board.open(logdir, cache=False) as logs:
        return logs["run"].meshes["m"][-1].item(index)


@pytest.mark.parametrize(
    ("parts", "faces", "notes"),
    [
        ({"FACE": [[[0, 1, 2], [0, 1, 4], [-1, 0, 1]]]}, 1, ["2 of 3 faces name vertices that there are none of."]),
        ({"FACE": [[[0.5, 1, 2]]]}, 0, ["1 of 1 faces name vertices"]),
        ({"FACE": [[[np.nan, 1, 2], [1, 2, 3]]]}, 1, ["1 of 2 faces name"]),
        ({"FACE": [[[0, 1, 2]], [[0, 1, 2]]]}, None, ["Faces of 2 items do not fit vertices of 1"]),
        ({"FACE": [[0, 1]]}, None, ["No faces: faces have the shape"]),
        ({"FACE": np.zeros((1, 0, 3), np.int32)}, 0, []),
        ({"COLOR": [[[1, 2, 3]]]}, None, ["Colours of shape (1, 1, 3) do not fit"]),
        ({"COLOR": [[[b"a", b"b", b"c"]]]}, None, ["No colours: colors have the shape"]),
    ],
)
def test_parts_that_do_not_fit_are_left_out_and_said(
    tmp_path: Path, parts: dict[str, Any], faces: int | None, notes: list[str]
) -> None:
    arrays = {name: np.array(part) for name, part in parts.items()}
    arrays = {name: part if part.dtype.kind == "S" else part.astype(np.float32) for name, part in arrays.items()}
    item = item_of(logged(tmp_path / "run", VERTEX=BOX[None], **arrays))
    assert (None if item.faces is None else len(item.faces)) == faces
    assert len(item.notes) == len(notes)
    for said, expected in zip(item.notes, notes, strict=True):
        assert said.startswith(expected)


def test_vertices_that_are_no_numbers_take_their_faces_along(tmp_path: Path) -> None:
    vertices = BOX.copy()
    vertices[3] = np.nan
    faces = np.array([[[0, 1, 2], [1, 2, 3]]], np.int32)
    item = item_of(logged(tmp_path / "run", VERTEX=vertices[None], FACE=faces))
    assert item.faces is not None
    assert item.faces.tolist() == [[0, 1, 2]]
    assert item.notes == (
        "1 of 4 vertices hold NaN or infinity: they are not drawn.",
        "1 faces have a corner that is NaN or infinite.",
    )


@pytest.mark.parametrize("vertices", [BOX, BOX[None, :, :2], np.zeros((1, 4, 3), bool), np.float32(3)])
def test_vertices_of_another_shape_are_said(tmp_path: Path, vertices: NDArray[Any]) -> None:
    with pytest.raises(MalformedValueError, match="vertices have the shape"):
        item_of(logged(tmp_path / "run", VERTEX=vertices))


def test_faces_alone_are_no_mesh(tmp_path: Path) -> None:
    with board.open(logged(tmp_path / "run", FACE=np.zeros((1, 1, 3), np.int32)), cache=False) as logs:
        assert logs["run"].meshes == {}


def test_a_batch_has_items(tmp_path: Path) -> None:
    logdir = logged(tmp_path / "run", VERTEX=np.stack([BOX, BOX + 1]))
    assert item_of(logdir, 1).vertices[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("tag", "name"), [("a_VERTEX", "a"), ("a/b_1", "a/b"), ("a_1_COLOR", "a_1"), ("odd", "odd"), ("_FACE", "")]
)
def test_names_of_parts(tag: str, name: str) -> None:
    assert mesh_name(tag) == name


def test_a_ply_file_holds_every_part() -> None:
    faces, colors = np.array([[0, 1, 2]], np.int32), np.full((4, 3), 7, np.uint8)
    data = encode_ply(MeshItem(BOX, faces, colors, ()))
    head, _, body = data.partition(b"end_header\n")
    lines = head.decode().splitlines()
    assert lines[:3] == ["ply", "format binary_little_endian 1.0", "element vertex 4"]
    assert "element face 1" in lines
    rows = np.frombuffer(body, [("at", "<f4", 3), ("colour", "u1", 3)], 4)
    assert np.array_equal(rows["at"], BOX)
    assert (rows["colour"] == 7).all()
    assert body[4 * 15 :] == b"\x03" + faces.astype("<i4").tobytes()
    assert len(encode_ply(MeshItem(BOX, None, None, ())).partition(b"end_header\n")[2]) == 48
