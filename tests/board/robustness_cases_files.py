"""Names and kinds of files that a logdir can hold."""

import os
import socket
from pathlib import Path

import pytest

from tests.board.event_files import scalars, write
from tests.board.robustness_cases_framing import NAME
from tests.board.robustness_reading import Case

__all__ = ["FILES"]

POINTS = scalars(10)
WHOLE = b"".join(POINTS)
STEPS = list(range(10))
KEPT = {"loss": STEPS}
ODD_NAMES = ("line\nbreak", "\udcff", " ", "\x1b[31m", "%2e%2e", "<b>", "a'\"&b", "\u202e")


def good(folder: Path) -> Path:
    return write(folder / "run" / NAME, WHOLE)


def fifo(folder: Path) -> None:
    good(folder)
    os.mkfifo(folder / "run" / f"{NAME}.fifo")


def unix_socket(folder: Path) -> None:
    good(folder)
    here = os.getcwd()
    os.chdir(folder / "run")  # a socket's name has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("tfevents.socket")
    finally:
        os.chdir(here)


def device(folder: Path) -> None:
    good(folder)
    (folder / "run" / "zero.tfevents").symlink_to("/dev/zero")


def folder_named_so(folder: Path) -> None:
    good(folder)
    (folder / "run" / "events.out.tfevents.1").mkdir()


def link_loop(folder: Path) -> None:
    good(folder)
    (folder / "run" / "up").symlink_to("..")
    (folder / "run" / "self.tfevents").symlink_to("self.tfevents")


def link_out(folder: Path) -> None:
    write(folder.parent / f"{folder.name}-outside" / "run" / NAME, WHOLE)
    (folder / "out").symlink_to(folder.parent / f"{folder.name}-outside")


def link_to_a_file(folder: Path) -> None:
    write(folder / "run" / "saved.bin", WHOLE)
    (folder / "run" / NAME).symlink_to("saved.bin")


def dangling(folder: Path) -> None:
    good(folder)
    (folder / "run" / "gone.tfevents").symlink_to("nowhere")
    (folder / "gone").symlink_to("nowhere")


def hard_link(folder: Path) -> None:
    os.link(good(folder), folder / "run" / f"{NAME}.again")


def long_name(folder: Path) -> None:
    name = f"{NAME}.".ljust(255, "x")
    write(folder / ("r" * 255) / name, WHOLE)


def odd_names(folder: Path) -> None:
    for name in ODD_NAMES:
        write(folder / name / NAME, WHOLE)


def deep(folder: Path) -> None:
    write(folder / "/".join("d" * 200) / NAME, WHOLE)


def too_deep(folder: Path) -> None:
    """Deeper than a path can name."""
    good(folder)
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        for _ in range(25):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path(NAME).write_bytes(WHOLE)
    finally:
        os.fchdir(here)
        os.close(here)


def sparse(folder: Path) -> None:
    with good(folder).open("ab") as file:
        try:
            file.truncate(8 << 40)
        except OSError:  # a file system for smaller files
            pytest.skip("no sparse files of that size here")


def times(folder: Path) -> None:
    for name, mtime in [("future", 2**33), ("epoch", 0)]:
        path = write(folder / name / NAME, WHOLE, POINTS[1][:20])
        os.utime(path, (mtime, mtime))


def many(folder: Path) -> None:
    (folder / "run").mkdir()
    for i in range(800):
        (folder / "run" / f"events.out.tfevents.{i:010}.host").touch()
    good(folder)


def twins(folder: Path) -> None:
    for name in ("run", "RUN", "\u00e9", "e\u0301"):
        (folder / name).mkdir(exist_ok=True)
        write(folder / name / NAME, WHOLE)
    if len(list(folder.iterdir())) < 4:
        pytest.skip("names that differ in case or form are one here")


FILES = [
    Case(86, "a FIFO", fifo, KEPT, {"not_a_file": 1}),
    Case(87, "a socket", unix_socket, KEPT, {"not_a_file": 1}),
    Case(88, "a device", device, KEPT, {"not_a_file": 1}),
    Case(89, "a folder named like an event file", folder_named_so, KEPT, {"not_a_file": 1}),
    Case(90, "a link to where it lies, and one to itself", link_loop, KEPT, {"link": 1, "unreadable": 1}),
    Case(90, "a link that leads out", link_out, KEPT, runs=("out/run",)),
    Case(90, "a link to a file of another name", link_to_a_file, KEPT),
    Case(90, "links that lead nowhere", dangling, KEPT, {"unreadable": 1}),
    Case(91, "a file with two names", hard_link, KEPT, {"link": 1}),
    Case(93, "names of 255 bytes", long_name, KEPT, runs=("r" * 255,)),
    Case(93, "odd names", odd_names, {"loss": STEPS * 8}, runs=ODD_NAMES),
    Case(94, "200 folders deep", deep, KEPT, runs=("/".join("d" * 200),)),
    Case(94, "deeper than a path can say", too_deep, KEPT, {"unreadable": 1}),
    Case(96, "8 TiB of nothing", sparse, KEPT, {"unreadable_tail": 1}),
    Case(98, "mtimes in the future and at the epoch", times, {"loss": STEPS * 2}, {"torn_tail": 1},
         runs=("epoch", "future")),
    Case(99, "800 files in one folder", many, KEPT),
    Case(100, "names that differ in case or form alone", twins, {"loss": STEPS * 4},
         runs=("run", "RUN", "\u00e9", "e\u0301")),
]  # fmt: skip
