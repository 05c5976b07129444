"""Who waits for whom: callers for a healthy disk, scalars for nobody's images."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.writer.tensorboard_reader import find_event_files, read_only_file, read_own, read_python, wait_until
from tests.writer.test_process import finish, start
from writer import SummaryWriter
from writer.format.framing import HEADER_BYTES


def count_records(path: Path) -> int:
    """Count the whole records of a file by their lengths alone."""
    data, offset, count = path.read_bytes(), 0, 0
    while offset + HEADER_BYTES < len(data):
        offset += 16 + int.from_bytes(data[offset : offset + 8], "little")
        count += offset <= len(data)
    return count


def test_a_caller_faster_than_the_disk_waits_and_loses_nothing(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, queue_bytes=1 << 18)  # room for a thousand scalars
    most = 0
    for step in range(50_000):
        log.add_scalar("a", 1.0, step)
        most = max(most, len(log._scalars))
    log.close()
    assert most <= 1025
    (path,) = find_event_files(tmp_path)
    assert count_records(path) == 50_000 + 3


def test_a_batch_counts_for_as_many_as_it_holds(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, queue_bytes=1 << 18)
    numbers = {f"tag{number}": number * 0.5 for number in range(400)}
    most = 0
    for step in range(100):
        log.add_many(numbers, step)
        log.add_scalar("between", 1.0, step)
        most = max(most, sum(len(item[1]) if isinstance(item[1], dict) else 1 for item in list(log._scalars)))
    log.add_many(dict.fromkeys(map(str, range(5000)), 1), 100)  # more than there is room for
    log.close()
    assert 0 < most <= 1024 + 400
    assert log._queue._batched == 0
    (path,) = find_event_files(tmp_path)
    assert count_records(path) == 100 * 401 + 5000 + 3


def test_a_caller_with_more_images_than_room_waits_and_loses_nothing(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, queue_bytes=1 << 18)
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    for step in range(40):
        log.add_image("image", image, step, dataformats="HWC")
        assert log._queue._media_bytes < 2 << 18
    log.close()
    assert [point.step for point in read_python(tmp_path).Images("image")] == list(range(40))
    assert log._queue._media_bytes == 0


def test_a_slow_image_delays_no_scalar(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)
    noise = np.random.default_rng(0).integers(0, 256, (2000, 2000, 3)).astype(np.uint8)
    log.add_image("image", noise, 1, dataformats="HWC")
    log.add_scalar("a", 1.0, 1)
    wait_until(lambda: len(read_only_file(tmp_path)) == 3)
    assert read_python(tmp_path).Tags()["images"] == []  # still being encoded
    log.close()
    assert count_records(find_event_files(tmp_path)[0]) == 2 + 2 + 1


def test_memory_of_images_is_given_back(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)
    for step in range(5):
        log.add_image("image", np.zeros((3, 200, 200)), step)
        log.flush()
    buffers = log._queue.buffers
    assert 3 * 200 * 200 * 8 <= buffers.free_bytes == buffers._high < 2 * 3 * 200 * 200 * 8
    log.close()


def test_a_value_larger_than_a_record_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with SummaryWriter(tmp_path) as log:
        log.add_histogram("a", np.broadcast_to(np.float32(1), (80 << 20,)), 1)
        log.add_text("b", "x" * (257 << 20), 1)
    assert "320 MiB are too many for one value" in caplog.text
    assert "257 MiB are more than a record may hold" in caplog.text


def test_an_idle_writer_sleeps_and_wakes(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)
    wait_until(lambda: log._queue._is_asleep)
    assert log._queue.limit == 0
    log.add_scalar("a", 1.0, 1)
    wait_until(lambda: len(read_only_file(tmp_path)) == 3, 1.0)
    wait_until(lambda: log._queue._is_asleep)
    log.add_text("b", "text", 1)
    wait_until(lambda: len(read_only_file(tmp_path)) == 4, 1.0)
    begin = time.monotonic()
    log.close()
    assert time.monotonic() - begin < 1.0


def test_flushing_while_another_thread_closes_and_logs_does_not_hang(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path)
    stop = threading.Event()
    logged = [0, 0]

    def work(number: int) -> None:
        while not stop.is_set():
            log.add_scalar(f"thread{number}", 1.0, logged[number])
            logged[number] += 1
            log.add_histogram("histogram", np.ones(3), logged[number])
            log.flush()

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        log.close()
        time.sleep(0.005)  # let the others log
    stop.set()
    for thread in threads:
        thread.join(20.0)
        assert not thread.is_alive()
    log.close()
    log._queue.finish()
    read = read_python(tmp_path)
    for number in (0, 1):
        assert sorted(point.step for point in read.Scalars(f"thread{number}")) == list(range(logged[number]))
    assert len(read.Histograms("histogram")) == sum(logged)


WITHOUT_PILLOW = """
    import sys
    sys.modules["PIL"] = None  # as if it were not installed
    import numpy as np
    from writer import SummaryWriter
    with SummaryWriter(sys.argv[1]) as log:
        for step in range(3):
            for tag in ("one", "two"):
                log.add_image_with_boxes(tag, np.zeros((3, 4, 4)), np.zeros((1, 4)), step)
            log.add_image("plain", np.zeros((3, 4, 4)), step)
            log.add_scalar("a", 1.0, step)
"""


def test_without_pillow_one_warning_says_what_to_install(tmp_path: Path) -> None:
    code, stderr = finish(start(WITHOUT_PILLOW, tmp_path))
    assert code == 0
    assert stderr.count("\n") == stderr.count("pip install 'trainboard[media]'") == 1
    events = read_only_file(tmp_path)
    assert {entry.tag: entry.count for entry in read_own(events[-1]).end.dropped} == {b"one": 3, b"two": 3}
    assert len(read_python(tmp_path).Scalars("a")) == len(read_python(tmp_path).Images("plain")) == 3
