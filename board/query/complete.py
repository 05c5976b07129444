"""Offers what can be typed next in a query: names that there are, operators, values that runs have."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from board.errors import QueryError
from board.model import RunState
from board.query.evaluate import said
from board.query.grammar import Field, quoted, scan
from board.query.subjects import FIELDS, FUNCTIONS, MISSING, Source, Universe

__all__ = ["Completion", "Option", "complete"]

MOST = 20
MOST_VALUES = 50  # distinct ones of a hyper-parameter; more are numbers, or texts nobody picks from a list
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~", "in (")
_AFTER = {
    "=": "equals",
    "!=": "differs",
    "~": "matches a regular expression",
    "!~": "does not match",
    "in (": "is one of",
}


class Option(NamedTuple):
    """One thing that could stand here."""

    text: str
    kind: str  # field, function, hparam, metric, fact, value, word or operator
    note: str = ""


class Completion(NamedTuple):
    """What may take the place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    options: list[Option]


def complete(text: str, cursor: int, source: Source) -> Completion:
    """Return what can stand at the cursor, best first; of names at most 20."""
    universe = Universe(source)
    tokens = [token for token in scan(text) if token.start < cursor]
    word, start, end = "", cursor, cursor
    if tokens and tokens[-1].end >= cursor and tokens[-1].is_word:
        last = tokens.pop()
        word, start, end = text[last.start : cursor].strip("\"'"), last.start, last.end
    before = [token.text for token in tokens]
    wanted = _wanted(before)
    if wanted == "value":
        at = next(i for i in range(len(before) - 1, -1, -1) if before[i] in _OPERATORS or before[i].lower() == "in")
        options = _values(_field(before[:at]), universe)
    elif wanted == "operator":
        options = [Option(sign, "operator", _AFTER.get(sign, "")) for sign in _OPERATORS]
    elif wanted == "connective":
        options = [Option("and", "word"), Option("or", "word")]
    elif wanted == "argument":
        options = _arguments(before[-2].lower(), universe)
    else:
        options = _names(universe)
    return Completion(start, end, _matching(word, options))


def _wanted(before: list[str]) -> str:
    if not before or before[-1].lower() in ("and", "or", "not"):
        return "name"
    last = before[-1]
    if last in _OPERATORS or (last in ("(", ",") and _opens_list(before)):
        return "value"
    if last == "(":
        return "argument" if len(before) > 1 and before[-2].lower() in FUNCTIONS else "name"
    if len(before) > 1 and before[-2] in _OPERATORS:
        return "connective"
    if last == ")":
        return "operator" if len(before) > 3 and before[-4].lower() in FUNCTIONS else "connective"
    return "operator"


def _opens_list(before: list[str]) -> bool:
    """Whether the last parenthesis that is open belongs to ``in``."""
    for place in range(len(before) - 1, -1, -1):
        if before[place] == "(":
            return place > 0 and before[place - 1].lower() == "in"
        if before[place] == ")":
            return False
    return False


def _field(before: list[str]) -> Field | None:
    if before and before[-1].lower() == "not":
        before = before[:-1]
    if not before:
        return None
    if before[-1] == ")" and len(before) > 3:
        return Field(before[-2].strip("\"'"), 1, before[-4].lower())
    return Field(before[-1].strip("\"'"), 1, is_quoted=before[-1][:1] in "\"'")


def _names(universe: Universe) -> list[Option]:
    options = [Option(quoted(name), "hparam", _runs(count)) for name, count in universe.hparam_names.most_common()]
    options += [Option(quoted(tag), "metric", f"last value, {_runs(count)}") for tag, count in _by_name(universe.tags)]
    options += [Option(name, "field", note) for name, note in FIELDS.items()]
    options += [Option(f"{name}(", "function", note) for name, note in FUNCTIONS.items()]
    options += [Option(quoted(name), "fact", _runs(count)) for name, count in _by_name(universe.facts)]
    return [*options, Option("not", "word")]


def _arguments(function: str, universe: Universe) -> list[Option]:
    hparams = [Option(f"{quoted(name)})", "hparam", _runs(n)) for name, n in universe.hparam_names.most_common()]
    metrics = [Option(f"{quoted(tag)})", "metric", _runs(n)) for tag, n in _by_name(universe.tags)]
    if function == "hparam":
        return hparams
    if function == "fact":
        return [Option(f"{quoted(name)})", "fact", _runs(n)) for name, n in _by_name(universe.facts)]
    return metrics + hparams if function == "has" else metrics


def _values(field: Field | None, universe: Universe) -> list[Option]:
    if field is None:
        return []
    if field.name == "state" and not field.function:
        return [Option(str(state), "value") for state in RunState]
    if field.name in ("age", "duration", "quiet") and not field.function:
        return [Option(text, "value") for text in ("10m", "1h", "2h", "1d", "7d")]
    try:
        getter, _ = universe.resolve(field)
    except QueryError:
        return []
    found: Counter[str] = Counter()
    for subject in universe.subjects if getter else ():
        value = getter(subject) if getter else MISSING
        for one in value if isinstance(value, frozenset) else (value,):
            if one is not MISSING and not (isinstance(one, str) and len(one) > 200):
                found[_spelled(one)] += 1
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [Option(text, "value", _runs(count)) for text, count in ranked[:MOST_VALUES]]


def _spelled(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else quoted(said(value))


def _matching(word: str, options: Iterable[Option]) -> list[Option]:
    """Return those that begin with the word, then those that have it, in their order."""
    wanted = word.lower()
    ranks: list[Callable[[str], bool]] = [
        lambda text: text.startswith(wanted),
        lambda text: any(part.startswith(wanted) for part in text.replace("/", ".").split(".")),
        lambda text: wanted in text,
    ]
    ranked: dict[Option, None] = {}
    kept = list(options)
    for rank in ranks:
        ranked |= dict.fromkeys(option for option in kept if rank(option.text.lower().lstrip("\"'")))
    found = [option for option in ranked if option.text.lower() != wanted]
    return found[:MOST]


def _by_name(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items())


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"
