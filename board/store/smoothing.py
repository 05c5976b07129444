"""Smoothing of whole lines, before any pixel: what a zoom shows is a piece of the same curve."""

from dataclasses import dataclass

import numpy as np

from board.errors import BadRequestError
from board.store.columns import Columns
from board.store.drawn import Drawn, joined
from board.store.loops import LOOPS, Floats
from board.store.recent import Recent

__all__ = ["MAX_DEVIATION", "SMOOTHING_KINDS", "Smoothing", "smoothed"]

SMOOTHING_KINDS = ("none", "ema", "time_ema", "gaussian", "mean")
MAX_DEVIATION = 500.0  # points; the work of a Gaussian grows with it


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How a line is smoothed.

    ============  =============================================================================================
    ``none``      not at all; ``amount`` is ignored
    ``ema``       TensorBoard's debiased exponential moving average over points; ``amount`` is its weight, 0 to 1
    ``time_ema``  the same over steps instead of points, as W&B's time-weighted one: a point's weight fades by
                  ``sqrt(amount)`` for each thousandth of the line's range of steps
    ``gaussian``  centred, cut off at three standard deviations; ``amount`` is the standard deviation in points
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
class _Smoothed:
    """A smoothed column; that of an EMA can be continued when its line grew."""

    smoothing: Smoothing
    extent: tuple[object, ...]
    columns: Columns  # of one column
    last: float = 0.0
    seen: int = 0


def smoothed(points: Drawn, smoothing: Smoothing, recent: Recent) -> list[Floats]:
    """Return the smoothed values of the points, f8, as a list of chunks (not necessarily those of the points)."""
    if smoothing.kind == "none" or smoothing.amount == 0.0 or _is_constant(points.value):
        return points.value
    # One smoothing a line is held: who drags a slider leaves nothing behind, and its memory serves the next.
    key = ("smoothed", points.lineage)
    held = recent.take(key)
    found = held if isinstance(held, _Smoothed) and _is_of_use(held, points, smoothing) else None
    del held
    found = found or _Smoothed(smoothing, points.extent, Columns(1))
    if found.columns.count < points.count:
        if smoothing.kind == "ema":
            _go_on(found, points)
        else:
            found.columns = Columns(1).attached(_smooth(points, smoothing).view(np.int64)[np.newaxis])
    recent.keep(key, found, 8 * found.columns.count)
    return found.columns.floats(0, points.count)


def _is_constant(chunks: list[Floats]) -> bool:
    first = chunks[0][0] if len(chunks[0]) else 0.0
    # Most series differ at once: look at a few points before looking at all.
    return all((chunk[:64] == first).all() and (chunk == first).all() for chunk in chunks)


def _is_of_use(held: _Smoothed, points: Drawn, smoothing: Smoothing) -> bool:
    """Whether the column is what these points give; of an EMA also the beginning of it, or more than it."""
    if held.smoothing != smoothing or held.extent == points.extent:
        return held.smoothing == smoothing
    # Steps of an earlier session that are visible no more, or again, change everything behind them.
    return smoothing.kind == "ema" and points.is_in_place and held.extent[:-1] == points.extent[:-1]


def _go_on(found: _Smoothed, points: Drawn) -> None:
    weight = found.smoothing.amount
    done = found.columns.count
    start = 0
    for chunk in points.value:
        fresh = chunk[max(done - start, 0) :]
        start += len(chunk)
        if len(fresh):
            out = np.empty((1, len(fresh)))
            found.last, found.seen = LOOPS.ema(fresh, weight, found.last, found.seen, out[0])
            # A long piece becomes a chunk as it is; short ones are gathered in chunks that grow.
            long = len(fresh) > 4096
            found.columns = found.columns.attached(out.view(np.int64)) if long else found.columns.appended(out[0])
    found.extent = points.extent


def _smooth(points: Drawn, smoothing: Smoothing) -> Floats:
    out = np.empty(points.count)
    if smoothing.kind == "time_ema":
        _smooth_over_steps(points, smoothing.amount, out)
    elif smoothing.kind == "gaussian":
        reach = max(1, min(int(np.ceil(3.0 * smoothing.amount)), points.count - 1))
        with np.errstate(over="ignore"):  # a deviation of next to nothing: all weight is in the middle
            kernel = np.exp(-0.5 * (np.arange(reach + 1) / smoothing.amount) ** 2)
        LOOPS.gaussian(joined(points.value), kernel, out)
    else:
        LOOPS.running_mean(joined(points.value), min(int(smoothing.amount) // 2, points.count), out)
    return out


def _smooth_over_steps(points: Drawn, amount: float, out: Floats) -> None:
    """Source: wandb's published "time weighted exponential moving average", 1,000 being its viewport scale."""
    steps = points.step
    if int(steps[0][0]) == int(steps[-1][-1]):
        steps = [np.arange(points.count)]
    values = points.value if len(steps) == len(points.value) else [joined(points.value)]
    scale = 1000.0 / max(int(steps[-1][-1]) - int(steps[0][0]), 1)
    weight = min(float(np.sqrt(amount)), 0.999)
    before, mean, mass, start = 0.0, 0.0, 0.0, 0
    for step, value in zip(steps, values, strict=True):
        stop = start + len(value)
        before, mean, mass = LOOPS.time_ema(step, value, weight, scale, before, mean, mass, out[start:stop])
        start = stop
