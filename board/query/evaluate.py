"""Finds the runs that a query means; a text without any operator is looked for in their names."""

import json
import math
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import re2

from board.errors import QueryError
from board.model import RunState
from board.query.grammar import All, Any_, Compared, Field, Literal, Node, Not, Term, parse
from board.query.subjects import FUNCTIONS, MISSING, Source, Subject, Universe, names_of

__all__ = ["Found", "compile_regex", "encodable", "find_runs", "pattern_of", "said"]

Test = Callable[[Subject], bool]

_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_STATES = {"running": RunState.LIVE, **{str(state): state for state in RunState}}
_WORDS: dict[str, Any] = {"true": True, "false": False, "none": None, "null": None, "nan": math.nan, "inf": math.inf}
_FLAGS = frozenset({"starred", "archived"})  # that are queries by themselves, unless a run is called so
MAX_PROGRAM_BYTES = 8 << 20  # of a compiled pattern: a{1000}{1000} is refused
_REGEX_SIGNS = frozenset("\\^$*+?()[]{}|")


class Found(NamedTuple):
    """Which runs, and how the text was understood."""

    kind: str  # "none", "text", "regex" or "query"
    runs: list[str] | None  # None: all
    note: str = ""  # a name that no run has
    moves: bool = False  # the answer can change though no run comes or goes


def find_runs(text: str, source: Source) -> Found:
    """Return the runs that a text means, in the order of ``source``.

    It is a query where it has an operator, a call, or and, or, not outside of quotes; else it is looked for in the
    runs' names, as text and, where it looks like one, as a regular expression. What is no valid query, or asks for what
    no run has, but stands in some run's name, is taken for text as well.

    Raises:
        QueryError: it is neither.
    """
    text = text.strip()
    universe = Universe(source)
    if not text:
        return Found("none", None)
    if not _is_query(text) and (text.lower() not in _FLAGS or universe.named(text)):
        return _find_text(text, universe)
    try:
        compiler = _Compiler(universe, text)
        test = compiler.compile(parse(text))
    except QueryError:
        if not (found := universe.named(text)):
            raise
        return Found("text", found)
    if compiler.unknown and (found := universe.named(text)):
        return Found("text", found)
    runs = [subject.view.name for subject in universe.subjects if test(subject)]
    unknown = " or ".join(dict.fromkeys(compiler.unknown))
    return Found("query", runs, f"no run has {unknown}" if unknown else "", compiler.moves)


def pattern_of(text: str, column: int = 1) -> Any:
    """Compile a regular expression of a query; QueryError where it is none."""
    try:
        return compile_regex(text)
    except ValueError as error:
        raise QueryError(f"this is no regular expression: {error}", column) from error


def compile_regex(text: str, *, is_cased: bool = False) -> Any:
    """Compile a regular expression; linear in time, whatever it is.

    Args:
        text: the expression.
        is_cased: case counts; else only where a capital is typed.

    Raises:
        ValueError: it is none, or too large; says why.
    """
    options = re2.Options()
    options.case_sensitive = is_cased or text != text.lower()
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        return re2.compile(text, options)
    except re2.error as error:
        why = error.args[0] if error.args else "no regex"
        raise ValueError(why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)) from error


def _is_query(text: str) -> bool:
    try:
        tree = parse(text)
    except QueryError:
        return any(sign in text for sign in "<>=~\"'") or text.lower().startswith("not ")
    if isinstance(tree, Term):
        return tree.field.function in FUNCTIONS or tree.field.is_quoted
    return True


def _find_text(text: str, universe: Universe) -> Found:
    is_cased = text != text.lower()
    names = [subject.view.name for subject in universe.subjects]
    known = [names_of(subject) for subject in universe.subjects]
    plain = [any(text in (name if is_cased else name.lower()) for name in own) for own in known]
    if not _REGEX_SIGNS.intersection(text):
        return Found("text", [name for name, has in zip(names, plain, strict=True) if has])
    try:
        pattern = pattern_of(text)
    except QueryError:
        if not any(plain):
            raise
        return Found("text", [name for name, has in zip(names, plain, strict=True) if has])
    found = [
        name
        for name, own, has in zip(names, known, plain, strict=True)
        if has or any(pattern.search(encodable(one)) for one in own)
    ]
    return Found("regex", found)


