"""From the step slider to the pictures: how long until every picture in sight is that of the chosen step.

Two runs log 10,000 pictures of 64 x 64 under one tag; headless Chromium drags the slider, to the next step and to steps
far away. The control is the same browser fetching and decoding one picture of the same kind, with nothing to show.
Prints medians and 95th percentiles, and fails where a 95th percentile is above 50 ms.

    python benchmarks/images.py [--pictures 10000]
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import WINDOW, opened, served  # noqa: E402
from writer import SummaryWriter  # noqa: E402

LIMIT_MS = 50
MOVES = 60

# Resolves to milliseconds: from each input of the slider to the frame in which both pictures stand at the step.
DRAG = """
async ({steps, pause}) => {
  const input = document.querySelector(".scrubber input"), took = [];
  const cells = () => [...document.querySelectorAll(".image-cell img.image-own")];
  const grouped = (step) => String(step).replace(/\\B(?=(\\d{3})+(?!\\d))/g, "\\u202f");
  for (const step of steps) {
    const from = performance.now();
    input.value = step;
    input.dispatchEvent(new Event("input"));
    const isThere = () => cells().every((image) => image.alt.endsWith(`step ${grouped(step)}`));
    while (!isThere()) await new Promise(requestAnimationFrame);
    took.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return took;
}
"""
CONTROL = """
async (count) => {
  const {refs} = await (await fetch("api/blobs?kind=image&run=run0&tag=inputs")).json(), took = [];
  for (let i = 0; i < count; i++) {
    const from = performance.now(), image = new Image();
    const ref = encodeURIComponent(refs[(i * 97 + 13) % refs.length]);
    image.src = `api/image?run=run0&tag=inputs&ref=${ref}&index=0&control=${i}`;
    await image.decode();
    took.push(performance.now() - from);
  }
  return took;
}
"""


def log_pictures(logdir: Path, count: int) -> None:
    """Two runs with pictures of noise, which no encoder makes small."""
    random = np.random.default_rng(0)
    for run in ("run0", "run1"):
        with SummaryWriter(logdir / run) as writer:
            for step in range(count):
                writer.add_image("inputs", random.integers(0, 255, (3, 64, 64), np.uint8), step)


def measure(logdir: Path, count: int) -> dict[str, np.ndarray]:
    """Milliseconds of each move, by what was moved."""
    with served(logdir) as board, sync_playwright() as playwright, opened(playwright) as browser:
        page = browser.new_page(viewport=WINDOW)
        page.goto(board.address + "images")
        page.wait_for_selector("img.image-own")
        page.wait_for_load_state("networkidle")
        near = [count // 2 + i for i in range(MOVES)]
        far = [(i * 6151 + 17) % (count - 1) for i in range(MOVES)]
        took = {
            "control: one picture, fetched and decoded": page.evaluate(CONTROL, MOVES),
            "to the next step": page.evaluate(DRAG, {"steps": near, "pause": 60}),
            "to a step far away": page.evaluate(DRAG, {"steps": far, "pause": 60}),
        }
    return {name: np.array(values[5:]) for name, values in took.items()}  # the first moves warm up


def main() -> int:
    """Log, drag, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pictures", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log_pictures(Path(folder), options.pictures)
        found = measure(Path(folder), options.pictures)
    print(f"two runs of {options.pictures:,} pictures, {MOVES - 5} moves each")
    for name, values in found.items():
        print(f"  {name:44} median {np.median(values):5.1f} ms   95 % {np.percentile(values, 95):5.1f} ms")
    return int(any(np.percentile(values, 95) > LIMIT_MS for name, values in found.items() if "step" in name))


if __name__ == "__main__":
    sys.exit(main())
