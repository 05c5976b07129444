"""Values are taken as they are, and those still on their way neither hold up nor overtake others."""

import math
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.writer.tensorboard_reader import find_event_files, read_events, read_own
from writer.buffers import Buffers
from writer.device_values import _allow_during_captures, _PinnedCopy, take_array, take_number, take_step
from writer.drain import Drain
from writer.errors import UnsupportedValueError
from writer.event_file import EndStatus, EventFile
from writer.lanes import MARK, Ticket
from writer.losses import Losses
from writer.summaries import NewStyle


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (True, 1.0),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.int8(-3), -3.0),
        (np.bool_(True), 1.0),
        (np.array([[2.5]]), 2.5),
        (np.ma.array([2.5]), 2.5),
        (torch.tensor(2.5, requires_grad=True), 2.5),
        (torch.tensor([[7]]), 7.0),
        (torch.tensor(1e38, dtype=torch.bfloat16), float(torch.tensor(1e38, dtype=torch.bfloat16))),
        (torch.tensor(2.0, dtype=torch.float8_e4m3fn), 2.0),
        (torch.tensor(True), 1.0),
        (torch.nn.Parameter(torch.ones(1)), 1.0),
        ("0.5", 0.5),
    ],
)
def test_one_number_of_any_kind(value: Any, expected: float) -> None:
    assert take_number(value) == expected


