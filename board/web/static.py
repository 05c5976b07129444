"""Style sheets, modules, and Plotly out of the installed package: kept compressed, asked for once a version."""

import asyncio
import gzip
import hashlib
import os
import re
from pathlib import Path
from stat import S_ISREG
from threading import Lock
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["OwnFiles", "create_plotly_router"]

FOR_EVER = "public, max-age=31536000, immutable"  # the URL carries the version
_VERSIONED = re.compile(r"v-([0-9a-f]{16})/(.+)", re.DOTALL)
_IMPORTED = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+\.js)";', re.MULTILINE)
_Signature = tuple[tuple[str, int, int], ...]


class _Kept(NamedTuple):
    changed: tuple[int, int]  # mtime_ns and size of the file when it was read
    plain: bytes
    compressed: bytes
    etag: str


class OwnFiles(StaticFiles):
    """The folder ``static``, at ``static/PATH`` and at ``static/v-VERSION/PATH``.

    The version is a digest of all files. It is part of the path, so that what a module imports carries it too: a
    browser keeps such files for ever, and never mixes those of two versions. Under another version's path, which a
    page that was opened before an upgrade still asks for, the file of today is given, and not to be kept.
    """

    def __init__(self, directory: Path) -> None:
        """Read nothing yet."""
        super().__init__(directory=directory)
        self._folder = Path(directory)
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()
        self._version: tuple[_Signature, str] | None = None

    @property
    def version(self) -> str:
        """Digest of all files as they are now."""
        paths = sorted(path for path in self._folder.rglob("*") if path.is_file())
        signature = tuple((str(path), (found := path.stat()).st_mtime_ns, found.st_size) for path in paths)
        with self._lock:
            if self._version is None or self._version[0] != signature:
                digest = hashlib.sha256()
                for path in paths:
                    digest.update(f"{path.relative_to(self._folder)}\0".encode())
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
                self._version = signature, digest.hexdigest()[:16]
            return self._version[1]

    def imported_by(self, *paths: str) -> list[str]:
        """Return what modules below ``js`` import at once, directly or not, so that a page can ask for all together."""
        found: list[str] = []
        waiting = list(paths)
        while waiting:
            path = waiting.pop(0)
            source = self._folder / "js" / path
            if path in found or not source.is_file():
                continue
            found.append(path)
            folder = os.path.dirname(path)
            waiting += [os.path.normpath(os.path.join(folder, each)) for each in _IMPORTED.findall(source.read_text())]
        return found

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer from memory; a file that has changed is read again, which takes less than a thread does."""
        asked = _VERSIONED.fullmatch(path.replace(os.sep, "/"))
        kept = self._find(asked[2] if asked else path) if scope["method"] in ("GET", "HEAD") else None
        if kept is None:
            return await super().get_response(path, scope)  # which says 404 and 405
        is_current = asked is not None and self._version is not None and asked[1] == self._version[1]
        given, headers = Headers(scope=scope), {"ETag": kept.etag, "Vary": "Accept-Encoding"}
        headers["Cache-Control"] = FOR_EVER if is_current else "no-cache"
        if kept.etag in given.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        media_type = "text/css" if path.endswith(".css") else "text/javascript"
        if "gzip" not in given.get("accept-encoding", ""):
            return Response(kept.plain, media_type=media_type, headers=headers)
        return Response(kept.compressed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})

    def _find(self, path: str) -> _Kept | None:
        if not path.endswith((".js", ".css")):
            return None
        full, found = self.lookup_path(path)  # never outside of the folder
        if found is None or not S_ISREG(found.st_mode):
            return None
        changed = (found.st_mtime_ns, found.st_size)
        kept = self._kept.get(full)
        if kept is None or kept.changed != changed:
            plain = Path(full).read_bytes()
            etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
            kept = self._kept[full] = _Kept(changed, plain, gzip.compress(plain, compresslevel=6, mtime=0), etag)
        return kept


def create_plotly_router(path: Path, url: str) -> APIRouter:
    """Make the route of Plotly's bundle: 4.8 MB, compressed once, on the first wish."""
    router = APIRouter(include_in_schema=False)
    lock = asyncio.Lock()
    compressed: list[tuple[bytes, str]] = []  # at most one: the bytes, and their ETag

    async def read_compressed() -> tuple[bytes, str]:
        async with lock:
            if not compressed:
                compressed.append(await asyncio.to_thread(_compress, path))
        return compressed[0]

    async def send_plotly(request: Request) -> Response:
        if "gzip" not in request.headers.get("accept-encoding", ""):
            headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
            return FileResponse(path, media_type="text/javascript", headers=headers)
        data, etag = await read_compressed()
        headers = {"ETag": etag, "Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})

    router.add_api_route(f"/{url}", send_plotly)
    return router


def _compress(path: Path) -> tuple[bytes, str]:
    data = gzip.compress(path.read_bytes(), compresslevel=5, mtime=0)
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
