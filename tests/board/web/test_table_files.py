"""The table as CSV, Markdown and LaTeX, read back by other programs; and importance as the page asks for it."""

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from markdown_it import MarkdownIt

from board.export.written_tables import WRITTEN, WrittenColumn
from tests.board.logged import append_events, scalar
from tests.board.table.sweeps import sweep
from tests.board.web.conftest import serve_in_process, wait_until_loaded

NASTY = [
    "a|b",
    "</td><script>alert(1)</script>",
    "**bold** _it_ `code` [x](javascript:alert(1)) ![i](u) $x$ ~~s~~ &amp; <https://x.y>",
    "two\nlines\r\n\ttab",
    "\\input{/etc/passwd} \\write18{ls} % # & _ ^ ~ { } $ \" ' ` -- <<>>",
    "[opt] * star",
    "*",
    "=1+1",
    "\\",
    "\\|",
    'quote " and, comma',
    "\udce9bytes",
    "ünïcode 🙂",
    "",
]


def written(form: str, columns: list[WrittenColumn], digits: int | None = 4) -> str:
    return b"".join(WRITTEN[form].parts(columns, digits)).decode()


def test_csv_reads_back_and_no_spreadsheet_runs_it() -> None:
    columns = [
        WrittenColumn("=cmd|' /C calc'!A0", NASTY),
        WrittenColumn("x", [0.1 + 0.2, 2**60 + 1, float("nan"), -1.5, True, None, "", [1, "a"], *[10**400] * 6]),
    ]
    head, *rows = csv.reader(io.StringIO(written("csv", columns), newline=""))
    assert head == ["'=cmd|' /C calc'!A0", "x"]
    assert [row[0] for row in rows] == [
        {"=1+1": "'=1+1", "\udce9bytes": "\\udce9bytes"}.get(text, text) for text in NASTY
    ]
    numbers = ["0.30000000000000004", "1152921504606846977", "nan", "-1.5", "True", "None", "", '[1, "a"]']
    assert [row[1] for row in rows][:8] == numbers
    assert int(rows[8][1]) == 10**400
    long = written("csv", [WrittenColumn("x", ["y" * 1_000_000])])
    assert len(long) < 33_000


def test_markdown_is_one_table_of_plain_text() -> None:
    values = [1234567.0, 0.000012345, 1 / 3, float("inf"), 5, *[1e20] * (len(NASTY) - 5)]
    text = written("markdown", [WrittenColumn(NASTY[2], NASTY), WrittenColumn("n|m", values)])
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough", "linkify"][:2]).render(text)
    assert html.count("<table>") == 1
    assert html.count("<tr>") == len(NASTY) + 1
    for tag in ("<script", "<strong", "<em", "<code", "<a ", "<img", "<s>"):
        assert tag not in html
    cells = [line.split(">", 1)[1].rpartition("</td>")[0] for line in html.splitlines() if line.startswith("<td>")]
    assert cells[0] == "a|b"
    assert cells[3] == "two lines tab"
    assert cells[9] == "\\|"
    assert 'style="text-align:right">1235000<' in html
    assert ">1.234e-05<" in html or ">1.235e-05<" in html
    assert ">0.3333<" in html
    assert ">inf<" in html
    assert ">1e+20<" in html


def test_latex_says_every_sign_and_obeys_none() -> None:
    text = written("latex", [WrittenColumn("lr_%", NASTY), WrittenColumn("x", [-1e-5, 0.5] + [1] * (len(NASTY) - 2))])
    assert "\\begin{tabular}{lr}\n  \\toprule\n  lr\\_\\% & x \\\\\n  \\midrule\n" in text
    rows = text.partition("\\midrule\n")[2].partition("  \\bottomrule")[0].splitlines()
    assert len(rows) == len(NASTY)
    assert rows[0] == "  a\\textbar{}b & $-1 \\times 10^{-5}$ \\\\"
    assert rows[1].endswith(" & $0.5$ \\\\")
    assert "\\textbackslash{}input\\{/etc/passwd\\}" in rows[4]
    assert "-{}-{}" in rows[4]
    assert rows[5].startswith("  {[}opt{]} {*} star")
    assert rows[6].startswith("  {*} &")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_itself_sets_it(tmp_path: Path) -> None:
    plain = [text for text in NASTY if text.isascii()]
    table = written("latex", [WrittenColumn("lr_%", plain), WrittenColumn("x", [-1e-5] * len(plain))])
    page = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs}\\begin{document}"
    (tmp_path / "t.tex").write_text(f"{page}\n{table}\\end{{document}}\n")
    found = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"], cwd=tmp_path, capture_output=True
    )
    assert found.returncode == 0, found.stdout[-2000:]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root = tmp_path_factory.mktemp("sweep")
    for at, (hparams, loss) in enumerate(zip(*sweep(60), strict=True)):
        append_events(root / f"run{at:02}", [scalar("loss", 1, 9.0), scalar("loss", 2, loss)])
        (root / f"run{at:02}/config.json").write_text(json.dumps(hparams | {"same": 1}))
    append_events(root / "odd", [scalar("loss", 1, float("nan"))])
    (root / "odd/config.json").write_text('{"lr": 1}')
    with serve_in_process(root, state=str(tmp_path_factory.mktemp("state"))) as client:
        wait_until_loaded(client)
        client.post("/api/runs/choose", json={"runs": ["run01"], "title": "=mine|"})
        yield client


