"""Embeddings as TensorBoard's projector reads them: tables and a picture beside the event files, and a list of them."""

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from writer import process
from writer.buffers import HeldArray
from writer.device_values import Coming, resolve, take_step
from writer.errors import UnsupportedValueError
from writer.format.messages import EmbeddingInfo, ProjectorConfig
from writer.media import encode_picture, make_grid
from writer.series import check_tag
from writer.summaries import encode_tag

__all__ = ["Embedding", "Projector", "take"]

_CONFIG = "projector_config.pbtxt"
_BITE = 512  # numbers or labels formatted between two moments in which other threads get the GIL
_PAUSE_S = 0.00005  # after a shorter one we would have the GIL again before anybody else is awake
_LABEL_BYTES = 64
_BREAKS = str.maketrans("\t\r\n", "   ")  # in a label, they would begin a new column or row
_ENCODED = {".": "%2e", "..": "%2e%2e"}


class Embedding(NamedTuple):
    """One embedding as it was handed over."""

    tag: str
    step: int | Coming
    points: HeldArray  # of shape (points, dimensions)
    labels: list[Any] | None  # one a point: a value, or a row of values
    header: list[str] | None  # names of the columns, where labels are rows
    images: HeldArray | None  # of shape (points, channels, height, width); uint8, or 0 to 1

    @property
    def size(self) -> int:
        """Bytes that it keeps in memory, about."""
        return self.points.size + (self.images.size if self.images else 0) + _LABEL_BYTES * len(self.labels or ())

    def release(self) -> None:
        """Give the memory of the arrays back."""
        for held in (self.points, self.images):
            if held is not None:
                held.release()


def take(
    hold: Callable[[Any], HeldArray], tag: str, step: Any, points: Any, labels: Any, header: Any, images: Any
) -> Embedding:
    """Take an embedding as it is now; of labels that are tensors the numbers are taken, not the descriptions.

    Args:
        hold: Copies an array.
        tag: Its name.
        step: As ``take_step`` takes it.
        points: As ``hold`` takes it, as ``images``.
        labels: Values, or rows of values, or None.
        header: Strings, or None.
        images: None where there are none.

    Raises:
        Exception: As ``hold`` and ``take_step``.
    """
    check_tag(tag)
    return Embedding(
        tag,
        take_step(step),
        hold(points),
        None if labels is None else [_take_label(label) for label in labels],
        None if header is None else list(header),
        None if images is None else hold(images),
    )


class Projector:
    """Writes the embeddings of one run. Used by one thread at a time."""

    def __init__(self, folder: str) -> None:
        """Write below a run's folder, which need not exist yet."""
        self._folder = folder
        self._listed: dict[bytes, str] | None = None  # the list's entries, by name; "" for all else in it

    def write(self, embedding: Embedding) -> bytes:
        """Write an embedding's files and add it to the list; one of the same tag and step is replaced.

        Returns:
            No event.

        Raises:
            UnsupportedValueError: The parts do not fit each other.
            OSError: The disk took it not.
        """
        try:
            points, images = embedding.points.read(), embedding.images.read() if embedding.images else None
            _check(points, images, embedding)
            step = str(int(resolve(embedding.step))).zfill(5)
            below = f"{step}/{_encode_name(embedding.tag)}"
            target = os.path.join(self._folder, below)
            os.makedirs(target, exist_ok=True)
            info = EmbeddingInfo(tensor_name=encode_tag(f"{embedding.tag}:{step}"))
            if embedding.labels is not None:
                with open(os.path.join(target, "metadata.tsv"), "wb") as file:
                    _write_labels(file, embedding.labels, embedding.header)
                info.metadata_path = encode_tag(f"{below}/metadata.tsv")
            if images is not None:
                with open(os.path.join(target, "sprite.png"), "wb") as file:
                    file.writelines(encode_picture(_arrange(images)))
                info.sprite.image_path = encode_tag(f"{below}/sprite.png")
                info.sprite.single_image_dim.extend([images.shape[3], images.shape[2]])
            with open(os.path.join(target, "tensors.tsv"), "wb") as file:
                _write_points(file, points)
            info.tensor_path = encode_tag(f"{below}/tensors.tsv")
            self._list(info)
        finally:
            embedding.release()
        return b""

    def _list(self, info: Any) -> None:
        """Add to the list; what earlier writers of this folder have left there stays, too."""
        with process.importing:
            from google.protobuf import text_format  # late: nothing else needs it
        path = os.path.join(self._folder, _CONFIG)
        if self._listed is None:
            config = ProjectorConfig()
            try:
                with open(path, encoding="utf-8") as file:
                    text_format.Parse(file.read(), config, allow_unknown_field=True)
            except (FileNotFoundError, UnicodeDecodeError, text_format.ParseError):
                config = ProjectorConfig()
            self._listed = {each.tensor_name: _to_text(text_format, [each]) for each in config.embeddings}
            del config.embeddings[:]
            self._listed[b""] = text_format.MessageToString(config)
        self._listed.pop(info.tensor_name, None)
        self._listed[info.tensor_name] = _to_text(text_format, [info])
        # Whole or not at all: TensorBoard reads it at any moment.
        unfinished = f"{path}.{os.getpid()}.part"
        with open(unfinished, "wb") as out:
            out.write("".join(self._listed.values()).encode())
        os.replace(unfinished, path)


