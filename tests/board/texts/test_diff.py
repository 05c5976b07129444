"""What differs between two texts: the shortest account of it, made good time of, however hostile they are."""

import random
import time

import pytest

from board.texts import diff
from board.texts.diff import DiffRow, TextDiff, compare_texts

LIMIT_S = 20.0  # a hundred times what it takes


def told(found: TextDiff) -> list[str]:
    signs = {"same": " ", "removed": "-", "added": "+"}
    return [
        f"... {row.count}" if row.kind == "skipped" else signs[row.kind] + "".join(text for text, _ in row.parts)
        for row in found.rows
    ]


def rebuilt(found: TextDiff, side: str) -> str:
    """One of the two texts, out of the comparison."""
    gone = "added" if side == "left" else "removed"
    return "\n".join("".join(text for text, _ in row.parts) for row in found.rows if row.kind != gone)


def common(a: list[str], b: list[str]) -> int:
    """Length of the longest common subsequence, by the textbook."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def test_lines_that_went_and_came_stand_among_those_that_stayed() -> None:
    left = "\n".join(f"line {i}" for i in range(20))
    right = left.replace("line 9\n", "line nine\n").replace("line 15\n", "")
    found = compare_texts(left, right, context=2)
    assert (found.added, found.removed, found.is_cut) == (1, 2, False)
    assert told(found) == [
        *("... 7", " line 7", " line 8", "-line 9", "+line nine", " line 10", " line 11", " line 12"),
        *(" line 13", " line 14", "-line 15", " line 16", " line 17", "... 2"),
    ]
    numbered = {(row.left, row.right) for row in found.rows if row.kind == "same"}
    assert {(14, 14), (17, 16)} <= numbered


def test_the_words_that_differ_are_marked_and_only_they() -> None:
    removed, added = compare_texts("lr: 0.001 for all", "lr: 0.0003 for all").rows
    assert removed.parts == (("lr: 0.", False), ("001", True), (" for all", False))
    assert added.parts == (("lr: 0.", False), ("0003", True), (" for all", False))
    removed, added = compare_texts("one two three", "x = [1, 2, 3]").rows  # nothing in common: marks would not help
    assert [any(on for _, on in row.parts) for row in (removed, added)] == [False, False]


@pytest.mark.parametrize("seed", range(20))
def test_the_account_is_the_shortest_and_gives_back_both_texts(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        letters = "abcde"[: rng.randint(1, 5)]
        a, b = ([rng.choice(letters) for _ in range(rng.randint(0, 14))] for _ in range(2))
        pairs = diff._shared(a, b)
        assert len(pairs) == common(a, b)
        found = compare_texts("\n".join(a), "\n".join(b), context=None)
        assert rebuilt(found, "left") == "\n".join(a)
        assert rebuilt(found, "right") == "\n".join(b)


def test_equal_and_empty_texts() -> None:
    assert compare_texts("a\nb", "a\nb").rows == (DiffRow("skipped", count=2),)
    assert compare_texts("", "").rows == (DiffRow("same", 1, 1, (("", False),)),)
    assert told(compare_texts("", "a")) == ["-", "+a"]


def test_hostile_texts_take_no_time_and_no_room() -> None:
    lines = [f"{i % 400} {i % 7}" for i in range(20_000)]
    for left, right in (
        (lines, [f"changed {line}" if i % 50 == 0 else line for i, line in enumerate(lines)]),
        (["x"] * 20_000, ["x"] * 15_000),
        (["x", "y"] * 5_000, ["y", "x", "x"] * 5_000),
        ([str(i) for i in range(20_000)], [str(-i) for i in range(20_000)]),
        (["w " * 500_000], ["w " * 499_999 + "z"]),
        (["\u202e" * 100_000], ["\0" * 100_000]),
    ):
        began = time.monotonic()
        found = compare_texts("\n".join(left), "\n".join(right))
        assert time.monotonic() - began < LIMIT_S
        assert found.added or found.removed
        assert len(found.rows) <= diff.MAX_ROWS
        assert max(len(text) for row in found.rows for text, _ in row.parts) <= diff.MAX_LINE


def test_few_changes_among_lines_that_repeat_are_found_as_few() -> None:
    lines = [f"{i % 400}" for i in range(20_000)]
    changed = [f"changed {line}" if i % 50 == 0 else line for i, line in enumerate(lines)]
    found = compare_texts("\n".join(lines), "\n".join(changed))
    assert (found.added, found.removed) == (400, 400)
