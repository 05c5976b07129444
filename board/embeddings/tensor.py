"""One tensor at one step as Python values: ``run.embeddings["default"][-1].points``; its files are read on demand."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from board.embeddings.checkpoint import read_variable
from board.embeddings.config import EmbeddingSource
from board.embeddings.metadata import MetadataTable, read_metadata
from board.embeddings.points import Points, read_points
from board.errors import MalformedValueError, UnknownSeriesError
from board.storage import LocalStorage, OpenFile, OutsideError

__all__ = ["MAX_SPRITE_BYTES", "Embedding"]

MAX_SPRITE_BYTES = 32 << 20
MAX_TENSOR_BYTES = 4 << 30  # of text; it is read in small blocks


@dataclass(frozen=True, slots=True)
class Embedding:
    """A tensor with what belongs to it. Nothing outside of the run's folder is ever opened."""

    source: EmbeddingSource
    _storage: LocalStorage
    _folder: str

    @property
    def tag(self) -> str:
        """Name of the tensor."""
        return self.source.tag

    @property
    def step(self) -> int | None:
        """Step, where its writer named one."""
        return self.source.step

    @property
    def points(self) -> Points:
        """The matrix, read now: ``values`` is float32 of shape (points, dimensions).

        Raises:
            UnknownSeriesError: the file is gone. MalformedValueError: it makes no sense, or lies outside of the run.
        """
        if not self.source.tensor_path:
            return read_variable(self._storage, self._folder, self.source)
        with self.open("the tensor", self.source.tensor_path) as file:
            if file.info.size > MAX_TENSOR_BYTES:
                raise MalformedValueError(f"the tensor's file has {file.info.size} bytes; at most 4 GiB are read")
            return read_points(file, self.source.shape)

    def read_metadata(self, points: int) -> MetadataTable:
        """Read what is known of so many points; an empty table where nothing is; errors as ``points``."""
        if not self.source.metadata_path:
            return MetadataTable()
        with self.open("the metadata", self.source.metadata_path) as file:
            return read_metadata(file, points)

    @property
    def sprite(self) -> bytes | None:
        """Bytes of the picture with all points' pictures in it, None where there is none; errors as ``points``."""
        if not self.source.sprite_path:
            return None
        with self.open("the sprite", self.source.sprite_path) as file:
            if file.info.size > MAX_SPRITE_BYTES:
                raise MalformedValueError(f"the sprite has {file.info.size} bytes; at most {MAX_SPRITE_BYTES} are read")
            return file.pread(MAX_SPRITE_BYTES, 0)

    def paths(self) -> list[str]:
        """Return the paths of its files, where they are named."""
        tensor = self.source.tensor_path or "checkpoint"
        return [path for path in (tensor, self.source.metadata_path) if path]

    def state_of(self, path: str) -> tuple[int, ...]:
        """Return what tells one state of a file from another; empty where it cannot be opened."""
        try:
            with self.open("a file", path) as file:
                info = file.info
                return info.device, info.inode, info.size, int(info.mtime * 1e6), int(info.ctime * 1e6)
        except (MalformedValueError, UnknownSeriesError):
            return ()

    def open(self, what: str, path: str) -> AbstractContextManager[OpenFile]:
        """Open a file of the embedding; ``what`` is for the error's sentence."""
        try:
            # From the config's folder on, but ".." is refused all the same: below that folder, not the run's.
            below = "/".join(part for part in (self._folder, self.source.base) if part not in ("", "."))
            return self._storage.open_beneath(below or ".", path)
        except OutsideError as error:
            raise MalformedValueError(f"{what} {path!r} is not read: {error}") from error
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            raise UnknownSeriesError(f"{what} {path!r} cannot be read: {said or error}") from error
