"""Meshes and point clouds: the vertices, faces and colours that a log has as three series, joined and checked.

Format: tensorboard/plugins/mesh/metadata.py. A part is told by the end of its tag: ``_VERTEX``, ``_FACE``, ``_COLOR``,
or, as tensorboardX writes it, the number of the content type.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from board.errors import MalformedValueError, UnknownSeriesError
from writer.format.messages import DecodeError, MeshPluginData

__all__ = ["MAX_FACES", "MAX_VERTICES", "Mesh", "MeshItem", "MeshSeries", "encode_ply", "mesh_name", "mesh_series"]

MAX_VERTICES = 2_000_000  # of one item; a browser gets 24 MB of them
MAX_FACES = 4_000_000
_PART = re.compile(r"(.*)_(VERTEX|FACE|COLOR|1|2|3)", re.DOTALL)
_NUMBERS = {"1": "VERTEX", "2": "FACE", "3": "COLOR"}


class _Point(Protocol):
    """One value of a series, as ``board.runs.Blob`` is."""

    @property
    def step(self) -> int: ...
    @property
    def wall_time(self) -> float: ...
    @property
    def superseded(self) -> bool: ...
    @property
    def ref(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def plugin_content(self) -> bytes: ...


@dataclass(frozen=True, slots=True, eq=False)
class MeshItem:
    """One mesh of a batch, ready to be drawn: every index is one of a vertex."""

    vertices: NDArray[np.float32]  # (vertices, 3), in the order of the log; may hold NaN
    faces: NDArray[np.int32] | None  # (triangles, 3)
    colors: NDArray[np.uint8] | None  # (vertices, 3)
    notes: tuple[str, ...]  # what is not drawn, a sentence each


class Mesh:
    """A mesh at one step; its parts are read when they are asked for.

    Errors of every property: UnknownSeriesError, the file is gone; MalformedValueError, a part makes no sense.
    """

    def __init__(self, name: str, vertices: _Point, faces: _Point | None, colors: _Point | None) -> None:
        self.name = name
        self.step = vertices.step
        self.wall_time = vertices.wall_time
        self.superseded = vertices.superseded
        self.ref = vertices.ref
        self._parts = {"vertices": vertices, "faces": faces, "colors": colors}

    def __repr__(self) -> str:
        return f"<Mesh {self.name!r} at step {self.step}>"

    @cached_property
    def vertices(self) -> NDArray[np.float32]:
        """Float32 of shape (batch, vertices, 3)."""
        found = self._read("vertices")
        assert found is not None  # noqa: S101 - a mesh has vertices
        with np.errstate(over="ignore", invalid="ignore"):
            return found.astype(np.float32)

    @cached_property
    def faces(self) -> NDArray[Any] | None:
        """Numbers of shape (batch, triangles, 3): indices of vertices, as they were logged."""
        return self._read("faces")

    @cached_property
    def colors(self) -> NDArray[Any] | None:
        """Numbers of shape (batch, vertices, 3), 0 to 255, as they were logged."""
        return self._read("colors")

    @cached_property
    def config(self) -> dict[str, Any]:
        """The settings of three.js classes that its writer gave; empty where it gave none."""
        vertices = self._parts["vertices"]
        try:
            found = json.loads(MeshPluginData.FromString(vertices.plugin_content).json_config) if vertices else {}
        except (DecodeError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def item(self, index: int) -> MeshItem:
        """Return one mesh of the batch, checked; UnknownSeriesError where there is no such item."""
        if not 0 <= index < len(self.vertices):
            raise UnknownSeriesError(f"{self.name!r} has {len(self.vertices)} items at step {self.step}, no {index}")
        vertices, notes = self.vertices[index], []
        if len(vertices) > MAX_VERTICES:
            raise MalformedValueError(f"{len(vertices)} vertices; at most {MAX_VERTICES} are drawn")
        if odd := int(len(vertices) - np.isfinite(vertices).all(axis=1).sum()):
            notes.append(f"{odd} of {len(vertices)} vertices hold NaN or infinity: they are not drawn.")
        return MeshItem(vertices, self._faces(index, notes), self._colors(index, notes), tuple(notes))

    def _faces(self, index: int, notes: list[str]) -> NDArray[np.int32] | None:
        try:
            faces = self.faces
        except (MalformedValueError, UnknownSeriesError) as error:
            notes.append(f"No faces: {error}.")
            return None
        if faces is None:
            return None
        if len(faces) != len(self.vertices):
            notes.append(f"Faces of {len(faces)} items do not fit vertices of {len(self.vertices)}: points are drawn.")
            return None
        own = faces[index]
        if len(own) > MAX_FACES:
            notes.append(f"{len(own)} faces; at most {MAX_FACES} are drawn: points are drawn.")
            return None
        finite = np.isfinite(self.vertices[index]).all(axis=1)
        with np.errstate(invalid="ignore"):
            is_inside = ((own >= 0) & (own < len(finite)) & (own == np.floor(own))).all(axis=1)
        inner: NDArray[np.int32] = own[is_inside].astype(np.int32)
        if outside := len(own) - len(inner):
            notes.append(f"{outside} of {len(own)} faces name vertices that there are none of.")
        kept = inner[finite[inner].all(axis=1)] if len(inner) else inner
        if len(kept) < len(inner):
            notes.append(f"{len(inner) - len(kept)} faces have a corner that is NaN or infinite.")
        return kept

    def _colors(self, index: int, notes: list[str]) -> NDArray[np.uint8] | None:
        try:
            colors = self.colors
        except (MalformedValueError, UnknownSeriesError) as error:
            notes.append(f"No colours: {error}.")
            return None
        if colors is None:
            return None
        if colors.shape != self.vertices.shape:
            notes.append(f"Colours of shape {colors.shape} do not fit vertices of shape {self.vertices.shape}.")
            return None
        own = colors[index]
        clipped: NDArray[np.uint8] = np.nan_to_num(own.astype(np.float64), nan=0.0).clip(0, 255).astype(np.uint8)
        return clipped

    def _read(self, part: str) -> NDArray[Any] | None:
        point = self._parts[part]
        if point is None:
            return None
        found = point.value
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu" or found.ndim != 3 or found.shape[2] != 3:
            shape = found.shape if isinstance(found, np.ndarray) else "none"
            raise MalformedValueError(f"{part} have the shape (batch, {part}, 3), these have {shape}")
        return found


class MeshSeries(Sequence[Mesh]):
    """All steps of one mesh, superseded ones included, in the order of the vertices' series."""

    def __init__(self, name: str, vertices: Sequence[_Point], others: Mapping[str, Sequence[_Point]]) -> None:
        self.name = name
        self._vertices = vertices
        self._others = others

    def __len__(self) -> int:
        return len(self._vertices)

    def __repr__(self) -> str:
        return f"<MeshSeries {self.name!r}: {len(self)} steps>"

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        vertices = self._vertices[index]
        return Mesh(self.name, vertices, self._part("FACE", vertices), self._part("COLOR", vertices))

    def __iter__(self) -> Iterator[Mesh]:
        return (self[i] for i in range(len(self)))

    def find(self, ref: str) -> Mesh:
        """Return the mesh whose vertices a reference names; UnknownSeriesError where there is none."""
        found = next((i for i, point in enumerate(self._vertices) if point.ref == ref), None)
        if found is None:
            raise UnknownSeriesError(f"{self.name!r} has no mesh of that reference any more.")
        mesh: Mesh = self[found]
        return mesh

    def _part(self, part: str, vertices: _Point) -> _Point | None:
        """Of several values at the vertices' step, the one that was logged nearest in time."""
        at = [point for point in self._others.get(part, ()) if point.step == vertices.step]
        return min(at, key=lambda point: abs(point.wall_time - vertices.wall_time), default=None)


