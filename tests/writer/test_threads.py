"""The writer's own threads: what ends them, and that nothing of it is felt."""

import ctypes
import logging
import random
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.writer.tensorboard_reader import find_event_files, read_events, read_python, wait_until
from writer import SummaryWriter

pytestmark = pytest.mark.slow


def test_a_thread_that_has_died_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    log = SummaryWriter(tmp_path)
    log.add_scalar("a", 1.0, 1)
    log.flush()
    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    alive, log._queue._thread = log._queue._thread, dead  # as after an exception in its own handler
    log._queue._drain, drain = None, log._queue._drain
    assert drain is not None
    drain.ask_end(1)
    drain._end()
    log._queue._bell.ring()
    assert alive is not None
    alive.join(5.0)
    log._queue._thread = dead
    log.add_scalar("a", 1.0, 2)
    assert log.flush()
    log.close()
    assert [point.step for point in read_python(tmp_path).Scalars("a")] == [1, 2]


def test_a_logging_handler_that_logs_to_the_writer_holds_nothing(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, queue_bytes=1 << 18)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.add_text("warnings", record.getMessage(), 1)
            log.add_scalar("warned", 1.0, 1)
            log.flush()

    handler = Handler()
    logger = logging.getLogger("writer")
    logger.addHandler(handler)
    try:
        for step in range(2000):
            log.add_scalar(f"bad{step % 50}", object(), step)
            log.add_image(f"bad image{step % 50}", np.zeros(3), step)
            log.add_scalar("good", 1.0, step)
        assert log.flush()
        log.close()
    finally:
        logger.removeHandler(handler)
    read = read_python(tmp_path)
    assert len(read.Scalars("good")) == 2000
    assert len(read.Tensors("warnings/text_summary")) == 100


def test_eight_threads_that_do_whatever_comes_to_their_minds_lose_nothing(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, queue_bytes=1 << 18)
    counts = [0] * 8
    stop = threading.Event()

    def work(number: int) -> None:
        choice = random.Random(number)
        while not stop.is_set():
            action = choice.choice(["scalar"] * 20 + ["many", "text", "flush", "close", "log", "image", "sub-run"])
            if action == "scalar":
                log.add_scalar(f"thread{number}", 1.0, counts[number])
                counts[number] += 1
            elif action == "many":
                log.add_many({f"many{i}": float(i) for i in range(30)}, number)
            elif action == "text":
                log.add_text("text", "text", number)
            elif action == "image":
                log.add_image("image", np.zeros((3, 8, 8)), number)
            elif action == "flush":
                log.flush(sync=choice.random() < 0.1)
            elif action == "log":
                log.log({"logged": 1.0, "nested": {"a": np.ones(3)}})
            elif action == "sub-run":
                log.add_scalars("s", {"a": 1.0}, number)
            elif choice.random() < 0.05:
                log.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(2.0)
    stop.set()
    for thread in threads:
        thread.join(20.0)
        assert not thread.is_alive()
    log.close()
    read = read_python(tmp_path)
    for number in range(8):
        assert sorted(point.step for point in read.Scalars(f"thread{number}")) == list(range(counts[number]))


def test_a_training_that_keeps_the_interpreter_to_itself_loses_nothing(tmp_path: Path) -> None:
    log = SummaryWriter(tmp_path, queue_bytes=1 << 18)  # room for a thousand scalars
    library: Any = ctypes.PyDLL(None)  # its calls keep the interpreter's lock
    for step in range(5000):
        if step == 500:
            library.usleep(2_600_000)  # longer than a disk may take
        log.add_scalar("a", 1.0, step)
    log.close()
    assert [point.step for point in read_python(tmp_path).Scalars("a")] == list(range(5000))


def test_the_clock_may_be_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    with SummaryWriter(tmp_path) as log:
        log.add_scalar("a", 1.0, 0)
        log.flush()
        monkeypatch.setattr(time, "time", lambda: real() - 7200.0)
        # Values are stamped by the clock as it is; what waits is written when it was, and names stay in order.
        log.add_text("a", "text", 1)
        log.add_scalar("a", torch_like(2.0), 2)
        (path,) = find_event_files(tmp_path)
        wait_until(lambda: len(read_events(path)) == 5, 1.5)
        with SummaryWriter(tmp_path) as later:
            later.add_scalar("b", 1.0, 1)
    files = find_event_files(tmp_path)
    assert files[0] == path
    assert len(files) == 2
    assert {value.tag for event in read_events(files[1]) for value in event.summary.value} >= {b"b"}


def torch_like(value: float) -> np.ndarray[Any, Any]:
    return np.array([value])
