"""The embeddings page in a real browser: points are drawn, found, chosen, laid out anew, and nothing of a log runs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.board.embeddings.written import run_with
from tests.browser.conftest import BoardProcess, BoardServer, Faults
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)>"
LIVE_LIMIT_MS = 15_000
CANVAS = ".space-stage > canvas"


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir, rng = tmp_path_factory.mktemp("embeddings"), np.random.default_rng(0)
    centres, classes = rng.normal(size=(3, 8)) * 6, np.arange(90) % 3
    with SummaryWriter(logdir / "a/run") as writer:
        writer.add_scalar("loss", 1.0, 0)
        for step in (10, 20):
            points = centres[classes] * (step / 20) + rng.normal(size=(90, 8))
            rows = [[f"point {i}", str(c), f"{points[i, 0]:.2f}"] for i, c in enumerate(classes)]
            images = np.zeros((90, 3, 6, 6), np.float32)
            images[:, 0] = 1.0
            header = ["name", "class", "first"]
            writer.add_embedding(points, metadata=rows, metadata_header=header, label_img=images, global_step=step)
        writer.add_embedding(np.eye(5, dtype=np.float32), metadata=[HOSTILE, "b", "c", "d", "e"], tag=HOSTILE)
    run_with(logdir / "odd", tensors_tsv="1\t2\n3\t4\nnan\t1\n5\n", metadata_tsv="a\nb\n")
    run_with(logdir / "outside", 'embeddings { tensor_name: "w" tensor_path: "../../secret" }')
    run_with(logdir / "torn", "embeddings {")
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def shown(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator('[data-module="embeddings"]')).to_have_attribute("data-state", "shown")
    expect(page.locator(CANVAS)).to_have_attribute("data-drawn", re.compile(r"\d"))


def ink(page: Page) -> float:
    """The part of the canvas that is not ground."""
    return float(
        page.locator(CANVAS).evaluate(
            """(canvas) => {
              const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
              let drawn = 0;
              for (let i = 0; i < data.length; i += 4) drawn += data[i] !== data[0] || data[i + 1] !== data[1];
              return drawn / (data.length / 4);
            }"""
        )
    )


def picture(page: Page) -> str:
    return str(page.locator(CANVAS).evaluate("canvas => canvas.toDataURL()"))


def wait_until(page: Page, condition: Callable[[], bool], what: str) -> None:
    for _ in range(300):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(what)


def chosen(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


OF_RUN = "embeddings?run=a/run&tensor=default"


@pytest.mark.parametrize("more", ["", "&dims=2", "&pictures", "&draw=2d", "&labels", "&sphere", "&tint=2", "&tint=-1"])
def test_points_are_drawn(page: Page, board_url: str, more: str) -> None:
    shown(page, board_url + OF_RUN + more)
    wait_until(page, lambda: ink(page) > 0.002, "nothing is drawn")
    expect(page.locator(".space-side")).to_contain_text("90 points in 8 dimensions")
    if more in ("", "&dims=2"):
        expect(page.locator("[data-slot=axes]")).to_contain_text("of the variance")
        expect(page.locator("[data-slot=key]")).to_contain_text("class")


def test_two_dimensions_and_the_colours_are_in_the_address(page: Page, board_url: str) -> None:
    shown(page, board_url + OF_RUN)
    page.get_by_role("button", name="2-D").click()
    page.get_by_label("Colour by").select_option(label="first")
    expect(page.locator("[data-slot=key]")).to_contain_text("first")
    assert chosen(page)["dims"] == ["2"]
    assert chosen(page)["tint"] == ["2"]
    page.reload()
    expect(page.get_by_role("button", name="2-D")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(page.get_by_role("button", name="3-D")).to_have_attribute("aria-pressed", "true")


def test_a_search_lights_and_isolates_what_it_finds(page: Page, board_url: str) -> None:
    shown(page, board_url + OF_RUN)
    before = picture(page)
    page.get_by_label("Find points by text").fill("point 8")
    hits = page.get_by_label("Matches", exact=True).locator("li")
    expect(page.get_by_role("heading", name="11 points match")).to_be_visible()
    expect(hits).to_have_count(11)
    wait_until(page, lambda: picture(page) != before, "nothing is lit")
    page.get_by_label("Find points by text").fill("^point 8$")
    expect(page.get_by_role("heading", name="1 point matches")).to_be_visible()
    page.get_by_label("Find points by text").fill("(((")
    expect(page.get_by_text("Not a regex")).to_be_visible()
    page.get_by_label("Find points by text").fill("point 8")
    page.get_by_role("button", name="Isolate").click()
    expect(page.get_by_text("Only 11 points shown.")).to_be_visible()
    page.get_by_role("button", name="Show all", exact=True).click()
    expect(page.get_by_text("Only 11 points shown.")).to_have_count(0)


def test_a_click_chooses_a_point_and_names_its_neighbours(page: Page, board_url: str) -> None:
    shown(page, board_url + OF_RUN + "&dims=2&size=3&tint=-1")
    page.wait_for_timeout(100)
    at = page.locator(CANVAS).evaluate(
        """(canvas) => {
          const {data, width} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          for (let i = 0; i < data.length; i += 4) if (data[i] !== data[0]) return [i / 4 % width, Math.floor(i / 4 / width)];
        }"""
    )
    box = page.locator(CANVAS).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + at[0] + 2, box["y"] + at[1] + 3)
    near = page.get_by_label("Nearest points").locator("li")
    expect(near).to_have_count(20)
    first = chosen(page)["chosen"]
    page.get_by_role("button", name="euclidean").click()
    expect(page.get_by_role("button", name="euclidean")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("How many neighbours").select_option("10")
    expect(near).to_have_count(10)
    near.first.get_by_role("button").click()
    wait_until(page, lambda: chosen(page)["chosen"] != first, "the neighbour is not chosen")
    page.go_back()
    wait_until(page, lambda: chosen(page)["chosen"] == first, "back leads elsewhere")
    page.locator(CANVAS).press("Escape")
    expect(near).to_have_count(0)


def test_keys_turn_and_zoom_and_the_step_moves(page: Page, board_url: str) -> None:
    shown(page, board_url + OF_RUN)
    before = picture(page)
    page.locator(CANVAS).press("ArrowLeft")
    wait_until(page, lambda: picture(page) != before, "it does not turn")
    wait_until(page, lambda: "eye" in chosen(page), "the camera is not in the address")
    page.locator(CANVAS).press("0")
    wait_until(page, lambda: picture(page) == before, "0 does not lead back")
    slider = page.get_by_label("Step of the embedding")
    expect(slider).to_have_attribute("max", "1")
    slider.fill("0")
    wait_until(page, lambda: picture(page) != before, "the step shows nothing else")
    assert chosen(page)["step"] == ["10"]


def test_own_axes(page: Page, board_url: str, faults: Faults) -> None:
    shown(page, board_url + OF_RUN + "&dims=2&method=axes&label=1")
    before = picture(page)
    page.get_by_label("Points that x goes from").fill("0")
    page.get_by_label("Points that x goes to").fill("1")
    page.get_by_label("Points that x goes to").press("Enter")
    wait_until(page, lambda: picture(page) != before, "the axis changes nothing")
    page.get_by_label("Points that x goes to").fill("nobody")
    page.get_by_label("Points that x goes to").press("Enter")
    expect(page.get_by_text("no point matches one of the axis' ends")).to_be_visible()
    faults.expect("400")


def test_names_and_words_are_shown_letter_for_letter(page: Page, board_url: str) -> None:
    shown(page, board_url + "embeddings?run=a/run&labels&chosen=0")
    page.get_by_label("Embedding", exact=True).select_option(label=f"run · {HOSTILE}")
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    page.get_by_label("Find points by text").fill("onerror")
    page.get_by_label("Matches", exact=True).locator("li button").click()
    expect(page.locator(".space-point h2")).to_have_text(HOSTILE)
    assert page.locator("main img").count() == 0


def test_what_cannot_be_read_is_said_in_place(page: Page, board_url: str, faults: Faults) -> None:
    shown(page, board_url + "embeddings?run=odd")
    for said in (
        "2 of 4 points are not drawn",
        "1 of 4 rows have not 2 columns",
        "The metadata has 2 rows for 4 points",
    ):
        expect(page.locator(".space-side")).to_contain_text(said)
    expect(page.get_by_text("torn: projector_config.pbtxt is no list of embeddings")).to_be_visible()
    page.goto(board_url + "embeddings?run=outside&tensor=w")
    expect(page.get_by_text("it lies outside of the run's folder")).to_be_visible()
    faults.expect("404")


def test_a_layout_tells_how_far_it_is_and_can_be_cancelled(page: Page, board_url: str) -> None:
    shown(page, board_url + OF_RUN)
    before = picture(page)
    page.get_by_role("button", name="t-SNE").click()
    job = page.locator("[data-slot=job]")
    expect(job).to_contain_text("t-SNE")
    expect(job).to_be_hidden()
    wait_until(page, lambda: picture(page) != before, "the places are the old ones")
    page.get_by_role("button", name="UMAP").click()
    page.get_by_role("button", name="Cancel").click()
    expect(job).to_be_hidden()
    assert ink(page) > 0.002


def test_an_embedding_that_is_written_meanwhile_appears(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.flush()
        page.goto(board_server(tmp_path) + "embeddings")
        expect(page.get_by_text("writer.add_embedding")).to_be_visible()
        writer.add_embedding(np.eye(6, dtype=np.float32), global_step=1)
        writer.flush()
        expect(page.locator(".space-side")).to_contain_text("6 points in 6 dimensions", timeout=LIVE_LIMIT_MS)
        writer.add_embedding(np.eye(6, dtype=np.float32) * 2, global_step=2)
        writer.flush()
        expect(page.get_by_label("Step of the embedding")).to_have_attribute("max", "1", timeout=LIVE_LIMIT_MS)
