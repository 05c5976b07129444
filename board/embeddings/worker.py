"""Lays out points by t-SNE or UMAP, in a process of its own: ``python -m board.embeddings.worker``.

Its standard input is a line of JSON and the matrix; its output lines of JSON that tell how far it is, then the places.
"""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

from board.embeddings.reduction import Floats, on_sphere, principal_components

__all__ = ["REDUCED_DIMENSIONS", "main"]

REDUCED_DIMENSIONS = 50  # to which more are reduced by their principal components first, as scikit-learn advises
_NICE = 10  # the board that waits for us answers others first
_ITERATIONS = 500  # of t-SNE; half of them with exaggeration
_TREE_ANGLE = {2: 0.7, 3: 0.8}  # in three dimensions the tree of Barnes and Hut takes twice as long
_ITERATION = re.compile(r"Iteration (\d+)")
_EPOCHS = re.compile(r"(\d+)%\|")


class _Progress(io.TextIOBase):
    """Takes the chatter of a library, and tells of the numbers in it."""

    def __init__(self, tell: Callable[[float], None], pattern: re.Pattern[str], whole: int) -> None:
        self._tell = tell
        self._pattern = pattern
        self._whole = whole

    def write(self, text: str) -> int:
        for found in self._pattern.finditer(text):
            self._tell(int(found[1]) / self._whole)
        return len(text)


def _lay_out(job: Mapping[str, Any], values: Floats, say: Callable[..., None]) -> Floats:
    if job["sphere"]:
        values = on_sphere(values)
    note = ""
    if values.shape[1] > REDUCED_DIMENSIONS:
        say(progress=0.0, said="reducing dimensions")
        found = principal_components(values, REDUCED_DIMENSIONS)
        values = found.scores
        share = f"{100 * found.shares.sum():.3g} % of the variance"
        note = f"Of the first {values.shape[1]} principal components, which hold {share}."
    say(progress=0.0, said="looking for neighbours", note=note)
    if job["method"] == "tsne":
        return _tsne(job, values, lambda share: say(progress=share, said="arranging"))
    return _umap(job, values, lambda share: say(progress=share, said="arranging"))


def _tsne(job: Mapping[str, Any], values: Floats, tell: Callable[[float], None]) -> Floats:
    from sklearn.manifold import TSNE  # an extra, and slow to import

    dims = int(job["dims"])
    model = TSNE(
        n_components=dims,
        perplexity=min(float(job["neighbours"]), (len(values) - 1) / 3),
        init="pca" if min(values.shape) >= dims else "random",
        max_iter=_ITERATIONS,
        angle=_TREE_ANGLE[dims],
        n_jobs=-1,
        random_state=0,
        verbose=2,
    )
    with redirect_stdout(_Progress(tell, _ITERATION, _ITERATIONS)):
        return np.asarray(model.fit_transform(values), np.float32)


def _umap(job: Mapping[str, Any], values: Floats, tell: Callable[[float], None]) -> Floats:
    import umap  # an extra, and slow to import

    model = umap.UMAP(
        n_components=int(job["dims"]),
        n_neighbors=min(int(job["neighbours"]), len(values) - 1),
        min_dist=float(job["min_dist"]),
        init="spectral" if len(values) > 20 else "random",
        verbose=True,
        tqdm_kwds={"desc": ""},
    )
    progress = _Progress(tell, _EPOCHS, 100)
    with redirect_stdout(progress), redirect_stderr(progress):
        return np.asarray(model.fit_transform(values), np.float32)


def main() -> int:
    """Do one job."""
    os.nice(_NICE)
    job = json.loads(sys.stdin.buffer.readline())
    rows, columns = job["shape"]
    data = sys.stdin.buffer.read(rows * columns * 4)
    values: Floats = np.frombuffer(data, "<f4").reshape(rows, columns)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")  # whatever a library prints must not come between

    def say(**said: Any) -> None:
        out.write(json.dumps(said).encode() + b"\n")
        out.flush()

    say(progress=0.0, said="starting")
    try:
        places = _lay_out(job, values, say)
    except (ValueError, ArithmeticError, MemoryError, RuntimeError, TypeError) as error:
        say(error=f"{type(error).__name__}: {error}"[:300])
        return 1
    places = np.ascontiguousarray(places, "<f4")
    say(done=True, shape=list(places.shape))
    out.write(places.tobytes())
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
