"""Comparisons, traces, logged values, exports and the address of the graphs page, in a real browser."""

import csv
import io
import json
import math
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import torch
from google.protobuf import text_format
from playwright.sync_api import Browser, Page, expect
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tests.board.graphs.test_files import exported, onnx_model
from tests.browser.conftest import BoardServer
from tests.browser.test_graphs import Layer, Net, names, query, row, selected_place, shown
from tests.writer.zoo import ResNet
from writer import SummaryWriter

pytestmark = pytest.mark.browser

STEPS = 6
LIVE_LIMIT_MS = 15_000
FILE_LIMIT_MS = 20_000  # a process of its own reads the file
DEAD_FROM = 3  # from this step on layers.1 has no gradient
CANVAS = ".graph-canvas[data-side=after] > canvas"


class WiderNet(Net):
    """One layer more, another activation in the first, a head of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.layers.append(Layer())
        self.head = torch.nn.Linear(16, 50)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models, the norms of their gradients and histograms of their weights."""
    logdir = tmp_path_factory.mktemp("two")
    for run, model in (("narrow", Net()), ("wide", WiderNet())):
        with SummaryWriter(logdir / run) as writer:
            writer.add_graph(model, torch.zeros(2, 8, dtype=torch.int64))
            for step in range(STEPS):
                for layer in range(5):
                    norm = 0.0 if layer == 1 and step >= DEAD_FROM else 10.0**-layer * (step + 1)
                    writer.add_scalar(f"grad_norm/layers.{layer}.up", norm, step)
            writer.add_histogram("weights/layers.0.up.weight", torch.linspace(-1, 1, 1001), STEPS - 1)
    return logdir


def with_other(run: str, other: str, more: str = "") -> str:
    return f"graphs?run={run}&with={other}&with=__run_graph__&with=0{more}"


