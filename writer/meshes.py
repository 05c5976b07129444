"""Meshes and point clouds as the three tensors that TensorBoard draws them from."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from writer.errors import UnsupportedValueError
from writer.format.messages import MeshPluginData
from writer.tensors import tensor_value

__all__ = ["encode_config", "mesh_values"]


def encode_config(config: Mapping[str, Any] | None) -> bytes:
    """Encode the names and settings of three.js classes as the JSON that TensorBoard reads."""
    return b"{}" if config is None else json.dumps(config, sort_keys=True).encode()


def mesh_values(
    tag: bytes,
    vertices: NDArray[Any],
    colors: NDArray[Any] | None,
    faces: NDArray[Any] | None,
    *,
    config: bytes,
) -> list[Any]:
    """Make the ``Summary.Value`` of each part, ``<tag>_VERTEX``, ``<tag>_FACE`` and ``<tag>_COLOR``, for one event.

    Args:
        tag: As it stands in the file.
        vertices: Of shape (batch, points, 3). All parts are stored as float32.
        colors: Of the vertices' shape, from 0 to 255.
        faces: Of shape (batch, triangles, 3): indices of vertices.
        config: From ``encode_config``.

    Raises:
        UnsupportedValueError: A part has another shape.
    """
    kinds = MeshPluginData.ContentType
    parts = [(vertices, "VERTEX"), (faces, "FACE"), (colors, "COLOR")]
    there = [(array, name) for array, name in parts if array is not None]
    components = sum(1 << kinds.Value(name) for _, name in there)
    values = []
    for array, name in there:
        if array.ndim != 3 or array.shape[2] != 3:
            raise UnsupportedValueError(f"a mesh's parts have the shape (batch, points, 3), not {array.shape}")
        content = MeshPluginData(
            name=tag, content_type=kinds.Value(name), json_config=config, shape=array.shape, components=components
        )
        with np.errstate(over="ignore"):
            single = array.astype(np.float32)
        values.append(tensor_value(tag + b"_" + name.encode(), single, b"mesh", content.SerializeToString()))
    return values
