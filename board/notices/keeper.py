"""Keeps what was noticed of all runs up with them, in a thread of its own: pages see what is known already."""

import threading
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import NamedTuple

from board.errors import LostPointsError, UnknownRunError
from board.model import Delta, Kind, RunState
from board.notices.curve import Curve
from board.notices.losses import Loss, is_judged, loss_of
from board.notices.rules import Notice
from board.store.store import RunView, Store

__all__ = ["Keeper", "Noticed"]

GATHER_S = 0.25  # of growth: then what has grown is looked at
REST_S = 0.005  # after each WORK_S: requests and reading come first
WORK_S = 0.02
QUIET = (RunState.STALLED, RunState.STOPPED)


class Noticed(NamedTuple):
    """What is known now."""

    revision: int  # rises with every change
    is_pending: bool  # more has grown than was looked at
    notices: list[Notice]


class Keeper:
    """All curves of all runs. ``offer`` may be called from any thread and only notes what grew."""

    def __init__(self, store: Store) -> None:
        """Look at nothing yet."""
        self._store = store
        self._lock = threading.Lock()  # held for ``_due`` and ``_notices``, never while points are read
        self._work_lock = threading.Lock()  # held while curves are followed: by the thread, or by ``refresh``
        self._due: dict[str, set[str] | None] = {}  # run -> tags that grew; None: all of it, from the start
        self._curves: dict[str, dict[tuple[str, str], Curve]] = {}  # run -> (tag, line) -> state
        self._judged: dict[str, bool] = {}
        self._seen_live: set[str] = set()
        self._notices: dict[str, dict[tuple[str, str], tuple[Notice, ...]]] = {}
        self._silent: dict[str, Notice] = {}
        self._revision = 0
        self._is_working = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board-notices", daemon=True)

    def start(self) -> None:
        """Follow from now on what is offered."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits no longer than for one curve."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def offer(self, delta: Delta) -> None:
        """Note what grew, was rebuilt or is gone."""
        with self._lock:
            for run in delta.removed | delta.rebuilt:
                self._due[run] = None
            for run, series in delta.grew.items():
                tags = {tag for tag, kind in series if kind is Kind.SCALAR}
                known = self._due.setdefault(run, set())
                if known is not None:
                    known |= tags
            for run in delta.changed | delta.added:
                self._due.setdefault(run, set())
        self._wake.set()

    def read(self) -> Noticed:
        """Return what is known."""
        with self._lock:
            found = [notice for lines in self._notices.values() for own in lines.values() for notice in own]
            return Noticed(self._revision, bool(self._due) or self._is_working, found + list(self._silent.values()))

    def rules_of(self) -> Mapping[str, frozenset[str]]:
        """Return the rules that spoke, by run."""
        rules: dict[str, set[str]] = {}
        for notice in self.read().notices:
            rules.setdefault(notice.run, set()).add(notice.rule)
        return {run: frozenset(found) for run, found in rules.items()}

    def refresh(self) -> Noticed:
        """Look at everything now, in the caller's thread: for scripts, where no thread follows."""
        views = self._store.views()
        with self._lock:
            for view in views:
                tags = {tag for tag, kind in view.series if kind is Kind.SCALAR}
                known = self._due.setdefault(view.name, set())
                if known is not None:
                    known |= tags
            for run in self._curves.keys() - {view.name for view in views}:
                self._due[run] = None
        while self._work():
            pass
        return self.read()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            self._stopping.wait(GATHER_S)
            while not self._stopping.is_set() and self._work():
                pass

    def _work(self) -> bool:
        """Look at one run that is due; returns whether there was one."""
        with self._work_lock:
            with self._lock:
                self._is_working = bool(self._due)
                if not self._due:
                    return False
                run = next(iter(self._due))
                tags = self._due.pop(run)
            try:
                view: RunView | None = self._store.run(run)
            except UnknownRunError:
                view = None
            if tags is None or view is None:
                self._forget(run)
            if view is not None:
                self._look_at(view, tags)
        return True

    def _forget(self, run: str) -> None:
        self._curves.pop(run, None)
        self._judged.pop(run, None)
        with self._lock:
            self._revision += self._notices.pop(run, None) is not None
            self._revision += self._silent.pop(run, None) is not None

    def _look_at(self, view: RunView, tags: Iterable[str] | None) -> None:
        self._look_at_state(view)
        scalars = [tag for tag, kind in view.series if kind is Kind.SCALAR]
        curves = self._curves.setdefault(view.name, {})
        is_fit = is_judged(scalars)
        if self._judged.setdefault(view.name, is_fit) != is_fit:  # by a tag that came later
            self._forget(view.name)
            curves, tags = self._curves.setdefault(view.name, {}), None
            self._judged[view.name] = is_fit
        began = monotonic()
        for tag in scalars if tags is None else tags:
            series = view.series.get((tag, Kind.SCALAR))
            for line in series.lines if series is not None else ():
                key = (tag, line.name)
                curve = curves.get(key)
                if curve is None:
                    curve = curves[key] = Curve(loss_of(tag) if is_fit else Loss.NONE)
                try:
                    if curve.follow(line):
                        self._say(view.name, key, curve)
                except LostPointsError:  # its index is damaged, and its file is gone: said elsewhere
                    continue
            if monotonic() - began > WORK_S:
                if self._stopping.wait(REST_S):
                    return
                began = monotonic()

    def _say(self, run: str, key: tuple[str, str], curve: Curve) -> None:
        found = tuple(
            Notice(one.rule, run, *key, step=one.step, wall_time=one.wall_time, message=one.message)
            for one in curve.findings
        )
        with self._lock:
            self._revision += 1
            lines = self._notices.setdefault(run, {})
            if found:
                lines[key] = found
            else:
                lines.pop(key, None)

    def _look_at_state(self, view: RunView) -> None:
        """A run that this process has seen writing, and that went quiet without an end marker."""
        if view.state is RunState.LIVE:
            self._seen_live.add(view.name)
        is_silent = view.state in QUIET and view.name in self._seen_live
        with self._lock:
            if is_silent == (view.name in self._silent):
                return
            self._revision += 1
            if not is_silent:
                del self._silent[view.name]
                return
            last = view.last_wall_time or 0.0
            said = "no end marker, and nothing written for much longer than its rhythm explains"
            self._silent[view.name] = Notice("silence", view.name, "", "", None, last, said)
