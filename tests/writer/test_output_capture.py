"""What a program prints is printed as always, and a copy of it is logged."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from writer.output_capture import OutputCapture

ROOT = Path(__file__).resolve().parents[2]


class Taken:
    """The texts that were logged."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str, int]] = []

    def __call__(self, tag: str, text: str, step: int) -> None:
        self.texts.append((tag, text, step))

    def lines(self, tag: str) -> list[str]:
        return [line[4:] for own, text, _ in self.texts if own == tag for line in text.split("\n")]


@contextmanager
def printing() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Print into memory meanwhile; pytest's own streams change between a fixture and its test."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err = io.StringIO(), io.StringIO()
    try:
        yield out, err
    finally:
        sys.stdout, sys.stderr = before


def test_both_streams_are_copied_and_put_back() -> None:
    taken = Taken()
    with printing() as streams:
        capture = OutputCapture(taken, interval_s=60)
        print("first\nsecond", end=" half")
        print("a fault", file=sys.stderr)
        sys.stdout.writelines([" and half\n", "last"])
        capture.stop()
        capture.stop()
        assert (sys.stdout, sys.stderr) == streams
        print(", and later")
    assert streams[0].getvalue() == "first\nsecond half and half\nlast, and later\n"
    assert taken.lines("output/stdout") == ["first", "second half and half", "last"]
    assert taken.lines("output/stderr") == ["a fault"]


def test_lines_that_were_written_over_are_kept_as_they_stood_last() -> None:
    taken = Taken()
    with printing():
        capture = OutputCapture(taken, interval_s=60)
        for percent in range(0, 101, 10):
            print(f"\r{percent:3d} % done", end="")
        print("\nlong line\rshort\nwindows\r")
        capture.stop()
    assert taken.lines("output/stdout") == ["100 % done", "shortline", "windows"]


def test_steps_are_line_numbers() -> None:
    taken = Taken()
    with printing():
        capture = OutputCapture(taken, interval_s=60)
        print("0\n1")
        capture._log()
        print("2\n3 and", end="")
        capture._log()
        print(" more")
        capture.stop()
    assert taken.texts == [
        ("output/stdout", "    0\n    1", 0),
        ("output/stdout", "    2", 2),
        ("output/stdout", "    3 and more", 3),
    ]


def test_a_flood_is_counted_and_not_kept() -> None:
    taken = Taken()
    with printing() as streams:
        capture = OutputCapture(taken, interval_s=60)
        for copy in capture._copies.values():
            copy._waiting = 1 << 20  # as after a mebibyte since the last second
        print("x" * 999)
        capture.stop()
    assert streams[0].getvalue() == "x" * 999 + "\n"
    assert taken.lines("output/stdout") == ["... 1,000 characters were too many to keep"]


def test_who_replaced_the_stream_meanwhile_keeps_it() -> None:
    with printing() as streams:
        capture = OutputCapture(Taken(), interval_s=60)
        other = io.StringIO()
        sys.stdout = other
        capture.stop()
        assert sys.stdout is other
        assert sys.stderr is streams[1]


def test_the_stream_is_otherwise_the_one_it_was() -> None:
    with open(os.devnull, "w") as stream:
        before, sys.stdout = sys.stdout, stream
        try:
            capture = OutputCapture(Taken(), interval_s=60)
            assert sys.stdout.fileno() == stream.fileno()
            assert sys.stdout.isatty() is False
            assert sys.stdout.encoding == stream.encoding
            sys.stdout.flush()
            capture.stop()
        finally:
            sys.stdout = before


def test_a_forked_child_prints_and_keeps_nothing() -> None:
    code = (
        "import os, sys\n"
        "from writer.output_capture import OutputCapture\n"
        "taken = []\n"
        "capture = OutputCapture(lambda *text: taken.append(text), interval_s=60)\n"
        "if (child := os.fork()) == 0:\n"
        "    print('child', flush=True)\n"
        "    os._exit(len(sys.stdout._written))\n"
        "_, status = os.waitpid(child, 0)\n"
        "print('parent', status, flush=True)\n"
        "capture.stop()\n"
        "print(taken)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "child\nparent 0\n[('output/stdout', '    parent 0', 0)]\n"
