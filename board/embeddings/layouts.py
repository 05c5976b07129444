"""Layouts that take long: each is made by a process of its own, says how far it is, can be ended, and is kept."""

import importlib.util
import json
import logging
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from board.errors import BadRequestError, MissingExtraError, UnknownSeriesError

__all__ = ["MOST_POINTS", "Layout", "LayoutRequest", "Layouts"]

logger = logging.getLogger("board")

MOST_POINTS = {"tsne": 20_000, "umap": 100_000}  # of more, a part of them is drawn by lot: minutes instead of hours
_PACKAGES = {"tsne": ("t-SNE", "sklearn", "scikit-learn"), "umap": ("UMAP", "umap", "umap-learn")}
_AT_ONCE = 1  # process: it takes all processors
_KEPT = 32  # layouts, of 1.2 MB for 100,000 points in three dimensions
_WAITING = 8


@dataclass(frozen=True, slots=True)
class LayoutRequest:
    """How points are laid out.

    Raises:
        BadRequestError: a value out of its range.
    """

    method: str  # "tsne" or "umap"
    dims: int = 3  # 2 or 3
    neighbours: int = 15  # of UMAP; of t-SNE the perplexity
    min_dist: float = 0.1  # of UMAP
    sphere: bool = False

    def __post_init__(self) -> None:
        """Check it."""
        if self.method not in MOST_POINTS:
            raise BadRequestError(f"{self.method!r} is none of {', '.join(MOST_POINTS)}")
        if self.dims not in (2, 3) or not 2 <= self.neighbours <= 200 or not 0 <= self.min_dist <= 1:
            raise BadRequestError("dims is 2 or 3, neighbours 2 to 200, min_dist 0 to 1")


@dataclass(slots=True, eq=False)
class Layout:
    """One layout, made or in the making. Any thread may look."""

    id: str
    state: str = "waiting"  # then "running", and "done", "failed" or "cancelled"
    progress: float = 0.0  # 0 to 1
    said: str = ""  # what it does, or why it failed
    note: str = ""  # how it was made, a sentence
    rows: NDArray[np.int32] | None = None  # which points it has, where not all; None: all that can be drawn
    places: NDArray[np.float32] | None = None  # (rows, dims)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will change any more."""
        return self.state in ("done", "failed", "cancelled")


class Layouts:
    """All layouts that were asked for. Any thread may call any method."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(_AT_ONCE)
        self._layouts: OrderedDict[str, Layout] = OrderedDict()
        self._is_closed = False

    def start(self, key: str, request: LayoutRequest, load: Callable[[], tuple[Any, NDArray[np.bool_]]]) -> Layout:
        """Return the layout of that key, and begin to make it if there is none that is or will be.

        Args:
            key: of points and request.
            request: how.
            load: gives the matrix, and which rows can be drawn; called in a thread of its own.

        Raises:
            MissingExtraError: what makes it is not installed.
            BadRequestError: too many are waiting.
        """
        name, module, package = _PACKAGES[request.method]
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(name, package, "analysis")
        with self._lock:
            known = self._layouts.get(key)
            if known is not None and known.state not in ("failed", "cancelled"):
                self._layouts.move_to_end(key)
                return known
            if sum(not one.is_over for one in self._layouts.values()) >= _WAITING:
                raise BadRequestError(f"{_WAITING} layouts are being made already: wait, or cancel one")
            layout = self._layouts[key] = Layout(key)
            for old in [one.id for one in self._layouts.values() if one.is_over][:-_KEPT]:
                del self._layouts[old]
        threading.Thread(target=self._make, args=(layout, request, load), name="board-layout", daemon=True).start()
        return layout

    def find(self, key: str) -> Layout:
        """Return a layout; UnknownSeriesError where there is none."""
        with self._lock:
            if key not in self._layouts:
                raise UnknownSeriesError("There is no such layout any more: ask for it again.")
            return self._layouts[key]

    def cancel(self, key: str) -> Layout:
        """End the making of a layout; UnknownSeriesError where there is none."""
        layout = self.find(key)
        with self._lock:
            if not layout.is_over:
                layout.state = "cancelled"
            process = layout.process
        if process is not None:
            process.kill()
        return layout

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            self._is_closed = True
            going = [one.id for one in self._layouts.values() if not one.is_over]
        for key in going:
            self.cancel(key)

    def _make(self, layout: Layout, request: LayoutRequest, load: Callable[[], tuple[Any, NDArray[np.bool_]]]) -> None:
        with self._turns:
            try:
                if layout.is_over:
                    return
                values, is_whole = load()
                rows = np.flatnonzero(is_whole).astype(np.int32)
                most = MOST_POINTS[request.method]
                if len(rows) > most:
                    drawn = np.random.default_rng(0).choice(len(rows), most, replace=False)
                    rows = rows[np.sort(drawn)]
                    layout.note = f"{most} of {len(is_whole)} points, drawn by lot."
                if len(rows) < 4:
                    self._end(layout, "failed", "there are fewer than four points")
                    return
                layout.rows = rows if len(rows) < len(is_whole) else None
                self._run(layout, request, values[rows])
            except (OSError, ValueError, LookupError) as error:
                self._end(layout, "failed", str(error))

    def _run(self, layout: Layout, request: LayoutRequest, values: NDArray[np.float32]) -> None:
        job = {name: getattr(request, name) for name in LayoutRequest.__slots__} | {"shape": values.shape}
        command = [sys.executable, "-P", "-m", "board.embeddings.worker"]  # -P: not a board.py of the current folder
        with self._lock:
            if self._is_closed or layout.is_over:
                return
            process = layout.process = subprocess.Popen(  # noqa: S603 - our own module, nothing of a log in the command
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            layout.state = "running"
        with process:
            try:
                assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes, as asked
                with process.stdin as inbox:
                    inbox.write(json.dumps(job).encode() + b"\n")
                    inbox.write(np.ascontiguousarray(values, "<f4").data)
                places = _listen(layout, process.stdout)
            except OSError:  # the process went away while it was spoken to
                places = None
            finally:
                process.kill()
        if places is not None:
            layout.places = places
            self._end(layout, "done", "")
        else:
            self._end(layout, "failed", layout.said if layout.said.startswith("it ") else "its process ended early")

    def _end(self, layout: Layout, state: str, said: str) -> None:
        with self._lock:
            layout.process = None
            if not layout.is_over:
                layout.state, layout.said = state, said


def _listen(layout: Layout, out: IO[bytes]) -> NDArray[np.float32] | None:
    """Follow what the process says; None where it says no places."""
    note = layout.note
    for line in out:
        said = json.loads(line)
        if "error" in said:
            layout.said = f"it could not be made: {said['error']}"
            return None
        if "done" in said:
            rows, dims = said["shape"]
            data = out.read(rows * dims * 4)
            return np.frombuffer(data, "<f4").reshape(rows, dims) if len(data) == rows * dims * 4 else None
        layout.progress, layout.said = said["progress"], said["said"]
        if said.get("note"):
            layout.note = f"{note} {said['note']}".strip()
    return None
