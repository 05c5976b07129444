"""What commands print: names made harmless for a terminal, and the lines of ``board inspect``."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["inspection_lines", "printable", "readable_bytes"]

# Control, format (bidirectional overrides among them), surrogate and private characters, line and paragraph ends.
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return text with every character spelled out that a terminal would obey, or could not show."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _ESCAPED else char for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"  # a byte that is no UTF-8
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def readable_bytes(size: float) -> str:
    """Return a size as a person says it."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def inspection_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of ``board inspect`` from what ``Logs.inspect`` returns; nothing in them obeys a name."""
    for name, run in found["runs"].items():
        size = readable_bytes(sum(file["size"] for file in run["files"]))
        yield f"{printable(name)}  {run['state']}, {_count(len(run['files']), 'file')}, {size}"
        yield from _tag_lines(run["tags"])
        yield from _problem_lines(run["problems"])
        yield ""
    yield from _problem_lines(found["problems"])
    tags = {(tag["tag"], tag["kind"]) for run in found["runs"].values() for tag in run["tags"]}
    points = sum(tag["count"] for run in found["runs"].values() for tag in run["tags"])
    yield f"{_count(len(found['runs']), 'run')}, {_count(len(tags), 'tag')}, {_count(points, 'point')}"


def _tag_lines(tags: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = [printable(tag["tag"]) for tag in tags]
    width = min(48, max(map(len, names), default=0))
    for name, tag in zip(names, tags, strict=True):
        first, last = tag["first_step"], tag["last_step"]
        steps = f"step {first}" if first == last else f"steps {first} to {last}"
        hidden = f", {tag['superseded']} superseded" if tag["superseded"] else ""
        yield f"  {tag['kind']:<14} {name:<{width}}  {tag['count']:>9}  {steps}{hidden}"


def _problem_lines(problems: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for problem in problems:
        times = f" ({problem['count']} times)" if problem["count"] > 1 else ""
        yield f"  ! {printable(problem['file'])}: {printable(problem['message'])}{times}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
