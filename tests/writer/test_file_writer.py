"""Ready-made messages, and the names of torch's class that programs reach for although they are private."""

import logging
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorboardX.proto.summary_pb2 as x_summary_pb2
import torch
from tensorboard.compat.proto import event_pb2, graph_pb2, step_stats_pb2, summary_pb2
from tensorboard.compat.proto.config_pb2 import RunMetadata
from torch.utils import tensorboard as torchs
from torch.utils.tensorboard.summary import hparams

from tests.writer.tensorboard_reader import (
    find_event_files,
    read_only_file,
    read_own,
    read_python,
    read_tags,
    wait_until,
)
from writer import FileWriter, SummaryWriter


def make_summary(tag: str, value: float) -> Any:
    """One scalar, as TensorBoard's own message."""
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])


def log_messages(log: Any) -> None:
    """Use every method of torch's FileWriter."""
    log.add_summary(make_summary("a", 1.0), 3, 5.5)
    log.add_summary(make_summary("a", 2.0), np.int64(4), 6.5)
    log.add_event(event_pb2.Event(step=7, summary=make_summary("a", 3.0)), walltime=7.5)
    log.add_event(event_pb2.Event(step=7, summary=make_summary("a", 4.0)), 8, 8.5)
    graph = graph_pb2.GraphDef()
    graph.node.add(name="node", op="Op")
    stats = RunMetadata(step_stats=step_stats_pb2.StepStats())
    stats.step_stats.dev_stats.add(device="/device:CPU:0")
    log.add_graph((graph, stats), 9.5)
    log.add_onnx_graph(graph, 10.5)
    log.flush()


def test_messages_are_written_as_torchs_class_writes_them(tmp_path: Path) -> None:
    found = {}
    for name, kind in {"torch": torchs.FileWriter, "ours": FileWriter}.items():
        log = kind(tmp_path / name, filename_suffix=".end")
        assert log.get_logdir() == str(tmp_path / name)
        log_messages(log)
        log.close()
        (path,) = find_event_files(tmp_path / name)
        assert path.suffix == ".end"
        reader = read_python(tmp_path / name)
        found[name] = (reader.Scalars("a"), reader.Graph(), reader.RunMetadata("step1"))
    assert found["ours"] == found["torch"]
    assert [(point.step, point.wall_time, point.value) for point in found["ours"][0]] == [
        (3, 5.5, 1.0),
        (4, 6.5, 2.0),
        (7, 7.5, 3.0),
        (8, 8.5, 4.0),
    ]


def test_signatures_are_torchs() -> None:
    import inspect

    for name in ("__init__", "add_event", "add_summary", "add_graph", "add_onnx_graph", "flush", "close", "reopen"):
        ours, theirs = (inspect.signature(getattr(kind, name)).parameters for kind in (FileWriter, torchs.FileWriter))
        given = [each for each in ours.values() if each.kind is not inspect.Parameter.KEYWORD_ONLY]
        assert [each.name for each in given] == list(theirs), name


def test_messages_are_those_of_the_moment_of_the_call(tmp_path: Path) -> None:
    summary = make_summary("a", 1.0)
    with SummaryWriter(tmp_path) as log:
        log.file_writer.add_summary(summary, torch.tensor(5))
        summary.value[0].simple_value = 9
    (point,) = read_python(tmp_path).Scalars("a")
    assert (point.step, point.value) == (5, 1.0)


