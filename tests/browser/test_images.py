"""The images page in a real browser: every logged step can be reached, runs stand side by side, new images appear."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tests.browser.conftest import BoardServer
from writer import SummaryWriter

pytestmark = pytest.mark.browser

HOSTILE = ["a<b>c</b>", '<a href="https://evil.example/">x</a>', "</script>x"]
LIVE_LIMIT_MS = 10_000  # generous: other tests share the machine


def gray(level: int) -> np.ndarray:
    """A picture (1, 4, 6) of one brightness: what is on screen tells which step it is."""
    return np.full((1, 4, 6), level, np.uint8)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("images")
    for run, every in (("a/seed0", 10), ("b/seed0", 25)):
        with SummaryWriter(logdir / run) as writer:
            for step in range(0, 101, every):
                writer.add_image("inputs", gray(step), step)
                writer.add_image("layer/weights", gray(200), step)
    return logdir


def cell(page: Page, tag: str, run: str) -> Locator:
    """One run's picture of one tag."""
    return page.locator(".image-tag", has=page.get_by_role("heading", name=tag, exact=True)).locator(
        "figure", has=page.get_by_title(run, exact=True)
    )


def brightness(figure: Locator) -> int:
    """The grey level of what is drawn in a cell, 0 to 255."""
    return int(
        figure.locator("img").evaluate(
            """async (image) => {
              await image.decode();
              const canvas = new OffscreenCanvas(1, 1), brush = canvas.getContext("2d");
              brush.drawImage(image, 0, 0, 1, 1);
              return brush.getImageData(0, 0, 1, 1).data[0];
            }"""
        )
    )


def slide(page: Page, index: int) -> None:
    page.get_by_label("Step of all images of all runs").fill(str(index))


def test_every_logged_step_of_every_run_is_a_stop_of_the_slider(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "images")
    slider = page.get_by_label("Step of all images of all runs")
    expect(cell(page, "inputs", "b/seed0").get_by_text("step 100")).to_be_visible()
    # 0, 10, 20, 25, 30 ... 100: eleven steps of one run, and two more of the other
    expect(slider).to_have_attribute("max", "12")
    for index, (at_a, at_b) in {0: (0, 0), 3: (20, 25), 5: (40, 25), 11: (90, 75)}.items():
        slide(page, index)
        expect(cell(page, "inputs", "a/seed0").get_by_text(f"step {at_a}", exact=True)).to_be_visible()
        expect(cell(page, "inputs", "b/seed0").get_by_text(f"step {at_b}", exact=True)).to_be_visible()
        for run, step in (("a/seed0", at_a), ("b/seed0", at_b)):
            picture = cell(page, "inputs", run)
            expect(picture.locator("img")).to_have_attribute("alt", f"inputs, {run}, step {step}")
            assert brightness(picture) == step


def test_arrow_keys_go_step_by_step_and_the_address_holds_the_step(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "images?step=50")
    figure = cell(page, "inputs", "a/seed0")
    expect(figure.get_by_text("step 50", exact=True)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(figure.get_by_text("step 40", exact=True)).to_be_visible()
    assert "step=40" in page.url
    page.reload()
    expect(figure.get_by_text("step 40", exact=True)).to_be_visible()


def test_a_new_image_appears_without_a_reload(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_image("inputs", gray(10), 1)
        writer.flush()
        page.goto(board_server(tmp_path) + "images")
        figure = cell(page, "inputs", "run")
        expect(figure.get_by_text("step 1", exact=True)).to_be_visible()
        writer.add_image("inputs", gray(20), 2)
        writer.add_image("second", gray(30), 2)
        writer.flush()
        expect(figure.get_by_text("step 2", exact=True)).to_be_visible(timeout=LIVE_LIMIT_MS)
        expect(cell(page, "second", "run").locator("img")).to_have_attribute(
            "alt", "second, run, step 2", timeout=LIVE_LIMIT_MS
        )
        assert brightness(figure) == 20


def test_a_batch_shows_each_of_its_images(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("L", (6, 4), 77).save(picture, "png")
    pictures = [picture.getvalue()] * 3
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[b"6", b"4", *pictures])
    tensor.tensor_shape.dim.add(size=5)
    value = summary_pb2.Summary.Value(tag="batch", tensor=tensor)
    value.metadata.plugin_data.plugin_name = "images"
    other = EventFileWriter(str(tmp_path / "run"))
    other.add_event(event_pb2.Event(wall_time=1.7e9, step=3, summary=summary_pb2.Summary(value=[value])))
    other.close()
    page.goto(board_server(tmp_path) + "images")
    expect(cell(page, "batch", "run").locator("img")).to_have_count(3)


def test_a_click_enlarges_and_the_filter_hides(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "images")
    cell(page, "inputs", "a/seed0").get_by_role("button").click()
    expect(page.get_by_role("dialog").locator("figcaption")).to_have_text("inputs, a/seed0, step 100")
    page.keyboard.press("Escape")
    page.get_by_label("Filter tags by text or regex").fill("^layer")
    expect(page.get_by_role("heading", name="layer/weights", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="inputs", exact=True)).to_have_count(0)


def test_hostile_names_are_shown_letter_for_letter(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    for i, name in enumerate(HOSTILE):
        with SummaryWriter(tmp_path / f"run{i}") as writer:
            writer.add_image(name, gray(9), 0)
    page.goto(board_server(tmp_path) + "images")
    for name in HOSTILE:
        expect(page.get_by_title(name, exact=True).first).to_have_text(name)
    assert page.locator("main a").count() == 0


def test_without_images_the_page_says_how_to_log_one(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
    page.goto(board_server(tmp_path) + "images")
    expect(page.get_by_text("No images yet")).to_be_visible()
    expect(page.get_by_text("writer.add_image")).to_be_visible()
