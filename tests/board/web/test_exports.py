"""Downloads: every point, in every format, read back by other programs; what an attacker logs harms nobody."""

import csv
import gzip
import io
import json
import math
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

import board
from board.export.file_names import file_name
from board.export.tables import Selection, Table, find_format, spreadsheet_text
from tests.board.logged import append_events, scalar
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from writer import SummaryWriter

EVIL = ["=cmd|'/c calc'!A0", "+1", "-2", "@SUM(A1)", '=1,"2"\n3', "\tx", "＝1"]


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    values = [0.1, math.nan, math.inf, -math.inf, 1e-300, -5.0]
    for run in ("a/one", "b"):
        append_events(folder / run, [scalar("loss", i * 10, v) for i, v in enumerate(values)])
    append_events(folder / "b", [scalar("acc", 2**60 + i, 0.5) for i in range(3)])
    with SummaryWriter(folder / "again") as writer:
        for i in range(6):
            writer.add_scalar("loss", i, i)
    with SummaryWriter(folder / "again", purge_step=3) as writer:
        writer.add_scalar("loss", 30, 3)
    return folder


@pytest.fixture(scope="module")
def client(logdir: Path) -> TestClient:
    client = serve_in_process(logdir)
    with client:
        wait_until_loaded(client)
        return client


def rows(client: TestClient, **params: Any) -> list[dict[str, str]]:
    answer = client.get("/api/export", params={"format": "csv", **params})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_all_points_of_all_runs_are_in_the_csv(client: TestClient, logdir: Path) -> None:
    found = rows(client)
    logs = board.open(logdir, cache=False)
    assert len(found) == sum(len(series) for run in logs for series in logs[run].scalars.values())
    for run in logs:
        for tag, series in logs[run].scalars.items():
            own = [row for row in found if (row["run"], row["tag"]) == (run, tag)]
            assert [int(row["step"]) for row in own] == series.step.tolist()
            np.testing.assert_array_equal([float(row["value"]) for row in own], series.value)
            np.testing.assert_array_equal([float(row["wall_time"]) for row in own], series.wall_time)
            assert [row["superseded"] == "1" for row in own] == series.superseded.tolist()


def test_one_run_and_one_tag(client: TestClient) -> None:
    found = rows(client, run="b", tag="acc")
    assert [row["step"] for row in found] == [str(2**60 + i) for i in range(3)]
    assert {row["run"] for row in rows(client, run=["b", "a/one"], tag="loss")} == {"a/one", "b"}


def test_what_is_seen_is_smoothed_in_range_and_without_what_was_superseded(client: TestClient) -> None:
    seen = rows(client, run="again", tag="loss", points="seen", smoothing="ema", amount=0.5, **{"from": 1, "to": 3})
    assert [row["step"] for row in seen] == ["1", "2", "3"]
    assert [float(row["value"]) for row in seen] == [1.0, 2.0, 30.0]
    # As TensorBoard smooths: the whole series, then what is looked at.
    last, out = 0.0, []
    for n, value in enumerate([0.0, 1.0, 2.0, 30.0], 1):
        last = last * 0.5 + 0.5 * value
        out.append(last / (1 - 0.5**n))
    np.testing.assert_allclose([float(row["smoothed"]) for row in seen], out[1:])


def test_json_is_json(client: TestClient) -> None:
    answer = client.get("/api/export", params={"format": "json"})
    content = json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert content["columns"] == ["step", "wall_time", "value", "superseded"]
    series = {(one["run"], one["tag"]): one["points"] for one in content["series"]}
    assert set(series) == {("a/one", "loss"), ("b", "loss"), ("b", "acc"), ("again", "loss")}
    assert [point[2] for point in series["b", "loss"]][1:4] == ["NaN", "Infinity", "-Infinity"]
    assert [point[0] for point in series["b", "acc"]] == [str(2**60 + i) for i in range(3)]
    assert [point[3] for point in series["again", "loss"]] == [False] * 3 + [True] * 3 + [False]


def test_parquet_is_what_python_gives(client: TestClient, logdir: Path) -> None:
    answer = client.get("/api/export", params={"format": "parquet"})
    table = parquet.read_table(io.BytesIO(answer.content)).to_pandas()
    frame = board.open(logdir, cache=False).to_pandas()
    assert len(table) == len(frame)
    for column in ("run", "tag", "line"):
        assert table[column].astype(str).tolist() == frame[column].astype(str).tolist()
    for column in ("step", "value", "superseded"):
        np.testing.assert_array_equal(table[column], frame[column])


def test_frames_of_a_run_and_a_series(logdir: Path) -> None:
    run = board.open(logdir, cache=False)["b"]
    frame = run.scalars["loss"].to_pandas()
    assert frame["step"].tolist() == [0, 10, 20, 30, 40, 50]
    assert frame["wall_time"].iloc[1] == pandas.Timestamp(1.7e9 + 10, unit="s", tz="UTC")
    assert set(run.to_pandas()["tag"]) == {"loss", "acc"}
    assert set(run.to_pandas(["acc"])["tag"]) == {"acc"}


