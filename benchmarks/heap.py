"""The page's memory over time: 20 charts of 3 live curves each, a point a run ten times a second.

Headless Chromium has the scalars page open; every half minute garbage is collected and what is left is printed: the
JavaScript heap, DOM nodes and event listeners. After a minute to settle (and for Plotly to compile what it uses) the
heap may grow by what the added points take, and no more: fails above 3 MB and a tenth.

    python benchmarks/heap.py [--minutes 10]
"""

import argparse
import math
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import CDPSession, Playwright, sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import WINDOW, opened, served  # noqa: E402
from writer import SummaryWriter  # noqa: E402

TAGS, RUNS, PAUSE_S = 20, 3, 0.1
SETTLE_S, EVERY_S = 60, 30


def train(logdir: Path, stopping: threading.Event) -> None:
    writers = [SummaryWriter(logdir / f"run{i}") for i in range(RUNS)]
    step = 0
    while not stopping.wait(PAUSE_S):
        for i, writer in enumerate(writers):
            for tag in range(TAGS):
                writer.add_scalar(f"part{tag // 6}/tag{tag:02d}", math.sin(step / 50 + i + tag), step)
        step += 1
    for writer in writers:
        writer.close()


def measure(session: CDPSession) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {key: found[key] for key in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}


def watch(playwright: Playwright, folder: Path, seconds: float) -> list[dict[str, float]]:
    """What the page takes, now and then."""
    with served(folder / "logs", "--cache-dir", str(folder / "cache")) as board, opened(playwright) as browser:
        page = browser.new_page(viewport={**WINDOW, "height": 2400})
        page.goto(board.address + "scalars")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        rows: list[dict[str, float]] = []
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            page.wait_for_timeout(SETTLE_S * 1000 if not rows else EVERY_S * 1000)
            rows.append(measure(session))
            points = page.locator(".chart-note").first.inner_text()
            print(
                f"  {now / 60:4.1f} min  heap {rows[-1]['JSHeapUsedSize'] / 1e6:6.1f} MB  "
                f"nodes {rows[-1]['Nodes']:.0f}  listeners {rows[-1]['JSEventListeners']:.0f}  {points}",
                flush=True,
            )
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    stopping = threading.Event()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        thread = threading.Thread(target=train, args=(Path(folder) / "logs", stopping))
        thread.start()
        try:
            rows = watch(playwright, Path(folder), 60 * minutes)
        finally:
            stopping.set()
            thread.join()
    first, last = rows[0], rows[-1]
    if last["JSHeapUsedSize"] > first["JSHeapUsedSize"] * 1.1 + 3e6:
        sys.exit("the heap grows")
    if last["JSEventListeners"] > first["JSEventListeners"] * 1.1 + 50:
        sys.exit("listeners are left behind")


if __name__ == "__main__":
    main()
