"""The app on the reference logs, asked without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from board.app import create_app
from board.logs import Logs
from board.settings import Settings
from tests.board.served import wait_until

CORPUS = Path(__file__).resolve().parents[2] / "corpus/logs"


def serve_in_process(logdir: Path, **choices: object) -> TestClient:
    """Make a client; used as a context it starts the watcher."""
    settings = Settings(logdirs=(str(logdir),), opens_browser=False, **choices)  # type: ignore[arg-type]
    app = create_app(settings, Logs(logdir, cache=False))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def wait_until_loaded(client: TestClient) -> None:
    wait_until(lambda: not client.get("/api/runs").json()["loading"], "the first read")


@pytest.fixture(scope="session")
def corpus() -> Iterator[TestClient]:
    with serve_in_process(CORPUS) as client:
        wait_until_loaded(client)
        yield client
