"""The graphs page in a real browser, on graphs that our writer, torch's, TensorFlow's and a generator wrote."""

import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tests.board.graphs.big_graph import big_graph
from tests.browser.conftest import BoardServer
from writer import SummaryWriter

pytestmark = pytest.mark.browser

CORPUS = Path(__file__).parents[1] / "corpus" / "logs"
HOSTILE = ["a<b>c<", '<a href="https:', "&lt;b&gt;", "<img src=x onerror=alert(1)>", "lr<0.1"]
LIVE_LIMIT_MS = 10_000  # generous: other tests share the machine
BIG_LIMIT_MS = 20_000


class Layer(torch.nn.Module):
    """One of several equal blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(16)
        self.up = torch.nn.Linear(16, 32)
        self.down = torch.nn.Linear(32, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(torch.relu(self.up(self.norm(x))))


class Net(torch.nn.Module):
    """An embedding, five layers, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(100, 16)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(5))
        self.head = torch.nn.Linear(16, 100)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x)
        out: torch.Tensor = self.head(x)
        return out


def write_net(folder: Path) -> None:
    with SummaryWriter(folder) as writer:
        writer.add_graph(Net(), torch.zeros(2, 8, dtype=torch.int64))


def write_graph_def(folder: Path, graph_def: bytes) -> None:
    writer = EventFileWriter(str(folder))
    writer.add_event(Event(wall_time=1.0, graph_def=graph_def))
    writer.close()


@pytest.fixture(scope="module")
def net_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("net")
    write_net(logdir / "net")
    return logdir


@pytest.fixture
def corpus_logs(tmp_path: Path) -> Path:
    for name in ("tf1/mnist_softmax", "torch/run_a", "keras/train", "tf2_trace"):
        shutil.copytree(CORPUS / name, tmp_path / name)
    return tmp_path


def shown(page: Page, address: str) -> None:
    """Open a page and wait for its graph."""
    page.goto(address)
    expect(page.locator(".graph-page")).to_have_attribute("data-state", "shown")


def row(page: Page, name: str) -> Locator:
    """The row of the list whose title is the name."""
    return page.locator(".cost-row", has=page.locator("b", has_text=name)).filter(
        has=page.get_by_text(name, exact=True)
    )


def names(page: Page) -> list[str]:
    return page.locator(".cost-row b").all_inner_texts()


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def colours(page: Page) -> int:
    """How many different colours the drawing has."""
    count: int = page.locator(".graph-canvas[data-side=after] > canvas").evaluate(
        """async (canvas) => { await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size; }"""
    )
    return count


def selected_place(page: Page) -> tuple[float, float]:
    """Where the chosen box is drawn, in the page: the middle of the first long line in the colour of the choice."""
    colours(page)  # waits for a frame
    at = page.locator(".graph-canvas[data-side=after] > canvas").evaluate(
        """(canvas) => {
        const accent = getComputedStyle(document.documentElement).getPropertyValue("--color-accent").trim();
        const wanted = [1, 3, 5].map((i) => parseInt(accent.slice(i, i + 2), 16));
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let y = 0; y < canvas.height; y++) for (let x = 0, run = 0; x < canvas.width; x++) {
            const i = 4 * (y * canvas.width + x);
            run = wanted.every((c, k) => Math.abs(data[i + k] - c) < 40) ? run + 1 : 0;
            if (run >= 40) return { x, y };
        }
        return null; }"""
    )
    assert at is not None, "nothing is marked as chosen"
    box = page.locator(".graph-canvas[data-side=after] > canvas").bounding_box()
    assert box is not None
    return box["x"] + at["x"], box["y"] + at["y"] + 12


def test_a_graph_opens_on_its_top_level_with_what_it_costs(
    page: Page, board_server: BoardServer, net_logs: Path
) -> None:
    shown(page, board_server(net_logs) + "graphs")
    assert names(page) == ["tokens", "Net", "embed", "layers", "head", "output"]
    params = sum(parameter.numel() for parameter in Net().parameters())
    macs = 2 * 8 * (5 * 2 * 16 * 32 + 16 * 100)
    details = page.locator(".details")
    expect(details).to_contain_text(f"{params:,}".replace(",", "\u202f"))
    expect(details).to_contain_text(f"{macs:,}".replace(",", "\u202f"))
    details.get_by_text("How this was counted").click()
    expect(details).to_contain_text("causal attention is counted in full")
    expect(row(page, "layers")).to_contain_text("Layer ×5")
    expect(page.locator(".graph-key")).to_contain_text("multiply-adds, share of the whole")
    assert colours(page) > 20


