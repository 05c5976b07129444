"""The last, least and greatest value of scalars, over all visible points, kept up as they grow."""

import re
from collections.abc import Iterable
from math import isfinite, nan
from threading import Lock
from typing import NamedTuple

import numpy as np

from board.model import Kind
from board.store.pieces import StoredColumn
from board.store.run_view import RunView
from board.store.series import STEP, VALUE, Line, Segment

__all__ = ["Extremes", "Metrics", "direction_of", "is_less_better"]

MAX_KEPT = 500_000  # (run, tag, session) of which the extremes are remembered
_LESS_IS_BETTER = re.compile(r"loss|err|perplexity|ppl|nll|mse|mae|time|latency|entropy", re.IGNORECASE)


def is_less_better(tag: str) -> bool:
    """Whether the best of a scalar is its least value, judged by its name."""
    return _LESS_IS_BETTER.search(tag) is not None


# What a word of a tag says of its values; where several do, the last one counts (reward_loss is a loss).
_LESS = re.compile(
    r"loss(es)?|errors?|err|crossentropy|xent|bce|nll|perplexity|ppl|r?mse|map?e|[wc]er|[fk]id|ece|brier|regret|latency"
    r"|time|seconds|divergence"
)
_MORE = re.compile(
    r"accuracy|acc|auc|auroc|auprc|f1|precision|recall|m?iou|m?ap|dice|jaccard|bleu|rouge|chrf|psnr|ssim|r2|rewards?"
    r"|returns?|score|success|top[15]|elbo|throughput|mcc|kappa|ndcg|mrr|winrate"
)
# A loss_scale is no loss, and the spread of a reward no reward.
_DISARMING = re.compile(r"scale|weights?|coef(ficient)?|factor|lr|grad(ient)?s?|norm|std|var(iance)?|bias|count|clip")
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


def direction_of(tag: str) -> int:
    """Return 1 where more of a scalar is better, -1 where less is, 0 where its name does not say: 0 when in doubt."""
    words = [word.lower() for word in _WORDS.findall(tag)]
    if any(_DISARMING.fullmatch(word) for word in words):
        return 0
    if "entropy" in words and "cross" in words:
        return -1
    told = [(1 if _MORE.fullmatch(word) else -1) for word in words if _MORE.fullmatch(word) or _LESS.fullmatch(word)]
    return told[-1] if told else 0


class Extremes(NamedTuple):
    """What one run's scalar came to; least and greatest of its finite values, NaN where it has none."""

    points: int  # visible ones
    last: float  # of the greatest step; may be NaN or infinite
    last_step: int
    least: float
    least_step: int
    greatest: float
    greatest_step: int

    def best(self, tag: str) -> tuple[float, int]:
        """Return the value that is best for a scalar of that name, and its step."""
        return (self.least, self.least_step) if is_less_better(tag) else (self.greatest, self.greatest_step)


class _Span(NamedTuple):
    """Extremes of the first rows of a segment."""

    rows: int
    least: float = nan
    least_step: int = 0
    greatest: float = nan
    greatest_step: int = 0


class Metrics:
    """Computes on demand, in the caller's thread, only what has grown since the last time."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = Lock()  # held for a look-up, never while columns are read
        self._spans: dict[tuple[int, int | None], _Span] = {}  # by token and cut of a segment

    def extremes(self, view: RunView, tag: str) -> Extremes | None:
        """Return what a run's scalar came to; None where the run has no visible point of it."""
        series = view.series.get((tag, Kind.SCALAR))
        return None if series is None else self._of_lines(series.lines)

    def _of_lines(self, lines: Iterable[Line]) -> Extremes | None:
        lasts = [last for line in lines if (last := line.last) is not None]
        if not lasts:
            return None
        last = max(lasts, key=lambda point: point.step)
        segments = [segment for line in lines for segment in line.segments if segment.visible]
        spans = [self._of_segment(segment) for segment in segments]
        finite = [span for span in spans if isfinite(span.least)]
        least = min(finite, key=lambda span: span.least, default=_Span(0))
        greatest = max(finite, key=lambda span: span.greatest, default=_Span(0))
        count = sum(segment.visible for segment in segments)
        return Extremes(
            count, last.value, last.step, least.least, least.least_step, greatest.greatest, greatest.greatest_step
        )

    def _of_segment(self, segment: Segment) -> _Span:
        key = (segment.part.token, segment.cut)
        with self._lock:
            known = self._spans.get(key, _Span(0))
        mask = segment.mask
        stop = segment.part.count if mask is not None else segment.visible
        if known.rows == stop:
            return known
        if known.rows > stop or mask is not None:
            known = _Span(0)
        span = _grown(known, segment, stop)
        with self._lock:
            if len(self._spans) > MAX_KEPT:
                self._spans.clear()
            self._spans[key] = span
        return span


def _grown(span: _Span, segment: Segment, stop: int) -> _Span:
    """Return the extremes of all rows up to ``stop``, with those that are known."""
    columns, count, hidden = segment.part.columns, segment.part.count, segment.mask
    steps = StoredColumn([columns], STEP, np.int64, [count])
    least, least_row, greatest, greatest_row = span.least, -1, span.greatest, -1
    for first, values in StoredColumn([columns], VALUE, np.float64, [count]).pieces(span.rows, stop):
        shown = values if hidden is None else np.where(hidden[first : first + len(values)], nan, values)
        finite = np.isfinite(shown)
        if not finite.all():
            if not finite.any():
                continue
            low, high = np.where(finite, shown, np.inf), np.where(finite, shown, -np.inf)
        else:
            low = high = shown
        i, j = int(low.argmin()), int(high.argmax())
        if not low[i] >= least:  # smaller, or the first
            least, least_row = float(low[i]), first + i
        if not high[j] <= greatest:
            greatest, greatest_row = float(high[j]), first + j
    least_step = span.least_step if least_row < 0 else int(steps.at(least_row))
    greatest_step = span.greatest_step if greatest_row < 0 else int(steps.at(greatest_row))
    return _Span(stop, least, least_step, greatest, greatest_step)
