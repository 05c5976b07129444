"""Which tags the patterns of a layout mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from board.query.evaluate import compile_regex, encodable

__all__ = ["MatchedPattern", "match_tags"]

MAX_MATCHES = 5_000_000  # patterns times tags of one answer
_COMPILED = 5_000  # matches that compiling a pattern takes as long as, at the worst


@dataclass(frozen=True, slots=True)
class MatchedPattern:
    """What a pattern means among the tags there are."""

    pattern: str
    tags: tuple[str, ...] = ()
    error: str | None = None  # why it means nothing


def match_tags(patterns: Iterable[Sequence[str]], tags: Sequence[str]) -> list[list[MatchedPattern]]:
    """Return for each chart's patterns the tags that they match, in the order of ``tags``.

    A pattern matches from a tag's beginning, and case counts, as with Python's ``re.match``; the engine is RE2, whose
    time grows with the text alone, so that look-around and back references are errors. A pattern that is a tag letter
    for letter means that tag too.
    """
    spelled = [(encodable(tag), tag) for tag in tags]
    known: dict[str, MatchedPattern] = {}
    left = MAX_MATCHES

    def matched(pattern: str) -> MatchedPattern:
        nonlocal left
        if pattern not in known:
            left -= len(spelled) + _COMPILED
            known[pattern] = _matched(pattern, spelled) if left >= 0 else MatchedPattern(pattern, (), "too much to do")
        return known[pattern]

    return [[matched(pattern) for pattern in chart] for chart in patterns]


@lru_cache(256)
def _compile(pattern: str) -> Any:
    return compile_regex(pattern, is_cased=True)


def _matched(pattern: str, tags: list[tuple[str, str]]) -> MatchedPattern:
    if not pattern:
        return MatchedPattern(pattern, (), "an empty pattern matches nothing")
    try:
        compiled = _compile(encodable(pattern))
    except ValueError as error:
        own = tuple(tag for _, tag in tags if tag == pattern)
        return MatchedPattern(pattern, own, None if own else f"not a regex, {error}")
    return MatchedPattern(pattern, tuple(tag for name, tag in tags if tag == pattern or compiled.match(name)))