def test_odd_times_have_no_date(tmp_path: Path) -> None:
    times = [math.nan, math.inf, 1e300, 1.7e9 + 0.25, -1.5]
    append_events(tmp_path / "run", [scalar("loss", i, 1.0, t) for i, t in enumerate(times)])
    dates = board.open(tmp_path, cache=False)["run"].scalars["loss"].to_pandas()["wall_time"]
    assert dates.isna().tolist() == [True, True, True, False, False]
    assert dates.iloc[3] == pandas.Timestamp("2023-11-14T22:13:20.25Z")
    assert dates.iloc[4] == pandas.Timestamp("1969-12-31T23:59:58.5Z")


@pytest.mark.parametrize("name", EVIL)
def test_no_cell_of_a_spreadsheet_is_a_formula(name: str, tmp_path: Path) -> None:
    append_events(tmp_path / "run", [scalar(name, 0, -1.5)])
    series = board.open(tmp_path, cache=False).scalar_series()
    text = b"".join(find_format("csv").parts(Table(series, Selection()))).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["tag"] == f"'{name}"
    assert row["value"] == "-1.5"  # a number is one
    for line in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in line[:3] if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]


def test_names_that_are_no_text_are_spelled_out() -> None:
    assert spreadsheet_text(b"\xff=".decode("utf-8", "surrogateescape")) == "\\udcff="
    assert spreadsheet_text("größe") == "größe"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["mnist/cnn", "loss"], "mnist_cnn loss.csv"),
        (["../../etc/passwd"], "etc_passwd.csv"),
        (["..\\..\\x"], "x.csv"),
        (["con"], "scalars con.csv"),
        (["NUL.txt"], "scalars NUL.txt.csv"),
        ([".htaccess"], "htaccess.csv"),
        (["a\r\nSet-Cookie: x"], "aSet-Cookie_ x.csv"),
        (["exe\u202efdp"], "exefdp.csv"),
        (['"><script>'], "script.csv"),
        (["ö" * 200], "ö" * 60 + ".csv"),
        ([], "scalars.csv"),
        (["..."], "scalars.csv"),
        (["=1+1"], "1+1.csv"),
    ],
)
def test_file_names_are_harmless(names: list[str], expected: str) -> None:
    assert file_name(names, "csv") == expected


def test_the_header_cannot_be_broken_out_of(tmp_path: Path) -> None:
    tag = 'x"; filename="evil.exe\r\nX-Evil: 1'
    append_events(tmp_path / "run", [scalar(tag, 0, 1.0)])
    with serve_in_process(tmp_path) as client:
        wait_until_loaded(client)
        answer = client.get("/api/export", params={"tag": tag})
    assert "x-evil" not in answer.headers
    assert answer.headers["content-disposition"].count("filename=") == 1


def test_a_form_asks_for_what_a_url_has_no_room_for(client: TestClient) -> None:
    runs = [f"no run {i}" for i in range(1_000)]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/api/export", content="format=csv&run=b&tag=acc", headers=form)
    assert answer.text.count("\n") == 4
    answer = client.post("/api/export", content="&".join(f"run={run}" for run in runs), headers=form)
    assert answer.status_code == 404
    assert client.post("/api/export", content="", headers={**form, "sec-fetch-site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    ("params", "status", "says"),
    [
        ({"format": "xlsx"}, 400, "csv, json, parquet"),
        ({"run": "nobody"}, 404, "nobody"),
        ({"tag": "nothing"}, 404, "None of the runs"),
        ({"points": "seen", "from": "nan"}, 400, "from"),
        ({"points": "seen", "from": "5", "to": "1"}, 400, "holds no x"),
        ({"x": "ordinal"}, 400, "x"),
        ({"surprise": "1"}, 400, "surprise"),
    ],
)
def test_questions_that_make_no_sense(client: TestClient, params: dict[str, str], status: int, says: str) -> None:
    answer = client.get("/api/export", params=params)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text


def test_without_the_extra_it_is_said_how_to_get_it(logdir: Path) -> None:
    code = f"""
import sys
sys.modules["pyarrow"] = sys.modules["pandas"] = None  # as an installation without them
import board
from board.errors import MissingExtraError
from board.export.tables import Selection, Table, find_format
logs = board.open({str(logdir)!r}, cache=False)
for act in (logs.to_pandas, lambda: find_format("parquet").parts(Table(logs.scalar_series(), Selection()))):
    try:
        act()
    except MissingExtraError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "A frame needs pandas: pip install 'trainboard[export]'",
        "Parquet needs pyarrow: pip install 'trainboard[export]'",
    ]


@pytest.mark.parametrize("name", ["csv", "json", "parquet"])
def test_a_large_table_is_never_whole_in_memory(name: str, tmp_path: Path) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from benchmarks.event_logs import write_scalars

    write_scalars(tmp_path / "run", ["train/loss"], 1_200_000 if name == "parquet" else 400_000)
    table = Table(board.open(tmp_path, cache=False).scalar_series(), Selection())
    parts = find_format(name).parts(table)
    next(parts)
    tracemalloc.start()
    size = most = 0
    began = time.monotonic()
    for part in parts:
        size += len(part)
        most = max(most, tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
        if name != "parquet" and time.monotonic() - began > 1.5:  # every part is like the first ones
            break
    tracemalloc.stop()
    assert size > 1e6
    assert most < 80e6, f"{most / 1e6:.0f} MB"


def test_text_is_compressed_on_its_way(client: TestClient) -> None:
    with client.stream("GET", "/api/export", headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert gzip.decompress(raw).startswith(b"run,tag,line,step")
    plain = client.get("/api/export", headers={"accept-encoding": "identity"})
    assert plain.text == gzip.decompress(raw).decode()
