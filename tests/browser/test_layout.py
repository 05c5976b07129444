"""Where charts stand on the scalars page, and how they are found: by hand, by keys, in the address."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BoardProcess, BoardServer
from tests.browser.test_scalars import chart, chosen, wait_until, write
from writer import SummaryWriter

pytestmark = pytest.mark.browser

TAGS = ["train/a", "train/b", "train/c", "train/d", "val/loss", "lr"]


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("layout")
    write(logdir / "one", {tag: [1.0, 0.5, 0.25] for tag in TAGS})
    write(logdir / "two", {"train/a": [1.0, 0.75], "only/two": [1.0, 2.0]})
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def order(page: Page, section: str) -> list[str]:
    heads = page.locator("details.section", has=page.locator("summary h2", has_text=re.compile(f"^{section}$")))
    found = heads.locator(".chart-slot")
    return found.evaluate_all("slots => slots.map((slot) => slot.dataset.tag)")  # type: ignore[no-any-return]


def title(page: Page, tag: str) -> dict[str, float]:
    box = chart(page, tag).locator(".chart-title").bounding_box()
    assert box is not None
    return box


def test_charts_are_dragged_by_their_titles(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    made = page.locator('[data-tag="train/b"] figure').element_handle()
    grip, goal = title(page, "train/d"), title(page, "train/b")
    page.mouse.move(grip["x"] + 10, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(goal["x"] + 40, goal["y"] + 60, steps=5)
    expect(page.locator(".drop-marker")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".drop-marker")).to_be_hidden()
    assert order(page, "train") == ["train/a", "train/d", "train/b", "train/c"]
    assert chosen(page)["place"] == ["train/d>train/b"]
    assert made is not None
    assert made.evaluate("figure => figure.isConnected"), "a chart that gives way is moved, not made anew"
    page.reload()
    chart(page, "train/a")
    assert order(page, "train") == ["train/a", "train/d", "train/b", "train/c"]


def test_escape_ends_a_drag_and_nothing_has_moved(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    grip, goal = title(page, "train/d"), title(page, "train/a")
    page.mouse.move(grip["x"] + 10, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(goal["x"] + 40, goal["y"] + 60, steps=5)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert order(page, "train") == ["train/a", "train/b", "train/c", "train/d"]
    assert "place" not in chosen(page)


def test_charts_are_moved_by_keys_and_keep_the_focus(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    chart(page, "train/a").locator(".chart-frame").focus()
    page.keyboard.press(">")
    page.keyboard.press(">")
    assert order(page, "train") == ["train/b", "train/c", "train/a", "train/d"]
    assert page.evaluate("document.activeElement.closest('.chart').dataset.tag") == "train/a"
    expect(page.locator("[data-slot=news]")).to_have_text("train/a is now number 3 of 4")
    page.keyboard.press("<")
    assert order(page, "train") == ["train/b", "train/a", "train/c", "train/d"]
    page.keyboard.press("p")
    assert page.evaluate("document.activeElement.closest('.chart').dataset.tag") == "train/a"
    chart(page, "val/loss").locator(".chart-frame").focus()
    page.keyboard.press("p")
    assert order(page, "Pinned") == ["train/a", "val/loss"]
    page.keyboard.press("<")
    assert chosen(page)["pin"] == ["val/loss", "train/a"]
    assert order(page, "Pinned") == ["val/loss", "train/a"]


def test_a_chart_as_wide_as_the_page(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    frame = chart(page, "train/b").locator(".chart-frame")
    narrow = frame.bounding_box()
    frame.focus()
    page.keyboard.press("w")
    wide = frame.bounding_box()
    assert narrow is not None
    assert wide is not None
    assert wide["width"] > 2.5 * narrow["width"]
    assert wide["height"] > narrow["height"]
    assert chosen(page)["wide"] == ["train/b"]
    page.keyboard.press("w")
    assert "wide" not in chosen(page)


def test_sections_stay_closed(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    chart(page, "train/a")
    page.locator('details.section[data-key="train"] > summary').click()
    wait_until(page, lambda: chosen(page).get("closed") == ["train"])
    page.reload()
    chart(page, "val/loss")
    assert page.locator('[data-tag="train/a"] figure').count() == 0, "what is closed costs nothing"
    page.keyboard.press("c")
    wait_until(page, lambda: chosen(page).get("closed") == ["", "only", "train", "val"] or "closed=,only" in page.url)
    expect(page.locator("details.section[open]")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.locator("details.section[open]")).to_have_count(4)
    assert "closed" not in chosen(page)


def test_charts_that_no_chosen_run_has_disappear(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars?show=two")
    chart(page, "only/two")
    assert page.locator("details.section > summary h2").all_inner_texts() == ["train", "only"]
    page.get_by_label("Show one").check()
    chart(page, "val/loss")


def test_tags_are_found_by_regex_and_by_list(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    chart(page, "train/a")
    field = page.get_by_label("Filter tags")
    field.fill("^train/[ab]$|loss")
    expect(page.locator(".chart-slot")).to_have_count(3)
    options = page.get_by_role("listbox", name="Matching tags").get_by_role("option")
    expect(options).to_have_count(3)
    field.fill("(a+)+$")  # an engine that backtracks hangs here on long names; ours answers
    expect(page.locator(".chart-slot")).to_have_count(1)
    field.fill("train(")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("train")
    expect(options).to_have_count(4)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("Enter")
    expect(field).to_have_value("train/b")
    assert page.evaluate("document.activeElement.closest('.chart').dataset.tag") == "train/b"
    assert chosen(page)["tags"] == ["train/b"]
    field.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".chart-slot")).to_have_count(7)
    field.fill("train")
    options.last.click()
    assert page.evaluate("document.activeElement.closest('.chart')?.dataset.tag") == "train/d", "the field took it back"


def test_the_list_counts_what_it_does_not_show(page: Page, board_server: BoardServer, tmp_path: object) -> None:
    with SummaryWriter(f"{tmp_path}/run") as writer:
        for i in range(40):
            writer.add_scalar(f"layer/{i}", 1.0, 0)
    page.goto(board_server(tmp_path) + "scalars")
    chart(page, "layer/0")
    page.get_by_label("Filter tags").fill("layer")
    found = page.get_by_role("listbox", name="Matching tags")
    expect(found.get_by_role("option")).to_have_count(25)
    expect(found).to_contain_text("and 15 more")


def test_back_closes_full_screen_and_forward_opens_it_again(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    chart(page, "train/a").locator(".chart-frame").focus()
    page.keyboard.press("f")
    dialog = page.locator("dialog.full-chart")
    expect(dialog).to_be_visible()
    assert chosen(page)["full"] == ["train/a"]
    page.go_back()
    expect(dialog).to_be_hidden()
    assert "full" not in chosen(page)
    page.go_forward()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    wait_until(page, lambda: "full" not in chosen(page))
    page.go_forward()
    expect(dialog).to_be_visible()
    page.goto(board_url + "scalars?full=val/loss")  # a link: closing it stays on the page
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    chart(page, "train/a")


def test_back_brings_the_choices_of_then(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars?show=one&tags=train&smooth=0.9")
    chart(page, "train/a")
    page.evaluate("() => history.pushState(null, '', 'scalars?pin=val/loss')")
    page.go_back()
    page.go_forward()
    chart(page, "val/loss")
    assert page.locator("details.section > summary h2").first.inner_text() == "Pinned"
    assert page.get_by_label("Filter tags").input_value() == ""
    assert page.get_by_label("Show two").is_checked()
    page.go_back()
    expect(page.locator(".chart-slot")).to_have_count(4)
    assert page.get_by_label("Filter tags").input_value() == "train"
    assert page.locator(".toolbar output").first.inner_text().startswith("0.90")
    assert page.get_by_label("Show two").is_checked() is False


def test_an_address_without_choices_opens_as_the_page_was_left(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars?pin=lr&smooth=0.9&show=one&tags=train")
    chart(page, "lr")
    page.goto(board_url + "scalars")
    chart(page, "lr")
    kept = parse_qs(urlsplit(page.url).query)
    assert kept == {"pin": ["lr"], "smooth": ["0.9"]}, "how it looks is kept, what was looked at is not"
