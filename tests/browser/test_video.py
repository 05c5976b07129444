"""The video page in a real browser: all runs in step, frame by frame, and what a frame shows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.board.logged import append_events
from tests.board.sounds import string_event
from tests.browser.conftest import BoardProcess, Faults
from writer import SummaryWriter

pytestmark = pytest.mark.browser
pytest.importorskip("av", reason="PyAV is not installed")

FPS, FRAMES = 5, 20


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Videos that are brighter from frame to frame; of another step, darker."""
    logdir = tmp_path_factory.mktemp("video")
    ramp = np.arange(FRAMES, dtype=np.uint8)[:, None, None, None] * 10 + np.zeros((1, FRAMES, 3, 32, 48), np.uint8)
    for run, frames in (("a", ramp), ("b", ramp[:, : FRAMES // 2])):
        with SummaryWriter(logdir / run) as log:
            log.add_video("env/rollout", frames, 0, FPS, webm=True)
            log.add_video("env/rollout", frames + 40, 100, FPS, webm=True)
            if run == "a":
                log.add_video("alone", frames, 0, FPS, webm=True)
    append_events(
        logdir / "c", [string_event("odd", 100, "trainboard_video", [[b"text/html", b"<script>alert(1)</script>"]])]
    )
    board = BoardProcess(Path(logdir))
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


def expect_brightness(figure: Locator, level: int) -> None:
    """Wait until the frame that is shown has this grey level; frames are ten apart."""
    found = -1
    for _ in range(200):
        found = figure.locator("video").evaluate(
            """(video) => {
              const brush = new OffscreenCanvas(1, 1).getContext("2d");
              brush.drawImage(video, 0, 0, 1, 1);
              return video.seeking ? -1 : brush.getImageData(0, 0, 1, 1).data[1];
            }"""
        )
        if abs(found - level) <= 4:
            return
        figure.page.wait_for_timeout(50)
    raise AssertionError(f"the frame's brightness is {found}, not {level}")


def test_frame_by_frame_in_all_runs(page: Page, board_url: str, faults: Faults) -> None:
    opened(page, board_url + "video?step=0")
    first, second = cell(page, "env/rollout", "a"), cell(page, "env/rollout", "b")
    expect(first).to_contain_text("5 frames/s · WEBM")
    for figure in (first, second):
        expect_brightness(figure, 0)
    for number in (1, 2, 3):
        page.keyboard.press(".")
        for figure in (first, second):
            expect_brightness(figure, 10 * number)
    page.keyboard.press(",")
    expect_brightness(first, 20)
    page.locator(".transport input").fill("990")
    expect_brightness(first, 190)
    expect_brightness(second, 90)  # the shorter one stays at its last frame
    page.keyboard.press(".")
    expect_brightness(first, 190)
    assert "at=" in page.url
    page.locator(".transport input").evaluate("(range) => range.blur()")
    page.keyboard.press("ArrowRight")
    expect_brightness(first, 230)  # the other step, at the same position
    opened(page, page.url)
    expect_brightness(cell(page, "env/rollout", "a"), 230)


def test_all_play_together_to_the_end(page: Page, board_url: str) -> None:
    opened(page, board_url + "video?step=0&rate=4")
    first = cell(page, "env/rollout", "a")
    expect_brightness(first, 0)
    page.keyboard.press("Space")
    expect(page.locator("[data-action=transport]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".transport output")).to_have_text("4.00 / 4.00")
    expect(page.locator("[data-action=transport]")).to_have_attribute("aria-pressed", "false")
    expect_brightness(first, 190)
    expect_brightness(cell(page, "env/rollout", "b"), 90)
    assert page.locator("video").evaluate_all("(videos) => videos.every((video) => video.paused && video.muted)")


def test_one_in_the_place_of_the_other(page: Page, board_url: str) -> None:
    opened(page, board_url + "video?step=0&at=0.5")
    expect_brightness(cell(page, "env/rollout", "b"), 20)
    page.keyboard.press("b")
    expect(cell(page, "env/rollout", "a")).to_be_visible()
    expect(cell(page, "env/rollout", "b")).to_have_count(0)
    expect_brightness(cell(page, "env/rollout", "a"), 20)
    page.keyboard.press("b")
    expect_brightness(cell(page, "env/rollout", "b"), 20)
    expect(page.get_by_text("b has logged none").first).to_be_visible()
    assert "solo=b" in page.url
    page.get_by_role("button", name="Side by side").click()
    expect_brightness(cell(page, "env/rollout", "a"), 20)
    assert "solo" not in page.url


def test_what_is_no_video_says_so(page: Page, board_url: str, faults: Faults) -> None:
    opened(page, board_url + "video")
    expect(cell(page, "odd", "c")).to_contain_text("nothing that browsers play, 25 B")
    expect(page.locator(".tabs a[aria-current]")).to_contain_text("Video")
