"""What stands in an event file beside the values: who writes it, where values were lost, and how it ended."""

import functools
import itertools
import os
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

from writer import process
from writer.format.framing import encode_record
from writer.format.messages import EndMarker, Event, PluginContent, Summary, WriterRecord
from writer.format.scan import OWN_PLUGIN
from writer.ranks import count_ranks, find_lineage, find_rank

__all__ = ["EndStatus", "encode_end", "encode_gap", "encode_opening", "make_checkpoint"]

_FILE_VERSION = b"brain.Event:2"
_WRITER_TAG = b"_trainboard_/writer"
_GAP_TAG = b"_trainboard_/gap"
_CHECKPOINT_TAG = b"_trainboard_/checkpoint"
_END_TAG = b"_trainboard_/end"
_SESSION_START = 1
_MAX_DROPPED_TAGS = 1000


class EndStatus:
    """How a file ended: ``EndMarker.Status`` of the format."""

    CLOSED = 1
    FAILED = 2


def encode_opening(own_uuid: bytes, parent: bytes, purge_step: int | None) -> bytes:
    """Frame a file's first records: its version, who writes it, and what it supersedes.

    Args:
        own_uuid: 16 bytes that no other file has.
        parent: That of the file which this one goes on from; b"" for none.
        purge_step: A ``SessionLog.START`` at this step follows; None is none.
    """
    wall_time = time.time()
    content = PluginContent(
        writer=WriterRecord(
            uuid=own_uuid,
            rank=find_rank(),
            world_size=count_ranks(),
            host=socket.gethostname().encode("utf-8", "backslashreplace"),
            pid=os.getpid(),
            start_wall_time=wall_time,
            start_monotonic=time.monotonic(),
            parent=parent,
            version=_find_version(),
            lineage=[f"{name}={value}".encode("utf-8", "backslashreplace") for name, value in find_lineage()],
        )
    )
    opening = encode_record(Event(wall_time=wall_time, file_version=_FILE_VERSION).SerializeToString())
    opening += _encode_own(_WRITER_TAG, content, wall_time)
    if purge_step is not None:
        start = Event(wall_time=wall_time, step=purge_step)
        start.session_log.status = _SESSION_START
        opening += encode_record(start.SerializeToString())
    return opening


def encode_gap(begin: float, end: float, dropped: Mapping[str, int]) -> bytes:
    """Frame what says that values were lost.

    Args:
        begin: When the disk stopped taking values, in seconds since the epoch.
        end: When it took them again.
        dropped: Values lost meanwhile, by tag.
    """
    content = PluginContent()
    content.gap.begin_wall_time = begin
    content.gap.end_wall_time = end
    content.gap.dropped.extend(_list_dropped(dropped))
    return _encode_own(_GAP_TAG, content, time.time())


def encode_end(status: int, written: int, dropped: Mapping[str, int]) -> bytes:
    """Frame a file's last record.

    Args:
        status: One of ``EndStatus``.
        written: Values in the file.
        dropped: Values that were refused or lost, by tag.
    """
    content = PluginContent()
    content.end.status = status
    content.end.written = written
    content.end.dropped.extend(_list_dropped(dropped))
    return _encode_own(_END_TAG, content, time.time())


def make_checkpoint(path: str) -> Any:
    """Make the ``Summary.Value`` that says that a training can go on from this step."""
    content = PluginContent()
    content.checkpoint.path = path.encode("utf-8", "backslashreplace")
    return _make_own(_CHECKPOINT_TAG, content)


def _list_dropped(dropped: Mapping[str, int]) -> Iterable[Any]:
    for tag, count in itertools.islice(dropped.items(), _MAX_DROPPED_TAGS):
        yield EndMarker.Dropped(tag=tag.encode("utf-8", "backslashreplace"), count=count)


def _make_own(tag: bytes, content: Any) -> Any:
    value = Summary.Value(tag=tag)
    value.metadata.plugin_data.plugin_name = OWN_PLUGIN
    value.metadata.plugin_data.content = content.SerializeToString()
    return value


def _encode_own(tag: bytes, content: Any, wall_time: float) -> bytes:
    summary = Summary(value=[_make_own(tag, content)])
    return encode_record(Event(wall_time=wall_time, summary=summary).SerializeToString())


@functools.cache
def _find_version() -> bytes:
    try:
        with process.importing:
            import importlib.metadata  # late: 20 ms, a third of what `import writer` may take
        return importlib.metadata.version("trainboard").encode()
    except ImportError:  # among others where this is a checkout on the path
        return b""
