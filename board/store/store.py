"""What all readers see: runs as the last commit left them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from threading import Lock

from board.errors import UnknownRunError
from board.model import Delta, FileId, Kind, Stage, StoredFile
from board.store.recent import Recent
from board.store.run_view import RunView, advanced, relocated

__all__ = ["RECENT_BYTES", "RunView", "Store"]

RECENT_BYTES = 256 << 20


@dataclass(frozen=True)
class _Snapshot:
    """One revision. Immutable."""

    revision: int = 0
    runs: Mapping[str, RunView] = field(default_factory=dict)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Names by start, then by name; only made for revisions that somebody asks, of which there are fewer."""
        return tuple(sorted(self.runs, key=lambda run: (_start(self.runs[run]), run)))


class Store:
    """All runs. A revision never goes back, and no reader ever sees half a commit.

    Locks: ``_commit_lock`` is held by ``commit`` alone, from beginning to end; what only it uses (``_colors``, and
    the room behind the columns) needs no other. Readers take no lock: they pick up ``_snapshot`` once, which is
    replaced as a whole, and all that hangs on it is immutable. ``Recent`` has a lock of its own, an inner one.
    """

    def __init__(self, recent_bytes: int = RECENT_BYTES) -> None:
        """Begin without runs; smoothed and sorted columns that were asked for lately may take ``recent_bytes``."""
        self._commit_lock = Lock()
        self._snapshot = _Snapshot()
        self._colors: dict[str, int] = {}  # also of runs that are no more: they keep theirs if they come back
        self._recent = Recent(recent_bytes)

    @property
    def revision(self) -> int:
        """Number of the last commit that changed anything; 0 before the first."""
        return self._snapshot.revision

    def runs(self) -> list[str]:
        """Names of all runs, by the wall_time of their first event, then by name."""
        return list(self._snapshot.order)

    def run(self, name: str) -> RunView:
        """Return the run of that name as the last commit left it.

        Raises:
            UnknownRunError: there is none.
        """
        try:
            return self._snapshot.runs[name]
        except KeyError:
            raise UnknownRunError(f"There is no run {name!r}.") from None

    def views(self) -> list[RunView]:
        """Return all runs of one revision, in the order of ``runs``."""
        snapshot = self._snapshot
        return [snapshot.runs[name] for name in snapshot.order]

    def commit(self, stages: Sequence[Stage]) -> Delta:
        """Make the stages visible, all at once, and say what changed. Stages of one run are taken in their order.

        A file's older generations go when a newer one comes, so that what was replaced is swapped as a whole.
        """
        with self._commit_lock:
            before = self._snapshot
            runs = dict(before.runs)
            grew: dict[str, set[tuple[str, Kind]]] = {}
            rebuilt: set[str] = set()
            touched: set[str] = set()
            fresh: set[str] = set()
            for stage in stages:
                touched.add(stage.run)
                if stage.is_removed:
                    if runs.pop(stage.run, None) is not None:
                        rebuilt.add(stage.run)  # should it come back within this commit
                    grew.pop(stage.run, None)
                    continue
                run = runs.get(stage.run)
                if run is None:
                    fresh.add(stage.run)
                    run = RunView(stage.run)
                runs[stage.run], changes = advanced(run, stage, self._recent)
                if changes.grew:
                    grew.setdefault(stage.run, set()).update(changes.grew)
                if changes.is_rebuilt:
                    rebuilt.add(stage.run)
            self._give_colors(runs, fresh & runs.keys())
            added = {run for run in touched if run in runs and run not in before.runs}
            removed = {run for run in touched if run in before.runs and run not in runs}
            changed = {
                run
                for run in touched
                if run in runs and run in before.runs and _is_changed(before.runs[run], runs[run], run in grew)
            }
            rebuilt &= runs.keys() - added
            if not (grew or rebuilt or added or removed or changed):
                return Delta(before.revision)
            self._snapshot = _Snapshot(before.revision + 1, runs)
            return Delta(
                revision=before.revision + 1,
                grew={run: frozenset(series) for run, series in grew.items()},
                rebuilt=frozenset(rebuilt),
                added=frozenset(added),
                removed=frozenset(removed),
                changed=frozenset(changed),
            )

    def relocate(self, captured: RunView, stored: Mapping[FileId, StoredFile]) -> None:
        """Use an index that was made of a run as it was: the same points, in no memory of their own."""
        with self._commit_lock:
            run = self._snapshot.runs.get(captured.name)
            if run is not None:
                moved = relocated(run, captured, stored, self._recent)
                self._snapshot = _Snapshot(self._snapshot.revision, {**self._snapshot.runs, run.name: moved})

    def __contains__(self, name: object) -> bool:
        return name in self._snapshot.runs

    def _give_colors(self, runs: dict[str, RunView], fresh: set[str]) -> None:
        """Number the runs that are new in the order in which they began."""
        for run in sorted(fresh, key=lambda run: (runs[run].start_hint, run)):
            color = self._colors.setdefault(run, len(self._colors))
            runs[run] = runs[run].colored(color)


def _start(run: RunView) -> float:
    return inf if run.first_wall_time is None else run.first_wall_time


def _is_changed(old: RunView, new: RunView, has_grown: bool) -> bool:
    """Whether the run list says something new of the run; of one that has grown, more than its progress."""
    if old.state != new.state or old.problems != new.problems or old.descriptions != new.descriptions:
        return True
    return not has_grown and old.files != new.files
