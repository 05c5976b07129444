"""The centre of several runs at each place, and how far they spread around it."""

from collections.abc import Callable

import numpy as np

from board.store.loops import Floats

__all__ = ["CENTRES", "SPREADS", "centre_of", "spread_of"]

CENTRES = ("mean", "median", "iqm")
SPREADS = ("none", "minmax", "std", "stderr", "bootstrap")
_CONFIDENCE = (2.5, 97.5)  # percentiles of the bootstrap band
_MOST_RESAMPLES, _LEAST_RESAMPLES = 500, 100
_BUDGET = 1 << 23  # values that are drawn again for one band, about
_SEED = 20_170_701  # always the same, so that a band stays as it is while nothing changes

Centre = Callable[[Floats], Floats]


def centre_of(values: Floats, centre: str) -> Floats:
    """Return the centre of each column of values (runs, places); NaN: the run is not there. NaN where no run is.

    ``mean``; ``median``; ``iqm``: the mean of what is left without the least and the greatest quarter (rounded down)
    of the runs, as rliable's interquartile mean (scipy.stats.trim_mean with 0.25).
    """
    found = np.full(values.shape[1], np.nan)
    for places, there in _by_presence(values):
        found[places] = _CENTRES[centre](there)
    return found


def spread_of(values: Floats, least: Floats, greatest: Floats, centre: str, spread: str) -> tuple[Floats, Floats]:
    """Return the band's lower and upper edge.

    Args:
        values: (runs, places), as in ``centre_of``.
        least: the same for the least value that each run has at a place.
        greatest: for the greatest.
        centre: one of ``CENTRES``.
        spread: ``minmax`` of all runs' values; ``std``: the sample's standard deviation around the centre, 0 for one
            run; ``stderr``: the same over the root of the number of runs; ``bootstrap``: the 95 % percentile interval
            of the centre, over resampled runs; ``none``: the centre itself.
    """
    low, high = np.full((2, values.shape[1]), np.nan)
    if not len(values):
        return low, high
    if spread == "minmax":
        is_there = np.isfinite(values).any(axis=0)
        low[is_there] = np.nanmin(np.where(np.isfinite(values), least, np.nan)[:, is_there], axis=0)
        high[is_there] = np.nanmax(np.where(np.isfinite(values), greatest, np.nan)[:, is_there], axis=0)
        return low, high
    for places, there in _by_presence(values):
        n = len(there)
        if spread == "bootstrap" and n > 1:
            low[places], high[places] = _bootstrap(there, _CENTRES[centre])
            continue
        middle = _CENTRES[centre](there)
        width = np.zeros(there.shape[1])
        if spread in ("std", "stderr") and n > 1:
            width = there.std(axis=0, ddof=1) / (np.sqrt(n) if spread == "stderr" else 1.0)
        low[places], high[places] = middle - width, middle + width
    return low, high


def _iqm(values: Floats) -> Floats:
    n = len(values)
    middle: Floats = np.sort(values, axis=0)[n // 4 : n - n // 4].mean(axis=0)
    return middle


def _median(values: Floats) -> Floats:
    n = len(values)
    ranked = np.partition(values, sorted({(n - 1) // 2, n // 2}), axis=0)
    median: Floats = 0.5 * ranked[(n - 1) // 2] + 0.5 * ranked[n // 2]  # halves: the sum may overflow
    return median


_CENTRES: dict[str, Centre] = {"mean": lambda values: values.mean(axis=0), "median": _median, "iqm": _iqm}


def _by_presence(values: Floats) -> list[tuple[np.ndarray, Floats]]:
    """Return places with the same runs there together: (their indices, values of those runs (runs, places))."""
    is_there = np.isfinite(values)
    if is_there.all():
        return [(np.arange(values.shape[1]), values)] if len(values) else []
    patterns = np.packbits(is_there, axis=0)
    _, which = np.unique(patterns, axis=1, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(which, kind="stable")
    found = []
    for places in np.split(order, np.flatnonzero(np.diff(which[order])) + 1):
        runs = is_there[:, places[0]] if len(places) else np.zeros(0, np.bool_)
        if runs.any():
            found.append((places, values[np.ix_(runs, places)]))
    return found


def _bootstrap(values: Floats, centre: Centre) -> tuple[Floats, Floats]:
    runs, places = values.shape
    resamples = min(max(_BUDGET // (runs * max(places, 1)), _LEAST_RESAMPLES), _MOST_RESAMPLES)
    chosen = np.random.default_rng(_SEED).integers(0, runs, (resamples, runs))
    if centre is _CENTRES["mean"]:
        counts = np.zeros((resamples, runs))
        np.add.at(counts, (np.arange(resamples)[:, np.newaxis], chosen), 1.0 / runs)
        centres = counts @ values
    else:
        centres = np.array([centre(values[rows]) for rows in chosen])
    low, high = np.percentile(centres, _CONFIDENCE, axis=0)
    return low, high
