"""The pages by keys, for screen readers, enlarged, by fingers, without motion, in forced colours."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import BoardProcess, Faults
from tests.browser.test_scalars import chart, chosen, wait_until
from writer import SummaryWriter

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
SMALLEST_TARGET_PX = 40


@pytest.fixture(scope="module")
def board_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("access")
    for run in ("one", "two", "three"):
        with SummaryWriter(logdir / run) as writer:
            for step in range(30):
                writer.add_scalar("train/loss", 1 / (step + 1), step)
                writer.add_scalar("train/acc", step / 30, step)
            writer.add_custom_scalars({"losses": {"both": ["Multiline", ["train/.*", "nothing"]]}})
            rows = [[f"word {i}", str(i % 3)] for i in range(30)]
            writer.add_embedding(np.eye(30), metadata=rows, metadata_header=["word", "class"])
            for step in range(3):
                writer.add_image("digits", np.full((1, 8, 8), step / 3), step)
                writer.add_histogram("weights", np.linspace(-step, 1, 50), step)
                writer.add_text("note", f"# step {step}\n\n- [link](https://example.org)\n\n| a |\n|---|\n| 1 |", step)
                writer.add_tensor("matrix", np.eye(4) * step, step)
                writer.add_mesh("box", np.eye(3)[None], faces=np.array([[[0, 1, 2]]]), global_step=step)
                writer.add_pr_curve("val/pr", np.arange(50) % 2, np.linspace(0, 1, 50) ** (step + 1), step)
                writer.add_audio("tone", np.sin(np.arange(800) * (step + 1) / 9), step, 8000)
                writer.add_video("clip", np.full((1, 2, 1, 16, 16), step / 3), step, webm=True)
    board = BoardProcess(logdir)
    yield board.url
    board.stop()


def shown(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    chart(page, "train/loss") if "/scalars" in address else page.wait_for_load_state("networkidle")
    return page


def violations(page: Page) -> list[str]:
    """What axe finds, a line each."""
    # Through the debugger's own door: the page's policy lets no foreign script in.
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found: Any = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", tags)
    session.detach()
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "address",
    [
        "scalars",
        "scalars?full=train/loss",
        "images",
        "graphs",
        "histograms",
        "meshes",
        "embeddings",
        "embeddings?chosen=3&find=word+1",
        "audio",
        "video",
        "pr_curves?threshold=0.5",
        "custom_scalars",
        "compare",
        "text",
        "tensors",
    ],
)
def test_axe_finds_nothing(page: Page, board_url: str, address: str, theme: str) -> None:
    shown(page, f"{board_url}{address}{'&' if '?' in address else '?'}theme={theme}")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(page: Page, board_url: str, theme: str) -> None:
    shown(page, f"{board_url}scalars?theme={theme}")
    for button in ("Settings", "Links and named views", "Keyboard shortcuts", "Export the page"):
        page.get_by_role("button", name=button).click()
        assert violations(page) == [], button
        page.keyboard.press("Escape")
    page.locator('.run-row[data-name="three"]').hover()
    page.get_by_role("button", name="About three").click()
    expect(page.locator(".run-panel")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose runs").click()
    assert violations(page) == []


def focus(page: Page) -> str:
    return str(
        page.evaluate("document.activeElement.closest('.chart')?.dataset.tag ?? document.activeElement.outerHTML")
    )


def frame(page: Page) -> Any:
    return chart(page, "train/loss").locator(".chart-frame")


def slots(page: Page) -> list[str]:
    found = page.locator(".chart-slot").evaluate_all("all => all.map((one) => one.dataset.tag)")
    return list(found)


# Each key that the list names -> what it does, on a scalars page whose first chart has the focus.
KEYS: dict[str, Callable[[Page], bool]] = {
    "t": lambda page: "Filter tags" in focus(page),
    "ArrowLeft": lambda page: "step" in chosen(page),
    "ArrowRight": lambda page: "step" in chosen(page),
    "ArrowUp": lambda page: page.locator(".chart[data-lifted]").count() > 0,
    "ArrowDown": lambda page: page.locator(".chart[data-lifted]").count() > 0,
    "f": lambda page: page.locator("dialog.full-chart").is_visible(),
    "p": lambda page: chosen(page).get("pin") == ["train/loss"],
    "0": lambda page: "zoom" not in chosen(page),
    "w": lambda page: chosen(page).get("wide") == ["train/loss"],
    "<": lambda page: slots(page) == ["train/loss", "train/acc"],
    ">": lambda page: slots(page) == ["train/acc", "train/loss"],  # it is the last one already
    "e": lambda page: page.locator("dialog.export").is_visible(),
    "j": lambda page: focus(page) == "train/loss",  # the last one
    "k": lambda page: focus(page) == "train/acc",
    "c": lambda page: page.locator("details.section[open]").count() == 0,
    "/": lambda page: 'type="search"' in focus(page) and "run" in focus(page).lower(),
    "[": lambda page: page.evaluate("document.documentElement.dataset.rail") == "folded",
    "v": lambda page: page.locator("#views").is_visible(),
    "?": lambda page: page.locator("#keys").is_visible(),
    "1": lambda page: "/scalars" in page.url,
    "2": lambda page: "/images" in page.url,
    "3": lambda page: "/graphs" in page.url or "/images" not in page.url,
    "m": lambda page: page.locator(".chart-menu").is_visible(),
    "r": lambda page: page.locator(".range-edge").count() > 0,
    "Esc": lambda page: "step" not in chosen(page),
    "Shift": lambda page: True,  # with the arrows
    "F2": lambda page: True,  # in the run list, whose own tests press it
}
NAMES = {"←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp", "↓": "ArrowDown"}
PRESSED = {"Esc": "Escape"}


def test_every_key_that_is_listed_does_what_it_says(page: Page, board_url: str) -> None:
    shown(page, board_url + "scalars")
    listed = page.locator("#keys kbd").evaluate_all("all => all.map((one) => one.textContent)")
    keys = {NAMES.get(key, key) for key in listed} | {"?"}
    unknown = keys - KEYS.keys() - {str(n) for n in range(1, 10)}
    assert not unknown, f"listed, but not under test: {unknown}"
    for key in sorted(keys & KEYS.keys() - {"Shift"}):
        if key == "1":
            shown(page, board_url + "images")
        else:
            shown(page, board_url + "scalars?zoom=2,9,,:train/loss" + ("&step=5" if key in ("Esc", "r") else ""))
            frame(page).focus()
        page.keyboard.press(PRESSED.get(key, key))
        wait_until(page, lambda key=key: KEYS[key](page), 5_000)  # type: ignore[misc]


def test_everything_can_be_reached_by_tab_and_shows_it(page: Page, board_url: str) -> None:
    shown(page, board_url + "scalars")
    seen: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => { const one = document.activeElement, style = getComputedStyle(one);
                const field = one.closest(".field"), look = field ? getComputedStyle(field) : style;
                const isSeen = style.outlineStyle !== "none" || look.boxShadow !== "none";
                if (one === document.body) return "NOTHING";
                return `${isSeen ? "" : "UNSEEN "}${one.getAttribute("aria-label") ?? one.textContent.trim()}`; }"""
            )
        )
        if any("train/loss" in one for one in seen) and any("Settings" in one for one in seen):
            break
    assert [one for one in seen if one.startswith("UNSEEN")] == []
    assert "NOTHING" not in seen, f"the focus is lost on the way: {seen}"
    rows = ("Show one", "About one", "Show only one")
    for name in (
        "Skip to the charts",
        "Scalars",
        "Links and named views",
        "Search runs",
        *rows,
        "Filter tags",
        "Settings",
    ):
        assert any(name in one for one in seen), f"{name} cannot be reached by Tab: {seen}"


