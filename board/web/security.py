"""Decides whom the board answers to, how much they may ask, and what browsers may do with the answer."""

import asyncio
import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from board.web.encoding import json_response

__all__ = ["MAX_BODY_BYTES", "MAX_URL_BYTES", "SECURITY_HEADERS", "SecurityMiddleware"]

MAX_BODY_BYTES = 1 << 20
MAX_FILE_BYTES = 256 << 20  # of a graph that is dropped onto the page
MAX_BODY_S = 30
MAX_FILE_S = 300
_TAKES_FILES = frozenset({"/api/graph_file", "/api/state/import"})
MAX_URL_BYTES = 16 << 10  # path and query as they came, percent-encoded
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

# 'unsafe-inline' for styles: Plotly writes style attributes. No trusted types: Plotly needs DOMParser.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",  # what a route does not say otherwise: it is somebody's training data
}
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:]*)(?::(?P<port>\d{1,5})?)?")


class SecurityMiddleware:
    """Stands before everything else, pages, streams, static files and errors alike."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Iterable[str], base_path: str = "") -> None:
        """Answer to loopback, to ``allowed_hosts`` ("*" is any), and to the address that a connection came in on."""
        self._app = app
        self._allowed_hosts = LOOPBACK_NAMES | {host.lower() for host in allowed_hosts}
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; either way with the headers."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # there are no web sockets here

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope)
        if answer is None and scope["method"] == "POST":
            try:
                limit_bytes, limit_s = self._body_limits(scope)
                async with asyncio.timeout(limit_s):
                    body = await _read_body(receive, limit_bytes)
            except TimeoutError:
                answer = _refuse(408, f"the body did not come within {limit_s} seconds")
            else:
                if body is None:
                    answer = _refuse(413, f"the body is longer than {limit_bytes} bytes")
                else:
                    receive = _Replay(body, receive)
        if answer is None and self._base_path and scope["path"] == self._base_path:
            # Without its slash the page's relative links would lead out of the prefix.
            answer = RedirectResponse(self._base_path.rpartition("/")[2] + "/scalars")
        if answer is not None:
            await answer(scope, receive, send_with_headers)
            return
        await self._app(self._without_base_path(scope), receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        if not self._is_allowed_host(host, scope):
            return _refuse_host(host)
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
            return _refuse(414, f"the URL is longer than {MAX_URL_BYTES} bytes")
        if scope["method"] == "POST":
            if not _is_same_origin(headers, host):
                return _refuse(403, "only the board's own pages may send this")
            length = headers.get("content-length", "0")
            limit_bytes, _ = self._body_limits(scope)
            if not length.isdecimal() or int(length[:12]) > limit_bytes:
                return _refuse(413, f"the body is longer than {limit_bytes} bytes")
        return None

    def _body_limits(self, scope: Scope) -> tuple[int, int]:
        """Return how long a body may be, bytes, and how long it may take, s."""
        path = self._without_base_path(scope)["path"]
        return (MAX_FILE_BYTES, MAX_FILE_S) if path in _TAKES_FILES else (MAX_BODY_BYTES, MAX_BODY_S)

    def _is_allowed_host(self, host: str, scope: Scope) -> bool:
        """Refuse names that are not ours: a foreign page's own name, made to point here, would make us its origin."""
        if "*" in self._allowed_hosts:
            return True
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"]
        return name in self._allowed_hosts or name == _own_address(scope)

    def _without_base_path(self, scope: Scope) -> Scope:
        """Drop the prefix where a proxy left it on. Our URLs are relative, so that nothing else needs to know it."""
        base, path = self._base_path, scope["path"]
        return {**scope, "path": path[len(base) :]} if base and path.startswith(base + "/") else scope


def _own_address(scope: Scope) -> str | None:
    """Return the address of ours that this connection came in on: a number cannot be rebound to somebody else."""
    server = scope.get("server")
    if not server:
        return None
    try:
        address = ipaddress.ip_address(server[0].partition("%")[0])
    except ValueError:
        return None
    return f"[{address}]" if address.version == 6 else str(address)


def _is_same_origin(headers: Headers, host: str) -> bool:
    """Tell our own pages, and programs that are no browser, from other sites' pages.

    Browsers leave Sec-Fetch-Site out on plain http to other machines; Origin then has to name the host asked.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.lower().partition("://")[2] == host


async def _read_body(receive: Receive, limit_bytes: int) -> bytes | None:
    """Read a whole body; None as soon as it is too long."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # gone: what follows finds out by itself
        part = message.get("body", b"")
        size += len(part)
        if size > limit_bytes:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


class _Replay:
    """Gives a body that was read already, then whatever comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _refuse(status: int, reason: str) -> Response:
    response = json_response({"error": reason}, status)
    response.headers["Connection"] = "close"  # the rest of what was sent is not read
    return response


def _refuse_host(host: str) -> Response:
    match = _HOST.fullmatch(host)
    name = match["name"] if match and re.fullmatch(r"[a-z0-9.-]{1,253}", match["name"]) else "NAME"
    return PlainTextResponse(
        f"This board does not answer to the name by which it was asked.\n"
        f"If it is yours, start it with:  --allowed-host {name}\n",
        status_code=421,
    )
