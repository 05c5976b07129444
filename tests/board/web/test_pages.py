"""Pages say what there is before any script runs, and take hostile names for what they are: text."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

from fastapi.testclient import TestClient

from tests.board.logged import append_events, scalar
from tests.board.web.conftest import serve_in_process, wait_until_loaded

HOSTILE = [
    "a<b>c</b>",
    '"><img src=x onerror=alert(1)>',
    "&lt;b&gt;",
    "<script>x",
    "lr<0.1",
    "{{ 7*7 }}",
    "' onclick='x",
]


class Tags(HTMLParser):
    """Collects elements, attributes and the text of run names."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.names += [value or "" for name, value in attrs if name == "data-name"]


def parse(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    return tags


def test_each_page_names_the_runs(corpus: TestClient) -> None:
    runs = [run["name"] for run in corpus.get("/api/runs").json()["runs"]]
    assert len(runs) > 5
    for page in ("scalars", "images", "graphs"):
        answer = corpus.get(f"/{page}")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert parse(answer.text).names == runs
        assert re.search(rf'data-page="{page}"[^>]*aria-current="page"', answer.text)


def test_tabs_count_their_tags(corpus: TestClient) -> None:
    counts = corpus.get("/api/counts").json()
    text = corpus.get("/scalars").text
    for kind in ("scalar", "image", "graph"):
        assert re.search(rf'data-kind="{kind}"[^>]*>\w+ <span class="count">{counts[kind]}</span>', text)


def test_hostile_names_are_text(tmp_path: Path) -> None:
    for name in HOSTILE:
        append_events(tmp_path / "logs" / name, [scalar(name, 1, 0.5)])
    empty = serve_in_process(tmp_path / "none")
    with serve_in_process(tmp_path / "logs") as client:
        wait_until_loaded(client)
        tags, without = parse(client.get("/scalars").text), parse(empty.get("/scalars").text)
        assert sorted(tags.names) == sorted(HOSTILE)
        assert set(tags.tags) - set(without.tags) <= {"label", "input", "span", "li"}
        assert not {name for name in tags.attributes if name.startswith("on")}
        assert tags.tags.count("script") == without.tags.count("script")
        assert {run["name"] for run in client.get("/api/runs").json()["runs"]} == set(HOSTILE)


def test_a_hostile_logdir_is_text(tmp_path: Path) -> None:
    logdir = tmp_path / "<script>alert(1)<b>"
    logdir.mkdir()
    text = serve_in_process(logdir).get("/scalars").text
    assert "<script>alert" not in text
    assert html.escape(str(logdir)) in text


def test_names_that_are_no_utf8_come_back_as_they_went(tmp_path: Path) -> None:
    tag = b"loss/\xff\x80".decode("utf-8", "surrogateescape")
    append_events(tmp_path / "a\udce9", [scalar(tag, 1, 0.5)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        assert client.get("/scalars").status_code == 200
        (run,) = client.get("/api/runs").json()["runs"]
        (entry,) = client.get("/api/tags?kind=scalar").json()["tags"]
        for name in (run["name"], entry["tag"]):
            assert name.encode("utf-8").decode() == name, "a browser can put it into a URL"
        exported = client.get("/api/scalars.csv", params={"run": run["name"], "tag": entry["tag"]})
        assert exported.text.splitlines()[1].startswith("1,")
        question = {"id": "a", "tag": entry["tag"], "runs": [run["name"]], "width": 100}
        (chart,) = client.post("/api/pixels", json={"charts": [question]}).json()["charts"]
        assert [line["run"] for line in chart["lines"]] == [run["name"]]


def test_a_long_run_list_is_cut_and_says_so(tmp_path: Path) -> None:
    for i in range(502):
        append_events(tmp_path / f"run{i}", [scalar("x", 1, 0.5)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        text = client.get("/scalars").text
        assert len(parse(text).names) == 500
        assert "and 2 more" in text


def test_the_first_page_is_found(corpus: TestClient) -> None:
    answer = corpus.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "scalars")
