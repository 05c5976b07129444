"""A page as one file: opened from the disk, without a network, it draws, zooms into its data, runs nothing foreign."""

import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from board.export.pages import share_out
from tests.browser.conftest import BoardServer
from tests.browser.test_scalars import HOSTILE, wait_until, write

pytestmark = pytest.mark.browser


def export(board: str, **question: Any) -> bytes:
    deadline = time.monotonic() + 30
    while b'"loading":true' in urllib.request.urlopen(board + "api/runs").read():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    body = urllib.parse.urlencode({"question": json.dumps(question)}).encode()
    request = urllib.request.Request(board + "api/export/page", body)
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["content-disposition"].startswith("attachment;")
        return bytes(answer.read())


def run(name: str, colour: str = "var(--run-1)") -> dict[str, str]:
    return {"name": name, "colour": colour}


def opened(context: BrowserContext, content: bytes, path: Path) -> Page:
    """The file, in a browser that reaches nothing."""
    path.write_bytes(content)
    context.set_offline(True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    return page


def x_in_view(page: Page, chart: int = 0) -> list[float]:
    found = page.evaluate(
        """(i) => { const plot = document.querySelectorAll(".plot")[i];
        const [lo, hi] = plot.layout.xaxis.range ?? [-Infinity, Infinity];
        return plot.data.flatMap((trace) => [...trace.x]).filter((x) => x >= lo && x <= hi); }""",
        chart,
    )
    return list(found)


def test_a_file_draws_zooms_and_hides_runs_without_a_network(
    browser_context: BrowserContext, board_server: BoardServer, tmp_path: Path
) -> None:
    values = [math.sin(i / 900) for i in range(60_000)]
    values[31_234] = 9.0
    values[40_000] = math.nan
    write(tmp_path / "logs/a", {"train/loss": values, "lr": [0.1, 0.2]})
    write(tmp_path / "logs/b", {"train/loss": values[:500]})
    board = board_server(tmp_path / "logs")
    content = export(board, title="My runs", tags=["train/loss", "lr"], runs=[run("a"), run("b", "#123456")])
    page = opened(browser_context, content, tmp_path / "page.html")
    expect(page.locator("h1")).to_have_text("My runs")
    expect(page.locator("figure")).to_have_count(2)
    expect(page.locator(".about")).to_contain_text("every point")
    expect(page.locator(".scatterlayer path.js-line").first).to_be_attached()
    wide = x_in_view(page)
    assert len(wide) < 5_000
    assert 31_234 in wide, "a spike of one step is there before any zoom"
    assert 40_000 in wide, "and a mark for what is not a number"
    plot = page.locator(".plot").first
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 210, box["y"] + 62, steps=4)
    page.mouse.up()
    wait_until(page, lambda: len(x_in_view(page)) > 300 and max(x_in_view(page)) - min(x_in_view(page)) < 5_000)
    near = sorted(set(x_in_view(page)))
    assert near == [float(x) for x in range(int(near[0]), int(near[-1]) + 1)], "a zoom shows every single point"
    traces = "document.querySelector('.plot').data.length"
    before = page.evaluate(traces)
    page.get_by_label("b", exact=True).uncheck()
    assert page.evaluate(traces) == before - 1
    page.get_by_label("Log y").check()
    assert page.evaluate("document.querySelector('.plot').layout.yaxis.type") == "log"


def test_long_curves_keep_their_extremes_and_the_file_says_so(
    browser_context: BrowserContext, board_server: BoardServer, tmp_path: Path
) -> None:
    from benchmarks.event_logs import write_scalars

    write_scalars(tmp_path / "logs/long", ["train/loss"], 1_500_000)
    content = export(board_server(tmp_path / "logs"), tags=["train/loss"], runs=[run("long")], smoothing="none")
    assert len(content) < 25e6
    page = opened(browser_context, content, tmp_path / "page.html")
    expect(page.locator(".about")).to_contain_text("the least and the greatest value of each")
    expect(page.locator(".scatterlayer path.js-line").first).to_be_attached()


def test_hostile_names_run_nothing(browser_context: BrowserContext, board_server: BoardServer, tmp_path: Path) -> None:
    names = [*HOSTILE, "<!--<script>", "</title><script>alert(1)</script>", "'\"`${alert(1)}"]
    write(tmp_path / "logs/run", {name: [1.0, 0.5, float("nan")] for name in names})
    content = export(
        board_server(tmp_path / "logs"), title="</title><script>alert(1)</script>", tags=names, runs=[run("run")]
    )
    page = opened(browser_context, content, tmp_path / "page.html")
    assert set(page.locator("h3").evaluate_all("all => all.map((one) => one.firstChild.textContent)")) == set(names)
    assert page.locator("h1").inner_text() == "</title><script>alert(1)</script>"
    expect(page.locator(".scatterlayer path.js-line").first).to_be_attached()


@pytest.mark.parametrize(
    "question",
    [
        {"tags": [], "runs": [run("a")]},
        {"tags": ["x"], "runs": [{"name": "a", "colour": "red;background:url(//evil)"}]},
        {"tags": ["x"], "runs": [run("a")], "extra": 1},
        {"tags": ["nothing of the kind"], "runs": [run("a")]},
    ],
)
def test_questions_that_make_no_sense_are_refused(
    question: dict[str, Any], board_server: BoardServer, tmp_path: Path
) -> None:
    write(tmp_path / "a", {"x": [1.0]})
    with pytest.raises(urllib.error.HTTPError, match=r"40[04]"):
        export(board_server(tmp_path), **question)


@pytest.mark.parametrize(
    ("needs", "room", "most"),
    [([], 10, 2), ([5], 10, 5), ([3, 4], 10, 4), ([1, 20], 10, 9), ([1, 2, 20, 30], 23, 10), ([9, 9], 1, 2)],
)
def test_room_is_shared_out_fairly(needs: list[int], room: int, most: int) -> None:
    assert share_out(needs, room) == most
