"""Tells every open page what changed: who listens, for what, and how a slow listener's news are merged."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from board.model import Delta, Kind

__all__ = ["INTERESTS", "Changes", "Listener", "Live", "LiveEvent", "TooManyListenersError"]

RUNS: Final = "runs"
INTERESTS: Final = frozenset({RUNS, *Kind})
DELTA_INTERVAL_S: Final = 0.05  # at most twenty deltas a second, however often the watcher commits
MAX_LISTENERS: Final = 500  # a page shares one stream with all tabs of its browser, so this is that many people
MAX_PENDING_SERIES: Final = 10_000  # named one by one; beyond that, their runs are said to be rebuilt


class TooManyListenersError(Exception):
    """No more streams; the message is for a person."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveEvent:
    """One event of the stream: ``hello``, ``reload``, ``delta`` or ``bye``; many listeners may get the same one."""

    name: str
    data: dict[str, object]
    id: str  # "<boot>-<revision>", what the browser sends back as Last-Event-ID


@dataclass(slots=True)
class Changes:
    """Several deltas as one: only grows, until a listener takes it whole."""

    revision: int = 0
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    rebuilt: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    grew: dict[str, dict[Kind, set[str]]] = field(default_factory=dict)
    series: int = 0  # names in ``grew``, an upper bound
    event: LiveEvent | None = None  # that spells it out, once somebody has asked

    def merge(self, delta: Delta) -> None:
        """Add what a later delta says; a run that went and came back is rebuilt."""
        self.event = None
        self.revision = max(self.revision, delta.revision)
        for run in delta.removed:
            self.added.discard(run)
            self.changed.discard(run)
            self.rebuilt.discard(run)
            self._forget(run)
        self.removed |= delta.removed
        self.rebuilt |= delta.rebuilt | (delta.added & self.removed)
        self.removed -= delta.added
        self.added |= delta.added
        self.changed |= delta.changed
        for run, series in delta.grew.items():
            kinds = self.grew.setdefault(run, {})
            for tag, kind in series:
                kinds.setdefault(kind, set()).add(tag)
            self.series += len(series)
        if self.series > MAX_PENDING_SERIES:
            self.rebuilt |= self.grew.keys()
            self.grew.clear()
            self.series = 0

    def merge_all(self, later: "Changes") -> None:
        """Add what later changes say."""
        grew = {
            run: frozenset((tag, kind) for kind, tags in kinds.items() for tag in tags)
            for run, kinds in later.grew.items()
        }
        self.merge(
            Delta(
                later.revision,
                grew,
                frozenset(later.rebuilt),
                frozenset(later.added),
                frozenset(later.removed),
                frozenset(later.changed),
            )
        )

    def limited_to(self, interests: frozenset[str]) -> "Changes | None":
        """Return what somebody with these interests hears of, None where that is nothing."""
        kept = Changes(revision=self.revision)
        if RUNS in interests:
            kept.added, kept.removed, kept.changed = set(self.added), set(self.removed), set(self.changed)
        if interests - {RUNS}:
            kept.rebuilt = set(self.rebuilt)
        for run, kinds in self.grew.items():
            of_interest = {kind: set(tags) for kind, tags in kinds.items() if kind in interests}
            if of_interest:
                kept.grew[run] = of_interest
                kept.series += sum(map(len, of_interest.values()))
        return kept if kept.added or kept.removed or kept.changed or kept.rebuilt or kept.grew else None

    def _forget(self, run: str) -> None:
        for tags in self.grew.pop(run, {}).values():
            self.series -= len(tags)


class Listener:
    """One open stream; lives in the event loop's thread alone."""

    def __init__(self, live: "Live", interests: frozenset[str], greetings: list[LiveEvent]) -> None:
        """Greet first, then wait for changes."""
        self._live = live
        self.interests = interests
        self._greetings = greetings
        self._changes: Changes | None = None  # merged while the connection is busy, so a slow one costs no memory
        self._is_shared = False  # others have the same Changes: to be copied before anything is merged into it
        self._wake = asyncio.Event()
        self._has_said_bye = False

    async def next_event(self) -> LiveEvent | None:
        """Wait for the next event; None after ``bye``."""
        if self._has_said_bye:
            return None
        if self._greetings:
            return self._greetings.pop(0)
        await self._wake.wait()
        self._wake.clear()
        if self._live.is_closed:
            self._has_said_bye = True
            return LiveEvent("bye", {}, self._live.event_id())
        changes, self._changes = self._changes or Changes(self._live.revision), None
        return self._live.delta_event(changes)

    def offer(self, news: Changes) -> None:
        """Take what is of interest; others are given the same."""
        if self._changes is None:
            self._changes, self._is_shared = news, True
        else:
            if self._is_shared:
                self._changes, self._is_shared = self._changes.limited_to(INTERESTS) or Changes(), False
            self._changes.merge_all(news)
        self._wake.set()

    def wake(self) -> None:
        """Look up: the board closes."""
        self._wake.set()


