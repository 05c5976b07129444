"""Tells a loss that stopped falling all at once from one that slows down, as every training does."""

import numpy as np
from numpy.typing import NDArray

from board.notices.blocks import Blocks
from board.notices.rules import Finding

__all__ = ["Plateau"]

BEFORE, AFTER = 12, 5  # blocks
CLEAR, CLEAR_HALF = 8.0, 3.0  # standard errors of a slope
SLOWEST, FASTEST = 0.6, 1.3  # rate of the second half, of the first's
STILL = 0.2  # of what the rate promised
CERTAIN = 7.0  # standard errors of what is missing
WANDER = 1.6  # standard errors of a block
NEAR_ZERO = 0.02  # of the first block
_MEDIAN_NOISE = 1.2533 / 4  # standard error of a median of 16, of a point's


class Plateau:
    """Follows one loss; speaks once."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._first: float | None = None
        self._is_done = False

    def find(self, blocks: Blocks) -> Finding | None:
        """Look at new blocks."""
        level = blocks.level
        if self._first is None:
            self._first = float(level[0])
        begin = max(0, blocks.seen - BEFORE - AFTER + 1)  # windows that end in a new block
        if self._is_done or len(level) < begin + BEFORE + AFTER:
            return None
        found = np.flatnonzero(self._stands_still(level[begin:], blocks.noise[begin:]))
        if not len(found):
            return None
        self._is_done = True
        at = begin + int(found[0]) + BEFORE
        now, then = float(np.median(level[at : at + AFTER])), float(level[at - BEFORE])
        said = f"it stands at {now:.4g} since then; 192 points before it was {then:.4g}"
        return Finding("plateau", int(blocks.step[at, 0]), float(blocks.wall_time[at, 0]), said)

    def _stands_still(self, level: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each window whether it does."""
        windows = np.lib.stride_tricks.sliding_window_view(level, BEFORE + AFTER)
        noises = np.lib.stride_tricks.sliding_window_view(noise, BEFORE + AFTER)
        error = noises.mean(axis=1) * _MEDIAN_NOISE
        half = BEFORE // 2
        rate, rate_error = _fall(windows[:, :BEFORE], error)
        rate_1, error_1 = _fall(windows[:, :half], error)
        rate_2, _ = _fall(windows[:, half:BEFORE], error)
        rate_after, _ = _fall(windows[:, BEFORE:], error)
        last = windows[:, half:BEFORE].mean(axis=1) - rate_2 * (half - 1) / 2  # of the line through the second half
        fell = last - windows[:, BEFORE:].mean(axis=1)
        promised = rate_2 * np.minimum(1.0, rate_2 / np.where(rate_1 > 0, rate_1, np.inf)) * (AFTER + 1) / 2
        is_steady = (rate > CLEAR * rate_error) & (rate_1 > CLEAR_HALF * error_1) & (rate_2 > CLEAR_HALF * error_1)
        is_steady &= (rate_2 > SLOWEST * rate_1) & (rate_2 < FASTEST * rate_1)
        is_still = (fell < STILL * promised) & (rate_after < STILL * rate_2)
        is_certain = promised - fell > CERTAIN * 0.85 * error  # error of the line's end and of the mean after it
        # Where blocks wander more than the noise of their points explains, neighbours are alike: an average was logged.
        wander = _wander(windows[:, :BEFORE], 2)
        is_certain &= wander < np.maximum(WANDER * error, 0.1 * rate_2)
        is_certain &= _wander(windows[:, BEFORE:], 1) < np.maximum(2 * error, 0.2 * rate_2)
        is_high = np.abs(windows[:, -1]) > NEAR_ZERO * abs(self._first or 0.0)
        still: NDArray[np.bool_] = is_steady & is_still & is_certain & is_high & (rate > 0)
        return still


def _wander(windows: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    """Return the standard deviation of each window's blocks from a polynomial through them."""
    place = np.arange(windows.shape[1])
    basis, _ = np.linalg.qr(np.vander(place, degree + 1).astype(float))
    rest = windows - (windows @ basis) @ basis.T
    deviation: NDArray[np.float64] = np.sqrt((rest**2).sum(axis=1) / (len(place) - degree - 1))
    return deviation


def _fall(windows: NDArray[np.float64], error: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much each window falls from block to block, by least squares, and the standard error of that."""
    place = np.arange(windows.shape[1]) - (windows.shape[1] - 1) / 2
    square = float(place @ place)
    return -(windows @ place) / square, error / np.sqrt(square)
