"""How long t-SNE and UMAP take for 10,000 points, how far the board's event loop falls behind meanwhile, how 100,000 draw.

A board serves an embedding of clusters; a layout is asked for over HTTP while the loop of the same process is sampled by
small requests, compared with the same requests before. Frames are those of headless Chromium, which draws in software.

    python benchmarks/embeddings.py [--points 10000] [--methods umap,tsne] [--frames]
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from board.app import create_app  # noqa: E402
from board.logs import Logs  # noqa: E402
from board.settings import Settings  # noqa: E402
from writer import SummaryWriter  # noqa: E402

DIMENSIONS = 64
DRAWN = 100_000
TICK_S = 0.005
IDLE_S = 20


def write(folder: Path, points: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 20, points)
    values = (rng.normal(size=(20, DIMENSIONS)) * 3)[labels] + rng.normal(size=(points, DIMENSIONS))
    with SummaryWriter(folder) as writer:
        writer.add_embedding(values.astype(np.float32), metadata=labels.tolist(), tag="points")


class Lag(threading.Thread):
    """Samples how late the event loop of a client's app wakes up."""

    def __init__(self, client: TestClient) -> None:
        super().__init__(daemon=True)
        assert client.portal is not None
        self.portal, self.late_ms, self.is_over = client.portal, [], False

    async def sample(self) -> None:
        while not self.is_over:
            begin = time.perf_counter()
            await asyncio.sleep(TICK_S)
            self.late_ms.append(1000 * (time.perf_counter() - begin - TICK_S))

    def run(self) -> None:
        self.portal.call(self.sample)

    def __enter__(self) -> "Lag":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.join()

    def __str__(self) -> str:
        late = sorted(self.late_ms)
        return f"median {statistics.median(late):.2f} ms, p99 {late[int(0.99 * len(late))]:.2f}, worst {late[-1]:.1f}"


def measure(client: TestClient, method: str, dims: int) -> None:
    question = {"run": "run", "tensor": "points", "method": method, "dims": dims}
    begin, spent = time.perf_counter(), os.times()
    with Lag(client) as lag:
        answer: dict[str, Any] = client.post("/api/embedding/layout", json=question).json()
        while answer["state"] in ("waiting", "running"):
            time.sleep(0.2)
            answer = client.get("/api/embedding/layout", params={"id": answer["id"]}).json()
    took = time.perf_counter() - begin
    time.sleep(0.5)  # until the process has been waited for
    cpu = os.times().children_user - spent.children_user
    said = f"{answer['state']} in {took:.1f} s, {cpu:.1f} s of processors"
    print(f"{method} {dims}-D: {said}; loop late by {lag}", flush=True)


def draw(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import BoardProcess
    from tests.conftest import CHROMIUM, CHROMIUM_ARGS

    board = BoardProcess(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            begin = time.perf_counter()
            page.goto(board.url + "embeddings")
            page.wait_for_selector(f'canvas[data-drawn="{DRAWN}"]', timeout=120_000)
            print(f"{DRAWN} points: on screen {time.perf_counter() - begin:.1f} s after the address was asked for")
            canvas = page.locator(".space-stage > canvas")
            canvas.focus()
            frames = page.evaluate(
                """async () => {
                  const canvas = document.querySelector(".space-stage > canvas"), times = [];
                  const frame = () => new Promise(requestAnimationFrame);
                  for (let i = 0; i < 40; i++) {
                    canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
                    const begin = performance.now();
                    await frame(); await frame();
                    times.push((performance.now() - begin) / 2);
                  }
                  return times.sort((a, b) => a - b);
                }"""
            )
            print(
                f"turned: {1000 / statistics.median(frames):.0f} frames a second in software, worst {frames[-1]:.0f} ms"
            )
            browser.close()
    finally:
        board.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--methods", default="umap,tsne")
    parser.add_argument("--frames", action="store_true", help="draw 100,000 points, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "run", options.points)
        app = create_app(Settings(logdirs=(folder,), opens_browser=False), Logs(folder, cache=False))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            for method in filter(None, options.methods.split(",")):
                for dims in (2, 3):
                    with Lag(client) as idle:  # beside each, as the machine is by then
                        time.sleep(IDLE_S)
                    print(f"idle: loop late by {idle}", flush=True)
                    measure(client, method, dims)
    if options.frames:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / "run", DRAWN)
            draw(Path(folder))


if __name__ == "__main__":
    main()
