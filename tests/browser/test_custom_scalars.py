"""The custom scalars page in a real browser: other writers' layouts, bands, what matches nothing, all that charts can."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.board.logged import append_events, scalar
from tests.browser.conftest import BoardProcess, BoardServer
from writer import SummaryWriter
from writer.custom_scalars import LAYOUT_TAG, layout_value
from writer.format.messages import Event, Layout

pytestmark = pytest.mark.browser

CORPUS = Path(__file__).resolve().parents[1] / "corpus/logs"
HOSTILE = "</script><a href='https://evil.example/'>x</a>"
LIVE_LIMIT_MS = 10_000
LAYOUT = {
    "losses": {"both": ["Multiline", ["loss/.*"]], "band": ["Margin", ["mid", "low", "high"]]},
    HOSTILE: {HOSTILE: ["Multiline", ["nothing.*", "loss/train"]]},
}


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a board of two runs."""
    logdir = tmp_path_factory.mktemp("custom_scalars")
    for run in ("a", "b"):
        with SummaryWriter(logdir / run) as writer:
            writer.add_custom_scalars(LAYOUT)
            for step in range(50):
                for tag, value in (("loss/train", 1 / (step + 1)), ("loss/val", 2 / (step + 1)), ("mid", step)):
                    writer.add_scalar(tag, value, step)
                if run == "a":
                    writer.add_scalar("low", step - 10, step)
                    writer.add_scalar("high", step + 20, step)
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def made_layout(categories: list[tuple[str, bool]]) -> bytes:
    """An event with a layout of one chart a category."""
    layout = Layout()
    for title, closed in categories:
        category = layout.category.add(title=title.encode(), closed=closed)
        category.chart.add(title=b"loss").multiline.tag.append(b"loss")
    event = Event(wall_time=1.7e9)
    event.summary.value.append(layout_value(LAYOUT_TAG.encode(), layout))
    return bytes(event.SerializeToString())


def chart(page: Page, title: str) -> Locator:
    """A chart whose curves are drawn by Plotly."""
    found = page.locator("figure.chart", has=page.get_by_role("heading", name=title, exact=True))
    found.locator(".chart-plot .scatterlayer path.js-line").first.wait_for(state="attached")
    return found


def test_layouts_of_other_writers_are_honoured(board_server: BoardServer, page: Page) -> None:
    page.goto(board_server(CORPUS) + "custom_scalars")
    twse = chart(page, "twse")
    expect(twse.locator(".chart-key li")).to_have_text(["loss/train", "loss/val"])
    label = twse.locator(".chart-frame").get_attribute("aria-label")
    assert label is not None
    assert label.startswith("twse: loss/train and loss/val, 3 runs, ")
    assert page.locator("details.section h2").all_inner_texts() == ["Taiwan", "losses"]
    expect(chart(page, "all").locator(".chart-key")).to_contain_text("loss/b")


def test_a_band_is_filled_between_its_bounds_and_hover_tells_them(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "custom_scalars?smooth=0")
    band = chart(page, "band")
    expect(band.locator(".chart-note")).to_have_text("2 runs, 100 points · 1 run without both bounds")
    fills = band.locator(".scatterlayer path.js-fill").evaluate_all("all => all.map((one) => one.style.fillOpacity)")
    assert len(fills) == 1
    box = band.locator(".chart-frame").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 80)
    heads = page.locator(".hover-table th")
    expect(heads.filter(has_text="lower")).to_be_visible()
    row = page.locator(".hover-table tbody tr", has_text="a").first.locator("td").all_inner_texts()
    middle, low, high = (float(text.replace("\u2212", "-").replace("\u202f", "")) for text in row[2:5])
    assert (low, high) == (middle - 10, middle + 20)


def test_what_matches_nothing_is_said_and_names_are_shown_letter_for_letter(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "custom_scalars")
    found = chart(page, HOSTILE)
    expect(found.locator(".chart-faults")).to_have_text("“nothing.*” matches no scalar.")
    assert page.locator("main figure a").count() == 0


def test_charts_have_all_that_scalar_charts_have(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "custom_scalars")
    both = chart(page, "both")
    both.locator(".chart-frame").focus()
    page.keyboard.press("p")
    expect(page.locator("details.section h2").first).to_have_text("Pinned")
    assert "pin=losses/both" in page.url
    both = chart(page, "both")
    both.locator(".chart-frame").focus()
    page.keyboard.press("f")
    full = page.locator("dialog.full-chart")
    expect(full.get_by_role("heading", name="both")).to_be_visible()
    expect(full.locator(".data-table tbody tr")).to_have_count(4)
    page.go_back()
    expect(full).to_be_hidden()
    chart(page, "band").locator(".chart-frame").focus()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Export band")
    dialog.get_by_label("As").select_option("svg")
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "band.svg"
    assert ">band</text>" in saved.value.path().read_text()
    page.get_by_label("Filter tags by text or regex").fill("band")
    expect(page.locator("details.section h2")).to_have_text(["Pinned", "losses"])
    page.get_by_role("button", name="Relative", exact=True).click()
    expect(chart(page, "band").locator(".chart-frame")).to_have_attribute(
        "aria-label", re.compile("^band: mid, 2 runs, 0")
    )


def test_sections_that_a_writer_closed_are_closed_until_they_are_opened(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    layout = made_layout([("open", False), ("shut", True)])
    append_events(tmp_path / "run", [layout, *(scalar("loss", step, step) for step in range(5))])
    page.goto(board_server(tmp_path) + "custom_scalars")
    shut = page.locator("details.section", has=page.get_by_role("heading", name="shut"))
    expect(page.locator("details.section[open] h2")).to_have_text(["open"])
    shut.locator("summary").click()
    expect(page.locator("details.section[open] h2")).to_have_text(["open", "shut"])
    page.wait_for_url("**opened=shut**")  # the browser tells of it a moment later
    page.reload()
    expect(page.locator("details.section[open] h2")).to_have_text(["open", "shut"])


def test_a_layout_and_its_scalars_appear_without_a_reload(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("other", 1.0, 0)
        writer.flush()
        page.goto(board_server(tmp_path) + "custom_scalars")
        expect(page.get_by_text("No layout yet")).to_be_visible()
        writer.add_custom_scalars({"new": {"both": ["Multiline", ["loss/.*"]]}})
        writer.flush()
        expect(page.get_by_text("matches no scalar")).to_be_visible(timeout=LIVE_LIMIT_MS)
        for step in range(3):
            writer.add_scalar("loss/one", step, step)
        writer.flush()
        upto = chart(page, "both").locator(".chart-frame")
        expect(upto).to_have_attribute("data-upto", "2", timeout=LIVE_LIMIT_MS)
        expect(page.get_by_text("matches no scalar")).to_have_count(0)
        writer.add_scalar("loss/two", 5, 7)
        writer.flush()
        expect(upto).to_have_attribute("data-upto", "7", timeout=LIVE_LIMIT_MS)
        expect(chart(page, "both").locator(".chart-key li")).to_have_count(2)
