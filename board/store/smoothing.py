"""Smoothing of whole lines, before any pixel: what a zoom shows is a piece of the same curve."""

from abc import abstractmethod
from dataclasses import dataclass, field
from itertools import chain
from math import inf, log, sqrt

import numpy as np

from board.errors import BadRequestError
from board.store.drawn import Drawn
from board.store.loops import LOOPS, Floats
from board.store.pieces import PIECE, FloatColumn, IntColumn, Ordinals
from board.store.plain_series import STEP
from board.store.recent import Recent
from board.store.shares import in_shares, shares_of

__all__ = ["MAX_DEVIATION", "SMOOTHING_KINDS", "Smoothing", "smoothed"]

SMOOTHING_KINDS = ("none", "ema", "time_ema", "gaussian", "mean")
MAX_DEVIATION = 10_000.0  # points; a block of values is as long as its Gaussian is wide
_REACH = 6.5  # standard deviations, behind which a Gaussian has 8e-11 of its weight
_FARTHEST = 64  # points from node to node: the weights of that many fit the processor's nearest cache
_TAPS = 12  # nodes that a value is spread over, six on each side
_NARROW = 16  # points on each side up to which a running mean is added up anew for each point
_LEAST_BLOCKS = 8  # whose weights are worth a thread of its own
_STATE_BYTES = 512  # of what is known of a block, about
_NO_WEIGHT = log(1e-320) * 2.0  # the logarithm of a weight that makes the greatest number less than the least one


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How a line is smoothed.

    ============  =============================================================================================
    ``none``      not at all; ``amount`` is ignored
    ``ema``       TensorBoard's debiased exponential moving average over points; ``amount`` is its weight, 0 to 1
    ``time_ema``  the same over steps instead of points, as W&B's time-weighted one: a point's weight fades by
                  ``sqrt(amount)`` for each thousandth of the line's range of steps
    ``gaussian``  centred; ``amount`` is the standard deviation in points. What it gives is within a millionth of the
                  spread of the values from what the whole Gaussian gives, gaps and ends of the line included
    ``mean``      centred running mean over ``amount`` points (made odd)
    ============  =============================================================================================

    All but ``none`` run over all visible points of a line in the order of their steps, whatever the x axis is. NaN
    and infinities stay where they stand and take no part in any other point's value. A series whose values are all
    the same stays as it is.

    Raises:
        BadRequestError: no such kind, or an amount that makes no sense for it.
    """

    kind: str = "none"
    amount: float = 0.0

    def __post_init__(self) -> None:
        """Check both."""
        if self.kind not in SMOOTHING_KINDS:
            raise BadRequestError(f"smoothing {self.kind!r} is none of {', '.join(SMOOTHING_KINDS)}")
        most = {"ema": 1.0, "time_ema": 1.0, "gaussian": MAX_DEVIATION}.get(self.kind, float("inf"))
        if self.kind != "none" and not (0.0 <= self.amount <= most and self.amount < float("inf")):
            raise BadRequestError(f"amount {self.amount} of smoothing {self.kind!r} is not within 0 and {most}")


@dataclass(slots=True, eq=False)
class _Known:
    """What is known of a line that is smoothed.

    Threads may fill it side by side: what they put into it is equal, but for rounding.
    """

    identity: tuple[object, ...]  # equal for lines of which the longer one only has more points at its end
    same: int = 0  # so many values at the beginning are the same
    states: dict[int, tuple[float, ...]] = field(default_factory=dict)  # of an average, before each block's values


def smoothed(points: Drawn, smoothing: Smoothing, recent: Recent) -> FloatColumn:
    """Return the smoothed values of the points. They are computed block by block, where somebody looks at them."""
    if smoothing.kind == "none" or smoothing.amount == 0.0 or not points.count:
        return points.value
    grows = points.is_in_place and smoothing.kind != "time_ema"  # whose weights depend on the last step
    identity = (smoothing, *(points.extent[:-1] if grows else points.extent))
    key = ("smoothing", points.lineage)
    known = recent.find(key)
    if not isinstance(known, _Known) or known.identity != identity:
        known = _Known(identity)
        recent.keep(key, known, _STATE_BYTES * (1 + points.count // PIECE))
    if _is_constant(points.value, known):
        return points.value
    return (_Average if smoothing.kind in ("ema", "time_ema") else _Window)(points, smoothing, known, recent)


def _is_constant(values: FloatColumn, known: _Known) -> bool:
    first = values.at(0)
    for row, piece in values.pieces(known.same):
        differs = piece[:1] != first if piece[0] != first else piece != first  # most series differ at once
        if differs.any():
            known.same = row + int(differs.argmax())
            return False
        known.same = row + len(piece)
    return True


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    made_of: tuple[object, ...]
    values: Floats


class _Blocks(FloatColumn):
    """A column that is computed in blocks, always the same ones, so that a zoom shows what the whole has there."""

    def __init__(self, points: Drawn, known: _Known, recent: Recent, reach: int) -> None:
        """Take what is known; a value depends on ``reach`` rows behind it."""
        super().__init__(points.count, np.empty(0))
        self._values = points.value
        self._known = known
        self._recent = recent
        self._lineage = points.lineage
        self._reach = reach
        self._block_rows = PIECE * (1 + 8 * reach // PIECE)  # rows that serve two blocks are few

    def piece_at(self, row: int) -> tuple[int, Floats]:
        """Return the rows of one block."""
        block = row // self._block_rows
        return block * self._block_rows, self._block(block)

    def _block(self, block: int) -> Floats:
        """Return the values of a block: those that are held, if they were made of the same points."""
        made_of = (self._known.identity, min((block + 1) * self._block_rows + self._reach, self.count))
        # One smoothing a line is held: who drags a slider leaves nothing behind.
        key = ("smoothed", self._lineage, block)
        held = self._recent.find(key)
        if isinstance(held, _Block) and held.made_of == made_of:
            return held.values
        values = self._computed(block)
        self._recent.keep(key, _Block(made_of, values), values.nbytes)
        return values

    def _span(self, block: int) -> tuple[int, int]:
        return block * self._block_rows, min((block + 1) * self._block_rows, self.count)

    @abstractmethod
    def _computed(self, block: int) -> Floats:
        """Return the values of a block, made anew."""


class _Average(_Blocks):
    """An average that forgets: what it knows at the end of a block is enough for the next one."""

    least_share = inf

    def __init__(self, points: Drawn, smoothing: Smoothing, known: _Known, recent: Recent) -> None:
        """Source of ``time_ema``: wandb's "time weighted exponential moving average", 1,000 its viewport scale."""
        super().__init__(points, known, recent, 0)
        self._weight = smoothing.amount
        self._step: IntColumn | None = None
        if smoothing.kind == "time_ema":
            first, last = int(points.step.at(0)), int(points.step.at(points.count - 1))
            self._step = points.step if first < last else Ordinals(points.count)
            self._scale = 1000.0 / (last - first if first < last else max(points.count - 1, 1))
            self._weight = min(sqrt(smoothing.amount), 0.999)

    def _computed(self, block: int) -> Floats:
        states = self._known.states
        if self._step is not None:
            self._find_states(self._step, block)
            out, after = self._averaged(block, states.get(block))
            if len(out) == self._block_rows:
                states.setdefault(block + 1, after)
            return out
        begin, is_exact = self._beginning(block)
        state = states.get(begin) if is_exact else None
        for at in range(begin, block):
            _, state = self._averaged(at, state)
            if is_exact or at + 1 == block:
                states[at + 1] = state
        out, state = self._averaged(block, state)
        if len(out) == self._block_rows:
            states[block + 1] = state
        return out

    def _find_states(self, step: IntColumn, block: int) -> None:
        """Make known what an average over steps has before a block.

        Weights fade with the line's range, so that points from far back still count: all of them are gone over, which
        is quick without their own averages, and in parallel.
        """
        states = self._known.states
        begin = next((at for at in range(block, 0, -1) if at in states), 0)

        def weigh(first: int, stop: int) -> list[tuple[float, float, float]]:
            spans = [self._span(at) for at in range(first, stop)]
            return [
                LOOPS.time_mass(step.rows(*span), self._values.rows(*span), self._weight, self._scale) for span in spans
            ]

        before, mean, mass = states.get(begin) or (0.0, 0.0, 0.0)
        found = in_shares(weigh, shares_of(begin, block, _LEAST_BLOCKS, 1))
        for at, (last, own_mean, own_mass) in enumerate(chain.from_iterable(found), begin):
            if own_mass:
                mass *= self._weight ** (max(last - before, 0.0) * self._scale) if mass else 0.0
                share = own_mass / (mass + own_mass)
                before, mean, mass = last, mean * (1.0 - share) + own_mean * share, mass + own_mass
            states[at + 1] = before, mean, mass

    def _beginning(self, block: int) -> tuple[int, bool]:
        """Return from which block on to average, to know all that matters at this one.

        And whether all that is computed on the way is right: where nothing is known, it need not be the line's start
        but only so far back that what is older has no weight left, which no number could show.
        """
        needed = inf if self._weight >= 1.0 else _NO_WEIGHT / log(self._weight)
        seen = 0
        while block and block not in self._known.states:
            if seen >= needed:
                return block, False
            block -= 1
            seen += int(np.count_nonzero(np.isfinite(self._values.rows(*self._span(block)))))
        return block, True

    def _averaged(self, block: int, state: tuple[float, ...] | None) -> tuple[Floats, tuple[float, ...]]:
        """Return the values of a block, and what is known behind it; ``state`` None: nothing is known before it."""
        first, stop = self._span(block)
        values, out = self._values.rows(first, stop), np.empty(stop - first)
        if self._step is None:
            last, seen = state or (0.0, 0)
            return out, LOOPS.ema(values, self._weight, last, int(seen), out)
        before, mean, mass = state or (0.0, 0.0, 0.0)
        steps = self._step.rows(first, stop)
        return out, LOOPS.time_ema(steps, values, self._weight, self._scale, before, mean, mass, out)


