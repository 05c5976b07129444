"""Tells a loss that has gone back up from one that is only noisy."""

from math import inf

import numpy as np

from board.notices.blocks import Blocks
from board.notices.rules import Finding

__all__ = ["Divergence"]

LOOK_BACK = 20  # blocks whose noise counts
CLEAR = 8.0  # times the noise of a point; a block's median has a third of it
FALLEN = 0.3  # of the first block: what fell less must go that much beyond it
BACK = 0.5  # of the way from the lowest block to the first
EXPLODED = {False: 10.0, True: 2.0}  # times the first block; on validation data, whose rise may be overfitting


class Divergence:
    """Follows one loss; speaks once."""

    def __init__(self, *, is_validation: bool) -> None:
        """Nothing was seen yet."""
        self._is_validation = is_validation
        self._first: float | None = None
        self._lowest = inf
        self._is_done = False

    def find(self, blocks: Blocks) -> Finding | None:
        """Look at new blocks."""
        if self._is_done:
            return None
        level, noise = blocks.level, blocks.noise
        if self._first is None:
            self._first = self._lowest = float(level[0])
        first = self._first
        lowest = np.minimum.accumulate(np.concatenate(([self._lowest], level)))[:-1]  # before each block
        pairs = np.minimum(level[1:], level[:-1])  # a block and the one before it both lie above
        candidates = 1 + np.flatnonzero(
            (pairs > lowest[1:] + 0.9 * BACK * (first - lowest[1:]))
            | (pairs > EXPLODED[self._is_validation] * abs(first))
        )
        for at in candidates[candidates >= max(1, blocks.seen)].tolist():
            bottom = float(lowest[at])
            before = slice(max(0, at - LOOK_BACK), max(1, at - 1))
            # An average over the epoch so far has no noise from point to point, and yet goes up and down.
            wander = np.median(np.abs(np.diff(level[before]))) if at > 3 else 0.0
            spread = float(max(np.median(noise[before]), wander))
            reached = min(float(level[at]), float(level[at - 1]))
            fallen = first - bottom
            has_fallen = fallen > CLEAR * spread and (fallen > FALLEN * abs(first) or reached > first + fallen)
            is_back = reached - bottom > max(BACK * (first - bottom), CLEAR * spread)
            has_exploded = reached > EXPLODED[self._is_validation] * abs(first) and reached - first > 2 * CLEAR * spread
            if (has_fallen and is_back and not self._is_validation) or has_exploded:
                self._is_done = True
                said = f"from its lowest, {bottom:.4g}, back to {reached:.4g}; it began at {first:.4g}"
                return Finding("divergence", int(blocks.step[at - 1, 0]), float(blocks.wall_time[at - 1, 0]), said)
        self._lowest = min(self._lowest, float(level.min()))
        return None
