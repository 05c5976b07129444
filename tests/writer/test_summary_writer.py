"""Every method, value by value as TensorBoard reads it, and beside torch's class."""

import gc
import inspect
import json
import logging
import math
import os
import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils import tensorboard as torchs

import writer
from tests.writer.tensorboard_reader import (
    KINDS,
    find_event_files,
    pixels_of,
    read_events,
    read_only_file,
    read_own,
    read_python,
    read_tags,
    rustboard,
    wait_until,
)
from writer import SummaryWriter

START = 1_700_000_000.25


def read_dropped(folder: Path) -> dict[str, int]:
    """Counts in the end marker of a folder's only file."""
    return {entry.tag.decode(): entry.count for entry in read_own(read_only_file(folder)[-1]).end.dropped}


def log_everything(log: Any) -> None:
    """Use every method that both classes have."""
    random = np.random.default_rng(0)
    colours = random.random((3, 17, 23))
    bytes_ = random.integers(0, 256, (17, 23, 3)).astype(np.uint8)
    for step in range(5):
        when = START + step
        log.add_scalar("loss/train", 1.0 / (step + 1), step, when)
        log.add_scalar("int", step * 3, np.int64(step), walltime=when)
        log.add_scalar("tensor", torch.tensor([[0.1 * step]], requires_grad=True), torch.tensor(step), when)
        log.add_scalar("float16", np.float16(0.1), step, when)
        log.add_scalar("new", 0.1 * step, step, when, new_style=True)
        log.add_scalar("double", 0.1, step, when, new_style=True, double_precision=True)
        log.add_scalars("group/both", {"a": step, "b/c": torch.tensor(-step)}, step, when)
        log.add_text("note", f"**step** {step} é", step, when)
        log.add_histogram("weights", random.normal(size=(40, 5)) * 10**step, step, walltime=when)
    log.add_scalar("no step", 1.5, walltime=START)
    log.add_scalar("negative", -0.0, -7, START)
    for name, value in {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "huge": 1e300, "tiny": 1e-300}.items():
        log.add_scalar(name, value, 1, START)
    log.add_histogram("ints", np.arange(-50, 50), 0, walltime=START)
    log.add_histogram("bools", torch.tensor([True, False, True]), 1, walltime=START)
    log.add_histogram("half", torch.arange(8, dtype=torch.bfloat16), 2, walltime=START)
    log.add_histogram("auto", random.normal(size=300), 3, "auto", START)
    log.add_histogram("edges", random.random(300), 4, [0.0, 0.25, 0.5, 1.0], START)
    log.add_histogram("ten", random.random(300), 5, 10, START)
    log.add_histogram("joined", random.normal(size=3000), 6, walltime=START, max_bins=30)
    log.add_histogram("zeros", torch.zeros(9), 7, walltime=START)
    log.add_image("chw", colours, 0, START)
    log.add_image("hwc", torch.from_numpy(colours.transpose(1, 2, 0)), 1, START, dataformats="HWC")
    log.add_image("hw", colours[0].astype(np.float32), 2, START, dataformats="HW")
    log.add_image("wh", colours[0], 3, START, dataformats="WH")
    log.add_image("whc", bytes_, 4, START, dataformats="WHC")
    log.add_image("bytes", bytes_, 5, START, dataformats="HWC")
    log.add_image("grey", colours[:1], 6, START)
    log.add_image("rgba", random.random((4, 5, 6)), 7, START)
    log.add_image("out of range", colours * 3 - 1, 8, START)
    log.add_image("int64", bytes_.astype(np.int64), 9, START, dataformats="HWC")
    log.add_image("bool", colours[0] > 0.5, 10, START, dataformats="HW")
    log.add_image("batch", random.random((3, 3, 7, 9)), 11, START, dataformats="NCHW")
    log.add_images("grid", random.random((11, 3, 7, 9)), 12, START)
    log.add_images("grey grid", torch.rand(2, 7, 9, 1, generator=torch.Generator().manual_seed(0)), 13, START, "NHWC")


def read_everything(logdir: Path) -> dict[str, Any]:
    """All points of all runs, by run, kind and tag."""
    runs = {}
    for folder, _, files in os.walk(logdir):
        if not any("tfevents" in file for file in files):
            continue
        read = read_python(Path(folder))
        points = {(kind, tag): _read_points(read, kind, tag) for kind in KINDS for tag in read.Tags()[kind]}
        runs[os.path.relpath(folder, logdir)] = points
    return runs


