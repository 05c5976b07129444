"""Which hyper-parameters matter for a metric, how sure that is, and why it may not be told at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from board.comparison.student import quantile
from board.table.features import Feature, Inseparable, Skipped, inseparable, read_features
from board.table.forest import FOLDS, SHUFFLES, TREES, Held, held_out
from board.table.hparam_columns import HparamKind
from board.table.metric_cells import MetricChoice, MetricColumn
from board.table.ranks import average_ranks, rank_correlation
from board.table.tables import RunTable

__all__ = ["Direction", "HparamImportance", "Importance", "Interval", "LeftOut", "Sure", "importance_of"]

Floats = NDArray[np.float64]
Sure = Literal["well", "partly", "not"]

MIN_RUNS = 10
MAX_RUNS = 3_000  # learned from; of more, so many are drawn
_FAR = 10.0  # interquartile ranges beyond the quartiles: such a value would decide all by itself
_LEVEL = 0.95


class Interval(NamedTuple):
    """A mean over folds and repeats, with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float
    spread: float  # standard deviation over the folds


class Direction(NamedTuple):
    """Whether the metric rises with a hyper-parameter, by rank."""

    rho: float  # Spearman's
    runs: int
    high: str | None  # of two words: which one counts as more


class HparamImportance(NamedTuple):
    """How much one hyper-parameter matters: by how much the held-out R² falls when its values are shuffled."""

    name: str
    kind: HparamKind
    runs: int  # that have it
    distinct: int
    importance: Interval
    is_clear: bool  # the interval is above zero, and the whole foretells something
    direction: Direction | None


class LeftOut(NamedTuple):
    """Runs that take no part."""

    why: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Importance:
    """The answer."""

    metric: MetricColumn
    runs: int  # used
    left_out: tuple[LeftOut, ...]
    refused: str | None = None  # why there is none
    r2: Interval | None = None
    sure: Sure = "not"
    sentence: str = ""
    hparams: tuple[HparamImportance, ...] = ()  # the greatest first
    constant: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    inseparable: tuple[Inseparable, ...] = ()
    method: str = field(default="")


def importance_of(table: RunTable, choice: MetricChoice, names: Sequence[str] | None = None) -> Importance:
    """Return how much each hyper-parameter of a table matters for a metric. Takes about a second of a core.

    Args:
        table: runs.
        choice: the metric.
        names: of hyper-parameters; None: all.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    metric = table.metric(choice)
    columns = table.hparams(names)
    rows, left_out = _used_rows(table, metric, np.array([column.gaps < 2 for column in columns], np.bool_))
    values = metric.values[rows]
    label = choice.label

    def refused(why: str) -> Importance:
        return Importance(metric, len(rows), left_out, why)

    if len(rows) < MIN_RUNS:
        have = "1 run has" if len(rows) == 1 else f"{len(rows) or 'No'} runs have"
        return refused(f"{have} hparams and a finite value of {label}; importance needs at least {MIN_RUNS}.")
    if np.ptp(average_ranks(values)) == 0:
        return refused(f"{label} is {values[0]:.6g} in all {len(rows)} runs: nothing to explain.")
    features, constant, skipped = read_features(columns, rows)
    if not features:
        return refused(f"No hparam that can be used differs between the {len(rows)} runs.")
    far = _far_off(values)
    learned = average_ranks(values) if far else _scaled(values)
    held = held_out([feature.matrix for feature in features], learned / max(1.0, float(np.abs(learned).max())))
    r2 = _interval(held.r2, held)
    sure: Sure = "not" if r2.low <= 0 else "well" if r2.low > 0.5 else "partly"
    found = [
        _one(feature, _interval(held.drops[:, at], held), values, sure != "not") for at, feature in enumerate(features)
    ]
    return Importance(
        metric,
        len(rows),
        left_out,
        r2=r2,
        sure=sure,
        sentence=_sentence(label, r2, sure, len(rows), far),
        hparams=tuple(sorted(found, key=lambda one: (-one.importance.mean, one.name))),
        constant=tuple(constant),
        skipped=tuple(skipped),
        inseparable=tuple(inseparable(features)),
        method=(
            f"Permutation importance of a random forest ({TREES} trees), on runs held out in {FOLDS} folds, "
            f"{len(held.r2) // FOLDS} times over, {SHUFFLES} shuffles each{', of ranks' if far else ''}; "
            "95 % intervals after Nadeau and Bengio."
        ),
    )


def _used_rows(
    table: RunTable, metric: MetricColumn, has_hparam: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], tuple[LeftOut, ...]]:
    label = metric.choice.label
    has_any = has_hparam.any(axis=0) if len(has_hparam) else np.zeros(len(metric.has), np.bool_)
    is_finite = np.isfinite(metric.values)
    runs = np.array(table.runs, dtype=object)
    used = np.flatnonzero(has_any & is_finite)
    left_out = [
        (f"no value of {label}", ~metric.has),
        (f"{label} is NaN or infinite", metric.has & ~is_finite),
        ("no hparams", metric.has & is_finite & ~has_any),
    ]
    if len(used) > MAX_RUNS:
        drawn = np.sort(np.random.default_rng(0).choice(used, MAX_RUNS, replace=False))
        others = np.zeros(len(runs), np.bool_)
        others[np.setdiff1d(used, drawn)] = True
        left_out.append((f"more than {MAX_RUNS}: so many were drawn at random", others))
        used = drawn
    return used, tuple(LeftOut(why, tuple(runs[which])) for why, which in left_out if which.any())


def _one(feature: Feature, importance: Interval, values: Floats, foretells: bool) -> HparamImportance:
    direction = None
    if feature.order is not None:
        rho, count = rank_correlation(feature.order, values)
        if count >= MIN_RUNS and isfinite(rho):
            direction = Direction(rho, count, feature.high)
    is_clear = foretells and importance.low > 0
    return HparamImportance(feature.name, feature.kind, feature.runs, feature.distinct, importance, is_clear, direction)


def _interval(values: Floats, held: Held) -> Interval:
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    half = quantile(_LEVEL, len(values) - 1) * sqrt(held.inflation) * spread
    return Interval(mean, mean - half, mean + half, spread)


def _far_off(values: Floats) -> int:
    """Return how many values lie so far off that they would decide all: a loss that diverged."""
    halves = values / 2  # differences of the greatest floats overflow
    low, high = np.quantile(halves, (0.25, 0.75))
    reach = _FAR * min(float(high - low), 1e300)
    return int(((halves < low - reach) | (halves > high + reach)).sum()) if high > low else 0


def _scaled(values: Floats) -> Floats:
    """Return the values about their median, so that squares neither overflow nor vanish."""
    halves = values / 2
    moved = halves - np.median(halves)
    scaled: Floats = moved / np.abs(moved).max()
    return scaled


def _sentence(label: str, r2: Interval, sure: Sure, runs: int, far: int) -> str:
    by_rank = f" (by rank: {far} of the values {'is' if far == 1 else 'are'} far off)" if far else ""
    if sure == "not":
        if r2.mean <= 0:
            return (
                f"The hparams do not predict {label}{by_rank}: what follows is chance as far as {runs} runs can tell."
            )
        return (
            f"It is not sure that the hparams predict {label}{by_rank} at all: on runs held out they explain "
            f"{_percent(r2.mean)} % of how it varies, but that may be chance with {runs} runs."
        )
    low, high = _percent(max(r2.low, 0.0)), _percent(min(r2.high, 1.0))
    return (
        f"The hparams explain {_percent(r2.mean)} % of how {label} varies{by_rank}, {low} to {high} %, "
        f"measured on runs held out, {runs} in all."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
