"""Which runs a query means, on logs with hyper-parameters, scalars and facts."""

import json
import math
from collections.abc import Iterator

import pytest

import board
from board.errors import QueryError
from board.logs import Logs, RunChoices
from tests.board.event_files import scalar, version, write
from writer import SummaryWriter

FILE = "events.out.tfevents.1790000000.host"
CHOICES = {
    "sweep/b": RunChoices(title="The good one", tags=frozenset({"baseline", "paper"}), star=True),
    "sweep/c": RunChoices(note="too slow", archived=True),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logs]:
    root = tmp_path_factory.mktemp("queries")
    configs = {
        "sweep/a": {"lr": 0.1, "optim": {"name": "adam"}, "layers": [64, 32], "amp": True, "seed": 1, "large": 10**400},
        "sweep/b": {"lr": 0.01, "optim": {"name": "SGD"}, "amp": False, "seed": 2, "large": 3},
        "sweep/c": {"lr": "1e-3", "optim": {"name": "sgd"}, "momentum": None, "seed": math.nan},
        "odd lr<1": {},
    }
    for at, (name, config) in enumerate(configs.items()):
        losses = [2.0, 1.0 + at, 0.5 * (at + 1)]
        points = [scalar("val/loss", 100 * i, loss) for i, loss in enumerate(losses)]
        points += [scalar("val/acc", 100 * i, value) for i, value in enumerate((0.1, 0.9 - at / 10, math.nan))]
        points += [scalar("train/loss", 0, 1.0)] if at == 0 else []
        write(root / name / FILE, version(), *points)
        (root / name / "config.json").write_text(json.dumps(config))
    with SummaryWriter(root / "ours") as writer:
        writer.add_scalar("lr", 0.5, 7)
    with board.open(root, cache=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("lr < 0.05", "b c"),
        ("lr = 0.1", "a"),
        ("lr >= 0.01 and lr <= 0.1", "a b"),
        ("last(lr) = 0.5", "ours"),
        ("optim.name = sgd", "b c"),
        ("name ~ ^sweep/[ab]$", "a b"),
        ('name ~ "^sweep/(a|c)"', "a c"),
        ("name !~ sweep", "odd ours"),
        ("not name ~ sweep", "odd ours"),
        ("layers = '[64, 32]'", "a"),
        ("amp and has(lr)", "a"),
        ("not amp and seed > 0", "b"),
        ("amp = false", "b"),
        ("momentum = none", "c"),
        ("has(momentum)", "c"),
        ("seed = nan", "c"),
        ("seed != 1", "b c"),
        ("lr in (0.1, 0.001)", "a c"),
        ("lr not in (0.1, 0.001)", "b odd ours"),
        ("val/loss <= 1", "a b"),
        ("min(val/loss) < 0.6", "a"),
        ("best(val/loss) < 0.6", "a"),
        ("best(acc) > 0.75", "a b"),
        ("max(val/acc) > 0.85", "a"),
        ("last(val/acc) = nan", "a b c odd"),
        ("steps > 100", "a b c odd"),
        ("steps(val/acc) = 200", "a b c odd"),
        ("count(val/acc) = 3", "a b c odd"),
        ("has(train/loss)", "a"),
        ("tags = train/loss", "a"),
        ("tags ~ ^val/ and lr > 0", "a b c"),
        ("state = finished", "ours"),
        ("state in (stopped, stalled, running)", "a b c odd"),
        ("age < 1h", "ours"),
        ("start < 2100-01-01", "a b c odd ours"),
        ("start > 2100-01-01", ""),
        ("pid > 0", "ours"),
        ("fact(pid) > 0", "ours"),
        ("tag = baseline", "b"),
        ("not tag = baseline and lr > 0", "a c"),
        ("tag in (paper, other)", "b"),
        ("star and has(lr)", "b"),
        ("archived = true", "c"),
        ("title ~ good", "b"),
        ("note ~ slow", "c"),
        ("nothing = 1", ""),
        ('"lr"', "odd"),
        ("sweep or ours", "a b c ours"),
        # texts and regular expressions
        ("SWEEP", ""),
        ("sweep", "a b c"),
        ("sweep/(a|b)", "a b"),
        ("odd lr<1", "odd"),
        ("lr<", "odd"),
        ("odd lr", "odd"),
        ("", "a b c odd ours"),
    ],
)
def test_the_runs_that_are_meant(logs: Logs, text: str, runs: str) -> None:
    found = logs.query(text, CHOICES)
    names = logs.runs if found.runs is None else found.runs
    assert sorted(name.rpartition("/")[2].partition(" ")[0] for name in names) == runs.split()


