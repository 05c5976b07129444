"""The run list in a real browser: queries, choosing many, groups, colours, what was noticed, and very many runs."""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.board.logged import append_events, scalar
from tests.browser.conftest import BoardProcess

pytestmark = pytest.mark.browser

STEPS = 400
MANY = 700


def write_run(folder: Path, at: int, *, points: int = STEPS) -> None:
    """One run of a small sweep: the loss of the second diverges, the accuracy of the third has a NaN."""
    rng = np.random.default_rng(abs(at))
    loss = 0.2 + 2 * np.exp(-np.arange(points) / 60) + 0.02 * rng.normal(size=points)
    if at == 1:
        loss[points // 2 :] += 20
    accuracy = [math.nan if at == 2 and i == 50 else 0.5 + at / 100 for i in range(points)]
    start = 1.7e9 + 1000 * at
    events = [scalar("train/loss", i, float(loss[i]), start + i) for i in range(points)]
    events += [scalar("val/acc", i, accuracy[i], start + i) for i in range(points)]
    append_events(folder, events, f"events.out.tfevents.{int(start)}.h")
    config = {"lr": 10.0 ** -(1 + at % 4), "optim": {"name": "adam" if at % 2 else "sgd"}, "seed": at}
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardProcess]:
    logdir = tmp_path_factory.mktemp("sweep")
    for at in range(8):
        write_run(logdir / f"{'ab'[at // 4]}/seed{at}", at)
    board = BoardProcess(logdir, "--state", str(tmp_path_factory.mktemp("state") / "kept.sqlite"))
    yield board
    board.stop()


def opened(page: Page, board: BoardProcess, query: str = "") -> Page:
    page.goto(f"{board.url}scalars{query}")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".run-row").first).to_be_visible()
    return page


def names(page: Page) -> list[str]:
    found: list[str] = page.locator(".run-row[data-name]").evaluate_all("rows => rows.map((row) => row.dataset.name)")
    return found


def ticked(page: Page) -> str:
    rows = page.locator(".run-row[data-name]:has(:checked)")
    found: list[str] = rows.evaluate_all("rows => rows.map((row) => row.dataset.name.slice(-1))")
    return "".join(found)


def chosen(page: Page, key: str) -> str | None:
    found = parse_qs(urlsplit(page.url).query, keep_blank_values=True).get(key)
    return found[0] if found else None


def search(page: Page) -> Locator:
    return page.locator(".run-list input[type=search]")


def test_a_query_narrows_the_list_and_the_charts(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep)
    expect(page.locator(".run-row[data-name]")).to_have_count(8)
    search(page).fill("lr < 0.05 and optim.name = adam")
    expect(page.locator(".run-row[data-name]")).to_have_count(4)
    assert names(page) == ["a/seed1", "a/seed3", "b/seed5", "b/seed7"]
    assert chosen(page, "query") == "lr < 0.05 and optim.name = adam"
    expect(page.locator("figure.chart .chart-note").first).to_contain_text("4 runs")
    page.reload()
    expect(page.locator(".run-row[data-name]")).to_have_count(4)
    search(page).fill("lr <")
    expect(page.locator(".run-search-said")).to_have_text("expected a value after <, column 5")
    expect(search(page)).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".run-row[data-name]")).to_have_count(4)  # what matched last
    search(page).fill("nothing = 1")
    expect(page.locator(".run-list-empty")).to_contain_text("No run matches")
    expect(page.locator(".run-search-said")).to_have_text("no run has nothing")
    search(page).fill("seed[12]$")
    expect(page.locator(".run-row[data-name]")).to_have_count(2)
    search(page).press("Escape")
    search(page).press("Escape")
    expect(page.locator(".run-row[data-name]")).to_have_count(8)
    assert chosen(page, "query") is None