def _read_points(read: Any, kind: str, tag: str) -> list[Any]:
    method = {"scalars": "Scalars", "images": "Images", "histograms": "Histograms", "tensors": "Tensors"}[kind]
    points = getattr(read, method)(tag)
    if kind == "images":
        points = [(point.step, point.wall_time, *pixels_of(point.encoded_image_string)) for point in points]
    # Their text has NaN equal to NaN.
    return [str(point) for point in points]


def test_same_script_under_torchs_class_and_ours_reads_the_same(tmp_path: Path) -> None:
    for name, kind in {"torch": torchs.SummaryWriter, "ours": SummaryWriter}.items():
        with kind(tmp_path / name) as log:
            log_everything(log)
    expected, found = read_everything(tmp_path / "torch"), read_everything(tmp_path / "ours")
    assert sorted(expected) == [".", "group_both_a", "group_both_b/c"]
    assert sorted(found) == sorted(expected)
    for run, series in expected.items():
        assert sorted(found[run]) == sorted(series)
        for name, points in series.items():
            assert found[run][name] == points, name


def test_rustboard_reads_what_it_reads_from_torch_and_nothing_more(tmp_path: Path) -> None:
    logdir = tmp_path / "logs"
    for name, kind in {"torch": torchs.SummaryWriter, "ours": SummaryWriter}.items():
        with kind(logdir / name) as log:
            log_everything(log)
    with rustboard(logdir, tmp_path) as board:
        sub_runs = ["", "/group_both_a", "/group_both_b/c"]
        assert board.runs() == sorted(f"{name}{sub_run}" for name in ("torch", "ours") for sub_run in sub_runs)
        assert board.plugins() == ["histograms", "images", "scalars", "text"]
        for read in (board.scalars(), board.images(), board.tensors("histograms"), board.tensors("text")):
            for sub_run in sub_runs:
                ours, theirs = (sorted(read.get(f"{name}{sub_run}", {}).items()) for name in ("ours", "torch"))
                assert repr(ours) == repr(theirs)  # as text, because NaN is not equal to itself
        assert len(board.scalars()["ours"]["loss/train"]) == 5
        assert board.complaints() == []


def test_signatures_are_torchs() -> None:
    """Ours may have more parameters, all of them keyword-only."""
    names = {name for name in dir(torchs.SummaryWriter) if not name.startswith("_")}
    assert {name for name in dir(SummaryWriter) if not name.startswith("_")} == names | {
        "add_many",
        "log",
        "mark_checkpoint",
        "watch",
    }
    for name in [*sorted(names), "__init__"]:
        parameters = inspect.signature(getattr(SummaryWriter, name)).parameters
        expected = dict(inspect.signature(getattr(torchs.SummaryWriter, name)).parameters)
        if name == "__init__":
            expected["flush_secs"] = expected["flush_secs"].replace(default=0.2)
        shapes = [(each.name, each.kind, each.default) for each in parameters.values()]
        assert [each for each in shapes if each[1] is not inspect.Parameter.KEYWORD_ONLY] == [
            (each.name, each.kind, each.default) for each in expected.values()
        ], name


def test_public_names_are_listed_and_sorted() -> None:
    assert writer.__all__ == sorted(writer.__all__)
    assert all(hasattr(writer, name) for name in writer.__all__)


def test_first_the_version_then_the_writer_last_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    with SummaryWriter(tmp_path, filename_suffix=".mine") as log:
        (path,) = find_event_files(tmp_path)  # there from the beginning, as torch's
        log.add_scalar("a", 1.0, 1)
        log.add_image("b", np.zeros((3, 4, 4)), 1)
    events = read_events(path)
    assert events[0].file_version == b"brain.Event:2"
    assert abs(events[0].wall_time - path.stat().st_mtime) < 60
    record = read_own(events[1]).writer
    assert (record.rank, record.world_size, record.pid) == (3, 8, os.getpid())
    assert record.host == socket.gethostname().encode()
    assert len(record.uuid) == 16
    assert record.parent == b""
    assert ".r00003." in path.name
    assert path.name.endswith(".mine")
    end = read_own(events[-1]).end
    assert (end.status, end.written, list(end.dropped)) == (end.CLOSED, 2, [])
    # TensorBoard shows neither of our records.
    assert read_tags(tmp_path) == {"images": ["b"], "scalars": ["a"]}


