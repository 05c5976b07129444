"""Finds a pattern in the texts of many runs, newest first, within a time that is given."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import re2

from board.errors import MalformedValueError, UnknownSeriesError
from board.runs import Blob, BlobSeries
from board.texts.tables import as_one_text

__all__ = ["MAX_HITS", "Found", "Hit", "Span", "find_in_series", "find_spans", "literal"]

MAX_HITS = 500
MAX_SPANS = 200  # of one text
MAX_EXCERPT = 240  # characters
BEFORE = 60  # characters of a long line that stand before its match

Span = tuple[int, int]  # of characters


@dataclass(frozen=True, slots=True)
class Hit:
    """One text in which the pattern was found."""

    run: str
    blob: Blob
    count: int  # matches, at most MAX_SPANS
    line: int  # number of the line with the first match, from 1
    excerpt: str  # of that line
    spans: tuple[Span, ...]  # matches in the excerpt


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave."""

    hits: tuple[Hit, ...]
    searched: int  # texts that were looked at
    total: int  # texts that there are
    unreadable: int

    @property
    def is_complete(self) -> bool:
        """Whether every text was looked at."""
        return self.searched == self.total


def literal(text: str) -> str:
    """Return the regular expression that finds a text as it stands."""
    return str(re2.escape(text))


def find_spans(pattern: Any, text: str) -> list[Span]:
    """Return where a compiled pattern matches, empty matches left out."""
    found: list[Span] = []
    for match in pattern.finditer(text):
        start, end = match.span()
        if end > start:
            found.append((start, end))
            if len(found) == MAX_SPANS:
                break
    return found


def find_in_series(pattern: Any, series: Iterable[tuple[str, BlobSeries]], *, limit_s: float) -> Found:
    """Search series by series, the newest text of each first; ends with MAX_HITS or when the time is over."""
    listed = list(series)
    deadline = monotonic() + limit_s
    hits: list[Hit] = []
    searched = unreadable = 0
    for run, texts in listed:
        for index in range(len(texts) - 1, -1, -1):
            if len(hits) >= MAX_HITS or monotonic() > deadline:
                break
            searched += 1
            blob = texts[index]
            if blob.superseded:
                continue
            try:
                text = _searchable(as_one_text(blob.value))
            except (MalformedValueError, UnknownSeriesError):
                unreadable += 1
                continue
            spans = find_spans(pattern, text)
            if spans:
                hits.append(_hit(run, blob, text, spans))
    return Found(tuple(hits), searched, sum(len(texts) for _, texts in listed), unreadable)


def _searchable(text: str) -> str:
    """Put one character for each byte that is no UTF-8, which the engine would not take; places stay what they are."""
    return text if text.isascii() else "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def _hit(run: str, blob: Blob, text: str, spans: list[Span]) -> Hit:
    start = spans[0][0]
    head = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    first = max(head, start - BEFORE) if start - head > BEFORE else head
    last = min(len(text) if end < 0 else end, first + MAX_EXCERPT)
    inside = tuple((s - first, min(e, last) - first) for s, e in spans if s < last)
    return Hit(run, blob, len(spans), text.count("\n", 0, start) + 1, text[first:last], inside)