@pytest.mark.parametrize(
    "value", [torch.zeros(2), np.zeros(0), 1j, np.complex64(1), torch.tensor(1j), torch.zeros(1, device="meta")]
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises((UnsupportedValueError, RuntimeError, TypeError)):
        take_number(value)


def test_steps() -> None:
    assert [take_step(step) for step in (None, 5, True, np.int32(7), 2.9, torch.tensor(8))] == [0, 5, 1, 7, 2, 8]
    assert type(take_step(np.uint8(3))) is int


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        np.arange(24)[::-2],
        np.array(5.0),
        np.zeros((0, 3)),
        np.broadcast_to(np.arange(3), (4, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        torch.arange(6).reshape(2, 3).T,
        torch.arange(4, dtype=torch.bfloat16),
        torch.ones(2, 2, requires_grad=True),
        torch.tensor([1j, 2j]).imag,
        [[1, 2], [3, 4]],
    ],
)
def test_arrays_of_any_strides_are_copied(array: Any) -> None:
    expected = array.detach().to(torch.float32).numpy().copy() if isinstance(array, torch.Tensor) else np.array(array)
    held = take_array(array, Buffers(1 << 20))
    assert np.array_equal(held.read(), expected)
    assert not np.shares_memory(held.read(), np.asarray(array)) if isinstance(array, np.ndarray) else True


def test_the_capture_mode_is_asked_for_without_a_gpu_too() -> None:
    _allow_during_captures()


class Event:
    """An accelerator's event whose work is done when the test says so."""

    def __init__(self) -> None:
        self.is_done = False
        self.asked = 0

    def query(self) -> bool:
        self.asked += 1
        if self.is_done == "failed":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return bool(self.is_done)


class Writing:
    """A drain of which the test makes the turns, and the folder that it writes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scalars: deque[Any] = deque()
        self.losses = Losses()
        self.drain = Drain(
            self.scalars,
            deque(),
            lambda sub_run: EventFile(str(folder)),
            self.losses,
            lambda taken: None,
            lambda count: None,
            max_queue=1,
            flush_s=0.0,
        )

    def put(self, tag: str, value: Any, step: Any) -> None:
        self.scalars.append((tag, value, step, 5.0))

    def found(self) -> list[tuple[str, int]]:
        (path,) = find_event_files(self.folder)
        values = [(event.summary.value[0].tag.decode(), event.step) for event in read_events(path)[2:]]
        return [value for value in values if not value[0].startswith("_trainboard_")]


def make_coming(value: Any, event: Event, stream: object = 0) -> _PinnedCopy:
    """A tensor on its way to pinned memory."""
    return _PinnedCopy(torch.tensor(value), event, stream)


def test_values_on_their_way_hold_up_only_their_own_series(tmp_path: Path) -> None:
    writing, event = Writing(tmp_path), Event()
    writing.put("gpu", 0.5, 0)
    writing.put("gpu", make_coming(1.5, event), 1)
    writing.put("gpu", 2.5, 2)
    writing.put("cpu", 1.0, 1)
    writing.put("gpu", NewStyle(make_coming(3.5, event), False), 3)
    writing.drain.turn()
    assert writing.found() == [("gpu", 0), ("cpu", 1)]
    writing.put("cpu", 2.0, 2)
    writing.put("gpu", 4.5, 4)
    writing.drain.turn()
    assert writing.found() == [("gpu", 0), ("cpu", 1), ("cpu", 2)]
    event.is_done = True
    writing.drain.turn()
    assert writing.found() == [("gpu", 0), ("cpu", 1), ("cpu", 2), ("gpu", 1), ("gpu", 2), ("gpu", 3), ("gpu", 4)]
    writing.put("gpu", 5.5, 5)
    writing.drain.turn()
    assert writing.found()[-1] == ("gpu", 5)
    assert not writing.drain.has_pending


def test_a_stream_is_asked_once_a_turn(tmp_path: Path) -> None:
    writing, events = Writing(tmp_path), [Event() for _ in range(50)]
    for number, event in enumerate(events):
        writing.put(f"tag{number}", make_coming(1.0, event, stream="one"), 1)
    for _ in range(3):
        writing.drain.turn()
    assert sum(event.asked for event in events) <= 3


def test_a_step_may_be_on_its_way_too(tmp_path: Path) -> None:
    writing, event = Writing(tmp_path), Event()
    writing.put("a", 1.0, make_coming(7, event))
    writing.drain.turn()
    event.is_done = True
    writing.drain.turn()
    assert writing.found() == [("a", 7)]


def test_a_failed_accelerator_is_counted(tmp_path: Path) -> None:
    writing, event = Writing(tmp_path), Event()
    writing.put("a", make_coming(1.0, event), 1)
    writing.put("a", 2.0, 2)
    writing.drain.turn()
    event.is_done = "failed"  # type: ignore[assignment]
    writing.drain.turn()
    assert writing.found() == [("a", 2)]
    assert writing.losses.of("") == {"a": 1}


def test_flush_waits_for_what_was_on_its_way_before_it(tmp_path: Path) -> None:
    writing, first, second = Writing(tmp_path), Event(), Event()
    ticket = Ticket()
    writing.put("a", make_coming(1.0, first, 1), 1)
    writing.scalars.append((MARK, ticket, None, 0.0))
    writing.put("b", make_coming(2.0, second, 2), 1)
    writing.drain.turn()
    writing.drain.turn()
    assert not ticket.done.is_set()
    first.is_done = True
    writing.drain.turn()
    assert ticket.is_handed_over
    assert writing.found() == [("a", 1)]


@pytest.mark.parametrize("count", [1, 70_000])  # the latter are more than may wait
def test_an_end_does_not_wait_for_ever(tmp_path: Path, count: int) -> None:
    writing, coming = Writing(tmp_path), make_coming(1.0, Event())
    for step in range(count):
        writing.put("a", coming, step)
    writing.put("b", math.pi, 1)
    while writing.drain.turn():
        pass
    writing.drain.ask_end(EndStatus.CLOSED)
    writing.drain._end_asked_at -= 60.0  # a minute ago
    writing.scalars.append((MARK, Ticket(is_last=True), None, 0.0))
    deadline = time.monotonic() + 5
    while not writing.drain.is_ended and time.monotonic() < deadline:
        writing.drain.turn()
    (path,) = find_event_files(tmp_path)
    end = read_own(read_events(path)[-1]).end
    assert [(entry.tag, entry.count) for entry in end.dropped] == [(b"a", count)]


def test_what_is_on_its_way_behind_the_end_is_left_to_the_next_file(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.drain.ask_end(EndStatus.CLOSED)
    writing.scalars.append((MARK, Ticket(is_last=True), None, 0.0))
    writing.put("a", make_coming(1.0, Event()), 1)
    writing.put("a", 2.0, 2)
    writing.drain.turn()
    assert writing.drain.is_ended
    assert [(tag, step) for tag, _, step, _ in writing.scalars] == [("a", 1), ("a", 2)]


def test_what_is_on_its_way_when_a_disk_that_fails_is_given_up_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    writing = Writing(tmp_path / "file")
    writing.put("a", make_coming(1.0, Event()), 1)
    writing.put("b", 2.0, 1)
    writing.drain.turn()
    writing.drain.ask_end(EndStatus.CLOSED)
    writing.drain._end_asked_at -= 60.0
    writing.drain.turn()
    assert writing.drain.is_ended
    assert writing.losses.count_all() == 2
