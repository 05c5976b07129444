"""Memory for copies: used again from the beginning, whole again when all of it was given back, never shared."""

import itertools
import os
import random
import threading
from typing import Any

import numpy as np
import pytest

from writer.buffers import Buffers, HeldArray

LIMIT = 8 << 20


def address_of(held: HeldArray) -> int:
    return int(held.read().__array_interface__["data"][0])


def test_memory_is_used_again() -> None:
    buffers = Buffers(LIMIT)
    first = buffers.copy(np.ones(10_000))
    address = address_of(first)
    first.release()
    first.release()
    again = buffers.copy(np.zeros(9_000))
    assert address_of(again) == address
    del again  # dropped on its way: nobody released it
    assert address_of(buffers.copy(np.zeros(9_500))) == address
    assert buffers.free_bytes == buffers._high


def test_what_was_given_out_at_random_is_whole_again() -> None:
    buffers, chance = Buffers(LIMIT // 4), random.Random(1)
    held: list[tuple[int, HeldArray]] = []
    beyond = 0
    for number in range(2000):
        if held and chance.random() < 0.5:
            value, array = held.pop(chance.randrange(len(held)))
            assert (array.read() == value).all()
            array.release()
        else:
            value = number % 250
            held.append((value, buffers.copy(np.full(chance.randrange(1 << 16, 1 << 20), value, np.uint8))))
            beyond += held[-1][1]._place is None
        if number % 10 == 0:
            buffers.touch_ahead()
    places = sorted(array._place[2:] for _, array in held if array._place is not None)
    assert beyond > 10
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))
    for value, array in held:
        assert (array.read() == value).all()
        array.release()
    assert buffers.free_bytes == buffers._high
    assert buffers._free == [(0, LIMIT // 4)]


def test_what_is_larger_than_all_of_it_is_copied_all_the_same() -> None:
    for buffers in (Buffers(LIMIT), Buffers(0)):
        assert (buffers.copy(np.ones(LIMIT + 1, np.uint8)).read() == 1).all()


def test_pages_are_touched_ahead_while_others_copy() -> None:
    buffers, stop, faults = Buffers(LIMIT), threading.Event(), []

    def copy() -> None:
        chance = random.Random()
        while not stop.is_set():
            value = chance.randrange(250)
            held = buffers.copy(np.full(chance.randrange(1 << 16, 1 << 20), value, np.uint8))
            if not (held.read() == value).all():
                faults.append(value)
            held.release()

    threads = [threading.Thread(target=copy) for _ in range(3)]
    for thread in threads:
        thread.start()
    while buffers._touched < LIMIT:
        buffers._high += 4096 * (buffers._high < LIMIT // 2)  # as if more were wanted
        buffers.touch_ahead()
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    buffers.touch_ahead()
    assert buffers.free_bytes == buffers._high
    assert buffers._free == [(0, LIMIT)]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_begins_again() -> None:
    buffers = Buffers(LIMIT)
    held = buffers.copy(np.ones(100_000, np.uint8))
    if (child := os.fork()) == 0:
        try:
            buffers.forget()
            mine = buffers.copy(np.full(100_000, 7, np.uint8))
            held.release()  # the parent's
            other = buffers.copy(np.full(100_000, 8, np.uint8))
            fine = (mine.read() == 7).all() and (other.read() == 8).all()
            os._exit(0 if fine else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert (held.read() == 1).all()


def test_a_converted_copy_is_converted_when_it_is_read() -> None:
    array: Any = np.arange(6).reshape(2, 3).T
    held = Buffers(LIMIT).copy(array).convert_with(lambda copy: copy * 2)
    array[:] = 0
    assert np.array_equal(held.read(), np.arange(6).reshape(2, 3).T * 2)
