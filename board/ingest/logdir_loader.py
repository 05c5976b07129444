"""Finds the runs below the logdirs, reads them side by side, and commits what they bring."""

import logging
import math
import os
import re
import resource
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from typing import TypeVar

from board.ingest.clock import Clock
from board.ingest.discovery import Discovery, Listing, discover
from board.ingest.indexer import Indexer
from board.ingest.logdir import Logdir
from board.ingest.read_buffer import ReadBuffer
from board.ingest.run_loader import Loaded, RunLoader
from board.ingest.side_by_side import work_through
from board.model import Delta, Problem, Stage
from board.store.index_cache import IndexCache
from board.store.store import Store

__all__ = ["LogdirLoader"]

logger = logging.getLogger("board")

COMMIT_INTERVAL_S = 0.1  # while there is more to read, so that runs appear as they are read
COMMIT_ROWS = 1 << 15  # and so that what waits for its place in the store takes little memory beside it
_IN_THREADS_BYTES = 64 << 10  # to read in each piece of work, where several threads shall share them
_TRIED = 8  # pieces of work, after which it is judged each time whether they wait for the disk
_THIS_THREAD = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
T = TypeVar("T")

_TIME_STAMP = re.compile(r"tfevents\.(\d{9,11})(?:\.|$)")


class LogdirLoader:
    """All runs of some logdirs, and the store that they are read into.

    One cycle at a time: ``lock`` is held over ``sweep``, ``load`` and whatever else writes to the store.
    """

    def __init__(
        self,
        logdirs: Sequence[Logdir],
        store: Store,
        *,
        clock: Clock,
        cache: IndexCache | None = None,
        memory_bytes: int = 1 << 62,
        on_delta: Callable[[Delta], None] | None = None,
    ) -> None:
        """Know the logdirs; read nothing yet.

        Args:
            logdirs: what to read.
            store: where it goes.
            clock: both clocks.
            cache: has indexes of runs, and takes them.
            memory_bytes: that the points may take; what is above moves to the cache.
            on_delta: called after each commit, by the thread that reads.
        """
        self.logdirs = logdirs
        self.store = store
        self.clock = clock
        self.on_delta = on_delta
        self.cache = cache
        self.lock = threading.RLock()
        self.indexer = None if cache is None else Indexer(store, cache, memory_bytes, self.lock)
        self.stopping = threading.Event()  # what is being read is left where it is
        self.runs: dict[str, RunLoader] = {}
        self.order: dict[str, int] = {}  # run -> its place among all runs ever seen, for its colour
        self.unread_bytes: dict[str, int] = {}  # run -> size of its files, until its first commit
        self.unfinished: set[str] = set()  # runs of which there is more to read
        self.is_loading = True  # what was there at the beginning has not been read yet
        self.folders: dict[str, set[str]] = {}  # root of a logdir -> paths of all folders in it, itself included
        self._listings: dict[str, dict[str, Listing]] = {}  # root of a logdir -> what its last sweep has listed
        self._listing: dict[str, list[Problem]] = {}  # logdir -> what its last sweep has to say
        self._failures: dict[str, Problem] = {}
        self._removed: list[Stage] = []
        self._buffer = ReadBuffer()
        self._waiting_rows = 0  # read, and in no commit yet
        self._waiting_lock = threading.Lock()
        self._has_room = threading.Event()  # for more of them
        self._has_room.set()

    @property
    def problems(self) -> list[Problem]:
        """What no single file is to blame for."""
        listing = [problem for problems in list(self._listing.values()) for problem in problems]
        if self.cache is not None and self.cache.failure is not None:
            listing.append(Problem(str(self.cache.folder), "cache", self.cache.failure))
        return listing + list(self._failures.values())

    @property
    def waiting(self) -> str | None:
        """Why there is no run, in one sentence; None where there is one, or before the logdir was first listed."""
        if self.runs:
            return None
        missing = [logdir.path for logdir in self.logdirs if not os.path.lexists(logdir.storage.root)]
        if missing:
            return f"Waiting for {', '.join(missing)}: there is no such folder yet."
        if self.is_loading:
            return None
        paths = ", ".join(logdir.path for logdir in self.logdirs)
        return f"Waiting for event files: there is none in {paths} yet."

    def sweep(self) -> set[str]:
        """List everything; return the runs that are new or gone, or whose files are not those known."""
        changed: set[str] = set()
        new: list[RunLoader] = []
        for logdir in self.logdirs:
            found = discover(logdir.storage, known=self._listings.get(logdir.storage.root), now=self.clock.wall())
            self._listings[logdir.storage.root] = found.listings
            changed |= self._merge(logdir, found, new)
            gone = [
                name
                for name, run in self.runs.items()
                if run.folder not in found.folders and run.storage is logdir.storage and not found.is_unsure(run.folder)
            ]
            for name in gone:
                del self.runs[name]
                self.unfinished.discard(name)
                self.unread_bytes.pop(name, None)
                self._removed.append(Stage(name, is_removed=True))
                changed.add(name)
            self._note_listing(logdir, found)
            self.folders[logdir.storage.root] = {logdir.storage.locate(folder) for folder in found.walked}
        self._rank(new)
        if self.indexer is not None:
            self.indexer.look_after(self.runs.values())
        return changed

    def sweep_folder(self, logdir: Logdir, folder: str) -> set[str]:
        """List one folder and what is below it, for what is new there. Only ``sweep`` removes runs or follows links."""
        new: list[RunLoader] = []
        found = discover(logdir.storage, folder, follow_links=False)
        changed = self._merge(logdir, found, new)
        self._rank(new)
        self.folders.setdefault(logdir.storage.root, set()).update(map(logdir.storage.locate, found.walked))
        return changed

    def load(self, names: Iterable[str], until: float = math.inf) -> Delta:
        """Read what is new in these runs, the newest first, and commit it, piece by piece where it is much.

        A run whose reading fails with an error of ours is reported, and harms no other. Runs that are not read to the
        end when ``until`` (monotonic seconds) has passed are ``unfinished``.
        """
        delta = Delta(self.store.revision)
        if self._removed:  # on its own: the same run may have come back since
            delta = _joined(delta, self._commit(self._removed))
        pending: list[Stage] = []  # read, in no commit yet
        committed_at = self.clock.monotonic()
        found = [self.runs[name] for name in names if name in self.runs]
        try:
            while found:
                with closing(self._read(found, pending, until)) as progress:
                    for _ in progress:
                        is_due = self.clock.monotonic() - committed_at >= COMMIT_INTERVAL_S
                        if pending and (is_due or self._waiting_rows >= COMMIT_ROWS):
                            delta = _joined(delta, self._commit(pending))
                            committed_at = self.clock.monotonic()
                if pending:
                    delta = _joined(delta, self._commit(pending))
                if self.indexer is None or not self.indexer.is_full or self.stopping.is_set():
                    break
                self.indexer.make_room(self.runs)
                found = [run for run in found if run.name in self.unfinished and run.name in self.runs]
            return delta
        finally:
            self._count(-self._waiting_rows)
            for stage in pending:  # Ctrl-C, or a commit that failed: nobody has what was read
                if stage.run in self.runs:
                    self.runs[stage.run].start_over()

    def check_states(self, names: Iterable[str]) -> None:
        """Judge runs anew that may have stalled or stopped since."""
        stages = [stage for name in names if name in self.runs and (stage := self.runs[name].check_state())]
        if stages:
            self._commit(stages)

    def note_failure(self, where: str, error: Exception | None) -> None:
        """Remember that a part of a cycle failed; None: it went well."""
        if error is None:
            self._failures.pop(where, None)
        else:
            logger.error("reading %s failed", where, exc_info=error)
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error  # without a path
            message = f"Reading failed with {type(error).__name__}: {reason}. It is tried again."
            self._failures[where] = Problem(where, "failed", message)

    def note_polling(self, reason: str | None) -> None:
        """Remember why growth is looked for instead of being told of; None: it is told of."""
        if reason is None:
            self._failures.pop("polling", None)
        elif "polling" not in self._failures:
            paths = ", ".join(logdir.path for logdir in self.logdirs)
            logger.warning("%s: files are looked at instead, which shows growth a little later", reason)
            message = f"Growth is looked for instead of being told of, which takes a little longer: {reason}."
            self._failures["polling"] = Problem(paths, "polling", message)

    # -- finding

    def _merge(self, logdir: Logdir, found: Discovery, new: list[RunLoader]) -> set[str]:
        changed = set()
        for folder, files in found.folders.items():
            name = logdir.name_run(folder)
            run = self.runs.get(name)
            if run is None:
                run = RunLoader(name, logdir.storage, folder, self.clock, self.cache)
                new.append(run)
                self.runs[name] = run
            if run.set_files(files):
                changed.add(name)
        return changed

    def _rank(self, new: list[RunLoader]) -> None:
        """Give colours to new runs in start order, which file names tell before anything is read."""
        for run in new:
            self.unread_bytes[run.name] = run.find_size()
        for run in sorted(new, key=lambda run: (_start_of(run.file_names), run.name)):
            self.order.setdefault(run.name, len(self.order))

    def _note_listing(self, logdir: Logdir, found: Discovery) -> None:
        if not self.runs and not os.path.lexists(logdir.storage.root):
            self._listing[logdir.path] = []  # no problem: it is waited for
            return
        prefix = f"{logdir.prefix}/" if logdir.prefix else ""
        self._listing[logdir.path] = [
            Problem(prefix + problem.file, problem.code, problem.message) for problem in found.problems
        ]

    # -- reading

    def _read(self, found: list[RunLoader], pending: list[Stage], until: float) -> Generator[None]:
        """Add what is new in these runs to ``pending``, and yield now and then."""
        names = {run.name for run in found}
        runs = [run for run in found if not run.is_settled()]
        runs.sort(key=lambda run: (run.name in self.unfinished, -run.mtime))

        def may_go_on() -> bool:
            is_full = self.indexer is not None and self.indexer.is_full
            return not self.stopping.is_set() and self.clock.monotonic() < until and not is_full

        def restore(run: RunLoader, _: ReadBuffer) -> bool:
            return self._kept(run, lambda: Loaded(run.restore(), has_more=False), pending)

        def load(piece: tuple[RunLoader, list[str]], buffer: ReadBuffer) -> bool:
            run, names = piece
            if not self._has_room.is_set():
                self._has_room.wait(COMMIT_INTERVAL_S)
            deadline = self.clock.monotonic() + COMMIT_INTERVAL_S
            return self._kept(run, lambda: run.load(buffer, deadline, names), pending)

        if self.cache is not None:
            new = deque(run for run in runs if run.name in self.unread_bytes)
            yield from self._work_through(new, restore, may_go_on, is_large=False)
        pieces = deque((run, names) for run in runs for names in run.pieces())
        is_large = sum(run.unread_bytes for run in runs) > len(pieces) * _IN_THREADS_BYTES
        yield from self._work_through(pieces, load, may_go_on, is_large=is_large)
        pieces += [(run, run.misnamed) for run in runs if run.misnamed]
        yield from self._work_through(pieces, load, may_go_on, is_large=False)
        self.unfinished = (self.unfinished - names) | {run.name for run, _ in pieces}

    def _work_through(
        self, jobs: deque[T], work: Callable[[T, ReadBuffer], bool], may_go_on: Callable[[], bool], *, is_large: bool
    ) -> Generator[None]:
        """Do the jobs in this thread as long as they are many small ones, of which the disk has the bytes at hand."""
        waits = _count_waits()
        begun = 0
        while jobs and may_go_on():
            is_tried = begun > 0 and begun % _TRIED == 0 and len(jobs) > 1
            if is_large or (is_tried and _count_waits() - waits > begun // 2):
                yield from work_through(jobs, work, may_go_on, COMMIT_INTERVAL_S)
                return
            begun += 1
            if not work(jobs[0], self._buffer):
                jobs.popleft()
            if begun % _TRIED == 0 or self._waiting_rows >= COMMIT_ROWS:
                yield

    def _kept(self, run: RunLoader, load: Callable[[], Loaded], pending: list[Stage]) -> bool:
        """Add what a look at a run brings to ``pending``; whether there is more."""
        is_kept = False
        try:
            loaded = load()
            stage = loaded.stage
            if stage is not None:
                pending.append(stage)
                if stage.rows:
                    self._count(_count_rows([stage]))
                if self.indexer is not None:
                    self.indexer.note(run, stage)
            is_kept = True
        except Exception as error:  # this is the watcher's cycle: one run's failure is reported, the others go on
            self.note_failure(run.name, error)
            return False
        finally:
            if not is_kept:  # some of its files may have been read, and nobody has what they brought
                run.start_over()
        if run.name in self._failures:
            self.note_failure(run.name, None)
        return loaded.has_more

    def _count(self, rows: int) -> None:
        """Count rows that were read, or with a minus committed; where there are many, the threads wait for commits."""
        with self._waiting_lock:
            self._waiting_rows += rows
            has_room = self._waiting_rows < 2 * COMMIT_ROWS
            if has_room != self._has_room.is_set():
                (self._has_room.set if has_room else self._has_room.clear)()

    def _commit(self, pending: list[Stage]) -> Delta:
        """Make the stages visible, and take them out of the list, to which the reading threads go on adding."""
        stages = list(pending)
        rows = _count_rows(stages)  # merging moves them
        for stage in stages:  # two threads may have judged a run in another order than they came here
            if stage.run in self.runs and not stage.is_removed:
                stage.state = self.runs[stage.run].state
        delta = self.store.commit(_merged(stages))
        for name in {stage.run for stage in stages}.intersection(self.unread_bytes):
            unseen = self.runs[name].unseen_bytes if name in self.runs else 0
            if unseen:
                self.unread_bytes[name] = unseen
            else:
                del self.unread_bytes[name]
        del pending[: len(stages)]
        self._count(-rows)
        if self.on_delta is not None:
            self.on_delta(delta)
        return delta


def _count_waits() -> int:
    """Return how often this thread has given up the processor of its own accord, mostly to wait for a disk."""
    return resource.getrusage(_THIS_THREAD).ru_nvcsw


def _count_rows(stages: Iterable[Stage]) -> int:
    count = 0
    for stage in stages:
        for _, rows in stage.rows:
            count += len(rows.scalar_step) + len(rows.blob_step)
    return count


def _merged(stages: list[Stage]) -> list[Stage]:
    """One stage a run: what the same commit brings of it in several pieces."""
    merged: dict[str, Stage] = {}
    for stage in stages:
        known = merged.get(stage.run)
        if known is None:
            merged[stage.run] = stage
            continue
        known.stored |= stage.stored
        known.rows += stage.rows
        known.facts |= stage.facts
        known.gone += stage.gone
        known.descriptions |= stage.descriptions
        known.state = stage.state
    return list(merged.values())


def _joined(one: Delta, two: Delta) -> Delta:
    grew = dict(one.grew)
    for run, series in two.grew.items():
        grew[run] = grew.get(run, frozenset()) | series
    return Delta(
        two.revision,
        grew,
        one.rebuilt | two.rebuilt,
        (one.added | two.added) - two.removed,
        (one.removed | two.removed) - two.added,
        one.changed | two.changed,
    )


def _start_of(names: Iterable[str]) -> float:
    stamps = [int(match[1]) for name in names if (match := _TIME_STAMP.search(name))]
    return min(stamps, default=float("inf"))
