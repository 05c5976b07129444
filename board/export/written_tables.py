"""A table that somebody has arranged, written as CSV, Markdown or LaTeX; no text in it can become anything else."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from board.export.tables import plain_text, spreadsheet_text

__all__ = ["WRITTEN", "WrittenColumn", "WrittenFormat"]

MAX_CELL = 32_767  # characters: what a cell of Excel or LibreOffice holds
MAX_SHOWN = 200  # in Markdown and LaTeX, which people read
_BATCH = 500  # rows that are written at a time
_SPACES = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$&])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}",
    "-": "-{}",  # two of them would be a dash
    "[": "{[}",  # behind the end of a row it would be an argument of that
    "]": "{]}",
    "*": "{*}",
}


class WrittenColumn(NamedTuple):
    """One column; a value that is missing is ``""``, None is a value."""

    label: str
    values: Sequence[Any]

    @property
    def is_number(self) -> bool:
        """Whether its cells belong to the right."""
        given = [value for value in self.values if value != ""]
        return bool(given) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)


class WrittenFormat(NamedTuple):
    """One way to write it."""

    media_type: str
    ending: str
    parts: Callable[[Sequence[WrittenColumn], int | None], Iterator[bytes]]


def _csv_parts(columns: Sequence[WrittenColumn], _: int | None) -> Iterator[bytes]:
    """Numbers whole; lines that end as RFC 4180 has it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([spreadsheet_text(column.label) for column in columns])
    for at, row in enumerate(_rows(columns), 1):
        writer.writerow([_csv_cell(value) for value in row])
        if at % _BATCH == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _csv_cell(value: Any) -> str:
    if _is_number(value):
        return _whole_number(value)
    return spreadsheet_text(_cut(_text(value), MAX_CELL))


def _markdown_parts(columns: Sequence[WrittenColumn], digits: int | None) -> Iterator[bytes]:
    """A table as GitHub and Pandoc read it."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |\n"

    yield line([_markdown(column.label) for column in columns]).encode()
    yield line(["---:" if column.is_number else "---" for column in columns]).encode()
    yield from _lines(columns, lambda value: _shown_number(value, digits), _markdown, line)


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _one_line(text))


def _latex_parts(columns: Sequence[WrittenColumn], digits: int | None) -> Iterator[bytes]:
    """A tabular with the lines of booktabs."""

    def line(cells: Sequence[str]) -> str:
        return f"  {' & '.join(cells)} \\\\\n"

    sides = "".join("r" if column.is_number else "l" for column in columns)
    yield f"% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{sides}}}\n  \\toprule\n".encode()
    yield line([_latex(column.label) for column in columns]).encode() + b"  \\midrule\n"
    yield from _lines(columns, lambda value: _latex_number(_shown_number(value, digits)), _latex, line)
    yield b"  \\bottomrule\n\\end{tabular}\n"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in _one_line(text))


def _latex_number(text: str) -> str:
    mantissa, e, power = text.partition("e")
    if e:
        return f"${mantissa} \\times 10^{{{int(power)}}}$"
    return {"inf": r"$\infty$", "-inf": r"$-\infty$", "nan": "NaN"}.get(text, f"${text}$")


def _lines(
    columns: Sequence[WrittenColumn],
    number: Callable[[Any], str],
    text: Callable[[str], str],
    line: Callable[[Sequence[str]], str],
) -> Iterator[bytes]:
    batch: list[str] = []
    for row in _rows(columns):
        batch.append(line([number(value) if _is_number(value) else text(_text(value)) for value in row]))
        if len(batch) == _BATCH:
            yield "".join(batch).encode()
            batch = []
    yield "".join(batch).encode()


def _rows(columns: Sequence[WrittenColumn]) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.values for column in columns), strict=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole_number(value: float) -> str:
    try:
        return repr(value)  # the shortest text that reads back as the very same number
    except ValueError:  # Python writes no integers of thousands of digits
        return hex(int(value))


def _shown_number(value: float, digits: int | None) -> str:
    if isinstance(value, int) or digits is None:
        return _whole_number(value)
    if not math.isfinite(value):
        return repr(value)
    text = f"{value:.{digits}g}"
    return repr(float(text)).removesuffix(".0") if "e" in text and 1e-4 <= abs(value) < 1e16 else text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, bool) or value is None:
        return str(value)
    return plain_text(json.dumps(value, ensure_ascii=False))


def _one_line(text: str) -> str:
    return _cut(_SPACES.sub(" ", plain_text(text)).strip(), MAX_SHOWN)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


WRITTEN = {
    "csv": WrittenFormat("text/csv; charset=utf-8", "csv", _csv_parts),
    "markdown": WrittenFormat("text/markdown; charset=utf-8", "md", _markdown_parts),
    "latex": WrittenFormat("application/x-tex; charset=utf-8", "tex", _latex_parts),
}
