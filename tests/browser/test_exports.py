"""What a person takes away from the scalars page: pictures, tables, a page that works alone."""

import csv
import io
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import BoardProcess, Faults
from tests.browser.test_scalars import chart, write

pytestmark = pytest.mark.browser

EVIL = "</svg><script>alert(1)</script>"


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("exports")
    for i, run in enumerate(("a", "b", "c")):
        values = [math.exp(-k / 20) + i for k in range(100)]
        values[50] = math.nan
        write(logdir / run, {"train/loss": values, EVIL: [1.0, 2.0]})
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def save(page: Page, **choices: str) -> Download:
    """Fill in the dialog and wait for the file."""
    dialog = page.locator("dialog.export")
    for name, value in choices.items():
        dialog.locator(f"select[name={name}]").select_option(value)
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    return download.value


def open_for(page: Page, tag: str) -> None:
    chart(page, tag).locator(".chart-frame").focus()
    page.keyboard.press("e")


def test_a_chart_as_svg_has_curves_title_and_legend(page: Page, board_url: str, tmp_path: Path) -> None:
    page.goto(board_url + "scalars?smooth=0&hide=c")
    open_for(page, "train/loss")
    download = save(page, format="svg")
    assert download.suggested_filename == "train_loss.svg"
    download.save_as(tmp_path / "chart.svg")
    root = ET.parse(tmp_path / "chart.svg").getroot()
    name = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in root.iter(f"{name}text")]
    assert {"train/loss", "a", "b", "NaN"} <= set(texts)
    assert "c" not in texts
    longest = sorted(len(path.get("d", "")) for path in root.iter(f"{name}path"))
    assert len([size for size in longest if size > 500]) == 2, "a path a run"
    strokes = {path.get("stroke") for path in root.iter(f"{name}path") if len(path.get("d", "")) > 500}
    assert all(stroke and stroke.startswith("#") for stroke in strokes)
    assert len(strokes) == 2
    other = page.context.new_page()  # it stands alone
    other.goto((tmp_path / "chart.svg").as_uri())
    assert other.evaluate("document.querySelectorAll('path').length") > 5


def test_a_chart_as_png_is_its_picture(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars?smooth=0")
    open_for(page, "train/loss")
    data = Path(save(page, format="png").path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") > 600, "two pixels for one"


def test_hostile_names_stay_text_in_pictures(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars")
    open_for(page, EVIL)
    text = Path(save(page, format="svg").path()).read_text()
    assert "<script" not in text
    assert EVIL in "".join(ET.fromstring(text).itertext())


def test_tables_hold_what_is_seen_or_everything(page: Page, board_url: str) -> None:
    page.goto(board_url + "scalars?smooth=0.5&zoom=10,20,,:train/loss&hide=c")
    open_for(page, "train/loss")
    seen = list(csv.DictReader(io.StringIO(Path(save(page, format="csv").path()).read_text())))
    assert {row["run"] for row in seen} == {"a", "b"}
    assert {int(row["step"]) for row in seen} == set(range(10, 21))
    assert seen[0]["smoothed"] != seen[0]["value"]
    open_for(page, "train/loss")
    every = list(csv.DictReader(io.StringIO(Path(save(page, format="csv", points="all", runs="b").path()).read_text())))
    assert [int(row["step"]) for row in every] == list(range(100))
    page.get_by_role("button", name="Export the page").click()
    whole = json.loads(Path(save(page, format="json", points="all").path()).read_text())
    assert {(one["run"], one["tag"]) for one in whole["series"]} == {(r, t) for r in "ab" for t in ("train/loss", EVIL)}


def test_the_page_as_one_file(page: Page, board_url: str, tmp_path: Path) -> None:
    page.goto(board_url + "scalars?hide=c")
    chart(page, "train/loss")
    page.get_by_role("button", name="Export the page").click()
    download = save(page, format="html")
    download.save_as(tmp_path / "page.html")
    other = page.context.new_page()
    other.goto((tmp_path / "page.html").as_uri())
    expect(other.locator("figure")).to_have_count(2)
    assert "/" not in other.locator("h1").inner_text(), "where the logs lie is nobody's business"
    expect(other.locator(".runs label")).to_have_count(2)


def test_what_cannot_be_exported_is_said(page: Page, board_url: str, faults: Faults) -> None:
    page.goto(board_url + "scalars?show=a")
    chart(page, "train/loss")
    page.get_by_label("Show a", exact=True).uncheck()
    page.get_by_role("button", name="Export the page").click()
    dialog = page.locator("dialog.export")
    dialog.locator("select[name=format]").select_option("html")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("[role=status]")).not_to_be_empty()
    faults.expect("400")
