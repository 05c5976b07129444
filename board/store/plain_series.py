"""The hot loops over columns in numpy and Python: the reference of ``_series.pyx``, and what serves without it."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ema",
    "extremes",
    "gaussian",
    "pixel_bounds",
    "rows_below",
    "rows_by_tag",
    "running_mean",
    "span",
    "time_ema",
    "time_mass",
    "wide_gaussian",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rows of the state of `extremes`.
LEAST, GREATEST, FIRST, LAST, NAN_AT, PLUS_AT, MINUS_AT, NAN_COUNT, PLUS_COUNT, MINUS_COUNT = range(10)

STEP = 4  # nodes of a wide Gaussian from stretch to stretch


def rows_by_tag(tag: NDArray[np.int32], tags: int) -> tuple[Ints, Ints]:
    """Return all row numbers sorted by tag, file order within a tag; and where each tag's begin (tags + 1)."""
    bounds = np.zeros(tags + 1, np.int64)
    np.cumsum(np.bincount(tag, minlength=tags), out=bounds[1:])
    return np.argsort(tag, kind="stable"), bounds


def span(step: Ints, wall_time: Floats) -> tuple[int, int, bool, bool]:
    """Return least and greatest step, whether steps never fall, and whether wall_times are finite and never fall."""
    times_rise = bool(np.isfinite(wall_time).all() and (wall_time[1:] >= wall_time[:-1]).all())
    return int(step.min()), int(step.max()), bool((step[1:] >= step[:-1]).all()), times_rise


def rows_below(x: Ints | Floats, origin: float, at: float, including: bool) -> int:
    """Return how many of the rising ``x - origin`` are below ``at``, those equal to it ``including`` or not."""
    low, high = 0, len(x)
    while low < high:
        middle = (low + high) // 2
        found = float(x[middle]) - origin
        if found < at or (including and found == at):
            low = middle + 1
        else:
            high = middle
    return low


def pixel_columns(x: Floats, lo: float, hi: float, width: int) -> Ints:
    """Return the pixel column of each x in [lo, hi]; halves, because hi - lo may overflow."""
    half_span = 0.5 * hi - 0.5 * lo
    if half_span <= 0.0:
        return np.zeros(len(x), np.int64)
    ratio = (0.5 * x - 0.5 * lo) / half_span * float(width)
    return np.where(ratio < width, ratio, width - 1).astype(np.int64)  # NaN: infinitely far on an infinite axis


def pixel_bounds(
    x: Ints | Floats,
    origin: float,
    lo: float,
    hi: float,
    start: int,
    stop: int,
    offset: int,
    bounds: Ints,
    column: int,
) -> int:
    """Fill in where pixel columns begin within rows start to stop of a chunk of rising x.

    Args:
        x: chunk; its first row is row ``offset`` of the line.
        origin: subtracted from x.
        lo: left edge of the first pixel column.
        hi: right edge of the last one.
        start: first row of the chunk that lies in range.
        stop: first row behind it that does not.
        offset: rows of the line before the chunk.
        bounds: (pixel columns + 1), written from ``column`` on: the first row of the line in that column or later.
        column: the first one that is not known yet.

    Returns:
        The first one that is not known yet now; its rows, if it has any, lie in later chunks.
    """
    width = len(bounds) - 1
    if start >= stop or column >= width:
        return column
    columns = pixel_columns(x[start:stop].astype(np.float64) - origin, lo, hi, width)
    last = int(columns[-1])
    if last < column:
        return column
    bounds[column : last + 1] = offset + start + np.searchsorted(columns, np.arange(column, last + 1))
    return last + 1


