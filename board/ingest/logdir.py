"""The logdirs as the user gave them: paths, and the prefix that each gives to the names of its runs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from board.errors import LogdirError
from board.storage import LocalStorage

__all__ = ["Logdir", "parse_logdirs"]


@dataclass(frozen=True, slots=True)
class Logdir:
    """One folder with runs below it."""

    path: str  # as given, without the name
    prefix: str  # of its runs' names; "" where there is only one logdir, and it was given no name
    storage: LocalStorage

    def name_run(self, folder: str) -> str:
        """Return the name of the run whose files lie in a folder of the storage."""
        if not self.prefix:
            return folder
        return self.prefix if folder == "." else f"{self.prefix}/{folder}"

    def find_folder(self, path: str) -> tuple[str, str] | None:
        """Split an absolute path into (folder, name) below this logdir; None where it lies elsewhere."""
        if not path.startswith(f"{self.storage.root.rstrip('/')}/"):
            return None
        folder, _, name = path[len(self.storage.root.rstrip("/")) + 1 :].rpartition("/")
        return folder or ".", name


def parse_logdirs(paths: Sequence[str | Path]) -> list[Logdir]:
    """Understand ``path`` and ``name=path``; several logdirs without names are named by their last folder.

    Raises:
        LogdirError: no path, two logdirs of one name, or a path that is a file or cannot be listed.
    """
    if not paths:
        raise LogdirError("No logdir was given: name at least one folder.")
    split = [_split(path) for path in paths]
    logdirs: list[Logdir] = []
    for name, path in split:
        _check(path)
        prefix = name or ("" if len(split) == 1 else _free_name(path, [logdir.prefix for logdir in logdirs]))
        if prefix and any(logdir.prefix == prefix for logdir in logdirs):
            raise LogdirError(f"Two logdirs are named {prefix!r}: give them different names.")
        logdirs.append(Logdir(path, prefix, LocalStorage(path)))
    return logdirs


def _split(given: str | Path) -> tuple[str, str]:
    if isinstance(given, Path):
        return "", str(given)
    name, equals, path = given.partition("=")
    # A folder may well be called "lr=0.1": what exists as it stands, or has a "/" in front of the "=", is a path.
    if not equals or not name or not path or "/" in name or os.path.exists(given):
        return "", os.path.expanduser(given)
    return name, os.path.expanduser(path)


def _free_name(path: str, taken: list[str]) -> str:
    base = name = os.path.basename(os.path.abspath(path)) or "root"
    number = 2
    while name in taken:
        name = f"{base}-{number}"
        number += 1
    return name


def _check(path: str) -> None:
    if not path:  # as a shell makes of a variable that is not set
        raise LogdirError("The name of a logdir is empty: name a folder.")
    try:
        with os.scandir(path):
            pass
    except FileNotFoundError:
        return  # it may be about to be made
    except NotADirectoryError:
        raise LogdirError(f"{path} is a file: name the folder that it lies in.") from None
    except OSError as error:
        raise LogdirError(f"{path} cannot be listed: {error.strerror}.") from None
