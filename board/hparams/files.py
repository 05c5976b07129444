"""Configuration beside the event files: config, hparams and args of a run's folder, as JSON or YAML."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from board.errors import MalformedValueError
from board.storage import LocalStorage

__all__ = ["CONFIG_NAMES", "MAX_FILE_BYTES", "ConfigFile", "find_files", "parse_json", "parse_yaml", "read_file"]

# Of a name that several files have, the first of them counts.
CONFIG_NAMES = (
    "hparams.yaml",  # Lightning's
    "hparams.yml",
    "hparams.json",
    "config.yaml",
    "config.yml",
    "config.json",
    "args.json",
    "args.yaml",
)
MAX_FILE_BYTES = 4 << 20
MAX_MERGES = 100  # into one YAML mapping
MAX_PAIRS = 20_000  # of one: merges can double it at every level


class ConfigFile(NamedTuple):
    """A file as it was: if any of this differs, it is read anew."""

    name: str
    inode: int
    size: int  # bytes
    mtime: float
    ctime: float


def find_files(storage: LocalStorage, folder: str) -> list[ConfigFile]:
    """Find a run's configuration files, in the order of ``CONFIG_NAMES``. Links are none: they may lead anywhere."""
    found = []
    for name in CONFIG_NAMES:
        path = name if folder == "." else f"{folder}/{name}"
        try:
            info = storage.stat(path)
        except OSError:
            continue
        if info.is_file and not storage.is_link(path):
            found.append(ConfigFile(name, info.inode, info.size, info.mtime, info.ctime))
    return found


def read_file(storage: LocalStorage, folder: str, file: ConfigFile) -> Mapping[Any, Any]:
    """Read and parse one of them.

    Raises:
        MalformedValueError: it is too large, cannot be read, or is no mapping; one sentence.
    """
    if file.size > MAX_FILE_BYTES:
        raise MalformedValueError(f"{file.name} has {file.size} bytes; at most {MAX_FILE_BYTES} are read.")
    path = file.name if folder == "." else f"{folder}/{file.name}"
    try:
        with storage.open(path) as opened:
            if opened.info.inode != file.inode or storage.is_link(path):
                raise MalformedValueError(f"{file.name} was replaced while it was looked at.")
            data = opened.pread(MAX_FILE_BYTES, 0)
    except OSError as error:
        raise MalformedValueError(f"{file.name} cannot be read: {error.strerror or error}.") from error
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    content = parse_json(text) if file.name.endswith(".json") else parse_yaml(text)
    if not isinstance(content, Mapping):
        raise MalformedValueError(f"{file.name} holds no names with values.")
    return content


def parse_json(text: str) -> Any:
    """Parse JSON, NaN and Infinity as Python writes them included.

    Raises:
        MalformedValueError: it is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedValueError(f"This is no JSON: {_first_line(error)}.") from error


def parse_yaml(text: str) -> Any:
    """Parse YAML as plain values: a tag such as ``!!python/object`` makes nothing, what it stands on is taken as it is.

    Raises:
        MalformedValueError: it is none.
    """
    try:
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a safe loader that knows even less
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise MalformedValueError(f"This is no YAML: {_first_line(error)}.") from error


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader; other tags are ignored instead of refused, for Lightning writes some of Python's."""

    def flatten_mapping(self, node: Any) -> None:
        """Merge ``<<`` as far as that has an end."""
        merged = [value for key, value in node.value if key.tag == "tag:yaml.org,2002:merge"]
        if sum(len(one.value) if isinstance(one, yaml.SequenceNode) else 1 for one in merged) > MAX_MERGES:
            raise yaml.YAMLError(f"a mapping that merges more than {MAX_MERGES} others")
        super().flatten_mapping(node)
        if len(node.value) > MAX_PAIRS:
            raise yaml.YAMLError(f"a mapping of more than {MAX_PAIRS} names")


def _untagged(loader: Any, _: str, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


# YAML 1.1 takes 1e-3 for a text; people who write learning rates do not.
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+"), list("-+0123456789")
)
_PlainLoader.add_multi_constructor("", _untagged)
_PlainLoader.add_constructor(None, lambda loader, node: _untagged(loader, "", node))


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error)
    said = said.splitlines()[0][:200] if said else type(error).__name__
    return f"{said}, line {mark.line + 1}, column {mark.column + 1}" if mark is not None else said
