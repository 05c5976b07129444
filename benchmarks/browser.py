"""What benchmarks of pages share: a board in a process of its own, waiting for its answers, Chromium with a past or none."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright

__all__ = ["WINDOW", "Served", "board_command", "new_profile", "opened", "running", "served", "wait_for"]

WINDOW = {"width": 1600, "height": 1000}  # px
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_QUIET += ["--disable-component-update", "--disable-sync"]


@dataclass(frozen=True)
class Served:
    """A board that has said its address."""

    address: str  # ends in a slash
    pid: int


def board_command(logdir: str | Path, *options: str) -> list[str]:
    """Return the command as a person types it, but that no browser opens."""
    return [str(Path(sys.executable).with_name("board")), str(logdir), "--no-open", *options]


@contextmanager
def running(
    command: Sequence[str], *, is_heard: bool = False, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a command until the end of the block; what it says is dropped, or can be read."""
    out = subprocess.PIPE if is_heard else subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=out, stderr=None if is_heard else out, text=True, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def served(logdir: str | Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve a logdir on a free port."""
    command = board_command(logdir, "--port", "0", *options)
    with running(command, is_heard=True, environment=environment) as process:
        assert process.stdout is not None
        address = next(found.group() for line in process.stdout if (found := re.search(r"http://\S+", line)))
        yield Served(address.rstrip("/") + "/", process.pid)


def wait_for(address: str, text: str = "", pause_s: float = 0.005) -> None:
    """Ask until there is an answer that has the text, and more than an empty list."""
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                body = answer.read().decode()
        except OSError:
            body = ""
        if len(body) > 2 and text in body:
            return
        time.sleep(pause_s)


@contextmanager
def opened(playwright: Playwright) -> Iterator[Browser]:
    """Start a browser that keeps nothing."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_QUIET)
    yield browser
    browser.close()


@contextmanager
def new_profile(playwright: Playwright) -> Iterator[BrowserContext]:
    """Start a browser that has never been here, with a disk for what it keeps: compiled code, answers."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=shutil.which("chromium"), args=_QUIET, viewport=WINDOW
        )
        context.set_default_timeout(120_000)
        yield context
        context.close()
