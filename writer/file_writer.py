"""One run's folder and queue, and what takes ready-made messages: torch's FileWriter."""

import os
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from writer.device_values import Coming, resolve, take_step
from writer.errors import CONVERSION_ERRORS, UnsupportedValueError
from writer.event_file import EventFile
from writer.event_queue import EventQueue
from writer.format.messages import Event
from writer.format.wire import Parts, enclose
from writer.handover import Handover
from writer.silence import SilentHandover, SilentQueue

__all__ = ["GRAPH_TAG", "FileWriter"]

_GRAPH_DEF = 4  # number of an event's field
GRAPH_TAG = "__run_graph__"  # under which a graph that was lost is counted


class FileWriter:
    """Writes messages that somebody else has made into the event files of one folder.

    A drop-in for ``torch.utils.tensorboard.FileWriter``, and what ``SummaryWriter.file_writer`` is. Messages may be
    TensorBoard's, TensorFlow's or ours: whatever serialises itself. They are taken as they are at the moment of the
    call. As everywhere in this package nothing raises for a value.

    Attributes:
        folder: Absolute path.
        queue: On the way to the writer's thread.
        handover: Puts values into the queue.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 0.2,
        filename_suffix: str = "",
        *,
        purge_step: int | None = None,
        parent: bytes = b"",
        queue_bytes: int = 64 << 20,
        sync_secs: float | None = 30.0,
        is_silent: bool = False,
    ) -> None:
        """Begin an event file.

        The arguments are those of ``SummaryWriter``, and ``parent``: uuid of the file that this one goes on from,
        ``is_silent``: log nothing.

        Raises:
            TypeError: An argument is no number where one is wanted.
            ValueError: Likewise, or ``purge_step`` is no int64.
        """
        purge_step = None if purge_step is None else _take_int64(purge_step)
        flush_s, sync_s = float(flush_secs), None if sync_secs is None else float(sync_secs)
        self._log_dir = os.fsdecode(log_dir)
        self.folder = os.path.abspath(self._log_dir)
        self._make_file = _FileMaker(self.folder, filename_suffix, purge_step, parent)
        if is_silent:
            self.queue: EventQueue = SilentQueue()
            self.handover: Handover = SilentHandover(self.queue)
            return
        self.queue = EventQueue(
            self._make_file,
            queue_bytes=int(queue_bytes),
            max_queue=int(max_queue),
            flush_s=flush_s if flush_s >= 0 else 0.0,  # NaN, too: what waits for ever is lost
            sync_s=sync_s,
        )
        self.handover = Handover(self.queue)
        # A writer that is thrown away without close() does not keep its threads; at exit `process` closes it.
        weakref.finalize(self, self.queue.close_soon).atexit = False

    def get_logdir(self) -> str:
        """Return the folder, as it was given."""
        return self._log_dir

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Log an ``Event`` message.

        Args:
            event: The message.
            step: In place of the event's own.
            walltime: Seconds since the epoch; the moment of the call where it is None, as in torch's class.
        """
        self._put(event, lambda made, data: made.MergeFromString(data), step, walltime)

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Log a ``Summary`` message, or a serialised one.

        Args:
            summary: The message.
            global_step: int64; None is 0.
            walltime: Seconds since the epoch; None is now.
        """
        self._put(summary, lambda made, data: made.summary.MergeFromString(data), global_step, walltime)

    def add_graph(self, graph_profile: Any, walltime: float | None = None) -> None:
        """Log a graph.

        Args:
            graph_profile: A ``GraphDef`` message and a ``RunMetadata`` message.
            walltime: Seconds since the epoch; None is now.
        """
        try:
            graph, profile = graph_profile
        except CONVERSION_ERRORS as error:
            self.handover.refuse(GRAPH_TAG, error)
            return
        self.add_onnx_graph(graph, walltime)
        self._put(profile, _set_profile, None, walltime, GRAPH_TAG)

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Log a graph that comes without run metadata.

        Args:
            graph: A ``GraphDef`` message.
            walltime: Seconds since the epoch; None is now.
        """
        try:
            when = time.time() if walltime is None else float(walltime)
            data = graph if isinstance(graph, bytes) else graph.SerializeToString()
            self.handover.put_event(GRAPH_TAG, partial(_encode_graph, data, when), len(data))
        except CONVERSION_ERRORS as error:
            self.handover.refuse(GRAPH_TAG, error)

    def flush(self) -> None:
        """Wait until all that was logged so far is in the event file; not for a disk that takes nothing."""
        self.queue.flush()

    def close(self) -> None:
        """Write what waits and the end of the file. Closing again does nothing; logging again begins a new file."""
        self.queue.close()

    def reopen(self) -> None:
        """Do nothing: what is logged after ``close`` opens a new file."""

    @property
    def event_writer(self) -> "FileWriter":
        """What torch's class keeps its file in; here it is the same object."""
        return self

    @property
    def _file_name(self) -> str:
        """Path of the event file, for programs that copy it away."""
        return self._make_file.run_path

    def _put(
        self,
        message: Any,
        fill: Callable[[Any, bytes], object],
        step: Any,
        walltime: float | None,
        tag: str | None = None,
    ) -> None:
        tag = _first_tag(message) if tag is None else tag
        try:
            when = time.time() if walltime is None else float(walltime)
            data = message if isinstance(message, bytes) else message.SerializeToString()
            taken = None if step is None else take_step(step)
            self.handover.put_event(tag, partial(_encode, data, fill, taken, when), len(data))
        except CONVERSION_ERRORS as error:
            self.handover.refuse(tag, error)


