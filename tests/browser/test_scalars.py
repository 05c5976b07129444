"""The scalars page in a real browser, on logs that a real writer writes."""

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import BoardProcess, BoardServer, Faults
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = ["a<b>c</b>", '<a href="https://evil.example/">x</a>', "&lt;b&gt;", "</script>x", "lr<0.1"]
STEPS = 5_000
LIVE_LIMIT_MS = 10_000  # generous: other tests and a cold cache share the machine


def write(folder: Path, series: dict[str, Iterable[float]], *, every: int = 1) -> None:
    """Write series of one run."""
    with SummaryWriter(folder) as writer:
        for tag, values in series.items():
            for i, value in enumerate(values):
                writer.add_scalar(tag, value, i * every)


def decay(n: int, phase: float = 0.0) -> list[float]:
    return [2 * math.exp(-i / (n / 5)) + 0.1 * math.sin(i / 3 + phase) for i in range(n)]


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a board on three finished runs, one for all tests that only look."""
    logdir = tmp_path_factory.mktemp("three")
    for i, name in enumerate(("mnist/cnn", "mnist/softmax", "xor/tanh")):
        loss = decay(STEPS, i)
        if i == 0:
            loss[2500] = 7.0  # one spike of one step
            loss[2600] = math.nan
        accuracy = [0.5 + 0.01 * k for k in range(40)]
        write(logdir / name, {"train/loss": loss, "val/accuracy": accuracy, "lr": [0.1] * 10})
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def chart(page: Page, tag: str) -> Locator:
    """The chart of a tag, drawn."""
    figure = page.locator("figure.chart", has=page.locator("h3", has_text=re.compile(f"^{re.escape(tag)}$")))
    expect(figure.locator(".scatterlayer path.js-line, .scatterlayer .point").first).to_be_attached()
    return figure


def lines(figure: Locator) -> int:
    return figure.locator(".scatterlayer .trace").count()


def frame(figure: Locator) -> dict[str, float]:
    box = figure.locator(".chart-frame").bounding_box()
    assert box is not None
    return box


def questions(page: Page) -> list[dict[str, Any]]:
    """Collect every chart that is asked for from now on."""
    asked: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.url.endswith("api/pixels") and request.post_data:
            asked.extend(json.loads(request.post_data)["charts"])

    page.on("request", note)
    return asked


def wait_until(page: Page, is_true: Callable[[], bool], limit_ms: int = LIVE_LIMIT_MS) -> None:
    deadline = time.monotonic() + limit_ms / 1000
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        page.wait_for_timeout(25)  # lets the page's events through


def chosen(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def ends(page: Page, key: str) -> tuple[float, float]:
    """Where a zoom or a marked range begins and ends along x, as the address has it."""
    low, high = chosen(page)[key][0].split(":")[0].split(",")[:2]
    return float(low), float(high)


def log(writer: SummaryWriter, steps: Iterable[int], value: float = 1.0) -> None:
    """Write a loss that is at once in the file."""
    for step in steps:
        writer.add_scalar("loss", value, step)
    writer.flush()


def test_every_run_and_tag_is_shown(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars")
    for tag in ("train/loss", "val/accuracy", "lr"):
        figure = chart(page, tag)
        expect(figure.locator(".chart-frame")).to_have_attribute("aria-label", re.compile(rf"^{tag}, 3 runs"))
    expect(page.locator(".run-row")).to_have_count(3)
    assert page.locator(".run-row").evaluate_all("rows => rows.map((row) => row.dataset.name)") == [
        "mnist/cnn",
        "mnist/softmax",
        "xor/tanh",
    ]
    assert page.locator("details.section > summary h2").all_inner_texts() == ["train", "val", "other"]
    expect(page.locator('.tabs [data-page="scalars"] .count')).to_have_text("3")


def test_spike_and_nan_have_marks(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars?smooth=0&show=mnist/cnn")
    figure = chart(page, "train/loss")
    expect(figure.locator('[data-mark="NaN"]')).to_have_count(1)
    expect(figure.locator('[data-mark="beyond"]').first).to_be_attached()
    page.locator(".toolbar").get_by_label("Smoothing").fill("0.5")  # the mark stays, whatever is smoothed
    expect(figure.locator(".scatterlayer path.js-line")).to_have_count(4)  # both curves, broken at the NaN
    expect(figure.locator('[data-mark="NaN"]')).to_have_count(1)


def test_points_appended_appear_without_reload(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, range(10))
        page.goto(board_server(tmp_path) + "scalars?smooth=0")
        figure = chart(page, "loss")
        expect(figure.locator(".chart-note")).to_have_text("10 points")
        log(writer, [10], 0.25)
        expect(figure.locator(".chart-note")).to_have_text("11 points", timeout=LIVE_LIMIT_MS)
        expect(figure.locator(".end-value")).to_have_text("0.250")
        with SummaryWriter(tmp_path / "second") as other:
            other.add_scalar("loss", 0.5, 0)
            other.add_scalar("new/tag", 0.5, 0)
        expect(page.locator('.run-row[data-name="second"]')).to_be_visible(timeout=LIVE_LIMIT_MS)
        expect(figure.locator(".chart-frame")).to_have_attribute("aria-label", re.compile("2 runs"))
        chart(page, "new/tag")
        expect(page.locator('.run-row[data-name="live"] .run-state')).to_have_attribute("data-state", "live")
    expect(page.locator('.run-row[data-name="live"] .run-state')).to_have_attribute(
        "data-state", "finished", timeout=LIVE_LIMIT_MS
    )


def test_a_run_whose_tags_come_before_it_is_drawn(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "first") as writer:
        writer.add_scalar("loss", 1.0, 0)
    page.goto(board_server(tmp_path) + "scalars")
    frame_of_loss = chart(page, "loss").locator(".chart-frame")
    held: list[Route] = []
    page.route("**/api/runs", lambda route: held.append(route))
    is_told = page.expect_response(lambda answer: "/api/tags" in answer.url and "second" in answer.text())
    with is_told, SummaryWriter(tmp_path / "second") as writer:
        writer.add_scalar("loss", 0.5, 0)
    wait_until(page, lambda: bool(held))
    page.unroute("**/api/runs")  # lets the held ones go
    expect(frame_of_loss).to_have_attribute("aria-label", re.compile("2 runs"))


def test_an_empty_logdir_fills_itself(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    page.goto(board_server(tmp_path / "later") + "scalars")
    expect(page.locator(".empty h1")).to_be_visible()
    expect(page.locator(".empty pre")).to_contain_text("from writer import SummaryWriter")
    write(tmp_path / "later" / "first", {"loss": [1.0, 0.5]})
    chart(page, "loss")
    expect(page.locator(".empty")).to_have_count(0)
    expect(page.locator(".run-list")).to_be_visible()


def test_zoom_asks_again_and_double_click_resets(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars")
    figure = chart(page, "train/loss")
    box, asked = frame(figure), questions(page)
    page.mouse.move(box["x"] + 120, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 102, steps=4)
    page.mouse.up()
    wait_until(page, lambda: any(each["range"] for each in asked))
    low, high = asked[-1]["range"]
    assert [each["tag"] for each in asked] == ["train/loss"]
    assert 0 < low < high < STEPS * 0.7
    [kept] = chosen(page)["zoom"]
    assert kept.endswith(":train/loss")
    label = figure.locator(".chart-frame")
    first = re.search(r"steps (\d+)", (label.get_attribute("aria-label") or "").replace("\u202f", ""))
    assert first is not None
    assert abs(int(first.group(1)) - low) <= 1
    page.reload()
    asked.clear()
    wait_until(page, lambda: any(each["tag"] == "train/loss" and each["range"] for each in asked))
    figure = chart(page, "train/loss")
    page.mouse.dblclick(box["x"] + 150, box["y"] + 80)
    wait_until(page, lambda: "zoom" not in chosen(page))
    wait_until(page, lambda: "step" not in chosen(page))  # its first click has pinned nothing
    wait_until(page, lambda: asked[-1]["tag"] == "train/loss" and asked[-1]["range"] is None)
    expect(figure.locator(".chart-frame")).to_have_attribute("aria-label", re.compile("steps 0 to"))


def test_hover_shows_exact_values(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars?smooth=0")
    figure = chart(page, "val/accuracy")
    box = frame(figure)
    page.mouse.move(box["x"] + 200, box["y"] + 90)
    table = page.locator(".hover-table")
    expect(table).to_be_visible()
    expect(table.locator("tr[data-exact]")).to_have_count(3)
    title = table.locator("th").nth(1).inner_text()
    found = re.match(r"step (\d+), after ", title)
    assert found, title
    step = int(found.group(1))
    values = table.locator("tbody td.number:nth-child(3)").all_inner_texts()
    assert values == [f"{0.5 + 0.01 * step:.5g}".ljust(7, "0")] * 3
    place = table.bounding_box()
    assert place is not None
    assert place["x"] >= 8
    assert place["x"] + place["width"] <= 1600 - 8
    page.mouse.move(box["x"] + 200, box["y"] - 40)
    expect(table).to_be_hidden()


def test_hover_finds_the_one_point_among_many(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars?smooth=0&show=mnist/cnn&range=all")
    figure = chart(page, "train/loss")
    mark = figure.locator('[data-mark="NaN"]').bounding_box()
    box = frame(figure)
    assert mark is not None
    page.mouse.move(mark["x"] - 2, box["y"] + 14)  # the spike is 100 steps to the left of the NaN
    table = page.locator(".hover-table")
    expect(table).to_contain_text("step 2\u202f500")
    expect(table.locator("tbody td.number").first).to_have_text("7")


def test_hostile_names_are_shown_letter_for_letter(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    names = [name.replace("//", "/") for name in HOSTILE]  # a run's name is a path: there is no empty folder in it
    for i, name in enumerate(names):
        write(tmp_path / name, {tag: [0.1 * i, 0.2 * i + 0.1] for tag in HOSTILE})
    page.goto(board_server(tmp_path) + "scalars")
    expect(page.locator(".run-row")).to_have_count(len(names))
    runs = page.locator(".run-row").evaluate_all("rows => rows.map((row) => row.dataset.name)")
    assert sorted(runs) == sorted(names)
    shown = page.locator(".run-row .run-name").evaluate_all("names => names.map((name) => name.textContent)")
    assert sorted(shown) == sorted(names)
    figure = chart(page, "lr<0.1")
    titles = page.locator("figure.chart h3").evaluate_all("heads => heads.map((head) => head.textContent)")
    assert sorted(titles) == sorted(HOSTILE)
    figure.scroll_into_view_if_needed()
    box = frame(figure)
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    expect(page.locator(".hover-table tr[data-exact]")).to_have_count(len(HOSTILE))
    hovered = page.locator(".hover-table .run-name").evaluate_all("names => names.map((name) => name.textContent)")
    assert sorted(hovered) == sorted(names)
    figure.hover()
    figure.get_by_role("button", name="Full screen").click()
    expect(page.locator("dialog h2")).to_have_text("lr<0.1")
    expect(page.locator(".full-table tbody tr")).to_have_count(len(HOSTILE))
    hosts = page.locator("a").evaluate_all("links => links.map((link) => link.host)")
    assert set(hosts) == {urlsplit(page.url).netloc}
    assert page.locator("main b, .run-list b").count() == 0


def test_the_address_restores_the_view(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars")
    chart(page, "val/accuracy")
    page.locator('.run-row[data-name="mnist/softmax"] input').uncheck()
    page.get_by_role("group", name="Horizontal axis", exact=True).get_by_role("button", name="Relative").click()
    figure = chart(page, "val/accuracy")
    figure.hover()
    figure.get_by_role("button", name="Pin").click()
    page.get_by_label("Filter tags").fill("acc|^lr$")
    page.get_by_role("button", name="Settings").click()
    page.locator("#settings").get_by_role("group", name="vertical").get_by_role(
        "button", name="log", exact=True
    ).click()
    page.locator("#settings").get_by_label("Smoothing value").fill("0.9")
    page.locator("#settings").get_by_label("Smoothing value").press("Enter")
    address = page.url
    assert chosen(page) == {
        "hide": ["mnist/softmax"],
        "x": ["relative"],
        "pin": ["val/accuracy"],
        "tags": ["acc|^lr$"],
        "y": ["log"],
        "smooth": ["0.9"],
    }
    other = page.context.new_page()
    asked = questions(other)
    other.goto(address)
    chart(other, "val/accuracy")
    assert other.locator("details.section > summary h2").all_inner_texts() == ["Pinned", "all"]
    assert other.locator('.run-row[data-name="mnist/softmax"] input').is_checked() is False
    assert other.locator('.run-row[data-name="mnist/cnn"] input').is_checked()
    assert other.get_by_label("Filter tags").input_value() == "acc|^lr$"
    first = next(each for each in asked if each["tag"] == "val/accuracy")
    assert first["runs"] == ["mnist/cnn", "xor/tanh"]
    assert first["x"] == "relative"
    assert first["smoothing"] == {"kind": "ema", "amount": 0.9}
    expect(other.locator('.tabs [data-page="images"]')).to_have_attribute("href", "images?hide=mnist/softmax")


def test_smoothing_is_asked_from_the_server_and_changes_the_curve(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars?smooth=0&show=xor/tanh")
    figure = chart(page, "train/loss")
    path = figure.locator(".scatterlayer path.js-line")
    expect(path).to_have_count(1)
    before = path.get_attribute("d")
    asked = questions(page)
    slider = page.locator(".toolbar").get_by_label("Smoothing")
    slider.fill("0.95")
    wait_until(page, lambda: any(each["smoothing"] == {"kind": "ema", "amount": 0.95} for each in asked))
    expect(path).to_have_count(2)  # the raw curve stands faint behind
    assert path.last.get_attribute("d") != before
    expect(page.locator(".toolbar output").first).to_have_text("0.95 ≈ 20 points")


def test_runs_are_chosen_lifted_and_searched(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars?smooth=0")
    figure = chart(page, "train/loss")
    wait_until(page, lambda: lines(figure) >= 3)
    row = page.locator('.run-row[data-name="mnist/cnn"]')
    row.hover()
    expect(figure).to_have_attribute("data-lifted", "")
    expect(figure.locator("path.lift")).to_have_count(1)
    row.get_by_role("button", name="Show only mnist/cnn").click()
    expect(figure.locator(".chart-frame")).to_have_attribute("aria-label", re.compile("train/loss, mnist/cnn"))
    assert chosen(page)["show"] == ["mnist/cnn"]
    row.dblclick(position={"x": 80, "y": 10})
    expect(figure.locator(".chart-frame")).to_have_attribute("aria-label", re.compile("3 runs"))
    page.get_by_label("Show all runs").uncheck()
    expect(page.get_by_text("No run is chosen")).to_be_visible()
    page.get_by_role("button", name="Show all runs").click()
    chart(page, "train/loss")
    page.keyboard.press("/")
    page.keyboard.type("xor")
    expect(page.locator(".run-row")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".run-row")).to_have_count(3)


def test_restarts_and_files_written_at_once(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    write(tmp_path / "resumed", {"loss": decay(60)})
    with SummaryWriter(tmp_path / "resumed", purge_step=40) as writer:
        for step in range(40, 100):
            writer.add_scalar("loss", 1.0, step)
    with SummaryWriter(tmp_path / "twice") as one, SummaryWriter(tmp_path / "twice") as other:
        for step in range(20):
            one.add_scalar("loss", 0.3, step)
            other.add_scalar("loss", 0.6, step)
    page.goto(board_server(tmp_path) + "scalars?smooth=0&show=resumed")
    figure = chart(page, "loss")
    expect(figure.locator(".chart-overlay text", has_text="restart")).to_have_count(1)
    expect(figure.locator(".scatterlayer path.js-line")).to_have_count(1)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Superseded points of restarted runs").check()
    expect(figure.locator(".scatterlayer path.js-line")).to_have_count(2)
    page.keyboard.press("Escape")
    page.locator('.run-row[data-name="twice"] .run-only').evaluate("button => button.click()")
    expect(figure.locator(".end-value")).to_have_text(["0.600", "0.300"])
    box = frame(figure)
    page.mouse.move(box["x"] + 150, box["y"] + 60)
    expect(page.locator(".hover-table tbody tr")).to_have_count(2)
    expect(page.locator(".hover-table tbody .count").first).to_contain_text("…")


def test_the_step_cursor_is_shared_and_moves_by_keys(page: Page, three_runs: str) -> None:
    page.goto(three_runs + "scalars?smooth=0&show=xor/tanh")
    figure, other = chart(page, "val/accuracy"), chart(page, "train/loss")
    box = frame(figure)
    page.mouse.click(box["x"] + 200, box["y"] + 90)
    expect(other.locator(".cursor[data-pinned]")).to_have_count(1)
    step = int(chosen(page)["step"][0])
    assert 0 < step < 40
    figure.locator(".chart-frame").focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, lambda: chosen(page)["step"] == [str(step + 1)])
    expect(page.locator(".cursor-control output")).to_have_text(f"step {step + 1}")
    page.keyboard.press("Escape")
    expect(other.locator(".cursor")).to_have_count(0)
    assert "step" not in chosen(page)


def test_two_tabs_share_one_stream(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, range(2))
        url = board_server(tmp_path) + "scalars?smooth=0"
        streams: list[str] = []
        page.context.on("request", lambda request: streams.append(request.url) if "api/live" in request.url else None)
        page.goto(url)
        other = page.context.new_page()
        other.goto(url)
        for tab in (page, other):
            expect(chart(tab, "loss").locator(".chart-note")).to_have_text("2 points")
        wait_until(page, lambda: bool(streams))
        log(writer, [2])
        for tab in (page, other):
            expect(chart(tab, "loss").locator(".chart-note")).to_have_text("3 points", timeout=LIVE_LIMIT_MS)
        assert len(streams) == 1
        page.close()  # the one that has it: the other takes over
        wait_until(other, lambda: len(streams) == 2)
        log(writer, [3])
        expect(chart(other, "loss").locator(".chart-note")).to_have_text("4 points", timeout=LIVE_LIMIT_MS)


def test_a_lost_connection_is_said_and_mended(
    page: Page, board_process: Callable[..., BoardProcess], tmp_path: Path, faults: Faults
) -> None:
    write(tmp_path / "run", {"loss": [1.0, 0.5]})
    board = board_process(tmp_path)
    page.goto(board.url + "scalars?smooth=0")
    figure = chart(page, "loss")
    board.stop()
    expect(page.locator(".banner")).to_be_visible(timeout=LIVE_LIMIT_MS)
    expect(page.locator(".live-text")).to_have_text("Reconnecting")
    write(tmp_path / "second", {"loss": [1.0, 0.5]})
    port = str(urlsplit(board.url).port)
    board_process(tmp_path, "--port", port)
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".banner")).to_be_hidden(timeout=LIVE_LIMIT_MS)
    expect(figure.locator(".chart-frame")).to_have_attribute("aria-label", re.compile("2 runs"), timeout=LIVE_LIMIT_MS)
    faults.expect("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET")


def test_the_theme_is_kept(page: Page, three_runs: str) -> None:
    url = three_runs + "scalars"
    page.goto(url)
    chart(page, "train/loss")
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.get_by_role("button", name="Light or dark").click()
    ground = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert ground == "rgb(20, 21, 23)"
    page.goto(url)
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_twelve_thousand_tags_do_not_freeze_the_page(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        for i in range(12_000):
            writer.add_scalar(f"layer{i // 100:03d}/weight{i % 100}", float(i), 0)
            writer.add_scalar(f"layer{i // 100:03d}/weight{i % 100}", float(i), 1)
    page.goto(board_server(tmp_path) + "scalars")
    chart(page, "layer000/weight0")
    expect(page.locator('.tabs [data-page="scalars"] .count')).to_have_text("12000")
    assert page.locator("figure.chart").count() <= 480  # what is near the window, not 12,000
    longest = page.evaluate(
        """() => new Promise((resolve) => {
            const main = document.querySelector("main"); let last = performance.now(), longest = 0, n = 0;
            const step = (now) => {
                longest = Math.max(longest, now - last); last = now; main.scrollTop += 400;
                if (++n < 60) requestAnimationFrame(step); else resolve(longest);
            };
            requestAnimationFrame(step);
        })"""
    )
    assert longest < 1000, f"a frame of {longest:.0f} ms"
    page.get_by_label("Filter tags").fill("layer099/weight99")
    chart(page, "layer099/weight99")
