"""The text page in a real browser: what was logged is read, found, compared and followed, and nothing in it ever runs."""

import http.server
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.board.event_files import text, version, write
from tests.browser.conftest import BoardServer, Faults
from tests.browser.test_access import violations
from writer import SummaryWriter

pytestmark = pytest.mark.browser

CORPUS = Path(__file__).resolve().parent.parent / "corpus/logs"
NAME = "events.out.tfevents.1790000000.host"
HOSTILE = "</script><a href='https://evil.example/'>x</a>"
LIVE_LIMIT_MS = 10_000


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("texts")
    for run, rate in (("a/seed0", "0.1"), ("b/seed0", "0.3")):
        steps = [text("note", step, f"# step {step}\n\nrate **{rate}**\n\nsame\n") for step in range(0, 100, 10)]
        printed = [text("output/stdout", 2 * i, f"    \x1b[32mINFO\x1b[0m {i}\n      more {i}") for i in range(50)]
        write(logdir / run / NAME, version(), *steps, *printed)
    return logdir


def cell(page: Page, tag: str, run: str) -> Locator:
    """One run's texts of one tag."""
    tags = page.locator(".image-tag", has=page.get_by_role("heading", name=tag, exact=True))
    return tags.locator("figure", has=page.get_by_title(run, exact=True))


def rendered(figure: Locator) -> FrameLocator:
    return figure.frame_locator("iframe")


def test_markdown_is_rendered_at_the_step_of_the_slider(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "text")
    first = cell(page, "note", "a/seed0")
    expect(rendered(first).locator("h1")).to_have_text("step 90")
    expect(rendered(first).locator("strong")).to_have_text("0.1")
    expect(rendered(cell(page, "note", "b/seed0")).locator("strong")).to_have_text("0.3")
    page.get_by_label("Step of all texts of all runs").fill("2")
    expect(rendered(first).locator("h1")).to_have_text("step 20")
    expect(first.locator("figcaption")).to_contain_text("step 20")
    page.keyboard.press("ArrowRight")
    expect(rendered(first).locator("h1")).to_have_text("step 30")
    assert "step=30" in page.url
    page.get_by_role("button", name="Plain", exact=True).click()
    expect(first.locator("pre")).to_have_text("# step 30\n\nrate **0.1**\n\nsame\n", use_inner_text=False)
    page.reload()
    expect(first.locator("pre")).to_contain_text("# step 30")
    page.keyboard.press("m")
    expect(rendered(first).locator("h1")).to_have_text("step 30")


def test_the_frame_is_as_high_as_its_text_and_has_the_colours_of_the_page(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "text?theme=light")
    frame = cell(page, "note", "a/seed0").locator("iframe")
    expect(rendered(cell(page, "note", "a/seed0")).locator("h1")).to_be_visible()
    colour = "frame => getComputedStyle(frame.contentDocument.body).color"
    fits = "frame => frame.contentDocument.documentElement.scrollHeight <= frame.clientHeight + 1"
    wait_for(lambda: frame.evaluate(fits))
    light = frame.evaluate(colour)
    page.get_by_role("button", name="Light or dark").click()
    wait_for(lambda: frame.evaluate(colour) != light)


def wait_for(condition: object, limit_s: float = 10) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.05)


def test_captured_output_reads_as_a_log(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "text?tags=output")
    log = cell(page, "output/stdout", "a/seed0")
    expect(log.locator(".text-row").last).to_contain_text("INFO 49")  # the newest, at the end
    expect(log.locator(".text-row").last.locator("pre")).to_have_text("INFO 49\n  more 49", use_inner_text=False)
    expect(log.locator("[data-ansi='2']").last).to_have_text("INFO")
    assert log.locator(".text-row").count() < 50  # only what is in view
    expect(page.get_by_label("Step of all texts of all runs")).to_be_hidden()  # line numbers are no steps


