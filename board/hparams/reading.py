"""Keeps the hyper-parameters of all runs, each source of them read once as long as it stays what it was."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import NamedTuple

from board.errors import MalformedValueError
from board.hparams.events import Info, Logged, logged_refs, read_logged
from board.hparams.files import ConfigFile, find_files, read_file
from board.hparams.flat import Value, flatten
from board.model import BlobRef, Kind
from board.storage import LocalStorage
from board.store.run_view import RunView

__all__ = ["EVENT_SOURCE", "HparamReader", "Place", "RunHparams", "is_trial_of"]

EVENT_SOURCE = "hparams event"
LOOK_AGAIN_S = 2.0  # at the folders of runs: a file that was edited is noticed this much later
_TRIAL = re.compile(r"\d{9,11}(?:\.\d+)?")  # the sub-run that torch's add_hparams makes: the time


@dataclass(frozen=True, slots=True)
class RunHparams:
    """All that is known of one run's hyper-parameters."""

    values: Mapping[str, Value] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)  # name -> "hparams event", a file's name, "text <tag>"
    metrics: tuple[str, ...] = ()  # tags that judge the run, as its writer named them
    status: str = ""  # of the trial, as its writer said: success, failure or running
    problems: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()  # what its own events say of hyper-parameters and metrics, of whatever runs


def is_trial_of(name: str, parent: str) -> bool:
    """Whether a run is the sub-run that torch's ``add_hparams`` makes below another one: its name is the time."""
    above, _, last = name.rpartition("/")
    return _TRIAL.fullmatch(last) is not None and (above or ".") == parent


Place = Callable[[str], tuple[LocalStorage, str]]
_Refs = tuple[tuple[str, Kind, BlobRef], ...]


class _Run(NamedTuple):
    """What was read of one run, and what it was read from."""

    view: RunView  # looked at last: of an unchanged one nothing needs to be looked up
    refs: _Refs
    logged: Logged
    files: dict[ConfigFile, tuple[dict[str, Value], str]]  # what each file holds, or its problem
    looked_at: float


class HparamReader:
    """Reads on demand, in the caller's thread: never to be called from an event loop."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = Lock()  # held while files are read: whoever asks at the same moment waits, and reads nothing twice
        self._runs: dict[str, _Run] = {}
        self._answers: dict[str, tuple[tuple[object, ...], RunHparams]] = {}

    def read(self, views: Iterable[RunView], place: Place, every: Iterable[RunView] = ()) -> dict[str, RunHparams]:
        """Return the hyper-parameters of ``views``.

        Args:
            views: the runs that are asked about.
            place: the storage of a run, and its folder in it; UnknownRunError where it is gone.
            every: all runs of the same revision, for sub-runs made by torch's ``add_hparams``; none: ``views``.
        """
        asked = list(views)
        trials: dict[str, list[RunView]] = {}
        for view in every or asked:
            parent, _, last = view.name.rpartition("/")
            if _TRIAL.fullmatch(last):
                trials.setdefault(parent or ".", []).append(view)
        with self._lock:
            now = monotonic()
            return {view.name: self._read(view, trials.get(view.name, ()), place, now) for view in asked}

    def _read(self, view: RunView, trials: Iterable[RunView], place: Place, now: float) -> RunHparams:
        sources = [self._look_at(one, place, now) for one in (view, *sorted(trials, key=lambda one: one.name))]
        token = tuple(one for run in sources for one in (run.refs, *run.files))
        known = self._answers.get(view.name)
        if known is None or known[0] != token:
            known = self._answers[view.name] = (token, _merged(sources[0], sources[1:]))
        return known[1]

    def _look_at(self, view: RunView, place: Place, now: float) -> _Run:
        known = self._runs.get(view.name)
        if known is not None and known.view.series is view.series and now - known.looked_at < LOOK_AGAIN_S:
            return known
        try:
            storage, folder = place(view.name)
        except LookupError:  # gone since the caller looked
            return known or _Run(view, (), _NOTHING, {}, now)
        refs = known.refs if known is not None and known.view.series is view.series else logged_refs(view)
        logged = known.logged if known is not None and known.refs == refs else read_logged(storage, folder, refs)
        before = known.files if known is not None else {}
        files = {
            file: before[file] if file in before else _read_file(storage, folder, file)
            for file in find_files(storage, folder)
        }
        run = self._runs[view.name] = _Run(view, refs, logged, files, now)
        return run


_NOTHING = Logged({}, {})


def _read_file(storage: LocalStorage, folder: str, file: ConfigFile) -> tuple[dict[str, Value], str]:
    try:
        return flatten(read_file(storage, folder, file)), ""
    except MalformedValueError as error:
        said = str(error)
        return {}, said if said.startswith(file.name) else f"{file.name}: {said}"


def _merged(run: _Run, trials: list[_Run]) -> RunHparams:
    """Put a run's sources together; the most explicit one counts: events, then files, then texts."""
    values: dict[str, Value] = {}
    sources: dict[str, str] = {}

    def take(found: Mapping[str, Value], source: str) -> None:
        for name, value in found.items():
            values[name] = value
            sources[name] = source

    for tag, found in reversed(run.logged.texts.items()):
        take(found, f"text {tag}")
    for file, (found, _) in reversed(run.files.items()):
        take(found, file.name)
    for one in (*trials, run):  # trials in the order of their times
        take(one.logged.hparams, EVENT_SOURCE)
    problems = [said for one in (run, *trials) for said in one.logged.problems]
    problems += [said for _, said in run.files.values() if said]
    metrics = dict.fromkeys(tag for one in (run, *trials) for tag in one.logged.metrics)
    status = next((one.logged.status for one in (run, *reversed(trials)) if one.logged.status), "")
    infos = tuple(info for one in (run, *trials) for info in one.logged.infos)
    return RunHparams(values, sources, tuple(metrics), status, tuple(problems), infos)
