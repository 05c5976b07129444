"""Queries as people type them, and what they are told when they mistype."""

import time
from contextlib import suppress

import pytest

from board.errors import QueryError
from board.query.grammar import All, Any_, Compared, Field, Not, Term, parse, quoted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr <", "expected a value after <, column 5"),
        ("lr <   ", "expected a value after <, column 5"),
        ("lr < and x = 1", "expected a value after <, column 6"),
        ("lr << 1", "expected a value after <, column 5"),
        ("(lr < 1", "expected ) after 1, column 8"),
        ("lr < 1)", "this ) has no (, column 7"),
        ('name = "abc', "this quote has no end, column 8"),
        ("lr ! 1", "! makes no sense after lr, column 4"),
        ("lr < 1 x = 2", "expected and, or after 1, column 8"),
        ("lr in (1, 2", "expected a comma or ) after 2, column 12"),
        ("lr in 1", "expected ( after in, column 7"),
        ("a and or b", "expected a name after and, column 7"),
        ("a = 1 or", "expected a name after or, column 9"),
        ("not", "expected a name after not, column 4"),
        ("()", "expected a name after (, column 2"),
        ("best(acc > 1", "expected ) after acc, column 10"),
        ("", "expected a name, column 1"),
        (", a", "expected a name, column 1"),
    ],
)
def test_what_was_expected_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text)
    assert str(raised.value) == said
    assert said.endswith(f"column {raised.value.column}")


def test_and_binds_closer_than_or_and_not_closest() -> None:
    tree = parse("a or b and not c")
    assert isinstance(tree, Any_)
    a, rest = tree.parts
    assert a == Term(Field("a", 1))
    assert isinstance(rest, All)
    assert rest.parts == (Term(Field("b", 6)), Not(Term(Field("c", 16))))
    assert isinstance(parse("(a or b) and c"), All)


def test_words_quotes_functions_and_units() -> None:
    compared = parse('best("val/acc top") >= 1.5e-1')
    assert isinstance(compared, Compared)
    assert (compared.field.name, compared.field.function, compared.values[0].number) == ("val/acc top", "best", 0.15)
    assert [parse(f"age < {text}").values[0].number for text in ("2h", "90s", "1.5d", "10min", "500ms")] == [  # type: ignore[union-attr]
        7200.0,
        90.0,
        129_600.0,
        600.0,
        0.5,
    ]
    android = parse("android = order")
    assert isinstance(android, Compared)
    assert (android.field.name, android.values[0].text, android.values[0].number) == ("android", "order", None)
    assert parse(r'x = "a \"b\" \\ c"').values[0].text == r'a "b" \ c'  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["lr", "optim.lr", "val/acc", "a b", 'say "x"', "and", "x=1", "", "(", "é"])
def test_a_quoted_name_is_read_as_it_was(name: str) -> None:
    tree = parse(f"{quoted(name)} = 1")
    assert isinstance(tree, Compared)
    assert tree.field.name == name


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1900,
        "not " * 450 + "a",
        "a and " * 300 + "a",
        "a" * 5000,
        "(a or " * 200,
        "'" * 1999,
        "a=1 or " * 280 + "b=2",
    ],
)
def test_a_hostile_query_costs_little(text: str) -> None:
    began = time.process_time()
    with suppress(QueryError):
        parse(text)
    assert time.process_time() - began < 1
