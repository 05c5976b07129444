"""The page's memory over time: 20 charts of 3 live curves each, a point a run ten times a second.

Headless Chromium has the scalars page open; every half minute garbage is collected and what is left is printed: the
JavaScript heap, DOM nodes and event listeners. After a minute to settle (and for Plotly to compile what it uses) the
heap may grow by what the added points take, and no more: fails above 3 MB and a tenth.

    python benchmarks/heap.py [--minutes 10]
"""

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import CDPSession, sync_playwright

TAGS, RUNS, PAUSE_S = 20, 3, 0.1
SETTLE_S, EVERY_S = 60, 30
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def train(logdir: Path, stopping: threading.Event) -> None:
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, which has a writer.py of its own
    from writer import SummaryWriter

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    stopping = threading.Event()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        thread = threading.Thread(target=train, args=(Path(folder) / "logs", stopping))
        thread.start()
        command = [Path(sys.executable).with_name("board"), f"{folder}/logs", "--port", "26607", "--no-open"]
        board = subprocess.Popen([*command, "--cache-dir", f"{folder}/cache"], stdout=subprocess.DEVNULL)
        try:
            wait_for("http://127.0.0.1:26607/scalars")
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
            page = browser.new_page(viewport={"width": 1600, "height": 2400})
            page.goto("http://127.0.0.1:26607/scalars")
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            rows: list[dict[str, float]] = []
            began = time.monotonic()
            while (now := time.monotonic() - began) < 60 * minutes:
                page.wait_for_timeout(SETTLE_S * 1000 if not rows else EVERY_S * 1000)
                rows.append(measure(session))
                points = page.locator(".chart-note").first.inner_text()
                print(
                    f"  {now / 60:4.1f} min  heap {rows[-1]['JSHeapUsedSize'] / 1e6:6.1f} MB  "
                    f"nodes {rows[-1]['Nodes']:.0f}  listeners {rows[-1]['JSEventListeners']:.0f}  {points}",
                    flush=True,
                )
            browser.close()
        finally:
            stopping.set()
            thread.join()
            board.terminate()
            board.wait()
    first, last = rows[0], rows[-1]
    if last["JSHeapUsedSize"] > first["JSHeapUsedSize"] * 1.1 + 3e6:
        sys.exit("the heap grows")
    if last["JSEventListeners"] > first["JSEventListeners"] * 1.1 + 50:
        sys.exit("listeners are left behind")


def wait_for(address: str) -> None:
    while True:
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.05)


if __name__ == "__main__":
    main()