class Live:
    """Passes the watcher's deltas on to the listeners.

    ``publish`` may be called from any thread; all else belongs to the thread of the event loop.
    """

    def __init__(self) -> None:
        """A new boot: ids of another life of this board are recognised."""
        self.boot: str = secrets.token_hex(6)
        self.revision = 0  # of the newest delta that was published; never goes back
        self.is_closed = False
        self._listeners: set[Listener] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changes = Changes()
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = float("-inf")  # on the loop's clock

    def start(self) -> None:
        """Belong to the running event loop from now on."""
        self._loop = asyncio.get_running_loop()

    def publish(self, delta: Delta) -> None:
        """Pass a delta on; from any thread. Before ``start`` and after ``close`` nobody listens."""
        if self._loop is not None and not self.is_closed:
            self._loop.call_soon_threadsafe(self._accept, delta)

    def close(self) -> None:
        """Say bye to every listener: their streams end, so that the server can."""
        self.is_closed = True
        if self._timer:
            self._timer.cancel()
        for listener in self._listeners:
            listener.wake()

    @contextmanager
    def listen(self, interests: frozenset[str], *, boot: str | None, revision: int | None) -> Iterator[Listener]:
        """Open a stream for a page that knows this boot and revision, None where it knows none.

        A page of another boot is told to reload, before the hello. ``missed`` in the hello: deltas went by since
        that revision, so whatever the page shows has to be asked for again.

        Raises:
            TooManyListenersError: this many streams are open already.
        """
        if len(self._listeners) >= MAX_LISTENERS:
            raise TooManyListenersError(f"{MAX_LISTENERS} live streams are open already, no more are served")
        is_foreign = boot is not None and boot != self.boot
        missed = is_foreign or (revision is not None and revision < self.revision)
        data: dict[str, object] = {"boot": self.boot, "revision": self.revision, "missed": missed}
        names = ("reload", "hello") if is_foreign else ("hello",)
        listener = Listener(self, interests, [LiveEvent(name, data, self.event_id()) for name in names])
        self._listeners.add(listener)
        if self.is_closed:
            listener.wake()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def event_id(self) -> str:
        """Name this moment: what a browser that comes back says it has seen."""
        return f"{self.boot}-{self.revision}"

    def delta_event(self, changes: Changes) -> LiveEvent:
        """Spell changes out for a page."""
        if changes.event is not None:
            return changes.event
        data: dict[str, object] = {
            "revision": changes.revision,
            "added": sorted(changes.added),
            "removed": sorted(changes.removed),
            "rebuilt": sorted(changes.rebuilt),
            "changed": sorted(changes.changed),
            "grew": {run: {kind: sorted(tags) for kind, tags in kinds.items()} for run, kinds in changes.grew.items()},
        }
        changes.event = LiveEvent("delta", data, f"{self.boot}-{changes.revision}")
        return changes.event

    def _accept(self, delta: Delta) -> None:
        self.revision = max(self.revision, delta.revision)
        self._changes.merge(delta)
        if self._timer is None and not self.is_closed:
            # The first delta after a pause leaves at once; the next ones wait for each other.
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, self._sent_at + DELTA_INTERVAL_S - loop.time()), self._send)

    def _send(self) -> None:
        self._timer = None
        self._sent_at = asyncio.get_running_loop().time()
        changes, self._changes = self._changes, Changes()
        limited: dict[frozenset[str], Changes | None] = {}  # most listeners want the same
        for listener in self._listeners:
            if listener.interests not in limited:
                limited[listener.interests] = changes.limited_to(listener.interests)
            if news := limited[listener.interests]:
                listener.offer(news)
