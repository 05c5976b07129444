"""What people keep of runs, in a real browser: names, stars, tags, notes, what is put away; in all windows at once."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.board.logged import append_events, scalar
from tests.browser.conftest import BoardProcess

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def board(tmp_path: Path, board_process: Callable[..., BoardProcess]) -> BoardProcess:
    for at, run in enumerate(("a", "b", "c")):
        append_events(tmp_path / "logs" / run, [scalar("loss", i, 1 / (i + 1), 1.7e9 + 100 * at + i) for i in range(9)])
    return board_process(tmp_path / "logs", "--state", str(tmp_path / "state.sqlite"))


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    return page


def row(page: Page, run: str) -> Locator:
    return page.locator(f'.run-row[data-name="{run}"]')


def panel(page: Page, run: str) -> Locator:
    row(page, run).hover()
    row(page, run).locator(".run-more").click()
    found = page.locator(".run-panel")
    expect(found).to_be_visible()
    return found


def test_a_run_is_renamed_in_its_row_and_everywhere(page: Page, board: BoardProcess) -> None:
    opened(page, board.url + "scalars")
    other = opened(page.context.new_page(), board.url + "scalars")
    page.get_by_label("Show a", exact=True).focus()
    page.keyboard.press("F2")
    field = page.get_by_label("Name for a")
    expect(field).to_be_focused()
    field.fill(HOSTILE)
    page.keyboard.press("Enter")
    for one in (page, other):
        expect(row(one, "a").locator(".run-name")).to_have_text(HOSTILE)
        expect(row(one, "a")).to_have_attribute("title", re.compile(r"\na$"))
    assert page.get_by_label("Show a", exact=True).is_checked()  # a key in the field ticks nothing
    page.locator("figure.chart .chart-frame").first.hover()
    expect(page.locator(".hover-table")).to_contain_text(HOSTILE)
    page.locator(".run-list input[type=search]").fill("onerror")  # found by its title
    expect(page.locator(".run-row[data-name]")).to_have_count(1)
    page.locator(".run-list input[type=search]").fill("")
    page.get_by_label("Show a", exact=True).focus()
    page.keyboard.press("F2")
    page.keyboard.type("never")
    page.keyboard.press("Escape")
    expect(row(page, "a").locator(".run-name")).to_have_text(HOSTILE)
    page.keyboard.press("F2")
    page.get_by_label("Name for a").fill("")
    page.keyboard.press("Enter")
    expect(row(page, "a").locator(".run-name")).to_have_text("a")
    other.close()


def test_star_tags_and_a_note(page: Page, board: BoardProcess) -> None:
    opened(page, board.url + "scalars")
    box = panel(page, "b")
    box.get_by_role("button", name="Star").click()
    expect(box.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "true")
    expect(row(page, "b").locator(".run-mark-star")).to_be_visible()
    tag = box.get_by_label("Add a tag")
    tag.fill("paper")
    tag.press("Enter")
    expect(box.locator(".run-tag-chip")).to_have_text(["paper"])
    note = box.get_by_label("Note, in Markdown")
    note.fill(f"# Why\n\n**Because** {HOSTILE}")
    frame = page.frame_locator(".run-note-preview iframe")
    expect(frame.locator("h1")).to_have_text("Why")
    expect(frame.locator("strong")).to_have_text("Because")
    expect(frame.locator("img")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(row(page, "b").locator(".run-mark-note")).to_be_visible()
    page.locator(".run-list input[type=search]").fill("tag = paper and starred")
    expect(page.locator(".run-row[data-name]")).to_have_count(1)
    page.locator(".run-list input[type=search]").fill("")
    expect(page.locator(".run-row[data-name]")).to_have_count(3)
    box = panel(page, "c")
    box.get_by_label("Add a tag").fill("pa")
    box.get_by_role("option", name="paper").click()
    expect(box.locator(".run-tag-chip")).to_have_text(["paper"])
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    box = panel(page, "b")
    expect(box.get_by_label("Note, in Markdown")).to_have_value(f"# Why\n\n**Because** {HOSTILE}")
    box.get_by_role("button", name="Remove the tag paper").click()
    expect(box.locator(".run-tag-chip")).to_have_count(0)


def test_archived_runs_are_put_away_and_seen_when_asked_for(page: Page, board: BoardProcess) -> None:
    opened(page, board.url + "scalars")
    panel(page, "c").get_by_role("button", name="Archive").click()
    expect(page.locator(".run-row[data-name]")).to_have_count(2)
    expect(page.locator(".run-archived")).to_contain_text("1 archived run put away")
    expect(page.locator("figure.chart .chart-note").first).to_contain_text("2 runs")
    page.keyboard.press("Escape")
    page.locator(".run-archived button").click()
    expect(page.locator(".run-row[data-name]")).to_have_count(3)
    assert "archived" in parse_qs(urlsplit(page.url).query, keep_blank_values=True)
    page.reload()
    expect(page.locator(".run-row[data-name]")).to_have_count(3)
    page.locator(".run-archived button").click()
    expect(page.locator(".run-row[data-name]")).to_have_count(2)
    page.locator(".run-list input[type=search]").fill("archived")
    expect(page.locator(".run-row[data-name]")).to_have_count(1)
    expect(row(page, "c")).to_be_visible()


def test_many_at_once(page: Page, board: BoardProcess) -> None:
    opened(page, board.url + "scalars?show=a,b")
    page.get_by_role("button", name="Choose runs").click()
    box = page.locator(".run-many")
    expect(box).to_contain_text("2 ticked runs")
    box.get_by_role("button", name="Star", exact=True).click()
    expect(page.locator(".run-mark-star")).to_have_count(2)
    field = box.get_by_label("Add a tag to all ticked runs")
    field.fill("sweep")
    field.press("Enter")
    expect(page.locator(".run-tag")).to_have_count(2)
    box.get_by_label("Remove a tag of all ticked runs").select_option("sweep")
    expect(page.locator(".run-tag")).to_have_count(0)
    box.get_by_role("button", name="Unstar").click()
    expect(page.locator(".run-mark-star")).to_have_count(0)
    box.get_by_role("button", name="Archive", exact=True).click()
    expect(page.locator(".run-row[data-name]")).to_have_count(1)


def test_all_that_is_kept_goes_out_and_in(page: Page, board: BoardProcess, tmp_path: Path) -> None:
    opened(page, board.url + "scalars")
    box = panel(page, "a")
    box.get_by_label("Name for display").fill("The first")
    box.get_by_label("Name for display").press("Enter")
    expect(row(page, "a").locator(".run-name")).to_have_text("The first")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Links and named views").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="export as JSON").click()
    kept = tmp_path / "kept.json"
    download.value.save_as(kept)
    page.keyboard.press("Escape")
    page.get_by_label("Show a", exact=True).focus()
    page.keyboard.press("F2")
    page.get_by_label("Name for a").fill("other")
    page.keyboard.press("Enter")
    expect(row(page, "a").locator(".run-name")).to_have_text("other")
    page.get_by_role("button", name="Links and named views").click()
    page.locator("[data-import]").set_input_files(kept)
    expect(page.locator(".views-said")).to_contain_text("Taken in: 0 views, 1 runs")
    expect(row(page, "a").locator(".run-name")).to_have_text("The first")
