"""Two million points: from the command to the first answer, and from the address bar to drawn curves.

One run of 2,000,000 scalars in 20 tags. Prints when the server answers, when all is read, and how long headless
Chromium takes until every chart in view is drawn: at a browser's first visit (empty profile) and later on.
The control of the browser's figures is the time that it takes for an empty page with Plotly alone.

    python benchmarks/first_view.py
"""

import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from playwright.sync_api import BrowserContext, sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import board_command, new_profile, running, wait_for  # noqa: E402
from writer import SummaryWriter  # noqa: E402

POINTS, TAGS = 2_000_000, 20

# Milliseconds from the navigation to the first frame in which every chart in the window has its curve.
DRAWN = """() => new Promise((resolve) => {
  const look = () => {
    const all = [...document.querySelectorAll("figure.chart")];
    const charts = all.filter((chart) => chart.getBoundingClientRect().top < innerHeight);
    if (charts.length && charts.every((c) => c.querySelector(".scatterlayer path.js-line"))) resolve(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})"""


def write_log(folder: Path) -> None:
    values = np.random.default_rng(0).normal(size=POINTS // TAGS).cumsum().tolist()
    with SummaryWriter(folder, max_queue=4096) as writer:
        for step, value in enumerate(values):
            for tag in range(TAGS):
                writer.add_scalar(f"group{tag // 6}/tag{tag}", value, step)


def visit(context: BrowserContext, address: str) -> float:
    page = context.new_page()
    page.goto(address, wait_until="commit")
    took = page.evaluate(DRAWN)
    page.close()
    return float(took) / 1000


def plotly_alone(context: BrowserContext, address: str) -> float:
    """Seconds until plotly.min.js has been fetched, compiled and run in an empty page."""
    with urllib.request.urlopen(address + "scalars") as answer:
        (script,) = set(re.findall(r"static/vendor/plotly[^\"]+", answer.read().decode()))
    page = context.new_page()
    page.goto(address + "api/counts")
    took = page.evaluate(
        """(src) => new Promise((resolve) => {
          const script = document.createElement("script"), begin = performance.now();
          script.onload = () => resolve(performance.now() - begin);
          script.src = src;
          document.head.append(script);
        })""",
        "/" + script,
    )
    page.close()
    return float(took) / 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as logdir, sync_playwright() as playwright:
        write_log(Path(logdir) / "run")
        begin = time.perf_counter()
        address = "http://127.0.0.1:26606/"
        with running(board_command(logdir, "--port", "26606")):
            wait_for(address + "api/runs", "boot")
            answered = time.perf_counter() - begin
            wait_for(address + "api/runs", '"loading":false')
            read = time.perf_counter() - begin
            first, later, control = [], [], []
            for _ in range(3):
                with new_profile(playwright) as context:
                    first.append(visit(context, address + "scalars"))
                    visit(context, address + "scalars")  # Chromium keeps compiled code from the second visit on
                    later += [visit(context, address + "scalars") for _ in range(3)]
                with new_profile(playwright) as context:
                    control.append(plotly_alone(context, address))
    print(f"{POINTS:,} points in {TAGS} tags")
    print(f"  the server answers after     {answered:.2f} s, all is read after {read:.2f} s")
    for name, times in (
        ("first visit, drawn after", first),
        ("later visits, drawn after", later),
        ("control: Plotly alone", control),
    ):
        print(f"  {name:<28} {np.median(times):.2f} s  ({min(times):.2f} to {max(times):.2f})")


if __name__ == "__main__":
    main()
