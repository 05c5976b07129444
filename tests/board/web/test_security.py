"""Who is answered, who is refused, and with which headers; every row fails if its defence is taken away."""

import json
import socket
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.board.web.conftest import serve_in_process

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
EMPTY_QUESTION = {"charts": []}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return serve_in_process(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:6006", 200),
        ("localhost", 200),
        ("LocalHost:1", 200),
        ("[::1]", 200),
        ("[::1]:6006", 200),
        ("evil.example", 421),
        ("evil.example:6006", 421),
        ("", 421),
        ("localhost.", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.nip.io", 421),
        ("localhost:8000:1", 421),
        ("localhost:http", 421),
        ("[::ffff:127.0.0.1]", 421),
        ("127.0.0.1@evil.example", 421),
        ("0.0.0.0", 421),
        ("localhost\tx", 421),
    ],
)
def test_answers_only_to_its_own_names(client: TestClient, host: str, status: int) -> None:
    for path in ("/api/counts", "/scalars", "/nowhere", "/static/js/main.js", "/api/live?boot=x"):
        if path.startswith("/api/live") and status == 200:
            continue  # an open stream would not end here
        answer = client.get(path, headers={"host": host})
        assert (answer.status_code == 421) == (status == 421), path
        assert answer.headers["content-security-policy"] == CSP


def test_a_refusal_names_the_flag_and_nothing_hostile(client: TestClient) -> None:
    assert "--allowed-host gpu-7.example\n" in client.get("/", headers={"host": "gpu-7.example:80"}).text
    assert "script" not in client.get("/", headers={"host": "<script>"}).text


def test_names_can_be_added(tmp_path: Path) -> None:
    client = serve_in_process(tmp_path, allowed_hosts=("GPU-7.example",), host="10.0.0.5")
    for host, status in (("gpu-7.example:80", 200), ("10.0.0.5:6006", 200), ("gpu-8.example", 421)):
        assert client.get("/api/counts", headers={"host": host}).status_code == status
    anyone = serve_in_process(tmp_path, allowed_hosts=("*",))
    assert anyone.get("/api/counts", headers={"host": "evil.example"}).status_code == 200