def _to_text(text_format: Any, embeddings: list[Any]) -> str:
    text: str = text_format.MessageToString(ProjectorConfig(embeddings=embeddings))
    return text


def _take_label(label: Any) -> Any:
    if isinstance(label, list | tuple):
        return [_take_label(each) for each in label]
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(label, torch.Tensor):
        return label.tolist() if label.device.type == "cpu" else label.detach().clone()
    return label.tolist() if isinstance(label, np.ndarray | np.generic) else label


def _check(points: NDArray[Any], images: NDArray[Any] | None, embedding: Embedding) -> None:
    if points.ndim != 2 or not points.size:
        raise UnsupportedValueError(f"an embedding has the shape (points, dimensions), not {points.shape}")
    if embedding.labels is not None and len(embedding.labels) != len(points):
        raise UnsupportedValueError(f"{len(embedding.labels)} labels do not fit {len(points)} points")
    if embedding.header and embedding.labels and len(embedding.header) != len(_columns(embedding.labels[0])):
        raise UnsupportedValueError(f"{len(embedding.header)} headers do not fit the columns of the labels")
    if images is not None and (images.ndim != 4 or len(images) != len(points) or images.shape[1] not in (1, 3)):
        raise UnsupportedValueError(f"images of shape {images.shape} do not fit {len(points)} points")


def _encode_name(tag: str) -> str:
    """Name a folder after a tag, as torch's writer does."""
    name = tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")
    return _ENCODED.get(name, name)


def _write_labels(file: BinaryIO, labels: Sequence[Any], header: Sequence[str] | None) -> None:
    rows = [header, *labels] if header else labels
    for number, row in enumerate(rows):
        cells = _columns(row) if header else [row]
        file.write(encode_tag("\t".join(_text(cell) for cell in cells) + "\n"))
        if number % _BITE == 0:
            time.sleep(_PAUSE_S)


def _columns(row: Any) -> Sequence[Any]:
    return row if isinstance(row, list | tuple) else [row]


def _text(label: Any) -> str:
    return str(label.tolist() if hasattr(label, "tolist") else label).translate(_BREAKS)


def _write_points(file: BinaryIO, points: NDArray[Any]) -> None:
    rows_a_bite = max(1, _BITE // points.shape[1])
    for start in range(0, len(points), rows_a_bite):
        rows = points[start : start + rows_a_bite].tolist()
        file.write("".join("\t".join(map(str, row)) + "\n" for row in rows).encode())
        time.sleep(_PAUSE_S)


def _arrange(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Lay images (NCHW) out in rows on a black square, as torch's writer does."""
    if images.dtype != np.uint8:
        # In float64, as there: a product in float32 can end one level higher.
        images = np.nan_to_num(images.astype(np.float64) * 255, nan=0.0).clip(0, 255).astype(np.uint8)
    columns = math.ceil(len(images) ** 0.5)
    grid = make_grid(images.transpose(0, 2, 3, 1), columns)
    height, width, channels = grid.shape
    square = np.zeros((max(height, width), width, 3), np.uint8)
    square[:height] = np.broadcast_to(grid, (height, width, 3)) if channels == 1 else grid
    return square
