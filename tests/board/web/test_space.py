"""Embeddings and meshes over HTTP: columns that a browser decodes, files of few types, hostile metadata."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.board.embeddings.written import run_with
from tests.board.web.conftest import serve_in_process, wait_until_loaded
from writer import SummaryWriter

HOSTILE = "</script><img src=x onerror=alert(1)>"
POINT = {"run": "run", "tensor": "points"}


def numbers(column: dict[str, str]) -> Any:
    return np.frombuffer(base64.b64decode(column["bdata"]), np.dtype(column["dtype"]).newbyteorder("<"))


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    logdir = tmp_path_factory.mktemp("space")
    rng = np.random.default_rng(0)
    rows = "\n".join("\t".join(map(str, row)) for row in rng.normal(size=(40, 6)).tolist())
    labels = "\n".join(["word\tclass"] + [f"{HOSTILE if i == 3 else f'w{i}'}\t{i % 2}" for i in range(40)])
    config = (
        'embeddings { tensor_name: "points" tensor_path: "tensors.tsv" metadata_path: "metadata.tsv" '
        'sprite { image_path: "sprite.png" single_image_dim: 4 single_image_dim: 4 } }'
    )
    run_with(logdir / "run", config, tensors_tsv=rows, metadata_tsv=labels, sprite_png=png(28, 28))
    for name, content in (
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("huge", png(1, 1)[:16] + (60_000).to_bytes(4, "big") * 2 + png(1, 1)[24:]),
    ):
        run_with(logdir / name, config, tensors_tsv="1\t2\n", sprite_png=content)
    run_with(logdir / "bad", "embeddings {")
    with SummaryWriter(logdir / "meshes") as writer:
        writer.add_mesh("cloud", rng.normal(size=(2, 50, 3)), faces=np.array([[[0, 1, 2]]] * 2), global_step=4)
    with serve_in_process(logdir) as served:
        wait_until_loaded(served)
        yield served


def test_what_there_is(client: TestClient) -> None:
    listed = client.get("/api/embeddings").json()
    assert {"run": "run", "tensor": "points", "steps": [None]} in listed["embeddings"]
    assert [problem["run"] for problem in listed["problems"]] == ["bad"]
    assert client.get("/api/counts").json()["embedding"] == 3


def test_one_of_them(client: TestClient) -> None:
    about = client.get("/api/embedding", params=POINT).json()
    assert {key: about[key] for key in ("points", "dimensions", "drawn", "sprite")} == {
        "points": 40,
        "dimensions": 6,
        "drawn": 40,
        "sprite": [4, 4],
    }
    assert about["columns"] == [
        {"name": "word", "distinct": 40, "numeric": False},
        {"name": "class", "distinct": 2, "numeric": True},
    ]
    assert client.get("/api/embedding", params={"run": "svg", "tensor": "points"}).json()["notes"] == [
        "No metadata: the metadata 'metadata.tsv' cannot be read: No such file or directory."
    ]


def test_components_are_columns_of_float32(client: TestClient) -> None:
    answer = client.get("/api/embedding/components", params={**POINT, "axes": [0, 1, 9]}).json()
    assert [column["dtype"] for column in answer["columns"][:2]] == ["f4", "f4"]
    first, second, none = map(numbers, answer["columns"])
    assert len(first) == 40
    assert first.var() > second.var() > 0
    assert not none.any()
    assert answer["exact"]
    assert sum(answer["shares"]) == pytest.approx(1)
    sphere = client.get("/api/embedding/components", params={**POINT, "sphere": True}).json()
    assert numbers(sphere["columns"][0]).max() < 1.01


@pytest.mark.parametrize(
    ("text", "column", "count"),
    [
        ("w1", 0, 11),
        ("W1", 0, 0),
        ("w1$", None, 1),
        ("^w.$", 0, 9),
        ("onerror", None, 1),
        ("(((", None, 0),
        ("1", 1, 20),
        ("(a+)+$", None, 0),
    ],
)
def test_points_are_found_by_text_and_by_regex(client: TestClient, text: str, column: int | None, count: int) -> None:
    answer = client.get(
        "/api/embedding/search",
        params={**POINT, "text": text, "column": column} if column is not None else {**POINT, "text": text},
    ).json()
    assert len(numbers(answer["points"])) == count
    assert (answer["error"] is not None) == (text == "(((")


def test_a_point_with_its_neighbours(client: TestClient) -> None:
    near = client.get("/api/embedding/near", params={**POINT, "point": 3, "count": 5, "metric": "euclidean"}).json()
    assert near["metadata"] == [["word", HOSTILE], ["class", "1"]]
    distances = numbers(near["distances"])
    assert len(distances) == 5
    assert (np.diff(distances) >= 0).all()
    assert 3 not in numbers(near["points"])
    assert client.get("/api/embedding/near", params={**POINT, "point": 40}).status_code == 404


def test_an_axis_between_two_classes(client: TestClient) -> None:
    ends = {**POINT, "start": "0", "end": "1", "column": 1}
    places = numbers(client.get("/api/embedding/axis", params=ends).json()["column"])
    assert places[::2].mean() == pytest.approx(0, abs=1e-5)
    assert places[1::2].mean() == pytest.approx(1, abs=1e-5)
    assert client.get("/api/embedding/axis", params={**ends, "end": "nobody"}).status_code == 400


def test_a_column_of_words(client: TestClient) -> None:
    column = client.get("/api/embedding/column", params={**POINT, "column": 1}).json()
    assert sorted(column["words"]) == ["0", "1"]
    assert numbers(column["numbers"]).tolist()[:3] == [0, 1, 0]
    assert column["name"] == "class"
    assert client.get("/api/embedding/column", params={**POINT, "column": 2}).status_code == 404


def test_a_sprite_is_a_picture_or_is_not_sent(client: TestClient) -> None:
    sent = client.get("/api/embedding/sprite", params=POINT)
    assert sent.headers["content-type"] == "image/png"
    assert sent.headers["content-security-policy"].startswith("sandbox")
    assert sent.headers["x-content-type-options"] == "nosniff"
    for run, said in (("svg", "no picture that browsers know"), ("huge", "60000 × 60000 pixels")):
        refused = client.get("/api/embedding/sprite", params={**POINT, "run": run})
        assert refused.status_code == 400
        assert said in refused.json()["error"]


@pytest.mark.parametrize(
    "body",
    [{"method": "pca"}, {"method": "umap", "dims": 5}, {"method": "tsne", "neighbours": 1}, {"method": "umap", "x": 1}],
)
def test_a_layout_has_limits(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/api/embedding/layout", json={**POINT, **body}).status_code == 400


def test_a_mesh_is_columns_and_a_file(client: TestClient) -> None:
    (ref,) = client.get("/api/blobs", params={"kind": "mesh", "run": "meshes", "tag": "cloud_VERTEX"}).json()["refs"]
    asked = {"run": "meshes", "tag": "cloud", "ref": ref, "item": 1}
    mesh = client.get("/api/mesh", params=asked).json()
    assert (mesh["step"], mesh["items"], mesh["notes"], mesh["colors"]) == ("4", 2, [], None)
    vertices = numbers(mesh["vertices"]).reshape(-1, 3)
    assert len(vertices) == 50
    assert mesh["bounds"] == [pytest.approx(vertices.min(axis=0)), pytest.approx(vertices.max(axis=0))]
    assert numbers(mesh["faces"]).tolist() == [0, 1, 2]
    file = client.get("/api/mesh.ply", params=asked)
    assert file.content.startswith(b"ply\n")
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["content-type"] == "application/octet-stream"
    for wrong in ({"item": 2}, {"tag": "other"}, {"ref": ref.replace("-", "-9", 1)}):
        assert client.get("/api/mesh", params={**asked, **wrong}).status_code == 404


def test_regexes_find_meshes_by_the_name_that_pages_show(client: TestClient) -> None:
    assert client.get("/api/tags/match", params={"kind": "mesh", "pattern": "^clo.d$"}).json()["tags"] == ["cloud"]
