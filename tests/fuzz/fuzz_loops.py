"""Drives the property tests of the hot loops over columns by coverage, against the instrumented file."""

import sys

import atheris

from tests.fuzz import instrumented

instrumented.load("writer.format._records", "fuzz")
instrumented.load("board.store._series", "fuzz")

from tests.board.store import test_loops  # noqa: E402 -- what it imports uses the modules above

TESTS = [test.hypothesis.fuzz_one_input for test in vars(test_loops).values() if hasattr(test, "hypothesis")]


def run_one(data: bytes) -> None:
    if data:
        TESTS[data[0] % len(TESTS)](data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, run_one)
    atheris.Fuzz()
