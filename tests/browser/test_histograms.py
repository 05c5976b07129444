"""The histograms page in a real browser: what is drawn is what was logged, in each of its ways, and it grows."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BoardServer
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = "</script><a href='https://evil.example/'>x</a>"
LIVE_LIMIT_MS = 10_000


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir, rng = tmp_path_factory.mktemp("histograms"), np.random.default_rng(0)
    for run, shift in (("a/seed0", 0.0), ("b/seed0", 6.0)):
        with SummaryWriter(logdir / run) as writer:
            for step in range(0, 100, 10):
                writer.add_histogram("layer/weight", rng.normal(shift, 1, 400), step)
                writer.add_histogram(HOSTILE, rng.normal(shift, 1, 40), step)
    return logdir


def ink(page: Page, name: str) -> float:
    """The part of a picture that is drawn on."""
    return float(
        page.get_by_role("img", name=name).evaluate(
            """(canvas) => {
              const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let drawn = 0;
              for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0;
              return drawn / (data.length / 4);
            }"""
        )
    )


def test_each_way_of_drawing_draws_and_says_what_it_shows(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "histograms")
    name = "Histograms of layer/weight of a/seed0"
    for mode in ("Offset", "Overlay", "Heat map", "Percentiles"):
        page.get_by_role("button", name=mode, exact=True).click()
        expect(page.get_by_label(f"{name}: 10 steps from 0 to 90, values from")).to_be_visible()
        assert ink(page, name) > 0.02, mode
    assert "mode=bands" in page.url
    page.reload()
    expect(page.get_by_role("button", name="Percentiles")).to_have_attribute("aria-pressed", "true")


def test_the_pointer_reads_bin_count_and_step(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "histograms")
    picture = page.get_by_label("Histograms of layer/weight of b/seed0: 10 steps")
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 46 + (box["width"] - 62) * 0.75, box["y"] + box["height"] - 27)  # the front ridge
    tip = page.locator(".histogram-tip")
    expect(tip).to_contain_text("step 90")
    expect(tip).to_contain_text("of 400 (")
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_runs_stand_over_each_other_at_one_step(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "histograms?mode=runs&step=40")
    expect(page.get_by_label("Histograms of layer/weight: 1 step from 40 to 40")).to_be_visible()
    slider = page.get_by_label("Step of all histograms of all runs")
    expect(slider).to_have_attribute("max", "9")
    slider.fill("2")
    expect(page.get_by_label("Histograms of layer/weight: 1 step from 20 to 20")).to_be_visible()


def test_a_new_histogram_appears_without_a_reload_and_names_are_shown_letter_for_letter(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_histogram(HOSTILE, np.arange(10.0), 1)
        writer.flush()
        page.goto(board_server(tmp_path) + "histograms")
        expect(page.get_by_label(f"Histograms of {HOSTILE} of run: 1 step from 1 to 1")).to_be_visible()
        writer.add_histogram(HOSTILE, np.arange(10.0), 2)
        writer.add_histogram("second", np.arange(10.0), 2)
        writer.flush()
        expect(page.get_by_label(f"Histograms of {HOSTILE} of run: 2 steps from 1 to 2")).to_be_visible(
            timeout=LIVE_LIMIT_MS
        )
        expect(page.get_by_label("Histograms of second of run: 1 step")).to_be_visible(timeout=LIVE_LIMIT_MS)
    assert page.locator("main a").count() == 0


def test_without_histograms_the_page_says_how_to_log_one(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
    page.goto(board_server(tmp_path) + "histograms")
    expect(page.get_by_text("writer.add_histogram")).to_be_visible()
