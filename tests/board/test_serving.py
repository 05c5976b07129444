"""The command as a process: what it says, what it waits for, and how it ends."""

import asyncio
import signal
import socket
from pathlib import Path

import pytest

from board.serving import listen
from tests.board.logged import append_events, scalar
from tests.board.served import BoardProcess, wait_until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_streams_open(tmp_path: Path, sig: signal.Signals) -> None:
    append_events(tmp_path / "a", [scalar("loss", 1, 0.5)])
    with BoardProcess([str(tmp_path)]) as board:
        streams = [board.stream() for _ in range(8)]
        readers = [stream.events() for stream in streams]
        assert {next(reader).name for reader in readers} == {"hello"}
        with (
            socket.create_connection(("127.0.0.1", board.port)) as idle,
            socket.create_connection(("127.0.0.1", board.port)) as half,
        ):
            half.sendall(b"POST /api/pixels HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
            code, took_s, stderr = board.stop(sig)
            assert (code, stderr) == (0, "")
            assert took_s < 10  # the promise is 2 s, on a machine that is not busy with other tests
            assert idle.fileno() > 0
        for reader in readers:
            assert [event.name for event in reader][-1] == "bye"


def test_a_missing_logdir_is_waited_for(tmp_path: Path) -> None:
    logdir = tmp_path / "not" / "yet"
    with BoardProcess([str(logdir)]) as board:
        assert str(logdir) in board.wait_for_line("not/yet").string
        answer = board.get("/api/runs")
        assert answer["runs"] == []
        assert answer["waiting"]
        append_events(logdir / "a", [scalar("loss", 1, 0.5)])
        runs = wait_until(lambda: board.get("/api/runs")["runs"], "the run")
        assert [run["name"] for run in runs] == ["a"]
        wait_until(lambda: board.get("/api/runs")["waiting"] is None, "the end of waiting")
        assert board.stop()[0] == 0


def test_it_says_how_to_reach_it_over_ssh_and_below_a_prefix(tmp_path: Path) -> None:
    env = {"SSH_CONNECTION": "198.51.100.7 50000 203.0.113.9 2222", "LOGNAME": "ada", "DISPLAY": ":0"}
    with BoardProcess([str(tmp_path), "--base-path", "tools/board/"], env=env) as board:
        assert board.said[0].endswith(f":{board.port}/tools/board/")
        line = board.wait_for_line("ssh ").string
        assert line.endswith(f"ssh -N -L {board.port}:127.0.0.1:{board.port} -p 2222 ada@203.0.113.9")
        assert board.request("/tools/board/scalars")[0] == 200
        assert board.stop()[0] == 0


def test_it_warns_where_everybody_can_read(tmp_path: Path) -> None:
    with BoardProcess([str(tmp_path), "--host", "0.0.0.0"]) as board:
        board.wait_for_line("no password")
        for host, status in (("127.0.0.1", 200), (socket.gethostname(), 200), ("evil.example", 421), ("0.0.0.0", 421)):
            assert board.request("/api/counts", headers={"Host": host})[0] == status
        assert board.stop()[0] == 0


def test_several_logdirs_and_names(tmp_path: Path) -> None:
    append_events(tmp_path / "one/a", [scalar("loss", 1, 0.5)])
    append_events(tmp_path / "two/a", [scalar("loss", 1, 0.5)])
    with BoardProcess([f"first={tmp_path}/one", "--logdir", f"second={tmp_path}/two"]) as board:
        runs = wait_until(lambda: len(r := board.get("/api/runs")["runs"]) == 2 and r, "both runs")
        assert sorted(run["name"] for run in runs) == ["first/a", "second/a"]
        assert board.stop()[0] == 0


def test_small_answers_are_sent_at_once() -> None:
    async def nodelay() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(answer, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            answered = await asyncio.wait_for(found, 10)
            writer.close()
            await writer.wait_closed()
        return answered

    assert asyncio.run(nodelay())