def test_default_log_dir_is_torchs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_lr1") as log:
        folder = Path(log.get_logdir())
        monkeypatch.chdir("/")  # the file stays where it was begun
    assert folder.parent == Path("runs")
    assert folder.name.endswith(f"_{socket.gethostname()}_lr1")
    assert len(find_event_files(tmp_path / folder)) == 1


def test_purge_step_writes_a_session_start_once(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, purge_step=7) as log:
        log.add_scalar("a", 1.0, 7)
        log.add_scalars("b", {"c": 1.0}, 7)
    starts = [event for event in read_only_file(tmp_path) if event.HasField("session_log")]
    assert [(event.step, event.session_log.status) for event in starts] == [(7, 1)]
    log.add_scalar("a", 2.0, 8)  # a new file of the same session
    log.close()
    later = read_events(find_event_files(tmp_path)[1])
    assert not [event for event in later if event.HasField("session_log")]


def test_values_are_those_of_the_moment_of_the_call(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        number, step = torch.tensor(1.0), torch.tensor(4)
        array, pixels = np.ones(1000), torch.zeros(3, 64, 64, dtype=torch.uint8)
        entries = {"k": 1.0}
        log.add_scalar("number", number, step)
        log.add_histogram("array", array, step)
        log.add_image("pixels", pixels, step)
        log.add_scalars("entries", entries, step)
        number += 5
        step += 5
        array[:] = 9
        pixels[:] = 255
        entries["k"] = 6.0
    read = read_python(tmp_path)
    assert [(point.step, point.value) for point in read.Scalars("number")] == [(4, 1.0)]
    assert read.Histograms("array")[0].histogram_value.max == 1.0
    assert read.Histograms("array")[0].step == 4
    black = np.zeros((3, 64, 64), np.uint8)
    with SummaryWriter(tmp_path / "black") as log:
        log.add_image("pixels", black, 4)
    expected = read_python(tmp_path / "black").Images("pixels")[0].encoded_image_string
    assert read.Images("pixels")[0].encoded_image_string == expected
    assert read_python(tmp_path / "entries_k").Scalars("entries")[0].value == 1.0


class Raising:
    """Has a conversion that fails in a way of its own."""

    def __float__(self) -> float:
        raise RuntimeError("CUDA error: device-side assert triggered")


BAD_SCALARS = [None, "word", object(), [1.0], 1j, np.zeros(2), torch.zeros(0), torch.zeros(1, device="meta"), Raising()]
BAD_STEPS = ["one", 1 << 63, -(1 << 63) - 1, math.nan, [1], torch.tensor([1, 2])]
BAD_IMAGES = [
    np.zeros((5, 4, 4)),
    np.zeros((4, 4)),
    np.zeros((3, 0, 4)),
    np.array(["x"]),
    None,
    torch.zeros(2, 3, 4) + 1j,
]


def test_bad_values_are_counted_and_warned_of_once_a_tag(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with SummaryWriter(tmp_path) as log:
        for _ in range(3):
            for value in BAD_SCALARS:
                log.add_scalar("scalar", value, 1)
            for step in BAD_STEPS:
                log.add_scalar("step", 1.0, step)
                log.add_histogram("histogram step", np.ones(3), step)
            for image in BAD_IMAGES:
                log.add_image("image", image, 1)
            log.add_image("format", np.zeros((3, 4, 4)), 1, dataformats="CHX")
            log.add_text("text", 5, 1)  # type: ignore[arg-type]
            log.add_histogram("histogram", "words", 1)
            log.add_histogram("bins", np.ones(3), 1, "no such rule")
            log.add_scalar("when", 1.0, 1, walltime="noon")  # type: ignore[arg-type]
            log.add_scalars("many", 5, 1)  # type: ignore[arg-type]
            log.add_scalar(("a", "tuple"), 1.0, 1)  # type: ignore[arg-type]
            log.add_scalar({"no": "key"}, 1.0, 1)  # type: ignore[arg-type]
        log.add_scalar("scalar", 1.0, 2)
    counts = {
        "scalar": len(BAD_SCALARS),
        "step": len(BAD_STEPS),
        "histogram step": len(BAD_STEPS),
        "image": len(BAD_IMAGES),
        **dict.fromkeys(["format", "text", "histogram", "bins", "when", "many"], 1),
        "('a', 'tuple')": 1,
        "{'no': 'key'}": 1,
    }
    assert read_dropped(tmp_path) == {tag: 3 * count for tag, count in counts.items()}
    assert len(caplog.records) == len(counts)
    assert {record.name for record in caplog.records} == {"writer"}
    assert read_tags(tmp_path) == {"scalars": ["scalar"]}


def test_all_kinds_of_steps_and_extremes(tmp_path: Path) -> None:
    steps = [
        None,
        True,
        0,
        127,
        128,
        np.uint8(200),
        np.int64(1 << 40),
        3.9,
        torch.tensor(12),
        (1 << 63) - 1,
        -(1 << 63),
    ]
    with SummaryWriter(tmp_path) as log:
        for step in steps:
            log.add_scalar("a", 1.0, step)
    found = [point.step for point in read_python(tmp_path).Scalars("a")]
    assert found == [0, 1, 0, 127, 128, 200, 1 << 40, 3, 12, (1 << 63) - 1, -(1 << 63)]


def test_hostile_names_and_texts(tmp_path: Path) -> None:
    tags = ["", "é/ü", "</script>", "a\0b", "line\nline", "x" * 100_000, "\ud800", "lr<0.1"]
    with SummaryWriter(tmp_path) as log:
        for tag in tags:
            log.add_scalar(tag, 1.0, 1)
            log.add_text(tag, tag, 1)
    written = {event.summary.value[0].tag.decode() for event in read_only_file(tmp_path)[2:-1]}
    names = [tag.encode("utf-8", "backslashreplace").decode() for tag in tags]
    assert written == {*names, *(f"{name}/text_summary" for name in names)}
    assert set(read_tags(tmp_path)["scalars"]) == set(names)  # all of it is UTF-8, or TensorBoard would refuse it


def test_non_finite_values_of_a_histogram_are_counted(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_histogram("a", np.array([1.0, math.nan, 2.0, math.inf, -math.inf]), 0)
        log.add_histogram("a", np.array([math.nan]), 1)
        log.add_histogram("a", np.array([]), 2)
        log.add_histogram("a", np.array([math.nan, 1.0]), 3, bins="auto")
        log.add_histogram("a", np.array([-1e25, 1.0, 1e30]), 4)
    found = [point.histogram_value for point in read_python(tmp_path).Histograms("a")]
    counts = [(value.num, sum(value.bucket), value.min, value.max, value.sum) for value in found]
    assert counts[:4] == [(5, 2, 1, 2, 3), (1, 0, 0, 0, 0), (0, 0, 0, 0, 0), (2, 1, 1, 1, 1)]
    assert counts[4][:4] == (3, 3, -1e25, 1e30)


def test_close_twice_and_log_again_as_torch(tmp_path: Path) -> None:
    others = set(threading.enumerate())  # of writers that other tests have left to the collector
    log = SummaryWriter(tmp_path)
    log.add_scalar("a", 1.0, 1)
    log.close()
    log.close()
    assert len(find_event_files(tmp_path)) == 1
    log.add_scalar("a", 2.0, 2)
    log.flush()
    log.close()
    assert [point.value for point in read_python(tmp_path).Scalars("a")] == [1.0, 2.0]
    files = [read_events(path) for path in find_event_files(tmp_path)]
    assert [read_own(events[-1]).end.written for events in files] == [1, 1]
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "trainboard-writer" and t not in others])


def test_an_exception_in_the_block_is_in_the_end_marker(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), SummaryWriter(tmp_path) as log:
        log.add_scalar("a", 1 / 0, 1)
    end = read_own(read_only_file(tmp_path)[-1]).end
    assert end.status == end.FAILED


def test_a_writer_thrown_away_is_closed(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)
    log.add_scalar("a", 1.0, 1)
    del log
    gc.collect()
    wait_until(lambda: read_only_file(tmp_path)[-1].summary.value[0].tag == b"_trainboard_/end")
    assert [point.value for point in read_python(tmp_path).Scalars("a")] == [1.0]


def test_flush_hands_everything_over(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, flush_secs=1000, max_queue=10**9)
    for step in range(3000):
        log.add_scalar("a", 1.0, step)
    log.add_image("b", np.zeros((3, 300, 300)), 1)
    log.flush()
    read = read_python(tmp_path)
    assert [point.step for point in read.Scalars("a")] == list(range(3000))
    assert len(read.Images("b")) == 1
    log.close()


@pytest.mark.parametrize("count", [1, 10])
def test_a_value_is_in_the_file_soon_without_flush(tmp_path: Path, count: int) -> None:
    log = SummaryWriter(tmp_path)
    for step in range(count):
        log.add_scalar("a", 1.0, step)
    wait_until(lambda: len(read_only_file(tmp_path)) == 2 + count, 2.0)
    log.close()


def test_threads_lose_nothing_and_keep_their_order(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)

    def work(number: int) -> None:
        for step in range(1000):
            log.add_scalar(f"thread{number}", float(number), step)
            log.add_scalar("all", float(number), step)
            if step % 500 == 0:
                log.add_histogram("histogram", np.full(10, number), step)
                log.flush()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    read = read_python(tmp_path)
    for number in range(6):
        assert [point.step for point in read.Scalars(f"thread{number}")] == list(range(1000))
        assert [point.step for point in read.Scalars("all") if point.value == number] == list(range(1000))
    assert len(read.Histograms("histogram")) == 12
    assert read_own(read_only_file(tmp_path)[-1]).end.written == 12012


def test_logging_from_a_logging_handler_does_not_hang(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)

    class ToWriter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.add_text("warnings", record.getMessage(), 1)
            log.flush()

    handler = ToWriter()
    logging.getLogger("writer").addHandler(handler)
    try:
        log.add_image("bad image", np.zeros((5, 4, 4)), 1)  # refused on the encoder's thread
        log.add_scalar("bad step", 1.0, 1 << 63)  # on the writer's
        wait_until(lambda: len(read_only_file(tmp_path)) == 2 + 2)
    finally:
        logging.getLogger("writer").removeHandler(handler)
    log.close()
    assert len(read_python(tmp_path).Tensors("warnings/text_summary")) == 2


def test_graph(tmp_path: Path) -> None:
    pytest.importorskip("writer.torch_graph")
    with SummaryWriter(tmp_path) as log:
        log.add_graph(torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU()), torch.zeros(2, 4))
    assert len(read_python(tmp_path).Graph().node) > 2


