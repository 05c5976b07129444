"""Short links and named views: what a person keeps, a colleague opens."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BoardServer
from tests.browser.test_scalars import chart, chosen, wait_until, write

pytestmark = pytest.mark.browser

QUERY = "scalars?show=one&pin=lr&smooth=0.9&zoom=1,2,,:train/a"


@pytest.fixture
def board_url(board_server: BoardServer, tmp_path: Path) -> str:
    for run in ("one", "two"):
        write(tmp_path / "logs" / run, {"train/a": [1.0, 0.5, 0.25, 0.1], "lr": [1.0, 0.5]})
    return board_server(tmp_path / "logs")


def test_a_short_link_opens_the_same_view_elsewhere(page: Page, board_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(board_url + QUERY)
    chart(page, "lr")
    wanted = chosen(page)
    page.keyboard.press("v")
    page.get_by_role("button", name="Copy a short link").click()
    expect(page.locator(".views-said")).to_have_text("A short link is copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(board_url + "v/")
    assert len(link) < len(board_url) + 20
    other = page.context.new_page()
    other.goto(link)
    chart(other, "lr")
    assert other.url.startswith(board_url + "scalars?")
    assert chosen(other) == wanted
    page.get_by_role("button", name="Copy the whole address").click()
    expect(page.locator(".views-said")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_named_views_are_kept_opened_renamed_and_deleted(page: Page, board_url: str) -> None:
    page.goto(board_url + QUERY)
    chart(page, "lr")
    wanted = chosen(page)
    page.get_by_role("button", name="Links and named views").click()
    views = page.locator("#views")
    expect(views.locator(".views-empty")).to_be_visible()
    views.get_by_label("Name of this view").fill("The <b>best</b> one")
    views.get_by_role("button", name="Keep").click()
    link = views.get_by_role("link", name="The <b>best</b> one")
    expect(link).to_have_attribute("aria-current", "true")
    views.get_by_role("button", name="Reset this page").click()
    expect(views).to_be_hidden()
    wait_until(page, lambda: chosen(page) == {})
    expect(page.locator("details.section > summary h2").first).not_to_have_text("Pinned")
    page.keyboard.press("v")
    link.click()
    wait_until(page, lambda: chosen(page) == wanted)
    expect(page.locator("details.section > summary h2").first).to_have_text("Pinned")
    assert page.get_by_label("Show two").is_checked() is False
    page.go_back()
    wait_until(page, lambda: chosen(page) == {})
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("v")
    views.get_by_role("button", name="Rename The").click()
    views.get_by_label("New name of").fill("Second")
    page.keyboard.press("Enter")
    expect(views.get_by_role("link", name="Second")).to_be_visible()
    views.get_by_role("button", name="Delete Second").click()
    expect(views.locator(".views-list").get_by_role("link")).to_have_count(0)
    views.get_by_role("button", name="Undo").click()
    expect(views.get_by_role("link", name="Second")).to_be_visible()
