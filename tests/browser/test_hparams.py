"""The hparams page in a real browser, on a made-up sweep: order, filters, brushes, columns, what matters, files."""

import csv
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BoardServer
from tests.browser.sweep_logs import write_sweep
from writer import SummaryWriter

pytestmark = pytest.mark.browser

RUNS = 60
FIT_LIMIT_MS = 60_000  # generous: forests are grown while other tests share the machine


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("sweep")
    write_sweep(logdir, RUNS)
    return logdir


def shown(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".hp-row").first).to_be_visible()


def names(page: Page) -> list[str]:
    return page.locator(".hp-row").evaluate_all("rows => rows.map((row) => row.dataset.name)")


def cells(page: Page, label: str) -> list[str]:
    """What the rows in sight say in a column."""
    heads = page.locator(".hp-col").evaluate_all(
        "all => all.map((one) => one.querySelector('.hp-sort span').textContent)"
    )
    at = heads.index(label)
    return page.locator(f".hp-row > :nth-child({at + 1})").all_inner_texts()


def head(page: Page, label: str) -> Locator:
    return page.locator(".hp-col", has=page.locator(".hp-sort span", has_text=label)).first


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-").replace("\u202f", "")) for text in texts]


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_runs_are_ordered_by_the_metric_and_by_what_is_clicked(
    page: Page, board_server: BoardServer, sweep: Path
) -> None:
    shown(page, board_server(sweep) + "hparams")
    expect(page.locator("[data-slot=said]")).to_contain_text(f"{RUNS} runs")
    expect(page.locator("[data-slot=said]")).to_contain_text("1 column the same in all, hidden")
    accuracy = numbers(cells(page, "val/accuracy"))
    assert accuracy == sorted(accuracy, reverse=True)
    head(page, "model").locator(".hp-sort").click()
    head(page, "lr").locator(".hp-sort").click(modifiers=["Shift"])
    rows = list(zip(cells(page, "model"), numbers(cells(page, "lr")), strict=True))
    assert rows == sorted(rows)
    assert asked(page)["by"] == ["+h model", "+h lr"]
    page.reload()
    expect(page.locator(".hp-row").first).to_be_visible()
    assert list(zip(cells(page, "model"), numbers(cells(page, "lr")), strict=True)) == rows


def test_filters_of_columns_and_the_query(page: Page, board_server: BoardServer, sweep: Path) -> None:
    shown(page, board_server(sweep) + "hparams")
    head(page, "lr").hover()
    page.get_by_role("button", name="Column lr").click()
    page.get_by_label("Greatest lr").fill("0.01")
    page.get_by_label("Greatest lr").press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("[data-slot=said]")).to_contain_text(f"of {RUNS} runs")
    assert all(lr <= 0.01 for lr in numbers(cells(page, "lr")))
    head(page, "model").hover()
    page.get_by_role("button", name="Column model").click()
    page.locator(".hp-names label", has_text="vit-s16").click()
    page.keyboard.press("Escape")
    assert set(cells(page, "model")) == {"convnext-t", "resnet18"}
    page.get_by_role("button", name="Show all again").click()
    expect(page.locator("[data-slot=said]")).to_contain_text(f"{RUNS} runs")
    page.get_by_label("Search runs by text, regex or query").fill("model = vit-s16")
    expect(page.locator("[data-slot=said]")).to_contain_text(f"of {RUNS} runs")
    assert set(cells(page, "model")) == {"vit-s16"}


def test_a_brush_on_an_axis_chooses_runs(page: Page, board_server: BoardServer, sweep: Path) -> None:
    shown(page, board_server(sweep) + "hparams")
    expect(page.locator(f'.parallel-plot[data-drawn="{RUNS}"]')).to_be_visible()  # a line for every run
    hand = page.locator(".hp-axes .hand").last
    box = hand.bounding_box()
    assert box is not None
    x, top = box["x"] + box["width"] / 2, box["y"] + 8
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, top + 40, steps=4)
    page.mouse.move(x, top + 60, steps=4)
    page.mouse.up()
    expect(page.locator(".hp-axes .brush")).to_have_count(1)
    few = numbers(cells(page, "val/accuracy"))
    assert 0 < len(few) < RUNS
    low, high = map(float, asked(page)["only"][0].split(":")[0].split(".."))
    assert all(low <= v + 1e-3 and v <= high + 1e-3 for v in few)
    page.mouse.click(x, top + 150)  # a click on the axis takes the brush away
    expect(page.locator(".hp-axes .brush")).to_have_count(0)
    expect(page.locator("[data-slot=said]")).to_contain_text(f"{RUNS} runs")