def test_a_graph_that_cannot_be_captured_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_graph("no module", 5)
        log.add_scalar("a", 1.0, 1)
    assert json.dumps(read_dropped(tmp_path)) == '{"__run_graph__": 1}'
    assert len(caplog.records) == 1


def test_add_many_takes_numbers_of_all_kinds_as_they_are(tmp_path: Path) -> None:
    array, tensor = np.array([2.5]), torch.tensor(3.5)
    numbers = {
        "float": 0.5,
        "int": 3,
        "bool": True,
        "numpy": np.float32(0.1),
        "integer": np.int8(-3),
        "array": array,
        "tensor": tensor,
        "nan": math.nan,
        "large": 10**30,
    }
    refused: dict[Any, Any] = {"too large": 10**400, "text": "word", "several": np.ones(3), 5: 1.0}
    with SummaryWriter(tmp_path) as log:
        log.add_scalar("float", 0.25, 6)
        log.add_many(numbers | refused, np.int64(7), walltime=50)
        log.add_many(numbers, torch.tensor(8))
        log.add_many({}, 9)
        log.add_many(None, 9)  # type: ignore[arg-type]
        array[0] = tensor[()] = 9.0
        numbers.clear()
    read = read_python(tmp_path)
    expected = [0.5, 3, 1, np.float32(0.1), -3, 2.5, 3.5, math.nan, np.float32(1e30)]
    tags = ["float", "int", "bool", "numpy", "integer", "array", "tensor", "nan", "large"]
    points = [read.Scalars(tag)[-2:] for tag in tags]
    assert [[point.step for point in each] for each in points] == [[7, 8]] * len(tags)
    for index in (0, 1):
        assert np.array_equal([each[index].value for each in points], expected, equal_nan=True)
    assert points[0][0].wall_time == 50
    assert [point.step for point in read.Scalars("float")] == [6, 7, 8]
    dropped = {entry.tag: entry.count for entry in read_own(read_only_file(tmp_path)[-1]).end.dropped}
    assert dropped == {b"too large": 1, b"text": 1, b"several": 1, b"5": 1, b"": 1}


def test_log_takes_all_numbers_at_one_moment_and_steps_that_are_tensors(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        log.log({"a": 1, "b": {"c": np.float32(0.5)}, "b/c": 0.75, "d": np.ones(3), 5: 2.0}, torch.tensor(7))
        log.log({"a": 2.0})
    read = read_python(tmp_path)
    assert [(point.step, point.value) for point in read.Scalars("a")] == [(7, 1), (8, 2)]
    assert [point.value for point in read.Scalars("b/c")] == [0.75, 0.5]
    assert [point.value for point in read.Scalars("5")] == [2]
    assert read.Histograms("d")[0].step == 7
    assert read.Scalars("a")[0].wall_time == read.Scalars("5")[0].wall_time
