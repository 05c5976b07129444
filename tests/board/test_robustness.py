"""Every bad input of the table, with both scan engines; nothing is altered, and what is not read is counted."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.board.robustness_cases import CASES, ELSEWHERE
from tests.board.robustness_reading import Case, look

pytestmark = pytest.mark.timeout(30)  # a hang is a failure as well
TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def look_plainly() -> Iterator[Callable[[Path], dict[str, Any]]]:
    """``look`` in a process that uses no compiled file."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.board.robustness_reading"],
        env=os.environ | {"TRAINBOARD_PURE": "1"},
        cwd=TESTS.parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None

    def ask(folder: Path) -> dict[str, Any]:
        child.stdin.write(json.dumps(str(folder)) + "\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())

    yield ask
    child.stdin.close()
    assert child.wait() == 0
    child.stdout.close()


def let_rest(logdir: Path) -> None:
    """Make the files look old, but for those whose age is the point: at rest, every verdict on them is the last one."""
    for folder, _, names in os.walk(logdir):
        for path in (Path(folder, name) for name in names):
            with suppress(OSError):
                if 1e9 < path.lstat().st_mtime < 2e9 and path.is_file():
                    os.utime(path, (1e9, 1e9))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number}-{ascii(case.name[:40])[1:-1]}")
def test_what_can_be_read_is_kept_and_the_rest_is_counted(
    case: Case, tmp_path: Path, look_plainly: Callable[[Path], dict[str, Any]]
) -> None:
    logdir = tmp_path / "logs"
    logdir.mkdir()
    case.build(logdir)
    let_rest(logdir)
    assert look(logdir) == case.expected
    assert look_plainly(logdir) == case.expected


def test_every_number_has_its_test() -> None:
    numbers = Counter(case.number for case in CASES)
    assert sorted({*numbers, *ELSEWHERE}) == list(range(1, 101))
    assert not set(numbers) & set(ELSEWHERE)
    assert len({(case.number, case.name) for case in CASES}) == len(CASES)
    for place in ELSEWHERE.values():
        if place is not None:
            path, _, name = place.partition("::")
            assert f"def {name}(" in (TESTS / path).read_text(), place
