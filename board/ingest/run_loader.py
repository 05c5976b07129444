"""Reads one run: all of its event files, for ever, into one stage."""

import math
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from board.ingest.clock import Clock
from board.ingest.event_reader import EventReader, ReplacedError
from board.ingest.read_buffer import ReadBuffer
from board.model import FileFacts, FileId, RunState, Stage
from board.storage import LocalStorage

__all__ = ["Loaded", "RunLoader"]

_STALL_S = 10.0  # at least; else 10 x the median gap between growths
_STALL_GAPS = 10
_STOP_S = 600.0  # of being stalled
_GROWTHS = 50


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one look at a run has brought."""

    stage: Stage | None  # None: nothing has changed
    has_more: bool  # the deadline came before the end of the files


class RunLoader:
    """One run. One thread at a time.

    All files are read at every look: a file is never taken for finished because a later one exists. Which of
    them supersedes which is for the store to say.
    """

    def __init__(self, name: str, storage: LocalStorage, folder: str, clock: Clock) -> None:
        """Name the run, and the folder of the storage that its files lie in."""
        self.name = name
        self.folder = folder
        self.storage = storage
        self.state = RunState.STARTING
        self.grown_at = -math.inf  # monotonic seconds when a file was last seen to have grown
        self._clock = clock
        self._readers: dict[str, EventReader] = {}
        self._generations: dict[str, int] = {}  # of files that are no more, too
        self._emitted: dict[FileId, FileFacts] = {}
        self._gone: list[FileId] = []  # to be told with the next stage
        self._ever_gone: dict[str, FileId] = {}  # by path, the last generation
        self._has_values = False
        self._is_staged = False
        self._found_mtime = -math.inf
        self._gaps: deque[float] = deque(maxlen=_GROWTHS)

    @property
    def quiet_s(self) -> float:
        """Seconds since one of the files last grew; infinite before the first look."""
        return self._clock.monotonic() - self.grown_at

    @property
    def mtime(self) -> float:
        """When one of the files last changed, seconds since the epoch; as of the last look or ``find_size``."""
        return max([self._found_mtime, *(reader.mtime for reader in list(self._readers.values()))])

    @property
    def file_names(self) -> list[str]:
        """The event files of the run."""
        return list(self._readers)

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
        size = 0
        for reader in list(self._readers.values()):
            with suppress(OSError):
                info = self.storage.stat(reader.path)
                size += info.size
                self._found_mtime = max(self._found_mtime, info.mtime)
        return size

    def start_over(self) -> None:
        """Read every file from its start, as another generation: what a load brought has got lost."""
        for name in list(self._readers):
            self._forget(name)
            self._readers[name] = self._create_reader(name)
        self._gone = list(self._ever_gone.values())

    def load(self, buffer: ReadBuffer, deadline: float = math.inf) -> Loaded:
        """Read what is new in every file, until the deadline (monotonic seconds)."""
        stage = Stage(self.name)
        stage.gone, self._gone = self._gone, []
        has_more = has_grown = False
        for name in list(self._readers):
            more, grown = self._load_file(name, stage, buffer, deadline)
            has_more |= more
            has_grown |= grown
        is_first = not self._is_staged
        self._note_growth(has_grown=has_grown, is_first=is_first)
        state = self._judge()
        if not (is_first or stage.rows or stage.facts or stage.gone or state is not self.state):
            return Loaded(None, has_more)
        self.state = stage.state = state
        self._is_staged = True
        return Loaded(stage, has_more)

    def check_state(self) -> Stage | None:
        """Judge the run's state anew, without a look at its files; None where it stays."""
        state = self._judge()
        if not self._is_staged or state is self.state:
            return None
        self.state = state
        return Stage(self.name, state=state)

    def _load_file(self, name: str, stage: Stage, buffer: ReadBuffer, deadline: float) -> tuple[bool, bool]:
        reader = self._readers[name]
        try:
            new = reader.read_new(buffer, deadline)
        except ReplacedError:
            self._forget(name)
            stage.gone, self._gone = stage.gone + self._gone, []
            reader = self._readers[name] = self._create_reader(name)
            new = reader.read_new(buffer)  # whole, so that the pages never show a part of it instead of what was
        stage.rows += [(reader.file, rows) for rows in new.rows]
        stage.descriptions |= new.descriptions
        if self._emitted.get(reader.file) != reader.facts:
            self._emitted[reader.file] = stage.facts[reader.file] = reader.facts
        self._has_values = self._has_values or bool(new.rows)
        return new.has_more, new.has_grown

    def _create_reader(self, name: str) -> EventReader:
        path = name if self.folder == "." else f"{self.folder}/{name}"
        label = name if self.name == "." else f"{self.name}/{name}"
        return EventReader(self.storage, path, FileId(name, self._generations.get(name, 0)), label, self._clock)

    def _forget(self, name: str) -> None:
        reader = self._readers.pop(name)
        self._generations[name] = reader.file.generation + 1
        if self._emitted.pop(reader.file, None) is not None:
            self._gone.append(reader.file)
            self._ever_gone[name] = reader.file

    # -- how the run stands

    def _note_growth(self, *, has_grown: bool, is_first: bool) -> None:
        now = self._clock.monotonic()
        if is_first:
            newest = max((reader.mtime for reader in list(self._readers.values())), default=-math.inf)
            self.grown_at = now - max(0.0, self._clock.wall() - newest)
        elif has_grown:
            self._gaps.append(now - self.grown_at)
            self.grown_at = now

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
