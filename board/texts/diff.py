"""What differs between two texts: lines, and the words inside lines that were changed.

Lines that occur once in both texts hold the two together first (Bram Cohen's patience diff). What lies between them
is compared by Myers' algorithm (An O(ND) Difference Algorithm and Its Variations, 1986), whose time grows with the
number of differences, up to a limit; ``difflib``, which the words of a line are left to, would take minutes.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

__all__ = ["MAX_CHARACTERS", "DiffRow", "TextDiff", "compare_texts"]

MAX_CHARACTERS = 4 << 20  # of both texts; what is beyond is left out
MAX_CHANGES = 1_500  # lines that went or came between two anchors; beyond them all that lies there was replaced
MAX_WORDS = 400  # of a line whose words are compared
MAX_ROWS = 5_000  # in an answer
MAX_LINE = 4_000  # characters of a line that are shown
LEAST_ALIKE = 0.35  # share of the words that two lines have in common, below which marks would only confuse

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
Block = tuple[int, int, int, int]  # lines [a0, a1) of the left became [b0, b1) of the right
Parts = tuple[tuple[str, bool], ...]  # pieces of a line, and whether each is what changed


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of a comparison, or a number of equal lines that are left out."""

    kind: str  # "same", "removed", "added", "skipped"
    left: int | None = None  # number of the line, from 1
    right: int | None = None
    parts: Parts = ()
    count: int = 0  # lines that are left out here


@dataclass(frozen=True, slots=True)
class TextDiff:
    """How one text became another."""

    rows: tuple[DiffRow, ...]
    added: int  # lines
    removed: int
    is_cut: bool  # there is more than what was compared, or than the rows show


def compare_texts(left: str, right: str, *, context: int | None = 3) -> TextDiff:
    """Compare two texts line by line; ``context`` equal lines are kept around what differs, all of them where None."""
    half = MAX_CHARACTERS // 2
    a, b = left[:half].split("\n"), right[:half].split("\n")
    blocks = list(_changes(a, b))
    rows: list[DiffRow] = []
    for row in _rows(a, b, blocks, context):
        if len(rows) == MAX_ROWS:
            break
        rows.append(row)
    added, removed = sum(b1 - b0 for _, _, b0, b1 in blocks), sum(a1 - a0 for a0, a1, _, _ in blocks)
    is_cut = len(rows) == MAX_ROWS or len(left) > half or len(right) > half
    return TextDiff(tuple(rows), added, removed, is_cut)


def _changes(a: Sequence[str], b: Sequence[str]) -> Iterator[Block]:
    """Yield what was changed, in order, neighbours joined."""
    open_block: Block | None = None
    for block in _between(a, b, 0, len(a), 0, len(b)):
        a0, a1, b0, b1 = block
        if open_block and open_block[1] == a0 and open_block[3] == b0:
            open_block = (open_block[0], a1, open_block[2], b1)
            continue
        if open_block:
            yield open_block
        open_block = block
    if open_block:
        yield open_block


