"""The list of a run's embeddings, ``projector_config.pbtxt``: which tensors there are, at which steps, in which files.

Format: tensorboard/plugins/projector/projector_config.proto, as text. A step is no part of it: torch's writer puts it
into the tensor's name and into the path.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from board.errors import MalformedValueError
from board.storage import LocalStorage
from writer.format.messages import ProjectorConfig

__all__ = ["CONFIG_NAMES", "MAX_CONFIG_BYTES", "ConfigFile", "EmbeddingSource", "find_config", "read_config"]

_FOLDER = "plugins/org_tensorflow_tensorboard_projector"  # where a plugin's files may lie, too
CONFIG_NAMES = ("projector_config.pbtxt", f"{_FOLDER}/projector_config.pbtxt")
MAX_CONFIG_BYTES = 1 << 20  # of 5,000 tensors; protobuf's parser of texts is a slow one
_STEP = re.compile(r"(.*):(-?\d{1,19})", re.DOTALL)


class ConfigFile(NamedTuple):
    """A list as it was: if any of this differs, it is read anew."""

    name: str  # below the run's folder
    inode: int
    size: int  # bytes
    mtime: float
    ctime: float


@dataclass(frozen=True, slots=True)
class EmbeddingSource:
    """One tensor at one step: where its parts lie. Paths are as the log has them, from the config's folder on."""

    tag: str
    step: int | None  # None where its writer named none
    base: str  # the config's folder below the run's, "" for that itself
    tensor_path: str  # "" where the values lie in a checkpoint
    shape: tuple[int, ...]  # as declared, for raw numbers
    metadata_path: str
    sprite_path: str
    sprite_size: tuple[int, int]  # width and height of one picture, pixels
    checkpoint: str  # prefix of a TensorFlow checkpoint's files, "" where none is named
    tensor_name: str  # whole, as it stands in the config


def find_config(storage: LocalStorage, folder: str) -> ConfigFile | None:
    """Find a run's list. A link is none: it may lead anywhere."""
    for name in CONFIG_NAMES:
        path = name if folder == "." else f"{folder}/{name}"
        try:
            info = storage.stat(path)
        except OSError:
            continue
        if info.is_file and not storage.is_link(path):
            return ConfigFile(name, info.inode, info.size, info.mtime, info.ctime)
    return None


def read_config(storage: LocalStorage, folder: str, file: ConfigFile) -> list[EmbeddingSource]:
    """Read a list; of a tensor and step that stand in it twice, the last entry counts.

    Raises:
        MalformedValueError: it is too large, cannot be read, or says nothing; one sentence.
    """
    from google.protobuf import text_format  # late: most logdirs have no embeddings, and a start should not wait for it

    if file.size > MAX_CONFIG_BYTES:
        raise MalformedValueError(f"{file.name} has {file.size} bytes; at most {MAX_CONFIG_BYTES} are read.")
    try:
        with storage.open_beneath(folder, file.name) as opened:
            text = opened.pread(MAX_CONFIG_BYTES, 0).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise MalformedValueError(f"{file.name} cannot be read: {error.strerror or error}.") from error
    try:
        config = text_format.Parse(text, ProjectorConfig(), allow_unknown_field=True)
    except (text_format.ParseError, RecursionError, UnicodeError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise MalformedValueError(f"{file.name} is no list of embeddings: {said}") from error
    base = file.name.rpartition("/")[0]
    checkpoint = _text(config.model_checkpoint_path)
    found = {}
    for one in config.embeddings:
        source = _source(one, base, checkpoint)
        found[source.tag, source.step] = source
    return list(found.values())


def _source(one: object, base: str, checkpoint: str) -> EmbeddingSource:
    name, path = _text(one.tensor_name), _text(one.tensor_path)  # type: ignore[attr-defined]  # made at run time
    sprite = one.sprite  # type: ignore[attr-defined]
    tag, step = name, None
    found = _STEP.fullmatch(name)
    # "weights:0" is TensorFlow's first output of "weights": a step is one where the path begins with it, too.
    if found and path.partition("/")[0] == found[2]:
        tag, step = found[1], int(found[2])
    width, height = (*map(int, sprite.single_image_dim[:2]), 0, 0)[:2]
    return EmbeddingSource(
        tag=tag.removesuffix(":0") or "unnamed",
        step=step,
        base=base,
        tensor_path=path,
        shape=tuple(map(int, one.tensor_shape)),  # type: ignore[attr-defined]
        metadata_path=_text(one.metadata_path),  # type: ignore[attr-defined]
        sprite_path=_text(sprite.image_path),
        sprite_size=(width, height),
        checkpoint=checkpoint,
        tensor_name=name,
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
