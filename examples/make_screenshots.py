"""Take the README's pictures of the sample logs, in both themes (`make screenshots`)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs"
PAGES = {
    "scalars": "scalars?hide=playground/spiral&group=folder&tags=accuracy|cross_entropy|readout/weight",
    "images": "images?show=mnist/softmax/seed0,mnist/cnn/seed0,playground/spiral",
    "graphs": "graphs?run=mnist/cnn/seed0",
}


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    command = [Path(sys.executable).with_name("board"), "sample_logs", "--port", "0", "--no-open"]
    board = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert board.stdout is not None
        address = next(m.group() for line in board.stdout if (m := re.search(r"http://\S+", line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for theme in ("light", "dark"):
                view = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=theme)
                for page, path in PAGES.items():
                    view.goto(f"{address.rstrip('/')}/{path}")
                    view.wait_for_selector("html[data-ready]")
                    view.wait_for_timeout(2500)  # curves and pictures come in; a still picture needs them all
                    view.screenshot(path=TARGET / f"{page}-{theme}.png")
                    print(TARGET / f"{page}-{theme}.png")
            browser.close()
    finally:
        board.terminate()
        board.wait()


if __name__ == "__main__":
    main()
