"""Counts values into the buckets of a TensorBoard histogram."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from writer.device_values import Coming, resolve
from writer.errors import UnsupportedValueError
from writer.format.messages import HistogramProto, Summary

__all__ = ["DEFAULT_BINS", "histogram_value", "make_default_edges", "raw_histogram_value"]

DEFAULT_BINS = "tensorflow"


def histogram_value(tag: bytes, values: NDArray[Any], bins: str | ArrayLike, max_bins: int | None) -> Any:
    """Make a ``Summary.Value`` with a histogram, with the buckets of torch's writer.

    Args:
        tag: As it stands in the file.
        values: Any shape, integers, floats or booleans; may be empty. NaN and infinite ones are in no bucket:
            ``num`` counts all values, so that ``num - sum(bucket)`` of them were not finite. ``min``, ``max``,
            ``sum`` and ``sum_squares`` are over the finite ones.
        bins: "tensorflow" (edges growing by a tenth from 1e-12 to 1e20, either sign), another name, a number
            or edges, as ``numpy.histogram`` takes them.
        max_bins: Neighbouring buckets are joined until there are about so many.
    """
    flat = values.reshape(-1).astype(np.float64)
    finite = flat[np.isfinite(flat)]
    histogram = HistogramProto(num=flat.size)
    if finite.size:
        histogram.min = finite.min()
        histogram.max = finite.max()
        with np.errstate(over="ignore"):  # an infinite sum of squares is what it is
            histogram.sum = finite.sum()
            histogram.sum_squares = finite.dot(finite)
        edges = _find_edges(finite, bins)
        counts, limits = np.histogram(finite, bins=edges)
        if max_bins is not None:
            counts, limits = _join(counts, limits, max_bins)
        limits, counts = _trim(limits, counts)
        histogram.bucket_limit.extend(limits.tolist())
        histogram.bucket.extend(counts.tolist())
    return Summary.Value(tag=tag, histo=histogram)


def raw_histogram_value(
    tag: bytes, limits: NDArray[Any], counts: NDArray[Any], *, facts: Mapping[str, float | Coming]
) -> Any:
    """Make a ``Summary.Value`` of what was counted already.

    Args:
        tag: As it stands in the file.
        limits: Right edge of each bucket.
        counts: How many values are in each.
        facts: min, max, num, sum and sum_squares, of all values.

    Raises:
        UnsupportedValueError: There are not as many limits as counts.
    """
    if limits.ndim != 1 or limits.shape != counts.shape:
        raise UnsupportedValueError(f"limits of shape {limits.shape} do not fit counts of shape {counts.shape}")
    histogram = HistogramProto(**{name: resolve(value) for name, value in facts.items()})
    histogram.bucket_limit.extend(limits.tolist())
    histogram.bucket.extend(counts.tolist())
    return Summary.Value(tag=tag, histo=histogram)


@functools.cache
def make_default_edges() -> list[float]:
    """Return the edges that "tensorflow" stands for: always the same list, which nobody should change."""
    # Made by torch's own loop: a power would differ in the last bit.
    positive = []
    edge = 1e-12
    while edge < 1e20:
        positive.append(edge)
        edge *= 1.1
    return [-edge for edge in reversed(positive)] + [0.0] + positive


def _find_edges(finite: NDArray[np.float64], bins: str | ArrayLike) -> Any:
    if bins is not make_default_edges() and not (isinstance(bins, str) and bins == DEFAULT_BINS):
        return bins
    edges = np.array(make_default_edges())
    # torch loses what lies outside.
    low, high = finite.min(), finite.max()
    if high > edges[-1]:
        edges = np.append(edges, high)
    if low < edges[0]:
        edges = np.insert(edges, 0, low)
    return edges


def _join(counts: NDArray[Any], limits: NDArray[Any], max_bins: int) -> tuple[NDArray[Any], NDArray[Any]]:
    if max_bins < 1:
        raise UnsupportedValueError(f"max_bins must be 1 or more, not {max_bins}")
    if len(counts) <= max_bins:
        return counts, limits
    group = len(counts) // max_bins
    padding = -len(counts) % group
    joined = np.pad(counts, (0, padding)).reshape(-1, group).sum(axis=-1)
    return joined, np.append(limits[:-1:group], limits[-1])


def _trim(limits: NDArray[Any], counts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Keep the buckets from the first to the last that holds anything, behind an empty one for the leftmost edge."""
    filled = np.flatnonzero(counts)
    if not filled.size:  # edges were given, and no value lies between them
        return limits[:0], counts[:0]
    first, last = int(filled[0]), int(filled[-1])
    return limits[first : last + 2], np.concatenate([[0], counts[first : last + 1]])