def test_two_host_headers_are_refused(client: TestClient) -> None:
    answer = client.get("/api/counts", headers=[("host", "localhost"), ("host", "evil.example")])  # type: ignore[arg-type]
    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "anything"}, 403),
        ({"sec-fetch-site": ""}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"}, 403),
        # plain http to another machine: browsers send Origin alone
        ({"origin": "http://127.0.0.1"}, 200),
        ({"origin": "https://127.0.0.1"}, 200),  # behind a proxy that ends TLS
        ({"origin": "http://127.0.0.1:6006"}, 403),
        ({"origin": "http://localhost"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1.evil.example"}, 403),
        ({"origin": "https://evil#127.0.0.1"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
    ],
)
def test_only_own_pages_may_post(client: TestClient, headers: dict[str, str], status: int) -> None:
    for path in ("/api/pixels", "/api/nearest", "/api/ranges"):
        assert client.post(path, json=EMPTY_QUESTION, headers=headers).status_code == status
    view = {"page": "scalars", "query": ""}  # nothing is kept by this board: 503 is a question that was understood
    assert client.post("/api/views", json=view, headers=headers).status_code == {200: 503}.get(status, status)
    assert client.post("/api/query", json={"query": ""}, headers=headers).status_code == status


def test_no_other_site_may_post_anywhere(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()["paths"]
    posts = [path for path, methods in described.items() if "post" in methods]
    assert len(posts) > 3
    for path in posts:
        assert client.post(path, json={}, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_form_cannot_post_json(client: TestClient) -> None:
    answer = client.post("/api/pixels", content=json.dumps(EMPTY_QUESTION), headers={"content-type": "text/plain"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 307),
        ("GET", "/scalars", 200),
        ("GET", "/images", 200),
        ("GET", "/graphs", 200),
        ("GET", "/static/js/main.js", 200),
        ("GET", "/static/js/nothing.js", 404),
        ("GET", "/api/runs", 200),
        ("GET", "/api/tags?kind=scalar", 200),
        ("GET", "/api/tags?kind=nonsense", 400),
        ("GET", "/api/tags", 400),
        ("GET", "/api/counts", 200),
        ("GET", "/api/graphs", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/live?interests=nonsense", 400),
        ("GET", "/api/nothing", 404),
        ("GET", "/scalars/", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
        ("GET", "/api/hparams", 200),
        ("GET", "/api/hparams/values?name=x", 200),
        ("GET", "/api/hparams/run?run=x", 404),
        ("GET", "/api/metric?tag=x&of=nonsense", 400),
        ("GET", "/api/notices", 200),
        ("GET", "/api/state", 200),
        ("GET", "/api/views", 200),
        ("GET", "/v/nothing", 404),
        ("POST", "/api/runs", 405),
        ("POST", "/scalars", 405),
        ("PUT", "/api/runs", 405),
        ("DELETE", "/api/runs", 405),
        ("OPTIONS", "/api/pixels", 405),
        ("GET", "/api/pixels", 405),
        ("GET", "/api/image?run=x&tag=y&ref=z", 404),
        ("GET", "/meshes", 200),
        ("GET", "/embeddings", 200),
        ("GET", "/api/embeddings", 200),
        ("GET", "/api/embedding?run=x&tensor=y", 404),
        ("GET", "/api/embedding/layout?id=x", 404),
        ("GET", "/api/mesh?run=x&tag=y&ref=z", 404),
        ("GET", "/api/scalars.csv?run=x&tag=y", 404),
    ],
)
def test_every_answer_has_the_headers(client: TestClient, method: str, path: str, status: int) -> None:
    headers = {"origin": "https://evil.example"} if method != "POST" else {}
    answer = client.request(method, path, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "cache-control" in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "server"]
    if status >= 400:
        assert set(answer.json()) == {"error"}


def test_every_route_is_in_the_table_above(client: TestClient) -> None:
    """A route that is added has to be thought of here."""
    described = client.get("/api/openapi.json").json()["paths"]
    assert {(path, method) for path, methods in described.items() for method in methods} == {
        ("/api/runs", "get"),
        ("/api/tags", "get"),
        ("/api/counts", "get"),
        ("/api/query", "post"),
        ("/api/query/complete", "post"),
        ("/api/groups", "post"),
        ("/api/hparams", "get"),
        ("/api/hparams/values", "get"),
        ("/api/hparams/run", "get"),
        ("/api/metric", "get"),
        ("/api/notices", "get"),
        ("/api/state", "get"),
        ("/api/views", "get"),
        ("/api/views", "post"),
        ("/api/views/rename", "post"),
        ("/api/views/delete", "post"),
        ("/api/runs/choose", "post"),
        ("/api/runs/chosen", "get"),
        ("/api/note", "post"),
        ("/api/state/export", "get"),
        ("/api/state/import", "post"),
        ("/api/compare", "post"),
        ("/api/compare/metrics", "post"),
        ("/api/compare/text", "post"),
        ("/api/table", "post"),
        ("/api/table/export", "post"),
        ("/api/importance", "post"),
        ("/api/tags/match", "get"),
        ("/api/pixels", "post"),
        ("/api/nearest", "post"),
        ("/api/ranges", "post"),
        ("/api/scalars.csv", "get"),
        ("/api/export", "get"),
        ("/api/export", "post"),
        ("/api/blobs", "get"),
        ("/api/image", "get"),
        ("/api/image_info", "get"),
        ("/api/clip", "get"),
        ("/api/clip_info", "get"),
        ("/api/histograms", "get"),
        ("/api/texts", "get"),
        ("/api/texts", "post"),
        ("/api/texts/search", "post"),
        ("/api/texts/diff", "post"),
        ("/api/text_file", "get"),
        ("/api/tensor", "get"),
        ("/api/tensor_file", "get"),
        ("/api/histogram_rows", "post"),
        ("/api/pr_curves", "post"),
        ("/api/pr_areas", "post"),
        ("/api/layouts", "get"),
        ("/api/mesh", "get"),
        ("/api/mesh.ply", "get"),
        ("/api/embeddings", "get"),
        ("/api/embedding", "get"),
        ("/api/embedding/components", "get"),
        ("/api/embedding/axis", "get"),
        ("/api/embedding/column", "get"),
        ("/api/embedding/search", "get"),
        ("/api/embedding/near", "get"),
        ("/api/embedding/sprite", "get"),
        ("/api/embedding/layout", "get"),
        ("/api/embedding/layout", "post"),
        ("/api/embedding/layout/cancel", "post"),
        ("/api/graphs", "get"),
        ("/api/graph", "get"),
        ("/api/graph_node", "get"),
        ("/api/graph_file", "post"),
        ("/api/live", "get"),
        ("/api/export/page", "post"),
    }


HOSTILE = [
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "C:\\boot.ini",
    "a;/../../etc/passwd",
    "\x00/etc/passwd",
    "%00",
    "%c0%ae%c0%ae%c0%af",
    "\u2024\u2024/etc",
    "~root/.ssh/id_rsa",
    "." * 3000,
    "*",
    "",
    "\udcff".encode("utf-8", "surrogatepass").decode("latin1"),
    "🙂",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_parameter_reaches_the_file_system(corpus: TestClient, text: str) -> None:
    run = next(r["name"] for r in corpus.get("/api/runs").json()["runs"])
    for path, given in (
        ("/api/scalars.csv", {"run": text, "tag": "loss"}),
        ("/api/scalars.csv", {"run": run, "tag": text}),
        ("/api/blobs", {"kind": "image", "run": text, "tag": text}),
        ("/api/blobs", {"kind": text, "run": run, "tag": "x"}),
        ("/api/image", {"run": text, "tag": text, "ref": text}),
        ("/api/image", {"run": run, "tag": "x", "ref": "x", "index": text}),
        ("/api/image_info", {"run": run, "tag": text, "ref": text}),
        ("/api/clip", {"kind": "audio", "run": text, "tag": text, "ref": text}),
        ("/api/clip", {"kind": "video", "run": run, "tag": "x", "ref": "x", "index": text}),
        ("/api/clip_info", {"kind": text, "run": run, "tag": "x", "ref": text}),
        ("/api/histograms", {"run": text, "tag": text}),
        ("/api/texts", {"run": run, "tag": text}),
        ("/api/text_file", {"run": text, "tag": text, "ref": text}),
        ("/api/text_file", {"run": run, "tag": text}),
        ("/api/tensor", {"run": text, "tag": text, "ref": text}),
        ("/api/tensor", {"run": run, "tag": "x", "ref": "x", "index": text}),
        ("/api/tensor_file", {"run": run, "tag": text, "ref": text, "kind": "tensor"}),
        ("/api/graph", {"run": text, "tag": text, "ref": text}),
        ("/api/graph_node", {"run": run, "tag": text, "ref": text, "name": text}),
        ("/api/graph", {"run": "", "tag": f"file:{text}", "profile": text}),
        ("/api/mesh", {"run": text, "tag": text, "ref": text}),
        ("/api/mesh", {"run": "torch/run_a", "tag": "mesh", "ref": text}),
        ("/api/mesh.ply", {"run": "torch/run_a", "tag": text, "ref": text}),
        ("/api/embedding", {"run": text, "tensor": text}),
        ("/api/embedding", {"run": "torch/run_a", "tensor": "default", "step": text or "x"}),
        ("/api/embedding/components", {"run": "torch/run_a", "tensor": text}),
        ("/api/embedding/axis", {"run": text, "tensor": "default", "start": text, "end": text}),
        ("/api/embedding/column", {"run": "torch/run_a", "tensor": "default", "column": text}),
        ("/api/embedding/search", {"run": text, "tensor": "default", "text": text}),
        ("/api/embedding/near", {"run": "torch/run_a", "tensor": "default", "point": text}),
        ("/api/embedding/sprite", {"run": "torch/run_a", "tensor": text}),
        ("/api/embedding/layout", {"id": text}),
        ("/api/tags", {"kind": text}),
        ("/api/runs/chosen", {"run": text}),
        ("/api/live", {"interests": f"x{text}"[:300]}),
    ):
        answer = corpus.get(path, params=given)
        assert answer.status_code in (400, 404), (path, given)
        assert set(answer.json()) == {"error"}
        assert "root:" not in answer.text
        assert "Traceback" not in answer.text
        assert "/work/" not in answer.text
    answer = corpus.post("/api/pixels", json={"charts": [{"id": "a", "tag": text, "runs": [text], "width": 100}]})
    assert answer.status_code == 200
    assert answer.json()["charts"][0]["lines"] == []
    metric = {"tag": text, "group": text, "of": "with", "by": text, "by_group": text}
    answer = corpus.post("/api/table", json={"runs": [text, run], "hparams": [text], "metrics": [metric]})
    assert answer.status_code == 200
    assert (answer.json()["runs"], answer.json()["hparams"], answer.json()["metrics"][0]["runs"]) == ([run], [], 0)
    answer = corpus.post("/api/importance", json={"runs": [text, run], "metric": metric, "hparams": [text]})
    assert answer.status_code == 200
    assert "at least 10" in answer.json()["refused"]
    columns = [{"column": "run"}, {"column": "hparam", "name": text}, {"column": "metric", "metric": metric}]
    for form in ("csv", "markdown", "latex"):
        answer = corpus.post("/api/table/export", json={"format": form, "runs": [text, run], "columns": columns})
        assert answer.status_code == 200
        assert "root:" not in answer.text
    for path in ("/api/pr_curves", "/api/pr_areas"):
        answer = corpus.post(path, json={"charts": [{"id": "a", "tag": text, "runs": [text, run]}]})
        assert answer.status_code == 200
        assert answer.json()["charts"][0]["runs"] == []
    place = {"run": text, "tag": text, "ref": text}
    refused = corpus.post("/api/texts", json={"texts": [place]})
    assert refused.status_code == 400 if len(text) > 1000 else refused.json()["texts"][0]["error"]
    assert corpus.post("/api/texts/diff", json={"left": place, "right": place}).status_code in (400, 404)
    sought = {"series": [[text, text], [run, text]], "find": {"text": text, "is_regex": False}}
    searched = corpus.post("/api/texts/search", json=sought)
    assert searched.status_code == 400 if len(text) > 1000 else searched.json()["hits"] == []


@pytest.mark.parametrize(
    "text", ["../app.py", "..%2fapp.py", "%2e%2e/settings.py", "js/../../board/app.py", "js%5c..%5c..", "js/%00"]
)
def test_static_files_stay_in_their_folder(client: TestClient, text: str) -> None:
    answer = client.get(f"/static/{text}")
    assert answer.status_code in (404, 405), answer.text


def test_a_body_has_a_limit(client: TestClient) -> None:
    def send(size: int) -> int:
        text = json.dumps(EMPTY_QUESTION)
        body = text + " " * (size - len(text))
        return client.post("/api/pixels", content=body, headers={"content-type": "application/json"}).status_code

    assert send(1 << 20) == 200
    assert send((1 << 20) + 1) == 413


def test_a_body_in_pieces_has_the_same_limit(client: TestClient) -> None:
    pieces = (b" " * 65536 for _ in range(17))
    answer = client.post("/api/pixels", content=pieces, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_url_has_a_limit(client: TestClient) -> None:
    def ask(size: int) -> int:
        head = "/api/tags?kind=scalar&x="
        return client.get(head + "x" * (size - len(head) + 1)).status_code  # one: the "?" counts in neither

    assert ask(16 << 10) == 200
    assert ask((16 << 10) + 1) == 414


def test_deep_json_is_a_complaint(client: TestClient) -> None:
    body = b'{"charts":' + b"[" * 500_000
    answer = client.post("/api/pixels", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_fault_of_ours_tells_no_more_than_that(tmp_path: Path) -> None:
    """A template that fails: the answer has neither path nor trace, and still all headers."""
    from board.app import create_app
    from board.logs import Logs
    from board.settings import Settings

    (tmp_path / "scalars.html").write_text("{{ nothing.of.the.kind }}")
    app = create_app(Settings(logdirs=("x",)), Logs(tmp_path, cache=False), templates_dir=tmp_path)
    answer = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False).get("/scalars")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text
    assert str(tmp_path) not in answer.text
    assert answer.headers["content-security-policy"] == CSP


def test_below_a_prefix_with_and_without_a_proxy_that_strips_it(tmp_path: Path) -> None:
    client = serve_in_process(tmp_path, base_path="/tools/board")
    for base in ("", "/tools/board"):
        assert client.get(f"{base}/scalars").status_code == 200
        assert client.get(f"{base}/api/counts").status_code == 200
        assert client.get(f"{base}/static/js/main.js").status_code == 200
        assert client.get(f"{base}/", follow_redirects=False).headers["location"] == "scalars"
    assert client.get("/tools/board", follow_redirects=False).headers["location"] == "board/scalars"
    assert client.get("/tools/boardroom").status_code == 404


def test_requests_that_no_library_would_send(tmp_path: Path) -> None:
    from tests.board.served import BoardProcess

    def answer(port: int, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(request)
            raw.shutdown(socket.SHUT_WR)
            received = b""
            while part := raw.recv(65536):
                received += part
            return received

    with BoardProcess([str(tmp_path)]) as board:
        for request, status in (
            (b"GET /api/counts HTTP/1.1\r\n\r\n", b"400"),  # no Host
            (b"GET /api/counts HTTP/1.0\r\n\r\n", b"421"),  # may have none, so we know no name
            (b"GET /api/counts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"400"),
            (b"GET http://evil.example/api/counts HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"GET /" + b"x" * 17_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
            (b"GET /api/counts HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40_000, b"400"),
            (b"POST /api/pixels HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n", b"413"),
            (b"nonsense\r\n\r\n", b"400"),
        ):
            assert answer(board.port, request).split(b" ")[1:2] == [status], request[:60]
        status, headers, _ = board.request("/api/counts", headers={"Host": "evil.example"})
        assert status == 421
        assert "server" not in headers
        code, _, stderr = board.stop()
        assert (code, stderr) == (0, "")
