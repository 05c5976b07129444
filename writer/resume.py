"""What an earlier session has left in a run's folder, for the one that goes on from there."""

import os
import threading
from typing import NamedTuple

from writer.bell import starts
from writer.format.messages import DecodeError, Event, PluginContent
from writer.format.scan import OWN_PLUGIN
from writer.herald import warn
from writer.ranks import find_rank

__all__ = ["Predecessor", "find_predecessor"]

_PIECE_BYTES = 4 << 20
_MOST_S = 30.0  # that a constructor may take for it


class Predecessor(NamedTuple):
    """Where the last session of a run ended."""

    uuid: bytes = b""  # of its last file, where that is one of ours
    last_step: int | None = None  # greatest step in the files
    checkpoint: int | None = None  # step of the last ``mark_checkpoint``


def find_predecessor(folder: str) -> Predecessor:
    """Read the event files of a folder; files of other ranks tell steps, and are nobody's parents.

    A folder that cannot be read is warned of, and a disk that does not answer within 30 s is waited for no more.
    """
    found: list[Predecessor] = []

    def read() -> None:
        try:
            found.append(_read(folder))
        except FileNotFoundError:
            found.append(Predecessor())
        except (OSError, ValueError, DecodeError):  # ValueError: of a name that no folder can have
            return

    reader = threading.Thread(target=read, name="trainboard-resume", daemon=True)
    if starts(reader):
        reader.join(_MOST_S)
    else:
        read()
    if found:
        return found[0]
    warn("%r: what is there cannot be read, and this session begins as a new one", folder)
    return Predecessor()


def _read(folder: str) -> Predecessor:
    uuid, last_step, checkpoint = Predecessor()
    for name in sorted(name for name in os.listdir(folder) if "tfevents" in name):
        try:
            file = _File(os.path.join(folder, name))
        except OSError as error:
            warn("%r: cannot be read and is left out of account: %s", os.path.join(folder, name), error)
            continue
        if file.rank in (find_rank(), None):
            uuid = file.uuid
        if file.last_step is not None:
            last_step = file.last_step if last_step is None else max(last_step, file.last_step)
        checkpoint = checkpoint if file.checkpoint is None else file.checkpoint
    return Predecessor(uuid, last_step, checkpoint)


class _File:
    """Reads one file up to where it is torn."""

    def __init__(self, path: str) -> None:
        self.uuid = b""
        self.rank: int | None = None
        self.last_step: int | None = None
        self.checkpoint: int | None = None
        from writer.format.records import Scanner  # late: whoever does not resume need not wait for it

        scanner = Scanner()
        rest = b""
        offset = 0
        with open(path, "rb") as file:
            while piece := file.read(_PIECE_BYTES):
                data = rest + piece
                scan = scanner.scan(data, offset)
                for steps in (scan.scalar_step, scan.blob_step):
                    if len(steps):
                        self.last_step = max(int(steps.max()), self.last_step or int(steps.max()))
                for start, length in scan.own:
                    self._take_own(data[start - offset : start - offset + length])
                if scan.stop not in ("", "incomplete"):
                    break
                rest = data[scan.consumed :]
                offset += scan.consumed

    def _take_own(self, payload: bytes) -> None:
        event = Event.FromString(payload)
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name != OWN_PLUGIN:
                continue
            try:
                content = PluginContent.FromString(value.metadata.plugin_data.content)
            except DecodeError:  # of a version to come
                continue
            if content.WhichOneof("content") == "writer":
                self.uuid, self.rank = content.writer.uuid, content.writer.rank
            elif content.WhichOneof("content") == "checkpoint":
                self.checkpoint = event.step
