"""A real board and a real Chromium; whatever the page complains of fails the test."""

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

START_LIMIT_S = 30
EXPECT_LIMIT_MS = 30_000  # conditions, not times, are under test: a busy machine only makes them later
expect.set_options(timeout=EXPECT_LIMIT_MS)
STOP_LIMIT_S = 5
# Chromium reports what its policy refuses as a console error; this one tells the exact place too.
TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI} at ${event.sourceFile}`))"""

BoardServer = Callable[..., str]


class Faults(list[str]):
    """What the pages of one test complained of. A test that provokes a complaint takes it out again with ``expect``."""

    def expect(self, pattern: str) -> None:
        """Forget the complaints that match."""
        self[:] = [fault for fault in self if not re.search(pattern, fault)]

    def watch(self, page: Page) -> None:
        """Note console errors, errors that nobody caught, and dialogs."""
        page.on("console", lambda message: self.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.append(f"uncaught: {error}"))
        page.on("dialog", lambda dialog: (self.append(f"dialog: {dialog.message}"), dialog.dismiss()))


class BoardProcess:
    """The ``board`` command as a person starts it, on a port of its own choice."""

    def __init__(self, logdir: Path, *options: str) -> None:
        """Start it and wait until it has said its address."""
        command = [sys.executable, "-m", "board.cli", str(logdir), "--port", "0", "--no-open", *options]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        self.said = ""
        self.url = self._read_url().rstrip("/") + "/"

    def _read_url(self) -> str:
        assert self.process.stdout is not None
        deadline = time.monotonic() + START_LIMIT_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not selector.select(deadline - time.monotonic()):
                    break
                line = self.process.stdout.readline().decode()
                if not line:
                    break
                self.said += line
                if found := re.search(r"http://\S+", line):
                    return found.group()
        self.stop()
        raise AssertionError(f"the board did not say its address:\n{self.said}")

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def board_process() -> Iterator[Callable[..., BoardProcess]]:
    """Start boards: ``board_process(logdir, *options)``; all are stopped at the end of the test."""
    started: list[BoardProcess] = []

    def start(logdir: Path, *options: str) -> BoardProcess:
        started.append(BoardProcess(logdir, *options))
        return started[-1]

    yield start
    for board in started:
        board.stop()


@pytest.fixture
def board_server(board_process: Callable[..., BoardProcess]) -> BoardServer:
    """Start a board and give its address, which ends in a slash: ``board_server(logdir, *options) + "scalars"``."""
    return lambda logdir, *options: board_process(logdir, *options).url


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Fail the test if any page had a console error, an uncaught error, a dialog or a policy violation."""
    found = Faults()
    yield found
    assert not found, "the page complained:\n" + "\n".join(found)


@pytest.fixture
def browser_context(
    browser: Browser, faults: Faults, board_process: Callable[..., BoardProcess]
) -> Iterator[BrowserContext]:
    """A fresh profile; every page opened in it is watched. It is closed before the boards are stopped."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    context.add_init_script(TELL_VIOLATIONS)
    context.on("page", faults.watch)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """One watched page."""
    return browser_context.new_page()
