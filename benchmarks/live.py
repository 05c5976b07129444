"""From add_scalar to the pixel: how long a point takes from the training loop to the drawn curve.

A training process logs a point now and then; headless Chromium has the scalars page open and notes, frame by frame,
when a chart has drawn each step. Both read the same clock. Prints the distribution, and fails where the median is
above 0.35 s or the 95th percentile above 0.5 s.

    python benchmarks/live.py [--points 100]
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import WINDOW, opened, served  # noqa: E402
from writer import SummaryWriter  # noqa: E402

MEDIAN_S, P95_S = 0.35, 0.5

# Notes the wall clock (s) of the first frame in which a drawn curve reaches each step.
WATCH = """
() => {
  window.seen = {};
  let last = -1;
  const look = () => {
    for (const frame of document.querySelectorAll(".chart-frame[data-upto]"))
      last = Math.max(last, Number(frame.dataset.upto));
    for (let step = last; step >= 0 && !(step in window.seen); step--) window.seen[step] = Date.now() / 1000;
    requestAnimationFrame(look);
  };
  look();
}
"""


def train(log_dir: str, points: int) -> None:
    """The training process: prints the wall clock right before each add_scalar."""
    with SummaryWriter(log_dir) as writer:
        for step in range(points):
            time.sleep(random.uniform(0.2, 0.7))
            now = time.time()
            writer.add_scalar("loss", random.random(), step)
            print(now, flush=True)


def measure(points: int) -> np.ndarray:
    """Latencies (points,) in seconds."""
    with (
        tempfile.TemporaryDirectory() as logdir,
        served(logdir) as board,
        sync_playwright() as playwright,
        opened(playwright) as browser,
    ):
        page = browser.new_page(viewport=WINDOW)
        page.goto(board.address + "scalars")
        page.wait_for_selector("html[data-ready]")
        page.evaluate(WATCH)
        training = [sys.executable, __file__, "--train", f"{logdir}/run", "--points", str(points)]
        done = subprocess.run(training, stdout=subprocess.PIPE, text=True, check=True)
        sent = [float(line) for line in done.stdout.split()]
        page.wait_for_function("(n) => Object.keys(window.seen).length >= n", arg=points, timeout=10_000)
        seen = page.evaluate("window.seen")
    return np.array([seen[str(step)] - sent[step] for step in range(points)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--train", metavar="LOG_DIR", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.train:
        train(args.train, args.points)
        return 0
    latency = measure(args.points)[2:]  # the run itself and its chart appear with the first points
    quantiles = {q: float(np.quantile(latency, q / 100)) for q in (5, 25, 50, 75, 95, 99)}
    print(f"add_scalar to pixel, {len(latency)} points, seconds:")
    print("  " + "  ".join(f"p{q} {value:.3f}" for q, value in quantiles.items()) + f"  max {latency.max():.3f}")
    if quantiles[50] > MEDIAN_S or quantiles[95] > P95_S:
        print(f"too late: the promise is a median of {MEDIAN_S} s and a 95th percentile of {P95_S} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
