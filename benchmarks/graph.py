"""The graphs page beside TensorBoard's, on the same event files, in Chromium without a GPU.

A transformer of 90,000 nodes (and, with --million, of 1,000,000): from the click on the tab to the first picture, one
block opened, everything opened, frames a second while panning and zooming. GPT-2 small, where transformers is
installed: everything opened. Every figure of ours stands beside TensorBoard's of the same run.

    python benchmarks/graph.py [--million] [--rounds 3]
"""

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Error, Page, sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import opened, running, served, wait_for  # noqa: E402
from tests.board.graphs.big_graph import big_graph  # noqa: E402
from writer import SummaryWriter  # noqa: E402

PEER = 26609  # port
LONGEST_S = 120  # that a page may take
SIZES = {"90,000 nodes": (50, 67), "1,000,000 nodes": (200, 185)}  # stages and blocks of the transformer

NOW = "() => performance.timeOrigin + performance.now()"

# The wall clock, ms, of the first frame that shows the graph: in our page the canvas, in TensorBoard's the boxes.
OUR_PICTURE = """() => new Promise((resolve) => {
  const look = () => {
    if (!document.querySelector('.graph-page[data-state="shown"]')) return requestAnimationFrame(look);
    requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
  };
  look();
})"""
PEER_PICTURE = """() => new Promise((resolve) => {
  const find = (root) => {
    const found = root.querySelector("g.node .nodeshape");
    if (found) return found;
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) { const inner = find(one.shadowRoot); if (inner) return inner; }
    return null;
  };
  const look = () => {
    const box = find(document)?.getBoundingClientRect();
    if (!box || !box.width) return setTimeout(look, 10);
    requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
  };
  look();
})"""

# Milliseconds from a click until the frame that it leads to has been drawn.
OUR_EXPANSION = """(index) => new Promise((resolve) => {
  const closed = document.querySelectorAll('.cost-row[aria-expanded="false"] .icon');
  const target = closed[Math.min(index, closed.length - 1)], begin = performance.now();
  target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  requestAnimationFrame(() => resolve(performance.now() - begin));
})"""
OUR_ALL = """() => new Promise((resolve) => {
  const begin = performance.now();
  document.querySelector("[data-depth=all]").click();
  requestAnimationFrame(() => resolve(performance.now() - begin));
})"""
PEER_EXPANSION = """() => new Promise((resolve, reject) => {
  const roots = [document];
  for (let i = 0; i < roots.length; i++) for (const one of roots[i].querySelectorAll("*")) if (one.shadowRoot) roots.push(one.shadowRoot);
  const count = () => roots.reduce((sum, root) => sum + root.querySelectorAll("g.node").length, 0);
  const groups = roots.flatMap((root) => [...root.querySelectorAll("g.node.meta:not(.expanded) > .nodeshape")]);
  if (!groups.length) return reject(new Error("nothing to open"));
  const largest = groups.reduce((a, b) => (b.getBoundingClientRect().width > a.getBoundingClientRect().width ? b : a));
  const before = count(), begin = performance.now();
  (largest.querySelector("rect, ellipse, path") ?? largest).dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
  const look = () => {
    if (count() !== before) return requestAnimationFrame(() => resolve(performance.now() - begin));
    if (performance.now() - begin > 60000) return reject(new Error("it did not open"));
    setTimeout(look, 4);
  };
  look();
})"""

# Frames a second from now on, until told to stop.
FRAMES = """() => {
  window.frames_seen = [];
  const note = (now) => { window.frames_seen.push(now); window.frames_handle = requestAnimationFrame(note); };
  window.frames_handle = requestAnimationFrame(note);
}"""
FRAMES_SEEN = "() => { cancelAnimationFrame(window.frames_handle); return window.frames_seen; }"


def write_graph(folder: Path, graph_def: bytes) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    writer.add_event(Event(wall_time=1.0, graph_def=graph_def))
    writer.close()


def write_gpt2(folder: Path) -> bool:
    """Log GPT-2 small with random weights; False where its code is not installed."""
    try:
        import torch
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        return False

    with SummaryWriter(folder) as writer:
        writer.add_graph(GPT2LMHeadModel(GPT2Config()), torch.zeros(1, 64, dtype=torch.int64))
    return True


def frames(page: Page, seconds: float = 1.5) -> dict[str, float]:
    """Drag, then turn the wheel over the middle of the window; frames a second of each."""
    found = {}
    x, y = 500.0, 480.0
    for name in ("pan", "zoom"):
        page.mouse.move(x, y)
        if name == "pan":
            page.mouse.down()
        page.evaluate(FRAMES)
        end, turn = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            turn += 1
            if name == "pan":
                page.mouse.move(x + 160 * np.sin(turn / 9), y + 120 * np.cos(turn / 9))
            else:
                page.mouse.wheel(0, -40 if turn % 60 < 30 else 40)
        seen = np.array(page.evaluate(FRAMES_SEEN))
        if name == "pan":
            page.mouse.up()
        found[name] = float(1000 / np.diff(seen).mean()) if len(seen) > 2 else 0.0
    return found


