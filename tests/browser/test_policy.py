"""No page breaks its own content security policy, and the counter that says so can count."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import BoardServer, Faults

pytestmark = pytest.mark.browser

CORPUS = Path(__file__).resolve().parent.parent / "corpus/logs"


PAGES = ["scalars", "images", "graphs", "graphs?run=torch/run_a", "scalars?x=wall&y=log", "text", "tensors", "audio"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_breaks_its_policy(board_server: BoardServer, page: Page, faults: Faults, path: str) -> None:
    with page.expect_response(lambda answer: "/api/" in answer.url and "api/live" not in answer.url):
        page.goto(board_server(CORPUS) + path)
    page.wait_for_selector("html[data-ready]")
    page.locator(".scatterlayer path, .image-frame img[src], canvas, .text-frame, .tensor-values pre").first.wait_for(
        state="attached"
    )
    assert list(faults) == []


def test_a_violation_would_be_counted(board_server: BoardServer, page: Page, faults: Faults) -> None:
    page.goto(board_server(CORPUS) + "scalars")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.wasRun = true";
          document.head.append(script);
          document.body.append(Object.assign(new Image(), { src: "https://evil.example/pixel.png" }));
        }"""
    )
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("window.wasRun") is None
    assert sum("CSP" in fault or "Content Security Policy" in fault for fault in faults) >= 2
    faults.clear()
