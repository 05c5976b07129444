"""The page while runs are written: nothing flickers or is missed, hidden tabs cost nothing and are soon caught up."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.conftest import BoardProcess, BoardServer, Faults
from tests.browser.test_scalars import chart, chosen, ends, frame, log, wait_until, write
from writer import SummaryWriter

pytestmark = pytest.mark.browser

GONE = "ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_ABORTED"
# What a browser does to a tab behind another one: headless windows are never behind.
HIDABLE = """let isHidden = false;
Object.defineProperty(Document.prototype, "hidden", { get: () => isHidden });
Object.defineProperty(Document.prototype, "visibilityState", { get: () => (isHidden ? "hidden" : "visible") });
window.hide = (value) => { isHidden = value; document.dispatchEvent(new Event("visibilitychange")); };"""
# Milliseconds from being shown to the note with so many points.
CAUGHT_UP = """(text) => new Promise((resolve) => {
  const began = performance.now();
  window.hide(false);
  const look = () => {
    if (document.querySelector(".chart-note").textContent === text) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  look();
})"""


def note(page: Page, tag: str = "loss") -> str:
    return chart(page, tag).locator(".chart-note").inner_text()


def test_a_hidden_tab_costs_nothing_and_is_caught_up_within_a_second(
    page: Page, board_server: BoardServer, tmp_path: Path
) -> None:
    page.add_init_script(HIDABLE)
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, range(10))
        page.goto(board_server(tmp_path) + "scalars?smooth=0")
        expect(chart(page, "loss").locator(".chart-note")).to_have_text("10 points")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        times = []
        for round_ in range(3):
            page.evaluate("window.hide(true)")
            page.wait_for_timeout(1_000)  # what was asked before is answered
            asked.clear()
            log(writer, range(10 * (round_ + 1), 10 * (round_ + 2)))
            page.wait_for_timeout(1_000)
            assert asked == [], "a tab that nobody sees asks for nothing"
            times.append(page.evaluate(CAUGHT_UP, f"{10 * (round_ + 2)} points"))
        assert min(times) < 1_000, f"caught up after {times} ms"


def test_ten_windows_are_all_live_over_one_stream(
    browser_context: BrowserContext, board_server: BoardServer, tmp_path: Path
) -> None:
    streams: list[Request] = []
    counts: list[int] = []

    def begun(request: Request) -> None:
        if "api/live" in request.url:
            streams.append(request)
            counts.append(len(streams))

    def ended(request: Request) -> None:
        if request in streams:
            streams.remove(request)

    browser_context.on("request", begun)
    browser_context.on("requestfinished", ended)
    browser_context.on("requestfailed", ended)
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, range(2))
        url = board_server(tmp_path) + "scalars?smooth=0"
        pages = [browser_context.new_page() for _ in range(10)]
        for page in pages:
            page.goto(url)
        notes = [page.locator("figure.chart .chart-note") for page in pages]
        for text in notes:
            expect(text).to_have_text("2 points")
        assert len(streams) == 1
        log(writer, [2])
        for text in notes:
            expect(text).to_have_text("3 points")
        assert len(streams) == 1
        assert max(counts) == 1, "a browser opens six connections to a host: a stream a window would block it"


def test_a_server_restarted_under_an_open_page_is_followed_without_a_gap(
    page: Page, board_process: Callable[..., BoardProcess], tmp_path: Path, faults: Faults
) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, range(50))
        board = board_process(tmp_path)
        page.goto(board.url + "scalars?smooth=0&zoom=10,200,,:loss")
        figure = chart(page, "loss")
        wait_until(page, lambda: note(page) == "50 points")
        board.stop()
        log(writer, range(50, 100))
        expect(page.locator(".banner")).to_be_visible()
        board_process(tmp_path, "--port", str(urlsplit(board.url).port))
        expect(page.locator(".banner")).to_be_hidden()
        expect(figure.locator(".chart-note")).to_have_text("100 points")
        log(writer, [100])
        expect(figure.locator(".chart-note")).to_have_text("101 points")
        assert chosen(page)["zoom"] == ["10,200,,:loss"], "what was chosen stays"
    faults.expect(GONE)


def test_a_board_that_was_stopped_for_a_while_goes_on(
    page: Page, board_process: Callable[..., BoardProcess], tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, [0])
        board = board_process(tmp_path)
        page.goto(board.url + "scalars?smooth=0")
        wait_until(page, lambda: note(page) == "1 point")
        board.process.send_signal(signal.SIGSTOP)
        try:
            log(writer, range(1, 20))
            page.wait_for_timeout(500)
        finally:
            board.process.send_signal(signal.SIGCONT)
        expect(chart(page, "loss").locator(".chart-note")).to_have_text("20 points")


def test_a_laptop_that_slept_asks_anew(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    write(tmp_path / "run", {"loss": [1.0, 0.5]})
    streams: list[str] = []
    page.on("request", lambda one: streams.append(one.url) if "api/live" in one.url else None)
    page.clock.install()
    page.goto(board_server(tmp_path) + "scalars?smooth=0")
    page.clock.run_for(2_000)
    wait_until(page, lambda: len(streams) == 1)
    page.clock.run_for(10_000)
    assert len(streams) == 1
    page.clock.fast_forward(3_600_000)  # the lid was closed for an hour: connections die without a word
    wait_until(page, lambda: len(streams) == 2)
    assert re.search(r"boot=\w+&revision=\d+", streams[1]), "the server is told where the page stands"


def test_points_that_come_leave_a_zoom_in_progress_alone(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        log(writer, range(100))
        page.goto(board_server(tmp_path) + "scalars?smooth=0")
        figure = chart(page, "loss")
        box = frame(figure)
        page.mouse.move(box["x"] + 100, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 220, box["y"] + 64, steps=5)
        expect(figure.locator(".zoombox")).to_be_attached()
        with page.expect_response("**/api/pixels"):
            log(writer, range(100, 130))
        page.wait_for_timeout(300)
        expect(figure.locator(".zoombox")).to_be_attached()
        page.mouse.up()
        wait_until(page, lambda: "zoom" in chosen(page))
        low, high = ends(page, "zoom")
        assert 0 < low < high < 100, "the part that was drawn, on the axis as it was when the drag began"


def test_points_that_come_move_the_curve_and_nothing_else(
    page: Page, board_server: BoardServer, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "live") as writer:
        for step in range(20):
            writer.add_scalar("loss", step, step)
        writer.flush()
        page.goto(board_server(tmp_path) + "scalars?smooth=0")
        figure = chart(page, "loss")
        page.evaluate(
            """() => {
                const chart = document.querySelector(".chart");
                window.empty = 0;
                window.removed = 0;
                const isPart = (node) => node.matches?.(".chart, .chart-frame, .main-svg") ?? false;
                const watch = new MutationObserver((all) => {
                    for (const one of all) window.removed += [...one.removedNodes].filter(isPart).length;
                });
                watch.observe(document.querySelector("main"), { childList: true, subtree: true });
                const look = () => {
                    if (!chart.querySelector("path.js-line")?.getAttribute("d")) window.empty++;
                    requestAnimationFrame(look);
                };
                look();
            }"""
        )
        for step in range(20, 40):
            writer.add_scalar("loss", step, step)
            writer.flush()
            time.sleep(0.05)
        expect(figure.locator(".chart-note")).to_have_text("40 points")
        assert page.evaluate("[window.empty, window.removed]") == [0, 0], (
            "a frame without its curve, or a part made anew"
        )


def test_charts_that_go_leave_nothing_behind(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        for i in range(300):
            for step in range(3):
                writer.add_scalar(f"part/{i:03d}", step, step)
    page.goto(board_server(tmp_path) + "scalars")
    chart(page, "part/000")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def listeners() -> float:
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "JSEventListeners"))

    def wander(rounds: int) -> None:
        for _ in range(rounds):
            for top in (8_000, 16_000, 0):
                page.evaluate("(top) => { document.querySelector('main').scrollTop = top; }", top)
                page.wait_for_timeout(250)
        chart(page, "part/000")

    wander(2)
    before = listeners()
    wander(6)
    assert listeners() < before * 1.15 + 50, "charts that scrolled away still listen"
