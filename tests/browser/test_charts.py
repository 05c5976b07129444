"""What a chart shows, with real hands: axes, several scalars, ranges, live curves."""

import math
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BoardProcess, BoardServer
from tests.browser.test_scalars import LIVE_LIMIT_MS, chart, chosen, ends, frame, questions, wait_until
from writer import SummaryWriter

pytestmark = pytest.mark.browser

STEPS = 400


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a board on two finished runs with scalars of many sizes."""
    logdir = tmp_path_factory.mktemp("two")
    for name, shift in (("one", 0.0), ("two", 1.0)):
        with SummaryWriter(logdir / name) as writer:
            for step in range(STEPS):
                writer.add_scalar("train/loss", 3.0 - step / 200 + shift, step)
                writer.add_scalar("train/odd", -50.0 + step / 4 if step != 200 else math.nan, step)
                if step % 4 == 0:
                    rate = step / 100 if step < 100 else 1.0 - (step - 100) / 300
                    writer.add_scalar("train/rate", rate * 1e-3, step)
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def y_labels(figure: Locator) -> list[str]:
    return figure.locator(".ytick text").all_text_contents()


def menu(figure: Locator, entry: str) -> None:
    figure.hover()
    figure.get_by_role("button", name="More").click()
    figure.page.get_by_role("menuitem", name=entry).or_(figure.page.get_by_role("menuitemcheckbox", name=entry)).click()


def drag(page: Page, from_: tuple[float, float], to: tuple[float, float], *, holding: str | None = None) -> None:
    if holding:
        page.keyboard.down(holding)
    page.mouse.move(*from_)
    page.mouse.down()
    page.mouse.move(*to, steps=4)
    page.mouse.up()
    if holding:
        page.keyboard.up(holding)


def test_another_scalar_is_x(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "scalars?smooth=0")
    chart(page, "train/loss")
    asked = questions(page)
    page.get_by_role("button", name="Other…").click()
    page.keyboard.type("rate")
    page.keyboard.press("Enter")
    wait_until(page, lambda: any(each["x_tag"] == "train/rate" for each in asked))
    assert chosen(page)["x"] == ["scalar"]
    assert chosen(page)["xtag"] == ["train/rate"]
    figure = chart(page, "train/loss")
    expect(figure.locator(".chart-note")).to_contain_text("600 without rate")  # 300 of 400 points, two runs
    expect(page.get_by_role("button", name="rate", exact=True)).to_have_attribute("aria-pressed", "true")
    box = frame(figure)
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    table = page.locator(".hover-table")
    expect(table.locator("tr[data-exact]")).to_have_count(2)
    expect(table.locator("th").nth(1)).to_have_text(re.compile(r"^rate .*, step \d+$"))
    page.reload()
    chart(page, "train/loss")
    page.get_by_role("button", name="Step", exact=True).click()
    wait_until(page, lambda: "x" not in chosen(page) and "xtag" not in chosen(page))


def test_two_scalars_share_a_chart(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "scalars?smooth=0")
    chart(page, "train/rate")
    figure = page.locator('figure[data-tag="train/loss"]')
    menu(figure, "Add a scalar")
    page.keyboard.type("rate")
    page.keyboard.press("Enter")
    expect(figure.locator(".y2tick").first).to_be_attached()  # of quite another size: on the right
    assert chosen(page)["combine"] == ["train/loss,>train/rate"]
    expect(figure.locator("h3")).to_have_text("train/losstrain/rate\u202f→")
    box = frame(figure)
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    table = page.locator(".hover-table")
    expect(table.locator("tbody tr")).to_have_count(4)
    expect(table).to_contain_text("train/rate")
    page.reload()
    expect(figure.locator(".y2tick").first).to_be_attached()
    menu(figure, "rate on the left axis")
    expect(figure.locator(".y2tick")).to_have_count(0)
    expect(figure.locator(".scatterlayer .trace")).to_have_count(4)
    menu(figure, "Remove rate")
    wait_until(page, lambda: "combine" not in chosen(page))
    expect(figure.locator(".scatterlayer .trace")).to_have_count(2)


def test_heights_symmetric_fixed_and_shared(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "scalars?smooth=0&y=symlog")
    odd, loss = chart(page, "train/odd"), chart(page, "train/loss")
    labels = y_labels(odd)
    assert "0" in labels
    assert any(label.startswith("−") for label in labels)
    expect(odd.locator('[data-mark="NaN"]')).to_have_count(2)
    page.goto(two_runs + "scalars?smooth=0")
    menu(chart(page, "train/loss"), "Fix the vertical range")
    dialog = page.get_by_role("dialog", name="Vertical range of train/loss")
    dialog.get_by_label("Lower end").fill("10")
    dialog.get_by_label("Upper end").fill("5")
    dialog.get_by_role("button", name="Fix").click()
    expect(dialog.get_by_role("alert")).to_contain_text("below")
    dialog.get_by_label("Upper end").fill("12")
    dialog.get_by_role("button", name="Fix").click()
    expect(loss.locator(".ytick").first).to_have_text(re.compile(r"^1[012]"))
    assert chosen(page)["yfix"] == ["10,12:train/loss"]
    expect(loss.locator('[data-mark="beyond"]').first).to_be_attached()
    menu(loss, "Back to the automatic range")
    wait_until(page, lambda: "yfix" not in chosen(page))
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Range of the vertical axis").select_option("shared")
    page.keyboard.press("Escape")
    wait_until(
        page, lambda: len({tuple(y_labels(chart(page, f"train/{tag}"))) for tag in ("odd", "loss", "rate")}) == 1
    )
    assert chosen(page)["range"] == ["shared"]


def test_a_range_is_marked_measured_and_kept(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "scalars?smooth=0.9&tags=loss")
    figure = chart(page, "train/loss")
    box = frame(figure)
    drag(page, (box["x"] + 120, box["y"] + 60), (box["x"] + 200, box["y"] + 60), holding="Shift")
    panel = page.get_by_role("region", name="Statistics of the marked range by run")
    expect(panel.locator("tbody tr")).to_have_count(2)
    assert "zoom" not in chosen(page)
    low, high = ends(page, "select")
    first, last = math.ceil(low), math.floor(high)
    row = panel.locator("tbody tr", has_text="one").locator("td").all_inner_texts()
    least, at_least, most, at_most, mean = (text.replace("\u202f", "").replace("−", "-") for text in row[1:6])
    assert (float(least), int(at_least)) == (pytest.approx(3 - last / 200, rel=1e-4), last)
    assert (float(most), int(at_most)) == (pytest.approx(3 - first / 200, rel=1e-4), first)
    assert float(mean) == pytest.approx(3 - (first + last) / 400, rel=1e-3)
    assert row[12].replace("\u202f", "") == str(last - first + 1)
    panel.get_by_role("button", name="Max").click()
    panel.get_by_role("button", name="Max").click()
    assert panel.locator("tbody tr").first.get_attribute("data-run") == "two"
    handle = figure.locator('[data-handle="1"]').bounding_box()
    assert handle is not None
    drag(page, (handle["x"] + 4, handle["y"] + 9), (handle["x"] + 54, handle["y"] + 9))
    wait_until(page, lambda: ends(page, "select")[1] > high + 10)
    page.reload()
    expect(page.locator(".range-panel tbody tr")).to_have_count(2)
    figure.locator("[data-tool=full]").evaluate("button => button.click()")
    expect(page.locator(".full-table th").nth(1)).to_contain_text("Min")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear the range").click()
    wait_until(page, lambda: "select" not in chosen(page))
    figure.locator(".chart-frame").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("r")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("r")
    wait_until(page, lambda: chosen(page).get("select") == ["388,398:train/loss"])


def test_alt_and_drag_moves_what_is_seen(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "scalars?smooth=0&tags=loss&zoom=100,200,,:train/loss")
    figure = chart(page, "train/loss")
    box = frame(figure)
    drag(page, (box["x"] + 200, box["y"] + 60), (box["x"] + 120, box["y"] + 60), holding="Alt")
    wait_until(page, lambda: not chosen(page)["zoom"][0].startswith("100,"))
    low, high = ends(page, "zoom")
    assert low > 115
    assert high - low == pytest.approx(100)


def test_the_table_of_one_step_sorts(page: Page, two_runs: str) -> None:
    page.goto(two_runs + "scalars?smooth=0&full=train/loss&step=100")
    table = page.locator(".full-table")
    expect(table.locator("tbody tr")).to_have_count(2)
    assert table.locator("tbody tr").first.locator("td").nth(2).inner_text() == "2.50000"
    table.get_by_role("button", name="Value").click()
    table.get_by_role("button", name="Value").click()
    expect(table.locator("tbody tr").first).to_have_attribute("data-run", "two")
    expect(table.locator("th").nth(2)).to_have_attribute("aria-sort", "descending")


def test_the_hover_table_stays_on_the_screen(page: Page, two_runs: str) -> None:
    page.set_viewport_size({"width": 900, "height": 520})
    page.goto(two_runs + "scalars?smooth=0.5&full=train/loss")
    figure = page.locator("dialog figure.chart")
    expect(figure.locator(".scatterlayer path.js-line").first).to_be_attached()
    box = frame(figure)
    table = page.locator("dialog > .hover-table")
    for x in (0.1, 0.9):
        for y in (0.05, 0.95):
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
            expect(table).to_be_visible()
            place = table.bounding_box()
            assert place is not None
            assert place["x"] >= 8
            assert place["y"] >= 8
            assert place["x"] + place["width"] <= 900 - 8
            assert place["y"] + place["height"] <= 520 - 8


def test_a_zoom_stays_while_points_come_and_the_right_edge_moves(
    page: Page, board_server: BoardServer, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        for step in range(2_000):
            writer.add_scalar("loss", math.sin(step / 50), step)
            writer.add_scalar("other", step, step)
        writer.flush()
        page.goto(board_server(tmp_path) + "scalars?smooth=0")
        loss, other = chart(page, "loss"), chart(page, "other")
        box = frame(loss)
        drag(page, (box["x"] + 120, box["y"] + 60), (box["x"] + 200, box["y"] + 62))
        wait_until(page, lambda: "zoom" in chosen(page))
        page.mouse.move(5, 500)
        kept, asked = chosen(page)["zoom"], questions(page)
        for step in range(2_000, 2_020):
            writer.add_scalar("loss", math.sin(step / 50), step)
            writer.add_scalar("other", -step, step)
            writer.flush()
            time.sleep(0.05)
        upto = other.locator(".chart-frame")
        expect(upto).to_have_attribute("data-upto", "2019", timeout=LIVE_LIMIT_MS)
        expect(loss.locator(".chart-note")).to_contain_text("2.02\u202fk points")
        assert chosen(page)["zoom"] == kept
        low, high = ends(page, "zoom")
        label = (loss.locator(".chart-frame").get_attribute("aria-label") or "").replace("\u202f", "")
        assert f"steps {math.ceil(low)} to {math.floor(high)}" in label
        assert any(each.get("since") == 1_999 for each in asked if each["tag"] == "other")  # its end alone
        assert all(each["range"] for each in asked if each["tag"] == "loss")
    # Come to rest, Plotly has the very same points.
    expect(page.locator("figure.chart[data-moving]")).to_have_count(0, timeout=LIVE_LIMIT_MS)
    data = "plot => { const one = plot.data[0]; return [one.x.at(-1), one.y.at(-1)]; }"
    wait_until(page, lambda: other.locator(".chart-plot").evaluate(data) == [2_019, -2_019])


def test_steps_that_go_back_are_curves_of_their_own_on_demand(
    page: Page, board_server: BoardServer, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        for _ in range(3):
            for step in range(10):
                writer.add_scalar("loss", float(step), step)
    page.goto(board_server(tmp_path) + "scalars?smooth=0")
    figure = chart(page, "loss")
    expect(figure.locator(".scatterlayer .js-line")).to_have_count(1)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Steps that go back as curves of their own").check()
    expect(figure.locator(".scatterlayer .js-line")).to_have_count(3)


def test_groups_are_bands_and_what_was_noticed_is_marked(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    for name, shift, steps in (("a/s0", 0.0, 300), ("a/s1", 1.0, 200), ("b/s0", 5.0, 300)):
        with SummaryWriter(tmp_path / name) as writer:
            for step in range(0, steps, 1 if shift else 2):  # runs of a group need not share their steps
                value = math.nan if name == "b/s0" and step == 150 else 2.0 - step / 300 + shift
                writer.add_scalar("loss", value, step)
    url = board_server(tmp_path)
    page.goto(url + "scalars?smooth=0&group=folder")
    figure = chart(page, "loss")
    expect(figure.locator(".chart-note")).to_have_text(re.compile("^mean, min to max of 3 runs"))
    expect(figure.locator(".scatterlayer .js-fill")).not_to_have_count(0)
    expect(figure.locator(".group-end")).to_have_count(1)  # a/s1
    box = frame(figure)
    page.mouse.move(box["x"] + 120, box["y"] + 90)
    rows = page.locator(".hover-table tbody tr")
    expect(rows).to_have_count(2)
    assert {row.split("\t")[-1].strip() for row in rows.all_inner_texts()} == {"2 of 2", "1 of 1"}
    page.mouse.move(5, 700)
    page.get_by_role("button", name="Settings").click()
    asked = questions(page)
    page.get_by_label("Centre of a group").select_option("iqm")
    page.get_by_label("Band of a group").select_option("bootstrap")
    wait_until(page, lambda: any((each["centre"], each["spread"]) == ("iqm", "bootstrap") for each in asked))
    expect(figure.locator(".chart-note")).to_have_text(re.compile("^interquartile mean, 95 % bootstrap band"))
    page.goto(url + "scalars?smooth=0&show=b/s0")
    mark = chart(page, "loss").locator('.notice[data-rule="nonfinite"]')
    expect(mark).to_have_count(1)
    place = mark.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 4, place["y"] + 6)
    expect(page.locator(".hover-notice")).to_contain_text("NaN")
    expect(page.locator(".hover-notice span")).not_to_be_empty()  # the rule, spelt out


def test_charts_wait_for_groups_that_are_on_their_way(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    for run in ("a0", "a1"):
        with SummaryWriter(tmp_path / run) as writer:
            for step in range(10):
                writer.add_scalar("loss", 1 / (1 + step), step)
    page.route("**/api/groups", lambda _: None)  # a slow network: the question is sent when we say so
    page.goto(board_server(tmp_path) + "scalars?group=regex:(a)")
    expect(page.locator("figure.chart")).to_contain_text("The groups are on their way.")
    page.unroute("**/api/groups")  # what is held goes on
    expect(chart(page, "loss").locator(".chart-note")).to_contain_text("of 2 runs")
