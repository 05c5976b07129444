"""The audio page in a real browser: what is heard, where, of which run; what is drawn; what cannot be played."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.board.logged import append_events
from tests.board.sounds import RATE, audio_event, encoded, string_event, tone, wav_file
from tests.browser.conftest import BoardProcess, BoardServer, Faults
from writer import SummaryWriter

pytestmark = pytest.mark.browser

SECONDS = 30.0  # longer than any test plays
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("audio")
    for run, hertz in (("a", 1000.0), ("b", 3000.0)):
        with SummaryWriter(logdir / run) as log:
            for step in (0, 10, 20):
                log.add_audio("speech/voice", tone(SECONDS, hertz + 10 * step), step, RATE)
            log.add_audio("short", tone(0.2, hertz), 5, RATE)
    odd = [
        audio_event("odd/none", 5, b"<svg onload=alert(1)>", "text/html"),
        audio_event("odd/cut", 5, b"OggS" + bytes(60)),
        string_event("odd/several", 5, "audio", [[wav_file(tone(1)), f"**{n}** {HOSTILE}".encode()] for n in (1, 2)]),
        audio_event("odd/flac", 5, encoded(tone(1), "flac", "flac")),
    ]
    append_events(logdir / HOSTILE.replace("/", ""), odd)
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def cell(page: Page, tag: str, run: str) -> Locator:
    return page.locator(".clip-tag", has=page.get_by_role("heading", name=tag, exact=True)).locator(
        "figure", has=page.get_by_title(run, exact=True)
    )


def position(page: Page) -> float:
    return float(page.locator(".transport output").inner_text().partition(" ")[0])


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for a condition; a page that runs scripts from strings for it would break its policy."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def loudest_row(figure: Locator) -> float:
    """Where the strongest frequency is drawn in the middle of a spectrum: 0 is 0 Hz, 1 half the sample rate."""
    return float(
        figure.locator(".clip-spectrum").evaluate(
            """(canvas) => {
              const pixels = canvas.getContext("2d").getImageData(canvas.width >> 1, 0, 1, canvas.height).data;
              const sums = Array.from({ length: canvas.height }, (_, i) => pixels[4 * i] + pixels[4 * i + 1]);
              return 1 - (sums.indexOf(Math.min(...sums)) + 0.5) / canvas.height;
            }"""
        )
    )


def drawn(figure: Locator) -> Locator:
    """A cell, brought into sight, once its clip has been decoded."""

    def is_drawn() -> bool:
        figure.scroll_into_view_if_needed()  # what stands above it may still grow
        return "Hz" in figure.locator(".clip-top").first.inner_text()

    until(figure.page, is_drawn)
    return figure


def test_another_run_is_heard_at_the_same_position(page: Page, board_url: str, faults: Faults) -> None:
    opened(page, board_url + "audio?theme=light")
    first, second = drawn(cell(page, "speech/voice", "a")), drawn(cell(page, "speech/voice", "b"))
    first.get_by_role("button", name="Play speech/voice of a").click()
    expect(first.get_by_role("button", name="Play")).to_have_attribute("aria-pressed", "true")
    until(page, lambda: position(page) > 0.5)
    before = position(page)
    page.keyboard.press("b")
    expect(second.get_by_role("button", name="Play")).to_have_attribute("aria-pressed", "true")
    expect(first.get_by_role("button", name="Play")).to_have_attribute("aria-pressed", "false")
    assert before <= position(page) < SECONDS
    until(page, lambda: position(page) > before + 0.2)
    page.keyboard.press("a")
    expect(first.get_by_role("button", name="Play")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.locator("h1").first.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Space")
    expect(page.locator("[data-action=transport]")).to_have_attribute("aria-pressed", "false")
    stood = position(page)
    assert re.search(r"[?&]hear=a&clip=speech/voice", page.url)
    at = re.search(r"[?&]at=([0-9.]+)", page.url)
    assert at
    assert float(at[1]) == pytest.approx(stood, abs=0.01)
    opened(page, page.url)  # as a colleague opens it
    drawn(cell(page, "speech/voice", "a"))
    expect(cell(page, "speech/voice", "a").locator(".clip-head")).to_be_visible()
    assert position(page) == pytest.approx(stood, abs=0.02)


def test_what_is_drawn_is_what_was_logged(page: Page, board_url: str) -> None:
    opened(page, board_url + "audio?theme=light")
    for run, hertz in (("a", 1000), ("b", 3000)):
        figure = drawn(cell(page, "speech/voice", run))
        assert loudest_row(figure) == pytest.approx((hertz + 200) / (RATE / 2), abs=0.01)
        expect(figure).to_contain_text("16 kHz · mono · 30.00 s · WAV")
    page.locator(".scrubber input").focus()
    page.keyboard.press("Home")
    figure = cell(page, "speech/voice", "a")
    expect(figure).to_contain_text("step 0")
    until(page, lambda: abs(loudest_row(figure) - 1000 / (RATE / 2)) < 0.01)
    cell(page, "short", "a").scroll_into_view_if_needed()
    expect(cell(page, "short", "a")).to_contain_text("none yet at this step")
    page.get_by_role("button", name="Wave", exact=True).click()
    expect(figure.locator(".clip-spectrum")).to_be_hidden()
    assert "draw=wave" in page.url


def test_a_click_is_heard_from_there_and_keys_move_it(page: Page, board_url: str) -> None:
    opened(page, board_url + "audio")
    figure = drawn(cell(page, "speech/voice", "b"))
    box = figure.locator(".clip-plot").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(page.locator(".transport output")).to_have_text(re.compile(r"^(14\.9|15\.0)"))
    expect(page.locator("[data-action=transport]")).to_have_attribute("aria-pressed", "false")
    at = position(page)
    page.keyboard.press(".")
    assert position(page) == pytest.approx(at + 1, abs=0.02)
    page.keyboard.press(",")
    page.keyboard.press(",")
    assert position(page) == pytest.approx(at - 1, abs=0.03)
    page.keyboard.press("l")
    assert re.search(r"[?&]loop(&|$)", page.url)


def test_a_short_clip_ends_or_begins_again(page: Page, board_url: str) -> None:
    opened(page, board_url + "audio")
    figure = drawn(cell(page, "short", "a"))
    play, transport = figure.get_by_role("button", name="Play"), page.locator("[data-action=transport]")
    play.click()
    expect(transport).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".transport output")).to_have_text("0.20 / 0.20")
    page.locator("[data-action=loop]").click()
    play.click()
    page.wait_for_timeout(600)  # three times its length
    expect(transport).to_have_attribute("aria-pressed", "true")
    assert position(page) <= 0.2


def test_what_cannot_be_played_says_so_and_labels_are_clean(page: Page, board_url: str, faults: Faults) -> None:
    run = HOSTILE.replace("/", "")
    opened(page, board_url + "audio")
    expect(cell(page, "odd/none", run)).to_contain_text("nothing that browsers play, 21 B")
    expect(cell(page, "odd/cut", run)).to_contain_text("cannot decode")
    expect(cell(page, "odd/cut", run).locator(".clip-play")).to_be_hidden()
    several = cell(page, "odd/several", run)
    drawn(several.locator(".clip-spot").nth(1))
    expect(several.locator("strong")).to_have_text(["1", "2"])
    expect(several.locator("img")).to_have_count(0)
    expect(several.locator(".clip-label").first).to_contain_text(HOSTILE)
    drawn(cell(page, "odd/flac", run))
    expect(cell(page, "odd/flac", run)).to_contain_text("FLAC")
    with page.expect_download() as download:
        cell(page, "odd/none", run).get_by_role("link", name="Download").click(force=True)
    assert download.value.path().read_bytes() == b"<svg onload=alert(1)>"


def test_new_steps_come_by_themselves(tmp_path: Path, board_server: BoardServer, page: Page) -> None:
    with SummaryWriter(tmp_path / "run") as log:
        log.add_audio("tone", tone(0.5), 1, RATE)
        log.flush()
        opened(page, board_server(tmp_path) + "audio")
        figure = drawn(cell(page, "tone", "run"))
        log.add_audio("tone", np.zeros(RATE), 7, RATE)
        log.add_audio("another", tone(0.5), 7, RATE)
        log.flush()
        expect(figure).to_contain_text("step 7")
        expect(figure).to_contain_text("1.00 s")
        drawn(cell(page, "another", "run"))