def settle(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pixels(page: Page, token: str) -> int:
    """How many pixels of the drawing have the colour of a token."""
    settle(page)
    count: int = page.locator(CANVAS).evaluate(
        """(canvas, token) => {
        const text = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
        const wanted = [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) if (wanted.every((c, k) => data[i + k] === c)) count++;
        return count; }""",
        token,
    )
    return count


def test_two_graphs_are_compared_as_one(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=wide")
    page.get_by_label("Compare with").select_option(label="narrow")
    details = page.locator(".details")
    expect(details).to_contain_text("1 added")
    assert query(page)["with"] == ["narrow", "__run_graph__", "0"]
    listed = details.locator(".diff-list .details-link").all_inner_texts()
    assert any("layers › 5" in text for text in listed)
    assert any("head" in text and "2×8×100 → 2×8×50" in text for text in listed)
    assert pixels(page, "--color-stalled-wash") > 500  # the head that changed
    details.get_by_role("button", name="layers › 5").click()
    expect(page.locator(".details h2")).to_contain_text("5")
    expect(details.locator("h3").first).to_have_text("Added")
    assert pixels(page, "--div-4") > 500
    page.reload()
    expect(page.locator(".details h3").first).to_have_text("Added")
    page.get_by_label("Compare with").select_option(label="nothing")
    expect(page.locator(".graph-page")).to_have_attribute("data-sides", "")
    expect(details).not_to_contain_text("Added")


def test_side_by_side_moves_and_opens_both(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + with_other("wide", "narrow"))
    page.get_by_role("button", name="side by side").click()
    before = page.locator(".graph-canvas[data-side=before] > canvas")
    expect(before).to_be_visible()
    expect(page.locator("[data-slot=before]")).to_contain_text("narrow")
    settle(page)
    old = before.evaluate("(c) => c.toDataURL()")
    row(page, "layers").locator(".icon").click()
    page.wait_for_function(
        "(old) => document.querySelector('.graph-canvas[data-side=before] > canvas').toDataURL() !== old", arg=old
    )
    settle(page)
    old = before.evaluate("(c) => c.toDataURL()")
    page.mouse.move(900, 500)
    page.mouse.wheel(0, -300)
    page.wait_for_function(
        "(old) => document.querySelector('.graph-canvas[data-side=before] > canvas').toDataURL() !== old", arg=old
    )
    assert query(page)["sides"] == ["side"]


def test_a_trace_lights_what_feeds_a_block(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow&depth=all&node=Net/ModuleList[layers]/Layer[2]/Linear[up]")
    bar = page.locator(".trace-bar")
    bar.get_by_role("button", name="inputs").click()
    expect(bar).to_contain_text("13 inputs")  # tokens, embedding, five of each of two layers, the norm
    bar.get_by_label("How far to trace").select_option("1")
    expect(bar).to_contain_text("1 input")
    assert query(page)["trace"] == ["in.1"]
    page.locator(CANVAS).press("o")
    expect(bar.get_by_role("button", name="outputs")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator(".trace-bar").get_by_role("button", name="outputs")).to_have_attribute("aria-pressed", "true")
    page.locator(CANVAS).press("o")
    assert "trace" not in query(page)


def test_logged_values_colour_the_blocks_at_the_step(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow&depth=all")
    page.locator("[data-choice=by]").select_option(label="grad_norm (5 blocks)")
    key = page.locator(".graph-key")
    expect(key).to_contain_text("step 5")
    expect(key).to_contain_text("logarithmic")
    page.get_by_role("button", name="Fit the whole graph").click()
    page.wait_for_timeout(300)  # the way there
    dead = pixels(page, "--color-failed-wash")
    assert dead > 100
    key.get_by_role("slider").fill(str(DEAD_FROM - 1))
    expect(key).to_contain_text(f"step {DEAD_FROM - 1}")
    page.wait_for_function(
        """([selector, before]) => {
        const canvas = document.querySelector(selector), { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const text = getComputedStyle(document.documentElement).getPropertyValue("--color-failed-wash").trim();
        const wanted = [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
        let count = 0;
        for (let i = 0; i < data.length; i += 4) if (wanted.every((c, k) => data[i + k] === c)) count++;
        return count < before / 10; }""",
        arg=[CANVAS, dead],
    )
    assert query(page)["by"] == ["log:grad_norm"]
    assert query(page)["step"] == [str(DEAD_FROM - 1)]


def test_logged_values_follow_the_training(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_graph(Net(), torch.zeros(2, 8, dtype=torch.int64))
        for step in (0, 1):
            for layer in range(5):
                writer.add_scalar(f"grad_norm/layers.{layer}", 1.0 + layer, step)
        writer.flush()
        shown(page, board_server(tmp_path) + "graphs?by=log:grad_norm")
        key = page.locator(".graph-key")
        expect(key).to_contain_text("step 1", timeout=LIVE_LIMIT_MS)
        for layer in range(5):
            writer.add_scalar(f"grad_norm/layers.{layer}", 100.0, 7)
        writer.flush()
        expect(key).to_contain_text("step 7", timeout=LIVE_LIMIT_MS)
        expect(key).to_contain_text("100")  # the scale grew with it


def test_details_tell_what_was_logged_of_a_block(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow&node=Net/ModuleList[layers]/Layer[0]/Linear[up]")
    logged = page.locator(".details-logged")
    deviation = math.sqrt(sum((i / 500 - 1) ** 2 for i in range(1001)) / 1001)
    expect(logged).to_contain_text("std 0.5")
    text = logged.inner_text()
    shown_deviation = float(text.split("std ")[1].split(",")[0])
    assert shown_deviation == pytest.approx(deviation, rel=0.05)  # bins are coarse
    expect(logged.locator("svg path")).to_have_count(1)
    link = logged.get_by_role("link", name="1 chart")
    link.click()
    page.wait_for_url("**/scalars?*")
    expect(page.locator("figure.chart")).to_have_count(1)
    assert "layers.0.up" in (page.locator("figure.chart").first.inner_text())


def test_pictures_and_costs_leave_the_page(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow&depth=all")

    def exported(name: str) -> tuple[str, bytes]:
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    name, svg = exported("Picture as SVG")
    assert name == "narrow.svg"
    texts = [element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("}text")]
    assert texts.count("relu") == 5
    assert "embed" in texts
    name, png = exported("Picture as PNG")
    assert name == "narrow.png"
    assert png.startswith(b"\x89PNG")
    assert len(png) > 20_000
    name, table = exported("Costs as CSV")
    assert name == "narrow.csv"
    rows = {line["name"]: line for line in csv.DictReader(io.StringIO(table.decode()))}
    assert int(rows["Net"]["parameters"]) == sum(parameter.numel() for parameter in Net().parameters())
    assert int(rows["Net/Linear[head]"]["multiply_adds"]) == 2 * 8 * 16 * 100


def test_place_direction_and_depth_are_in_the_address(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow&depth=3")
    page.locator(CANVAS).press("l")
    assert query(page)["dir"] == ["across"]
    page.mouse.move(500, 500)
    page.mouse.wheel(0, -200)
    page.wait_for_url("**look=*")
    page.mouse.move(5, 5)
    settle(page)
    look, strong = query(page)["look"], pixels(page, "--seq-5")
    assert strong > 1000
    page.goto(page.url)
    expect(page.locator(".graph-page")).to_have_attribute("data-state", "shown")
    expect(page.get_by_role("button", name="Left to right")).to_have_attribute("aria-pressed", "true")
    assert pixels(page, "--seq-5") == pytest.approx(strong, rel=0.03)  # the same place, but for fractions of a pixel
    assert query(page)["look"] == look
    assert query(page)["depth"] == ["3"]


def test_the_strip_and_the_list_lead_to_the_blocks(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    strip = page.locator(".time-strip")
    expect(strip).to_contain_text("Multiply-adds, in the order of execution")
    strip.locator("[data-item]", has_text="head").click()
    expect(row(page, "head")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".graph-crumbs button")).to_have_text(["Net", "head"])
    page.locator("[data-choice=by]").select_option("params")
    expect(strip).to_contain_text("Parameters, in the order of execution")
    page.locator("[data-choice=by]").select_option("class")
    expect(page.locator(".graph-key")).to_contain_text("Linear")
    assert page.locator("[data-choice=by]").locator("option[value=forward]").is_disabled()  # nothing was timed


def test_everything_inside_a_block_opens_at_once(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    row(page, "layers").click()
    page.get_by_role("button", name="Open all inside").click()
    assert names(page).count("relu") >= 4  # as many as are in sight
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", str(1 + 6 + 5 + 5 * 5))
    page.locator(CANVAS).press("/")
    expect(page.get_by_role("combobox", name="Find a block")).to_be_focused()


def test_a_finger_opens_and_moves(browser: Browser, board_server: BoardServer, two_runs: Path) -> None:
    with browser.new_context(
        viewport={"width": 900, "height": 1000}, has_touch=True, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        shown(page, board_server(two_runs) + "graphs?run=narrow")
        row(page, "layers").tap()
        x, y = selected_place(page)
        page.touchscreen.tap(x, y)
        expect(row(page, "layers")).to_have_attribute("aria-expanded", "true")
        pinched = page.locator(CANVAS).evaluate(PINCH)
        assert pinched["after"] > pinched["before"] * 1.5


# Two fingers go apart; what the address then says of the scale.
PINCH = """async (canvas) => {
  const scale = () => Number((new URLSearchParams(location.search).get("look") ?? "0,0,1").split(",")[2]);
  const box = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  const send = (type, id, x, y) => canvas.dispatchEvent(new PointerEvent(type, { pointerId: id, pointerType: "touch", clientX: box.left + x, clientY: box.top + y, bubbles: true, button: type === "pointermove" ? -1 : 0, buttons: 1 }));
  send("pointerdown", 11, 200, 200);
  send("pointermove", 11, 201, 205);
  await new Promise((done) => setTimeout(done, 500));
  const before = scale();
  send("pointerdown", 12, 260, 200);
  for (let i = 1; i <= 20; i++) send("pointermove", 12, 260 + 8 * i, 200);
  send("pointerup", 12, 420, 200);
  send("pointerup", 11, 201, 205);
  await new Promise((done) => setTimeout(done, 500));
  return { before, after: scale() };
}"""


def test_a_dropped_file_is_shown_and_can_be_compared(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    graph = GraphDef()
    graph.node.add(name="x", op="Placeholder")
    graph.node.add(name="dense/MatMul", op="MatMul", input=["x"])
    graph.node.add(name="dense/Relu", op="Relu", input=["dense/MatMul"])
    drop(page, "mine.pbtxt", text_format.MessageToString(graph).encode())
    expect(row(page, "dense")).to_be_visible(timeout=FILE_LIMIT_MS)
    assert names(page) == ["x", "dense", "MatMul", "Relu"]
    expect(page.locator("[data-choice=graph] option:checked")).to_have_text("mine.pbtxt")
    page.get_by_label("Compare with").select_option(label="narrow")
    expect(page.locator(".details h3").first).to_contain_text("added")


def test_dropped_models_of_onnx_and_of_torch_are_shown(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    for name, data in (("net.onnx", onnx_model()), ("net.pt2", exported(ResNet(), torch.randn(2, 3, 64, 64)))):
        drop(page, name, data)
        expect(page.locator("[data-choice=graph] option:checked")).to_have_text(name, timeout=FILE_LIMIT_MS)
        expect(row(page, {"net.onnx": "layer", "net.pt2": "stem"}[name])).to_be_visible()


def test_the_row_of_what_is_under_the_pointer_is_marked(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    row(page, "embed").click()
    page.mouse.move(*selected_place(page))
    expect(page.locator(".cost-row[data-hovered]")).to_have_count(1)
    expect(page.locator(".cost-row[data-hovered] b")).to_have_text("embed")
    page.locator(".graph-crumbs").hover()
    expect(page.locator(".cost-row[data-hovered]")).to_have_count(0)


def test_a_change_of_depth_is_a_way_for_the_eye(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.clock.install()
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    page.clock.pause_at(time.time() + 60)
    drawn = "(canvas) => canvas.toDataURL()"
    pictures = [page.locator(CANVAS).evaluate(drawn)]
    page.locator("[data-depth=all]").click()
    for part_ms in (50, 60, 200):  # at the start, in the middle, at the end
        page.clock.run_for(part_ms)
        pictures.append(page.locator(CANVAS).evaluate(drawn))
    page.clock.run_for(1000)
    assert len(set(pictures)) == 4, [len(set(pictures[:n])) for n in range(1, 5)]
    assert page.locator(CANVAS).evaluate(drawn) == pictures[-1]


def test_the_page_says_no_to_files_that_are_no_graphs(page: Page, board_server: BoardServer, two_runs: Path) -> None:
    shown(page, board_server(two_runs) + "graphs?run=narrow")
    drop(page, "notes.txt", b"no graph")
    expect(page.locator(".graph-over")).to_contain_text("notes.txt is none of .pbtxt")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".graph-over .notice")).to_have_count(0)
    expect(row(page, "layers")).to_be_visible()


def drop(page: Page, name: str, data: bytes) -> None:
    """Let a file fall onto the page."""
    content: Any = json.dumps(list(data))
    page.evaluate(
        """([name, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(JSON.parse(content))], name));
        const root = document.querySelector(".graph-page");
        for (const type of ["dragenter", "dragover", "drop"]) root.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        [name, content],
    )
