"""The live stream of a real server: files grow, pages hear of it."""

import socket
from contextlib import ExitStack
from pathlib import Path

from board.live import Live
from tests.board.logged import append_events, image, scalar
from tests.board.served import BoardProcess, ServedEvent, Stream, wait_until


def read_until_tag(stream: Stream, run: str, kind: str, tag: str) -> ServedEvent:
    for event in stream.events():
        if event.name == "delta" and tag in event.data["grew"].get(run, {}).get(kind, []):
            return event
    raise AssertionError("the stream ended")


def test_growth_is_a_delta_and_the_pixels_have_it(tmp_path: Path) -> None:
    append_events(tmp_path / "a", [scalar("loss", 1, 0.5)])
    with BoardProcess([str(tmp_path)]) as board:
        wait_until(lambda: board.get("/api/counts").get("scalar"), "the first read")
        known = board.get("/api/runs")
        stream = board.stream(f"/api/live?boot={known['boot']}&interests=runs,scalar")
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.response.headers
        assert stream.response.headers["content-security-policy"]
        assert next(stream.events()).data["boot"] == known["boot"]

        append_events(tmp_path / "a", [scalar("loss", 2, 0.25), image("pic", 2, b"x")])
        event = read_until_tag(stream, "a", "scalar", "loss")
        assert event.id == f"{known['boot']}-{event.data['revision']}"
        assert "image" not in event.data["grew"]["a"]
        assert board.get("/api/runs")["revision"] >= event.data["revision"] > known["revision"]

        append_events(tmp_path / "b", [scalar("acc", 1, 1.0)])
        for event in stream.events():
            if event.name == "delta" and "b" in event.data["added"]:
                break

        seen = event.id
        stream.close()
        again = board.stream(headers={"Last-Event-ID": seen, "Accept-Encoding": "gzip"})
        assert "content-encoding" not in again.response.headers
        hello = next(again.events())
        assert (hello.name, hello.data["boot"]) == ("hello", known["boot"])
        stranger = board.stream(headers={"Last-Event-ID": "another-12"}).events()
        assert [next(stranger).name, next(stranger).name] == ["reload", "hello"]
        late = next(board.stream(headers={"Last-Event-ID": f"{known['boot']}-0"}).events())
        assert late.data["missed"] is True
        code, _, stderr = board.stop()
        assert (code, stderr) == (0, "")


def test_hostile_names_travel_letter_for_letter(tmp_path: Path) -> None:
    names = [
        "a<b>c</b>",
        '<a href="https:evil.example">x',
        "&lt;b&gt;",
        "<script>x",
        "lr<0.1",
        "line\nbreak",
        "data: x",
    ]
    for name in names:
        append_events(tmp_path / name, [scalar(name, 1, 0.5)])
    with BoardProcess([str(tmp_path)]) as board:
        wait_until(lambda: board.get("/api/counts").get("scalar") == len(names), "the first read")
        stream = board.stream()
        assert next(stream.events()).name == "hello"
        for name in names:
            append_events(tmp_path / name, [scalar(name, 2, 0.5)])
        missing = set(names)
        for event in stream.events():
            if event.name == "delta":
                missing -= {tag for kinds in event.data["grew"].values() for tag in kinds.get("scalar", [])}
            if not missing:
                break
        assert board.stop()[0] == 0


def test_streams_are_bounded_and_who_leaves_makes_room(tmp_path: Path) -> None:
    request = b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with BoardProcess([str(tmp_path)]) as board, ExitStack() as opened:

        def status() -> bytes:
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", board.port), timeout=20))
            connection.sendall(request)
            return connection.recv(12)[9:]

        assert {status() for _ in range(500)} == {b"200"}
        assert status() == b"503"
        assert board.request("/scalars")[0] == 200
        opened.close()
        wait_until(lambda: status() == b"200", "room")
        code, took_s, stderr = board.stop()
        assert (code, stderr) == (0, "")
        assert took_s < 2


def test_a_second_board_is_another_boot() -> None:
    assert Live().boot != Live().boot
