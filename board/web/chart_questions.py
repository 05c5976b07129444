"""What may be asked of charts: pixels, the exact points under the cursor, the statistics of a range."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, FiniteFloat, model_validator

from board.logs import BandRequest, PixelRequest, Smoothing
from board.web.encoding import asked_name
from board.web.limits import (
    MAX_CHARTS,
    MAX_COLUMNS,
    MAX_GROUPS,
    MAX_LINES,
    MAX_RUNS,
    MAX_WIDTH_PX,
    OneName,
    Question,
)

__all__ = ["NearestQuestions", "PixelsQuestion", "PixelsQuestions", "RangesQuestions", "Runs"]

X = Literal["step", "relative", "wall", "scalar"]
Runs = Annotated[list[OneName], Field(max_length=MAX_RUNS), AfterValidator(lambda runs: list(dict.fromkeys(runs)))]


class SmoothingQuestion(Question):
    """Over the whole series, before the pixels."""

    kind: Literal["none", "ema", "time_ema", "gaussian", "mean"] = "none"
    amount: Annotated[FiniteFloat, Field(ge=0, le=1e9)] = 0.0

    @model_validator(mode="after")
    def _check_amount(self) -> Self:
        if self.kind in ("ema", "time_ema") and self.amount >= 1:
            raise ValueError("the amount of an average that forgets is at least 0 and below 1")
        return self


class GroupQuestion(Question):
    """Runs that make one curve."""

    name: OneName
    runs: Runs


class _ChartQuestion(Question):
    id: OneName
    tag: OneName
    runs: Runs
    x: X = "step"
    x_tag: OneName | None = None  # the scalar whose values are x
    smoothing: SmoothingQuestion = SmoothingQuestion()
    partition: bool = False  # cut lines where steps go back in a file

    @model_validator(mode="after")
    def _check_x(self) -> Self:
        if (self.x == "scalar") != (self.x_tag is not None):
            raise ValueError('x_tag goes with x "scalar", and with no other')
        return self

    @property
    def line_count(self) -> int:
        """How many lines are looked at for it."""
        return len(self.runs)

    def asked_runs(self) -> list[str]:
        """The names of the runs as they are on disk."""
        return [asked_name(run) for run in self.runs]

    def asked_x(self) -> str | None:
        """The tag of x as it is on disk."""
        return None if self.x_tag is None else asked_name(self.x_tag)

    def asked_smoothing(self) -> Smoothing:
        """How the lines are smoothed."""
        return Smoothing(self.smoothing.kind, self.smoothing.amount)


class MarginQuestion(Question):
    """The scalars that bound a band around each line; of groups there is none."""

    lower: OneName
    upper: OneName


class PixelsQuestion(_ChartQuestion):
    """What one chart shows."""

    range: tuple[FiniteFloat, FiniteFloat] | None = None  # of x, ends included; None: all
    since: FiniteFloat | None = None  # x: only from here on, for who has what lies before it; not with a range
    width: Annotated[int, Field(ge=1, le=MAX_WIDTH_PX)]  # pixels
    superseded: bool = False
    raw: bool = True  # the curve before smoothing, too
    groups: Annotated[list[GroupQuestion], Field(max_length=MAX_GROUPS)] | None = None
    centre: Literal["mean", "median", "iqm"] = "mean"
    spread: Literal["none", "minmax", "std", "stderr", "bootstrap"] = "minmax"
    margin: MarginQuestion | None = None

    @property
    def line_count(self) -> int:
        """How many lines are looked at for it."""
        return len(self.runs) * (1 if self.margin is None else 3) + sum(len(group.runs) for group in self.groups or ())

    def asked_pixels(self) -> PixelRequest:
        """What is asked of each line."""
        low, high = self.range or (self.since, None)
        smoothing = self.asked_smoothing()
        return PixelRequest(
            x=self.x, lo=low, hi=high, width=self.width, smoothing=smoothing, superseded=self.superseded, raw=self.raw
        )

    def asked_groups(self) -> list[tuple[str, list[str]]]:
        """The groups, with names of runs as they are on disk."""
        return [(asked_name(group.name), [asked_name(run) for run in group.runs]) for group in self.groups or ()]

    def asked_bounds(self) -> tuple[str, str] | None:
        """The tags of the lower and the upper bound, as they are on disk."""
        return None if self.margin is None else (asked_name(self.margin.lower), asked_name(self.margin.upper))

    def asked_bands(self) -> BandRequest:
        """How the groups are drawn."""
        return BandRequest(self.centre, self.spread)


class NearestQuestion(_ChartQuestion):
    """Where the cursor stands."""

    at: FiniteFloat


class RangeQuestion(_ChartQuestion):
    """What is marked on one chart."""

    range: tuple[FiniteFloat, FiniteFloat]


class _Charts(Question):
    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        if sum(chart.line_count for chart in getattr(self, "charts")) > MAX_LINES:  # noqa: B009 - of the subclasses
            raise ValueError(f"at most {MAX_LINES} lines in one request, charts times runs")
        return self


class PixelsQuestions(_Charts):
    """The charts in view, in one request."""

    charts: Annotated[list[PixelsQuestion], Field(max_length=MAX_CHARTS)]

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        if sum(chart.width * chart.line_count for chart in self.charts) > MAX_COLUMNS:
            raise ValueError(f"at most {MAX_COLUMNS} pixel columns in one request, widths times runs")
        return self


class NearestQuestions(_Charts):
    """The charts that show the cursor."""

    charts: Annotated[list[NearestQuestion], Field(max_length=MAX_CHARTS)]


class RangesQuestions(_Charts):
    """The charts that have a range marked."""

    charts: Annotated[list[RangeQuestion], Field(max_length=MAX_CHARTS)]
