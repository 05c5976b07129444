"""The PR curves page in a real browser: the points that were logged, a threshold for all, areas that lead to their step."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BoardProcess, BoardServer
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = "</script><a href='https://evil.example/'>x</a>"
LIVE_LIMIT_MS = 10_000
LABELS = np.array([0, 0, 1, 1, 0, 1, 1, 1])
CORPUS = Path(__file__).resolve().parents[1] / "corpus/logs"


def log(writer: SummaryWriter, tag: str, step: int) -> None:
    """Eight predictions on eleven thresholds; better by the step."""
    chances = np.clip(np.array([0.05, 0.25, 0.35, 0.45, 0.55, 0.65, 0.85, 0.95]) + step / 500 * (2 * LABELS - 1), 0, 1)
    writer.add_pr_curve(tag, LABELS, chances, step, num_thresholds=11)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a board of two runs."""
    logdir = tmp_path_factory.mktemp("pr_curves")
    for run, every in (("a/seed0", 10), ("b/seed0", 25)):
        with SummaryWriter(logdir / run) as writer:
            for step in range(0, 101, every):
                log(writer, "val/pr", step)
            writer.add_pr_curve("none", np.zeros(8), np.linspace(0, 1, 8), 0)
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def block(page: Page, tag: str) -> Locator:
    """All that is shown of one tag."""
    return page.locator(".pr-tag", has=page.get_by_title(tag, exact=True))


def row(place: Locator, run: str) -> list[str]:
    """The cells of a run's row in the table."""
    cells = place.locator(f".pr-table tr[data-run='{run}'] td")
    expect(cells).to_have_count(12)
    return cells.all_inner_texts()


def test_runs_stand_at_their_last_step_and_the_table_has_the_counts(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "pr_curves?step=60&threshold=0.5")
    pr = block(page, "val/pr")
    expect(pr.locator(".chart-note").first).to_have_text("steps 50 to 60: the last one of each run")
    assert row(pr, "a/seed0")[1] == "60"
    # at step 50: 0.05 0.15 0.45 0.55 0.45 0.75 0.95 1.00, of which 0.55, 0.75, 0.95 and 1.00 are above 0.5 and true
    assert row(pr, "b/seed0")[1:2] + row(pr, "b/seed0")[4:] == [
        *("50", "0.5000", "1.0000", "0.8000", "0.8889", "4", "0", "3", "1"),
    ]
    expect(pr.locator(".line-layer path")).to_have_count(4)
    expect(pr.locator("circle.dot")).to_have_count(2)
    expect(block(page, "none").locator(".pr-faults")).to_have_text(
        "a/seed0, b/seed0: no area: nothing is truly positive, so there is no recall."
    )


def test_a_click_on_a_curve_sets_the_threshold_for_all_and_escape_takes_it_back(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "pr_curves?step=0")
    pr = block(page, "val/pr")
    dot = pr.locator("circle.dot").first
    at = dot.bounding_box()
    assert at is not None
    page.mouse.move(at["x"] + 4, at["y"] + 4)
    expect(page.locator(".hover-table")).to_contain_text("Threshold")
    page.mouse.click(at["x"] + 4, at["y"] + 4)
    expect(pr.get_by_text(re.compile(r"^At threshold 0\.\d+, or the nearest"))).to_be_visible()
    assert "threshold=" in page.url
    chosen = row(pr, "a/seed0")[4]
    page.keyboard.press("ArrowUp")
    expect(pr.locator(".pr-table tr[data-run='a/seed0'] td").nth(4)).to_have_text(f"{float(chosen) + 0.1:.4f}")
    page.keyboard.press("Escape")
    expect(pr.get_by_text("Each run at the threshold of its best F1.")).to_be_visible()
    assert "step=0" in page.url, "Escape backs out one level"


def test_a_click_on_an_area_goes_to_its_step_and_both_areas_are_there(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "pr_curves?hide=b%2Fseed0")
    pr = block(page, "val/pr")
    areas = pr.get_by_role("img", name="average precision of val/pr over steps, 1 run: a/seed0 1.0000 at step 100")
    expect(areas).to_be_visible()
    box = areas.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 46 + (box["width"] - 62) * (0.3 * 100 + 2) / 104, box["y"] + box["height"] * 0.4)
    expect(pr.locator(".pr-table tr[data-run='a/seed0'] td").nth(1)).to_have_text("30")
    assert "step=30" in page.url
    page.locator(".toolbar").get_by_role("button", name="Trapezoids").click()
    expect(pr.get_by_role("img", name="area under the curve (trapezoids) of val/pr over steps")).to_be_visible()
    page.locator(".toolbar").get_by_role("button", name="Relative").click()
    expect(pr.get_by_role("img", name="over relative time")).to_be_visible()
    page.reload()
    expect(page.locator(".toolbar").get_by_role("button", name="Relative")).to_have_attribute("aria-pressed", "true")


def test_a_drag_zooms_and_all_thresholds_are_listed_and_saved(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "pr_curves")
    pr = block(page, "val/pr")
    chart = pr.get_by_role("img", name="Precision over recall of val/pr, 2 runs, step 100.")
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 200, steps=3)
    page.mouse.up()
    assert "zoom=" in page.url
    chart.dblclick(position={"x": 200, "y": 150})
    assert "zoom=" not in page.url
    pr.get_by_role("button", name="Large: val/pr").click()
    assert "wide=val/pr" in page.url
    large = chart.bounding_box()
    assert large is not None
    assert large["width"] > 2 * box["width"]
    pr.get_by_text("All thresholds").click()
    listed = pr.get_by_role("region", name="All thresholds").locator("tbody tr[data-threshold]")
    expect(listed).to_have_count(11)
    pr.get_by_role("region", name="All thresholds").get_by_role("button", name="TP").click()
    assert listed.first.locator("td").first.inner_text() == "0.9000"  # of two with as many, the lower one
    with page.expect_download() as saved:
        pr.get_by_role("button", name="CSV of all runs").click()
    lines = saved.value.path().read_text().splitlines()
    assert len(lines) == 23
    assert lines[1].startswith('"a/seed0",100,0,0.625,1,')


def test_a_new_curve_appears_without_a_reload_and_names_are_shown_letter_for_letter(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "<b>run</b>") as writer:
        log(writer, HOSTILE, 1)
        writer.flush()
        page.goto(board_server(tmp_path) + "pr_curves")
        expect(page.get_by_label(f"Precision over recall of {HOSTILE}, 1 run, step 1.")).to_be_visible()
        log(writer, HOSTILE, 2)
        log(writer, "second", 2)
        writer.flush()
        expect(page.get_by_label(f"Precision over recall of {HOSTILE}, 1 run, step 2.")).to_be_visible(
            timeout=LIVE_LIMIT_MS
        )
        expect(page.get_by_label("Precision over recall of second, 1 run")).to_be_visible(timeout=LIVE_LIMIT_MS)
    assert page.locator("main a, main b").count() == 0


def test_curves_of_other_writers_are_drawn(board_server: BoardServer, page: Page) -> None:
    page.goto(board_server(CORPUS) + "pr_curves")
    expect(page.get_by_label("Precision over recall of pr, 3 runs, steps 60 to 100")).to_be_visible()
    expect(page.get_by_label("Precision over recall of pr/pr_curves, 1 run, step 19.")).to_be_visible()