def export(client: TestClient, **question: Any) -> str:
    answer = client.post("/api/table/export", json=question)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment;")
    return answer.text


def test_the_table_as_it_is_seen(client: TestClient) -> None:
    loss = {"tag": "loss", "of": "best"}
    columns = [
        {"column": "title", "label": "Run"},
        {"column": "hparam", "name": "lr"},
        {"column": "hparam", "name": "bn", "label": "norm"},
        {"column": "hparam", "name": "nowhere"},
        {"column": "metric", "metric": loss},
        {"column": "step", "metric": loss},
        {"column": "status"},
    ]
    text = export(client, format="csv", runs=["run05", "run01", "gone", "odd"], columns=columns)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["Run", "lr", "norm", "nowhere", "loss (best)", "step of loss (best)", "Status"]
    assert [row[0] for row in rows[1:]] == ["run05", "'=mine|", "odd"]
    hparams, losses = sweep(60)
    assert float(rows[1][1]) == hparams[5]["lr"]
    assert (rows[1][2], rows[1][3], rows[1][5]) == (str(hparams[5]["bn"]), "", "2")
    assert float(rows[1][4]) == pytest.approx(losses[5], rel=1e-6)
    assert rows[3][2:] == ["", "", "nan", "1", ""]
    markdown = export(client, format="markdown", runs=["run05"], columns=columns, digits=2)
    assert markdown.splitlines()[1] == "| --- | ---: | --- | --- | ---: | ---: | --- |"
    assert "\\begin{tabular}{lrllrrl}" in export(client, format="latex", runs=["run05"], columns=columns)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "xlsx"}, "format"),
        ({"columns": []}, "columns"),
        ({"columns": [{"column": "metric"}]}, "says which metric"),
        ({"columns": [{"column": "run"}] * 601}, "columns"),
        ({"digits": 0}, "digits"),
        ({"runs": ["x"] * 20_001}, "runs"),
        ({"more": 1}, "more"),
    ],
)
def test_what_cannot_be_exported(client: TestClient, change: dict[str, Any], said: str) -> None:
    question = {"format": "csv", "runs": ["odd"], "columns": [{"column": "run"}]} | change
    answer = client.post("/api/table/export", json=question)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_importance_of_hparams(client: TestClient) -> None:
    answer = client.post("/api/importance", json={"metric": {"tag": "loss", "of": "best"}})
    assert answer.status_code == 200
    found = answer.json()
    assert {found["hparams"][0]["name"], found["hparams"][1]["name"]} == {"lr", "opt"}
    assert set(found["hparams"][0]) == {
        "name",
        "kind",
        "runs",
        "distinct",
        "importance",
        "low",
        "high",
        "matters",
        "direction",
    }
    assert found["left_out"] == [{"why": "loss (best) is NaN or infinite", "count": 1, "runs": ["odd"]}]
    assert (found["runs"], found["constant"], found["refused"]) == (60, ["same"], None)
    assert found["metric"]["goal"] == "min"
    assert set(found["r2"]) == {"mean", "low", "high", "spread"}
    assert "R²" not in found["sentence"]
    few = client.post("/api/importance", json={"metric": {"tag": "loss"}, "runs": ["run01", "run02"]}).json()
    assert few["refused"] == "2 runs have hparams and a finite value of loss; importance needs at least 10."
    own = client.post("/api/importance", json={"metric": {"tag": "loss"}, "hparams": ["lr", "opt", "nowhere"]}).json()
    assert {one["name"] for one in own["hparams"]} == {"lr", "opt"}
    assert client.post("/api/importance", json={}).status_code == 400
