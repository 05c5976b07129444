"""Feeds the compiled scan with what libFuzzer makes of the seeds, and compares a share of it with the plain one."""

import sys

import atheris

from tests.fuzz import instrumented

instrumented.load("writer.format._records", "fuzz")

from tests.fuzz.cases import Case  # noqa: E402 -- what it imports uses the module above
from tests.fuzz.checks import check_checksums, check_scans, check_search  # noqa: E402
from tests.fuzz.mutations import crossed, mutated  # noqa: E402

COMPARED = 2  # one input of so many goes through the plain engine, too, which takes most of the time
SEARCHED = 32


def run_one(data: bytes) -> None:
    case = Case.decode(data)
    turn = sum(data)
    check_scans(case, is_compared=turn % COMPARED == 0)
    if turn % SEARCHED == 0:
        check_search(case)
        check_checksums(case.file())


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    return mutated(data, max_size, seed, atheris.Mutate)


if __name__ == "__main__":
    again = f"{sys.executable} -B -m tests.fuzz.fuzz_scan"  # how libFuzzer starts itself once more, to merge
    atheris.Setup([again, *sys.argv[1:]], run_one, custom_mutator=mutate, custom_crossover=crossed)
    atheris.Fuzz()
