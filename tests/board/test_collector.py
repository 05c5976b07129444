"""The garbage collector while much is made that stays."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

import board
from board.ingest.collector import patient_collector
from tests.board.event_files import scalars, write


@pytest.fixture(autouse=True)
def usual() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    gc.unfreeze()  # what the command's imports froze, in tests before these
    gc.set_threshold(700, 10, 10)
    yield gc.get_threshold()  # not every Python heeds all three
    gc.set_threshold(*before)


def test_it_waits_until_the_last_one_lets_go(usual: tuple[int, int, int]) -> None:
    with patient_collector():
        raised = gc.get_threshold()
        assert raised[0] > 10_000
        with pytest.raises(KeyError), patient_collector():
            raise KeyError
        assert gc.get_threshold() == raised
    assert gc.get_threshold() == usual


@pytest.mark.parametrize("young", [0, 1_000_000])
def test_who_has_none_or_a_more_patient_one_keeps_it(young: int) -> None:
    gc.set_threshold(young)
    chosen = gc.get_threshold()
    with patient_collector():
        assert gc.get_threshold() == chosen
    assert gc.get_threshold() == chosen


def test_what_somebody_chooses_meanwhile_stays() -> None:
    with patient_collector():
        gc.set_threshold(300)
    assert gc.get_threshold()[0] == 300


def test_reading_leaves_it_as_it_was(tmp_path: Path, usual: tuple[int, int, int]) -> None:
    write(tmp_path / "run" / "events.out.tfevents.1.a", *scalars(3))
    board.open(tmp_path, cache=False).refresh()
    assert gc.get_threshold() == usual


def test_what_was_made_and_kept_counts_as_old_at_once() -> None:
    """Else whoever makes the next object pays for a walk through all of it."""
    gc.collect()
    old = len(gc.get_objects(generation=2))
    with patient_collector():
        kept = [[] for _ in range(20_000)]  # type: ignore[var-annotated]
    assert len(gc.get_objects(generation=2)) >= old + len(kept)
    assert gc.get_freeze_count() == 0


def test_garbage_that_was_made_meanwhile_is_found() -> None:
    with patient_collector():
        for _ in range(20_000):
            ring: list[object] = []
            ring.append(ring)
    assert gc.collect() >= 19_999


def test_what_somebody_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with patient_collector():
            kept = [[] for _ in range(20_000)]  # type: ignore[var-annotated]
        assert len(kept) == 20_000
        assert frozen / 2 < gc.get_freeze_count() <= frozen  # some of it may have been freed
    finally:
        gc.unfreeze()