def test_a_chart_is_told_in_words(page: Page, board_url: str) -> None:
    shown(page, board_url + "scalars?smooth=0")
    told = frame(page)
    expect(told).to_have_attribute("aria-label", re.compile("^train/loss, 3 runs, steps 0 to 29, 90 points, last "))
    summary = page.locator(f"#{told.get_attribute('aria-describedby')}")
    expect(summary).to_contain_text("one: first 1, last 0.03333, least 0.03333, greatest 1, falling.")


def test_at_two_hundred_per_cent_nothing_is_lost(browser: Browser, board_url: str, faults: Faults) -> None:
    context = browser.new_context(viewport={"width": 640, "height": 400}, device_scale_factor=2)  # 1280 x 800, doubled
    page = context.new_page()
    faults.watch(page)
    shown(page, board_url + "scalars")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640, "the page scrolls sideways"
    for name in ("Show the run list", "Links and named views", "Settings"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 640, f"{name} is cut off"
    context.close()


@pytest.mark.parametrize("address", ["scalars", "images", "text", "tensors", "meshes", "embeddings"])
def test_fingers_find_what_they_aim_at(browser: Browser, board_url: str, address: str) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 1200}, has_touch=True, is_mobile=True)
    page = shown(context.new_page(), board_url + address)
    small = page.evaluate(
        """(least) => {
            const kinds = "button, select, summary, input:not([type=checkbox], [type=range])";
            const around = "label, .field, .choice, .segments";
            const isThere = (one) => one.checkVisibility({ visibilityProperty: true }) &&
                !one.closest("[popover]:not(:popover-open)");
            const boxOf = (one) => (one.closest(around) ?? one).getBoundingClientRect();
            const found = [...document.querySelectorAll(kinds)].filter(isThere).map((one) => [one, boxOf(one)]);
            return found.filter(([, box]) => box.width && box.height < least - 0.5)
                .map(([one, box]) => `${(one.ariaLabel ?? one.textContent).trim()} ${Math.round(box.height)} px`);
        }""",
        SMALLEST_TARGET_PX,
    )
    assert small == []
    context.close()


def test_fingers_scroll_the_page_over_charts_and_pin_by_a_tap(browser: Browser, board_url: str) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 1200}, has_touch=True, is_mobile=True)
    page = shown(context.new_page(), board_url + "scalars")
    box = frame(page).bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 60)
    wait_until(page, lambda: "step" in chosen(page))
    context.close()


def test_nothing_moves_for_who_asks_for_that(page: Page, board_url: str) -> None:
    shown(page, board_url + "scalars")  # the context asks for reduced motion
    moving = page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length")
    assert moving == 0
    assert page.locator(".live-dot").evaluate("dot => getComputedStyle(dot).animationName") == "none"


def test_forced_colours_leave_runs_apart_and_the_focus_seen(browser: Browser, board_url: str) -> None:
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, forced_colors="active")
    page = shown(context.new_page(), board_url + "scalars?hide=two")
    chips = page.locator(".run-row .chip")
    colours = chips.evaluate_all("all => all.map((one) => getComputedStyle(one).borderTopColor)")
    assert len(set(colours)) == len(colours), "a chip is the run's colour, and that is what is asked"
    on = page.locator(".run-row .chip").evaluate_all("all => all.map((one) => getComputedStyle(one).backgroundColor)")
    assert on[0] != on[1], "a ticked run looks like one that is not"
    context.close()
