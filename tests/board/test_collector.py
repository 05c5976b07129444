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
