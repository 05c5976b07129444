"""Style sheets, modules, and Plotly out of the installed package."""

import asyncio
import gzip
import hashlib
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["OwnFiles", "create_plotly_router"]

FOR_EVER = "public, max-age=31536000, immutable"  # the URL carries the version


class OwnFiles(StaticFiles):
    """The folder ``static``, asked about at every use.

    Without a word on caching browsers guess, and mix modules of two versions after an upgrade.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Add the word to each answer, 304 included."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


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
