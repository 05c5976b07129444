"""Every asset that a page names is there, from the checkout, fresh after an upgrade; Plotly comes compressed."""

import re
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from board.app import create_app
from board.assets import find_assets, find_plotly
from board.logs import Logs
from board.settings import Settings
from tests.board.web.conftest import serve_in_process


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return serve_in_process(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize("page", ["scalars", "images", "graphs"])
def test_every_asset_that_a_page_names_is_served(client: TestClient, page: str) -> None:
    html = client.get(f"/{page}").text
    named = re.findall(r'(?:src|href)="(static/[^"]+)"', html)
    plain = {re.sub(r"/v-[0-9a-f]{16}/", "/", path) for path in named}
    assert {"static/js/main.js", "static/css/tokens.css", f"static/css/{page}.css"} <= plain
    for path in named:
        answer = client.get(f"/{path}")
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"], path
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


@pytest.fixture
def own_files(tmp_path: Path) -> tuple[Path, TestClient]:
    """A copy of the folder ``static`` that a test may change."""
    folder = tmp_path / "static"
    shutil.copytree(find_assets("static"), folder)
    (tmp_path / "logs").mkdir()
    settings = Settings(logdirs=(str(tmp_path / "logs"),), opens_browser=False)
    app = create_app(settings, Logs(tmp_path / "logs", cache=False), static_dir=folder)
    return folder, TestClient(app, base_url="http://127.0.0.1")


def scripts(client: TestClient) -> str:
    """Where the page has its modules now."""
    (found,) = re.findall(r'src="(static/[^"]+)/js/main.js"', client.get("/scalars").text)
    return str(found)


def test_a_browser_asks_once_a_version(own_files: tuple[Path, TestClient]) -> None:
    folder, client = own_files
    before = scripts(client)
    assert "immutable" in client.get(f"/{before}/js/app.js").headers["cache-control"]
    (folder / "js/app.js").write_text("// of another version\n")
    after = scripts(client)
    assert after != before
    assert client.get(f"/{after}/js/app.js").text == "// of another version\n"
    old = client.get(f"/{before}/js/app.js")  # a page that was opened before: today's file, not to be kept
    assert (old.text, old.headers["cache-control"]) == ("// of another version\n", "no-cache")
    (folder / "js/app.js").unlink()
    assert client.get(f"/{scripts(client)}/js/app.js").status_code == 404


@pytest.mark.parametrize(
    "path", ["v-0/js/app.js", "v-0123456789abcdef/../../../x.js", "v-0123456789abcdef/js/../../../pyproject.toml"]
)
def test_no_version_leads_out_of_the_folder(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_modules_come_compressed_and_as_they_are(client: TestClient) -> None:
    packed = client.get("/static/js/app.js")
    assert packed.headers["content-encoding"] == "gzip"
    plain = client.get("/static/js/app.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content == (find_assets("static") / "js/app.js").read_bytes()
    assert client.head("/static/js/app.js").content == b""
    assert client.post("/static/js/app.js").status_code == 405


@pytest.mark.parametrize("page", ["scalars", "images", "graphs"])
def test_a_page_names_every_module_that_it_imports_at_once(client: TestClient, page: str) -> None:
    """Else a browser learns of them one by one, and comes back for each."""
    html = client.get(f"/{page}").text
    named = set(re.findall(r'rel="modulepreload" href="static/v-[0-9a-f]+/js/([^"]+)"', html))
    folder = find_assets("static") / "js"
    assert {"main.js", "app.js", "modules/run_list.js", f"modules/{page}.js"} <= named
    for path in named:
        for imported in re.findall(r'^import [^"]+"(\.[^"]+\.js)"', (folder / path).read_text(), re.MULTILINE):
            assert ((folder / path).parent / imported).resolve().relative_to(folder).as_posix() in named, (
                path,
                imported,
            )


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