def mesh_name(tag: str) -> str:
    """Return what the mesh is called that a tag is a part of."""
    found = _PART.fullmatch(tag)
    return found[1] if found else tag


def mesh_series(parts: Mapping[str, Sequence[_Point]]) -> dict[str, MeshSeries]:
    """Join series of parts, by tag, to meshes by name, sorted; what has no vertices is none."""
    joined: dict[str, dict[str, Sequence[_Point]]] = {}
    for tag, series in sorted(parts.items()):
        found = _PART.fullmatch(tag)
        if found:
            joined.setdefault(found[1], {})[_NUMBERS.get(found[2], found[2])] = series
    return {name: MeshSeries(name, own["VERTEX"], own) for name, own in joined.items() if "VERTEX" in own}


def encode_ply(item: MeshItem) -> bytes:
    """Write a mesh as binary PLY (http://paulbourke.net/dataformats/ply); vertices that are not finite included."""
    head = ["ply", "format binary_little_endian 1.0", f"element vertex {len(item.vertices)}"]
    fields: list[Any] = [("at", "<f4", 3)]
    head += [f"property float {axis}" for axis in "xyz"]
    if item.colors is not None:
        fields.append(("colour", "u1", 3))
        head += [f"property uchar {name}" for name in ("red", "green", "blue")]
    rows = np.zeros(len(item.vertices), fields)
    rows["at"] = item.vertices
    if item.colors is not None:
        rows["colour"] = item.colors
    body = rows.tobytes()
    if item.faces is not None:
        head += [f"element face {len(item.faces)}", "property list uchar int vertex_indices"]
        faces = np.zeros(len(item.faces), [("count", "u1"), ("corners", "<i4", 3)])
        faces["count"], faces["corners"] = 3, item.faces
        body += faces.tobytes()
    return "\n".join([*head, "end_header", ""]).encode("ascii") + body
