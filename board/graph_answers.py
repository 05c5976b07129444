"""Keeps answers about graphs, in memory and beside the indexes, and has large graphs decoded by another process."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from board import errors
from board.errors import BoardError, MalformedValueError
from board.graph_sources import GraphSource
from board.graph_worker import FAILED, answer_job
from board.store.index_cache import CACHE_TAG
from board.store.recent import Recent

__all__ = ["GraphAnswers"]

logger = logging.getLogger("board")

LARGE_BYTES = 4 << 20  # graphs larger than this, of 16,000 nodes or so, have a process of their own
_NODE_FACTOR = 16  # times as large where one node is looked for: nothing else of it is decoded
_VERSION = 1  # of the answers; another one's are made anew
_CHECK_BYTES = 16
_RECENT_BYTES = 64 << 20
_UNUSED_S = 30 * 86_400.0
_TIMEOUT_S = 300.0
_BASE_MEMORY = 256 << 20  # bytes; of the process, its modules and numpy's buffers
_MEMORY_FACTOR = 24  # a GraphDef of a million nodes takes 15 times its size while it is decoded
_WORKERS = 2  # at once


class GraphAnswers:
    """Answers as gzipped JSON. Any thread may call any method."""

    def __init__(self, folder: Path | None, memory: int, large_bytes: int = LARGE_BYTES) -> None:
        """Keep answers in the folder of the indexes, None in none.

        Args:
            folder: need not be there.
            memory: bytes that a process which decodes a graph may take at most.
            large_bytes: of a graph that is decoded in a process of its own.
        """
        self._folder = folder
        self._memory = memory
        self._large_bytes = large_bytes
        self._recent = Recent(_RECENT_BYTES)
        self._workers = threading.BoundedSemaphore(_WORKERS)
        self._lock = threading.Lock()  # held for a look into the next one
        self._making: dict[str, threading.Lock] = {}
        self._is_tidy = False

    def ask(self, what: str, source: GraphSource, *, name: str = "", more: Mapping[str, Any] | None = None) -> bytes:
        """Answer, from what is kept if it is.

        Args:
            what: "columns" or "node", as ``graph_worker.answer_job`` has them.
            source: of the graph.
            name: of the node.
            more: goes into the answer as it is.

        Raises:
            BoardError: as ``Logs.graph`` says.
        """
        job = {"what": what, "source": asdict(source), "name": name, "more": more or {}}
        key = hashlib.sha256(json.dumps([_VERSION, job]).encode()).hexdigest()
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:  # whoever asks the same at the same time waits for one answer
                return self._find(key) or self._keep(key, self._run(job, source.size), name=name)
        finally:
            with self._lock:
                self._making.pop(key, None)

    def convert(self, path: Path, name: str, into: Path) -> None:
        """Have a file of another format made a GraphDef, in a process of its own: nobody knows what is in it.

        Raises:
            BoardError: it cannot be read, in words.
        """
        job = {"what": "import", "name": name, "path": str(path), "into": str(into)}
        self._run(job, path.stat().st_size, is_apart=True)

    def _run(self, job: dict[str, Any], size: int, *, is_apart: bool = False) -> bytes:
        limit = self._large_bytes * (_NODE_FACTOR if job["what"] == "node" else 1)
        if size <= limit and not is_apart:
            return answer_job(job)
        memory = min(self._memory, _BASE_MEMORY + _MEMORY_FACTOR * size)
        with self._workers:
            return _ask_worker(job | {"memory": memory}, memory)

    def _find(self, key: str) -> bytes | None:
        found = self._recent.find(key)
        if isinstance(found, bytes):
            return found
        if self._folder is None:
            return None
        path = self._locate(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        answer = data[_CHECK_BYTES:]
        if hashlib.sha256(answer).digest()[:_CHECK_BYTES] != data[:_CHECK_BYTES]:
            return None
        self._recent.keep(key, answer, len(answer))
        return answer

    def _keep(self, key: str, answer: bytes, *, name: str) -> bytes:
        self._recent.keep(key, answer, len(answer))
        if self._folder is None or name:  # a single node is found again as fast
            return answer
        path = self._locate(key)
        try:
            tag = self._folder / "CACHEDIR.TAG"
            if not tag.exists():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                tag.write_bytes(CACHE_TAG)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
                file.write(hashlib.sha256(answer).digest()[:_CHECK_BYTES] + answer)
            Path(file.name).replace(path)
            self._tidy(self._folder)
        except OSError as error:  # it is made again the next time
            logger.info("the columns of a graph cannot be kept in %s: %s", self._folder, error.strerror or error)
        return answer

    def _tidy(self, folder: Path) -> None:
        """Delete what nobody asked for in 30 days."""
        if self._is_tidy:
            return
        self._is_tidy = True
        for path in folder.glob("??/*.graph"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _UNUSED_S:
                    path.unlink()

    def _locate(self, key: str) -> Path:
        assert self._folder is not None  # noqa: S101 - its callers looked
        return self._folder / key[:2] / f"{key[:32]}.graph"


def _ask_worker(job: Mapping[str, Any], memory: int) -> bytes:
    command = [sys.executable, "-P", "-m", "board.graph_worker"]  # -P: not a board.py of the current folder
    try:
        done = subprocess.run(  # noqa: S603 - our own module, nothing of the file in the command
            command, input=json.dumps(job).encode(), capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MalformedValueError(f"reading that graph took more than {_TIMEOUT_S:.0f} s") from error
    if done.returncode == FAILED:
        said = json.loads(done.stdout)
        kind = getattr(errors, said["error"], MalformedValueError)
        raise kind(said["message"]) if issubclass(kind, BoardError) else MalformedValueError(said["message"])
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"signal {-done.returncode}"]
        logger.warning("a graph could not be read in a process of its own: %s", lines[-1])
        raise MalformedValueError(f"that graph could not be read within {memory >> 20} MiB of memory")
    return done.stdout
