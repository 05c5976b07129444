"""Tells a few points far above their neighbours from the tail of an ordinary loss."""

import numpy as np
from numpy.typing import NDArray

from board.notices.blocks import BLOCK, Blocks
from board.notices.rules import Finding

__all__ = ["Spikes"]

BEFORE = 4  # blocks that say what is ordinary
MOST = 5  # points in a row
AFTER = 8  # points that must be back
APART = 200  # points: what comes again sooner is how this loss is
RATIO = 2.0
DEVIATIONS_LOG, DEVIATIONS = 8.0, 12.0
LEAST_DEVIATION = 0.005  # of logarithms: a loss that hardly moves is not infinitely certain
MEANS_SOMETHING, MEANS_SOMETHING_SIGNED = 0.15, 0.25  # of what the loss has fallen
MOST_FINDINGS = 100


class Spikes:
    """Follows one loss."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._last = -APART - 1  # number of the last point that stood out
        self._first: float | None = None
        self._lowest = np.inf
        self._found = 0

    def find(self, blocks: Blocks) -> list[Finding]:
        """Look at new blocks; the last one is only looked at when the next has come."""
        level = blocks.level
        if self._first is None:
            self._first = float(level[0])
        start = max(BEFORE, blocks.seen - 1)  # the one that had nothing after it
        found: list[Finding] = []
        if len(level) - 1 > start:
            lowest = np.minimum.accumulate(np.concatenate(([self._lowest], level)))
            usual = np.median(np.lib.stride_tricks.sliding_window_view(level, BEFORE), axis=1)
            places = np.arange(start, len(level) - 1)
            most = blocks.value[start:-1].max(axis=1)
            before = usual[places - BEFORE]
            with np.errstate(over="ignore"):
                is_high = most > np.where(before > 0, RATIO * 0.5, 1.0) * before
                is_high &= most - before > 6 * blocks.noise[places - 1]
            for at in places[is_high].tolist():
                fallen = max(self._first - float(lowest[at]), 0.0)
                found += self._look(blocks, at, fallen)
        self._lowest = min(self._lowest, float(level.min()))
        return found

    def _look(self, blocks: Blocks, at: int, fallen: float) -> list[Finding]:
        """Look at every point of one block."""
        usual = blocks.value[at - BEFORE : at].reshape(-1)
        near = np.concatenate((usual, blocks.value[at], blocks.value[at + 1]))
        stands_out, threshold = _standing_out(near, len(usual), fallen)
        found = []
        place = len(usual)
        while place < len(usual) + BLOCK:
            if not stands_out[place]:
                place += 1
                continue
            begin = place
            while place < len(near) and stands_out[place]:
                place += 1
            number = (blocks.first + at) * BLOCK + begin - len(usual)
            is_known, is_alone = number <= self._last, number - self._last > APART
            self._last = max(self._last, (blocks.first + at) * BLOCK + place - 1 - len(usual))
            after = near[place : place + AFTER]
            if is_known or not is_alone or place - begin > MOST or len(after) < AFTER or self._found >= MOST_FINDINGS:
                continue
            middle = float(np.median(usual))
            if float(np.median(after)) - middle < (threshold - middle) / 2:
                highest = begin + int(near[begin:place].argmax())
                row, column = at + (highest - len(usual)) // BLOCK, (highest - len(usual)) % BLOCK
                self._found += 1
                said = f"{near[highest]:.4g}, where {middle:.4g} was usual"
                found.append(
                    Finding("spike", int(blocks.step[row, column]), float(blocks.wall_time[row, column]), said)
                )
        return found


def _standing_out(near: NDArray[np.float64], usual: int, fallen: float) -> tuple[NDArray[np.bool_], float]:
    """Return which points stand out, none of the ``usual`` first ones; and from which value on."""
    before = near[:usual]
    middle = float(np.median(before))
    if before.min() > 0:
        logs = np.log(before)
        deviation = max(1.4826 * float(np.median(np.abs(logs - np.median(logs)))), LEAST_DEVIATION)
        exponent = np.median(logs) + max(np.log(RATIO), DEVIATIONS_LOG * deviation)
        threshold = max(float(np.exp(min(exponent, 700.0))), middle + MEANS_SOMETHING * fallen)
    else:
        deviation = float(before.std())
        if np.median(np.abs(before - middle)) == 0:  # half are the same value: what differs is no accident
            return np.zeros(len(near), np.bool_), np.inf
        threshold = middle + max(DEVIATIONS * deviation, MEANS_SOMETHING_SIGNED * fallen)
    stands_out = near > threshold
    stands_out[:usual] = False
    return stands_out, threshold
