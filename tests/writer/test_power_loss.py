"""The machine loses its power: a disk as it is at that moment is mounted again, and read."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.writer.tensorboard_reader import find_event_files, read_events
from tests.writer.test_process import read_line, start
from writer.batch import count_whole

pytestmark = pytest.mark.slow

TRAINING = """
    import sys, time
    from writer import SummaryWriter
    log = SummaryWriter(sys.argv[1], sync_secs=float(sys.argv[2]))
    asks = sys.argv[3] == "asks"
    step = 0
    while True:
        for _ in range(200):
            log.add_scalar("a", float(step), step)
            step += 1
        if step % 2000 == 0:
            log.add_text("b", "text " * 1000, step)
        if log.flush(sync=asks):
            print(step, flush=True)
            time.sleep(0.0 if asks else 0.01)
"""


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """A disk in a file, mounted at "disk" beside it."""
    made, folder = tmp_path / "image", tmp_path / "disk"
    with made.open("wb") as file:
        file.truncate(32 << 20)
    folder.mkdir()
    try:
        subprocess.run(["mkfs.ext4", "-q", made], check=True, capture_output=True)
        # Nothing is written because time has gone by: only what is asked for.
        subprocess.run(["mount", "-o", "loop,commit=300", made, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a disk in a file can only be mounted by root, with e2fsprogs and loop devices: {error}")
    yield made
    subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def training(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Log until the end of the block, and say which step was flushed."""
    child = start(TRAINING, *arguments)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def count_after_power_loss(image: Path, folder: Path, child: subprocess.Popen[str]) -> int:
    """Take the disk as it is now, mount the copy, and count the steps of "a", which are the first ones."""
    copy = folder / "copy"
    child.send_signal(signal.SIGSTOP)  # the power goes at one moment
    time.sleep(0.05)
    shutil.copyfile(image, copy)
    child.send_signal(signal.SIGCONT)
    (folder / "after").mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", copy, folder / "after"], check=True)
    try:
        run = folder / "after" / "run"
        paths = find_event_files(run) if run.exists() else []
        for path in paths:
            data = path.read_bytes()
            assert count_whole(data, len(data))[0] == len(read_events(path))
        events = [event for path in paths for event in read_events(path)]
        steps = [event.step for event in events if any(value.tag == b"a" for value in event.summary.value)]
        assert steps == list(range(len(steps)))
        return len(steps)
    finally:
        subprocess.run(["umount", folder / "after"], check=True)


def test_what_was_synced_outlives_the_machine(image: Path, tmp_path: Path) -> None:
    with training(tmp_path / "disk" / "run", 1000, "asks") as child:
        for _ in range(5):
            for _ in range(4):
                synced = int(read_line(child.stdout))
            assert count_after_power_loss(image, tmp_path, child) >= synced


def test_without_a_word_it_is_synced_in_time(image: Path, tmp_path: Path) -> None:
    with training(tmp_path / "disk" / "run", 0.5, "waits") as child:
        handed_over = int(read_line(child.stdout))
        assert count_after_power_loss(image, tmp_path, child) == 0  # else this shows nothing
        count = 0
        for _ in range(40):
            read_line(child.stdout)
            if count < handed_over:
                count = count_after_power_loss(image, tmp_path, child)
        assert count >= handed_over
