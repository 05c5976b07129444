"""The scalars page beside TensorBoard's: from the command typed to 500 curves drawn, on the same logdir, in one run.

100 runs of 5 tags with 4,000 steps each. A browser is open and empty; a command is typed; as soon as its port answers
the browser goes there. Ours is drawn when every chart in the window has the curves of all 100 runs; TensorBoard is
taken to be when its cards are there and its spinners are gone, whether or not its curves are. Once with a profile that
has never been here (and, ours, without an index), once with a used profile and a warm index. The median of each and
their ratio are printed, and what travelled to our page without Plotly, modules and style sheets. Fails above a third,
a fifth, or 1.5 MB.

    python benchmarks/page.py [--rounds 3] [--runs 100]
"""

import argparse
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not this folder, where `writer` is a benchmark

from benchmarks.browser import board_command, new_profile, running, wait_for  # noqa: E402
from benchmarks.event_logs import tag_names, write_finished_run  # noqa: E402

TAGS, STEPS = 5, 4_000
FRESH_SHARE, USED_SHARE, MOST_BYTES = 1 / 3, 1 / 5, 1_500_000
ASSETS = (".js", ".css", ".woff2")

# Resolves with how many charts are in the window once each shows the curves of all runs.
OURS_DRAWN = """(runs) => new Promise((resolve) => {
  const isDrawn = (chart) => chart.querySelector(".scatterlayer path.js-line, .chart-sketch")
    && chart.querySelector(".chart-frame").getAttribute("aria-label").includes(`${runs} runs`);
  const look = () => {
    const all = [...document.querySelectorAll("figure.chart")];
    const charts = all.filter((one) => one.getBoundingClientRect().top < innerHeight);
    if (charts.length && charts.every(isDrawn)) requestAnimationFrame(() => resolve(charts.length));
    else requestAnimationFrame(look);
  };
  look();
})"""
THEIRS_DRAWN = """() => new Promise((resolve) => {
  const look = () => {
    const cards = document.querySelectorAll("scalar-card");
    if (cards.length && !document.querySelector("mat-spinner, mat-progress-spinner")) resolve(cards.length);
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass
class Peer:
    """A board under measurement."""

    name: str
    command: Callable[[int], list[str]]
    page: str
    ready: str  # a path that answers once there is something to show
    is_drawn: str
    fresh: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    port: int = 0  # the same one for a whole round: what a browser keeps, it keeps for an address


def write_logs(logdir: Path, runs: int) -> None:
    for i in range(runs):
        write_finished_run(logdir / f"run{i:03d}", tag_names(TAGS), STEPS, seed=i)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(peer: Peer, page: Page, runs: int, rest_s: float = 0) -> float:
    """Seconds from the command to its curves; then it may go on for ``rest_s``."""
    began = time.perf_counter()
    with running(peer.command(peer.port)):
        wait_for(f"http://127.0.0.1:{peer.port}/{peer.ready}")
        page.goto(f"http://127.0.0.1:{peer.port}/{peer.page}", wait_until="commit")
        page.evaluate(peer.is_drawn, runs)
        took = time.perf_counter() - began
        time.sleep(rest_s)
        page.goto("about:blank")
        return took


def wire_bytes(page: Page, peer: Peer, runs: int) -> tuple[int, int]:
    """Bytes of a visit as they travelled, without what the browser keeps, and how many answers they were."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.responseReceived", lambda event: urls.update({event["requestId"]: event["response"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    measure(peer, page, runs)
    counted = [sizes[key] for key, url in urls.items() if key in sizes and not url.split("?")[0].endswith(ASSETS)]
    session.detach()
    return int(sum(counted)), len(counted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        logdir, cache = Path(folder) / "logs", Path(folder) / "cache"
        write_logs(logdir, given.runs)
        own = board_command(logdir, "--cache-dir", str(cache))
        tensorboard = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
        ours = Peer("ours", lambda port: [*own, "--port", str(port)], "scalars", "scalars", OURS_DRAWN)
        theirs = Peer(
            "TensorBoard", lambda port: [*tensorboard, "--port", str(port)], "#timeseries", "data/runs", THEIRS_DRAWN
        )
        travelled, answers = 0, 0
        for _ in range(given.rounds):
            for peer in (ours, theirs):
                shutil.rmtree(cache, ignore_errors=True)
                peer.port = free_port()
                with new_profile(playwright) as context:
                    page = context.pages[0]
                    peer.fresh.append(measure(peer, page, given.runs))
                    for _ in range(2):  # Chromium keeps compiled code from the second visit on; the index settles
                        measure(peer, page, given.runs, rest_s=5)
                    peer.used += [measure(peer, page, given.runs) for _ in range(3)]
                    if peer is ours:
                        travelled, answers = wire_bytes(page, peer, given.runs)
    report(ours, theirs, given.runs, travelled, answers)


def report(ours: Peer, theirs: Peer, runs: int, travelled: int, answers: int) -> None:
    print(f"{runs} runs x {TAGS} tags x {STEPS:,} steps, command to curves, median (least to most)")
    failed = False
    for name, key, most in (
        ("fresh profile, no index", "fresh", FRESH_SHARE),
        ("used profile, warm index", "used", USED_SHARE),
    ):
        mine, other = getattr(ours, key), getattr(theirs, key)
        share = float(np.median(mine) / np.median(other))
        failed |= share > most
        times = "  ".join(
            f"{peer.name} {np.median(t):.2f} s ({min(t):.2f} to {max(t):.2f})"
            for peer, t in ((ours, mine), (theirs, other))
        )
        print(f"  {name:<26} {times}  ratio {share:.2f}, at most {most:.2f}")
    print(f"  {travelled / 1e6:.2f} MB in {answers} answers beside Plotly and modules, at most {MOST_BYTES / 1e6:.1f}")
    if failed or travelled > MOST_BYTES:
        sys.exit("the page is slower than promised")


if __name__ == "__main__":
    main()
