"""A board as a person starts it: the real command in a process of its own, on a free port."""

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

DEADLINE_S = 20.0


@dataclass
class ServedEvent:
    """One event as a browser would parse it."""

    name: str = ""
    data: Any = None
    id: str = ""


class Stream:
    """An open event stream."""

    def __init__(self, port: int, path: str, headers: dict[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        self.connection.request("GET", path, headers=headers or {})
        self.response = self.connection.getresponse()

    def events(self) -> Iterator[ServedEvent]:
        """Yield events until the server ends the stream."""
        event = ServedEvent()
        for raw in self.response:
            line = raw.decode().rstrip("\n")
            name, _, value = line.partition(": ")
            if not line and event.name:
                yield event
                event = ServedEvent()
            elif name == "event":
                event.name = value
            elif name == "data":
                event.data = json.loads(value)
            elif name == "id":
                event.id = value

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@dataclass
class BoardProcess:
    """``with BoardProcess(["runs"]) as board: board.get("/api/runs")``."""

    words: list[str]
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parents[2]
        env = {k: v for k, v in os.environ.items() if k not in ("SSH_CONNECTION", "DISPLAY", "WAYLAND_DISPLAY")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "board.cli", *self.words, "--port", "0", "--no-open"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.cwd,
            env={**env, "PYTHONPATH": str(root), "PYTHONWARNINGS": "error", **self.env},
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read_lines, daemon=True).start()
        self.said: list[str] = []
        self.streams: list[Stream] = []
        try:
            self.port = self._wait_for_port()
        except AssertionError:
            self.process.kill()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        for stream in self.streams:
            stream.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout
        assert self.process.stderr
        self.process.stdout.close()
        self.process.stderr.close()

    def _read_lines(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """Return the match of the first line that has one."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if line is None:
                assert self.process.stderr
                raise AssertionError(f"ended, code {self.process.wait()}: {self.process.stderr.read()}")
            self.said.append(line)
            if match := re.search(pattern, line):
                return match

    def _wait_for_port(self) -> int:
        return int(self.wait_for_line(r"http://[^/]*:(\d+)/").group(1))

    def request(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """Return the JSON of an answer."""
        status, _, body = self.request(path)
        assert status == 200, (status, body)
        return json.loads(body)

    def stream(self, path: str = "/api/live", headers: dict[str, str] | None = None) -> Stream:
        """Open an event stream; it is closed at the end."""
        self.streams.append(Stream(self.port, path, headers))
        return self.streams[-1]

    def stop(self, sig: signal.Signals = signal.SIGTERM) -> tuple[int, float, str]:
        """Send a signal; return exit code, seconds it took, and what stands on stderr."""
        began = time.monotonic()
        self.process.send_signal(sig)
        code = self.process.wait(timeout=DEADLINE_S)
        assert self.process.stderr
        return code, time.monotonic() - began, self.process.stderr.read()


def wait_until(condition: Any, what: str) -> Any:
    """Ask again and again, until the answer is true; returns the answer."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        if answer := condition():
            return answer
        assert time.monotonic() < deadline, f"waited {DEADLINE_S} s for {what}"
        time.sleep(0.02)
