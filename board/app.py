"""Puts routes, files and defences together as one ASGI application."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from board.assets import find_assets, find_plotly
from board.live import Live
from board.logs import Delta, Logs
from board.settings import Settings
from board.state.keeping import State
from board.state.schema import key_of
from board.web import (
    blobs,
    choosing,
    clips,
    compare,
    embeddings,
    exports,
    graphs,
    histograms,
    layouts,
    meshes,
    pr_curves,
    runs,
    scalars,
    stream,
    table,
    tag_search,
    tensors,
    texts,
)
from board.web import state as states
from board.web.context import Context
from board.web.encoding import shown_name
from board.web.export_pages import create_export_router
from board.web.pages import create_pages_router
from board.web.problems import add_error_handlers
from board.web.security import SecurityMiddleware
from board.web.static import OwnFiles, create_plotly_router

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    logs: Logs,
    live: Live | None = None,
    *,
    state: State | None = None,
    static_dir: Path | None = None,
    templates_dir: Path | None = None,
) -> FastAPI:
    """Make the application. It starts to watch ``logs`` when it is started, and closes them when it is stopped.

    Args:
        settings: what a person chose.
        logs: the logs to serve; not read here, so that the first answer doesn't wait for them.
        live: the listeners; whoever ends the server closes it first, so that open streams end.
        state: what people chose; made of ``settings`` where it is not given.
        static_dir: the folder ``static``; found by itself.
        templates_dir: the folder ``templates``; found by itself.

    Raises:
        FileNotFoundError: a part of the installation is missing; said at the start, not by a 404 later.
    """
    live = live or Live()
    state = state or State(settings.state, settings.logdirs)
    static_dir = static_dir or find_assets("static")
    plotly = find_plotly()
    plotly_url = f"static/vendor/plotly-{plotly.version}.min.js"

    def publish(delta: Delta) -> None:
        if delta.added:  # before anybody hears of them: a run never changes its colour
            state.see(shown_name(run) for run in logs.in_order())
        live.publish(delta)

    def tell_choices(keys: frozenset[str]) -> None:
        """Have the pages ask for the run list again: other windows, and those of a colleague's board."""
        runs = frozenset(run for run, folder in logs.folders() if key_of(shown_name(folder)) in keys)
        if runs:
            live.publish(Delta(logs.revision, changed=runs))

    state.on_choices = tell_choices

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        live.start()
        await asyncio.to_thread(state.start)
        logs.watch(publish)
        yield
        live.close()
        await asyncio.to_thread(logs.close)
        await asyncio.to_thread(state.close)

    app = FastAPI(
        title="trainboard",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page would fetch scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a slash too many is a page that is not there; its relative links would break
    )
    app.state.context = Context(logs, live, settings.logdirs, state)
    for part in (
        blobs,
        choosing,
        clips,
        compare,
        embeddings,
        exports,
        graphs,
        histograms,
        layouts,
        meshes,
        pr_curves,
        runs,
        scalars,
        states,
        stream,
        table,
        tag_search,
        tensors,
        texts,
    ):
        app.include_router(part.router)
    files = OwnFiles(static_dir)
    templates_dir = templates_dir or find_assets("templates")
    app.include_router(create_pages_router(templates_dir, files, plotly_url))
    app.include_router(create_export_router(templates_dir, static_dir, plotly.path))
    app.include_router(create_plotly_router(plotly.path, plotly_url))
    app.mount("/static", files)
    add_error_handlers(app)
    # The last one added stands first. Event streams and pictures pass the compression as they are.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=1)
    app.add_middleware(
        SecurityMiddleware,
        allowed_hosts=_names(settings),
        base_path=settings.base_path,
    )
    return app


def _names(settings: Settings) -> tuple[str, ...]:
    """Return the names, beside loopback's, that the board answers to."""
    host = settings.host
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound: asked for on the command line
        return (*settings.allowed_hosts, socket.gethostname())
    return (*settings.allowed_hosts, f"[{host}]" if ":" in host else host)