def test_what_can_be_typed_is_offered(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep)
    search(page).press_sequentially("opt")
    option = page.locator(".run-list [role=option]")
    expect(option).to_have_count(1)
    search(page).press("ArrowDown")
    search(page).press("Enter")
    expect(search(page)).to_have_value("optim.name ")
    search(page).press_sequentially("= ")
    expect(option).to_have_count(2)
    option.filter(has_text="sgd").click()
    expect(search(page)).to_have_value("optim.name = sgd ")
    expect(page.locator(".run-row[data-name]")).to_have_count(4)


def test_many_are_chosen_at_once(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep)
    menu = page.locator("[popovertarget=run-choose]")

    def choose(what: str) -> None:
        menu.click()
        page.locator(f"[data-choose={what}]").click()
        page.keyboard.press("Escape")

    choose("none")
    expect(page.locator(".run-row[data-name] :checked")).to_have_count(0)
    page.locator('.run-row[data-name="a/seed1"] .chip').click()
    page.locator('.run-row[data-name="b/seed5"] .chip').click(modifiers=["Shift"])
    expect(page.locator(".run-row[data-name] :checked")).to_have_count(5)
    assert ticked(page) == "12345"
    choose("invert")
    assert ticked(page) == "067"
    search(page).fill("seed7")
    expect(page.locator(".run-row[data-name]")).to_have_count(1)
    choose("found")
    search(page).fill("")
    expect(page.locator(".run-row[data-name]")).to_have_count(8)
    assert ticked(page) == "7"
    choose("all")
    assert ticked(page) == "01234567"
    page.locator('.run-row[data-name="a/seed1"]').dblclick()
    assert ticked(page) == "1"


def test_groups_by_regex_folder_and_hyper_parameter(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep)
    page.locator("[data-choice=group]").select_option("hparam:optim.name")
    heads = page.locator(".run-group .run-name-tail")
    expect(heads).to_have_text([re.compile("name = adam"), re.compile("name = sgd")])
    assert chosen(page, "group") == "hparam:optim.name"
    expect(page.locator(".run-row[data-name]")).to_have_count(8)
    page.locator(".run-group .run-fold").first.click()
    expect(page.locator(".run-row[data-name]")).to_have_count(4)
    assert chosen(page, "shut") == "adam"
    page.locator('.run-row[data-group="adam"] .chip').click()
    expect(page.locator(".run-row[data-name]:has(:checked)")).to_have_count(4)
    page.reload()
    expect(page.locator(".run-row[data-name]")).to_have_count(4)
    page.locator("[data-choice=group]").select_option("regex:")
    page.locator(".run-pattern input").fill("^(.)/")
    page.locator(".run-pattern input").press("Enter")
    expect(heads).to_have_text(["a", "b"])
    colours = page.locator(".run-row[data-name] .chip").evaluate_all(
        "chips => [...new Set(chips.map((chip) => chip.style.getPropertyValue('--run')))]"
    )
    assert colours == ["var(--run-0)", "var(--run-1)"]
    page.locator(".run-pattern input").fill("(")
    page.locator(".run-pattern input").press("Enter")
    expect(page.locator(".run-list-foot .notice")).to_contain_text("no regular expression")


def test_colour_by_a_number_has_a_key(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep, "?colour=hparam:lr")
    key = page.locator(".lr-key")
    expect(key).to_have_attribute("aria-label", re.compile("Colour is lr, from 1.*to 0.1"))
    chip = page.locator('.run-row[data-name="a/seed0"] .chip')
    assert chip.evaluate("chip => chip.style.getPropertyValue('--run')") == "var(--seq-7)"


def test_what_was_noticed_has_a_badge_and_a_switch(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep)
    badges = page.locator(".run-row .badge:visible")
    expect(badges).to_have_text(["diverged", "NaN"])
    assert "more than half of the way back up" in (badges.first.get_attribute("title") or "")
    page.locator(".run-rules summary").click()
    page.locator('input[data-rule="divergence"]').uncheck()
    expect(badges).to_have_text(["NaN"])
    assert chosen(page, "rules") == "divergence"
    page.reload()
    expect(badges).to_have_text(["NaN"])


