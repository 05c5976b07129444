"""The images page in a real browser: every logged step can be reached, runs stand side by side, new images appear."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tests.browser.conftest import BoardServer, Faults
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


def test_one_picture_can_be_enlarged_and_the_filter_hides(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "images")
    cell(page, "inputs", "a/seed0").get_by_role("button", name="Enlarge").click()
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
    assert page.locator("main a:not([download])").count() == 0


def test_without_images_the_page_says_how_to_log_one(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
    page.goto(board_server(tmp_path) + "images")
    expect(page.get_by_text("No images yet")).to_be_visible()
    expect(page.get_by_text("writer.add_image")).to_be_visible()


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, int], np.ndarray]]:
    """Two runs whose pictures differ, and the pictures: uint8 of shape (3, 8, 12)."""
    logdir, random = tmp_path_factory.mktemp("noisy"), np.random.default_rng(0)
    pictures = {}
    for run in ("a", "b"):
        with SummaryWriter(logdir / run) as writer:
            for step in (0, 1, 2):
                pictures[run, step] = random.integers(0, 256, (3, 8, 12), np.uint8)
                writer.add_image("noise", pictures[run, step], step)
    return logdir, pictures


def apart(one: np.ndarray, other: np.ndarray) -> str:
    """Mean absolute error and peak signal-to-noise ratio, as the page writes them."""
    errors = one.astype(float) - other
    return f"MAE {np.abs(errors).mean():.3g} · {10 * np.log10(255**2 / (errors**2).mean()):.1f}\u202fdB"


def test_pictures_are_compared_with_another_run_or_another_step_in_numbers(
    board_server: BoardServer, page: Page, noisy: tuple[Path, dict[tuple[str, int], np.ndarray]]
) -> None:
    logdir, pictures = noisy
    page.goto(board_server(logdir) + "images?compare=difference&against=run:a")
    note = cell(page, "noise", "b").locator(".image-note")
    expect(note).to_have_text(re.compile(re.escape(apart(pictures["b", 2], pictures["a", 2]))))
    expect(cell(page, "noise", "a").locator(".image-note")).to_have_text("the reference")
    slide(page, 1)
    expect(note).to_have_text(re.compile(re.escape(apart(pictures["b", 1], pictures["a", 1]))))
    # On the scale of the light theme: rust to neutral to teal, the greatest difference at an end.
    canvas = cell(page, "noise", "b").locator("canvas")
    shown = canvas.evaluate("(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 12, 8).data]")
    signed = pictures["b", 1].astype(int) - pictures["a", 1]
    size = np.abs(signed).mean(axis=0)
    row, column = np.unravel_index(size.argmax(), size.shape)
    teal, rust = [0x07, 0x56, 0x5C], [0x8A, 0x3A, 0x00]
    pixels = np.array(shown).reshape(8, 12, 4)
    assert pixels[row, column].tolist() == [*(teal if signed[:, row, column].sum() >= 0 else rust), 255]
    page.get_by_label("with").select_option("first step")
    expect(note).to_have_text(re.compile(re.escape(apart(pictures["b", 1], pictures["b", 0]))))
    page.get_by_label("with").select_option("this step, kept")
    slide(page, 0)
    expect(note).to_have_text(re.compile(re.escape(apart(pictures["b", 0], pictures["b", 1]))))
    expect(page).to_have_url(re.compile("compare=difference.*against=step:1"))


def test_blink_shows_the_other_picture_and_swipe_shows_both(
    board_server: BoardServer, page: Page, noisy: tuple[Path, dict[tuple[str, int], np.ndarray]]
) -> None:
    page.goto(board_server(noisy[0]) + "images?compare=blink&against=run:a")
    other = cell(page, "noise", "b").locator(".image-reference")
    expect(cell(page, "noise", "b").locator(".image-note")).to_contain_text("MAE")
    expect(other).to_be_hidden()  # the profile asks for reduced motion: nothing moves by itself
    page.keyboard.press("b")
    expect(other).to_be_visible()
    page.get_by_role("button", name="Swipe").click()
    spot = cell(page, "noise", "b").locator(".image-spot")
    box = spot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 5)
    clip = other.evaluate("(image) => getComputedStyle(image).clipPath")
    assert abs(float(re.findall(r"[\d.]+", clip)[1]) - 75) < 1  # hidden from the right: three quarters


def test_zoom_and_place_are_the_same_in_all_pictures_and_in_the_address(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "images")
    spots = [
        cell(page, tag, run).locator(".image-spot")
        for tag in ("inputs", "layer/weights")
        for run in ("a/seed0", "b/seed0")
    ]
    for spot in spots:
        expect(spot.locator("img")).to_be_visible()
    box = spots[0].bounding_box()
    assert box is not None
    spots[0].click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    expect(page).to_have_url(re.compile(r"zoom=2,-0\.75,-0\.2"))

    def look() -> list[str]:
        return [
            spot.locator("img").evaluate(
                "(image) => `${image.getBoundingClientRect().width / image.parentElement.clientWidth}`"
            )
            for spot in spots
        ]

    assert len(set(look())) == 1
    assert look()[0] == "2"
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + box["width"] / 4, box["y"] + 20, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"zoom=2,-0\.5,"))  # a drag is no click: it did not zoom on
    page.reload()
    expect(spots[0].locator("img")).to_be_visible()
    assert look()[0] == "2"
    page.keyboard.press("0")
    expect(page).not_to_have_url(re.compile("zoom"))


def test_the_pixel_under_the_pointer_is_read_in_every_run(
    board_server: BoardServer, page: Page, noisy: tuple[Path, dict[tuple[str, int], np.ndarray]]
) -> None:
    logdir, pictures = noisy
    page.goto(board_server(logdir) + "images")
    spot = cell(page, "noise", "a").locator(".image-spot")
    for run in ("a", "b"):
        expect(cell(page, "noise", run).locator("img")).to_be_visible()
    box = spot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 7.5 / 12, box["y"] + box["height"] * 2.5 / 8)
    for run in ("a", "b"):
        red, green, blue = pictures[run, 2][:, 2, 7]
        expect(cell(page, "noise", run).locator(".image-note")).to_have_text(f"7, 2: {red}, {green}, {blue}")


def test_a_tag_can_have_a_step_of_its_own(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "images?step=50")
    free, other = cell(page, "inputs", "a/seed0"), cell(page, "layer/weights", "a/seed0")
    expect(free.get_by_text("step 50", exact=True)).to_be_visible()
    page.get_by_role("button", name="One step for all tags, inputs as well").click()
    page.get_by_label("Step of inputs").fill("0")
    expect(free.get_by_text("step 0", exact=True)).to_be_visible()
    expect(other.get_by_text("step 50", exact=True)).to_be_visible()
    page.reload()
    expect(free.get_by_text("step 0", exact=True)).to_be_visible()
    page.get_by_role("button", name="One step for all tags, inputs as well").click()
    expect(free.get_by_text("step 50", exact=True)).to_be_visible()
    assert "free" not in page.url


def test_the_file_comes_as_it_was_logged_and_what_no_browser_should_unfold_is_said(
    board_server: BoardServer, page: Page, faults: Faults, tmp_path: Path
) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "png")
    other = EventFileWriter(str(tmp_path / "run"))
    for tag, data in (("bomb", bomb.getvalue()), ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")):
        image = summary_pb2.Summary.Image(width=4, height=4, encoded_image_string=data)
        value = summary_pb2.Summary.Value(tag=tag, image=image)
        other.add_event(event_pb2.Event(wall_time=1.7e9, step=3, summary=summary_pb2.Summary(value=[value])))
    other.close()
    page.goto(board_server(tmp_path) + "images")
    expect(cell(page, "bomb", "run").locator(".image-note")).to_contain_text("20000 × 20000")
    expect(cell(page, "svg", "run").locator(".image-note")).to_contain_text("no picture that browsers know")
    for tag, data in (("bomb", bomb.getvalue()), ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")):
        with page.expect_download() as caught:
            cell(page, tag, "run").get_by_label(f"Download {tag} of run").click()
        assert caught.value.path().read_bytes() == data
        assert caught.value.suggested_filename.startswith(f"run {tag} 3")
    faults.expect("413")


def test_of_many_runs_only_what_is_near_the_window_is_asked_for(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    for i in range(120):
        with SummaryWriter(tmp_path / f"run{i:03d}") as writer:
            for tag in ("first", "second", "third"):
                writer.add_image(tag, gray(i), 0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/image?" in request.url else None)
    page.goto(board_server(tmp_path) + "images")
    expect(cell(page, "first", "run000").locator("img")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert 0 < len(asked) < 150  # of 360
    page.get_by_role("heading", name="third", exact=True).scroll_into_view_if_needed()  # its cells are made now
    expect(cell(page, "third", "run000").locator("img")).to_be_visible()  # all are as wide as it from now on
    cell(page, "third", "run119").scroll_into_view_if_needed()
    expect(cell(page, "third", "run119").locator("img")).to_be_visible()


def test_the_back_button_gives_back_step_zoom_and_comparison(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "images?step=50")
    figure = cell(page, "inputs", "a/seed0")
    expect(figure.locator("figcaption")).to_contain_text("step 50")
    there = "?step=20&zoom=2,-0.5,-0.5&compare=difference&against=previous&free=70@layer/weights&contrast=2&tags=i"
    page.evaluate("there => history.pushState({}, '', there)", there)
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(figure.locator("figcaption")).to_contain_text("step 20")
    expect(page.locator("[data-slot=zoom]")).to_have_text("2×")
    expect(page.get_by_role("button", name="Difference")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("with")).to_have_value("previous")
    expect(cell(page, "layer/weights", "a/seed0").locator("figcaption")).to_contain_text("step 70")
    expect(page.locator("output[data-look=contrast]")).to_have_text("200 %", use_inner_text=False)
    expect(page.get_by_label("Filter tags by text or regex")).to_have_value("i")
    page.go_back()
    expect(figure.locator("figcaption")).to_contain_text("step 50")
    expect(page.locator("[data-slot=zoom]")).to_have_text("")
    expect(page.get_by_role("button", name="Side by side")).to_have_attribute("aria-pressed", "true")
    expect(cell(page, "layer/weights", "a/seed0").locator("figcaption")).to_contain_text("step 50")
    expect(page.get_by_label("Filter tags by text or regex")).to_have_value("")
