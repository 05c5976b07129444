"""Starts the server, and ends it within two seconds of Ctrl-C or SIGTERM, open streams or not."""

import errno
import getpass
import ipaddress
import logging
import os
import shlex
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from types import FrameType

import uvicorn

from board.app import create_app
from board.connection import Connection
from board.errors import BoardError
from board.live import Live
from board.logs import Logs
from board.settings import Settings
from board.state.keeping import State

__all__ = ["CannotListenError", "listen", "serve"]

GRACE_S = 1  # for answers that are being sent
EXIT_LIMIT_S = 1.9  # then the process ends whatever still hangs, for example a read from a dead network disk
MAX_CONNECTIONS = 900  # below the usual limit of 1,024 open files
MAX_HEADER_BYTES = 32 << 10  # of a request, its URL included


class CannotListenError(BoardError):
    """The address cannot be served on; the message says why and what to do."""


def serve(settings: Settings, *, say: Callable[[str], None], environment: Mapping[str, str]) -> None:
    """Serve until told to stop.

    Args:
        settings: what a person chose.
        say: called with each line for the person who started it.
        environment: tells of ssh and of a display.

    Raises:
        LogdirError: a logdir is a file or cannot be listed.
        MalformedValueError: a graph cannot be read.
        StateError: the place for what people chose is none.
        CannotListenError: the port is taken, or the host is not this machine.
    """
    logs = Logs(
        *settings.logdirs,
        cache=settings.cache_dir or False,
        memory=settings.memory,
        graph_files=settings.graph_files,
    )
    listener = listen(settings.host, settings.port)
    live = Live()
    state = State(settings.state, settings.logdirs)
    app = create_app(settings, logs, live, state=state)
    url = _url(settings, listener.getsockname())

    def announce() -> None:
        for line in _opening_lines(settings, url, environment):
            say(line)
        if settings.state is not None and not state.database.is_kept:
            say(f"Views, colours and notes are not kept: {state.database.reason}.")
        threading.Thread(target=_say_if_empty, args=(logs, say), daemon=True).start()
        if settings.opens_browser and _has_display(environment):
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    config = uvicorn.Config(
        app,
        http=Connection,  # of h11; httptools takes an unfinished header of any size
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a line for each port scanner is nobody's news
    _Server(config, live, announce).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends open streams before it waits for them, and exits with code 0."""

    def __init__(self, config: uvicorn.Config, live: Live, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._live = live
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not the inherited one: that raises the signal again at the end, for an exit code of -15 or a traceback.
        if self.should_exit:
            os._exit(128 + sig)  # asked twice
        self.should_exit = True
        limit = threading.Timer(EXIT_LIMIT_S, os._exit, (0,))
        limit.daemon = True
        limit.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What is cut off by the person who stops the server is no error of ours.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        self._live.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Take the port at once, so that a taken one is known before anything else is done.

    Raises:
        CannotListenError: the address is not ours, or somebody else's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise CannotListenError(f"--host {host}: no such name; it takes an address of this machine") from None
    family, _, _, _, address = found[0]
    # The protocol by name: asyncio sends small answers at once only on sockets that say it. Else each answer behind
    # the first of a connection waits 40 ms, for the browser's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise CannotListenError(_why_not(host, port, family, error)) from None
    return listener


def _why_not(host: str, port: int, family: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            free = _next_free_port(host, port, family)
            return f"port {port} is taken; try --port {free} (free now), or --port 0 for any free one"
        case errno.EACCES:
            return f"port {port} may not be used by you; try one above 1023"
        case errno.EADDRNOTAVAIL:
            return f"--host {host}: not an address of this machine"
        case _:
            return f"cannot listen on {host} port {port}: {error.strerror}"


def _next_free_port(host: str, port: int, family: int) -> int:
    for candidate in range(port + 1, min(port + 100, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    return 0


def _url(settings: Settings, address: tuple[str, int]) -> str:
    host, port = address[:2]
    if ipaddress.ip_address(host.partition("%")[0]).is_unspecified:
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{settings.base_path}/"


def _say_if_empty(logs: Logs, say: Callable[[str], None]) -> None:
    """One line where the first look at the logdir finds nothing to show."""
    while (overview := logs.overview()).loading and not overview.runs:
        time.sleep(0.05)
    if overview.waiting:
        say(overview.waiting)


def _opening_lines(settings: Settings, url: str, environment: Mapping[str, str]) -> list[str]:
    shown = [*settings.logdirs, *(str(path) for path in settings.graph_files)]
    lines = [f"trainboard shows {', '.join(shown)} at {url}{'' if settings.logdirs else 'graphs'}"]
    if _is_for_everybody(settings.host):
        lines.append("Whoever reaches this machine can read these logs: there is no password.")
    elif connection := environment.get("SSH_CONNECTION", "").split():
        lines.append(f"From your own machine: {_ssh_command(connection, url)}")
    lines.append("Ctrl-C stops it.")
    return lines


def _ssh_command(connection: list[str], url: str) -> str:
    """Write the line that brings the port to where the person sits, from sshd's "client port server port"."""
    port = url.rsplit(":", 1)[1].partition("/")[0]
    server, server_port = (connection[2], connection[3]) if len(connection) == 4 else (socket.gethostname(), "22")
    other_port = "" if server_port == "22" else f"-p {shlex.quote(server_port)} "
    forward = f"{port}:{url.removeprefix('http://').partition('/')[0]}"
    return f"ssh -N -L {forward} {other_port}{shlex.quote(f'{getpass.getuser()}@{server}')}"


def _is_for_everybody(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _has_display(environment: Mapping[str, str]) -> bool:
    if environment.get("SSH_CONNECTION"):
        return False  # a browser there is not in front of anybody
    return sys.platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
