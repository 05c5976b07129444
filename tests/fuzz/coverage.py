"""Which lines of the compiled scan the fuzzer's inputs reach, as llvm-cov counts them."""

import os
import re
import subprocess
import sys

from tests.fuzz import instrumented
from tests.fuzz.instrumented import BUILD, ROOT

SCANNED = "writer.format._records"


def report() -> int:
    """Replay the corpus in a process of its own, and print what was reached."""
    profile = BUILD / "coverage/scan.profraw"
    environment = os.environ | {"LLVM_PROFILE_FILE": str(profile), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-B", "-m", __name__], env=environment, check=True)
    merged = profile.with_suffix(".profdata")
    subprocess.run(["llvm-profdata", "merge", "-sparse", str(profile), "-o", str(merged)], check=True)
    shown = subprocess.run(
        ["llvm-cov", "show", str(instrumented.file_of(SCANNED, "coverage")), f"-instr-profile={merged}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    lines = reached_lines(shown)
    for (file, line), count in sorted(lines.items()):
        if not count:
            print(f"not reached: {file}:{line}: {(ROOT / file).read_text().splitlines()[line - 1].strip()}")
    print(f"{sum(map(bool, lines.values()))} of {len(lines)} lines of the compiled scan were reached")
    return 0


def reached_lines(shown: str) -> dict[tuple[str, int], int]:
    """How often each line of the Cython sources ran: it stands in a comment above the C that was made of it."""
    lines: dict[tuple[str, int], int] = {}
    place: tuple[str, int] | None = None
    for row in shown.splitlines():
        match = re.match(r" *\d+\| *([\d.]+[kMG]?)?\|(.*)", row)
        if not match:
            continue
        count, code = match.groups()
        if source := re.match(r' */\* "([^"]+\.p[xy][xi])":(\d+)$', code):
            place = (source[1], int(source[2])) if (ROOT / source[1]).exists() else None
        elif code.startswith("}"):
            place = None
        elif place and count is not None:
            lines[place] = max(lines.get(place, 0), 0 if count == "0" else 1)
    return lines


def replay() -> None:
    instrumented.load(SCANNED, "coverage")
    from tests.fuzz.cases import Case, seeds
    from tests.fuzz.checks import check_checksums, check_scans

    corpus = BUILD / "corpus/scan"
    inputs = [*seeds().values(), *(path.read_bytes() for path in corpus.glob("*"))]
    for data in inputs:
        check_scans(Case.decode(data))
        check_checksums(Case.decode(data).file())


if __name__ == "__main__":
    replay()
