"""What a query can ask of a run, and what the names in it stand for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from board.errors import QueryError
from board.hparams.reading import RunHparams
from board.metrics import Extremes
from board.model import Kind
from board.query.grammar import Field
from board.store.run_view import RunView
from board.views import RunSummary

__all__ = ["FIELDS", "FUNCTIONS", "RunChoices", "Source", "Subject", "Universe", "names_of"]

# What every run has, and what it is; seconds where a time is meant.
FIELDS = {
    "name": "the run's name",
    "state": "starting, live (or running), stalled, stopped, finished",
    "age": "time since its first event: age < 2h",
    "duration": "time from its first event to its last",
    "quiet": "time since it last wrote",
    "start": "when it began: start > 2026-11-23",
    "steps": "its greatest step",
    "points": "how many scalar points it has",
    "files": "how many event files",
    "problems": "how many places of its files could not be read",
    "tags": "the scalars that it has: tags = loss, tags ~ ^val/",
    "tag": "the words that somebody gave it: tag = baseline",
    "title": "the name that somebody gave it",
    "note": "the note that somebody wrote",
    "star": "whether somebody starred it: star = true",
    "starred": "the same: starred",
    "archived": "whether somebody archived it",
    "baseline": "whether it is the baseline",
    "notice": "what was noticed of it: notice = spike",
}
FUNCTIONS = {
    "last": "last value of a scalar: last(val/loss) < 0.3",
    "best": "its best value, by its name the least or the greatest",
    "min": "its least value",
    "max": "its greatest value",
    "steps": "its last step",
    "count": "how many points it has",
    "hparam": "a hyper-parameter, where a scalar has the same name",
    "fact": "a fact that the writer noted: fact(host) = gpu3",
    "has": "whether there is such a scalar or hyper-parameter: has(lr)",
}
_OF_METRIC = frozenset({"last", "best", "min", "max", "steps", "count"})
_MOVING = frozenset({"age", "quiet", "state", "steps", "points", "duration", "notice", "tags", "problems", "files"})
MISSING = object()

Getter = Callable[["Subject"], Any]  # a value, several in a set, or MISSING


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What a person chose of a run that a query can ask for."""

    title: str = ""
    note: str = ""
    tags: frozenset[str] = frozenset()
    star: bool = False
    archived: bool = False
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a query finds what it asks for."""

    views: Iterable[RunView]
    summaries: Mapping[str, RunSummary]
    hparams: Callable[[], Mapping[str, RunHparams]]  # only called where one is asked for: it may read files
    extremes: Callable[[RunView, str], Extremes | None]
    choices: Mapping[str, RunChoices] = field(default_factory=dict)
    notices: Callable[[], Mapping[str, frozenset[str]]] = dict  # run -> rules
    now: float = 0.0  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Subject:
    """One run as a query sees it."""

    view: RunView
    summary: RunSummary
    universe: "Universe"


class Universe:
    """All runs, and every name that there is in them."""

    def __init__(self, source: Source) -> None:
        """Look at nothing yet."""
        self.source = source
        self.subjects = [
            Subject(view, source.summaries[view.name], self) for view in source.views if view.name in source.summaries
        ]

    def named(self, text: str) -> list[str]:
        """Return the runs that have a text in their names, or in the titles they were given, whatever its case."""
        wanted = text.lower()
        return [one.view.name for one in self.subjects if any(wanted in name.lower() for name in names_of(one))]

    @cached_property
    def hparams(self) -> Mapping[str, RunHparams]:
        """Of every run."""
        return self.source.hparams()

    @cached_property
    def notices(self) -> Mapping[str, frozenset[str]]:
        """Rules that spoke, by run."""
        return self.source.notices()

    @cached_property
    def hparam_names(self) -> Counter[str]:
        """How many runs have each."""
        return Counter(name for found in self.hparams.values() for name in found.values)

    @cached_property
    def tags(self) -> Counter[str]:
        """Scalars, and how many runs have each."""
        return Counter(tag for subject in self.subjects for tag, kind in subject.view.series if kind is Kind.SCALAR)

    @cached_property
    def facts(self) -> Counter[str]:
        """What writers noted."""
        return Counter(name for subject in self.subjects for name in subject.summary.facts)

    def resolve(self, asked: Field) -> tuple[Getter | None, bool]:
        """Return what finds the value of a field, None where no run has anything of that name; and whether it moves.

        A bare name is, in this order: one of ``FIELDS``, a hyper-parameter, a scalar (its last value), a fact; in full
        first, then by its last part (``lr`` for ``optim.lr``).

        Raises:
            QueryError: no such function, or a short name that several have.
        """
        name, function = asked.name, asked.function
        if function and function not in FUNCTIONS:
            raise QueryError(f"there is no function {function}; there are {', '.join(FUNCTIONS)}", asked.column)
        if not function and name in FIELDS and not asked.is_quoted:
            return _GETTERS[name], name in _MOVING
        if function in _OF_METRIC:
            tag = _find(name, self.tags, "/", asked.column)
            return (None, True) if tag is None else (_metric(tag, function), True)
        if function == "hparam":
            found = _find(name, self.hparam_names, ".", asked.column)
            return (None, False) if found is None else (_hparam(found), False)
        if function == "fact":
            found = _find(name, self.facts, "", asked.column)
            return (None, False) if found is None else (_fact(found), False)
        return self._resolve_bare(asked)

    def _resolve_bare(self, asked: Field) -> tuple[Getter | None, bool]:
        name = asked.name
        for is_short in (False, True):
            hparam = _find(name, self.hparam_names, "." if is_short else "", asked.column)
            if hparam is not None:
                return _hparam(hparam), False
            tag = _find(name, self.tags, "/" if is_short else "", asked.column)
            if tag is not None:
                return _metric(tag, "last"), True
            if name in self.facts:
                return _fact(name), False
        return None, False


def names_of(subject: Subject) -> tuple[str, ...]:
    """Return what people know a run by: its name and, where it was given one, its title."""
    title = _choices(subject).title
    return (subject.view.name, title) if title else (subject.view.name,)


def _find(name: str, known: Iterable[str], separator: str, column: int) -> str | None:
    """Return the name in full; with a separator, also of a short one. QueryError where several are meant."""
    names = known if isinstance(known, Counter) else set(known)
    if name in names or not separator:
        return name if name in names else None
    ends = sorted(one for one in names if one.endswith(separator + name))
    if len(ends) > 1:
        raise QueryError(f"{name} may be {' or '.join(ends[:3])}: write it in full", column)
    return ends[0] if ends else None


def _hparam(name: str) -> Getter:
    def get(subject: Subject) -> Any:
        found = subject.universe.hparams.get(subject.view.name)
        return MISSING if found is None else found.values.get(name, MISSING)

    return get


def _fact(name: str) -> Getter:
    return lambda subject: subject.summary.facts.get(name, MISSING)


def _metric(tag: str, function: str) -> Getter:
    def get(subject: Subject) -> Any:
        found = subject.universe.source.extremes(subject.view, tag)
        if found is None:
            return MISSING
        if function == "best":
            return found.best(tag)[0]
        return {
            "last": found.last,
            "min": found.least,
            "max": found.greatest,
            "steps": found.last_step,
            "count": found.points,
        }[function]

    return get


def _greatest_step(subject: Subject) -> Any:
    steps = [
        part.greatest_step
        for (_, kind), series in subject.view.series.items()
        if kind is Kind.SCALAR
        for part in series.parts
    ]
    return max(steps, default=MISSING)


def _since(subject: Subject) -> Any:
    start = subject.summary.start
    return MISSING if start is None else subject.universe.source.now - start


def _quiet(subject: Subject) -> Any:
    last = subject.summary.last_wall_time
    quiet = subject.summary.quiet_s
    return quiet if quiet is not None else MISSING if last is None else subject.universe.source.now - last


def _duration(subject: Subject) -> Any:
    start, last = subject.summary.start, subject.summary.last_wall_time
    return MISSING if start is None or last is None else last - start


def _choices(subject: Subject) -> RunChoices:
    return subject.universe.source.choices.get(subject.view.name, _NO_CHOICES)


_NO_CHOICES = RunChoices()
_GETTERS: dict[str, Getter] = {
    "name": lambda subject: subject.view.name,
    "state": lambda subject: str(subject.summary.state),
    "age": _since,
    "duration": _duration,
    "quiet": _quiet,
    "start": lambda subject: MISSING if subject.summary.start is None else subject.summary.start,
    "steps": _greatest_step,
    "points": lambda subject: subject.summary.points,
    "files": lambda subject: subject.summary.files,
    "problems": lambda subject: sum(problem.count for problem in subject.summary.problems),
    "tags": lambda subject: frozenset(tag for tag, kind in subject.view.series if kind is Kind.SCALAR),
    "tag": lambda subject: _choices(subject).tags,
    "title": lambda subject: _choices(subject).title,
    "note": lambda subject: _choices(subject).note,
    "star": lambda subject: _choices(subject).star,
    "starred": lambda subject: _choices(subject).star,
    "archived": lambda subject: _choices(subject).archived,
    "baseline": lambda subject: _choices(subject).baseline,
    "notice": lambda subject: subject.universe.notices.get(subject.view.name, frozenset()),
}
