"""Files on disks that are full, at a limit or taken away, judged by what TensorBoard reads from them."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.writer.tensorboard_reader import (
    find_event_files,
    read_events,
    read_only_file,
    read_own,
    read_python,
    wait_until,
)
from writer import SummaryWriter
from writer.event_file import EndStatus, EventFile
from writer.format.framing import encode_record
from writer.format.messages import Event, Summary

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def make_record(step: int) -> bytes:
    """Frame one scalar."""
    summary = Summary(value=[Summary.Value(tag=b"a", simple_value=1.0)])
    return encode_record(Event(wall_time=5.0, step=step, summary=summary).SerializeToString())


def read_steps(folder: Path, tag: bytes = b"a") -> list[int]:
    """Steps of one tag in all files of a folder, in order."""
    events = [event for path in find_event_files(folder) for event in read_events(path)]
    return [event.step for event in events if any(value.tag == tag for value in event.summary.value)]


def assert_whole(folder: Path) -> None:
    """Assert that TensorBoard reads every file of a folder to its last byte."""
    for path in find_event_files(folder):
        records = [encode_record(event.SerializeToString()) for event in read_events(path)]
        assert sum(map(len, records)) == path.stat().st_size


def test_one_write_a_batch(tmp_path: Path) -> None:
    file = EventFile(str(tmp_path / "new" / "folder"))
    for step in range(1000):
        file.pending.append(make_record(step))
    file.write()
    assert (file.written, file.pending.count) == (1000, 0)
    (path,) = find_event_files(tmp_path / "new" / "folder")
    assert str(path) == file.path
    assert read_steps(path.parent) == list(range(1000))
    file.end(EndStatus.CLOSED, {"lost": 5})
    file.write()
    file.close()
    file.close()
    end = read_own(read_events(path)[-1]).end
    assert (end.status, end.written) == (EndStatus.CLOSED, 1000)
    assert [(entry.tag, entry.count) for entry in end.dropped] == [(b"lost", 5)]


def test_names_sort_in_order_of_opening_and_never_meet(tmp_path: Path) -> None:
    files = [EventFile(str(tmp_path)) for _ in range(12)]
    for file in files:
        file.open()
    assert [str(path) for path in find_event_files(tmp_path)] == [file.path for file in files]
    for file in files:
        file.close()


LIMITED = """
    import resource, sys
    from tests.writer.test_event_file import make_record
    from writer.event_file import EventFile
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    file = EventFile(sys.argv[1])
    failures = 0
    for step in range(1000):
        file.pending.append(make_record(step))
    while file.has_pending:
        try:
            file.write()
        except OSError:
            failures += 1
    print(failures, file.written)