def test_messages_of_others_and_serialised_ones(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as log:
        value = x_summary_pb2.Summary.Value(tag="x", simple_value=2.0)
        log.file_writer.add_summary(x_summary_pb2.Summary(value=[value]), 1)
        log.file_writer.add_summary(make_summary("bytes", 3.0).SerializeToString(), 1)
    assert read_tags(tmp_path) == {"scalars": ["bytes", "x"]}


def test_what_is_no_message_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with SummaryWriter(tmp_path) as log:
        log.file_writer.add_summary("text")
        log.file_writer.add_summary(b"\xff")
        log.file_writer.add_event(None)
        log.file_writer.add_event(event_pb2.Event(step=1))
        log.file_writer.add_graph(5)
        log.file_writer.add_graph((5, 6))
        log.file_writer.add_summary(make_summary("step", 1.0), "one")
        log.file_writer.add_summary(make_summary("when", 1.0), 1, "noon")  # type: ignore[arg-type]
    dropped = {each.tag.decode(): each.count for each in read_own(read_only_file(tmp_path)[-1]).end.dropped}
    assert dropped == {"": 4, "__run_graph__": 3, "step": 1, "when": 1}
    assert len(caplog.records) == 4


def test_hparams_as_lightning_and_stable_baselines_log_them(tmp_path: Path) -> None:
    with SummaryWriter(log_dir=str(tmp_path)) as log:
        for message in hparams({"lr": 0.1}, {"hp_metric": -1}):
            log._get_file_writer().add_summary(message)
        log.add_scalar("hp_metric", -1, 0)
    tags = ["_hparams_/experiment", "_hparams_/session_end_info", "_hparams_/session_start_info"]
    assert sorted(tag for tag in read_python(tmp_path).summary_metadata if tag.startswith("_hparams_")) == tags


def test_names_that_programs_reach_for(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)
    assert list(log.all_writers) == [str(tmp_path)]
    assert all(writer is log.file_writer for writer in log.all_writers.values())
    assert log.file_writer.event_writer._file_name == str(find_event_files(tmp_path)[0])
    assert log.file_writer.event_writer.get_logdir() == log.file_writer.get_logdir() == str(tmp_path)
    log.file_writer.flush()
    log.close()
    log._get_file_writer().reopen()
    log._get_file_writer().add_summary(make_summary("a", 1.0), 1)
    log.close()
    assert len(find_event_files(tmp_path)) == 2
    assert log.file_writer.event_writer._file_name == str(find_event_files(tmp_path)[1])


def test_default_bins_are_torchs_and_can_be_replaced(tmp_path: Path) -> None:
    with torchs.SummaryWriter(tmp_path / "torch") as theirs, SummaryWriter(tmp_path / "ours") as log:
        assert log.default_bins == theirs.default_bins
        for each in (theirs, log):
            each.default_bins = 3
            each.add_histogram("a", np.arange(7.0), 1)
            each.default_bins = [0.0, 5.0, 10.0]
            each.add_histogram("b", np.arange(7.0), 1)
    for tag in ("a", "b"):
        ours, expected = (read_python(tmp_path / name).Histograms(tag)[0] for name in ("ours", "torch"))
        assert ours.histogram_value == expected.histogram_value


def test_a_subclass_that_writes_hparams_in_its_own_folder(tmp_path: Path) -> None:
    class Mine(SummaryWriter):
        def add_hparams(self, hparam_dict: Any, metric_dict: Any) -> None:  # type: ignore[override]
            with SummaryWriter(log_dir=self._get_file_writer().get_logdir()) as log:
                for message in hparams(hparam_dict, metric_dict):
                    log.file_writer.add_summary(message)
                for key, value in metric_dict.items():
                    log.add_scalar(key, value)

    with Mine(tmp_path) as log:
        log.add_hparams({"a": 1}, {"b": 2.0})
    assert read_tags(tmp_path) == {"scalars": ["b"]}
    assert len(find_event_files(tmp_path)) == 2


def test_a_message_logged_by_a_handler_of_our_own_warnings(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)

    class ToWriter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.file_writer.add_summary(make_summary("warnings", 1.0), 1)

    handler = ToWriter()
    logging.getLogger("writer").addHandler(handler)
    try:
        log.file_writer.add_summary(b"\xff")  # refused on the encoder's thread
        log.flush()
    finally:
        logging.getLogger("writer").removeHandler(handler)
    log.close()
    assert len(read_python(tmp_path).Scalars("warnings")) == 1


@pytest.mark.parametrize("suffix", ["x" * 300, "/../x", "\0", "\ud800", "é" * 99])
def test_a_suffix_that_no_file_can_have_is_mended(tmp_path: Path, suffix: str) -> None:
    with SummaryWriter(tmp_path, filename_suffix=suffix) as log:
        log.add_scalar("a", 1.0, 1)
    assert len(read_python(tmp_path).Scalars("a")) == 1


@pytest.mark.parametrize(
    "folder", ["x" * 300, "a\0b", "file", "file/below", "loop", "dangling", "/dev/null", "/dev/full/x", "/proc/x"]
)
def test_a_folder_that_cannot_be_is_two_warnings_and_nothing_else(
    tmp_path: Path, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere/x")
    begin = time.monotonic()
    with SummaryWriter(tmp_path / folder) as log:
        for step in range(100):
            log.add_scalar("a", 1.0, step)
        assert not log.flush()
    assert time.monotonic() - begin < 9.0
    assert caplog.text.count("are kept while there is room") == 1
    assert "100 values were lost" in caplog.text
    assert "Traceback" not in caplog.text


def test_arguments_that_are_no_numbers_are_refused_at_once(tmp_path: Path) -> None:
    for arguments in ({"flush_secs": None}, {"max_queue": None}, {"sync_secs": "x"}, {"purge_step": 1 << 63}):
        with pytest.raises((TypeError, ValueError)):
            SummaryWriter(tmp_path, **arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    numbers = {"flush_secs": math.nan, "max_queue": np.int64(3), "purge_step": np.int32(5), "queue_bytes": -1}
    with SummaryWriter(tmp_path, **numbers) as log:  # type: ignore[arg-type]
        log.add_scalar("a", 1.0, 1)
        wait_until(lambda: len(read_only_file(tmp_path)) == 4)
