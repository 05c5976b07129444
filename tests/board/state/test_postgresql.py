"""The state database on Debian's real PostgreSQL server: two boards at once, and the way there and back."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from board.errors import NotKeptError
from board.state.keeping import State
from board.state.schema import key_of
from board.state.transfer import export_state, import_state

pytest.importorskip("psycopg", reason="the driver is an extra")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL server is installed")]
LOGDIR = ("/data/runs",)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an empty server, for as long as the tests of this file run."""
    programs = PROGRAMS[-1].parent
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"

    def run(*words: str) -> None:
        subprocess.run(words, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        run(str(programs / "initdb"), "-D", data, "-A", "trust", "-U", "team")
        run(str(programs / "pg_ctl"), "-D", data, "-o", settings, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql://team@127.0.0.1:{port}/postgres"
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def test_four_boards_at_once(server: str, tmp_path: Path) -> None:
    def work(number: int) -> None:
        state = State(server, LOGDIR)
        runs = [f"run{i}" for i in range(50)]
        state.see(runs if number % 2 else reversed(runs))
        state.colours.keep()
        for i in range(5):
            state.views.save(f"{number} {i}", "scalars", str(i))
        state.choices.choose(["/data/runs/a"], {"note": str(number), "tags": ["x", str(number)]})
        state.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))  # which raises what one of them has raised
    state = State(server, LOGDIR)
    assert len(state.views.all()) == 20
    kept = export_state(state.database)
    assert sorted(row["number"] for row in kept["colours"]) == list(range(50))
    chosen = state.choices.all()[key_of("/data/runs/a")]
    assert chosen.tags == {"x", chosen.note}
    other = State(str(tmp_path / "other.sqlite"), LOGDIR)
    import_state(other.database, kept)
    assert export_state(other.database) == kept
    import_state(state.database, kept)
    assert export_state(state.database) == kept
    state.close()


def test_a_server_that_is_away_is_said_and_the_board_works() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        state = State(f"postgresql://me:secret@127.0.0.1:{probe.getsockname()[1]}/x", LOGDIR)
        state.start()
        assert not state.database.is_kept
        assert "secret" not in state.database.reason
        state.see(["a"])
        assert state.colours.number("a") == 0
        with pytest.raises(NotKeptError, match="Nothing is kept"):
            state.views.save("x", "scalars", "")
        state.close()