"""


def test_a_short_write_leaves_no_torn_record_and_loses_none(tmp_path: Path) -> None:
    # At the limit of a file's size the kernel first writes what fits, then refuses.
    command = [sys.executable, "-c", textwrap.dedent(LIMITED), str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    failures, written = map(int, ran.stdout.split())
    assert written == 1000
    assert failures == len(find_event_files(tmp_path)) - 1 > 0
    assert read_steps(tmp_path) == list(range(1000))
    assert_whole(tmp_path)
    records = [read_own(read_events(path)[1]).writer for path in find_event_files(tmp_path)]
    assert [record.parent for record in records[1:]] == [record.uuid for record in records[:-1]]


def test_a_removed_folder_is_made_again(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path / "run")
    log.add_scalar("a", 1.0, 0)
    log.flush()
    (path,) = find_event_files(tmp_path / "run")
    path.unlink()
    path.parent.rmdir()
    step = 0

    def is_made_again() -> bool:
        nonlocal step
        step += 1
        log.add_scalar("a", 1.0, step)
        return path.parent.exists()

    wait_until(is_made_again)
    log.close()
    assert read_steps(path.parent)[-1] == step


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_gets_everything_when_there_is_room(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(960 << 10))
    log = SummaryWriter(small_disk / "run")
    for step in range(2000):  # about 90 KiB
        log.add_scalar("a", 1.0, step)
    wait_until(lambda: bool(caplog.records))
    assert "No space left on device" in caplog.text
    whole = read_steps(small_disk / "run")
    assert whole == list(range(len(whole)))
    ballast.unlink()
    wait_until(lambda: len(read_steps(small_disk / "run")) == 2000)
    log.close()
    assert len(caplog.records) == 2  # the beginning of the trouble, and its end
    assert read_steps(small_disk / "run") == list(range(2000))
    assert_whole(small_disk / "run")
    (path,) = find_event_files(small_disk / "run")
    assert read_own(read_events(path)[-1]).end.written == 2000


def test_a_stuck_disk_is_not_waited_for_and_all_that_is_dropped_is_counted(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1020 << 10))
    log = SummaryWriter(small_disk / "run", queue_bytes=1 << 18)
    begin = time.monotonic()
    noise = np.random.default_rng(0).integers(0, 256, (160, 200, 3)).astype(np.uint8)
    for step in range(20):
        log.add_image("image", noise, step, dataformats="HWC")  # 96 kB each: more than there is room for
    for step in range(8000):
        log.add_scalar("a", 1.0, step)
    took = time.monotonic() - begin
    assert 1.0 < took < 8.0  # it waited once, for the time in which a disk may come back
    begin = time.monotonic()
    for step in range(8000, 9000):
        log.add_scalar("a", 1.0, step)
    log.flush()
    assert time.monotonic() - begin < 1.0
    ballast.unlink()
    wait_until(lambda: len(read_steps(small_disk / "run")) > 300)
    log.close()
    (path,) = find_event_files(small_disk / "run")
    end = read_own(read_events(path)[-1]).end
    dropped = {entry.tag: entry.count for entry in end.dropped}
    assert_whole(path.parent)
    steps = read_steps(path.parent)
    assert len(steps) + dropped[b"a"] == 9000
    assert steps == sorted(set(steps))
    images = read_steps(path.parent, b"image")
    assert len(images) + dropped[b"image"] == 20
    # Which ones are kept hangs on where each was when the disk filled up; none is repeated, and none is out of order.
    assert images == sorted(set(images))
    assert len(images) < 8  # with one or two that were being encoded
    assert end.written == len(steps) + len(images)


def test_unwritable_folder_is_warned_of_and_harmless(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    log = SummaryWriter(tmp_path / "file" / "run")
    wait_until(lambda: log._queue._drain._files._retry_s > 0.15)  # it has tried several times
    assert len(caplog.records) == 1
    for step in range(100):
        log.add_scalar("a", 1.0, step)
    log.close()
    messages = [record.getMessage() for record in caplog.records]
    assert "cannot be written" in messages[0]
    assert str(tmp_path / "file") in messages[0]
    assert "100 values were lost" in messages[-1]
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_folder_that_becomes_writable_gets_everything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "run").write_text("in the way")
    log = SummaryWriter(tmp_path / "run")
    log.add_scalar("a", 1.0, 1)
    (tmp_path / "run").unlink()
    log.add_scalar("a", 2.0, 2)
    run = tmp_path / "run"
    wait_until(lambda: run.is_dir() and find_event_files(run) and len(read_only_file(run)) == 4)
    log.close()
    assert "written again" in caplog.records[-1].getMessage()


def test_a_key_that_makes_no_folder_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with SummaryWriter(tmp_path) as log:
        for step in range(3):
            log.add_scalars("m", {"x" * 300: 1.0, "a\0b": 1.0, "good": 1.0}, step)
            log.flush()
    assert len(read_python(tmp_path / "m_good").Scalars("m")) == 3
    assert len(caplog.records) == 2 + 2  # while running, and at the end of either file


@pytest.mark.parametrize("meanwhile", ["nothing", "removed", "replaced", "appended", "a folder"])
def test_a_file_that_rests_is_gone_on_with_where_it_is_the_same(tmp_path: Path, meanwhile: str) -> None:
    file = EventFile(str(tmp_path))
    file.pending.append(make_record(0))
    file.write()
    file.rest()
    file.rest()
    path = Path(file.path)
    data = path.read_bytes()
    if meanwhile == "appended":
        path.write_bytes(data + make_record(5))
    elif meanwhile != "nothing":
        path.rename(tmp_path / "kept")
    if meanwhile == "replaced":
        path.write_bytes(data)
    elif meanwhile == "a folder":
        path.mkdir()
    file.pending.append(make_record(1))
    file.write()
    file.close()
    if meanwhile == "a folder":
        path.rmdir()
    assert (Path(file.path) == path) is (meanwhile == "nothing")
    steps = {"nothing": [0, 1], "removed": [1], "replaced": [0, 1], "appended": [0, 5, 1], "a folder": [1]}
    assert read_steps(tmp_path) == steps[meanwhile]
    assert_whole(tmp_path)
