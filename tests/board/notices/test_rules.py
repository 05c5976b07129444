"""Each rule speaks on what was planted, soon; none speaks on healthy trainings, however odd."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import board
from board.logs import RULES, Notice
from board.model import Delta, FileId, RunState, Stage
from board.notices.keeper import Keeper
from board.notices.losses import Loss, loss_of
from board.store.store import Store
from tests.board.event_files import START, scalar, version, write
from tests.board.notices.curves import CLEAN, CLEAN_OTHERS, Values
from tests.board.store.building import column_rows

ROOT = Path(__file__).resolve().parents[3]
SOON = 100  # points


def rows_of(tag: str, values: Values, first: int = 0):  # type: ignore[no-untyped-def]
    steps = np.arange(first, first + len(values))
    return column_rows(steps, values, START + steps)._replace(tags=(tag,))


class Watched:
    """A store that grows under a keeper's eyes."""

    def __init__(self) -> None:
        self.store = Store()
        self.keeper = Keeper(self.store)

    def add(self, run: str, tag: str, values: Values, first: int = 0, state: RunState = RunState.FINISHED) -> Delta:
        file = FileId(f"events.tfevents.{tag.replace('/', '_')}", 0)
        return self.store.commit([Stage(run, rows=[(file, rows_of(tag, values, first))], state=state)])

    def found(self) -> list[Notice]:
        return self.keeper.refresh().notices


def notices_of(tag: str, values: Values, *, by: int | None = None) -> list[Notice]:
    """What is said of one curve that came in at once, or so many points at a time."""
    watched = Watched()
    for first in range(0, len(values), by or len(values)):
        watched.add("a", tag, values[first : first + (by or len(values))], first)
        found = watched.found()
    return found


@pytest.mark.parametrize("tag", CLEAN)
def test_nothing_is_said_of_a_healthy_loss(tag: str) -> None:
    assert loss_of(tag) is Loss.TRAINING
    for seed in range(3):
        assert notices_of(tag, CLEAN[tag](seed)) == []


@pytest.mark.parametrize("tag", CLEAN_OTHERS)
def test_nothing_is_said_of_other_healthy_scalars(tag: str) -> None:
    for seed in range(2):
        assert notices_of(tag, CLEAN_OTHERS[tag](seed)) == []


@pytest.mark.parametrize("other", ["rollout/ep_rew_mean", "episode_return", "D/loss"])
def test_in_some_runs_no_loss_is_judged(other: str) -> None:
    watched = Watched()
    if other == "D/loss":
        watched.add("a", "G/loss", CLEAN_OTHERS["loss/G"](0))
    watched.add("a", "train/loss", diverged(0), 0)
    assert {notice.rule for notice in watched.found()} == {"divergence"}
    watched.add("a", other, CLEAN_OTHERS["global_step"](0))
    assert watched.found() == []


def test_nothing_is_said_of_our_sample_logs() -> None:
    with board.open(ROOT / "sample_logs", cache=False) as logs:
        assert logs.notices().notices == []
        assert logs.notices().is_pending is False


AT = 3_008


def diverged(seed: int) -> Values:
    values = CLEAN["train/loss"](seed)
    values[AT:] *= 1.05 ** np.minimum(np.arange(len(values) - AT), 300)
    return values


def jumped(seed: int) -> Values:
    values = CLEAN["lm/loss"](seed)
    values[AT:] += 12
    return values


def spiked(seed: int) -> Values:
    values = CLEAN["train/loss"](seed)
    values[AT] *= 10
    return values


def spiked_below_zero(seed: int) -> Values:
    values = CLEAN["train/nll"](seed)
    values[AT : AT + 3] += 10
    return values


def stopped_falling(seed: int) -> Values:
    values = 0.2 + 2.1 * np.exp(-np.arange(6000) / 1500)
    values[AT:] = values[AT]
    return values * (1 + 0.003 * np.random.default_rng(seed).normal(size=6000))


def stuck(seed: int) -> Values:
    values = 0.2 + 2.1 * np.exp(-np.arange(6000) / 1500)
    values[AT:] = values[AT]
    return values


def not_a_number(seed: int) -> Values:
    values = CLEAN_OTHERS["val/accuracy"](seed)
    values[AT] = math.nan
    return values


def infinite(seed: int) -> Values:
    values = CLEAN_OTHERS["lr"](seed)
    values[AT : AT + 5] = -math.inf
    return values


