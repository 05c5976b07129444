"""One thread that keeps the store up with the logdirs, for as long as the process lives.

It hears of growth from the operating system where that tells, and looks for itself where it does not: at files that
live often, at finished ones rarely, at the folders now and then.
"""

import heapq
import logging
import threading
from math import inf

from watchfiles import Change

from board.ingest.collector import patient_collector
from board.ingest.hints import NAMES_FOLDERS, Hints
from board.ingest.logdir import Logdir
from board.ingest.logdir_loader import LogdirLoader
from board.ingest.run_loader import RunLoader
from board.model import RunState

__all__ = ["Watcher"]

logger = logging.getLogger("board")

_STATE_INTERVAL_S = 1.0
_RELIST_S = (0.1, 0.5)  # after a folder appeared: what was made in it at the same moment is often not reported
_CYCLE_S = 1.0  # of reading: then we listen again, even while there is more to read
_RETRY_S = 1.0  # after a cycle that failed
_RELISTEN_S = 0.002  # for each folder there is: to name a thousand takes 30 ms, in which nothing else runs
_DEAF_AFTER = 3  # growths in a row that a look has found and no hint has told of


class Watcher:
    """Calls ``LogdirLoader`` whenever something may have changed."""

    def __init__(self, loader: LogdirLoader) -> None:
        """Prepare; ``start`` starts the thread."""
        self._loader = loader
        self._clock = loader.clock
        self._stopping = loader.stopping
        self._hints = Hints(loader.stopping)
        self._heard: tuple[tuple[str, int, int], ...] = ()  # the logdirs that the hints are about
        self._listened: set[str] = set()  # and the folders, by path
        self._relisten_at = 0.0
        self._unheard = 0
        self._has_begun = False  # everything that was there has been looked at once, if not read to its end
        self._thread = threading.Thread(target=self._run, name="board-watcher", daemon=True)
        self._due: dict[str, float] = {}  # run -> when to look at it next
        self._queue: list[tuple[float, str]] = []
        self._relist: list[tuple[float, int, str]] = []  # (when, index of logdir, folder)
        self._sweep_at = 0.0
        self._states_at = 0.0

    @property
    def is_polling(self) -> bool:
        """Whether growth is only found by looking."""
        return self._hints.reason is not None or self._unheard >= _DEAF_AFTER

    @property
    def polling_reason(self) -> str | None:
        """Why, in words; None where the system tells of changes."""
        if self._hints.reason is not None:
            return self._hints.reason
        return "this file system does not report changes" if self.is_polling else None

    def start(self) -> None:
        """Start the thread; the first read happens there."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; wait for it, which takes well under a second."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._cycle()
            except Exception as error:  # the thread outlives whatever a cycle meets; the page says what it was
                self._loader.note_failure("the watcher's cycle", error)
                self._hints.close()
                self._heard, self._listened = (), set()
                self._stopping.wait(_RETRY_S)
            else:
                self._loader.note_failure("the watcher's cycle", None)
        self._hints.close()

    def _cycle(self) -> None:
        loader = self._loader
        if not self._has_begun:
            with loader.lock, patient_collector():
                loader.sweep()
                self._load(set(loader.runs))
                self._has_begun = True
                loader.is_loading = bool(loader.unfinished)
            return
        changes = self._listen()
        with loader.lock, patient_collector():
            now = self._clock.monotonic()
            told, new = self._sort_out(changes, now)
            due = self._pop_due(now)
            if now >= self._sweep_at:
                new |= self._sweep(now)
            names = told | new | due
            if names:
                grown = self._load(names)
                self._note_hearing(told, {name for name in grown & due - told - new if self._is_heard(name)})
            loader.is_loading = loader.is_loading and bool(loader.unfinished)
            if now >= self._states_at:
                self._states_at = now + _STATE_INTERVAL_S
                loader.check_states(self._unsettled())

    # -- what may have changed

    def _listen(self) -> set[tuple[Change, str]]:
        """Wait for hints, of the folders that are there now."""
        roots = []
        for logdir in self._loader.logdirs:
            try:
                info = logdir.storage.stat(".")
                roots.append((logdir.storage.root, info.device, info.inode))
            except OSError:  # not there yet, or no more
                continue
        is_new = tuple(roots) != self._heard
        if is_new or self._clock.monotonic() >= self._relisten_at:
            folders = {root for root, _, _ in roots}
            with self._loader.lock:
                known = [self._loader.folders.get(root, ()) for root in folders if NAMES_FOLDERS]
                folders = {path for path in folders.union(*known) if _is_text(path)}
            if is_new or not folders <= self._listened:
                return self._relisten(tuple(roots), folders, is_new=is_new)
            self._listened &= folders
            self._relisten_at = self._clock.monotonic() + _RELISTEN_S * len(folders)
        changes = self._hints.wait()
        self._loader.note_polling(self.polling_reason if roots else None)
        return changes

    def _relisten(
        self, roots: tuple[tuple[str, int, int], ...], folders: set[str], *, is_new: bool
    ) -> set[tuple[Change, str]]:
        unheard, self._listened = folders - self._listened, folders
        try:
            changes = self._hints.listen(sorted(folders))
        except FileNotFoundError:  # removed since the last sweep
            self._heard, self._listened = (), set()
            self._sweep_at = self._clock.monotonic()
            return self._hints.wait()
        self._heard = roots
        now = self._clock.monotonic()
        self._relisten_at = now + _RELISTEN_S * len(folders)
        # What happened there before we listened:
        self._sweep_at = now
        for name, run in self._loader.runs.items():  # finished ones too: theirs may be other files by now
            if is_new or run.storage.locate(run.folder) in unheard:
                self._due[name] = now
                heapq.heappush(self._queue, (now, name))
        self._loader.note_polling(self.polling_reason if roots else None)
        return changes

    def _unsettled(self) -> list[str]:
        settled = (RunState.FINISHED, RunState.STOPPED)
        return [name for name, run in self._loader.runs.items() if run.state not in settled]

    def _sort_out(self, changes: set[tuple[Change, str]], now: float) -> tuple[set[str], set[str]]:
        """Return the runs that changes are about, known ones and new ones."""
        told: set[str] = set()
        new: set[str] = set()
        for change, path in changes:
            for index, logdir in enumerate(self._loader.logdirs):
                place = logdir.find_folder(path)
                if place is None:
                    continue
                folder, name = place
                if change is Change.deleted:
                    self._listened.discard(path)  # one of that name may be made anew
                    self._sweep_at = min(self._sweep_at, now)
                elif "tfevents" in name:
                    run = self._loader.runs.get(logdir.name_run(folder))
                    if run is not None and name in run.file_names:
                        told.add(run.name)
                    else:
                        new |= self._loader.sweep_folder(logdir, folder)
                elif change is Change.added and _is_folder(logdir, folder, name):
                    below = name if folder == "." else f"{folder}/{name}"
                    if logdir.storage.is_link(below):  # perhaps to a folder that is known under its own name
                        self._sweep_at = min(self._sweep_at, now)
                        continue
                    self._listened.discard(path)
                    new |= self._loader.sweep_folder(logdir, below)
                    self._relist += [(now + delay, index, below) for delay in _RELIST_S]
        if self._relist:
            ready = {(index, folder) for when, index, folder in self._relist if when <= now}
            self._relist = [entry for entry in self._relist if entry[0] > now]
            for index, folder in ready:
                new |= self._loader.sweep_folder(self._loader.logdirs[index], folder)
        return told, new

    def _sweep(self, now: float) -> set[str]:
        changed = self._loader.sweep()
        took = self._clock.monotonic() - now
        # Of large logdirs a sweep is dear: about 1 % of a core where hints come, 5 % where it is all we have.
        self._sweep_at = now + (max(0.5, 20 * took) if self.is_polling else max(2.0, 100 * took))
        return changed

    def _pop_due(self, now: float) -> set[str]:
        due = set()
        while self._queue and self._queue[0][0] <= now:
            when, name = heapq.heappop(self._queue)
            if self._due.get(name) == when:
                due.add(name)
        return due

    # -- and what has

    def _load(self, names: set[str]) -> set[str]:
        """Read these runs; return those that had grown, and plan the next look at each."""
        runs = {name: run for name in names if (run := self._loader.runs.get(name)) is not None}
        # What is read for the first time has not grown, nor what is still being read for the first time.
        before = {name: run.grown_at for name, run in runs.items() if name not in self._loader.unfinished}
        self._loader.load(names, until=self._clock.monotonic() + _CYCLE_S)
        now = self._clock.monotonic()
        for name, run in runs.items():
            self._due[name] = now if name in self._loader.unfinished else now + self._interval_s(run)
            heapq.heappush(self._queue, (self._due[name], name))
            if run.has_missing_file:
                self._sweep_at = min(self._sweep_at, now)
        for name in names - runs.keys():
            self._due.pop(name, None)
        return {name for name, grown_at in before.items() if -inf < grown_at != runs[name].grown_at}

    def _interval_s(self, run: RunLoader) -> float:
        quiet = max(run.quiet_s, 600.0) if run.state is RunState.FINISHED else run.quiet_s
        fastest, slowest = (0.2, 30.0) if self.is_polling or not self._is_heard(run.name) else (1.0, 120.0)
        return min(max(quiet / 20, fastest), slowest)

    def _is_heard(self, name: str) -> bool:
        """Whether we listen to the run's folder."""
        run = self._loader.runs.get(name)
        return not NAMES_FOLDERS or (run is not None and run.storage.locate(run.folder) in self._listened)

    def _note_hearing(self, told: set[str], found: set[str]) -> None:
        """Learn whether hints come at all: network file systems take the request, and then tell nothing."""
        if told:
            self._unheard = 0
        elif found:
            self._unheard += 1


def _is_folder(logdir: Logdir, folder: str, name: str) -> bool:
    try:
        return logdir.storage.stat(f"{folder}/{name}").is_folder
    except OSError:
        return False


def _is_text(path: str) -> bool:
    """Whether the library that listens can take a name: one that is no UTF-8 is looked at instead."""
    return path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)
