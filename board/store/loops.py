"""Chooses who runs the hot loops over columns: the compiled file or the plain one."""

from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from board.store import plain_series
from writer.format.compiled import load_compiled

__all__ = ["ENGINE", "ENGINES", "ENGINE_REASON", "LOOPS", "Floats", "Ints", "Loops"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Loops(Protocol):
    """What both have; ``plain_series.py`` says what each does."""

    def rows_by_tag(self, tag: NDArray[np.int32], tags: int, /) -> tuple[Ints, Ints]: ...
    def span(self, step: Ints, wall_time: Floats, /) -> tuple[int, int, bool, bool]: ...
    def rows_below(self, x: Ints | Floats, origin: float, at: float, including: bool, /) -> int: ...
    def pixel_bounds(
        self,
        x: Ints | Floats,
        origin: float,
        lo: float,
        hi: float,
        start: int,
        stop: int,
        offset: int,
        bounds: Ints,
        column: int,
        /,
    ) -> int: ...
    def extremes(
        self,
        chunks: list[Floats],
        offset: int,
        bounds: Ints,
        at: Ints,
        value: Floats,
        edges: Floats,
        counts: Ints,
        near: Floats,
        /,
    ) -> None: ...
    def ema(self, y: Floats, weight: float, last: float, seen: int, out: Floats, /) -> tuple[float, int]: ...
    def time_ema(
        self, x: Ints, y: Floats, weight: float, scale: float, before: float, mean: float, mass: float, out: Floats, /
    ) -> tuple[float, float, float]: ...
    def time_mass(self, x: Ints, y: Floats, weight: float, scale: float, /) -> tuple[float, float, float]: ...
    def running_mean(self, y: Floats, half: int, out: Floats, /) -> None: ...
    def gaussian(self, y: Floats, kernel: Floats, out: Floats, /) -> None: ...
    def wide_gaussian(self, y: Floats, spread: Floats, kernel: Floats, out: Floats, /) -> None: ...


ENGINES: dict[str, Loops] = {"plain": cast(Loops, plain_series)}
_compiled, ENGINE_REASON = load_compiled("board.store._series")
if _compiled is not None:
    ENGINES["compiled"] = cast(Loops, _compiled)
ENGINE = "compiled" if "compiled" in ENGINES else "plain"
LOOPS = ENGINES[ENGINE]
