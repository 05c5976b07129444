"""The tensors page in a real browser: whatever has no page of its own is there, at every step, and can be taken away."""

import io
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.board.logged import append_events
from tests.board.web.test_tensors import other
from tests.browser.conftest import BoardServer, Faults
from tests.browser.test_access import violations
from tests.browser.test_text import cell
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)>"
LIVE_LIMIT_MS = 10_000
THREE = np.arange(2 * 3 * 4, dtype="f4").reshape(2, 3, 4)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensors")
    for run, factor in (("a", 1), ("b", -1)):
        with SummaryWriter(folder / run) as writer:
            for step in range(5):
                writer.add_tensor("three", THREE * factor + step, step)
                writer.add_tensor("alone", np.float32(step + 0.5), step)
            writer.add_tensor("odd", np.array([np.nan, 1.0, np.inf], "f4"), 0)
    strings = (HOSTILE.encode(), b"two\xe2\x80\xae", b"\xff", b"four")
    texts = other("texts", HOSTILE.encode(), b"", strings, (2, 2))
    append_events(folder / "c", [other("marker", b"x", b""), other("unknown", b"y", HOSTILE.encode()), texts])
    return folder


def test_statistics_and_values_at_the_step_of_the_slider(board_server: BoardServer, page: Page, logdir: Path) -> None:
    page.goto(board_server(logdir) + "tensors?values=table")
    three = cell(page, "three", "a")
    expect(three.locator(".tensor-facts")).to_contain_text("float32 2 × 3 × 4 · plugin tensor")
    expect(three.locator("dl")).to_contain_text("max27")
    expect(three.locator("tbody tr").first).to_have_text("04567")
    page.get_by_label("Step of all tensors of all runs").fill("0")
    expect(three.locator("tbody tr").first).to_have_text("00123")
    three.get_by_label("dimension 0").fill("1")
    three.get_by_label("dimension 0").press("Tab")
    expect(three.locator("tbody tr").last).to_have_text("220212223")
    expect(cell(page, "alone", "a")).to_contain_text("0.5")
    odd = cell(page, "odd", "a")
    expect(odd.locator("[data-odd]")).to_have_text(["NaN1", "+∞1"])
    expect(odd.locator("td").nth(3)).to_have_text("+∞")


def test_the_heat_map_is_what_was_logged_and_the_pointer_reads_it(
    board_server: BoardServer, page: Page, logdir: Path
) -> None:
    page.goto(board_server(logdir) + "tensors?step=0")
    picture = page.get_by_role("img", name="Heat map of three of a, 3 × 4, 0 to 11")
    expect(picture).to_be_visible()
    pixels = picture.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, 4, 3).data].filter((_, i) => i % 4 === 0)"
    )
    assert len(pixels) == 12
    assert pixels == sorted(pixels, reverse=True), "from light to dark"
    box = picture.bounding_box()
    assert box is not None
    picture.hover(position={"x": box["width"] * 0.9, "y": box["height"] * 0.5})
    expect(cell(page, "three", "a").locator(".tensor-key")).to_contain_text("[0, 1, 3] 7")
    page.keyboard.press("m")
    expect(cell(page, "three", "a").locator("table")).to_be_visible()
    assert "values=table" in page.url


def test_what_nobody_knows_is_listed_and_hostile_contents_stay_text(
    board_server: BoardServer, page: Page, faults: Faults, logdir: Path
) -> None:
    page.goto(board_server(logdir) + "tensors")
    expect(cell(page, "marker", "c")).to_contain_text("empty: a tag and nothing more")
    unknown = cell(page, "unknown", "c")
    expect(unknown.locator(".tensor-facts")).to_contain_text("plugin y · no value")
    expect(unknown.locator("pre")).to_contain_text(HOSTILE)
    texts = cell(page, "texts", "c")
    expect(texts.locator(".tensor-facts")).to_contain_text(f"string 2 × 2 · plugin {HOSTILE}")
    expect(texts.locator("td").nth(1)).to_have_text(HOSTILE)
    expect(texts.locator(".text-sign").first).to_have_text("U+202E")
    assert list(faults) == []


def test_a_tensor_is_downloaded_as_numpy_has_it(board_server: BoardServer, page: Page, logdir: Path) -> None:
    page.goto(board_server(logdir) + "tensors?step=3")
    three = cell(page, "three", "b")
    expect(three.locator("canvas")).to_be_visible()
    three.hover()
    with page.expect_download() as started:
        three.get_by_label("Download three of b").click()
    assert started.value.suggested_filename == "b-three-3.npy"
    assert np.array_equal(np.load(io.BytesIO(started.value.path().read_bytes())), THREE * -1 + 3)


def test_a_new_tensor_appears_without_a_reload(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_tensor("t", np.arange(3), 1)
        writer.flush()
        page.goto(board_server(tmp_path) + "tensors")
        expect(cell(page, "t", "run")).to_contain_text("step 1")
        writer.add_tensor("t", np.arange(4), 2)
        writer.flush()
        expect(cell(page, "t", "run")).to_contain_text("int64 4", timeout=LIVE_LIMIT_MS)


def test_the_back_button_gives_back_step_and_form(board_server: BoardServer, page: Page, logdir: Path) -> None:
    page.goto(board_server(logdir) + "tensors?step=1")
    three = cell(page, "three", "a")
    expect(three.locator("canvas")).to_be_visible()
    page.evaluate("history.pushState({}, '', '?step=2&values=table')")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(three.locator("tbody tr").first).to_have_text("02345")
    page.go_back()
    expect(three.locator("canvas")).to_be_visible()
    expect(three.locator("figcaption")).to_contain_text("step 1")


def test_axe_finds_nothing_in_the_numbers(board_server: BoardServer, page: Page, logdir: Path) -> None:
    page.goto(board_server(logdir) + "tensors?theme=dark&values=table")
    expect(cell(page, "three", "a").locator("table")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
