"""Opens logdirs for Python: what ``board.open`` is."""

from os.path import lexists
from pathlib import Path

from board.errors import LogdirError
from board.logs import Logs

__all__ = ["open"]


def open(*paths: str | Path, cache: bool | str | Path = True, memory: int | None = None) -> Logs:  # noqa: A001 - read as board.open
    """Read every run below the logdirs, lossless, and return them: ``Logs(...)`` and its first ``refresh()``.

    Args:
        paths: one or more logdirs; ``"name=path"`` gives the runs below it the prefix ``name/``.
        cache: where indexes are kept, so that the next call need not read what this one has: a folder; True is
            ``$XDG_CACHE_HOME/trainboard``, False is nowhere. A folder that cannot be written is named in ``problems``.
        memory: bytes that the points may take, the rest waits in the index; None is half of this machine's.

    Raises:
        LogdirError: a path is a file, cannot be listed, or does not exist.
    """
    logs = Logs(*paths, cache=cache, memory=memory)
    for logdir in logs._loader.logdirs:
        if not lexists(logdir.storage.root):
            raise LogdirError(f"{logdir.path} does not exist.")
    logs.refresh()
    return logs