def test_a_click_opens_a_block_in_place_and_another_closes_it(
    page: Page, board_server: BoardServer, net_logs: Path
) -> None:
    shown(page, board_server(net_logs) + "graphs")
    layers = row(page, "layers")
    layers.click()
    expect(layers).to_have_attribute("aria-expanded", "false")
    x, y = selected_place(page)
    page.mouse.click(x, y)
    expect(layers).to_have_attribute("aria-expanded", "true")
    assert query(page)["depth"] == ["3"]  # what is open now has a name of its own
    assert names(page)[3:9] == ["layers", "0", "1", "2", "3", "4"]
    x, y = selected_place(page)  # another place than before: this is no second click of a double click
    page.mouse.click(x + 5, y + 3)
    expect(layers).to_have_attribute("aria-expanded", "false")
    assert not {"open", "depth"} & query(page).keys()
    x, y = selected_place(page)
    page.mouse.dblclick(x, y)  # frames it, opened
    expect(layers).to_have_attribute("aria-expanded", "true")
    assert selected_place(page)[1] < y


def test_selection_expansion_and_colour_are_in_the_address(
    page: Page, board_server: BoardServer, net_logs: Path
) -> None:
    shown(page, board_server(net_logs) + "graphs")
    search = page.get_by_role("combobox", name="Find a block")
    page.keyboard.press("t")
    expect(search).to_be_focused()
    search.fill("layers 3 up")
    expect(page.locator(".graph-matches [role=option]")).to_have_count(1)
    search.press("Enter")
    expect(row(page, "up")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".graph-crumbs button")).to_have_text(["Net", "layers", "3", "up"])
    expect(page.locator(".details h2")).to_have_text("up Linear")
    expect(page.locator(".details")).to_contain_text("weight 32×16, bias 32")
    page.locator("[data-choice=by]").select_option("params")
    page.reload()
    expect(row(page, "up")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".graph-crumbs button")).to_have_text(["Net", "layers", "3", "up"])
    expect(page.locator(".graph-key")).to_contain_text("parameters")
    page.locator(".details summary").click()
    expect(page.locator(".details")).to_contain_text("aten")
    page.locator(".details-link button").first.click()
    expect(page.locator(".details h2")).to_have_text("norm LayerNorm")


def test_depths_and_keys(page: Page, board_server: BoardServer, net_logs: Path) -> None:
    shown(page, board_server(net_logs) + "graphs")
    page.get_by_role("button", name="all", exact=True).click()
    assert names(page).count("relu") == 5
    assert query(page)["depth"] == ["all"]
    page.get_by_role("button", name="1", exact=True).click()
    expect(page.locator(".cost-row")).to_have_count(6)
    canvas = page.locator(".graph-canvas[data-side=after] > canvas")
    canvas.focus()
    for key, title in [("ArrowDown", "tokens"), ("ArrowDown", "Net"), ("ArrowDown", "output"), ("ArrowUp", "Net")]:
        canvas.press(key)
        expect(page.locator('.cost-row[aria-selected="true"] b')).to_have_text(title)
    canvas.press("Enter")
    expect(page.locator(".cost-row")).to_have_count(3)
    canvas.press("Enter")
    expect(page.locator(".cost-row")).to_have_count(6)
    grid = page.get_by_role("treegrid")
    grid.focus()
    for key in ("End", "ArrowUp", "ArrowUp", "ArrowRight"):
        grid.press(key)
    expect(row(page, "layers")).to_have_attribute("aria-expanded", "true")
    grid.press("ArrowRight")
    expect(row(page, "0")).to_have_attribute("aria-selected", "true")
    grid.press("ArrowLeft")
    grid.press("ArrowLeft")
    expect(row(page, "layers")).to_have_attribute("aria-expanded", "false")
    active = grid.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_contain_text("layers")
    page.get_by_role("button", name="MAC").click()
    assert names(page)[0] == "Net"


def test_graphs_of_other_writers(page: Page, board_server: BoardServer, corpus_logs: Path) -> None:
    address = board_server(corpus_logs)
    for run, title in [
        ("tf1/mnist_softmax", "GradientDescent"),
        ("torch/run_a", "conv1"),
        ("keras/train", "conv2d"),
        ("tf2_trace", "graph_3"),
    ]:
        shown(page, f"{address}graphs?run={run}")
        expect(row(page, title)).to_have_count(1)
        assert colours(page) > 10
    expect(page.locator("[data-choice=graph] option")).to_have_count(4)


