"""Texts as pages ask for them: as they were logged, rendered harmless, searched, compared, as files."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from board.web.markdown import render_markdown
from tests.board.event_files import START, text, version, write
from tests.board.logged import NAME
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from tests.board.web.test_blobs import series, steps_of
from tests.board.web.test_pages import parse
from writer.format.messages import Event
from writer.format.records import encode_record

with warnings.catch_warnings():  # of the html5lib that TensorBoard brings along
    warnings.simplefilter("ignore", DeprecationWarning)
    from tensorboard.plugins.text import text_plugin


def text_tensor(tag: str, step: int, strings: list[bytes], shape: tuple[int, ...]) -> bytes:
    event = Event(step=step, wall_time=START + step)
    value = event.summary.value.add(tag=tag.encode())
    value.metadata.plugin_data.plugin_name = b"text"
    value.tensor.dtype = 7
    value.tensor.string_val.extend(strings)
    for size in shape:
        value.tensor.tensor_shape.dim.add(size=size)
    return encode_record(event.SerializeToString())


def places(client: TestClient, run: str, tag: str) -> list[dict[str, str]]:
    return [{"run": run, "tag": tag, "ref": ref} for ref in steps_of(client, "text", run, tag)["refs"]]


def ask(client: TestClient, texts: list[dict[str, str]], **more: Any) -> list[dict[str, Any]]:
    answer = client.post("/api/texts", json={"texts": texts, **more})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["texts"]
    return found


@pytest.fixture
def served(tmp_path: Path) -> Any:
    """Serve the records given, as the run "r"."""

    def serve(*records: bytes) -> TestClient:
        write(tmp_path / "r" / NAME, version(), *records)
        client = serve_in_process(tmp_path)
        client.__enter__()
        wait_until_loaded(client)
        opened.append(client)
        return client

    opened: list[TestClient] = []
    yield serve
    for client in opened:
        client.__exit__(None, None, None)


def test_every_text_of_every_writer_is_shown_and_given_as_a_file(corpus: TestClient) -> None:
    found = series("text")
    assert found
    for run, tag, facts in found:
        asked = places(corpus, run, tag)
        assert len(asked) == facts["count"]
        for place, answer in zip(asked, ask(corpus, asked[:50]), strict=False):
            assert answer["error"] is None
            file = corpus.get("/api/text_file", params=place)
            assert file.headers["content-disposition"] == "attachment"
            assert file.headers["content-security-policy"] == "sandbox; default-src 'none'"
            if answer["single"]:
                assert file.headers["content-type"] == "text/plain; charset=utf-8"
                assert file.content.decode() == answer["texts"][0]
            else:
                assert file.json()["shape"] == answer["shape"]
                assert np.array(file.json()["texts"]).reshape(-1).tolist() == answer["texts"]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 3, 2), (0,)])
def test_tensors_of_strings_are_the_tables_of_tensorboard(served: Any, shape: tuple[int, ...]) -> None:
    strings = [f"cell **{i}**" for i in range(int(np.prod(shape)))]
    client = served(text_tensor("t", 1, [one.encode() for one in strings], shape))
    (answer,) = ask(client, places(client, "r", "t"), form="markdown")
    assert answer["shape"] == list(shape)
    assert answer["slice"] is (len(shape) > 2)
    if not strings:
        return
    theirs = parse(text_plugin.text_array_to_html(np.array(strings, dtype=object).reshape(shape), True))
    ours = parse(answer["html"])
    if len(strings) == 1:  # TensorBoard frames a list of one; a table of one cell says no more than its text
        assert ours.tags.count("strong") == theirs.tags.count("strong") == 1
    else:
        for tag in ("tr", "td"):
            assert ours.tags.count(tag) == theirs.tags.count(tag), tag
    (plain,) = ask(client, places(client, "r", "t"))
    expected = np.array(strings, dtype=object).reshape(shape)
    while expected.ndim > 2:
        expected = expected[0]
    assert plain["texts"] == expected.reshape(-1).tolist()


def test_long_texts_are_cut_and_the_file_has_all_of_them(served: Any) -> None:
    long = "word " * 300_000
    client = served(text("t", 1, long), text_tensor("table", 1, [b"x"] * 100_000, (1000, 100)))
    (answer,) = ask(client, places(client, "r", "t"))
    assert answer["cut"]
    assert answer["characters"] == len(long)
    assert long.startswith(answer["texts"][0])
    assert len(answer["texts"][0]) <= 64 << 10
    assert client.get("/api/text_file", params=places(client, "r", "t")[0]).text == long
    (table,) = ask(client, places(client, "r", "table"), form="markdown")
    assert table["cut"]
    assert len(table["html"]) < 1 << 20
    one = client.get("/api/text_file", params={**places(client, "r", "table")[0], "index": 99_999})
    assert one.text == "x"
    assert client.get("/api/text_file", params={**places(client, "r", "table")[0], "index": 100_000}).status_code == 400


def test_bytes_that_are_no_text_survive_as_a_file(served: Any) -> None:
    raw = b"caf\xe9 \x00\x1b[31m \xff\xfe end"
    client = served(text_tensor("t", 1, [raw], ()))
    place = places(client, "r", "t")[0]
    assert client.get("/api/text_file", params=place).content == raw
    (answer,) = ask(client, [place], find={"text": "end"})
    ((_, start, end),) = answer["marks"]
    units = answer["texts"][0].encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "end"
    assert client.post("/api/texts/diff", json={"left": place, "right": place}).json()["added"] == 0


def test_captured_output_is_given_whole_as_it_was_printed(served: Any) -> None:
    client = served(text("output/stdout", 0, "    epoch 0\n      indented"), text("output/stdout", 2, "    epoch 1"))
    answer = client.get("/api/text_file", params={"run": "r", "tag": "output/stdout"})
    assert answer.text == "epoch 0\n  indented\nepoch 1\n"
    assert client.get("/api/text_file", params={"run": "r", "tag": "nothing"}).status_code == 404


def test_a_pattern_is_found_in_every_step_and_where_it_is(served: Any) -> None:
    records = [text("a", step, f"line\n😀 loss {step} Best" if step % 2 else "nothing") for step in range(10)]
    client = served(*records, text("b", 1, "LOSS"))

    def search(pattern: str, *, is_regex: bool = False) -> dict[str, Any]:
        find = {"text": pattern, "is_regex": is_regex}
        asked = {"series": [["r", "a"], ["r", "b"], ["r", "gone"], ["gone", "a"]], "find": find}
        answer = client.post("/api/texts/search", json=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    found = search("loss")
    assert [(hit["tag"], hit["step"]) for hit in found["hits"]] == [
        *(("a", str(i)) for i in (9, 7, 5, 3, 1)),
        ("b", "1"),
    ]
    assert (found["searched"], found["total"], found["error"]) == (11, 11, None)
    first = found["hits"][0]
    assert (first["line"], first["count"], first["excerpt"]) == (2, 1, "😀 loss 9 Best")
    assert first["marks"] == [[3, 7]]  # as JavaScript counts: the face is two
    assert [hit["step"] for hit in search("Best")["hits"]] == ["9", "7", "5", "3", "1"]
    assert search("BEST")["hits"] == []  # a capital is meant
    assert [hit["step"] for hit in search("loss [37]", is_regex=True)["hits"]] == ["7", "3"]
    assert search("loss [37]")["hits"] == []
    assert "Not a regex" in search("(", is_regex=True)["error"]
    assert search(r"(x*)*y", is_regex=True)["hits"] == []
    assert search("   ")["hits"] == []


def test_what_is_found_is_marked_in_the_texts(served: Any) -> None:
    client = served(text("a", 0, "# Loss\n\nloss 1 loss 2"))
    asked = places(client, "r", "a")
    (plain,) = ask(client, asked, find={"text": "loss"})
    assert [plain["texts"][0][start:end] for _, start, end in plain["marks"]] == ["Loss", "loss", "loss"]
    (rendered,) = ask(client, asked, form="markdown", find={"text": r"loss \d", "is_regex": True})
    assert rendered["matched"] == ["loss 1", "loss 2"]
    assert client.post("/api/texts", json={"texts": asked, "find": {"text": "(", "is_regex": True}}).status_code == 400


def test_two_texts_are_compared(served: Any) -> None:
    client = served(
        text("a", 0, "one\ntwo\nthree"), text("a", 1, "one\n2\nthree"), text_tensor("t", 1, [b"a", b"b"], (1, 2))
    )
    (left, right), (other,) = places(client, "r", "a"), places(client, "r", "t")
    found = client.post("/api/texts/diff", json={"left": left, "right": right}).json()
    assert [row["kind"] for row in found["rows"]] == ["same", "removed", "added", "same"]
    assert (found["added"], found["removed"]) == (1, 1)
    rows = client.post("/api/texts/diff", json={"left": left, "right": other}).json()["rows"]
    assert rows[-1]["parts"] == [["a\tb", False]]
    gone = {**left, "tag": "nothing"}
    assert client.post("/api/texts/diff", json={"left": gone, "right": right}).status_code == 404


def test_a_damaged_text_takes_no_other_along(tmp_path: Path) -> None:
    path = write(tmp_path / "r" / NAME, version(), text("t", 1, "one"), text("t", 2, "two"))
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        asked = places(client, "r", "t")
        path.write_bytes(path.read_bytes().replace(b"one", b"eno"))  # the checksum is wrong now
        damaged, whole = ask(client, asked)
        assert "other bytes" in damaged["error"]
        assert whole["texts"] == ["two"]
        found = client.post("/api/texts/search", json={"series": [["r", "t"]], "find": {"text": "o"}}).json()
        assert [hit["step"] for hit in found["hits"]] == ["2"]


def test_questions_have_limits(corpus: TestClient) -> None:
    place = {"run": "x", "tag": "y", "ref": "z"}
    assert corpus.post("/api/texts", json={"texts": [place] * 51}).status_code == 400
    assert corpus.post("/api/texts", json={"texts": [], "form": "html"}).status_code == 400
    search = {"series": [], "find": {"text": "x" * 1001}}
    assert corpus.post("/api/texts/search", json=search).status_code == 400
    assert corpus.post("/api/texts/diff", json={"left": place, "right": place, "context": 1001}).status_code == 400


HARMFUL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](https://evil.example/beacon.png)",
    "![x][y]\n\n[y]: https://evil.example/beacon.png",
    "<https://ok.example/?<script>>",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<iframe src=https://evil.example></iframe>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=https://evil.example><input name=a></form>",
    "```html onclick=alert(1)\n<b>\n```",
    '[x](https://a.example "t\\" onmouseover=alert(1)")',
    "[a](<javascript:alert(1)>)",
    "[a](&#106;avascript:alert(1))",
    "| <td onclick=alert(1)> |\n|---|\n| <script>1</script> |",
]


@pytest.mark.parametrize("harmful", HARMFUL)
def test_markdown_renders_to_plain_elements_only(harmful: str) -> None:
    parsed = parse(render_markdown(harmful))
    assert set(parsed.tags) <= {"a", "p", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}
    assert parsed.attributes <= {"href", "title", "rel", "align"}
    html = render_markdown(harmful).lower()
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert 'href="vb' not in html


def test_markdown_as_people_write_it() -> None:
    html = render_markdown(
        "- [ ] open\n- [x] done\n\n| a | b |\n|--:|:-:|\n| 1 | 2 |\n\n3. three\n\n~~no~~ ![plot](https://x.example/p.png)"
    )
    assert "<li>☐ open</li>" in html
    assert "<li>☑ done</li>" in html
    assert '<th align="right">a</th>' in html
    assert '<td align="center">2</td>' in html
    assert '<ol start="3">' in html
    assert "<s>no</s>" in html
    assert '<a href="https://x.example/p.png" rel="noopener noreferrer nofollow">[image: plot]</a>' in html
    badge = render_markdown("[![build](https://x.example/b.svg)](https://x.example/)")
    assert parse(badge).tags.count("a") == 1