def extremes(
    chunks: list[Floats],
    offset: int,
    bounds: Ints,
    at: Ints,
    value: Floats,
    edges: Floats,
    counts: Ints,
    near: Floats,
) -> None:
    """Fold chunks of values into the state of the pixel columns, and look for values at two ranks on the way.

    Args:
        chunks: one behind the other; the first row of the first is row ``offset`` of the line.
        offset: rows of the line before the chunks.
        bounds: first row of each pixel column, and behind the last one.
        at: (10, pixel columns): row of the least and greatest, first and last finite value, of the first NaN, +inf
            and -inf, -1 where there is none; counts of NaN, +inf and -inf.
        value: (2, pixel columns): least and greatest value, where ``at`` has them.
        edges: least and greatest value, finite, of two brackets around the values that are looked for; or empty.
        counts: (4) values below the one bracket, -inf included, and within it; the same of the other.
        near: (2, room) the values within each; those that there is no room for are only counted, and behind them
            anything may be left.
    """
    for y in chunks:
        _fold(y, offset, bounds, at, value, edges, counts, near)
        offset += len(y)


def _fold(
    y: Floats, offset: int, bounds: Ints, at: Ints, value: Floats, edges: Floats, counts: Ints, near: Floats
) -> None:
    first = int(np.searchsorted(bounds[1:], offset, "right"))
    for k in range(first, len(bounds) - 1):
        start, stop = max(int(bounds[k]) - offset, 0), min(int(bounds[k + 1]) - offset, len(y))
        if bounds[k] >= offset + len(y):
            break
        if start >= stop:
            continue
        part = y[start:stop]
        rows = np.flatnonzero(np.isfinite(part))
        base = offset + start
        if len(rows):
            if at[FIRST, k] < 0:
                at[FIRST, k] = base + rows[0]
            at[LAST, k] = base + rows[-1]
            finite = part[rows]
            least, greatest = int(finite.argmin()), int(finite.argmax())
            if at[LEAST, k] < 0 or finite[least] < value[0, k]:
                value[0, k], at[LEAST, k] = finite[least], base + rows[least]
            if at[GREATEST, k] < 0 or finite[greatest] > value[1, k]:
                value[1, k], at[GREATEST, k] = finite[greatest], base + rows[greatest]
        if len(rows) < len(part):
            for is_it, where, count in (
                (np.isnan(part), NAN_AT, NAN_COUNT),
                (np.isposinf(part), PLUS_AT, PLUS_COUNT),
                (np.isneginf(part), MINUS_AT, MINUS_COUNT),
            ):
                found = int(is_it.sum())
                if found and at[count, k] == 0:
                    at[where, k] = base + int(is_it.argmax())
                at[count, k] += found
    inside = y[max(int(bounds[0]) - offset, 0) : max(int(bounds[-1]) - offset, 0)]
    for i in range(0, len(edges), 2):
        within = inside[(inside >= edges[i]) & (inside <= edges[i + 1])]
        kept = within[: max(near.shape[1] - int(counts[i + 1]), 0)]
        near[i // 2, counts[i + 1] : counts[i + 1] + len(kept)] = kept
        counts[i] += np.count_nonzero(inside < edges[i])
        counts[i + 1] += len(within)


def ema(y: Floats, weight: float, last: float, seen: int, out: Floats) -> tuple[float, int]:
    """Smooth as TensorBoard's ``classicSmoothing`` does; start with last = 0.0, seen = 0, go on with what it returns.

    Source: tensorboard/webapp/widgets/line_chart_v2/data_transformer.ts. (Its case of a constant series is the
    caller's.) Values that are not finite are passed through and change nothing.
    """
    for i, v in enumerate(y.tolist()):
        if not math.isfinite(v):
            out[i] = v
            continue
        last = last * weight + (1.0 - weight) * v
        seen += 1
        out[i] = last / (1.0 - weight**seen if weight < 1.0 else 1.0)
    return last, seen


def time_ema(
    x: Ints, y: Floats, weight: float, scale: float, before: float, mean: float, mass: float, out: Floats
) -> tuple[float, float, float]:
    """Smooth with weights that fade by ``weight`` for each ``1 / scale`` of x.

    ``before`` is the x, ``mean`` the result and ``mass`` the sum of weights at the last finite value; start with
    0.0 each, go on with what it returns.
    """
    for i, (here, v) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if not math.isfinite(v):
            out[i] = v
            continue
        distance = float(here) - before
        fade = 1.0 if mass == 0.0 or distance <= 0.0 else weight ** (distance * scale)
        mass = mass * fade + 1.0
        mean = (1.0 - 1.0 / mass) * mean + v / mass
        before = float(here)
        out[i] = mean
    return before, mean, mass


def time_mass(x: Ints, y: Floats, weight: float, scale: float) -> tuple[float, float, float]:
    """Return what ``time_ema`` returns for these points alone, about, without their smoothed values."""
    return time_ema(x, y, weight, scale, 0.0, 0.0, 0.0, np.empty(len(y)))


def running_mean(y: Floats, half: int, out: Floats) -> None:
    """Write the mean of the finite values from ``half`` points before to ``half`` points behind each finite point."""
    n, window = len(y), 2 * half + 1
    finite = np.isfinite(y)
    # Sums to the end of one stretch as long as the window, and from the start of the next: nothing is ever subtracted,
    # so that a huge value leaves no rounding error behind it.
    sums = []
    for values in (np.where(finite, y, 0.0), finite.astype(np.float64)):
        stretches = np.zeros((-(-(n + window) // window), window))
        stretches.reshape(-1)[half : half + n] = values
        to_end = np.cumsum(stretches[:, ::-1], axis=1)[:, ::-1].reshape(-1)[:n]
        from_start = np.zeros_like(stretches)
        np.cumsum(stretches[:, :-1], axis=1, out=from_start[:, 1:])
        sums.append(to_end + from_start.reshape(-1)[window : window + n])
    total, count = sums
    out[:] = np.where(finite, total / np.where(finite, count, 1.0), y)


def gaussian(y: Floats, kernel: Floats, out: Floats) -> None:
    """Write the mean of the finite values around each finite point, weighted by ``kernel[distance]``."""
    finite = np.isfinite(y)
    both = np.concatenate([kernel[:0:-1], kernel])
    reach = len(kernel) - 1
    total = np.convolve(np.where(finite, y, 0.0), both)[reach : reach + len(y)]
    mass = np.convolve(finite.astype(np.float64), both)[reach : reach + len(y)]
    out[:] = np.where(finite, total / np.where(finite, mass, 1.0), y)


def wide_gaussian(y: Floats, spread: Floats, kernel: Floats, out: Floats) -> None:
    """Write the mean of the finite values around each finite point, through nodes that stand further apart.

    Values are spread over the nodes near them, blurred there, and gathered again; so are their weights, 1 each, and
    what comes out is divided by what comes out for these. Every mean is one of the values' own, therefore.

    Args:
        y: values.
        spread: (stretch, 16) for each point of a stretch its weights on 16 nodes, the first of which is node
            ``4 * l`` for stretch l; a stretch is a multiple of 8 points.
        kernel: weights of nodes by their distance.
        out: (as many as values) what is written to.
    """
    finite = np.isfinite(y)
    stretch, row = spread.shape
    count = -(-len(y) // stretch)
    both, reach = np.concatenate([kernel[:0:-1], kernel]), len(kernel) - 1
    found = []
    for values in (np.where(finite, y, 0.0), finite.astype(np.float64)):
        stretches = np.zeros((count, stretch))
        stretches.reshape(-1)[: len(y)] = values
        parts = stretches @ spread
        nodes = np.zeros(count * STEP + row)
        for k in range(row):
            nodes[k : k + count * STEP : STEP] += parts[:, k]
        nodes = np.convolve(nodes, both)[reach : reach + len(nodes)]
        near = np.lib.stride_tricks.sliding_window_view(nodes, row)[: count * STEP : STEP]
        found.append((near @ spread.T).reshape(-1)[: len(y)])
    total, mass = found
    out[:] = np.where(finite, total / np.where(finite, mass, 1.0), y)
