"""Parses a query into a tree, or says in one sentence what was expected where; nothing is ever evaluated here."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedToken, VisitError

from board.errors import QueryError

__all__ = [
    "KEYWORDS",
    "MAX_CHARACTERS",
    "All",
    "Any_",
    "Compared",
    "Field",
    "Literal",
    "Node",
    "Not",
    "Term",
    "parse",
    "quoted",
    "scan",
]

MAX_CHARACTERS = 2_000
MAX_DEPTH = 50  # of parentheses and nots
KEYWORDS = frozenset({"and", "or", "not", "in"})
_END = r"""(?![^\s()<>=!~,"'])"""  # a word ends here

GRAMMAR = rf"""
start: or_
or_: and_ (_OR and_)*
and_: not_ (_AND not_)*
?not_: _NOT not_ -> negated | atom
?atom: "(" or_ ")" | comparison | term
comparison: field OPERATOR value
          | field _IN "(" value ("," value)* ")" -> member
          | field _NOT _IN "(" value ("," value)* ")" -> no_member
term: field
field: (WORD | QUOTED | NUMBER)
     | WORD "(" (WORD | QUOTED | NUMBER) ")" -> call
value: WORD | QUOTED | NUMBER
_AND.2: /and{_END}/i
_OR.2: /or{_END}/i
_NOT.2: /not{_END}/i
_IN.2: /in{_END}/i
OPERATOR: "==" | "=" | "!=" | "<=" | "<" | ">=" | ">" | "!~" | "~"
NUMBER.1: /[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?(ms|min|s|m|h|d|w)?{_END}/
WORD: /(?!(and|or|not|in){_END})[^\s()<>=!~,"']+/i
QUOTED: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/
%ignore /\s+/
"""
_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()]|,|[<>=!]=|!~|[<>=!~]|[^\s()<>=!~,"']+""")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_NUMBER = re.compile(r"(?P<number>.*?)(?P<unit>ms|min|[smhdw])?")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was typed; ``number`` where it is one, in seconds where it had a unit."""

    text: str
    column: int  # from 1
    number: float | None = None
    has_unit: bool = False
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """What of a run is asked for: a name, perhaps in a function: ``best(acc)``."""

    name: str
    column: int
    function: str = ""
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """A field beside one value, or beside several of which one must be equal."""

    field: Field
    operator: str  # =, !=, <, <=, >, >=, ~, !~, in
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A field alone: text that the run's name has, or a function that is true or not."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - Any is taken
    """At least one of them."""

    parts: tuple["Node", ...]


Node = Compared | Term | Not | All | Any_


class _Tree(Transformer[Token, Any]):
    """Makes our tree while the grammar is followed, bottom up: no recursion, however deep it nests."""

    def start(self, parts: list[Node]) -> Node:
        return parts[0]

    def or_(self, parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else Any_(tuple(parts))

    def and_(self, parts: list[Node]) -> Node:
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negated(self, parts: list[Node]) -> Node:
        return Not(parts[0])

    def comparison(self, parts: list[Any]) -> Node:
        field, operator, value = parts
        return Compared(field, "=" if operator == "==" else str(operator), (value,))

    def member(self, parts: list[Any]) -> Node:
        return Compared(parts[0], "in", tuple(parts[1:]))

    def no_member(self, parts: list[Any]) -> Node:
        return Not(Compared(parts[0], "in", tuple(parts[1:])))

    def term(self, parts: list[Field]) -> Node:
        return Term(parts[0])

    def field(self, parts: list[Token]) -> Field:
        text = _text(parts[0])
        return Field(text, _column(parts[0]), is_quoted=parts[0].type == "QUOTED")

    def call(self, parts: list[Token]) -> Field:
        return Field(_text(parts[1]), _column(parts[0]), str(parts[0]).lower())

    def value(self, parts: list[Token]) -> Literal:
        token = parts[0]
        if token.type != "NUMBER":
            return Literal(_text(token), _column(token), is_quoted=token.type == "QUOTED")
        found = _NUMBER.fullmatch(token)
        unit = found["unit"] if found else None
        number = float(found["number"]) if found else 0.0
        return Literal(str(token), _column(token), number * _UNITS.get(unit or "s", 1.0), has_unit=unit is not None)


def parse(text: str) -> Node:
    """Parse a query.

    Raises:
        QueryError: it is none; with the column, from 1, that it stumbled over.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"a query has at most {MAX_CHARACTERS} characters", MAX_CHARACTERS + 1)
    _check_depth(text)
    try:
        tree: Any = _parser().parse(text)
    except UnexpectedToken as error:
        raise _expected(error, text) from error
    except UnexpectedCharacters as error:
        raise _unknown(text, error.pos_in_stream or 0) from error
    except VisitError as error:
        raise QueryError(f"this cannot be understood: {error.orig_exc}", 1) from error
    except LarkError as error:
        raise QueryError("this cannot be understood", 1) from error
    node: Node = tree
    return node


