"""What a tag is stands in its first value alone, perhaps in another file: TF1's ``FileWriter.reopen()`` goes on so."""

import itertools
import shutil
from pathlib import Path

import pytest

import board
from board.logs import Logs
from board.model import Kind
from tests.board.event_files import START, append, version, write
from tests.board.tensorboard_oracle import read_by_board, read_by_tensorboard
from writer.format.messages import Event
from writer.format.records import encode_record

NAMES = ["events.out.tfevents.1790000000.a", "events.out.tfevents.1790000050.a", "events.out.tfevents.1790000100.a"]


def strings(tag: str, step: int, plugin: bytes, *values: bytes) -> bytes:
    event = Event(step=step, wall_time=START + step)
    value = event.summary.value.add(tag=tag.encode())
    if plugin:
        value.metadata.plugin_data.plugin_name = plugin
        value.metadata.summary_description = b"*words*"
    value.tensor.dtype = 7
    value.tensor.string_val.extend(values)
    value.tensor.tensor_shape.dim.add(size=len(values))
    return encode_record(event.SerializeToString())


def buckets(tag: str, step: int, plugin: bytes) -> bytes:
    event = Event(step=step, wall_time=START + step)
    value = event.summary.value.add(tag=tag.encode())
    if plugin:
        value.metadata.plugin_data.plugin_name = plugin
    value.tensor.dtype = 2
    value.tensor.double_val.extend([0.0, 1.0, float(step), 1.0, 2.0, 3.0])
    value.tensor.tensor_shape.dim.add(size=2)
    value.tensor.tensor_shape.dim.add(size=3)
    return encode_record(event.SerializeToString())


def records_of(first: int, *, says: bool) -> list[bytes]:
    found = [version(START + first)]
    for step in range(first, first + 3):
        is_first = says and step == first
        found += [
            strings("note", step, b"text" if is_first else b"", b"step %d" % step),
            strings("picture", step, b"images" if is_first else b"", b"1", b"1", b"\x89PNG"),
            buckets("weights", step, b"histograms" if is_first else b""),
            strings("own", step, b"somebodys" if is_first else b"", b"x"),
            strings("nobody", step, b"", b"y"),
        ]
    return found


FILES = [records_of(0, says=True), records_of(50, says=False), records_of(100, says=False)]


def check(folder: Path, logs: Logs) -> None:
    theirs = read_by_tensorboard(folder)
    assert len(theirs) >= 4
    ours = read_by_board(logs["run"])
    del ours["nobody", Kind.TENSOR]
    assert ours == theirs


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_files_may_come_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    folder = tmp_path / "logs" / "run"
    with board.open(write(tmp_path / "logs" / "x").parent, cache=False) as logs:
        for index in order:
            write(folder / NAMES[index], *FILES[index])
            logs.refresh()
        check(folder, logs)
        assert logs.problems == []


@pytest.mark.parametrize("cache", [False, True])
def test_all_at_once_and_growing(tmp_path: Path, cache: bool) -> None:
    folder = tmp_path / "logs" / "run"
    for name, records in zip(NAMES, FILES, strict=True):
        write(folder / name, *records[:3])
    index = tmp_path / "cache" if cache else False
    with board.open(tmp_path / "logs", cache=index) as logs:
        for name, records in zip(NAMES, FILES, strict=True):
            for record in records[3:]:
                append(folder / name, record)
            logs.refresh()
        check(folder, logs)


def test_what_is_said_late_in_the_same_file_is_said_of_all_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "run"
    write(folder / NAMES[0], version(), strings("note", 1, b"", b"a"), strings("note", 2, b"text", b"b"))
    with board.open(tmp_path / "logs", cache=False) as logs:
        assert [blob.step for blob in logs["run"].texts["note"]] == [1, 2]
        assert read_by_board(logs["run"]) == read_by_tensorboard(folder)
        append(folder / NAMES[0], strings("note", 3, b"", b"c"))
        logs.refresh()
        assert read_by_board(logs["run"]) == read_by_tensorboard(folder)


def test_a_file_that_says_it_may_come_after_a_restart_with_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "run"
    padding = [strings("nobody", 1, b"", b"x" * 1000) for _ in range(400)]  # small runs get no index
    write(folder / NAMES[1], *FILES[1], *padding)
    with board.open(tmp_path / "logs", cache=tmp_path / "cache"):
        assert list((tmp_path / "cache").glob("*/*.index"))
    write(folder / NAMES[0], *FILES[0])
    with board.open(tmp_path / "logs", cache=tmp_path / "cache") as logs:
        check(folder, logs)
    with board.open(tmp_path / "logs", cache=tmp_path / "cache") as logs:
        check(folder, logs)
        append(folder / NAMES[1], strings("note", 60, b"", b"more"))
        logs.refresh()
        check(folder, logs)
    shutil.rmtree(tmp_path / "cache")
