"""Follows one line of one scalar through all rules as it grows; what was looked at is never read again."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from board.notices.blocks import Cutter
from board.notices.divergence import Divergence
from board.notices.losses import Loss
from board.notices.plateau import Plateau
from board.notices.rules import Finding
from board.notices.spikes import Spikes
from board.store.pieces import StoredColumn
from board.store.series import STEP, VALUE, WALL_TIME, Line, Segment

__all__ = ["Curve"]


class Curve:
    """The state of the rules for one line."""

    __slots__ = (
        "_bad",
        "_cutter",
        "_done",
        "_first_bad",
        "_key",
        "_last_bad",
        "_loss",
        "_others",
        "_rules",
        "findings",
    )

    def __init__(self, loss: Loss) -> None:
        """Nothing was seen yet."""
        self._loss = loss
        self._key: tuple[tuple[int, int | None], ...] = ()
        self._start_over()

    def _start_over(self) -> None:
        self._done = 0  # visible points that were looked at
        self._bad = 0  # of them neither NaN nor infinite
        self._first_bad: tuple[int, float, float] | None = None  # step, wall_time, value
        self._last_bad = 0  # step
        self._others: tuple[Finding, ...] = ()
        self.findings: tuple[Finding, ...] = ()
        self._cutter = None if self._loss is Loss.NONE else Cutter()
        is_training = self._loss is Loss.TRAINING
        self._rules = (
            Divergence(is_validation=not is_training),
            Plateau() if is_training else None,
            Spikes() if is_training else None,
        )

    def follow(self, line: Line) -> bool:
        """Look at what has grown; returns whether there is anything new to say."""
        key = tuple((segment.part.token, segment.cut) for segment in line.segments)
        count = sum(segment.visible for segment in line.segments)
        before = self.findings
        is_odd = any(segment.mask is not None for segment in line.segments)
        if key != self._key or count < self._done or (is_odd and count != self._done):
            self._start_over()
        self._key = key
        bad, others = self._bad, len(self._others)
        at = 0
        for segment in line.segments:
            first = max(0, self._done - at)
            if first < segment.visible:
                self._follow(segment, first)
            at += segment.visible
        self._done = count
        if self._bad != bad or len(self._others) != others:
            self.findings = (*self._nonfinite(), *self._others)
        return self.findings != before

    def _follow(self, segment: Segment, first: int) -> None:
        """Look at the visible rows of a segment from ``first`` on."""
        columns, count = segment.part.columns, segment.part.count
        value = StoredColumn([columns], VALUE, np.float64, [count])
        step = StoredColumn([columns], STEP, np.int64, [count])
        time = StoredColumn([columns], WALL_TIME, np.float64, [count])
        hidden = segment.mask
        stop = count if hidden is not None else segment.visible
        for start, values in value.pieces(0 if hidden is not None else first, stop):
            end = start + len(values)
            shown = np.arange(start, end) if hidden is None else start + np.flatnonzero(~hidden[start:end])
            values = values if hidden is None else values[shown - start]
            finite = np.isfinite(values)
            is_clean = bool(finite.all())
            if not is_clean:
                bad = shown[~finite]
                self._bad += len(bad)
                self._last_bad = int(step.at(int(bad[-1])))
                if self._first_bad is None:
                    row = int(bad[0])
                    self._first_bad = (int(step.at(row)), float(time.at(row)), float(value.at(row)))
            if self._cutter is not None:
                steps, times = step.rows(start, end)[shown - start], time.rows(start, end)[shown - start]
                self._judge(values[finite], steps[finite], times[finite])

    def _judge(self, value: NDArray[np.float64], step: NDArray[np.int64], wall_time: NDArray[np.float64]) -> None:
        blocks = self._cutter.cut(value, step, wall_time) if self._cutter is not None else None
        if blocks is None:
            return
        divergence, plateau, spikes = self._rules
        found = [divergence.find(blocks), plateau.find(blocks) if plateau is not None else None]
        found += spikes.find(blocks) if spikes is not None else []
        self._others += tuple(one for one in found if one is not None)

    def _nonfinite(self) -> Iterator[Finding]:
        if self._first_bad is None:
            return
        step, wall_time, value = self._first_bad
        name = "NaN" if value != value else "infinity" if value > 0 else "-infinity"
        more = f", {self._bad} such values up to step {self._last_bad}" if self._bad > 1 else ""
        yield Finding("nonfinite", step, wall_time, f"{name} at step {step}{more}")