def measure_ours(browser: Browser, address: str) -> dict[str, float]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(address + "scalars")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(300)
    begin = page.evaluate(NOW)
    page.click("nav a[href^=graphs]", no_wait_after=True)
    page.wait_for_url("**/graphs*", wait_until="commit", timeout=LONGEST_S * 1000)
    found = {"first picture": page.evaluate(OUR_PICTURE) - begin}
    page.wait_for_timeout(200)
    found["one block opened"] = max(page.evaluate(OUR_EXPANSION, level) for level in (0, 0, 0, 0))
    page.wait_for_timeout(300)
    found |= {f"{name}, a few blocks open": rate for name, rate in frames(page).items()}
    found["everything opened"] = page.evaluate(OUR_ALL)
    page.wait_for_timeout(500)
    found |= {f"{name}, everything open": rate for name, rate in frames(page).items()}
    page.close()
    return found


def measure_peer(browser: Browser, address: str) -> dict[str, float]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    found: dict[str, float] = {}
    try:
        page.goto(address + "#timeseries")
        page.wait_for_timeout(3000)
        tab = page.get_by_role("tab", name="Graphs").or_(page.locator(".mat-mdc-tab", has_text="Graphs")).first
        begin = page.evaluate(NOW)
        tab.click(timeout=LONGEST_S * 1000)
        page.set_default_timeout(LONGEST_S * 1000)
        found["first picture"] = within(page, PEER_PICTURE) - begin
        page.wait_for_timeout(1500)
        found["one block opened"] = max(within(page, PEER_EXPANSION) for _ in range(2))
        page.wait_for_timeout(1000)
        found |= {f"{name}, a few blocks open": rate for name, rate in frames(page).items()}
    except (Error, TimeoutError) as error:
        print(f"  TensorBoard: {str(error).splitlines()[0]}")
    page.close()
    return found


def within(page: Page, script: str) -> float:
    """Ask the page; TimeoutError where it does not answer in LONGEST_S."""
    answer = page.evaluate(
        f"() => Promise.race([({script})(), new Promise((_, no) => setTimeout(() => no(new Error('no answer in {LONGEST_S} s')), {LONGEST_S * 1000}))])"
    )
    return float(answer)


def best(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Of each figure the best: rates the greatest, times the least."""
    names = dict.fromkeys(name for each in rounds for name in each)
    is_rate = lambda name: name.startswith(("pan", "zoom"))  # noqa: E731 - one expression, used once
    return {name: (max if is_rate(name) else min)(each[name] for each in rounds if name in each) for name in names}


def report(title: str, ours: dict[str, float], peer: dict[str, float]) -> None:
    print(title)
    for name, value in ours.items():
        is_rate = name.startswith(("pan", "zoom"))
        unit = "frames/s" if is_rate else "ms"
        line = f"  {name:<26} {value:9.1f} {unit:<8}"
        if name in peer:
            ratio = value / peer[name] if is_rate else peer[name] / value
            line += f"   TensorBoard {peer[name]:9.1f}   {ratio:6.1f} x"
        print(line)


def compare(browser: Browser, logdir: Path, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    with served(logdir) as board:
        wait_for(board.address + "api/runs", '"loading":false', pause_s=0.05)
        ours = best([measure_ours(browser, board.address) for _ in range(rounds)])
    peer_command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", str(PEER)]
    with running([*peer_command, "--load_fast=false"]):
        address = f"http://127.0.0.1:{PEER}/"
        wait_for(address, pause_s=0.1)
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:  # the tab is there once the file has been read
            with urllib.request.urlopen(address + "data/plugins_listing") as answer:
                if json.load(answer).get("graphs", {}).get("enabled"):
                    break
            time.sleep(0.2)
        peer = measure_peer(browser, address)
    return ours, peer


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--million", action="store_true", help="also 1,000,000 nodes (gigabytes of memory, minutes)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, opened(playwright) as browser:
        for title, (stages, blocks) in list(SIZES.items())[: 2 if options.million else 1]:
            logdir = Path(folder) / title.split()[0]
            write_graph(logdir / "big", big_graph(stages, blocks))
            report(title, *compare(browser, logdir, options.rounds if stages < 100 else 1))
        if write_gpt2(Path(folder) / "gpt2" / "run"):
            report("GPT-2 small", *compare(browser, Path(folder) / "gpt2", options.rounds))


if __name__ == "__main__":
    main()
