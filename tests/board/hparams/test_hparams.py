"""Hyper-parameters from wherever a training leaves them, in files of other writers or as those write them."""

import json
import math
import os
import time
from pathlib import Path

import pytest

import board
from board.errors import MalformedValueError
from board.hparams.files import MAX_FILE_BYTES, parse_yaml
from board.hparams.flat import MAX_NAMES, flatten
from board.hparams.reading import LOOK_AGAIN_S
from tests.board.event_files import scalars, text, write
from writer import SummaryWriter

CORPUS = Path(__file__).resolve().parents[2] / "corpus/logs"
FILE = "events.out.tfevents.1790000000.host"


def run_with(folder: Path, **files: str) -> Path:
    """Make a run of three points, with files beside it: ``config_json="{}"`` is config.json."""
    write(folder / FILE, *scalars(3))
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("hparams/trial_0", {"bn": False, "lr": 0.1, "units": 16, "optimizer": "sgd"}),
        ("hparams/trial_1", {"bn": True, "lr": 0.01, "units": 32, "optimizer": "adam"}),
        ("hparams/trial_2", {"bn": False, "lr": 0.001, "units": 48, "optimizer": "adam"}),
        ("torch/run_a", {"lr": 0.1, "bs": 32, "opt": "adam", "aug": 1}),
        ("torch/run_b", {"lr": 0.1, "bs": 32, "opt": "adam", "aug": 1}),
        ("tensorboardx/run_x", {"lr": 0.1, "bs": 32, "opt": "adam", "aug": True}),
        ("keras/train", {}),
    ],
)
def test_every_run_of_other_writers_has_its_own(run: str, expected: dict[str, object]) -> None:
    with board.open(CORPUS, cache=False) as logs:
        assert logs[run].hparams == expected
        assert logs.all_hparams()[run].values == expected


def test_a_trial_in_a_sub_run_says_what_judges_its_run() -> None:
    with board.open(CORPUS, cache=False) as logs:
        found = logs.hparams("torch/run_a")
        assert found.metrics == ("hparam/acc", "hparam/loss")
        assert found.status == "success"
        assert set(found.sources.values()) == {"hparams event"}
        assert logs.hparams("hparams").metrics == ("accuracy",)


def test_our_own_writer_s(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_hparams({"lr": 0.5, "name": "é", "on": True}, {"best": 1.0})
    with board.open(tmp_path, cache=False) as logs:
        assert logs["a"].hparams == {"lr": 0.5, "name": "é", "on": 1}


def test_files_beside_the_events_nested_and_odd(tmp_path: Path) -> None:
    run_with(
        tmp_path / "a",
        config_json='{"optim": {"lr": 0.1, "betas": [0.9, 0.999]}, "none": null, "nan": NaN, "big": -Infinity, "e":{}}',
        hparams_yaml="lr: 1e-3\nlayers:\n- {width: 64}\n- {width: 32}\nwhen: 2026-11-23\n",
        args_json='{"lr": 7, "seed": 3}',
    )
    with board.open(tmp_path, cache=False) as logs:
        found = logs.hparams("a")
    values = dict(found.values)
    assert math.isnan(values.pop("nan"))
    assert values == {
        "optim.lr": 0.1,
        "optim.betas": [0.9, 0.999],
        "none": None,
        "big": -math.inf,
        "e": None,
        "lr": 1e-3,
        "layers.0.width": 64,
        "layers.1.width": 32,
        "when": "2026-11-23",
        "seed": 3,
    }
    assert found.sources["lr"] == "hparams.yaml"
    assert found.sources["seed"] == "args.json"
    assert found.problems == ()


def test_an_integer_that_python_would_not_write_is_a_text(tmp_path: Path) -> None:
    digits = "f" * 5000
    run_with(
        tmp_path / "a", config_yaml=f"big: 0x{digits}\nin: [0x{digits}]\n? 0x{digits}\n: 1\nlarge: 0x{'f' * 2000}\n"
    )
    with board.open(tmp_path, cache=False) as logs:
        values = logs.hparams("a").values
    assert values == {"big": f"0x{digits}", "in": [f"0x{digits}"], f"0x{digits}": 1, "large": 16**2000 - 1}


def test_yaml_makes_nothing_but_plain_values(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    evil = f"a: !!python/object/apply:os.system ['touch {canary}']\nt: !!python/tuple [1, 2]\n"
    evil += "o: !!python/object:argparse.Namespace {lr: 0.1}\nn: !!python/name:os.system\ne: !Own 5\n"
    parsed = parse_yaml(evil)
    assert parsed == {"a": [f"touch {canary}"], "t": [1, 2], "o": {"lr": 0.1}, "n": "", "e": "5"}
    assert not canary.exists()


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\n"
        + "\n".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]" for i in range(9)),
        "a: &a {x: 1}\n"
        + "\n".join(
            f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{', '.join([f'*{chr(97 + i)}'] * 90)}]}}" for i in range(20)
        ),
        "a: " + "[" * 5000,
        "{" * 5000,
        "a: &a [*a]",
        "\t",
        "a: b: c",
    ],
    ids=["aliases", "merges", "deep", "deep maps", "itself", "tab", "colons"],
)
def test_a_hostile_file_costs_little_and_is_said(tmp_path: Path, bomb: str) -> None:
    run_with(tmp_path / "a", config_yaml=bomb, args_json='{"lr": 1}')
    began = time.process_time()
    with board.open(tmp_path, cache=False) as logs:
        found = logs.hparams("a")
    assert time.process_time() - began < 5
    assert found.values["lr"] == 1  # the other file is read all the same
    assert len(found.values) <= MAX_NAMES + 1
    assert found.problems == () or "config.yaml" in found.problems[0]