def _take_int64(number: Any) -> int:
    taken = int(number)
    if not -(1 << 63) <= taken < 1 << 63:
        raise ValueError(f"{taken} is outside of the 64-bit range")
    return taken


class _FileMaker:
    """Makes the event files of a run and its sub-runs. Knows no FileWriter, which would then never be let go."""

    def __init__(self, folder: str, suffix: str, purge_step: int | None, parent: bytes) -> None:
        self._folder = folder
        self._parent = parent
        self._suffix = suffix
        self._purge_step = purge_step
        self._begun: set[str] = set()
        self._run_file: EventFile | None = None

    @property
    def run_path(self) -> str:
        """The run's own event file; "" before there is one."""
        return self._run_file.path if self._run_file is not None else ""

    def __call__(self, sub_run: str) -> EventFile:
        # Once a session: a second file, or a forked child's, would supersede what this session has written.
        purge_step = None if sub_run in self._begun else self._purge_step
        self._begun.add(sub_run)
        folder = os.path.join(self._folder, sub_run) if sub_run else self._folder
        parent = b"" if sub_run else self._parent
        file = EventFile(folder, suffix=self._suffix, purge_step=purge_step, parent=parent)
        if not sub_run:
            self._parent = b""  # a forked child's file is no heir
            self._run_file = file
        return file


def _encode(data: bytes, fill: Callable[[Any, bytes], object], step: int | Coming | None, wall_time: float) -> bytes:
    event = Event()
    fill(event, data)
    event.wall_time = wall_time
    if step is not None:
        event.step = int(resolve(step))
    if event.WhichOneof("what") is None:
        raise UnsupportedValueError("the message holds nothing")
    encoded: bytes = event.SerializeToString()
    return encoded


def _encode_graph(data: bytes, wall_time: float) -> Parts:
    return [Event(wall_time=wall_time).SerializeToString(), *enclose(_GRAPH_DEF, [data])]


def _set_profile(event: Any, data: bytes) -> None:
    event.tagged_run_metadata.tag = b"step1"  # torch's name for it
    event.tagged_run_metadata.run_metadata = data


def _first_tag(message: Any) -> str:
    """Name a message in the count of losses."""
    summary = getattr(message, "summary", message)
    for value in getattr(summary, "value", ()):
        tag = value.tag
        return tag.decode("utf-8", "replace") if isinstance(tag, bytes) else str(tag)
    return ""
