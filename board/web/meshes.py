"""Meshes and point clouds: one as columns for the browser, and as a file."""

from typing import Annotated, Any

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Query
from numpy.typing import NDArray
from starlette.responses import Response

from board.logs import MeshItem, encode_ply
from board.web.context import Board, Context
from board.web.encoding import asked_name, exact_column, json_response, number
from board.web.limits import Name

__all__ = ["router"]

router = APIRouter()
Ref = Annotated[str, Query(max_length=1000)]
Item = Annotated[int, Query(ge=0)]


@router.get("/api/mesh")
async def read_mesh(board: Board, run: Name, tag: Name, ref: Ref, item: Item = 0) -> Response:
    """Return one mesh of a batch: vertices (x, y, z in turn), faces, colours, bounds of what is finite.

    ``tag`` is the mesh's name, without ``_VERTEX``; ``ref`` is that of its vertices, as ``/api/blobs`` lists them.
    """
    return await to_thread.run_sync(_read, board, run, tag, ref, item, limiter=board.drawing)


@router.get("/api/mesh.ply")
async def send_ply(board: Board, run: Name, tag: Name, ref: Ref, item: Item = 0) -> Response:
    """Send one mesh as a binary PLY file; the page gives it a name."""

    def encode() -> bytes:
        return encode_ply(_mesh(board, run, tag, ref).item(item))

    data = await to_thread.run_sync(encode, limiter=board.drawing)
    return Response(data, media_type="application/octet-stream", headers={"Content-Disposition": "attachment"})


def _mesh(board: Context, run: str, tag: str, ref: str) -> Any:
    return board.logs.mesh(asked_name(run), asked_name(tag), ref)


def _read(board: Context, run: str, tag: str, ref: str, index: int) -> Response:
    mesh = _mesh(board, run, tag, ref)
    item: MeshItem = mesh.item(index)
    config = mesh.config if isinstance(mesh.config, dict) else {}
    return json_response(
        {
            "step": str(mesh.step),
            "items": len(mesh.vertices),
            "vertices": exact_column(item.vertices.ravel()),
            "faces": None if item.faces is None else exact_column(item.faces.ravel()),
            "colors": None if item.colors is None else exact_column(item.colors.ravel()),
            "bounds": _bounds(item.vertices),
            "notes": list(item.notes),
            "config": _settings(config),
        }
    )


def _bounds(vertices: NDArray[np.float32]) -> list[list[float | str]] | None:
    """Return the least and greatest corner of the box around all finite vertices."""
    finite = vertices[np.isfinite(vertices).all(axis=1)]
    if not len(finite):
        return None
    return [[number(float(v)) for v in corner] for corner in (finite.min(axis=0), finite.max(axis=0))]


def _settings(config: dict[str, Any]) -> dict[str, float | bool]:
    """Return what we draw by of the settings for three.js: nobody knows what else a log may hold there."""
    found: dict[str, float | bool] = {}
    camera, material = config.get("camera"), config.get("material")
    fov = camera.get("fov") if isinstance(camera, dict) else None
    if isinstance(fov, int | float) and 1 <= fov <= 150:
        found["fov"] = float(fov)
    if isinstance(material, dict):
        size = material.get("size")
        if isinstance(size, int | float) and 0 < size <= 100:
            found["size"] = float(size)
        found["wireframe"] = material.get("wireframe") is True
        found["flat"] = material.get("cls") in ("MeshBasicMaterial", "PointsMaterial")
    return found