def test_columns_are_moved_hidden_and_widened(page: Page, board_server: BoardServer, sweep: Path) -> None:
    shown(page, board_server(sweep) + "hparams")
    order = "all => all.map((one) => one.dataset.key)"
    before = page.locator(".hp-col").evaluate_all(order)
    lr, model = head(page, "lr").bounding_box(), head(page, "model").bounding_box()
    assert lr is not None
    assert model is not None
    page.mouse.move(model["x"] + 20, model["y"] + 12)
    page.mouse.down()
    page.mouse.move(lr["x"] + 10, lr["y"] + 12, steps=5)
    page.mouse.up()
    after = page.locator(".hp-col").evaluate_all(order)
    assert before.index("h model") == before.index("h lr") + 1
    assert after.index("h model") == after.index("h lr") - 1
    assert head(page, "model").get_attribute("aria-sort") == "none"  # dragged, not clicked
    width = lr["width"]
    edge = head(page, "lr").locator(".hp-resize").bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + 3, edge["y"] + 8)
    page.mouse.down()
    page.mouse.move(edge["x"] + 43, edge["y"] + 8, steps=4)
    page.mouse.up()
    wider = head(page, "lr").bounding_box()
    assert wider is not None
    assert wider["width"] == pytest.approx(width + 40, abs=2)
    head(page, "dropout").hover()
    page.get_by_role("button", name="Column dropout").click()
    page.get_by_role("button", name="Hide", exact=True).click()
    assert "h dropout" not in page.locator(".hp-col").evaluate_all(order)
    page.reload()
    expect(page.locator(".hp-row").first).to_be_visible()
    assert "h dropout" not in page.locator(".hp-col").evaluate_all(order)
    page.keyboard.press("c")
    page.get_by_label("dropout").check()
    assert "h dropout" in page.locator(".hp-col").evaluate_all(order)


def test_the_two_that_matter_are_named(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    write_sweep(tmp_path, 1000, every=1)
    shown(page, board_server(tmp_path) + "hparams")
    shares = page.locator(".importance li:not([data-muted]) .hp-share-name")
    expect(shares.first).to_be_visible(timeout=FIT_LIMIT_MS)
    assert set(shares.all_inner_texts()) == {"lr", "model"}
    expect(page.locator(".importance")).to_contain_text("%")
    expect(page.locator('.parallel-plot[data-drawn="1000"]')).to_be_visible()
    assert page.locator(".hp-row").count() < 80  # only what is in sight
    page.locator(".hp-grid").focus()
    page.keyboard.press("End")
    expect(page.locator('.hp-row[aria-rowindex="1001"]')).to_be_visible()


def test_too_few_runs_are_refused_with_the_reason(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    write_sweep(tmp_path, 4)
    shown(page, board_server(tmp_path) + "hparams")
    expect(page.locator(".importance [data-refused]")).to_contain_text("at least", timeout=FIT_LIMIT_MS)


def test_what_is_seen_is_taken_away(page: Page, board_server: BoardServer, sweep: Path) -> None:
    shown(page, board_server(sweep) + "hparams?only=0..0.01:h+lr")
    listed = names(page)
    for title, ending in (("CSV", "csv"), ("Markdown", "md"), ("LaTeX", "tex")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as caught:
            page.get_by_role("button", name=title).click()
        assert caught.value.suggested_filename == f"hparams.{ending}"
        text = caught.value.path().read_text()
        if ending == "csv":
            rows = list(csv.reader(text.splitlines()))
            assert [row[0] for row in rows[1:]][: len(listed)] == listed
            assert "lr" in rows[0]
        else:
            assert listed[0].split("/")[-1] in text
        page.keyboard.press("Escape")


def test_a_scatter_matrix_over_the_same_choice(page: Page, board_server: BoardServer, sweep: Path) -> None:
    shown(page, board_server(sweep) + "hparams")
    page.get_by_role("button", name="Scatter").click()
    expect(page.locator('.scatter-plot[data-drawn="15"]')).to_be_visible()  # five hparams and the metric
    box = page.locator(".scatter-plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 70, box["y"] + box["height"] - 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + box["height"] - 45, steps=5)
    page.mouse.up()
    expect(page.locator("[data-slot=said]")).to_contain_text(f"of {RUNS} runs")
    assert len(asked(page)["only"]) == 2


def test_runs_that_come_and_odd_values(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    hostile = '<img src=x onerror="window.fired = 1">'
    write_sweep(tmp_path, 3)
    with SummaryWriter(tmp_path / "odd") as writer:
        writer.add_hparams({"lr": float("nan"), "note": "x" * 5000, hostile: hostile}, {}, one_run=True)
        writer.add_scalar("val/accuracy", float("inf"), 1)
    with SummaryWriter(tmp_path / "plain") as writer:
        writer.add_scalar("val/accuracy", 0.5, 1)
    shown(page, board_server(tmp_path) + "hparams")
    odd = page.locator('.hp-row[data-name="odd"]')
    expect(odd).to_contain_text("NaN")
    expect(odd).to_contain_text("+∞")
    expect(odd).to_contain_text(hostile)
    expect(page.locator('.hp-row[data-name="plain"] .hp-none').first).to_be_visible()
    odd.locator(".hp-long").first.click()
    expect(page.locator(".hp-whole")).to_contain_text("x" * 5000)
    page.keyboard.press("Escape")
    assert page.evaluate("window.fired") is None
    with SummaryWriter(tmp_path / "late") as writer:
        writer.add_hparams({"lr": 0.5}, {}, one_run=True)
        writer.add_scalar("val/accuracy", 0.75, 1)
        writer.flush()
        expect(page.locator('.hp-row[data-name="late"]')).to_be_visible(timeout=15_000)


def test_ticked_runs_are_compared(page: Page, board_server: BoardServer, sweep: Path) -> None:
    shown(page, board_server(sweep) + "hparams")
    page.locator(".hp-heads .chip").click()  # none
    for i in (0, 2):
        page.locator(".hp-row").nth(i).locator(".chip").click()
    ticked = {names(page)[0], names(page)[2]}
    page.get_by_role("link", name="Compare 2").click()
    page.wait_for_url(re.compile(r"/compare\?"))
    expect(page.locator(".compare-head")).to_be_visible()
    for name in ticked:
        expect(page.locator("body")).to_contain_text(name.split("/")[-1])
