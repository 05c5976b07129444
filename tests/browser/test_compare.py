"""The compare page in a real browser: in words, in numbers, in curves, pictures and graphs; live; by keys; by its address."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.board.logged import append_events, scalar
from tests.browser.conftest import BoardProcess

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
MNIST = "compare?show=mnist/cnn/seed0,14~.1,14~.2,mnist/softmax/seed0,18~.1,18~.2"
HOSTILE = "<img src=x onerror=alert(1)>&amp;"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardProcess]:
    board = BoardProcess(SAMPLES, "--state", str(tmp_path_factory.mktemp("state") / "kept.sqlite"))
    yield board
    board.stop()


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    return page


def chosen(page: Page, key: str) -> str | None:
    found = parse_qs(urlsplit(page.url).query, keep_blank_values=True).get(key)
    return found[0] if found else None


def write(
    run: Path, tag: str, values: list[float], config: dict[str, object] | None = None, start: float = 1.7e9
) -> None:
    append_events(run, [scalar(tag, i, value, start + i) for i, value in enumerate(values)])
    if config is not None:
        (run / "config.json").write_text(json.dumps(config))


def headline(page: Page) -> str:
    expect(page.locator(".verdict h2")).to_be_visible()
    return page.locator(".verdict h2").inner_text()


def test_the_sample_logs_say_which_is_better_by_how_much_and_why(page: Page, samples: BoardProcess) -> None:
    opened(page, samples.url + MNIST)
    assert headline(page) == "cnn is better than softmax: accuracy/test 0.9633 against 0.8993, +0.0640."
    expect(page.locator(".verdict")).to_contain_text("interval of the difference, +0.0580 to +0.0700, leaves out zero")
    expect(page.locator(".verdict")).to_contain_text(
        "By its graph softmax has 7.85\u202fk parameters, cnn has 3.27\u202fM."
    )
    expect(page.locator(".compare-head strong")).to_have_text(["softmax", "cnn"])
    row = page.locator('.metric-line[data-tag="accuracy/test"]')
    expect(row).to_contain_text("+0.0640 better")
    expect(row.locator(".metric-delta")).to_have_attribute("data-kind", "better")
    row.get_by_role("button").click()
    expect(page.locator(".metric-more")).to_have_count(2)
    expect(page.locator(".metric-more").last).to_contain_text("mean over steps 0 to 999")
    expect(page.locator(".compare-curves figure.chart .scatterlayer").first).to_be_attached()
    page.locator('[data-part="images"]').scroll_into_view_if_needed()
    expect(page.locator(".compare-difference canvas").first).to_be_visible()
    expect(page.locator(".compare-difference .image-note").nth(1)).to_contain_text("MAE")
    page.locator('[data-part="graphs"]').scroll_into_view_if_needed()
    link = page.locator(".compare-graphs a")
    expect(link).to_have_text("3 added, 1 removed, 2 changed")
    expect(page.locator('[data-part="facts"]')).to_contain_text("steps a second")
    link.click()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator('[data-module="graphs"]')).to_have_attribute("data-sides", "merged")


def test_every_choice_is_in_the_address(page: Page, samples: BoardProcess) -> None:
    opened(page, samples.url + MNIST)
    headline(page)
    page.locator("[data-choice=baseline]").select_option(label="cnn")
    expect(page.locator(".verdict h2")).to_contain_text("softmax is worse than cnn")
    page.locator("[data-choice=judge]").select_option("cross_entropy/test")
    page.locator("[data-choice=at]").select_option("last")
    expect(page.locator(".verdict h2")).to_contain_text("cross_entropy/test")
    expect(page.locator(".verdict")).to_contain_text("last value of each")
    page.get_by_role("button", name="Seeds apart").click()
    expect(page.locator(".compare-head strong")).to_have_count(6)
    expect(page.locator(".verdict h2")).to_contain_text("chance cannot be told")
    url, said = page.url, headline(page)
    other = page.context.new_page()
    opened(other, url)
    expect(other.locator(".verdict h2")).to_have_text(said)
    expect(other.locator(".compare-head strong")).to_have_count(6)
    other.keyboard.press("b")
    expect(other.locator(".verdict h2")).not_to_have_text(said)
    other.close()


def test_compare_is_a_press_away_from_any_page(page: Page, samples: BoardProcess) -> None:
    opened(page, samples.url + "images?show=mnist/cnn/seed0")
    button = page.get_by_role("button", name="Compare", exact=True)
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", "Tick two runs or more to compare them")
    button.click(force=True)
    assert "/images" in page.url
    page.get_by_label("Show mnist/softmax/seed0").check()
    page.get_by_role("button", name="Compare 2 runs").click()
    page.wait_for_selector("html[data-ready]")
    assert "reaches 0.9600 accuracy/test" in headline(page)
    assert chosen(page, "show") == "mnist/cnn/seed0,6~.softmax/seed0"
    expect(page.get_by_role("button", name=re.compile("^Compare"))).to_have_count(0)
    page.keyboard.press("[")  # the list is the chooser here too
    page.get_by_label("Show mnist/cnn/seed1").check()
    expect(page.locator(".compare-head")).to_contain_text("2 seeds")
    page.get_by_label("Show mnist/cnn/seed0").uncheck()
    page.get_by_label("Show mnist/cnn/seed1").uncheck()
    expect(page.locator(".empty-note")).to_contain_text("One run alone cannot be compared")


def test_settings_texts_and_runs_that_lack_something(
    page: Page, tmp_path: Path, board_server: Callable[..., str]
) -> None:
    prompt = "\n".join(f"line {i}" for i in range(30))
    for seed in range(2):
        config = {"lr": 0.1, "prompt": prompt, "name": HOSTILE, "seed": seed}
        write(tmp_path / f"a/seed{seed}", "val/acc", [0.1, 0.5 + seed / 50], config)
        config = {**config, "lr": 0.2, "prompt": prompt.replace("line 9", HOSTILE)}
        write(tmp_path / f"b/seed{seed}", "val/acc", [0.1, float("nan") if seed else 0.7], config, 1.8e9)
    write(tmp_path / HOSTILE, HOSTILE, [1.0, 2.0], None, 1.9e9)
    opened(page, board_server(tmp_path) + "compare?baseline=a/seed0")
    expect(page.locator(".verdict")).to_contain_text("1 of 2 seeds of b ends in val/acc that is not a number.")
    expect(page.locator(".verdict")).to_contain_text(f"{HOSTILE} has no val/acc to compare.")
    expect(page.locator(".compare-head strong")).to_have_text(["a", HOSTILE, "b"])
    differing = page.locator('[data-part="settings"] .compare-line')
    expect(differing.first).to_contain_text("lr")
    page.get_by_role("button", name="difference").first.click()
    expect(page.locator('.text-diff [data-kind="added"]').first).to_contain_text(HOSTILE)
    expect(page.locator(".metric-flag")).to_have_count(0)  # of the best none is NaN
    page.locator("[data-choice=at]").select_option("last")
    expect(page.locator(".metric-flag").first).to_have_text("1 of 2 not finite")


def test_nothing_shared_too_many_and_none(page: Page, tmp_path: Path, board_server: Callable[..., str]) -> None:
    for i in range(9):
        write(tmp_path / f"r{i}", f"tag{i}", [1.0, 2.0], {"lr": i}, 1.7e9 + 100 * i)
    url = board_server(tmp_path)
    opened(page, url + "compare")
    expect(page.locator(".empty-note")).to_contain_text("these runs make 9 columns")
    opened(page, url + "compare?show=r0,r1")
    assert headline(page) == "These runs share no scalar, so no number says which is better."
    expect(page.locator(".verdict")).to_contain_text("They differ in lr (0, 1).")
    opened(page, url + "compare?show=r0,r1,r2,r3,r4,r5,r6,r7")
    expect(page.locator(".compare-head strong")).to_have_count(8)
    opened(page, url + "compare?show=")
    expect(page.locator(".empty-note")).to_contain_text("No run is ticked")


def test_a_run_that_grows_is_followed(page: Page, tmp_path: Path, board_server: Callable[..., str]) -> None:
    write(tmp_path / "a", "acc", [0.1, 0.5])
    write(tmp_path / "b", "acc", [0.1, 0.6], None, 1.8e9)
    opened(page, board_server(tmp_path) + "compare?show=a,b")
    assert headline(page).startswith("b reaches 0.6000 acc")
    append_events(tmp_path / "b", [scalar("acc", 5, 0.9, 1.8e9 + 9)])
    expect(page.locator(".verdict h2")).to_contain_text("b reaches 0.9000 acc")
    expect(page.locator('.metric-line[data-tag="acc"]')).to_contain_text("0.9000")
    expect(page.locator(".verdict")).to_contain_text("Still writing, so only so far")


def test_a_comparison_leaves_the_page(page: Page, samples: BoardProcess) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, samples.url + MNIST)
    expect(page.locator('.metric-line[data-tag="accuracy/test"]')).to_be_visible()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator("#compare-export [role=status]")).to_have_text("Copied.")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("**cnn is better than softmax")
    assert "| accuracy/test (best) | 0.8993 ± 0.00153 | 0.9633 (+0.0640 [+0.0580, +0.0700] better) |" in text
    with page.expect_download() as download:
        page.get_by_role("button", name="Metrics as CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[2].startswith("accuracy/test,best,mnist/cnn,3,3,0.96333330")
