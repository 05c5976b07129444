"""Scalars of several runs and tags as one table: CSV, JSON or Parquet, sent as they are made."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from board.errors import BadRequestError
from board.export.parquet import parquet_parts
from board.store.batches import Batch, Selection, batches
from board.store.series import SeriesView

__all__ = ["FORMATS", "Format", "Selection", "Table", "find_format", "plain_text", "series_csv", "spreadsheet_text"]

# What a spreadsheet takes for a formula: "=cmd|..." runs a program where somebody opens the file and says yes.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_EXACT_STEP = 1 << 53  # beyond it JavaScript has no integers


@dataclass(frozen=True, slots=True)
class Table:
    """What to export."""

    series: Sequence[tuple[str, str, SeriesView]]  # run, tag and points, in the order of the rows
    selection: Selection

    def batches(self) -> Iterator[tuple[str, str, Batch]]:
        """Yield (run, tag, points), series by series."""
        for run, tag, series in self.series:
            for batch in batches(series, self.selection):
                yield run, tag, batch

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        smoothed = ["smoothed"] if self.selection.is_smoothed else []
        return ["run", "tag", "line", "step", "wall_time", "value", *smoothed, "superseded"]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a table."""

    media_type: str
    ending: str
    parts: Callable[[Table], Iterator[bytes]]


def spreadsheet_text(name: str) -> str:
    """Return a name as a spreadsheet shows it and never runs it: an apostrophe before what it takes for a formula."""
    text = plain_text(name)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def plain_text(name: str) -> str:
    """Return a name, whose bytes need not have been text, as text."""
    return name.encode("utf-8", "backslashreplace").decode()


def _csv_parts(table: Table) -> Iterator[bytes]:
    yield (",".join(table.columns) + "\r\n").encode()
    for run, tag, batch in table.batches():
        head = io.StringIO()
        csv.writer(head).writerow([spreadsheet_text(run), spreadsheet_text(tag), spreadsheet_text(batch.line)])
        names = head.getvalue().removesuffix("\r\n")
        # repr: the shortest text that reads back as the very same number
        yield "".join(
            f"{names},{step},{','.join(map(repr, values))},{int(hidden)}\r\n" for step, *values, hidden in _rows(batch)
        ).encode()


def series_csv(series: SeriesView) -> Iterator[bytes]:
    """Yield every point of one series as CSV, without names: in the order of its files, lines that end as on Linux."""
    yield b"step,wall_time,value,superseded\n"
    for batch in batches(series, Selection()):
        yield "".join(f"{','.join(map(repr, numbers))},{int(hidden)}\n" for *numbers, hidden in _rows(batch)).encode()


def _json_parts(table: Table) -> Iterator[bytes]:
    """One object a line of a series, as it comes: its points are rows of the columns that are named."""
    columns = json.dumps(table.columns[3:])
    yield f'{{"columns": {columns}, "series": ['.encode()
    before: tuple[str, str, str] | None = None
    for run, tag, batch in table.batches():
        name = (run, tag, batch.line)
        if name != before:
            named = dict(zip(("run", "tag", "line"), map(plain_text, name), strict=True))
            head = json.dumps(named, ensure_ascii=False)[:-1]
            yield f'{"]}," if before else ""}\n{head}, "points": ['.encode()
        rows = [[_json_step(step), *map(_json_number, values), hidden] for step, *values, hidden in _rows(batch)]
        text = json.dumps(rows, separators=(",", ":"))[1:-1]
        yield f"{',' if name == before and text else ''}\n{text}".encode()
        before = name
    yield b"]}\n]}\n" if before else b"]}\n"


def _rows(batch: Batch) -> Iterator[tuple[Any, ...]]:
    smoothed = () if batch.smoothed is None else (batch.smoothed.tolist(),)
    return zip(
        batch.step.tolist(),
        batch.wall_time.tolist(),
        batch.value.tolist(),
        *smoothed,
        batch.superseded.tolist(),
        strict=True,
    )


def _json_step(step: int) -> int | str:
    return step if abs(step) <= _EXACT_STEP else str(step)


def _json_number(value: float) -> float | str:
    """As everywhere in our JSON, which has no words for what is not finite."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _parquet_parts(table: Table) -> Iterator[bytes]:
    named = ((plain_text(run), plain_text(tag), plain_text(batch.line), batch) for run, tag, batch in table.batches())
    return parquet_parts(named, table.selection.is_smoothed)


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", "csv", _csv_parts),
    "json": Format("application/json", "json", _json_parts),
    "parquet": Format("application/vnd.apache.parquet", "parquet", _parquet_parts),
}


def find_format(name: str) -> Format:
    """Return a format by its name; BadRequestError where there is none."""
    if name not in FORMATS:
        raise BadRequestError(f"format {name!r} is none of {', '.join(FORMATS)}")
    return FORMATS[name]