def _between(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> Iterator[Block]:
    """Compare a[a0:a1] with b[b0:b1]: what both begin and end with is the same, anchors divide the rest."""
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        a0, b0 = a0 + 1, b0 + 1
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1, b1 = a1 - 1, b1 - 1
    if a0 == a1 and b0 == b1:
        return
    anchors = _anchors(a, b, a0, a1, b0, b1) if a0 < a1 and b0 < b1 else []
    if anchors:
        stops = [(a0 - 1, b0 - 1), *anchors, (a1, b1)]
        for (i, j), (next_i, next_j) in pairwise(stops):
            yield from _gap(a, b, i + 1, next_i, j + 1, next_j)
    else:
        yield from _gap(a, b, a0, a1, b0, b1)


def _gap(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> Iterator[Block]:
    if a0 == a1 and b0 == b1:
        return
    if a0 == a1 or b0 == b1:
        yield a0, a1, b0, b1
        return
    i, j = a0, b0
    for same_i, same_j in [*_shared(a[a0:a1], b[b0:b1]), (a1 - a0, b1 - b0)]:
        if (a0 + same_i, b0 + same_j) != (i, j):
            yield i, a0 + same_i, j, b0 + same_j
        i, j = a0 + same_i + 1, b0 + same_j + 1


def _shared(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest common subsequence as pairs of places; none where more than MAX_CHANGES lines differ."""
    n, m = len(a), len(b)
    trace: list[array[int]] = []  # for each number of changes: how far down the left text each diagonal has come
    for changes in range(min(n + m, MAX_CHANGES) + 1):
        reached = array("q", bytes(8 * (changes + 1)))
        for place in range(changes + 1):  # of the diagonal i - j = 2 * place - changes
            k = 2 * place - changes
            i = _start(trace[-1], place)[1] if changes else 0
            while i < n and i - k < m and a[i] == b[i - k]:
                i += 1
            reached[place] = i
            if i >= n and i - k >= m:
                return _walk_back([*trace, reached], place, n)
        trace.append(reached)
    return []


def _start(before: "array[int]", place: int) -> tuple[int, int]:
    """Return which path goes on, with one more change, as the one at a place, and where it then is."""
    if place == 0 or (place < len(before) and before[place - 1] < before[place]):
        return place, before[place]  # a line came
    return place - 1, before[place - 1] + 1  # a line went


def _walk_back(trace: "list[array[int]]", place: int, i: int) -> list[tuple[int, int]]:
    pairs = []
    for changes in range(len(trace) - 1, -1, -1):
        k = 2 * place - changes
        place, start = _start(trace[changes - 1], place) if changes else (0, 0)
        pairs += [(at, at - k) for at in range(i - 1, start - 1, -1)]
        i = trace[changes - 1][place] if changes else 0
    return pairs[::-1]


def _anchors(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
    """Return the longest rising sequence of lines that occur once in both."""
    count_a, count_b = Counter(a[a0:a1]), Counter(b[b0:b1])
    place_b = {line: j for j, line in enumerate(b[b0:b1], b0) if count_b[line] == 1}
    pairs = [(i, place_b[line]) for i, line in enumerate(a[a0:a1], a0) if count_a[line] == 1 and line in place_b]
    tails: list[int] = []  # the least last place of a sequence of each length
    ends: list[int] = []  # and which pair it is
    before: list[int] = []
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(tails, j)
        tails[length : length + 1] = [j]
        ends[length : length + 1] = [n]
        before.append(ends[length - 1] if length else -1)
    found, n = [], ends[-1] if ends else -1
    while n >= 0:
        found.append(pairs[n])
        n = before[n]
    return found[::-1]


def _rows(a: Sequence[str], b: Sequence[str], blocks: Sequence[Block], context: int | None) -> Iterator[DiffRow]:
    i, j = 0, 0
    for n, (a0, a1, b0, b1) in enumerate(blocks):
        yield from _same(a, i, a0, j, context, is_first=n == 0)
        yield from _changed(a[a0:a1], b[b0:b1], a0, b0)
        i, j = a1, b1
    yield from _same(a, i, len(a), j, context, is_first=not blocks, is_last=True)


def _same(
    a: Sequence[str], i0: int, i1: int, j0: int, context: int | None, *, is_first: bool = False, is_last: bool = False
) -> Iterator[DiffRow]:
    head = 0 if is_first or context is None else context  # lines below the last change
    tail = 0 if is_last or context is None else context  # and above the next one
    if context is None or i1 - i0 <= head + tail + 1:  # one line is no longer than the words that stand for it
        head, tail = i1 - i0, 0
    for i in range(i0, i0 + head):
        yield DiffRow("same", i + 1, j0 + i - i0 + 1, ((a[i][:MAX_LINE], False),))
    skipped = i1 - i0 - head - tail
    if skipped:
        yield DiffRow("skipped", count=skipped)
    for i in range(i1 - tail, i1):
        yield DiffRow("same", i + 1, j0 + i - i0 + 1, ((a[i][:MAX_LINE], False),))


def _changed(removed: Sequence[str], added: Sequence[str], i: int, j: int) -> Iterator[DiffRow]:
    marked = [_words(one[:MAX_LINE], other[:MAX_LINE]) for one, other in zip(removed, added, strict=False)]
    for n, line in enumerate(removed):
        parts = marked[n][0] if n < len(marked) else ((line[:MAX_LINE], False),)
        yield DiffRow("removed", left=i + n + 1, parts=parts)
    for n, line in enumerate(added):
        parts = marked[n][1] if n < len(marked) else ((line[:MAX_LINE], False),)
        yield DiffRow("added", right=j + n + 1, parts=parts)


def _words(one: str, other: str) -> tuple[Parts, Parts]:
    """Mark the words in which two lines differ; none where they have little in common."""
    a, b = _WORDS.findall(one), _WORDS.findall(other)
    plain = ((one, False),), ((other, False),)
    if not a or not b or max(len(a), len(b)) > MAX_WORDS:
        return plain
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.quick_ratio() < LEAST_ALIKE or matcher.ratio() < LEAST_ALIKE:
        return plain
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for kind, i0, i1, j0, j1 in matcher.get_opcodes():
        is_changed = kind != "equal"
        if i1 > i0:
            left.append(("".join(a[i0:i1]), is_changed))
        if j1 > j0:
            right.append(("".join(b[j0:j1]), is_changed))
    return tuple(left), tuple(right)