class _Compiler:
    """Makes one function of a tree; names are looked up once."""

    def __init__(self, universe: Universe, text: str) -> None:
        self.universe = universe
        self.text = text
        self.unknown: list[str] = []
        self.moves = False

    def compile(self, node: Node) -> Test:
        if isinstance(node, All):
            parts = [self.compile(part) for part in node.parts]
            return lambda subject: all(part(subject) for part in parts)
        if isinstance(node, Any_):
            parts = [self.compile(part) for part in node.parts]
            return lambda subject: any(part(subject) for part in parts)
        if isinstance(node, Not):
            inner = self.compile(node.inner)
            return lambda subject: not inner(subject)
        if isinstance(node, Term):
            return self._term(node.field)
        return self._compared(node)

    def _term(self, field: Field) -> Test:
        if field.function == "has":
            getter, _ = self.universe.resolve(field)
            self.moves = True
            return lambda subject: getter is not None and getter(subject) is not MISSING
        if field.function:
            raise QueryError(f"expected an operator such as < after {field.function}(…)", field.column)
        is_own = field.name in ("star", "starred", "archived", "baseline") or field.name in self.universe.hparam_names
        if is_own and not field.is_quoted:
            getter, _ = self.universe.resolve(field)
            return lambda subject: getter is not None and getter(subject) in (True, 1)
        wanted, end = field.name.lower(), field.column - 1 + len(field.name)
        is_last = not field.is_quoted and end == len(self.text)
        if is_last and not self.universe.named(wanted):
            raise QueryError(f"expected an operator such as < after {field.name}, which no run's name has", end + 1)
        return lambda subject: any(wanted in name.lower() for name in names_of(subject))

    def _compared(self, node: Compared) -> Test:
        if node.field.function == "has":
            raise QueryError("has(…) stands alone, it is true or not", node.field.column)
        getter, moves = self.universe.resolve(node.field)
        self.moves = self.moves or moves
        tests = [_value_test(node.field, node.operator, literal) for literal in node.values]
        if getter is None:
            self.unknown.append(node.field.name)
            return lambda subject: False

        def test(subject: Subject) -> bool:
            value = getter(subject)
            if value is MISSING:
                return False
            if isinstance(value, frozenset) and node.operator in ("!=", "!~"):
                return all(one(each) for one in tests for each in value)
            return any(one(each) for each in (value if isinstance(value, frozenset) else (value,)) for one in tests)

        return test


def _value_test(field: Field, sign: str, literal: Literal) -> Callable[[Any], bool]:
    if sign in ("~", "!~"):
        pattern = pattern_of(literal.text, literal.column)
        wants = sign == "~"
        return lambda value: bool(pattern.search(encodable(said(value)))) is wants
    is_own = not field.function and not field.is_quoted
    if is_own and field.name == "state":
        if literal.text.lower() not in _STATES:
            raise QueryError(f"{literal.text} is no state; there are {', '.join(_STATES)}", literal.column)
        literal = Literal(str(_STATES[literal.text.lower()]), literal.column)
    elif is_own and field.name == "start" and literal.number is None:
        literal = Literal(literal.text, literal.column, _moment(literal))
    elif literal.has_unit and field.name not in ("age", "duration", "quiet"):
        literal = Literal(literal.text, literal.column)  # 2m is a text but where a time is asked for
    if sign in _ORDERS:
        bound = literal.number if literal.number is not None else _WORDS.get(literal.text.lower())
        if not isinstance(bound, float):
            raise QueryError(f"expected a number after {sign}", literal.column)
        return lambda value: (number := _number(value)) is not None and _ORDERS[sign](number, bound)
    wants = sign != "!="
    return lambda value: _is_equal(value, literal) is wants


def _is_equal(value: Any, literal: Literal) -> bool:
    if literal.number is not None and not literal.is_quoted:
        number = _number(value)
        return number == literal.number if number is not None else said(value).casefold() == literal.text.casefold()
    if not literal.is_quoted and literal.text.lower() in _WORDS:
        wanted = _WORDS[literal.text.lower()]
        if isinstance(value, str):
            return value.casefold() == literal.text.casefold()
        if isinstance(wanted, float):
            number = _number(value)
            return number is not None and (number == wanted or (number != number and wanted != wanted))
        if isinstance(wanted, bool):
            return isinstance(value, bool | int | float) and value == wanted
        return value is None
    return said(value).casefold() == literal.text.casefold()


def _number(value: Any) -> float | None:
    """Return a number, or the one that a text spells: hyper-parameters often come as text."""
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None


def said(value: Any) -> str:
    """Return a value as people write it."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _moment(literal: Literal) -> float:
    try:
        return datetime.fromisoformat(literal.text).timestamp()  # without a zone: this machine's
    except (ValueError, OverflowError, OSError) as error:
        raise QueryError(f"{literal.text} is no date such as 2026-11-23", literal.column) from error


def encodable(text: str) -> str:
    """Return a name as the regular expressions can take it: bytes that are no UTF-8 are question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
