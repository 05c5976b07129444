"""Matrices of many dimensions -> few: principal components, axes between two clusters, points on a sphere.

Everything that runs over all points goes in bites of rows, in numpy, which leaves the GIL alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COMPONENTS",
    "EXACT_DIMENSIONS",
    "Components",
    "axis_between",
    "nearest",
    "on_sphere",
    "principal_components",
]

COMPONENTS = 10  # as many as TensorBoard offers
EXACT_DIMENSIONS = 768  # of which all components are found; of more, the first ones by random projection
_BITE_ROWS = 4096
_OVERSAMPLED = 20
_POWERS = 6

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The first principal components."""

    scores: Floats  # (points, components)
    shares: NDArray[np.float64]  # (components): parts of the whole variance
    is_exact: bool  # else found by random projection (Halko, Martinsson and Tropp, SIAM Review 53, 2011)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self.scores.nbytes


def principal_components(values: Floats, count: int = COMPONENTS) -> Components:
    """Find the directions in which finite rows spread most, and where the rows lie along them.

    Signs are such that the largest weight of each component is positive, so that the same file looks the same.

    Args:
        values: (points, dimensions), all finite.
        count: of components, at most.
    """
    points, dimensions = values.shape
    count = min(count, dimensions, points)
    mean = values.mean(axis=0, dtype=np.float64)
    variance = sum(float(((bite - mean) ** 2).sum()) for bite in _bites(values))
    is_exact = min(points, dimensions) <= EXACT_DIMENSIONS
    if not is_exact:
        directions = _by_random_projection(values, mean, count)
    elif dimensions <= points:
        directions = _by_covariance(values, mean, count)
    else:
        directions = _by_products(values - mean, count)
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    directions = directions * np.where(signs == 0, 1.0, signs)
    scores = np.concatenate([(bite - mean) @ directions for bite in _bites(values)])
    shares = (scores**2).sum(axis=0) / variance if variance > 0 else np.zeros(scores.shape[1])
    return Components(scores.astype(np.float32), shares, is_exact)


def on_sphere(values: Floats) -> Floats:
    """Move the middle of the points to the origin, and each point to a distance of one from it."""
    moved = (values - values.mean(axis=0, dtype=np.float64)).astype(np.float32)
    norms = np.linalg.norm(moved.astype(np.float64), axis=1, keepdims=True)
    result: Floats = (moved / np.where(norms == 0, 1, norms)).astype(np.float32)
    return result


def axis_between(values: Floats, start: NDArray[np.bool_], end: NDArray[np.bool_]) -> Floats:
    """Return where each point lies from the middle of some points, 0, to the middle of others, 1."""
    first, last = (values[rows].mean(axis=0, dtype=np.float64) for rows in (start, end))
    way = last - first
    length = float(way @ way) or 1.0
    return np.concatenate([(bite - first) @ way / length for bite in _bites(values)]).astype(np.float32)


def nearest(
    values: Floats, is_whole: NDArray[np.bool_], point: int, count: int, metric: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the nearest points of one, itself left out, by their distance in all dimensions: exact, in float64.

    Args:
        values: (points, dimensions).
        is_whole: (points): which ones can be near.
        point: a row.
        count: of neighbours, at most.
        metric: "cosine": 1 - cos of the angle, 1 where there is none; "euclidean".

    Returns:
        Rows and distances, the nearest first; of equal distances the lower row.
    """
    own = values[point].astype(np.float64)
    distances = np.concatenate([_distances(bite, own, metric) for bite in _bites(values)])
    distances[~is_whole] = np.inf
    distances[point] = np.inf
    count = min(count, int(np.isfinite(distances).sum()))
    rows = np.argsort(distances, kind="stable")[:count]
    return rows, distances[rows]


def _distances(bite: NDArray[np.float64], own: NDArray[np.float64], metric: str) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        if metric == "euclidean":
            return np.asarray(np.sqrt(((bite - own) ** 2).sum(axis=1)))
        lengths = np.sqrt((bite**2).sum(axis=1)) * np.sqrt(own @ own)
        cosines = (bite @ own) / np.where(lengths > 0, lengths, 1)
        return np.asarray(np.where(lengths > 0, 1 - cosines, 1.0).clip(0, 2))


def _bites(values: Floats) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(values), _BITE_ROWS):
        yield values[start : start + _BITE_ROWS].astype(np.float64)


def _by_covariance(values: Floats, mean: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    covariance = np.zeros((values.shape[1], values.shape[1]))
    for bite in _bites(values):
        moved = bite - mean
        covariance += moved.T @ moved
    _, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors[:, ::-1][:, :count])


def _by_products(moved: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Fewer points than dimensions: the same out of the points' products with each other."""
    squares, vectors = np.linalg.eigh(moved @ moved.T)
    squares, vectors = squares[::-1][:count], vectors[:, ::-1][:, :count]
    lengths = np.sqrt(np.where(squares > 0, squares, 1))
    return np.asarray(moved.T @ vectors / lengths)


def _by_random_projection(values: Floats, mean: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((values.shape[1], count + _OVERSAMPLED))
    for _ in range(_POWERS):
        spread = np.zeros_like(basis)
        for bite in _bites(values):
            moved = bite - mean
            spread += moved.T @ (moved @ basis)
        basis, _ = np.linalg.qr(spread)
    small = np.zeros((basis.shape[1], basis.shape[1]))
    for bite in _bites(values):
        placed = (bite - mean) @ basis
        small += placed.T @ placed
    _, vectors = np.linalg.eigh(small)
    return np.asarray(basis @ vectors[:, ::-1][:, :count])