class _Window(_Blocks):
    """A mean of the points around each point."""

    def __init__(self, points: Drawn, smoothing: Smoothing, known: _Known, recent: Recent) -> None:
        """Weigh them by a Gaussian, or all alike."""
        last = points.count - 1
        self._kernel = self._spread = np.empty(0)
        if smoothing.kind == "gaussian":
            reach = max(min(int(np.ceil(_REACH * smoothing.amount)), last), 1)
            self._spread, self._kernel = _wide(smoothing.amount)
            if not len(self._spread):
                with np.errstate(over="ignore"):  # a deviation of next to nothing: all weight is in the middle
                    kernel = np.exp(-0.5 * (np.arange(reach + 1) / smoothing.amount) ** 2)
                self._kernel = kernel / (kernel[0] + 2.0 * kernel[1:].sum())  # no sum of finite values is infinite
        else:
            reach = min(int(smoothing.amount) // 2, last)
            if reach <= _NARROW:
                self._kernel = np.ones(reach + 1)
        super().__init__(points, known, recent, reach)
        self.least_share = PIECE if len(self._kernel) > _NARROW else 4 * PIECE

    def _computed(self, block: int) -> Floats:
        first, stop = self._span(block)
        low = max(first - self._reach, 0)
        values = self._values.rows(low, min(stop + self._reach, self.count))
        out = np.empty(len(values))
        if len(self._spread):
            LOOPS.wide_gaussian(values, self._spread, self._kernel, out)
        elif len(self._kernel):
            LOOPS.gaussian(values, self._kernel, out)
        else:
            LOOPS.running_mean(values, min(self._reach, len(values)), out)
        return out[first - low : stop - low]


def _wide(deviation: float) -> tuple[Floats, Floats]:
    """Return spread and kernel for ``wide_gaussian``; no spread where the deviation is too narrow for it.

    A Gaussian is three Gaussians one after the other: one from points to nodes some distance apart and as wide as that,
    one from nodes to nodes, one back to the points. Sums over nodes stand for integrals over products of two
    Gaussians, whose width is s: each weight is wrong by a share of at most 2 exp(-2 (pi s / distance)^2), 6e-8 here,
    and what twelve nodes cut off is 2e-9. This is the fast Gauss transform on a grid: L. Greengard, J.-Y. Lee,
    "Accelerating the Nonuniform Fast Fourier Transform", SIAM Review 46 (2004); recursive filters (R. Deriche, INRIA
    RR-1893, 1993; compared by P. Getreuer, "A Survey of Gaussian Convolution Algorithms", IPOL 3, 2013) are as fast,
    but wrong by 1e-4 to 1e-6, and where values are passed over by more.
    """
    apart = min(int(deviation / 3.0) // 4 * 4, _FARTHEST)  # from node to node, in points
    if apart == 0:
        return np.empty(0), np.empty(0)
    node = np.arange(1 - _TAPS // 2, STEP + _TAPS // 2)
    distance = np.arange(STEP * apart)[:, None] / apart - node
    spread = np.zeros((STEP * apart, 16))
    spread[:, : len(node)] = np.where(np.abs(distance) <= _TAPS // 2, np.exp(-0.5 * distance**2), 0.0)
    spread /= 4.0 * spread.sum()  # no sum of finite values is infinite
    middle = sqrt((deviation / apart) ** 2 - 2.0)
    kernel = np.exp(-0.5 * (np.arange(int(np.ceil(_REACH * middle)) + 1) / middle) ** 2)
    return spread, kernel / (kernel[0] + 2.0 * kernel[1:].sum())
