"""Reads one run: all of its event files, for ever, into stages; an index gives what was read before."""

import math
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from board.ingest.clock import Clock
from board.ingest.event_reader import EventReader, ReplacedError
from board.ingest.read_buffer import ReadBuffer
from board.ingest.reader_state import ReaderState
from board.model import FileFacts, FileId, FileRows, RunState, Stage
from board.storage import LocalStorage
from board.store.index_cache import IndexCache
from writer.format.messages import DecodeError

__all__ = ["Loaded", "RunLoader"]

_STALL_S = 10.0  # at least; else 10 x the median gap between growths
_STALL_GAPS = 10
_STOP_S = 600.0  # of being stalled
_GROWTHS = 50
_ATTEMPTS = 3  # at a file that is replaced while it is read
_APART_BYTES = 4 << 20  # of files with so much to read each is a piece of work of its own
_INDEX_GROWTH = 4  # a run's index is written anew when a quarter of it is missing
_INDEX_LEAST = 64  # or a 64th,
_INDEX_QUIET_S = 60.0  # and nothing has come for so long


class Loaded(NamedTuple):
    """What one look at a run has brought."""

    stage: Stage | None  # None: nothing has changed
    has_more: bool  # the deadline came before the end of the files


class RunLoader:
    """One run.

    All files are read at every look: a file is never taken for finished because a later one exists. Which of
    them supersedes which is for the store to say. Two threads may ``load`` different files of it at the same time;
    everything else is for one thread at a time. ``_lock`` is held while a stage is put together, never while reading.
    """

    __slots__ = (
        "_cache", "_clock", "_emitted", "_ever_gone", "_gaps", "_generations", "_gone", "_has_values",
        "_indexed_bytes", "_is_staged", "_listed", "_lock", "_misnamed", "_plugins", "_readers", "_said", "_sizes",
        "folder", "grown_at", "has_lost_index", "mtime", "name", "state", "storage",
    )  # fmt: skip

    def __init__(
        self, name: str, storage: LocalStorage, folder: str, clock: Clock, cache: IndexCache | None = None
    ) -> None:
        """Name the run, and the folder of the storage that its files lie in; ``cache`` may have its index."""
        self.name = name
        self.folder = folder
        self.storage = storage
        self.state = RunState.STARTING
        self.grown_at = -math.inf  # monotonic seconds when a file was last seen to have grown
        self.mtime = -math.inf  # seconds since the epoch when one last changed, as of the last look or ``find_size``
        self._clock = clock
        self._cache = cache
        self._lock = threading.Lock()
        self._readers: dict[str, EventReader] = {}
        self._listed: Sequence[str] = ()
        self._generations: dict[str, int] = {}  # of files that are no more, too
        self._emitted: dict[FileId, FileFacts] = {}
        self._gone: list[FileId] = []  # to be told with the next stage
        self._ever_gone: dict[str, FileId] = {}  # by path, the last generation
        self._plugins: dict[bytes, bytes] = {}  # tag -> plugin, where some file does not say it
        self._misnamed: set[str] = set()
        self._said: tuple[list[tuple[str, int]], dict[bytes, bytes]] = [], {}
        self._has_values = False
        self._is_staged = False
        self._sizes: dict[str, int] = {}  # of files before they were first looked at
        self._gaps: list[float] = []  # between its last growths, seconds
        self._indexed_bytes = 0  # of the event files
        self.has_lost_index = False  # it was found damaged since somebody last asked

    @property
    def quiet_s(self) -> float:
        """Seconds since one of the files last grew; infinite before the first look."""
        return self._clock.monotonic() - self.grown_at

    @property
    def file_names(self) -> tuple[str, ...]:
        """The event files of the run."""
        return tuple(self._readers)

    @property
    def bytes_read(self) -> int:
        """Bytes of all files that are done with."""
        return sum(reader.facts.bytes_read for reader in list(self._readers.values()))

    @property
    def bytes_total(self) -> int:
        """Bytes of all files, as of the last look."""
        return sum(reader.facts.size for reader in list(self._readers.values()))

    @property
    def has_missing_file(self) -> bool:
        """Whether a file could not be found: the folder should be listed again."""
        return any(reader.is_missing for reader in list(self._readers.values()))

    def set_files(self, names: Sequence[str]) -> bool:
        """Take over a listing of the folder; whether there is anything new in it."""
        if names is self._listed:
            return False
        self._listed = names
        if names == self.file_names:
            return False
        changed = False
        for name in [known for known in self._readers if known not in names]:
            self._forget(name)
            changed = True
        for name in names:
            if name not in self._readers:
                self._readers[name] = self._create_reader(name)
                changed = True
        return changed

    def find_size(self) -> int:
        """Return how many bytes the files have, before anything is read of them."""
        total = 0
        for name, reader in list(self._readers.items()):
            try:
                size, mtime = self.storage.find_size(reader.path)
            except OSError:
                continue
            self._sizes[name] = size
            self.mtime = max(self.mtime, mtime)
            total += size
        return total

    @property
    def unseen_bytes(self) -> int:
        """Bytes of files that were found and not looked at yet."""
        return sum(size for name, size in list(self._sizes.items()) if name in self._readers) if self._sizes else 0

    @property
    def unread_bytes(self) -> int:
        """Bytes of all files that are not done with."""
        return sum(self._unread(name) for name in list(self._readers))

    def pieces(self) -> list[list[str]]:
        """Return the files in groups that different threads may load at the same time."""
        if len(self._readers) == 1:
            return [list(self._readers)]
        small: list[str] = []
        large: list[list[str]] = []
        for name in self._readers:
            if self._unread(name) > _APART_BYTES:
                large.append([name])
            else:
                small.append(name)
        return [*large, *([small] if small or not large else [])]

    def start_over(self) -> None:
        """Read every file from its start, as another generation: what a load brought has got lost."""
        for name in list(self._readers):
            self._forget(name)
            self._readers[name] = self._create_reader(name)
        self._gone = list(self._ever_gone.values())

    def restore(self) -> Stage | None:
        """Take what the index has of the files, before anything is read of them. What is not as it was is left out."""
        if self._cache is None or self._is_staged:
            return None
        index = self._cache.open(self.storage.locate(self.folder), self.reread)
        if index is None:
            return None
        stage = Stage(self.name)
        for name, (state, stored) in index.files.items():
            if name not in self._readers or self._generations.get(name):
                continue
            reader = self._create_reader(name)
            try:
                reader.restore(ReaderState.from_json(state))
                reader.check()
            except (OSError, ReplacedError, DecodeError, ValueError, TypeError, LookupError):
                continue  # it is read from its start
            self._readers[name] = reader
            self._sizes.pop(name, None)
            stage.stored[reader.file] = stored
            stage.descriptions |= reader.descriptions
            self._emitted[reader.file] = stage.facts[reader.file] = reader.facts
            self._has_values = self._has_values or bool(stored.series)
            self.mtime = max(self.mtime, reader.mtime)
            self._note_growth(reader.age_s)
        self._indexed_bytes = sum(facts.bytes_read for facts in stage.facts.values())
        self.state = stage.state = self._judge()
        self._is_staged = bool(stage.stored)
        return stage if stage.stored else None

    def load(self, buffer: ReadBuffer, deadline: float = math.inf, names: Iterable[str] | None = None) -> Loaded:
        """Read what is new in these files (default: in every one), until the deadline (monotonic seconds)."""
        stage = Stage(self.name)
        has_more = False
        names = list(self._readers if names is None else names)
        for name in names:
            has_more |= self._load_file(name, stage, buffer, deadline)
        for name in self._take_misnamed(names):
            has_more |= self._load_file(name, stage, buffer, math.inf)  # whole: nothing of it is to go for a moment
        with self._lock:
            stage.gone, self._gone = stage.gone + self._gone, []
            state = self._judge()
            is_first = not self._is_staged
            if not (is_first or stage.rows or stage.facts or stage.gone or state is not self.state):
                return Loaded(None, has_more)
            self.state = stage.state = state
            self._is_staged = True
            return Loaded(stage, has_more)

    def is_settled(self) -> bool:
        """Whether ``load`` would surely find nothing: the files are as the last look left them, and the state holds."""
        if not self._is_staged or self._gone or self._misnamed:
            return False
        for reader in self._readers.values():  # all() takes as long again
            if not reader.is_untouched():
                return False
        return self._judge() is self.state

    def check_state(self) -> Stage | None:
        """Judge the run's state anew, without a look at its files; None where it stays."""
        state = self._judge()
        if not self._is_staged or state is self.state:
            return None
        self.state = state
        return Stage(self.name, state=state)

    def _load_file(self, name: str, stage: Stage, buffer: ReadBuffer, deadline: float) -> bool:
        reader = self._readers.get(name)
        if reader is None:
            return False
        for _ in range(_ATTEMPTS):
            try:
                new = reader.read_new(buffer, deadline)
                break
            except ReplacedError:
                with self._lock:
                    self._forget(name)
                    reader = self._readers[name] = self._create_reader(name)
                deadline = math.inf  # whole, so that the pages never show a part of it instead of what was
        else:
            return True  # it is being rewritten over and over
        with self._lock:
            self._sizes.pop(name, None)
            stage.rows += [(reader.file, rows) for rows in new.rows]
            stage.descriptions |= new.descriptions
            if self._emitted.get(reader.file) != reader.facts:
                self._emitted[reader.file] = stage.facts[reader.file] = reader.facts
            self.mtime = max(self.mtime, reader.mtime)
            self._has_values = self._has_values or bool(new.rows)
            self._note_growth(new.grew_s_ago)
        return new.has_more

    def _unread(self, name: str) -> int:
        facts = self._readers[name].facts
        return max(self._sizes.get(name, 0), facts.size) - facts.bytes_read

    # -- tags of which only another file says what they are

    @property
    def misnamed(self) -> list[str]:
        """Files to be loaded anew: what other files say of their tags was not known when they were read."""
        return sorted(self._misnamed)

    def _take_misnamed(self, names: Sequence[str]) -> list[str]:
        """Look for such files, and begin those among ``names`` anew, which are the calling thread's."""
        for reader in self._readers.values():
            if reader.assumed:
                break
        else:
            return []  # as good as always
        with self._lock:
            first = self._said_first()
            for name, reader in self._readers.items():
                if any(first.get(tag, assumed) != assumed for tag, assumed in reader.assumed.items()):
                    self._misnamed.add(name)
            begun = [name for name in names if name in self._misnamed and name in self._readers]
            for name in begun:
                self._misnamed.discard(name)
                # What the file says itself, but late, is unknown again when it is read from its start.
                self._plugins |= {tag: first[tag] for tag in self._readers[name].assumed if tag in first}
                self._forget(name)
                self._readers[name] = self._create_reader(name)
            return begun

    def _said_first(self) -> dict[bytes, bytes]:
        """Return what the files say of tags: as TensorBoard has it, the first one says it for the whole run."""
        readers = sorted(self._readers.items())
        amounts = [(name, reader.said_of_tags) for name, reader in readers]
        if amounts != self._said[0]:
            found: dict[bytes, bytes] = {}
            for _, reader in readers:
                found = reader.plugins() | found
            self._said = amounts, found
        return self._said[1]

    def _plugin_of(self, tag: bytes) -> bytes:
        return self._plugins.get(tag) or self._said_first().get(tag, b"")

    def reread(self, name: str) -> Iterator[FileRows]:
        """Yield all rows of a file, for an index that has lost some of them; it is to be written anew."""
        self.has_lost_index = True
        self._indexed_bytes = 0
        reader, buffer = self._create_reader(name), ReadBuffer()
        has_more = True
        while has_more:  # a buffer at a time: all at once would take memory that nobody counts
            try:
                new = reader.read_new(buffer, -math.inf)
            except ReplacedError:
                return
            yield from new.rows
            has_more = new.has_more

    def _create_reader(self, name: str) -> EventReader:
        path = name if self.folder == "." else f"{self.folder}/{name}"
        label = name if self.name == "." else f"{self.name}/{name}"
        return EventReader(
            self.storage, path, FileId(name, self._generations.get(name, 0)), label, self._clock, self._plugin_of
        )

    def _forget(self, name: str) -> None:
        reader = self._readers.pop(name)
        self._generations[name] = reader.file.generation + 1
        if self._emitted.pop(reader.file, None) is not None:
            self._gone.append(reader.file)
            self._ever_gone[name] = reader.file

    # -- what an index should have

    @property
    def unindexed_bytes(self) -> int:
        """Bytes of the files that were read and are in no index; 0 where the run is too small for one."""
        done = self.bytes_read
        return 0 if self._cache is None or done < self._cache.least_bytes else done - self._indexed_bytes

    @property
    def is_index_due(self) -> bool:
        """Whether an index should be written now: much of the run is in none, or it does not grow any more."""
        lacking = self.unindexed_bytes
        return lacking > self.bytes_read // _INDEX_GROWTH or (
            lacking > self.bytes_read // _INDEX_LEAST and self.quiet_s > _INDEX_QUIET_S
        )

    def reader_states(self) -> dict[FileId, ReaderState]:
        """Return what each reader needs to go on; while nobody loads, and all that was loaded is committed."""
        return {reader.file: reader.state for reader in self._readers.values() if reader.facts.bytes_read}

    def note_indexed(self, files: Collection[FileId]) -> None:
        """Remember of which files an index that was tried to be written has all; failures are not repeated at once."""
        readers = list(self._readers.values())
        self._indexed_bytes = sum(reader.facts.bytes_read for reader in readers if reader.file in files)

    # -- how the run stands

    def _note_growth(self, s_ago: float | None) -> None:
        if s_ago is None:
            return
        at = self._clock.monotonic() - s_ago
        if self._is_staged and at > self.grown_at:
            self._gaps = [*self._gaps[1 - _GROWTHS :], at - self.grown_at]
        self.grown_at = max(self.grown_at, at)

    def _judge(self) -> RunState:
        if self._is_finished():
            return RunState.FINISHED
        quiet = self.quiet_s
        stall = max(_STALL_S, _STALL_GAPS * median(self._gaps)) if self._gaps else _STALL_S
        if quiet > stall + _STOP_S:
            return RunState.STOPPED
        if not self._has_values:
            return RunState.STARTING
        return RunState.STALLED if quiet > stall else RunState.LIVE

    def _is_finished(self) -> bool:
        """Whether every session has ended, or was taken over by one that did.

        A run that was killed and resumed leaves a first file without an end marker for ever: it counts as
        ended when a file that has one begins after its last event.
        """
        facts = [reader.facts for reader in list(self._readers.values())]
        ended = [file for file in facts if file.is_ended]
        if not ended:
            return False
        newest = max(file.first_wall_time or -math.inf for file in ended)
        return all(
            file.is_ended
            or (newest > file.last_wall_time if file.last_wall_time is not None else self.quiet_s > _STOP_S)
            for file in facts
        )
