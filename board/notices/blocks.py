"""Cuts a curve into blocks of 16 points, level and noise of each, so that rules look at few numbers.

Blocks begin at the curve's first point, so that they are the same however the points came in.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "KEPT", "Blocks", "Cutter"]

BLOCK = 16  # points
KEPT = 24  # blocks that are given again, for rules that look back

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Blocks(NamedTuple):
    """Some blocks that follow each other; the first ``seen`` of them were given before."""

    first: int  # number of the first one in the curve
    seen: int
    value: Floats  # (k, 16), all finite
    step: Ints  # (k, 16)
    wall_time: Floats  # (k, 16)
    level: Floats  # (k,): median
    noise: Floats  # (k,): standard deviation of a point, by the median difference of neighbours: a trend is no noise


class Cutter:
    """Takes the finite points of a curve as they come, and gives whole blocks."""

    def __init__(self) -> None:
        """Nothing was given yet."""
        self._rest: tuple[Floats, Ints, Floats] = (np.empty(0), np.empty(0, np.int64), np.empty(0))
        self._last: Blocks | None = None

    def cut(self, value: Floats, step: Ints, wall_time: Floats) -> Blocks | None:
        """Take more points; return the blocks that are whole now, some earlier ones before them; None: none are."""
        value = np.concatenate((self._rest[0], value))
        step = np.concatenate((self._rest[1], step))
        wall_time = np.concatenate((self._rest[2], wall_time))
        whole = len(value) // BLOCK * BLOCK
        self._rest = (value[whole:].copy(), step[whole:].copy(), wall_time[whole:].copy())
        if not whole:
            return None
        values = value[:whole].reshape(-1, BLOCK)
        steps, times = step[:whole].reshape(-1, BLOCK), wall_time[:whole].reshape(-1, BLOCK)
        middle = np.partition(values, (BLOCK // 2 - 1, BLOCK // 2), axis=1)
        level = middle[:, BLOCK // 2 - 1] / 2 + middle[:, BLOCK // 2] / 2
        with np.errstate(over="ignore"):
            differences = np.abs(np.diff(values, axis=1))
        noise = np.partition(differences, BLOCK // 2 - 1, axis=1)[:, BLOCK // 2 - 1] * (1.4826 / np.sqrt(2))
        fresh = Blocks(0, 0, values, steps, times, level, noise)
        found = fresh if self._last is None else _joined(self._last, fresh)
        keep = min(KEPT, len(found.level))
        self._last = Blocks(
            found.first + len(found.level) - keep,
            keep,
            found.value[-keep:].copy(),
            found.step[-keep:].copy(),
            found.wall_time[-keep:].copy(),
            found.level[-keep:].copy(),
            found.noise[-keep:].copy(),
        )
        return found


def _joined(old: Blocks, new: Blocks) -> Blocks:
    return Blocks(
        old.first,
        len(old.level),
        np.concatenate((old.value, new.value)),
        np.concatenate((old.step, new.step)),
        np.concatenate((old.wall_time, new.wall_time)),
        np.concatenate((old.level, new.level)),
        np.concatenate((old.noise, new.noise)),
    )