def test_sorting_by_name_state_and_scalar(page: Page, sweep: BoardProcess) -> None:
    opened(page, sweep, "?metric=val/acc")
    expect(page.locator('.run-row[data-name="a/seed3"] .number')).to_have_text("0.5300")
    page.locator("[data-sort=metric]").click()
    expect(page.locator(".run-row[data-name]").first).to_have_attribute("data-name", "b/seed7")
    page.locator("[data-sort=metric]").click()
    assert chosen(page, "sort") == "-metric"
    expect(page.locator(".run-row[data-name]").first).to_have_attribute("data-name", "a/seed0")
    page.locator("[data-choice=of]").select_option("best")
    assert chosen(page, "of") == "best"


def test_colours_outlive_a_restart_and_a_person_has_the_last_word(
    page: Page, tmp_path: Path, board_process: Callable[..., BoardProcess]
) -> None:
    for at in range(3):
        write_run(tmp_path / f"logs/seed{at}", at, points=20)
    state = str(tmp_path / "state.sqlite")
    board = board_process(tmp_path / "logs", "--state", state)

    def colours() -> dict[str, str]:
        found: dict[str, str] = page.locator(".run-row[data-name]").evaluate_all(
            "rows => Object.fromEntries(rows.map((row) =>"
            " [row.dataset.name, row.querySelector('.chip').style.getPropertyValue('--run')]))"
        )
        return found

    opened(page, board)
    expect(page.locator(".run-row[data-name]")).to_have_count(3)
    first = colours()
    assert sorted(first.values()) == [f"var(--run-{k})" for k in range(3)]
    page.locator('.run-row[data-name="seed1"]').hover()
    page.locator('.run-row[data-name="seed1"] .run-more').click()
    page.locator(".run-swatch").nth(7).click()
    chip = page.locator('.run-row[data-name="seed1"] .chip')
    expect(chip).to_have_attribute("style", re.compile("--run-7"))
    page.goto("about:blank")
    board.stop()
    write_run(tmp_path / "logs/0-earlier", -5, points=20)
    opened(page, board_process(tmp_path / "logs", "--state", state))
    expect(page.locator(".run-row[data-name]")).to_have_count(4)
    assert colours() == {**first, "seed1": "var(--run-7)", "0-earlier": "var(--run-3)"}


def test_of_very_many_runs_few_rows_exist_and_the_newest_are_ticked(
    page: Page, tmp_path: Path, board_process: Callable[..., BoardProcess]
) -> None:
    for at in range(MANY):
        events = [scalar("loss", step, 1.0 + at, 1.7e9 + at + step) for step in range(2)]
        append_events(tmp_path / f"run{at:04d}", events, f"events.out.tfevents.{1_700_000_000 + at}.h")
    opened(page, board_process(tmp_path), "?colour=run")
    expect(page.locator("[data-slot=count]")).to_have_text(f"200 of {MANY}")
    expect(page.locator(".run-list-foot")).to_contain_text(f"Newest 200 of {MANY} ticked")
    assert page.locator(".run-row[data-name]").count() < 100
    rows = page.locator(".run-rows")
    page.locator('.run-row[data-name="run0000"] .chip').focus()
    page.keyboard.press("End")
    expect(page.locator(f'.run-row[data-name="run{MANY - 1:04d}"] .chip')).to_be_focused()
    expect(page.locator(f'.run-row[data-name="run{MANY - 1:04d}"] .chip')).to_be_checked()
    assert page.locator(".run-row[data-name]").count() < 100
    rows.evaluate("list => { list.scrollTop = list.scrollHeight / 2; }")
    expect(page.locator('.run-row[data-name="run0350"]')).to_be_visible()
    expect(page.locator('li:has(> [data-name="run0350"])')).to_have_attribute("aria-setsize", str(MANY))
    search(page).fill("max(loss) > 698 and name ~ 9$")
    expect(page.locator(".run-row[data-name]")).to_have_count(1)
    search(page).fill("")
    page.locator(".run-all").click()
    expect(page.locator("[data-slot=count]")).to_have_text(str(MANY))
    assert chosen(page, "hide") == ""
