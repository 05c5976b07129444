"""The difference of two long texts, line by line; those of one line are cut where their values end."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

__all__ = ["MAX_LINES", "Change", "TextDifference", "difference_of_texts"]

MAX_LINES = 2_000  # that differ, on each side: comparing takes up to their product
MAX_CHARACTERS = 1_000  # of a line that is shown
MAX_SHOWN = 4_000  # lines
CONTEXT = 3  # equal lines around a change
_LONG = 160  # characters: a line alone is taken apart
_PIECES = re.compile(r"[^,;{}\[\]\n]*[,;{}\[\]\n]?\s*")


class Change(NamedTuple):
    """One line of the difference."""

    sign: str  # " " on both sides, "-" before, "+" after, "…" where equal lines are left out
    text: str


class TextDifference(NamedTuple):
    """Of two texts."""

    changes: tuple[Change, ...]
    added: int  # lines
    removed: int
    is_whole: bool  # else they are too long: what is in the middle was not compared line by line, or not shown


def difference_of_texts(before: str, after: str) -> TextDifference:
    """Return what it takes to make one text of the other, with three equal lines around each change."""
    old, new = (_lines(text) for text in (before, after))
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    is_whole = max(map(len, middle)) <= MAX_LINES
    found = [Change(" ", line) for line in old[:head]]
    if is_whole:
        for kind, i, j, k, m in SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
            if kind == "equal":
                found += [Change(" ", line) for line in middle[0][i:j]]
            else:
                found += [Change("-", line) for line in middle[0][i:j]] + [Change("+", line) for line in middle[1][k:m]]
    else:
        found += [Change("-", line) for line in middle[0]] + [Change("+", line) for line in middle[1]]
    found += [Change(" ", line) for line in old[len(old) - tail :]]
    added, removed = (sum(change.sign == sign for change in found) for sign in "+-")
    shown = _folded(found)
    return TextDifference(tuple(shown[:MAX_SHOWN]), added, removed, is_whole and len(shown) <= MAX_SHOWN)


def _lines(text: str) -> list[str]:
    lines = text.splitlines()
    if len(lines) > 1 or len(text) <= _LONG:
        return lines
    return [piece for piece in _PIECES.findall(text) if piece]


def _same(old: list[str], new: list[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _folded(changes: list[Change]) -> list[Change]:
    near = [False] * len(changes)
    for at, change in enumerate(changes):
        if change.sign != " ":
            for place in range(max(0, at - CONTEXT), min(len(changes), at + CONTEXT + 1)):
                near[place] = True
    shown: list[Change] = []
    left_out = 0
    for change, is_near in zip(changes, near, strict=True):
        if not is_near:
            left_out += 1
            continue
        if left_out:
            shown.append(Change("…", f"{left_out} equal"))
            left_out = 0
        text = change.text
        shown.append(change if len(text) <= MAX_CHARACTERS else change._replace(text=f"{text[:MAX_CHARACTERS]}…"))
    if left_out:
        shown.append(Change("…", f"{left_out} equal"))
    return shown