def test_json_that_is_none_is_said(tmp_path: Path) -> None:
    run_with(tmp_path / "a", config_json='{"lr": ', args_json="[1, 2]")
    with board.open(tmp_path, cache=False) as logs:
        found = logs.hparams("a")
    assert found.values == {}
    assert len(found.problems) == 2
    assert all(str(tmp_path) not in said for said in found.problems)


def test_nothing_outside_of_the_run_s_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"password": 1}')
    run = run_with(tmp_path / "logs/a")
    (run / "config.json").symlink_to(tmp_path / "secret.json")
    os.mkfifo(run / "args.json")
    (run / "hparams.yaml").mkdir()
    with board.open(tmp_path / "logs", cache=False) as logs:
        assert logs.hparams("a").values == {}


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    run_with(tmp_path / "a", config_json=json.dumps({"x": "y" * MAX_FILE_BYTES}))
    with board.open(tmp_path, cache=False) as logs:
        found = logs.hparams("a")
    assert found.values == {}
    assert "at most" in found.problems[0]


def test_a_text_of_a_megabyte_is_kept_whole(tmp_path: Path) -> None:
    run_with(tmp_path / "a", config_json=json.dumps({"prompt": "é" * 500_000}))
    with board.open(tmp_path, cache=False) as logs:
        assert logs["a"].hparams["prompt"] == "é" * 500_000


def test_texts_that_are_json_as_a_whole(tmp_path: Path) -> None:
    write(
        tmp_path / "a" / FILE,
        *scalars(3),
        text("args/text_summary", 0, '{"lr": 0.1, "a": {"b": [1]}}'),
        text("run/config", 0, '```json\n{"depth": 2}\n```'),
        text("model_config/text_summary", 0, '{"hidden": 64}'),
        text("config", 0, "lr is {0.1}"),
        text("note", 0, '{"not": "asked"}'),
        text("hparams", 0, '{"one": 1}', '{"two": 2}'),
    )
    with board.open(tmp_path, cache=False) as logs:
        found = logs.hparams("a")
    assert found.values == {"lr": 0.1, "a.b": [1], "depth": 2, "model_config.hidden": 64}
    assert found.sources["lr"] == "text args/text_summary"


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    run = run_with(tmp_path / "a", config_json='{"lr": 1}')
    with board.open(tmp_path, cache=False) as logs:
        first = logs.hparams("a")
        assert first.values == {"lr": 1}
        assert logs.hparams("a") is first
        (run / "config.json").write_text('{"lr": 22}')
        deadline = time.monotonic() + 10 * LOOK_AGAIN_S
        while logs.hparams("a").values != {"lr": 22}:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_flat_names_and_their_limits() -> None:
    assert flatten({"a": {"b": {"c": 1}}, "d": [[1, 2], [3]], 4: True, "f": [{"g": 1}, 2]}) == {
        "a.b.c": 1,
        "d": [[1, 2], [3]],
        "4": True,
        "f.0.g": 1,
        "f.1": 2,
    }
    assert flatten({"lr": 1}, "model") == {"model.lr": 1}
    assert len(flatten({str(i): i for i in range(MAX_NAMES + 5)})) == MAX_NAMES
    deep: dict[str, object] = {}
    for _ in range(500):
        deep = {"a": deep}
    assert len(flatten(deep)) == 1


def test_yaml_that_is_none_says_where() -> None:
    with pytest.raises(MalformedValueError, match="line 3, column 1"):
        parse_yaml("a: 1\nb: [1, 2")
