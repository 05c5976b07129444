"""Reads one generation of one event file, from where the last read ended.

This layer distrusts the file. It may be half written, damaged, truncated or replaced under our hands, and it may lie
about lengths. Whatever it is: what can be read comes out, and what cannot is counted.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from board.ingest.clock import Clock
from board.ingest.damage import Damage, Growth
from board.ingest.read_buffer import READ_BYTES, ReadBuffer
from board.ingest.reader_state import ReaderState
from board.ingest.tag_facts import descriptions_of, plugins_of
from board.kinds import META_GRAPH_TAG, decode_tag, kind_of
from board.model import FileFacts, FileId, FileRows, Kind, Start
from board.storage import FileInfo, LocalStorage, OpenFile
from writer.format.messages import DecodeError, Event, PluginContent, WriterRecord
from writer.format.records import FOOTER_BYTES, HEADER_BYTES, OWN_PLUGIN, Encoding, Scan, Scanner

__all__ = ["EventReader", "NewRows", "ReplacedError"]

_NAMELESS = Encoding("tensor", b"")
_KIND_INDEX = {kind: index for index, kind in enumerate(Kind)}
_NO_KINDS = np.zeros(0, np.uint8)
LOOK_ROWS = 1 << 14  # then what was read should find its place in the store, before it takes memory twice
_HEAD_BYTES = 64  # enough for the first record's time stamp, which two files hardly share
_TAIL_BYTES = 16  # what the last record that we used ends with: its checksum and more


class ReplacedError(Exception):
    """The path leads to other bytes than those read before: it needs the next generation."""


@dataclass(slots=True)
class NewRows:
    """What one read adds."""

    rows: list[FileRows] = field(default_factory=list)
    descriptions: dict[str, tuple[str, str]] = field(default_factory=dict)
    has_more: bool = False  # the limit was reached before the end of the file
    grew_s_ago: float | None = None  # seconds since the file last changed, where that is news


class EventReader:
    """One life of one event file. One thread at a time; no descriptor is kept between reads."""

    __slots__ = (
        "_clock", "_damage", "_described", "_dropped", "_ended_at", "_first_wall_time", "_growth", "_head",
        "_identity", "_inode", "_kinds", "_last_look", "_last_wall_time", "_offset", "_plugin_of", "_reads",
        "_records", "_scanner", "_seen", "_size", "_storage", "_tags", "_tail", "_tail_end", "_used", "_used_end",
        "_writer", "assumed", "facts", "file", "is_missing", "mtime", "path",
    )  # fmt: skip

    def __init__(
        self,
        storage: LocalStorage,
        path: str,
        file: FileId,
        label: str,
        clock: Clock,
        plugin_of: Callable[[bytes], bytes] = lambda _: b"",
    ) -> None:
        """Name the file by ``path`` in the storage, ``file`` in its run, and ``label`` to people.

        ``plugin_of`` tells what other files of the run say of a tag of which this one has tensors and does not say it.
        """
        self.file = file
        self.facts = FileFacts()
        self.is_missing = False  # its folder should be listed again
        self.mtime = -math.inf
        self._storage = storage
        self.path = path
        self._clock = clock
        self._scanner = Scanner(tags=[META_GRAPH_TAG.encode()])
        self._tags: tuple[str, ...] = (META_GRAPH_TAG,)
        self._kinds = _NO_KINDS
        self._plugin_of = plugin_of
        self.assumed: dict[bytes, bytes] = {}  # tag -> what it said, when the first such tensors were read
        self._described = 0
        self._offset = 0  # every byte before it was used, skipped or given up
        self._identity: tuple[int, int] | None = None  # device and inode
        self._inode = -1  # that an index has; devices are numbered anew when a machine starts
        self._head = b""  # first bytes of the file
        self._tail = b""  # bytes right before _tail_end, where a read ended
        self._tail_end = 0
        self._used = b""  # likewise, of the scan that ended at _used_end
        self._used_end = -1
        self._reads = 0  # times that bytes were asked for since it was known to be the same file
        self._last_look: FileInfo | None = None  # what opening the file told the last time; None: it failed
        self._seen: tuple[int, float, int] | None = None  # (size, mtime, offset) after a read with nothing left to do
        self._size = 0
        self._records = 0
        self._first_wall_time: float | None = None
        self._last_wall_time: float | None = None
        self._writer: Any = None  # our writer's WriterRecord
        self._dropped = 0
        self._ended_at = -1  # where our writer's end marker ends
        self._growth = Growth(clock)
        self._damage = Damage(label)

    @property
    def state(self) -> ReaderState:
        """What another reader needs to go on from here; ``restore`` takes it."""
        damage = self._damage
        offset, counted = damage.before_last(self._offset)
        is_whole = offset == self._offset
        return ReaderState(
            inode=-1 if self._identity is None else self._identity[1],
            offset=offset,
            head=self._head,
            tail=self._tail if is_whole else b"",
            tail_end=self._tail_end if is_whole else offset,
            records=self._records,
            first_wall_time=self._first_wall_time,
            last_wall_time=self._last_wall_time,
            writer=None if self._writer is None else self._writer.SerializeToString(),
            dropped=self._dropped,
            ended_at=self._ended_at,
            tags=tuple(self._scanner.tags),
            encodings=tuple(self._scanner.encodings),
            metadata=dict(self._scanner.metadata),
            assumed=dict(self.assumed),
            counted=counted,
            has_gap=damage.has_gap,
            is_dead=damage.is_dead,
            suspect=damage.suspect,
        )

    def restore(self, state: ReaderState) -> None:
        """Go on where another reader ended; before the first look. That look finds out whether it is the same file."""
        self._inode = state.inode
        self._offset = state.offset
        self._head = state.head
        self._tail, self._tail_end = state.tail, state.tail_end
        self._records = state.records
        self._first_wall_time = state.first_wall_time
        self._last_wall_time = state.last_wall_time
        self._writer = None if state.writer is None else WriterRecord.FromString(state.writer)
        self._dropped = state.dropped
        self._ended_at = state.ended_at
        self._scanner = Scanner(tags=state.tags, encodings=state.encodings, metadata=state.metadata)
        self.assumed = dict(state.assumed)
        self._described = len(state.metadata)
        self._damage.restore(state.counted, state.suspect, has_gap=state.has_gap, is_dead=state.is_dead)

    def check(self) -> None:
        """Look whether the file is still the one that was read; nothing is read of it beyond.

        Raises:
            ReplacedError: it is another one.
            OSError: it is gone or may not be read.
        """
        with self._storage.open(self.path) as file:
            self._check_identity(file)
            self._note_size(file.info, NewRows())
        self.facts = self._known_facts()

    @property
    def age_s(self) -> float:
        """Seconds since the file last changed, by the file system's word."""
        return max(0.0, self._clock.wall() - self.mtime)

    def read_new(self, buffer: ReadBuffer, deadline: float = math.inf) -> NewRows:
        """Read from where the last read ended to the end of the file, or until the deadline has passed.

        Args:
            buffer: of the calling thread; what is in it is lost.
            deadline: monotonic seconds.

        Raises:
            ReplacedError: these are other bytes than those read before.
        """
        new = NewRows()
        if self.is_untouched():
            return new
        failure: OSError | None = None
        self._last_look = None
        try:
            with self._storage.open(self.path) as file:
                self._check_identity(file)
                self._note_size(file.info, new)
                if not self._is_settled(file.info):
                    self._damage.forget_pending()
                    new.has_more = not self._read(file, buffer, deadline, new)
                    if self._reads > 1:
                        self._check_bytes(file)  # again: they may have changed while they were read
                    self._remember(file, is_done=not new.has_more)
                    self._describe(new)
                self._last_look = file.info
        except OSError as error:
            failure = error
        self.is_missing = isinstance(failure, FileNotFoundError)
        self._damage.set_unreadable(failure)
        self.facts = self._known_facts()
        return new

    def _known_facts(self) -> FileFacts:
        writer = self._writer
        if writer is None and self._ended_at < 0 and not self._dropped and not self._damage.is_troubled:  # most files
            return FileFacts(self._size, self._offset, self._records, self._first_wall_time, self._last_wall_time)
        return FileFacts(
            size=self._size,
            bytes_read=self._offset,
            records=self._records,
            first_wall_time=self._first_wall_time,
            last_wall_time=self._last_wall_time,
            writer_uuid=None if writer is None else bytes(writer.uuid),
            rank=None if writer is None else writer.rank,
            host=None if writer is None else decode_tag(writer.host),
            pid=None if writer is None else writer.pid,
            is_ended=self._ended_at >= 0 and self._ended_at == self._offset,
            dropped=self._dropped,
            is_dead=self._damage.is_dead,
            problems=self._damage.problems(),
        )

    # -- is it the file that we know?

    def is_untouched(self) -> bool:
        """Whether the file is as the last look left it, and there was nothing left to do.

        A stat costs half of what opening a file does, but a network file system's answer may be seconds old.
        """
        known = self._last_look
        return known is not None and self._is_settled(known) and self._storage.is_unchanged(self.path, known)

    def _check_identity(self, file: OpenFile) -> None:
        info = file.info
        if self._identity is None:
            if self._inode not in (-1, info.inode) or info.size < self._offset:
                raise ReplacedError(self.path)
            self._identity = info.device, info.inode
        elif self._identity != (info.device, info.inode) or info.size < self._offset:
            raise ReplacedError(self.path)
        if self._seen is not None and self._seen[:2] == (info.size, info.mtime):
            return
        self._check_bytes(file)

    def _check_bytes(self, file: OpenFile) -> None:
        """Where a file was rewritten in place, and is not shorter than before, only the bytes themselves can tell."""
        self._reads = 1
        if self._offset == 0:
            self._reads = 0
            return  # nothing of it was used yet
        head = file.pread(_HEAD_BYTES, 0)
        if not head.startswith(self._head):
            raise ReplacedError(self.path)
        if self._tail and file.pread(len(self._tail), self._tail_end - len(self._tail)) != self._tail:
            raise ReplacedError(self.path)
        self._head = head

    def _note_size(self, info: FileInfo, new: NewRows) -> None:
        if self.mtime == -math.inf:
            new.grew_s_ago = max(0.0, self._clock.wall() - info.mtime)
        elif info.size != self._size or info.mtime != self.mtime:
            new.grew_s_ago = 0.0
        self.mtime = info.mtime
        self._size = info.size
        self._growth.note(info)

    def _is_settled(self, info: FileInfo) -> bool:
        """Nothing can have changed since the last read."""
        if self._damage.is_dead:
            return True
        return self._seen == (info.size, info.mtime, self._offset) and not self._damage.wants_another_look(self._growth)

    def _remember(self, file: OpenFile, *, is_done: bool) -> None:
        if self._used_end == self._offset:  # else the last bytes were skipped, or there are not so many
            self._tail = self._used
        else:
            start = max(0, self._offset - _TAIL_BYTES)
            self._tail = file.pread(self._offset - start, start)
        self._tail_end = self._offset
        self._seen = (file.info.size, file.info.mtime, self._offset) if is_done else None

    # -- bytes to rows

    def _read(self, file: OpenFile, buffer: ReadBuffer, deadline: float, new: NewRows) -> bool:
        """Read on; False where the deadline came first."""
        size = file.info.size
        rows = 0
        filled = 0  # bytes of the file from _offset on that are in the buffer already
        while self._offset < size and not self._damage.is_dead:
            want = min(len(buffer), size - self._offset)
            view = memoryview(buffer.bytes)
            filled += file.read_into(view[filled:want], self._offset + filled)
            self._reads += 1
            if self._offset == 0:  # what is used, not what stood there when the file was opened
                self._head = bytes(view[: min(filled, _HEAD_BYTES)])
            scan = self._scanner.scan(view[:filled], self._offset)
            self._take(scan, view, new)
            base, self._offset = self._offset, self._offset + scan.consumed
            if scan.consumed >= _TAIL_BYTES:
                self._used, self._used_end = bytes(view[scan.consumed - _TAIL_BYTES : scan.consumed]), self._offset
            self._damage.note_skipped(scan.found, self._offset)
            rest = filled - scan.consumed
            at_end = base + filled >= size or filled < want  # it may have shrunk meanwhile: the next read will see
            need = HEADER_BYTES + scan.stop_length + FOOTER_BYTES
            is_beyond = at_end or (scan.consumed == 0 and self._offset + need > size)  # goes on behind the file's end
            if scan.stop in ("length_crc", "too_long") or (scan.stop == "incomplete" and is_beyond):
                buffer.shrink()
                resumed = self._damage.resume(scan, self._offset, file, buffer, self._growth, deadline)
                if resumed is None:
                    return not self._damage.is_searching
                self._offset, rest = resumed, 0
            elif at_end:
                self._offset, is_due = self._damage.judge_last(self._offset, file, buffer, self._growth, deadline)
                if not is_due:
                    return not self._damage.is_searching
                rest = 0
            elif scan.consumed == 0:  # one record, larger than the buffer
                buffer.grow(need, keep=filled)
            else:
                view[:rest] = view[scan.consumed : filled]
                if rest > READ_BYTES // 4 and len(buffer) == READ_BYTES:
                    buffer.grow(READ_BYTES, keep=rest)  # of large records less has to be moved in more room
            filled = rest
            view.release()
            rows += len(scan.scalar_step) + len(scan.blob_step)
            is_enough = rows >= LOOK_ROWS and self._offset < size and deadline < math.inf
            if is_enough or self._clock.monotonic() > deadline:
                return False
        return True

    def _take(self, scan: Scan, view: memoryview, new: NewRows) -> None:
        self._records += scan.records
        if scan.first_wall_time is not None and scan.last_wall_time is not None:
            if self._first_wall_time is None:
                self._first_wall_time = scan.first_wall_time
            known = self._last_wall_time
            self._last_wall_time = scan.last_wall_time if known is None else max(known, scan.last_wall_time)
        for offset, length in scan.own:
            start = offset - self._offset
            self._take_own(bytes(view[start : start + length]), offset + length + FOOTER_BYTES)
        if len(scan.scalar_step) or len(scan.blob_step) or scan.starts:
            new.rows.append(self._rows(scan))

    def _rows(self, scan: Scan) -> FileRows:
        scanner = self._scanner
        if len(scanner.tags) > len(self._tags):
            self._tags += tuple(decode_tag(tag) for tag in scanner.tags[len(self._tags) :])
        if len(scanner.encodings) > len(self._kinds):
            self._kinds = np.array([_KIND_INDEX[kind_of(e)] for e in scanner.encodings], np.uint8)
        blob_tag, blob_kind = scan.blob_tag, _NO_KINDS
        if len(blob_tag):
            blob_kind = self._kinds[scan.blob_encoding]
            for index, encoding in enumerate(scanner.encodings):
                if encoding.field == "meta_graph_def":
                    blob_tag = np.where(scan.blob_encoding == index, np.int32(0), blob_tag).astype(np.int32)
                elif encoding == _NAMELESS:
                    self._name_kinds(blob_kind, scan.blob_tag, np.flatnonzero(scan.blob_encoding == index))
        starts = tuple(Start(s.step, s.wall_time, s.scalar_row, s.blob_row) for s in scan.starts) if scan.starts else ()
        return FileRows(  # by place: names take a third longer
            self._tags,
            scan.scalar_step,
            scan.scalar_wall_time,
            scan.scalar_value,
            scan.scalar_tag,
            scan.blob_step,
            scan.blob_wall_time,
            blob_tag,
            blob_kind,
            scan.blob_offset,
            scan.blob_length,
            scan.blob_crc,
            scan.blob_ordinal,
            starts,
            self._damage.has_gap,
        )

    def _name_kinds(self, kinds: NDArray[np.uint8], tags: NDArray[np.int32], rows: NDArray[np.intp]) -> None:
        """Set the kinds of rows with tensors of which the file does not say what they are."""
        for tag in np.unique(tags[rows]).tolist():
            name = self._scanner.tags[tag]
            plugin = self.assumed.setdefault(name, self._plugin_of(name))
            if plugin:
                kinds[rows[tags[rows] == tag]] = _KIND_INDEX[kind_of(Encoding("tensor", plugin))]

    @property
    def said_of_tags(self) -> int:
        """Of how many tags the file says what they are."""
        return len(self._scanner.metadata)

    def plugins(self) -> dict[bytes, bytes]:
        """Return what the file says of its tags: a plugin each."""
        return plugins_of(self._scanner)

    def _take_own(self, payload: bytes, end: int) -> None:
        for content in _iter_own(payload):
            if content.WhichOneof("content") == "writer":
                self._writer = content.writer
            elif content.WhichOneof("content") == "end":
                self._ended_at = end
                self._dropped = sum(entry.count for entry in content.end.dropped)
            elif content.WhichOneof("content") == "gap":  # counted again at the end
                self._dropped += sum(entry.count for entry in content.gap.dropped)

    @property
    def descriptions(self) -> dict[str, tuple[str, str]]:
        """Display name and Markdown of each tag that has any."""
        return descriptions_of(self._scanner, 0)

    def _describe(self, new: NewRows) -> None:
        new.descriptions = descriptions_of(self._scanner, self._described)
        self._described = len(self._scanner.metadata)


def _iter_own(payload: bytes) -> Iterator[Any]:
    for value in Event.FromString(payload).summary.value:
        if value.metadata.plugin_data.plugin_name == OWN_PLUGIN:
            try:
                yield PluginContent.FromString(value.metadata.plugin_data.content)
            except DecodeError:
                continue  # of a version to come, or somebody else's