def test_all_steps_newest_first_and_only_what_is_in_view_is_asked_for(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    write(tmp_path / "r" / NAME, version(), *(text("t", step, f"text {step}") for step in range(10_000)))
    asked: list[int] = []
    page.on(
        "request",
        lambda request: asked.append(len(request.post_data_json["texts"])) if request.url.endswith("/texts") else None,
    )
    page.goto(board_server(tmp_path) + "text?view=all")
    rows = cell(page, "t", "r").locator(".text-row")
    expect(rows.first).to_contain_text("step 9 999".replace(" ", "\u202f").replace("step\u202f", "step "))
    expect(rendered(rows.first).locator("p")).to_have_text("text 9999")
    listed = page.get_by_label("All steps of t of r")
    listed.evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
    expect(rows.first).to_contain_text("step 5")
    listed.focus()
    page.keyboard.press("End")
    expect(rendered(rows.last).locator("p")).to_have_text("text 0")
    expect(rows.last).to_have_attribute("aria-posinset", "10000")
    assert rows.count() < 60
    assert sum(asked) < 300, "the whole series was asked for"
    rows.last.get_by_role("button", name="step 0").click()
    assert "step=0" in page.url


def test_texts_are_found_in_all_steps_and_gone_to(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "text")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("f")
    page.keyboard.type("step 4")
    hits = page.get_by_label("Where it was found").locator("li")
    expect(hits).to_have_count(2)
    expect(hits.first.locator("mark")).to_have_text("step 4")
    page.keyboard.press("Enter")
    first = cell(page, "note", "a/seed0")
    expect(rendered(first).locator("h1")).to_have_text("step 40")
    expect(rendered(first).locator("mark")).to_have_text("step 4")
    page.get_by_role("button", name="Regular expression").click()
    page.get_by_label("Find in all texts of all steps").fill("INFO 4[23]$")
    expect(hits).to_have_count(0)
    page.get_by_label("Find in all texts of all steps").fill("INFO\\S* 4[23]")
    expect(hits).to_have_count(4)
    page.reload()
    expect(hits).to_have_count(4)
    hits.first.get_by_role("button").click()
    expect(cell(page, "output/stdout", "a/seed0").locator(".text-row", has_text="INFO 43").first).to_be_in_viewport()
    page.get_by_label("Find in all texts of all steps").fill("(")
    expect(page.get_by_role("status").filter(has_text="Not a regex")).to_be_visible()


def test_steps_and_runs_are_compared_line_by_line(board_server: BoardServer, page: Page, two_runs: Path) -> None:
    page.goto(board_server(two_runs) + "text?tags=note")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("d")
    first, second = cell(page, "note", "a/seed0"), cell(page, "note", "b/seed0")
    expect(first.locator("del")).to_have_text("80")
    expect(first.locator("ins")).to_have_text("90")
    expect(first.locator("figcaption")).to_contain_text("+1 −1 lines, from step 80")
    page.get_by_label("from").select_option("run:a/seed0")
    expect(first).to_contain_text("The others are compared with this one.")
    expect(second.locator("ins")).to_have_text("3")
    expect(second.get_by_role("button", name="equal lines")).to_have_count(0)
    page.get_by_label("from").select_option("first")
    expect(second.locator("figcaption")).to_contain_text("from step 0")
    page.reload()
    expect(second.locator("figcaption")).to_contain_text("from step 0")
    page.get_by_label("Step of all texts of all runs").fill("0")
    expect(second).to_contain_text("Equal to step 0.")


def test_a_long_text_is_cut_and_shown_whole_when_asked(board_server: BoardServer, page: Page, tmp_path: Path) -> None:
    long = "".join(f"line {i} of a long text\n" for i in range(40_000)) + "the end"
    write(tmp_path / "r" / NAME, version(), text("t", 1, long))
    page.goto(board_server(tmp_path) + "text?as=plain")
    figure = cell(page, "t", "r")
    expect(figure).to_contain_text("line 2000 of")
    assert figure.inner_text().count("\n") < 5_000
    figure.get_by_role("button", name="Show all").click()
    dialog = page.get_by_role("dialog", name="One text, whole")
    wait_for(lambda: dialog.locator("pre").evaluate("pre => pre.textContent.endsWith('the end')"))
    assert dialog.locator("pre").evaluate("pre => pre.textContent.length") == len(long)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    with page.expect_download() as started:
        figure.hover()
        figure.get_by_label("Download t of r").click()
    assert started.value.path().read_text() == long


def test_a_new_text_appears_without_a_reload_and_nothing_flickers(
    board_server: BoardServer, page: Page, tmp_path: Path
) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_text(HOSTILE, "first", 1)
        writer.flush()
        page.goto(board_server(tmp_path) + "text")
        figure = page.locator(".text-cell")
        expect(rendered(figure).locator("p")).to_have_text("first")
        expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
        frame = figure.locator("iframe").element_handle()
        writer.add_text(HOSTILE, "second", 2)
        writer.flush()
        expect(rendered(figure).locator("p")).to_have_text("second", timeout=LIVE_LIMIT_MS)
        frame.evaluate("frame => { frame.contentDocument.wasThere = true; }")
        writer.add_text("a/new", "tag", 2)
        writer.flush()
        expect(page.get_by_role("heading", name="a/new/text_summary")).to_be_visible(timeout=LIVE_LIMIT_MS)
        assert frame.evaluate("frame => frame.contentDocument.wasThere"), "the frame was loaded anew"
        figure = cell(page, f"{HOSTILE}/text_summary", "run")
        page.get_by_role("button", name="All steps").click()
        expect(figure.locator(".text-row")).to_have_count(2)
        writer.add_text(HOSTILE, "third", 3)
        writer.flush()
        expect(rendered(figure.locator(".text-row").first).locator("p")).to_have_text("third", timeout=LIVE_LIMIT_MS)
    assert page.locator("main a[href^=http]").count() == 0


def test_the_back_button_gives_back_step_and_way_of_showing(
    board_server: BoardServer, page: Page, two_runs: Path
) -> None:
    page.goto(board_server(two_runs) + "text?step=20&tags=note")
    first = cell(page, "note", "a/seed0")
    expect(rendered(first).locator("h1")).to_have_text("step 20")
    page.evaluate("history.pushState({}, '', '?step=50&as=plain&tags=note&find=rate')")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(first.locator("pre")).to_contain_text("# step 50")
    expect(page.get_by_label("Find in all texts of all steps")).to_have_value("rate")
    page.go_back()
    expect(rendered(first).locator("h1")).to_have_text("step 20")
    expect(page.get_by_label("Find in all texts of all steps")).to_have_value("")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(board_server: BoardServer, page: Page, two_runs: Path, theme: str) -> None:
    address = board_server(two_runs) + f"text?theme={theme}"
    for choice in ("&view=all&find=rate", "&view=diff"):
        page.goto(address + choice)
        expect(cell(page, "note", "a/seed0").locator("iframe, pre, table").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], choice


@pytest.mark.parametrize("choice", ["", "&as=plain", "&view=all"])
def test_texts_of_every_writer_open(board_server: BoardServer, page: Page, choice: str) -> None:
    page.goto(board_server(CORPUS) + f"text?tags=text{choice}")
    for run in ("torch/run_a", "tensorboardx/run_x"):
        figure = cell(page, "text/text_summary", run)
        figure.scroll_into_view_if_needed()
        if choice == "&as=plain":
            expect(figure.locator("pre")).to_contain_text("<img src=x onerror=alert(1)>")
        else:
            expect(rendered(figure).first.locator("td").last).to_have_text("<img src=x onerror=alert(1)>")


class Canary(http.server.BaseHTTPRequestHandler):
    """Whatever reaches it has left the page."""

    sung: list[str]

    def do_GET(self) -> None:
        """Sing."""
        self.sung.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_HEAD = do_GET  # noqa: N815 - the names of http.server

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server that nobody may ask, and who has."""
    sung: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Canary,), {"sung": sung}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", sung
    server.shutdown()
    server.server_close()


def hostile_texts(url: str) -> list[str]:
    """What a log could say to get out of its frame; all of it asks the canary or calls ``alert``."""
    return [
        f"<script>fetch('{url}/script')</script>",
        f"<img src='{url}/img' onerror=alert(1)>",
        f"<svg onload=alert(1)><image href='{url}/svg'/></svg>",
        f"![beacon]({url}/markdown-image)",
        f"[![b]({url}/badge)]({url}/nothing)",
        f"![x][r]\n\n[r]: {url}/reference",
        "[press](javascript:alert(1)) [press](data:text/html,<script>alert(1)</script>)",
        f"<style>@import url({url}/css); body {{ background: url({url}/bg) }}</style>",
        f"<link rel=stylesheet href={url}/link><link rel=prefetch href={url}/prefetch>",
        f"<meta http-equiv=refresh content='0;url={url}/meta'>",
        f"<iframe src={url}/iframe></iframe><object data={url}/object></object><embed src={url}/embed>",
        f"<form action={url}/form><button autofocus onfocus=alert(1)>x</button></form>",
        f"<base href={url}/><a href=x ping={url}/ping>x</a>",
        f"<video poster={url}/poster src={url}/video autoplay></video><audio src={url}/audio autoplay>",
        "</body></html><script>alert(1)</script>",
        "]]><!--<script>alert(1)//-->",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "> " * 20_000,
        "- " * 20_000,
        "|a" * 2_000 + "\n" + "|-" * 2_000 + "\n" + "|1\n" * 2_000,
        "[" * 60_000,
        "\x00\x1b]0;title\x07\u202e\ud7ff \u2066 \ufeff",
        "`" * 65_536,
    ]


# What stands in the frames and should not, from the page's side: a frame may go while one looks into it.
ESCAPED = """() => {
  const foreign = "script, iframe, object, embed, link, meta[http-equiv=refresh], form, img, svg, base, video, audio";
  return [...document.querySelectorAll("iframe")].flatMap(({ contentDocument }) => [...contentDocument.body.querySelectorAll("*")])
    .filter((one) => one.matches(foreign) || one.getAttributeNames().some((name) => name.startsWith("on"))
      || (one.matches("a[href]") && !/^(https?|mailto):/.test(one.getAttribute("href"))))
    .map((one) => one.outerHTML);
}"""


@pytest.mark.parametrize("choice", ["", "&as=plain", "&view=all", "&view=diff", "&find=alert"])
def test_nothing_that_a_log_says_ever_runs_or_leaves(
    board_server: BoardServer, page: Page, faults: Faults, tmp_path: Path, canary: tuple[str, list[str]], choice: str
) -> None:
    url, sung = canary
    texts = hostile_texts(url)
    steps = [text("hostile", step, one) for step, one in enumerate(texts)]
    tags = [text(f"{i:02d} {one[:200]}", 1, one) for i, one in enumerate(texts[:17])]
    output = [text("output/stdout", 0, "    " + "\x1b[31m".join(texts[:17]))]
    write(tmp_path / "<img src=x onerror=alert(1)>" / NAME, version(), *steps, *tags, *output)
    page.on("request", lambda request: sung.append(request.url) if request.url.startswith(url) else None)
    page.goto(board_server(tmp_path) + f"text?layout=rows{choice}")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".text-cell").first).to_be_visible()
    slider = page.get_by_label("Step of all texts of all runs")
    for step in range(len(texts)):
        slider.fill(str(step))
    for heading in page.locator(".image-tag").all()[::4]:
        heading.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(ESCAPED) == []
    assert re.search(r"/text\?", page.url), "the page was led elsewhere"
    assert sung == []
    assert list(faults) == []


def test_a_frame_would_run_nothing_even_if_it_held_a_script(
    board_server: BoardServer, page: Page, faults: Faults, two_runs: Path
) -> None:
    """The frame is a wall of its own: this puts a script and a handler behind it, which the server never would."""
    page.goto(board_server(two_runs) + "text?tags=note")
    frame = cell(page, "note", "a/seed0").locator("iframe")
    expect(rendered(cell(page, "note", "a/seed0")).locator("h1")).to_be_visible()
    sandbox = (frame.get_attribute("sandbox") or "").split()
    assert "allow-scripts" not in sandbox
    assert {"allow-forms", "allow-top-navigation", "allow-modals", "allow-downloads"}.isdisjoint(sandbox)
    frame.evaluate(
        """(frame) => {
          const inside = frame.contentDocument, script = inside.createElement("script"), image = inside.createElement("img");
          script.textContent = "parent.wasRun = true";
          image.setAttribute("onerror", "parent.wasRun = true");
          image.setAttribute("src", "data:,x");
          inside.body.append(script, image);
        }"""
    )
    page.wait_for_timeout(300)  # nothing can be waited for: it must not happen
    assert page.evaluate("window.wasRun") is None
    faults.expect("sandboxed|CSP|Content Security Policy")
