"""Every asset that a page names is there, from the checkout, fresh after an upgrade; Plotly comes compressed."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from board.assets import find_assets, find_plotly
from tests.board.web.conftest import serve_in_process


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return serve_in_process(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize("page", ["scalars", "images", "graphs"])
def test_every_asset_that_a_page_names_is_served(client: TestClient, page: str) -> None:
    html = client.get(f"/{page}").text
    named = re.findall(r'(?:src|href)="(static/[^"]+)"', html)
    assert {"static/js/main.js", "static/css/tokens.css", f"static/css/{page}.css"} <= set(named)
    for path in named:
        assert client.get(f"/{path}").status_code == 200, path
    assert ("plotly" in html) == (page == "scalars")


def test_no_url_leads_away_or_starts_at_the_root(client: TestClient) -> None:
    html = client.get("/scalars").text
    for url in re.findall(r'(?:src|href|action)="([^"]*)"', html):
        assert not re.match(r"/|[a-z]+:(?!,)", url), url
        assert url


def test_own_files_are_asked_about_each_time(client: TestClient) -> None:
    first = client.get("/static/js/main.js")
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"].startswith("text/javascript")
    again = client.get("/static/js/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


def test_plotly_is_served_out_of_its_package(client: TestClient) -> None:
    plotly = find_plotly()
    url = f"/static/vendor/plotly-{plotly.version}.min.js"
    packed = client.get(url)  # the client asks for gzip, and unpacks
    assert packed.headers["content-encoding"] == "gzip"
    assert "immutable" in packed.headers["cache-control"]
    assert int(packed.headers["content-length"]) < 2_000_000
    assert packed.content == plotly.path.read_bytes()
    assert client.get(url, headers={"if-none-match": packed.headers["etag"]}).status_code == 304
    plain = client.get(url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content


def test_json_is_compressed_where_that_helps(client: TestClient) -> None:
    large = client.get("/api/openapi.json")
    assert large.headers["content-encoding"] == "gzip"
    assert large.json()["info"]["title"] == "trainboard"
    assert "content-encoding" not in client.get("/api/counts").headers


def test_a_missing_folder_is_said_at_the_start() -> None:
    assert (find_assets("templates") / "base.html").is_file()
    with pytest.raises(FileNotFoundError, match=r"nothing of the kind is missing: looked for .* and "):
        find_assets("nothing of the kind")


def test_the_folder_is_the_checkouts() -> None:
    assert find_assets("static") == Path(__file__).resolve().parents[3] / "static"
