"""What the numbers of a comparison show, in sentences, and never more than they show."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from board.comparison.columns import Column
from board.comparison.differences import LEVEL, mean_of
from board.comparison.metrics import Cell, Judgement, Measure, Metric, judged
from board.comparison.settings import MISSING, Setting
from board.comparison.words import counted, listed, said, signed, whole
from board.run_facts import Fact

__all__ = ["Verdict", "verdict_of"]

SAME_PACE = 1.1  # times: less is not worth a sentence
MAX_SETTINGS = 3  # that are spelled out
MAX_OTHERS = 3  # columns that have a sentence, beside the one of the headline
_MEASURES = {"best": "best value", "last": "last value", "area": "mean over the steps"}
_PERCENT = f"{LEVEL:.0%}".replace("%", "\u202f%")


class Verdict(NamedTuple):
    """For the top of the page."""

    headline: str
    sentences: tuple[str, ...]
    judgement: Judgement  # of the column that the headline is about
    column: int | None  # which one that is
    metric: Metric | None  # that it is judged by
    measure: Measure


class _Case(NamedTuple):
    """All that the sentences are made of."""

    metric: Metric
    measure: Measure
    columns: Sequence[Column]
    labels: Sequence[str]

    @property
    def cells(self) -> Sequence[Cell]:
        return self.metric.cells[self.measure]

    def judged(self, at: int) -> Judgement:
        return judged(self.cells[at], self.cells[0], self.metric.direction)

    def delta(self, at: int) -> float:
        difference = self.cells[at].difference
        return 0.0 if difference is None else difference.delta

    def mean(self, at: int) -> str:
        mean = self.cells[at].mean
        return "no finite value" if mean is None else said(mean)


def verdict_of(
    metric: Metric | None,
    measure: Measure,
    columns: Sequence[Column],
    labels: Sequence[str],
    settings: Sequence[Setting] = (),
    facts: Mapping[str, Mapping[str, Fact]] | None = None,
) -> Verdict:
    """Put a comparison into words.

    Args:
        metric: the one that judges; None where the columns share none.
        measure: which of its measures.
        columns: two or more, the baseline first.
        labels: what each is called.
        settings: all hyper-parameters.
        facts: of the runs, by name.
    """
    facts = facts or {}
    rest = [*_pace(columns, labels, facts), *_lengths(columns, labels, facts), *_why(settings)]
    rest += _unfinished(columns, labels, facts)
    others = range(1, len(columns))
    if metric is None:
        said_first = "These runs share no scalar, so no number says which is better."
        return Verdict(said_first, tuple(rest), "", None, None, measure)
    case = _Case(metric, measure, columns, labels)
    having = [at for at in others if case.cells[at].difference is not None]
    if not having:
        return Verdict(_nothing(case), tuple(rest), "", None, metric, measure)
    first = _first(case, having)
    sentences = [_method(case, first), *_others(case, [at for at in having if at != first])]
    sentences += [f"{labels[at]} has no {metric.tag} to compare." for at in others if at not in having]
    sentences += _diverged(case)
    words = (*sentences, *rest)
    return Verdict(_headline(case, first, having), words, case.judged(first), first, metric, measure)


def _first(case: _Case, having: Sequence[int]) -> int:
    """Return the column that the headline is about: the best of those that are surely better, else the farthest one."""
    direction = case.metric.direction

    def place(at: int) -> tuple[bool, float]:
        gain = case.delta(at) * direction if direction else abs(case.delta(at))
        return case.judged(at) in ("better", "higher", "lower"), gain

    return max(having, key=place)


def _headline(case: _Case, first: int, having: Sequence[int]) -> str:
    base, one, tag = case.labels[0], case.labels[first], case.metric.tag
    judgement, delta = case.judged(first), case.delta(first)
    numbers = f"{case.mean(first)} against {case.mean(0)}"
    if judgement == "better":
        return f"{one} is better than {base}: {tag} {numbers}, {signed(delta)}."
    if judgement == "untold":
        reaches = f"{one} reaches {case.mean(first)} {tag}, {_more(delta)} {base}"
        return f"{reaches}; whether that is more than chance cannot be told."
    if len(having) == 1:
        return {
            "worse": f"{one} is worse than {base}: {tag} {numbers}, {signed(delta)}.",
            "unsure": f"{one} and {base} cannot be told apart by {tag}: {numbers}.",
        }.get(judgement, f"{one} has a {judgement} {tag} than {base}: {numbers}.")
    if all(case.judged(at) == "worse" for at in having):
        return f"None is better than {base} in {tag}; {one} comes nearest with {numbers}."
    return {
        "worse": f"None can be told to be better than {base} in {tag}; {one} comes nearest with {numbers}.",
        "unsure": f"None can be told to be better than {base} in {tag}; {one} reaches {numbers}.",
    }.get(judgement, f"{one} is farthest from {base} in {tag}: {numbers}.")


def _more(delta: float) -> str:
    if not delta:
        return "as much as"
    return f"{said(abs(delta), 3)} {'more' if delta > 0 else 'less'} than"


def _method(case: _Case, first: int) -> str:
    cell, base = case.cells[first], case.cells[0]
    difference = cell.difference
    counts = (
        f"{counted(cell.finite, 'seed')} each"
        if cell.finite == base.finite
        else f"{counted(cell.finite, 'seed')} against {counted(base.finite, 'seed')}"
    )
    what = f"{_MEASURES[case.measure]} of each"
    if difference is None or difference.why == "seeds":
        alone = "These are single runs" if cell.finite == base.finite == 1 else "One side is a single run"
        return f"{alone} ({_MEASURES[case.measure]}), without a spread to judge by: more seeds would tell."
    if difference.low is None or difference.high is None:
        return f"The seeds of a side do not differ at all ({what}; {counts}), so there is no spread to judge by."
    includes = "leaves out" if difference.is_sure else "includes"
    return (
        f"The {_PERCENT} interval of the difference, {signed(difference.low)} to {signed(difference.high)}, "
        f"{includes} zero ({what}; {counts}; Welch's t-test)."
    )


def _others(case: _Case, rest: Sequence[int]) -> list[str]:
    sentences: list[str] = []
    for at in sorted(rest, key=lambda at: case.delta(at) * (case.metric.direction or 1), reverse=True):
        difference, judgement = case.cells[at].difference, case.judged(at)
        if difference is None:
            continue
        word = {"unsure": "within noise", "untold": "cannot be told"}.get(judgement, judgement)
        between = (
            ""
            if difference.low is None or difference.high is None
            else f", {signed(difference.low)} to {signed(difference.high)}"
        )
        if len(sentences) == MAX_OTHERS and len(rest) > MAX_OTHERS + 1:
            sentences.append(f"{len(rest) - MAX_OTHERS} more columns stand below.")
            break
        sentences.append(f"{case.labels[at]}: {case.mean(at)}, {signed(difference.delta) or '0'}{between} ({word}).")
    if sum(case.judged(at) not in ("", "untold") for at in rest):
        sentences.append("Each interval stands for itself: with several, one in twenty leaves out zero by chance.")
    return sentences


def _nothing(case: _Case) -> str:
    tag, base = case.metric.tag, case.labels[0]
    if case.cells[0].mean is None:
        return f"{base} has no finite {tag}, so nothing can be compared with it."
    return f"None but {base} has a finite {tag}, so nothing can be compared by it."


def _diverged(case: _Case) -> list[str]:
    last = case.metric.cells.get("last", case.cells)
    found = []
    for label, column, cell in zip(case.labels, case.columns, last, strict=True):
        if cell.not_finite:
            whose = (
                label
                if len(column.runs) == 1
                else f"{cell.not_finite} of {counted(len(column.runs), 'seed')} of {label}"
            )
            found.append(
                f"{whose} {'ends' if cell.not_finite == 1 else 'end'} in {case.metric.tag} that is not a number."
            )
    return found


def _pace(columns: Sequence[Column], labels: Sequence[str], facts: Mapping[str, Mapping[str, Fact]]) -> list[str]:
    paces = [_mean_fact(column, facts, "steps_per_s") for column in columns]
    base = paces[0]
    if not base:
        return []
    apart = [
        f"{label} takes {said(base / pace, 3)} times as long for a step"
        if pace < base
        else f"{label} makes {said(pace / base, 3)} times as many steps a second"
        for label, pace in zip(labels[1:], paces[1:], strict=True)
        if pace and max(pace / base, base / pace) >= SAME_PACE
    ]
    return [f"{listed(apart, 3)}, by the times of their points."] if apart else []


def _lengths(columns: Sequence[Column], labels: Sequence[str], facts: Mapping[str, Mapping[str, Fact]]) -> list[str]:
    steps = [_mean_fact(column, facts, "steps") for column in columns]
    known = [(label, count) for label, count in zip(labels, steps, strict=True) if count]
    counts = [count for _, count in known]
    if len(known) < 2 or max(counts) < SAME_PACE * min(counts):
        return []
    return [f"Steps that they ran: {listed([f'{label} {whole(count)}' for label, count in known], 8)}."]


def _why(settings: Sequence[Setting]) -> list[str]:
    differing = [setting for setting in settings if setting.differs]
    if not settings:
        return ["No hyper-parameters were logged."]
    if not differing:
        return [f"Their {counted(len(settings), 'hyper-parameter')} are the same."]
    if len(differing) > MAX_SETTINGS:
        return [f"They differ in {len(differing)} of {counted(len(settings), 'hyper-parameter')}."]
    return [f"They differ in {listed([_setting(setting) for setting in differing])}."]


def _setting(setting: Setting) -> str:
    shown = [" or ".join(_short(value) for value in own) for own in setting.values]
    return f"{setting.name} ({', '.join(shown)})" if sum(map(len, shown)) <= 80 else setting.name


def _short(value: object) -> str:
    if value is MISSING:
        return "none"
    if isinstance(value, float):
        return said(value)
    return str(value)


def _unfinished(columns: Sequence[Column], labels: Sequence[str], facts: Mapping[str, Mapping[str, Fact]]) -> list[str]:
    found = []
    for column, label in zip(columns, labels, strict=True):
        writing = sum(facts.get(run, {}).get("state") in ("live", "starting") for run in column.runs)
        if writing:
            many = len(column.runs) > 1
            found.append(f"{writing} of {counted(len(column.runs), 'seed')} of {label}" if many else label)
    if not found:
        return []
    return [f"Still writing, so only so far: {listed(found, 8)}."]


def _mean_fact(column: Column, facts: Mapping[str, Mapping[str, Fact]], name: str) -> float | None:
    values = [value for run in column.runs if isinstance(value := facts.get(run, {}).get(name), int | float)]
    return mean_of(values) if values and all(map(isfinite, values)) else None
