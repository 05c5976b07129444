"""Connections that say nothing, or take nothing, are ended; those that do something are not."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from board.connection import Connection
from tests.board.served import wait_until

pytestmark = pytest.mark.slow

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Hasty(Connection):
    patience_s = 0.2
    stalls = 2


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer slowly, and to /much with more than fits into any buffer."""
    if scope["type"] != "http":
        return
    await asyncio.sleep(0.7)
    pieces = 50 if scope["path"] == "/much" else 0
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % (pieces * 1_000_000))]}
    )
    if scope["method"] != "HEAD":
        for _ in range(pieces):
            await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def server() -> Iterator[uvicorn.Server]:
    config = uvicorn.Config(answer, http=Hasty, ws="none", lifespan="off", log_config=None, access_log=False, port=0)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    config.port = listener.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    wait_until(lambda: server.started, "the server")
    yield server
    server.should_exit = server.force_exit = True
    thread.join()


def connect(server: uvicorn.Server, data: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", server.config.port), timeout=10)
    opened.sendall(data)
    return opened


@pytest.mark.parametrize("said", [b"", b"GET / HT"])
def test_who_says_nothing_whole_is_ended(server: uvicorn.Server, said: bytes) -> None:
    with connect(server, said) as quiet:
        assert quiet.recv(100) == b""
    wait_until(lambda: not server.server_state.connections, "its end")


def test_who_waits_for_an_answer_is_not(server: uvicorn.Server) -> None:
    began = time.monotonic()
    with connect(server, GET) as patient:
        assert patient.recv(100).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began > 2 * Hasty.patience_s


def test_half_a_second_request_is_ended(server: uvicorn.Server) -> None:
    with connect(server, GET.replace(b"GET", b"HEAD")) as twice:
        assert twice.recv(1000).startswith(b"HTTP/1.1 200")
        twice.sendall(b"GET / HT")
        assert twice.recv(100) == b""


def test_who_takes_nothing_is_ended_and_who_takes_slowly_is_not(server: uvicorn.Server) -> None:
    much = GET.replace(b"/", b"/much", 1)
    with connect(server, much) as stalled, connect(server, much) as slow:
        taken = 0
        while part := slow.recv(1_000_000):
            taken += len(part)
            if taken < 30_000_000:
                time.sleep(0.02)
            if taken > 50_000_000:
                break
        assert taken > 50_000_000
        slow.close()
        wait_until(lambda: not server.server_state.connections, "the end of the one that stalled")
        assert stalled.fileno() > 0
