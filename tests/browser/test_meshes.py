"""The meshes page in a real browser: shapes of all runs, seen from one place through one context of the card."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import BoardProcess, BoardServer
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)>"
LIVE_LIMIT_MS = 15_000
RUNS = 12
BOX = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)
FACES = np.array([[0, 1, 3], [0, 3, 2], [4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4], [2, 3, 7], [2, 7, 6]], np.int32)
COUNT_CONTEXTS = """
const own = HTMLCanvasElement.prototype.getContext;
window.contexts = 0;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  if (kind.startsWith("webgl")) window.contexts++;
  return own.call(this, kind, ...rest);
};"""


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir, rng = tmp_path_factory.mktemp("meshes"), np.random.default_rng(0)
    for run in range(RUNS):
        with SummaryWriter(logdir / f"run{run:02d}") as writer:
            for step in (0, 10, 20):
                writer.add_mesh("box", BOX[None] * (1 + step / 20), faces=FACES[None], global_step=step)
            if run < 2:
                cloud = rng.normal(size=(2, 300, 3)).astype(np.float32)
                cloud[0, :7] = np.nan
                colors = rng.integers(0, 255, (2, 300, 3))
                writer.add_mesh(HOSTILE, cloud, colors=colors, global_step=run)
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def mesh(page: Page, name: str) -> Locator:
    return page.locator(".mesh-canvas").and_(page.get_by_label(name))


def shown(page: Page, address: str) -> None:
    page.goto(address)
    expect(mesh(page, "box of run00")).to_have_attribute("data-drawn", re.compile("."))
    expect(mesh(page, "box of run01")).to_have_attribute("data-drawn", re.compile("."))


def ink(canvas: Locator) -> float:
    return float(
        canvas.evaluate(
            """(canvas) => {
              const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let drawn = 0;
              for (let i = 0; i < data.length; i += 4) drawn += data[i] !== data[0] || data[i + 2] !== data[2];
              return drawn / (data.length / 4);
            }"""
        )
    )


def picture(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def wait_until(page: Page, condition: Callable[[], bool], what: str) -> None:
    for _ in range(300):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(what)


@pytest.mark.parametrize("more", ["", "mode=edges", "mode=points", "draw=2d", "shade=none", "draw=2d&mode=points"])
def test_each_way_of_drawing_draws(page: Page, board_url: str, more: str) -> None:
    shown(page, f"{board_url}meshes?{more}")
    assert ink(mesh(page, "box of run00")) > (0.0005 if "points" in more else 0.01)
    expect(mesh(page, "box of run00, step 20: 8 vertices, 8 faces, 2 × 2 × 2")).to_be_visible()


def test_one_context_of_the_card_draws_all_of_them(page: Page, board_url: str) -> None:
    page.add_init_script(COUNT_CONTEXTS)
    shown(page, board_url + "meshes")
    drawn = page.locator('.mesh-canvas[data-drawn]:not([data-drawn=""])')
    wait_until(page, lambda: drawn.count() >= 6, "those in sight are not drawn")
    assert page.evaluate("contexts") == 1


def test_the_camera_is_one_for_all_or_each_its_own(page: Page, board_url: str) -> None:
    shown(page, board_url + "meshes")
    one, other = mesh(page, "box of run00"), mesh(page, "box of run01")
    before = picture(one), picture(other)

    def drag() -> None:
        box = one.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 100, box["y"] + 100)
        page.mouse.down()
        page.mouse.move(box["x"] + 160, box["y"] + 120, steps=3)
        page.mouse.up()

    drag()
    wait_until(page, lambda: picture(one) != before[0] and picture(other) != before[1], "not both were turned")
    wait_until(page, lambda: "eye" in parse_qs(urlsplit(page.url).query), "the camera is not in the address")
    after = picture(one), picture(other)
    page.reload()
    shown(page, page.url)
    wait_until(page, lambda: (picture(one), picture(other)) == after, "the address shows something else")
    page.get_by_role("button", name="Each its own").click()
    drag()
    wait_until(page, lambda: picture(one) != after[0], "it was not turned")
    assert picture(other) == after[1]
    page.get_by_role("button", name="Show the whole").click()
    page.get_by_role("button", name="One camera").click()
    wait_until(page, lambda: (picture(one), picture(other)) == before, "not where it began")


def test_keys_and_the_wheel(page: Page, board_url: str) -> None:
    shown(page, board_url + "meshes")
    one = mesh(page, "box of run00")
    before = picture(one)
    one.press("ArrowUp")
    wait_until(page, lambda: picture(one) != before, "keys do not turn it")
    one.press("0")
    wait_until(page, lambda: picture(one) == before, "0 does not lead back")
    box = one.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    wait_until(page, lambda: picture(one) != before, "Ctrl and wheel do not zoom")


def test_the_step_moves_all(page: Page, board_url: str) -> None:
    shown(page, board_url + "meshes")
    slider = page.get_by_label("Step of all meshes of all runs")
    expect(slider).to_have_attribute("max", re.compile("[23]"))
    slider.fill("0")
    expect(mesh(page, "box of run00, step 0: 8 vertices, 8 faces, 1 × 1 × 1")).to_be_visible()
    assert "step=0" in page.url


def test_what_is_not_drawn_is_said_and_items_of_a_batch_can_be_chosen(page: Page, board_url: str) -> None:
    page.goto(board_url + "meshes?tags=img")
    cloud = mesh(page, f"{HOSTILE} of run00, step 0: 300 points")
    expect(cloud).to_be_visible()
    expect(page.get_by_text("7 of 300 vertices hold NaN or infinity").first).to_be_visible()
    before = picture(cloud)
    page.get_by_label(f"Item of the batch, {HOSTILE} of run00").select_option("1")
    wait_until(page, lambda: picture(cloud) != before, "the other item is the same")
    assert page.locator("main img").count() == 0


def test_a_file_can_be_taken_away(page: Page, board_url: str) -> None:
    shown(page, board_url + "meshes")
    page.get_by_label("Download box of run00 as PLY").hover()
    with page.expect_download() as started:
        page.get_by_label("Download box of run00 as PLY").click()
    assert started.value.suggested_filename == "run00 box 20.ply"
    assert started.value.path().read_bytes().startswith(b"ply\nformat binary_little_endian 1.0\nelement vertex 8\n")


def test_a_mesh_that_is_logged_meanwhile_appears(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.flush()
        page.goto(board_server(tmp_path) + "meshes")
        expect(page.get_by_text("writer.add_mesh")).to_be_visible()
        writer.add_mesh("box", BOX[None], faces=FACES[None], global_step=1)
        writer.flush()
        expect(mesh(page, "box of run, step 1: 8 vertices")).to_be_visible(timeout=LIVE_LIMIT_MS)
        writer.add_mesh("box", BOX[None] * 3, faces=FACES[None], global_step=2)
        writer.flush()
        expect(mesh(page, "box of run, step 2: 8 vertices, 8 faces, 3 × 3 × 3")).to_be_visible(timeout=LIVE_LIMIT_MS)