def test_hostile_names_are_shown_letter_for_letter(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    graph = GraphDef()
    graph.node.add(name="x", op="<b>op</b>")
    for name in HOSTILE:
        node = graph.node.add(name=f"{name}/node", op="</script>", input=["x"])
        node.attr["<u>key</u>"].s = b"</script><script>alert(1)</script>"
        graph.node.add(name=f"{name}/other", op="Op", input=[f"{name}/node"])
    write_graph_def(tmp_path / "<i>run</i>", graph.SerializeToString())
    shown(page, board_server(tmp_path) + "graphs")
    outer = [name.split("/")[0] for name in HOSTILE]
    assert set(outer) <= set(names(page))
    for name in outer:
        row(page, name).click()
        expect(page.locator(".details h2")).to_have_text(name)
    page.get_by_role("combobox", name="Find a block").fill("</script>")
    expect(page.locator(".graph-matches [role=option]").first).to_contain_text("</script>")
    page.get_by_role("combobox", name="Find a block").press("Enter")
    page.locator(".details summary").click()
    expect(page.locator(".details dt", has_text="<u>key</u>")).to_be_visible()
    expect(page.locator(".details dd").last).to_have_text("</script><script>alert(1)</script>")
    assert page.locator(".graph-page :is(i:not([style]):not(:empty), img, b b, a)").count() == 0


def test_a_graph_that_arrives_is_shown_at_once(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.flush()
        page.goto(board_server(tmp_path) + "graphs")
        expect(page.locator(".graph-page")).to_have_attribute("data-state", "empty")
        expect(page.locator(".graph-empty pre")).to_have_text("writer.add_graph(model, inputs)")
        expect(
            page.locator(".graph-canvas[data-side=after] > canvas")
        ).to_be_hidden()  # nothing drawn yet: it would be black
        writer.add_graph(Net(), torch.zeros(2, 8, dtype=torch.int64))
        writer.flush()
        expect(page.locator(".graph-page")).to_have_attribute("data-state", "shown", timeout=LIVE_LIMIT_MS)
        expect(row(page, "layers")).to_be_visible()


def test_theme_size_and_zoom(page: Page, board_server: BoardServer, net_logs: Path) -> None:
    shown(page, board_server(net_logs) + "graphs?theme=light")
    canvas = page.locator(".graph-canvas[data-side=after] > canvas")

    def corner() -> list[int]:
        colours(page)  # waits for a frame
        return list(canvas.evaluate("(c) => [...c.getContext('2d').getImageData(2, c.height - 2, 1, 1).data]"))

    assert corner() == [255, 255, 255, 255]
    page.get_by_role("button", name="Light or dark").click()
    assert max(corner()[:3]) < 60
    before = canvas.evaluate("(c) => [c.width, c.height]")
    page.set_viewport_size({"width": 1000, "height": 700})
    page.wait_for_function("(w) => document.querySelector('.graph-canvas > canvas').width < w", arg=before[0])
    page.mouse.move(300, 400)
    drawn = canvas.evaluate("(c) => c.toDataURL()")
    page.mouse.wheel(0, -400)
    page.wait_for_function("(old) => document.querySelector('.graph-canvas > canvas').toDataURL() !== old", arg=drawn)
    canvas.press("f")
    page.wait_for_function("(old) => document.querySelector('.graph-canvas > canvas').toDataURL() !== old", arg=drawn)


def test_a_fine_screen_gets_fine_lines(browser: Browser, board_server: BoardServer, net_logs: Path) -> None:
    with browser.new_context(viewport={"width": 1200, "height": 800}, device_scale_factor=2) as context:
        page = context.new_page()
        shown(page, board_server(net_logs) + "graphs")
        ratio = page.locator(".graph-canvas[data-side=after] > canvas").evaluate(
            "(c) => c.width / c.getBoundingClientRect().width"
        )
        assert ratio == pytest.approx(2, abs=0.01)


def test_a_large_graph_opens_and_expands(page: Page, board_server: BoardServer, tmp_path: Path) -> None:
    write_graph_def(tmp_path / "big", big_graph(stages=20, blocks=40))
    page.goto(board_server(tmp_path) + "graphs")
    expect(page.locator(".graph-page")).to_have_attribute("data-state", "shown", timeout=BIG_LIMIT_MS)
    assert names(page) == ["input", "Big", "emb", "stages.0–19", "head", "output"]
    row(page, "stages.0–19").locator(".icon").click()
    expect(row(page, "stages.0")).to_be_visible()
    page.get_by_role("button", name="all", exact=True).click()
    grid = page.get_by_role("treegrid")
    expect(grid).to_have_attribute("aria-rowcount", re.compile(r"^1\d{4}$"), timeout=BIG_LIMIT_MS)
    assert page.locator(".cost-row").count() < 100  # only those in sight are made
