"""Embeddings as other writers leave them, and as an attacker would: nothing outside of the run is ever read."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from tensorboard.plugins.projector import projector_plugin

import board
from board.embeddings import points as reading
from board.embeddings.config import MAX_CONFIG_BYTES
from board.embeddings.metadata import MAX_CELL
from board.errors import BoardError, MalformedValueError, UnknownSeriesError
from board.storage import LocalStorage, NotAFileError, OutsideError
from tests.board.embeddings.written import CONFIG, run_with
from writer import SummaryWriter

CORPUS = Path(__file__).resolve().parents[2] / "corpus/logs"
SECRET = "1.5\t2.5\n"


@pytest.mark.parametrize("run", ["torch/run_a", "torch/run_b", "tensorboardx/run_x"])
def test_tensors_of_other_writers_are_those_that_tensorboard_reads(run: str) -> None:
    with board.open(CORPUS, cache=False) as logs:
        (only,) = logs[run].embeddings["default"]
        judge = projector_plugin._read_tensor_tsv_file(str(CORPUS / run / "00001/default/tensors.tsv"))
        assert only.step == 1
        assert np.array_equal(only.points.values, judge)
        assert [only.read_metadata(30).columns[0][i] for i in (0, 29)] == ["p0", "p29"]
        assert (only.sprite or b"").startswith(b"\x89PNG")
        assert only.source.sprite_size == (8, 8)


def test_steps_of_one_tensor_stand_in_order_and_two_tensors_apart(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        for step in (200, 3, 100_000):
            writer.add_embedding(np.full((4, 3), step, np.float32), global_step=step, tag="a/b")
        writer.add_embedding(np.eye(4, dtype=np.float32), global_step=7)
    with board.open(tmp_path, cache=False) as logs:
        found = logs["run"].embeddings
        assert {tag: [one.step for one in steps] for tag, steps in found.items()} == {
            "a/b": [3, 200, 100000],
            "default": [7],
        }
        assert found["a/b"][1].points.values[0, 0] == 200
        assert logs.counts()[board.logs.Kind.EMBEDDING] == 2


def test_a_name_of_tensorflow_is_no_step(tmp_path: Path) -> None:
    run_with(tmp_path / "run", 'embeddings { tensor_name: "w:0" tensor_path: "tensors.tsv" }', tensors_tsv=SECRET)
    with board.open(tmp_path, cache=False) as logs:
        assert [(tag, steps[0].step) for tag, steps in logs["run"].embeddings.items()] == [("w", None)]


def test_a_logdir_that_is_no_run_may_have_some(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text('embeddings { tensor_name: "w" tensor_path: "w.tsv" }')
    (tmp_path / "w.tsv").write_text(SECRET)
    with board.open(tmp_path, cache=False) as logs:
        assert logs.embeddings.load(".", "w").points.values.tolist() == [[1.5, 2.5]]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.tsv",
        "../run/../secret.tsv",
        "{outside}",
        "//{outside}",
        "link.tsv",
        "folder/secret.tsv",
        "folder/../secret.tsv",
        "inner/../../secret.tsv",
        "pipe",
        "inner",
        "",
        ".",
        "a\\000b",
        "~/secret.tsv",
        "secret.tsv\\377",
    ],
)
@pytest.mark.parametrize("field", ["tensor_path", "metadata_path", "sprite"])
def test_nothing_outside_of_the_run_is_read(tmp_path: Path, path: str, field: str) -> None:
    outside = tmp_path / "secret.tsv"
    outside.write_text(SECRET)
    logdir = tmp_path / "logs"
    run = run_with(logdir / "run", tensors_tsv="0\t0\n")
    (run / "inner").mkdir()
    (logdir / "secret.tsv").write_text(SECRET)
    (run / "link.tsv").symlink_to(outside)
    (run / "folder").symlink_to(tmp_path)
    os.mkfifo(run / "pipe")
    named = path.replace("{outside}", str(outside))
    part = f'sprite {{ image_path: "{named}" single_image_dim: 1 single_image_dim: 1 }}'
    own = {"tensor_path": "tensors.tsv"} | ({} if field == "sprite" else {field: named})
    fields = " ".join(f'{key}: "{value}"' for key, value in own.items()) + (part if field == "sprite" else "")
    (run / CONFIG).write_text(f'embeddings {{ tensor_name: "t" {fields} }}')
    with board.open(logdir, cache=False) as logs:
        (one,) = logs["run"].embeddings["t"]
        try:
            found = {
                "tensor_path": lambda: one.points.values,
                "metadata_path": lambda: one.read_metadata(1),
                "sprite": lambda: one.sprite,
            }[field]()
        except (MalformedValueError, UnknownSeriesError):
            return
        assert field != "tensor_path"
        assert named == ""  # no path is no file
        assert not found or not found.columns


def test_what_changes_while_it_is_opened_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "run/a").mkdir(parents=True)
    (tmp_path / "run/a/x").write_text("inside")
    (tmp_path / "secret").mkdir()
    storage = LocalStorage(tmp_path)
    with storage.open_beneath("run", "a/x") as file:
        assert file.pread(100, 0) == b"inside"
    for path, error in (
        ("../secret", OutsideError),
        ("a", NotAFileError),
        ("a/y", FileNotFoundError),
        ("/a/x", OutsideError),
    ):
        with pytest.raises(error):
            storage.open_beneath("run", path)
    (tmp_path / "run/a/x").unlink()
    (tmp_path / "run/a/x").symlink_to("../b")  # even inside
    with pytest.raises(OutsideError):
        storage.open_beneath("run", "a/x")


@pytest.mark.parametrize(
    ("content", "rows", "drawn", "note"),
    [
        ("1\t2\n3\t4", 2, 2, ""),
        ("1\t2\r\n\r\n3\t4\r\n", 2, 2, ""),
        ("1\t2\n3\n4\t5\t6\n7\t8\n", 4, 2, "2 of 4 rows have not 2 columns of numbers"),
        ("1\t2\nx\ty\n", 2, 1, "1 of 2 rows have not 2 columns"),
        ("1\t2\nnan\t1\n1\tinf\n1e39\t0\n", 4, 1, "3 of 4 points are not drawn"),
        ("5\n6\n", 2, 2, ""),
    ],
)
def test_rows_keep_their_places_whatever_is_wrong_with_some(
    tmp_path: Path, content: str, rows: int, drawn: int, note: str
) -> None:
    run_with(tmp_path / "run", tensors_tsv=content)
    with board.open(tmp_path, cache=False) as logs:
        points = logs["run"].embeddings["points"][0].points
    assert len(points.values) == rows
    assert points.is_whole.sum() == drawn
    assert note in " ".join(points.notes)
    assert bool(points.notes) == bool(note)


def test_numbers_without_text(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    raw = 'embeddings { tensor_name: "points" tensor_path: "tensors.tsv" tensor_shape: 4 tensor_shape: 3 }'
    run = run_with(tmp_path / "run", raw, tensors_tsv=values.tobytes())
    for case in (values.astype(np.float64), values.astype(np.int16), None):
        if case is not None:
            with (run / "tensors.tsv").open("wb") as file:
                np.save(file, case)
        with board.open(tmp_path, cache=False) as logs:
            assert np.array_equal(logs["run"].embeddings["points"][0].points.values, values)


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("touch /tmp/trainboard-unpickled",))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\x00" * 10,
        b"1\t" * 20_000,
        b"1" * (3 << 20),
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 300), }"
        + b" " * 40
        + b"\n",
        pickle.dumps(_Bomb()),
    ],
)
def test_what_is_no_tensor_is_said_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    run_with(tmp_path / "run", tensors_tsv=content)
    with board.open(tmp_path, cache=False) as logs, pytest.raises(MalformedValueError) as raised:
        _ = logs["run"].embeddings["points"][0].points
    assert "\n" not in str(raised.value)
    assert not Path("/tmp/trainboard-unpickled").exists()


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", tensors_tsv="")
    with (run / "tensors.tsv").open("wb") as file:
        np.save(file, np.array([[_Bomb()]], object), allow_pickle=True)
    with board.open(tmp_path, cache=False) as logs, pytest.raises(MalformedValueError, match="object"):
        _ = logs["run"].embeddings["points"][0].points
    assert not Path("/tmp/trainboard-unpickled").exists()


def test_more_points_than_there_is_room_for_are_cut_and_that_is_said(tmp_path: Path) -> None:
    run_with(tmp_path / "run", tensors_tsv="1\t2\n" * (reading.MAX_POINTS + 5))
    with board.open(tmp_path, cache=False) as logs:
        points = logs["run"].embeddings["points"][0].points
    assert points.values.shape == (reading.MAX_POINTS, 2)
    assert points.notes == (f"Only the first {reading.MAX_POINTS} points are shown.",)


@pytest.mark.parametrize(
    ("content", "names", "cells", "note"),
    [
        ("a\nb\nc\n", ["label"], [["a", "b", "c"]], ""),
        ("name\na\nb\nc\n", ["name"], [["a", "b", "c"]], ""),
        ("name\tage\na\t1\nb\t2\nc\t3\n", ["name", "age"], [["a", "b", "c"], ["1", "2", "3"]], ""),
        ("a\t1\nb\t2\nc\t3\n", ["label", "column 2"], [["a", "b", "c"], ["1", "2", "3"]], ""),
        ("name\tage\na\t1\n", ["name", "age"], [["a", "", ""], ["1", "", ""]], "1 rows for 3 points"),
        ("a\nb\n", ["label"], [["a", "b", ""]], "2 rows for 3 points"),
        ("a\nb\nc\nd\ne\n", ["label"], [["a", "b", "c"]], "5 rows for 3 points"),
        (
            "x\ty\na\nb\t1\t2\nc\t3\n",
            ["x", "y"],
            [["a", "b", "c"], ["", "1", "3"]],
            "2 of 4 rows of the metadata have not",
        ),
        ("\n\n\n", ["label"], [["", "", ""]], ""),
        ("", [], [], "empty"),
        ("a\x00\xff\nb\nc\n", ["label"], [["a\x00\ufffd", "b", "c"]], ""),
    ],
)
def test_the_table_of_metadata(
    tmp_path: Path, content: str, names: list[str], cells: list[list[str]], note: str
) -> None:
    run_with(tmp_path / "run", tensors_tsv="1\n2\n3\n", metadata_tsv=content.encode("latin1"))
    with board.open(tmp_path, cache=False) as logs:
        table = logs["run"].embeddings["points"][0].read_metadata(3)
    assert [column.name for column in table.columns] == names
    assert [[column[i] for i in range(3)] for column in table.columns] == cells
    assert note in " ".join(table.notes)
    assert bool(table.notes) == bool(note)


def test_long_cells_are_cut_and_numbers_are_known(tmp_path: Path) -> None:
    run_with(tmp_path / "run", tensors_tsv="1\n2\n", metadata_tsv=f"{'x' * 5000}\t1e3\ny\t\n")
    with board.open(tmp_path, cache=False) as logs:
        text, number = logs["run"].embeddings["points"][0].read_metadata(2).columns
    assert len(text[0]) == MAX_CELL + 1
    assert text.numbers is None
    assert number.numbers is not None
    assert number.numbers[0] == 1000
    assert np.isnan(number.numbers[1])


@pytest.mark.parametrize(
    "config", ["embeddings {", "embeddings { tensor_name: 5 }", "\xff\xfe", "a {" * 5000, "embeddings" * 10, "x: [1, 2"]
)
def test_a_list_that_cannot_be_read_is_said_of_its_run_alone(tmp_path: Path, config: str) -> None:
    run_with(tmp_path / "bad", config)
    run_with(tmp_path / "good", tensors_tsv=SECRET)
    with board.open(tmp_path, cache=False) as logs:
        found = {run.run: run for run in logs.embeddings.all()}
        assert found["bad"].problem.startswith("projector_config.pbtxt is no list of embeddings: ")
        assert not found["bad"].tensors
        assert list(found["good"].tensors) == ["points"]


def test_a_list_too_large_or_behind_a_link_is_not_read(tmp_path: Path) -> None:
    run_with(tmp_path / "large", "#" * (MAX_CONFIG_BYTES + 1))
    run = run_with(tmp_path / "linked")
    (run / CONFIG).rename(tmp_path / "elsewhere")
    (run / CONFIG).symlink_to(tmp_path / "elsewhere")
    with board.open(tmp_path, cache=False) as logs:
        assert [run.problem for run in logs.embeddings.all()] == [
            f"{CONFIG} has {MAX_CONFIG_BYTES + 1} bytes; at most {MAX_CONFIG_BYTES} are read."
        ]


def test_a_file_that_changes_is_read_anew(tmp_path: Path) -> None:
    run = run_with(tmp_path / "run", tensors_tsv=SECRET)
    with board.open(tmp_path, cache=False) as logs:
        first = logs.embeddings.load("run", "points")
        assert logs.embeddings.load("run", "points") is first
        (run / "tensors.tsv").write_text("7\t8\n9\t10\n")
        assert logs.embeddings.load("run", "points").points.values.tolist() == [[7, 8], [9, 10]]
        (run / "tensors.tsv").unlink()
        with pytest.raises(BoardError, match="cannot be read"):
            logs.embeddings.load("run", "points")