PLANTED: Mapping[str, tuple[str, str, object]] = {
    "diverged": ("divergence", "train/loss", diverged),
    "jumped": ("divergence", "lm/loss", jumped),
    "spike": ("spike", "train/loss", spiked),
    "spike of a likelihood": ("spike", "train/nll", spiked_below_zero),
    "plateau": ("plateau", "train/loss", stopped_falling),
    "stuck": ("plateau", "loss", stuck),
    "nan": ("nonfinite", "val/accuracy", not_a_number),
    "infinity": ("nonfinite", "lr", infinite),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found_soon_and_nothing_else(name: str) -> None:
    rule, tag, make = PLANTED[name]
    for seed in range(4):
        values = make(seed)  # type: ignore[operator]
        at = AT + seed
        assert notices_of(tag, values[: AT - 1]) == []
        (notice,) = notices_of(tag, values[: AT + SOON])
        assert notice.rule == rule
        assert (notice.run, notice.tag, notice.line) == ("a", tag, "")
        assert notice.step is not None
        assert AT - 16 <= notice.step <= at + SOON
        assert notice.wall_time == START + notice.step


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("by", [7, 333, 1000])
def test_it_is_the_same_however_the_points_came_in(name: str, by: int) -> None:
    _, tag, make = PLANTED[name]
    values = make(1)[AT - 1200 : AT + 150] if by == 7 else make(1)  # type: ignore[operator]
    assert notices_of(tag, values, by=by) == notices_of(tag, values)


def test_how_many_values_are_no_numbers_is_said() -> None:
    values = np.array([1.0, math.nan, 2.0, math.inf, math.nan, 3.0])
    (notice,) = notices_of("x", values, by=2)
    assert notice.message == "NaN at step 1, 3 such values up to step 4"
    assert notice.step == 1


def test_what_a_restart_hides_is_not_held_against_a_run(tmp_path: Path) -> None:
    old = [scalar("loss", step, math.nan if step == 8 else 1.0, wall_time=1000.0 + step) for step in range(10)]
    write(tmp_path / "a/events.out.tfevents.0000001000.h", version(1000), *old)
    with board.open(tmp_path, cache=False) as logs:
        assert [notice.rule for notice in logs.notices().notices] == ["nonfinite"]
        new = [scalar("loss", step, 0.5, wall_time=2000.0 + step) for step in range(5, 12)]
        write(tmp_path / "a/events.out.tfevents.0000002000.h", version(2000), *new)
        logs.refresh()
        assert logs.notices().notices == []


def test_a_run_that_fell_silent_was_seen_writing_before() -> None:
    watched = Watched()
    watched.add("old", "x", np.ones(3), state=RunState.STOPPED)
    watched.add("done", "x", np.ones(3), state=RunState.LIVE)
    watched.add("dead", "x", np.ones(3), state=RunState.LIVE)
    assert watched.found() == []
    watched.store.commit([Stage("done", state=RunState.FINISHED), Stage("dead", state=RunState.STALLED)])
    (notice,) = watched.found()
    assert (notice.rule, notice.run, notice.tag, notice.step) == ("silence", "dead", "", None)
    watched.store.commit([Stage("dead", state=RunState.STOPPED)])
    assert len(watched.found()) == 1
    watched.add("dead", "x", np.ones(2), 3, state=RunState.LIVE)
    assert watched.found() == []


def test_a_run_that_is_gone_is_no_news() -> None:
    watched = Watched()
    watched.add("a", "x", np.array([math.nan]))
    assert len(watched.found()) == 1
    watched.store.commit([Stage("a", is_removed=True)])
    assert watched.found() == []


def test_every_rule_is_spelt_out() -> None:
    assert [rule.id for rule in RULES] == ["nonfinite", "divergence", "spike", "plateau", "silence"]
    assert all(rule.rule.endswith(".") and len(rule.rule) > 40 for rule in RULES)


@pytest.mark.parametrize(
    ("tag", "loss"),
    [
        ("loss", Loss.TRAINING),
        ("train/Loss", Loss.TRAINING),
        ("trainLoss", Loss.TRAINING),
        ("train_cross_entropy", Loss.TRAINING),
        ("lm perplexity", Loss.TRAINING),
        ("Loss/val", Loss.VALIDATION),
        ("eval_loss", Loss.VALIDATION),
        ("loss_scale", Loss.NONE),
        ("policy/entropy", Loss.NONE),
        ("discriminator_loss", Loss.NONE),
        ("vf_loss", Loss.NONE),
        ("glossary", Loss.NONE),
        ("accuracy", Loss.NONE),
        ("time/loss", Loss.NONE),
    ],
)
def test_what_is_a_loss_is_told_by_its_words(tag: str, loss: Loss) -> None:
    assert loss_of(tag) is loss