def test_how_a_text_was_understood(logs: Logs) -> None:
    assert [logs.query(text).kind for text in ("", "sweep", "a|b", "lr < 1", "lr<")] == [
        "none",
        "text",
        "regex",
        "query",
        "text",
    ]
    assert logs.query("nothing = 1 and lr < 1").note == "no run has nothing"
    assert logs.query("age < 2h").moves
    assert not logs.query("lr < 1").moves


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("state = foo", "foo is no state; there are running, starting, live, stalled, stopped, finished, column 9"),
        ("loss < 1", "loss may be train/loss or val/loss: write it in full, column 1"),
        ("worst(lr) < 1", "there is no function worst"),
        ("lr < small", "expected a number after <, column 6"),
        ("start > soon", "soon is no date such as 2026-11-23, column 9"),
        ('name ~ "("', "this is no regular expression: missing ): (, column 8"),
        ("*", "this is no regular expression"),
        ("best(lr)", "expected an operator such as < after best"),
        ("lr = ", "expected a value after =, column 5"),
        ("lr < 1 and opt", "expected an operator such as < after opt, which no run's name has, column 15"),
    ],
)
def test_what_cannot_be_understood(logs: Logs, text: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        logs.query(text)
    assert said in str(raised.value)


def test_a_regular_expression_takes_linear_time(logs: Logs) -> None:
    assert logs.query('name ~ "^(a+)+$"').runs == []
    assert logs.query("(x+x+)+y").runs == []


def test_what_can_be_typed_next(logs: Logs) -> None:
    def offered(text: str) -> list[str]:
        return [option.text for option in logs.complete(text, len(text), CHOICES).options]

    assert {"lr", "seed", "optim.name"} <= set(offered(""))
    assert offered("opt") == ["optim.name"]
    assert offered("val") == ["val/acc", "val/loss"]
    assert offered("best(ac") == ["val/acc)"]
    assert offered("state = st") == ["starting", "stalled", "stopped"]
    assert offered("lr ")[:3] == ["=", "!=", "<"]
    assert set(offered("lr = ")) == {"0.1", "0.01", "1e-3"}
    assert offered("optim.name = S") == ["SGD", "sgd"]
    assert offered("tag = ") == ["baseline", "paper"]
    assert offered("lr < 1 ") == ["and", "or"]
    assert offered("lr in (") == offered("lr = ")
    found = logs.complete("lr < 1 and opti = x", 15, CHOICES)
    assert (found.start, found.end) == (11, 15)
    assert [option.text for option in found.options] == ["optim.name"]


def test_groups(logs: Logs) -> None:
    def groups(by: str, name: str = "") -> dict[str, list[str]]:
        return {group.name: [run.rpartition("/")[2] for run in group.runs] for group in logs.groups(by, name)}

    assert groups("folder") == {"": ["odd lr<1", "ours"], "sweep": ["a", "b", "c"]}
    assert groups("hparam", "optim.name") == {"SGD": ["b"], "adam": ["a"], "sgd": ["c"]}
    assert list(groups("hparam", "lr")) == ["0.01", "0.1", "1e-3"]
    assert list(groups("hparam", "large")) == ["3", "1" + "0" * 199]
    assert groups("regex", "^(sweep)/([ab])") == {"sweep/a": ["a"], "sweep/b": ["b"]}
    assert groups("regex", "[a-z]+") == {"odd": ["odd lr<1"], "ours": ["ours"], "sweep": ["a", "b", "c"]}
    with pytest.raises(QueryError):
        logs.groups("regex", "(")