class Scanned(NamedTuple):
    """One piece of a text that is perhaps a query, or the beginning of one."""

    text: str
    start: int
    end: int
    is_word: bool  # a name or value, perhaps in quotes, the last of which may be missing


def scan(text: str) -> list[Scanned]:
    """Take a text apart as far as that goes, for a person who is still typing."""
    return [
        Scanned(found.group(), found.start(), found.end(), found.group()[0] not in "()<>=!~,")
        for found in re.finditer(_TOKEN.pattern + r"""|"[^"]*$|'[^']*$""", text[:MAX_CHARACTERS])
    ]


def quoted(text: str) -> str:
    """Return a name or value as a query has to spell it: quoted where it would be read as something else."""
    if re.fullmatch(r"""[^\s()<>=!~,"']+""", text) and text.lower() not in KEYWORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Tree(), propagate_positions=False)


def _check_depth(text: str) -> None:
    depth = nots = 0
    for found in _TOKEN.finditer(text):
        word = found.group().lower()
        depth += (word == "(") - (word == ")")
        nots = nots + 1 if word == "not" else nots if word in "()" else 0
        if depth + nots > MAX_DEPTH:
            raise QueryError(f"a query nests at most {MAX_DEPTH} deep", found.start() + 1)


def _expected(error: UnexpectedToken, text: str) -> QueryError:
    token: Token = error.token
    start = len(text) if token.type == "$END" else token.start_pos or 0
    if token.type == "RPAR" and text[:start].count("(") <= text[:start].count(")"):
        return QueryError("this ) has no (", start + 1)
    before = _TOKEN.findall(text[:start])
    wanted = error.accepts or error.expected
    if before and before[-1][0] in "=<>!~":
        what = "a value"
    elif "_NOT" in wanted and "WORD" in wanted:
        what = "a name"
    elif "WORD" in wanted:
        what = "a name or a value"
    elif "OPERATOR" in wanted:
        what = "an operator such as <" + (", and, or" if "_AND" in wanted else "")
    else:
        what = _WORDS.get(frozenset(wanted - {"$END"}), "something else")
    at = len(text.rstrip()) + 1 if token.type == "$END" else start + 1
    return QueryError(f"expected {what}" + (f" after {before[-1]}" if before else ""), at)


_WORDS = {
    frozenset({"_AND", "_OR"}): "and, or",
    frozenset({"_AND", "_OR", "RPAR"}): "and, or, )",
    frozenset({"COMMA", "RPAR"}): "a comma or )",
    frozenset({"RPAR"}): ")",
    frozenset({"LPAR"}): "(",
    frozenset({"_IN"}): "in",
}


def _unknown(text: str, at: int) -> QueryError:
    if text[at] in "\"'":
        return QueryError("this quote has no end", at + 1)
    before = _TOKEN.findall(text[:at])
    after = f" after {before[-1]}" if before else ""
    return QueryError(f"{text[at]} makes no sense{after}", at + 1)


def _text(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.type == "QUOTED" else str(token)


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1
