"""Last, least and greatest values agree with numpy over all visible points, however they came in."""

import math
from pathlib import Path

import numpy as np
import pytest

import board
from tests.board.event_files import append, scalar, version, write

FILE = "events.out.tfevents.1790000000.host"


def test_extremes_grow_with_the_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=500)
    values[[100, 250]] = math.nan, math.inf
    path = write(tmp_path / "a" / FILE, version())
    with board.open(tmp_path, cache=False) as logs:
        for first in range(0, 500, 125):
            append(path, *(scalar("x", 2 * i, values[i]) for i in range(first, first + 125)))
            logs.refresh()
            found = logs.metric("x")["a"]
            seen = logs["a"].scalars["x"].value
            finite = np.where(np.isfinite(seen), seen, np.nan)
            assert found.points == first + 125
            assert found.last == seen[-1]
            assert found.last_step == 2 * (first + 124)
            assert (found.least, found.least_step) == (np.nanmin(finite), 2 * np.nanargmin(finite))
            assert (found.greatest, found.greatest_step) == (np.nanmax(finite), 2 * np.nanargmax(finite))
    assert logs.metric("none") == {}


def test_points_that_a_restart_hides_do_not_count(tmp_path: Path) -> None:
    old = [scalar("loss", step, -9.0 if step == 8 else 1.0, wall_time=1000.0 + step) for step in range(10)]
    new = [scalar("loss", step, 0.5, wall_time=2000.0 + step) for step in range(5, 12)]
    write(tmp_path / "a/events.out.tfevents.0000001000.h", version(1000), *old)
    write(tmp_path / "a/events.out.tfevents.0000002000.h", version(2000), *new)
    with board.open(tmp_path, cache=False) as logs:
        found = logs.metric("loss")["a"]
    assert (found.least, found.least_step, found.last_step, found.points) == (0.5, 5, 11, 12)


def test_only_values_that_are_no_numbers(tmp_path: Path) -> None:
    write(tmp_path / "a" / FILE, version(), scalar("x", 1, math.nan), scalar("x", 2, -math.inf))
    with board.open(tmp_path, cache=False) as logs:
        found = logs.metric("x")["a"]
    assert math.isnan(found.least)
    assert math.isnan(found.greatest)
    assert found.last == -math.inf


@pytest.mark.parametrize(("tag", "best"), [("val/loss", 0.5), ("acc", 2.0), ("perplexity", 0.5), ("reward", 2.0)])
def test_what_is_best_is_told_by_the_name(tmp_path: Path, tag: str, best: float) -> None:
    write(tmp_path / "a" / FILE, version(), *(scalar(tag, i, value) for i, value in enumerate((1.0, 0.5, 2.0, 1.5))))
    with board.open(tmp_path, cache=False) as logs:
        assert logs.metric(tag)["a"].best(tag)[0] == best
